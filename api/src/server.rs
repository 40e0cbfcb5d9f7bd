//! The HTTP server: built, bound, run until it is asked to end, and ended without losing a request.

use std::{net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use anyhow::{Context, Result};
use service::{Db, imports::Imports};
use utoipa::openapi::OpenApi;

use crate::{
    answers::{self, Answers},
    books, bulk, compress, docs, exports,
    health::{self, Readiness},
    host::Exposure,
    imports, items,
    list::Cap,
    openapi::{self, Contract},
    parameters, problems, request,
    routes::Routes,
    stores,
};

/// How long a client may take to send the head of a request.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// How long a connection may be silent between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long requests that run may take to end when the process is asked to.
const LAST_REQUESTS: u64 = 15;

/// How to serve.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where to listen.
    pub address: SocketAddr,
    /// Whom the server is there for.
    pub exposure: Exposure,
    /// Threads that answer requests.
    pub workers: usize,
    /// Rows of a list that is asked for without a page.
    pub list_limit: u64,
    /// Bytes of answers that are kept.
    pub answers: usize,
}

/// The OpenAPI document of the service.
pub fn document() -> OpenApi {
    openapi::document(|config| routes(config), parameters::of_list, parameters::of_many)
}

/// Every route of the service.
fn routes(config: &mut impl Routes) {
    books::routes(config);
    stores::routes(config);
    items::routes(config);
    bulk::routes(config);
    exports::routes(config);
    imports::routes(config);
    problems::routes(config);
    docs::routes(config);
    config
        .service(health::show_health)
        .service(health::show_readiness)
        .service(health::show_version)
        .service(openapi::show_openapi);
}

/// What the handlers share.
pub struct Shared {
    /// The database.
    pub db: Db,
    /// Whether work can be sent here.
    pub readiness: Data<Readiness>,
    /// Files that are handed in.
    pub imports: Imports,
}

/// Binds `address` and returns the server, which runs when it is awaited, and the addresses it has.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(options: Options, shared: Shared) -> Result<(Server, Vec<SocketAddr>)> {
    let Options { address, exposure, workers, list_limit, answers } = options;
    let contract = Data::new(Contract::new(document));
    let Shared { db, readiness, imports } = shared;
    let answers = Data::new(Answers::new(db.clone(), answers));
    let (db, imports) = (Data::new(db), Data::new(imports));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(db.clone())
            .app_data(answers.clone())
            .app_data(imports.clone())
            .app_data(readiness.clone())
            .app_data(contract.clone())
            .app_data(Data::new(exposure))
            .app_data(Data::new(Cap(list_limit)))
            .configure(routes)
            .default_service(web::to(openapi::fallback))
            .wrap(from_fn(compress::choose))
            .wrap(Compress::default())
            .wrap(from_fn(compress::refuse))
            .wrap(from_fn(answers::give))
            .wrap(from_fn(request::pass))
    })
    .workers(workers)
    .client_request_timeout(HEAD_DEADLINE)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(LAST_REQUESTS)
    .disable_signals()
    .bind(address)
    .with_context(|| format!("cannot listen on {address}; choose another port with `--port`"))?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}
