//! The list, as sea-orm-cli wrote it.

pub use sea_orm_migration::prelude::*;

mod m20220101_000001_create_book;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20220101_000001_create_book::Migration)]
    }
}
