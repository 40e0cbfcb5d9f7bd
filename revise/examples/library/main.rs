//! A whole project in one file: two entities, one migration, and the command line over them.
//!
//! ```sh
//! cargo run -p sea-revise --example library -- -u sqlite:library.db upgrade
//! cargo run -p sea-revise --example library -- -u sqlite:library.db check
//! ```
//!
//! Then add `pub pages: Option<i32>` to `book::Model` and let it write the next one:
//!
//! ```sh
//! cargo run -p sea-revise --example library -- -u sqlite:library.db -d revise/examples/library/versions \
//!     migrate -m "Add pages to book"
//! ```

mod versions;

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};
use sea_revise::{Entities, Revise};

#[expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros write methods that begin transactions"
)]
mod author {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "author")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(unique)]
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros write methods that begin transactions"
)]
mod book {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(column_type = "String(StringLen::N(200))", indexed)]
        pub title: String,
        pub author_id: i32,
        #[sea_orm(belongs_to, from = "author_id", to = "id", on_delete = "Cascade")]
        pub author: BelongsTo<super::author::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        versions::all()
    }
}

fn main() -> std::process::ExitCode {
    let entities = Entities::new().add(author::Entity).add(book::Entity);
    Revise::new::<Migrator>()
        .entities(entities)
        .program("cargo run -p sea-revise --example library --")
        .main()
}
