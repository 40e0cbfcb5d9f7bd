//! PostgreSQL: connections of ours that share reads and run writes, and the options of the pool.

mod config;
mod decode;
mod health_check;
mod probe;
pub(crate) mod row;
pub(crate) mod shared_reader;
pub(crate) mod value;
pub(crate) mod write_sessions;

pub(crate) use config::{for_writing, server};
pub(crate) use health_check::HealthCheck;
pub(crate) use probe::expect_server;
