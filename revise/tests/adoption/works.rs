//! What SeaORM's own migrator does, and what it leaves: a database that is at head at once.

use sea_orm::{ActiveModelTrait, DbBackend, Set};
use sea_orm_migration::prelude::*;
use sea_revise::{Entities, GenerateOptions, Revise, UpgradeOptions, project::compare::Side};

use crate::{
    case::{Sql, entity},
    history::History,
    one,
    place::Place,
    project::BOTH,
};

/// Migrations that fill tables, too, by entities of their own.
fn seeded() -> History {
    let later =
        Sql::both("ALTER TABLE color ADD COLUMN code varchar(7) NOT NULL DEFAULT '#000000'");
    one::shop()
        .work("m20230103_000000_color", |manager| {
            Box::pin(async move {
                let table = sea_orm_migration::prelude::Table::create()
                    .table("color")
                    .col(sea_orm_migration::schema::pk_auto("id"))
                    .col(sea_orm_migration::schema::string("name"))
                    .take();
                manager.create_table(table).await
            })
        })
        .work("m20230104_000000_colors", |manager| {
            Box::pin(async move {
                for name in ["red", "green", "blue"] {
                    let color =
                        color::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
                    color.insert(manager.get_connection()).await?;
                }
                Ok(())
            })
        })
        .sql("m20230105_000000_code", later)
}

entity!(color "color" {
    pub name: String,
});

entity!(color_with_code "color" {
    pub name: String,
    pub code: String,
});

fn entities() -> Entities {
    one::quiet().add(color_with_code::Entity)
}

struct Shop;

#[async_trait::async_trait]
impl MigratorTrait for Shop {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        seeded().migrations()
    }
}

struct Elsewhere;

#[async_trait::async_trait]
impl MigratorTrait for Elsewhere {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        seeded().migrations()
    }

    fn migration_table_name() -> DynIden {
        "shop_versions".into_iden()
    }
}

async fn two_places(backend: DbBackend) -> Option<[Place; 2]> {
    Some([Place::new(backend).await?, Place::new(backend).await?])
}

async fn count(place: &Place, table: &str) -> String {
    place.text(&format!("SELECT CAST(count(*) AS text) FROM {table}")).await
}

#[tokio::test]
async fn a_database_of_the_own_migrator_is_at_head() {
    for backend in BOTH {
        let Some([theirs, ours]) = two_places(backend).await else { continue };
        let revise = || Revise::new::<Shop>().entities(entities());
        let db = theirs.connect().await;
        Shop::up(&db, None).await.expect("SeaORM's migrator applies its migrations");
        let status = revise().status(&db).await.expect("a status");
        assert_eq!((status.pending.len(), status.current()), (0, Some("m20230105_000000_code")));
        db.close().await.expect("the connection can be closed");
        let checked = revise().check(&theirs.target(), &GenerateOptions::default()).await;
        let checked = checked.expect("check");
        assert!(checked.verdict().is_ok(), "{checked:?}");
        let db = ours.connect().await;
        let options = UpgradeOptions::default();
        revise().upgrade_at(&db, &ours.target(), &options).await.expect("the same migrations");
        db.close().await.expect("the connection can be closed");
        let sides = (&Side::Database, &Side::Url(ours.target()));
        let compared = revise().compare(&theirs.target(), sides, &GenerateOptions::default()).await;
        let compared = compared.expect("both are read");
        assert!(compared.is_equal(), "{:?}", compared.difference);
        for place in [theirs, ours] {
            assert_eq!(count(&place, "color WHERE code = '#000000'").await, "3");
            place.remove().await;
        }
    }
}

#[tokio::test]
async fn the_table_of_versions_is_the_migrator_s() {
    for backend in BOTH {
        let Some(place) = Place::new(backend).await else { continue };
        let revise = Revise::new::<Elsewhere>().entities(entities());
        let db = place.connect().await;
        let options = UpgradeOptions::default();
        let done = revise.upgrade_at(&db, &place.target(), &options).await.expect("an upgrade");
        assert_eq!(done.len(), seeded().len());
        assert_eq!(Elsewhere::get_pending_migrations(&db).await.expect("their status").len(), 0);
        db.close().await.expect("the connection can be closed");
        assert_eq!(count(&place, "shop_versions").await, seeded().len().to_string());
        assert_ne!(count(&place, "seaql_migrations").await, seeded().len().to_string());
        let checked = revise.check(&place.target(), &GenerateOptions::default()).await;
        let checked = checked.expect("check");
        assert!(checked.verdict().is_ok(), "{checked:?}");
        place.remove().await;
    }
}
