//! The history of the schema: the revisions in order, each with an `up` and a `down`.
//!
//! A revision names tables and columns by strings and never imports an entity: entities change, history does not. Only the list
//! below refers to them, as the target of the history.

#[expect(
    clippy::too_many_lines,
    reason = "a revision is generated, and as long as its tables; history is not edited"
)]
mod versions;

/// The migration engine, for the programs that use this crate.
pub use sea_revise;
use sea_revise::{Entities, Revise, UrlStyle, prelude::*, runtime::Backup};

/// The revisions of Bookplate's own schema.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        versions::all()
    }
}

/// Every entity of the project: the target of the revisions.
#[must_use]
pub fn entities() -> Entities {
    Entities::new()
        .add(entity::book::Entity)
        .add(entity::book_subject::Entity)
        .add(entity::idempotency_key::Entity)
        .add(entity::import::Entity)
        .add(entity::import_change::Entity)
        .add(entity::import_note::Entity)
        .add(entity::import_rejection::Entity)
        .add(entity::item::Entity)
        .add(entity::merge::Entity)
        .add(entity::store::Entity)
        .add(entity::subject::Entity)
        .add(entity::user::Entity)
        // Its rows are written by triggers and read by searches: no entity needs it.
        .exclude("books_unsearched")
        // Read by what folds texts on SQLite.
        .exclude("search_letters")
}

/// The migration engine for Bookplate's revisions and entities.
#[must_use]
pub fn revise() -> Revise {
    Revise::new::<Migrator>()
        .entities(entities())
        .url_style(UrlStyle::Sqlalchemy)
        .default_url("sqlite:///books.db")
        .backup(Backup::Always)
        // A server and an import lock it.
        .users_lock(".lock")
}
