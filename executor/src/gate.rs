//! The queue for read connections. Its length is bounded, so that an overloaded server refuses at once what it could only
//! refuse later.
//!
//! A request is refused when the queue is full, when the reads before it would take longer than it may wait, and when no read
//! has begun for that long. Maintenance and imports wait without a limit and are not counted; since the queue is served in
//! order, they are not starved.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::Settings;
use crate::error::{Error, Result};

/// Weight of the average duration of reads, relative to one more read.
const WEIGHT: u64 = 8;

/// Who reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A request, which can be refused.
    #[default]
    Request,
    /// Work of the server itself, which is never refused.
    Maintenance,
}

/// The queue.
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    width: u64,
    most_waiting: usize,
    longest_wait: Duration,
    waiting: AtomicUsize,
    opened: Instant,
    /// When the last read began, and the average duration of a read, in microseconds.
    last_began: AtomicU64,
    mean: AtomicU64,
}

/// Permission to read on one connection.
pub(crate) struct Permit {
    gate: Arc<Gate>,
    began: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Gate {
    /// For `width` connections.
    pub(crate) fn new(width: u32, settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(width as usize)),
            width: u64::from(width.max(1)),
            most_waiting: settings.read_queue as usize,
            longest_wait: settings.acquire_timeout,
            waiting: AtomicUsize::new(0),
            opened: Instant::now(),
            last_began: AtomicU64::new(0),
            mean: AtomicU64::new(0),
        })
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full, or the wait took too long.
    pub(crate) async fn enter(self: &Arc<Self>, purpose: Purpose) -> Result<Permit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(self.admit(permit));
        }
        let permit = Arc::clone(&self.permits).acquire_owned();
        let permit = match purpose {
            Purpose::Maintenance => permit.await,
            Purpose::Request => {
                let _place = self.line_up().ok_or(Error::Busy)?;
                timeout(self.longest_wait, permit).await.map_err(|_| Error::Busy)?
            }
        };
        Ok(self.admit(permit.map_err(|_| Error::Busy)?))
    }

    /// A place in the queue; `None` when the request has to be refused.
    fn line_up(&self) -> Option<Place<'_>> {
        let place = Place(&self.waiting);
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let idle = self.now().saturating_sub(self.last_began.load(Ordering::Relaxed));
        let wait = self.mean.load(Ordering::Relaxed).saturating_mul(before as u64) / self.width;
        let longest = micros(self.longest_wait);
        (before < self.most_waiting && wait <= longest && idle <= longest).then_some(place)
    }

    fn admit(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Permit {
        self.last_began.store(self.now(), Ordering::Relaxed);
        Permit { gate: Arc::clone(self), began: Instant::now(), _permit: permit }
    }

    fn now(&self) -> u64 {
        micros(self.opened.elapsed())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl Drop for Permit {
    fn drop(&mut self) {
        let took = micros(self.began.elapsed());
        let mean = self.gate.mean.load(Ordering::Relaxed);
        let mean = (mean.saturating_mul(WEIGHT - 1)).saturating_add(took) / WEIGHT;
        self.gate.mean.store(mean, Ordering::Relaxed);
    }
}

/// A place in the queue.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(width: u32, read_queue: u32, longest_wait_ms: u64) -> Arc<Gate> {
        let acquire_timeout = Duration::from_millis(longest_wait_ms);
        Gate::new(width, &Settings { read_queue, acquire_timeout, ..Settings::default() })
    }

    /// Polls an entrance once; true when it waits.
    async fn waits<F: Future>(entrance: &mut std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(entrance.as_mut().poll(context).is_pending())
        })
        .await
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_takes_others_when_it_is_shorter() {
        let gate = gate(1, 2, 60_000);
        let first = gate.enter(Purpose::Request).await.unwrap();
        let (mut second, mut third) =
            (Box::pin(gate.enter(Purpose::Request)), Box::pin(gate.enter(Purpose::Request)));
        assert!(waits(&mut second.as_mut()).await && waits(&mut third.as_mut()).await);
        assert!(matches!(gate.enter(Purpose::Request).await, Err(Error::Busy)));
        // An entrance that is dropped gives its place to another.
        drop(third);
        let mut fourth = Box::pin(gate.enter(Purpose::Request));
        assert!(waits(&mut fourth.as_mut()).await);
        drop(first);
        drop(second.await.unwrap());
        drop(fourth.await.unwrap());
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn maintenance_is_not_counted_and_waits_longer_than_requests() {
        let gate = gate(1, 1, 20);
        let first = gate.enter(Purpose::Request).await.unwrap();
        let mut maintenance = Box::pin(gate.enter(Purpose::Maintenance));
        let mut more = Box::pin(gate.enter(Purpose::Maintenance));
        assert!(waits(&mut maintenance.as_mut()).await && waits(&mut more.as_mut()).await);
        assert!(matches!(gate.enter(Purpose::Request).await, Err(Error::Busy)));
        assert!(waits(&mut maintenance.as_mut()).await);
        drop(first);
        drop(maintenance.await.unwrap());
        drop(more.await.unwrap());
    }

    #[tokio::test]
    async fn a_read_that_would_wait_too_long_is_refused_at_once() {
        let gate = gate(2, 100, 1000);
        let held = [
            gate.enter(Purpose::Request).await.unwrap(),
            gate.enter(Purpose::Request).await.unwrap(),
        ];
        // A read takes half a second: two run at once, so four may wait.
        gate.mean.store(500_000, Ordering::Relaxed);
        let mut waiting: Vec<_> = (0..5).map(|_| Box::pin(gate.enter(Purpose::Request))).collect();
        for entrance in &mut waiting {
            assert!(waits(&mut entrance.as_mut()).await);
        }
        assert!(matches!(gate.enter(Purpose::Request).await, Err(Error::Busy)));
        drop(waiting);
        drop(held);
    }
}
