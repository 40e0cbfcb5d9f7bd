//! Sightings of birds over HTTP, by two crates that know nothing of birds:
//!
//! ```sh
//! cargo run -p sea-list-query --example sightings -- sqlite:///sightings.db 127.0.0.1:8080
//! curl 'localhost:8080/sightings?species__icontains=owl&number__gte=2&sort=-seen_at&limit=10&count=exact'
//! curl 'localhost:8080/sightings?q=snowy%20hill'
//! curl -X DELETE 'localhost:8080/sightings?place=Hill&confirm=3'
//! ```

#![expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macro writes methods that begin transactions; they are never called"
)]

use std::error::Error as AnyError;

use actix_web::{
    App, HttpResponse, HttpServer, ResponseError,
    http::StatusCode,
    web::{self, Data, Json, Query},
};
use sea_executor::{
    Changes, Db, Error as DatabaseError, JobError, Location, Rows, Settings, connect_to_migrate,
};
use sea_list_query::{Error, Listing, Resource, Selection, Start};
use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel, Schema};
use serde_json::json;

/// The entity, as anywhere with SeaORM; only `Decode` is added.
mod sighting {
    use sea_executor::Decode;
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Decode, Deserialize, Serialize)]
    #[sea_orm(table_name = "sightings")]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[serde(skip_deserializing)]
        pub id: i32,
        pub species: String,
        pub place: String,
        pub number: i32,
        pub seen_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What lists of sightings can be asked about: every column, and `q` looks into two of them.
static SIGHTINGS: Resource<sighting::Entity> = Resource::new("sighting", "sightings")
    .searched(&[sighting::Column::Species, sighting::Column::Place]);

/// The parameters of an address, in their order.
type Parameters = Query<Vec<(String, String)>>;

async fn list(db: Data<Db>, Query(parameters): Parameters) -> Result<HttpResponse, Failure> {
    let reader = db.reader();
    let all = reader.all::<sighting::Entity>();
    let page = Listing::new(parameters)?.page(reader, &SIGHTINGS, all).await?;
    let next = match page.next {
        Some(Start::Cursor(cursor)) => json!({"cursor": cursor}),
        Some(Start::Offset(offset)) => json!({"offset": offset}),
        None => json!(null),
    };
    Ok(HttpResponse::Ok().json(json!({"rows": page.rows, "total": page.total, "next": next})))
}

async fn create(db: Data<Db>, Json(new): Json<sighting::Model>) -> Result<HttpResponse, Failure> {
    let stored: sighting::Model = db
        .write(async move |tx| {
            let mut row = new.clone().into_active_model().reset_all();
            row.not_set(sighting::Column::Id);
            Ok::<_, Failure>(tx.insert(row).await?)
        })
        .await?;
    Ok(HttpResponse::Created().json(stored))
}

/// Deletes the rows that the filters find, if they are as many as `confirm` says.
async fn delete(db: Data<Db>, Query(parameters): Parameters) -> Result<HttpResponse, Failure> {
    let selection = Selection::new(parameters)?;
    let deleted: u64 = db
        .write(async move |tx| {
            Ok::<_, Failure>(selection.confirmed(tx, &SIGHTINGS).await?.delete(tx).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(json!({"deleted": deleted})))
}

/// Why a request failed: one type for jobs and for responses.
#[derive(Debug)]
struct Failure(Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(to)
    }
}

impl AnyError for Failure {}

impl JobError for Failure {
    fn database(&self) -> Option<&DatabaseError> {
        match &self.0 {
            Error::Database(error) => error.database(),
            Error::Invalid(_) | Error::Unconfirmed(_) => None,
        }
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            Error::Invalid(_) => StatusCode::BAD_REQUEST,
            Error::Unconfirmed(_) => StatusCode::CONFLICT,
            Error::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn AnyError>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: sightings DATABASE_URL ADDRESS".into());
    };
    let (location, settings) = (url.parse::<Location>()?, Settings::default());

    let connection = connect_to_migrate(&location, &settings).await?;
    let schema = Schema::new(connection.get_database_backend());
    connection.execute(schema.create_table_from_entity(sighting::Entity).if_not_exists()).await?;
    connection.close().await?;

    let db = Db::open(&location, &settings).await?;
    let data = Data::new(db.clone());
    let server = HttpServer::new(move || {
        let sightings = web::resource("/sightings").get(list).post(create).delete(delete);
        App::new().app_data(data.clone()).service(sightings)
    })
    .workers(1)
    .bind(address)?;
    println!("listening on {:?}", server.addrs());
    server.run().await?;
    db.close().await?;
    Ok(())
}
