//! Watches imports: one query serves all followers of the same import.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use entity::import::Entity;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{Import, has_ended};
use crate::{Db, database::Rows, error::chain};

/// Interval between two queries of an import: short enough for a person who watches.
const LOOK: Duration = Duration::from_millis(250);
/// Maximum number of followers in a process.
pub const MOST_FOLLOWERS: usize = 4096;

/// The imports that are followed.
#[derive(Debug)]
pub struct Watches {
    open: Mutex<HashMap<i32, watch::Sender<Arc<Import>>>>,
    followers: Arc<Semaphore>,
}

impl Default for Watches {
    fn default() -> Self {
        Self::new(MOST_FOLLOWERS)
    }
}

/// An import as its followers see it.
#[derive(Debug)]
pub struct Following {
    import: watch::Receiver<Arc<Import>>,
    _permit: OwnedSemaphorePermit,
}

impl Following {
    /// The import as last read.
    pub fn current(&mut self) -> Arc<Import> {
        Arc::clone(&self.import.borrow_and_update())
    }

    /// Waits until the import differs from [`Following::current`]; false when it will not change any more.
    pub async fn changed(&mut self) -> bool {
        self.import.changed().await.is_ok()
    }
}

impl Watches {
    fn new(most: usize) -> Self {
        Self { open: Mutex::default(), followers: Arc::new(Semaphore::new(most)) }
    }

    /// Follows an import, which was just read; `None` when there are too many followers.
    pub fn follow(self: &Arc<Self>, db: &Db, import: Import) -> Option<Following> {
        let permit = Arc::clone(&self.followers).try_acquire_owned().ok()?;
        let id = import.id;
        let mut open = self.lock();
        let import = match open.get(&id) {
            Some(seen) => {
                let receiver = seen.subscribe();
                seen.send_if_modified(|last| {
                    let is_newer = import.version > last.version;
                    if is_newer {
                        *last = Arc::new(import);
                    }
                    is_newer
                });
                receiver
            }
            None => {
                let (sender, receiver) = watch::channel(Arc::new(import));
                open.insert(id, sender);
                tokio::spawn(Arc::clone(self).look(db.clone(), id));
                receiver
            }
        };
        Some(Following { import, _permit: permit })
    }

    /// Queries an import until it has ended, or has no followers.
    async fn look(self: Arc<Self>, db: Db, id: i32) {
        let mut watched = Watched { watches: self, id, is_open: true };
        loop {
            {
                let watches = Arc::clone(&watched.watches);
                let mut open = watches.lock();
                let Some(seen) = open.get(&id) else { return };
                if seen.receiver_count() == 0 || has_ended(&seen.borrow()) {
                    // Under the lock, so that no follower is added after the queries have ended.
                    open.remove(&id);
                    watched.is_open = false;
                }
            }
            if !watched.is_open {
                return;
            }
            tokio::time::sleep(LOOK).await;
            let import = match db.reader().by_id::<Entity>(id).await {
                Ok(Some(import)) => import,
                Ok(None) => return,
                Err(error) => {
                    // When the database is back, the progress continues.
                    log::debug!("an import cannot be read: {}", chain(&error));
                    continue;
                }
            };
            if let Some(seen) = watched.watches.lock().get(&id) {
                seen.send_if_modified(|last| {
                    let is_another = last.version != import.version;
                    if is_another {
                        *last = Arc::new(import);
                    }
                    is_another
                });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, watch::Sender<Arc<Import>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a watch with its task, also when the runtime of that task ends.
struct Watched {
    watches: Arc<Watches>,
    id: i32,
    is_open: bool,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.is_open {
            self.watches.lock().remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Location, Settings};

    fn import(version: i32, state: super::super::State) -> Import {
        Import {
            id: 1,
            state,
            name: None,
            options: String::new(),
            dry_run: false,
            file: String::new(),
            header: Vec::new(),
            bytes_total: 0,
            bytes_read: 0,
            lines_read: 0,
            rows: 0,
            inserted: 0,
            updated: 0,
            skipped: 0,
            rejected: 0,
            warnings: 0,
            noun: crate::imports::Nouns::Books,
            unusable: 0,
            empty_rows: 0,
            reasons: String::new(),
            reverted: 0,
            kept: 0,
            problem: None,
            created_at: chrono::Utc::now(),
            started_at: None,
            ended_at: None,
            version,
        }
    }

    #[tokio::test]
    async fn followers_are_bounded_see_the_newest_version_and_leave_nothing() {
        use super::super::State;
        let db = Db::open(&Location::Memory, &Settings::default()).await.unwrap();
        let watches = Arc::new(Watches::new(2));
        let mut first = watches.follow(&db, import(3, State::Running)).unwrap();
        assert_eq!(first.current().version, 3);
        // An older state does not replace a newer one.
        let mut second = watches.follow(&db, import(2, State::Running)).unwrap();
        assert_eq!(second.current().version, 3);
        assert!(watches.follow(&db, import(3, State::Running)).is_none());
        drop(second);
        let mut third = watches.follow(&db, import(4, State::Done)).unwrap();
        assert_eq!(third.current().version, 4);
        assert!(first.changed().await);
        assert_eq!(first.current().version, 4);
        // It has ended, so the watch ends too.
        assert!(!first.changed().await);
        assert!(!third.changed().await);
        assert!(watches.lock().is_empty());
    }
}
