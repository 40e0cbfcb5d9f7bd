//! What the connections of the server take together, and whether it is about to end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::error::{Kind, Problem};

/// How often a large answer looks for room in memory before it is refused, and how long it waits in between.
const ROOM_CHECKS: u32 = 80;
const ROOM_CHECK: Duration = Duration::from_millis(50);

/// Counts over all connections and threads.
pub struct Load {
    connections: AtomicUsize,
    most_connections: usize,
    /// Bytes of answers in memory that clients have not read.
    unread: AtomicUsize,
    most_unread: usize,
    is_draining: AtomicBool,
    /// Connections whose first request has not begun, and requests that are not answered.
    expected: AtomicUsize,
}

/// A request that has yet to come or to be answered.
pub struct Expected(Arc<Load>);

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.expected.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Load {
    /// Of a server that has not begun. It may have so many connections, and so many bytes of answers in memory before clients
    /// who do not read theirs are ended early.
    pub fn new(most_connections: usize, most_unread: usize) -> Arc<Self> {
        Arc::new(Self {
            connections: AtomicUsize::new(0),
            most_connections,
            unread: AtomicUsize::new(0),
            most_unread,
            is_draining: AtomicBool::new(false),
            expected: AtomicUsize::new(0),
        })
    }

    /// A connection begins.
    pub(super) fn open(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection has ended.
    pub(super) fn close(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// A request is expected, until what is returned is dropped.
    pub(super) fn expect(self: &Arc<Self>) -> Expected {
        self.expected.fetch_add(1, Ordering::Relaxed);
        Expected(Arc::clone(self))
    }

    /// Whether any request has yet to come on a new connection, or to be answered.
    pub fn is_expecting(&self) -> bool {
        self.expected.load(Ordering::Relaxed) > 0
    }

    /// From now on each answer is the last one of its connection.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether an answer should be the last one of its connection: the server is about to end, or new clients are about to find no
    /// place.
    pub fn is_closing(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
            || self.connections() > self.most_connections / 4 * 3
    }

    /// Whether unread answers take more memory than they may.
    pub fn is_pressed(&self) -> bool {
        self.unread.load(Ordering::Relaxed) > self.most_unread
    }

    /// Waits until unread answers take no more memory than they may: clients who do not read are ended meanwhile.
    ///
    /// # Errors
    /// [`Kind::Busy`] when that takes too long.
    pub async fn room(&self) -> Result<(), Problem> {
        for _ in 0..ROOM_CHECKS {
            if !self.is_pressed() {
                return Ok(());
            }
            tokio::time::sleep(ROOM_CHECK).await;
        }
        let detail = "too many clients do not read their answers; try again in a moment";
        Err(Problem::new(Kind::Busy, detail))
    }

    /// Counts so many bytes as unread, until what is returned is dropped.
    pub fn unread(self: &Arc<Self>, bytes: usize) -> Unread {
        self.unread.fetch_add(bytes, Ordering::Relaxed);
        Unread { load: Arc::clone(self), bytes }
    }
}

/// Bytes of an answer that are in memory.
pub struct Unread {
    load: Arc<Load>,
    bytes: usize,
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.load.unread.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
