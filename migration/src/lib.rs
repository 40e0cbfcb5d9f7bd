//! How the schema became what it is: the revisions in order, each with an `up` and a `down`.
//!
//! A revision names tables and columns by strings and never imports an entity: entities move on, history stays.
//! On SQLite the connection has to be opened with `foreign_keys` off, because a table that is rebuilt is dropped
//! for a moment and would take its children with it; `rebuild` refuses to run otherwise.

mod rebuild;
mod versions;

pub use sea_orm_migration::{MigratorTrait, migrator::Migration};

/// The revisions of Bookplate's own schema.
pub struct Migrator;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
        versions::all()
    }
}
