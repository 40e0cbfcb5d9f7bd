//! A project of another kind, whose history is defined by a test: `BEGAN_WITH` lists the columns that its only migration
//! created, `BEGAN_AS` may name it, and the entity is always the same. So each test has exactly the difference that it tests.

use migration::sea_revise::{
    Entities, Revise,
    prelude::{
        Column, DbErr, MigrationTrait, Plan, SchemaManager, Table, Type, async_trait,
        sea_orm_migration::MigrationName,
    },
};

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
        pub title: String,
        pub author: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Begin {
    name: String,
    columns: Vec<String>,
}

impl MigrationName for Begin {
    fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Begin {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = Column::new("id", Type::Integer).identity();
        let table = Table::new("book").column(id).primary_key(["id"]);
        let columns = self.columns.iter().map(|name| Column::new(name, Type::Varchar(None)));
        Plan::new().create_table(columns.fold(table, Table::column)).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_table("book").apply(manager).await
    }
}

fn main() -> std::process::ExitCode {
    let columns = std::env::var("BEGAN_WITH").unwrap_or_default();
    let columns: Vec<String> = columns.split(' ').map(ToOwned::to_owned).collect();
    let name = std::env::var("BEGAN_AS").unwrap_or_else(|_| "m20260101_000000_begin".to_owned());
    Revise::of(move || vec![Box::new(Begin { name: name.clone(), columns: columns.clone() })])
        .entities(Entities::new().add(book::Entity))
        .program("library")
        .main()
}
