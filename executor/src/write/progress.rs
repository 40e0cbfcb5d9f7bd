//! The progress of a job, shared by the thread that runs it and the caller, which may cancel it.

use std::sync::atomic::{AtomicU8, Ordering};

/// Whether a job still waits, or has begun: after that it cannot be cancelled.
#[derive(Default)]
pub(super) struct Progress(AtomicU8);

impl Progress {
    const WAITS: u8 = 0;
    const BEGAN: u8 = 1;
    const CALLED_OFF: u8 = 2;

    /// Begins, or continues after it has begun; false when it was cancelled.
    pub(super) fn begin(&self) -> bool {
        self.leave_waiting_for(Self::BEGAN) || self.0.load(Ordering::SeqCst) == Self::BEGAN
    }

    /// Waits again, after what was begun was undone.
    pub(super) fn rest(&self) {
        self.0.store(Self::WAITS, Ordering::SeqCst);
    }

    /// Cancels it if it still waits.
    pub(super) fn cancel(&self) -> bool {
        self.leave_waiting_for(Self::CALLED_OFF)
    }

    /// Whether it was cancelled.
    pub(super) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst) == Self::CALLED_OFF
    }

    fn leave_waiting_for(&self, next: u8) -> bool {
        self.0.compare_exchange(Self::WAITS, next, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
