//! The resources that the connections of the server use together, and whether it is shutting down.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{sleep, timeout},
};

use crate::error::{Kind, Problem};

/// How long a part of a large response waits for its place, and how often it checks.
const PLACE: Duration = Duration::from_secs(4);
const ROOM_CHECK: Duration = Duration::from_millis(50);
/// Parts of large responses that are read and written at the same time, for each thread: a part has up to a thousand rows in
/// memory, and the same as bytes.
const PARTS: usize = 2;

/// Counts over all connections and threads.
pub struct Load {
    connections: AtomicUsize,
    most_connections: usize,
    /// Bytes of responses in memory that clients have not read.
    unread: AtomicUsize,
    most_unread: usize,
    parts: Semaphore,
    is_draining: AtomicBool,
    /// Connections whose first request has not begun, and requests that are not answered.
    expected: AtomicUsize,
}

/// A request that is expected or not yet answered.
pub struct Expected(Arc<Load>);

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.expected.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Load {
    /// Of a server with the given number of threads that has not started. Limits: connections, and bytes of unread responses in
    /// memory before slow clients are disconnected early.
    pub fn new(threads: usize, most_connections: usize, most_unread: usize) -> Arc<Self> {
        Arc::new(Self {
            connections: AtomicUsize::new(0),
            most_connections,
            unread: AtomicUsize::new(0),
            most_unread,
            parts: Semaphore::new(PARTS * threads),
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

    /// The number of connections.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// A request is expected, until the returned value is dropped.
    pub(super) fn expect(self: &Arc<Self>) -> Expected {
        self.expected.fetch_add(1, Ordering::Relaxed);
        Expected(Arc::clone(self))
    }

    /// Whether any request is still expected on a new connection, or not yet answered.
    pub fn is_expecting(&self) -> bool {
        self.expected.load(Ordering::Relaxed) > 0
    }

    /// From now on each response is the last one of its connection.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether a response should be the last one of its connection: the server is shutting down, new clients would soon be
    /// refused, or clients do not read.
    pub fn is_closing(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
            || self.is_pressed()
            || self.connections() > self.most_connections / 4 * 3
    }

    /// Whether unread responses exceed their memory limit.
    pub fn is_pressed(&self) -> bool {
        self.unread.load(Ordering::Relaxed) > self.most_unread
    }

    /// Waits for a place to read and serialize some rows, and in it until unread responses are below their memory limit: all
    /// who waited for a place would otherwise have seen the limit before it was reached. Clients that do not read are
    /// disconnected meanwhile.
    ///
    /// # Errors
    /// [`Kind::Busy`] when that takes too long.
    pub async fn part(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let place = async {
            let place = self.parts.acquire().await;
            self.relief().await;
            place
        };
        let place = timeout(PLACE, place).await;
        place.map_err(|_| busy())?.map_err(|_| Problem::internal())
    }

    /// The same for a response that has begun: it waits for its place without a limit, and continues when memory stays short.
    pub async fn next_part(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.parts.acquire().await.ok()?;
        // Not an error: it is sent in the end.
        drop(timeout(PLACE, self.relief()).await);
        Some(place)
    }

    async fn relief(&self) {
        while self.is_pressed() {
            sleep(ROOM_CHECK).await;
        }
    }

    /// Counts the given number of bytes as unread, until the returned value is dropped.
    pub fn unread(self: &Arc<Self>, bytes: usize) -> Unread {
        self.unread.fetch_add(bytes, Ordering::Relaxed);
        Unread { load: Arc::clone(self), bytes }
    }
}

fn busy() -> Problem {
    let detail = "too many clients do not read their responses; try again in a moment";
    Problem::new(Kind::Busy, detail)
}

/// Bytes of a response that are in memory.
pub struct Unread {
    load: Arc<Load>,
    bytes: usize,
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.load.unread.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
