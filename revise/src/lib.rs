//! Flask-Migrate for SeaORM: migrations generated from the entities, proven before they are written, safe to kill.
//!
//! [`Revise`] is where everything begins: a project's migrations and entities, and a command line over them. A
//! migration is a [`Plan`] of operations, up and down; SeaORM's own [`MigrationTrait`](sea_orm_migration::MigrationTrait)
//! and its table of versions stay what they are, so a project can come and go as it likes.

pub mod check;
pub mod cli;
pub mod diff;
mod entities;
mod error;
pub mod operation;
pub mod postgres;
pub mod prelude;
pub mod project;
pub mod revision;
pub mod runtime;
pub mod schema;
pub mod sqlite;

pub use entities::Entities;
pub use error::{Error, PlanError, Result};
pub use operation::Plan;
pub use project::{consistency::Checked, generate::GenerateOptions};
pub use runtime::{
    backup::Backup,
    revise::{Revise, Status},
    target::{Target, UrlStyle},
    upgrade::{Event, Report, UpgradeOptions},
};
