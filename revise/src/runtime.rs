//! Migrations at work: connections, the lock, the history of a database, execution, shadows and upgrades.

pub mod backup;
mod baseline;
pub(crate) mod batches;
pub(crate) mod breakage;
pub(crate) mod caught;
pub(crate) mod context;
mod driver;
pub(crate) mod execute;
pub(crate) mod history;
pub(crate) mod lock;
pub(crate) mod recording;
pub(crate) mod replaced;
pub(crate) mod replay;
pub(crate) mod revise;
pub mod seed;
pub mod seeding;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod shadow;
pub(crate) mod tape;
pub(crate) mod target;
pub(crate) mod upgrade;

pub use self::{
    backup::Backup,
    history::{Applied, Record, State},
    replaced::Replacement,
    upgrade::{Confirm, Direction, Event, Report, Transactions},
};
