//! Flask-Migrate for SeaORM: migrations generated from the entities, proven before they are written, safe to kill.
//!
//! [`Revise`] is where everything begins: a project's migrations and entities, and a command line over them. A
//! migration is a [`Plan`] of operations, up and down; SeaORM's own [`MigrationTrait`](sea_orm_migration::MigrationTrait)
//! and its table of versions stay what they are, so a project can come and go as it likes.
//!
//! What a project needs stands here and in [`prelude`]. The modules are the engine's layers, from the model of a schema to
//! the command line; each uses those before it: [`schema`], [`operation`], [`sqlite`] and [`postgres`], [`diff`],
//! [`check`], [`runtime`], [`project`], [`cli`].

#![cfg_attr(
    not(all(feature = "cli", feature = "codegen", feature = "postgres", feature = "sqlite")),
    allow(
        dead_code,
        unused_imports,
        reason = "some of the engine is used by one driver, by the command line or by what writes entities alone"
    )
)]

pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diff;
mod entities;
mod error;
#[cfg(test)]
mod layers;
pub mod operation;
pub mod postgres;
pub mod prelude;
pub mod project;
pub mod revision;
pub mod runtime;
pub mod schema;
pub mod sqlite;

pub use entities::{Entities, Naming};
pub use error::{Error, Result};
pub use operation::Plan;
pub use project::generate::GenerateOptions;
pub use runtime::{
    revise::{Revise, Status},
    seeding::Seed,
    target::{Target, UrlStyle},
    upgrade::UpgradeOptions,
};
