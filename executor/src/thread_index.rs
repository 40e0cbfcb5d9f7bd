//! An index for each thread, so that each first tries the connection that it used before.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of this thread among those that asked.
pub(crate) fn thread_index() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static INDEX: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    INDEX.with(|index| *index)
}
