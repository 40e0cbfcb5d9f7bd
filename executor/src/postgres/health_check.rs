//! When connections for reading are checked before they are used.

use std::{
    sync::atomic::{AtomicI32, Ordering},
    time::Duration,
};

use sea_orm::{DbErr, sqlx};

use crate::error::driver::{is_shut_down, sqlx_error};

/// A connection that was idle for this long is checked before it reads.
const IDLE: Duration = Duration::from_millis(100);
/// Number of reads, over all connections, after which one connection is checked.
const READS: i32 = 64;

/// Whether connections for reading are checked before they are used. They are in no transaction, so they can only be lost, or
/// on a server that has become a standby; a check each time would double the round trips of a read.
#[derive(Default)]
pub(crate) struct HealthCheck {
    /// Uses until the next check; below zero, how many of the next uses begin with one.
    uses: AtomicI32,
}

impl HealthCheck {
    /// A connection was lost, and others may be lost too: the next ones are checked before use.
    pub(crate) fn lose(&self) {
        self.uses.store(-READS, Ordering::Relaxed);
    }

    /// Whether a read failed because its connection was lost; others of the pool may be lost too. Another one may answer, and
    /// is checked first.
    pub(crate) fn is_lost(&self, error: &DbErr) -> bool {
        let is_lost = matches!(
            sqlx_error(error),
            Some(sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed)
        ) || is_shut_down(error);
        if is_lost {
            self.lose();
        }
        is_lost
    }

    /// Whether a connection that was idle for this long is checked now.
    pub(crate) fn should_check(&self, idle: Duration) -> bool {
        let next = |uses: i32| {
            Some(match uses {
                0 => READS,
                ..0 => uses + 1,
                1.. => uses - 1,
            })
        };
        let uses = self.uses.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        uses.is_ok_and(|uses| uses <= 0) || idle >= IDLE
    }
}
