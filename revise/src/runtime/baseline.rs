//! Migrations that begin with what a database has, as `init --from-db` writes them.

use crate::{operation::Plan, runtime::context::ExecutionContext};

impl Plan {
    /// Says in `up` that the migration creates what was there before it, as the one that `init --from-db` writes does. Nobody stated
    /// what it creates, so entities may be silent about all of it.
    #[must_use]
    pub fn baseline(self) -> Self {
        if let Some(context) = ExecutionContext::current() {
            context.note_baseline();
        }
        self
    }
}
