//! Notes of a shop, written by 64 clients at once and read back: `cargo run -p sea-executor --example notes [DATABASE_URL]`.
//! Without a URL in a temporary SQLite file.

#![expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macro writes methods that begin transactions; they are never called"
)]

use std::time::Instant;

use futures_util::future::try_join_all;
use sea_executor::{Changes, Db, Error, Location, Rows, Settings, connect_to_migrate};
use sea_orm::{ActiveValue::Set, ConnectionTrait, QueryOrder, Schema};

/// The entity.
mod note {
    use sea_executor::Decode;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "example_notes")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub text: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let location = match std::env::args().nth(1) {
        Some(url) => url.parse()?,
        None => Location::File(folder.path().join("notes.db")),
    };
    let settings = Settings { application_name: "notes", ..Settings::default() };

    // Migrations have a connection of their own.
    let connection = connect_to_migrate(&location, &settings).await?;
    let schema = Schema::new(connection.get_database_backend());
    let mut table = schema.create_table_from_entity(note::Entity);
    connection.execute(table.if_not_exists()).await?;
    connection.close().await?;

    let db = Db::open(&location, &settings).await?;
    let begun = Instant::now();
    // Each job is a transaction of its own, and is acknowledged when it is on disk. Jobs that wait together share one COMMIT.
    let jobs = (0..640).map(|number| {
        db.write(async move |tx| {
            let row =
                note::ActiveModel { text: Set(format!("note {number}")), ..Default::default() };
            tx.insert(row).await
        })
    });
    let stored: Vec<note::Model> = try_join_all(jobs).await?;
    println!("{} notes stored in {:?}", stored.len(), begun.elapsed());

    // One refusal does not disturb the others.
    let twice = note::ActiveModel { text: Set("note 7".to_owned()), ..Default::default() };
    match db.write(async move |tx| tx.insert(twice.clone()).await).await {
        Err(Error::Duplicate { column }) => println!("another note has the same {column}"),
        other => println!("unexpected: {other:?}"),
    }

    let reader = db.reader();
    let last = reader.row(reader.all::<note::Entity>().order_by_desc(note::Column::Id)).await?;
    println!("the last one is {last:?}; number 7 is {:?}", reader.by_id::<note::Entity>(7).await?);

    let deleted = db.write(async |tx| tx.exec(&delete_all()).await).await?;
    println!("{deleted} notes deleted");
    db.close().await?;
    Ok(())
}

fn delete_all() -> sea_orm::sea_query::DeleteStatement {
    sea_orm::sea_query::Query::delete().from_table(note::Entity).take()
}
