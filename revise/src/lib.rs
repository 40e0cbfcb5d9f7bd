//! Flask-Migrate for SeaORM: migrations generated from the entities, proven before they are written, safe to kill.
//!
//! [`Revise`] is where everything begins: a project's migrations and entities, and a command line over them. A
//! migration is a [`Plan`] of operations, up and down; SeaORM's own [`MigrationTrait`](sea_orm_migration::MigrationTrait)
//! and its table of versions stay what they are, so a project can come and go as it likes.

pub mod apply;
pub mod backup;
pub mod check;
pub mod cli;
pub mod column;
pub mod column_type;
pub mod compare;
pub mod default_value;
pub mod describe;
pub mod diff;
pub mod directory;
pub mod entities;
pub mod error;
pub mod expression;
pub mod generate;
pub mod history;
pub mod index;
pub mod key;
pub mod lint;
mod lock;
pub mod manifest;
pub mod object;
pub mod operation;
pub mod plan;
pub mod postgres;
pub mod precondition;
pub mod prelude;
pub mod render;
pub mod replay;
pub mod reverse;
pub mod revise;
pub mod revision;
mod run;
mod scene;
pub mod schema;
pub mod seed;
mod session;
mod shadow;
pub mod sqlite;
pub mod table;
pub mod target;
pub mod upgrade;

pub use entities::Entities;
pub use error::{Error, Result};
pub use plan::Plan;
pub use revise::{Revise, Standing};
pub use target::{Target, UrlStyle};
