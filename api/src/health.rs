//! Liveness, readiness and version of the service.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use actix_web::{HttpResponse, get, web::Data};
use serde::Serialize;
use service::Db;
use utoipa::ToSchema;

use crate::error::{Kind, Problem};

/// How long readiness waits for the database.
const PATIENCE: Duration = Duration::from_secs(1);

/// What readiness depends on in addition to the database.
pub struct Readiness {
    /// False once the process was asked to stop.
    accepting: AtomicBool,
    /// The schema revision that this program requires.
    revision: String,
}

impl Readiness {
    /// Ready for a schema at `revision`.
    pub fn new(revision: String) -> Self {
        Self { accepting: AtomicBool::new(true), revision }
    }

    /// From now on new requests should go to another instance.
    pub fn drain(&self) {
        self.accepting.store(false, Ordering::SeqCst);
    }
}

/// The state of the service.
#[derive(Serialize, ToSchema)]
struct Status {
    #[schema(example = "ok")]
    status: &'static str,
}

/// The program.
#[derive(Serialize, ToSchema)]
struct Version<'a> {
    #[schema(example = "bookplate")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// The schema revision that it requires.
    revision: &'a str,
}

/// Liveness: the process answers. Never queries the database.
#[utoipa::path(tag = "service", responses((status = 200, description = "The service is alive", body = Status)))]
#[get("/healthz")]
pub async fn show_health() -> HttpResponse {
    HttpResponse::Ok().json(Status { status: "ok" })
}

/// Readiness: the database answers, and its schema is the one that this program requires.
#[utoipa::path(tag = "service", responses((status = 200, description = "The service is ready", body = Status)))]
#[get("/readyz")]
pub async fn show_readiness(
    db: Data<Db>,
    readiness: Data<Readiness>,
) -> Result<HttpResponse, Problem> {
    let not_ready = |why: String| Problem::new(Kind::NotReady, why);
    if !readiness.accepting.load(Ordering::SeqCst) {
        return Err(not_ready("the service is shutting down".to_owned()));
    }
    // An open file can be read wherever it is.
    db.expect_file().map_err(|error| not_ready(error.to_string()))?;
    let asked = tokio::time::timeout(PATIENCE, db.revision()).await;
    match asked.map_err(|_| not_ready("the database does not answer".to_owned()))?? {
        Some(revision) if revision == readiness.revision => {
            Ok(HttpResponse::Ok().json(Status { status: "ok" }))
        }
        other => Err(not_ready(format!(
            "the schema is at `{}`, this program needs `{}`",
            other.as_deref().unwrap_or("nothing"),
            readiness.revision
        ))),
    }
}

/// The version of the service.
#[utoipa::path(tag = "service", responses((status = 200, description = "The program", body = Version)))]
#[get("/version")]
pub async fn show_version(readiness: Data<Readiness>) -> HttpResponse {
    HttpResponse::Ok().json(Version {
        name: "bookplate",
        version: env!("CARGO_PKG_VERSION"),
        revision: &readiness.revision,
    })
}
