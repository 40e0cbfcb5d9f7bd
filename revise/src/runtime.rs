//! Migrations at work: connections, the lock, the history of a database, execution, shadows and upgrades.

pub mod backup;
pub(crate) mod context;
pub(crate) mod execute;
pub mod history;
pub(crate) mod lock;
pub mod replay;
pub mod revise;
pub mod seed;
pub(crate) mod session;
pub(crate) mod shadow;
pub mod target;
pub mod upgrade;
