//! How SeaORM's statements reach SQLite or PostgreSQL: near the limit of the machine, and durable. Knows no entity.
//!
//! [`Db::open`] opens a database. [`Db::reader`] reads; [`Db::write`] runs a job in a transaction of its own, which shares its
//! COMMIT with the jobs that wait at the same time. [`Rows`] and [`Changes`] are what both have in common.

#[cfg(test)]
extern crate self as sea_executor;

mod blocking;
mod db;
mod driver;
mod error;
mod extensions;
#[cfg(test)]
mod fixtures;
mod gate;
mod insertable;
mod insertion;
mod location;
mod migrate;
mod postgres;
mod reader;
mod row;
mod rows;
mod settings;
mod sqlite;
mod thread_index;
pub mod timestamp;
mod tx;
mod write;

/// Makes the rows of an entity readable without the driver: derived for its `Model`, and for each enum that is a column's type.
pub use sea_executor_derive::Decode;

pub use blocking::on_a_thread;
pub use db::Db;
pub use error::{Error, JobError, Result, chain, driver::is_full};
pub use insertable::{Insertable, ModelOf};
pub use location::{BadLocation, Location};
pub use migrate::{connect_to_migrate, scratch};
pub use reader::Reader;
pub use row::{
    ColumnValue, Decode, FOUND, FromRow, Ids, Integers, Models, Queries, RowSource, Tallies, Texts,
    With,
};
pub use rows::{Changes, Executed, Rows};
/// A connection or pool, as migrations use it.
pub use sea_orm::DatabaseConnection as Connection;
pub use settings::Settings;
pub use sqlite::{
    change_token::ChangeToken,
    lock::{FileLock, LockError, resolution},
};
pub use tx::Tx;

/// What derived code refers to.
#[doc(hidden)]
pub mod derived {
    pub use sea_orm;

    pub use crate::{postgres::row::FromPostgres, sqlite::row::FromSqlite};
    pub use rusqlite::types::ValueRef;
}
