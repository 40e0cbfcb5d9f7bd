//! Limits on the directory of imports: files, their bytes, and files that are uploaded at the same time.
//!
//! The files in the directory itself are counted, including those that are still arriving, so that the limit holds across
//! restarts and for servers that share it. A count of the directory is cached for a while, and longer if there are many files.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Files that a server may receive at the same time; each needs a descriptor.
const MOST_ARRIVING: usize = 100;
/// How long a count of the directory is valid, at least, and as a multiple of the time that it took.
const GOOD_FOR: Duration = Duration::from_millis(50);
const TIMES: u32 = 20;

/// The limits of a directory, and the last count.
#[derive(Debug)]
pub struct Room {
    files: usize,
    bytes: u64,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// When the directory was counted, and until when the count is valid.
    good_until: Option<Instant>,
    files: usize,
    bytes: u64,
    arriving: usize,
}

/// The place of a file that arrives.
#[derive(Debug)]
pub struct Slot(Arc<Room>);

impl Room {
    /// With the given number of files and of bytes in total.
    #[must_use]
    pub fn new(files: usize, bytes: u64) -> Self {
        Self { files, bytes, seen: Mutex::default() }
    }

    /// A place for one more file; `None` if there is none. Blocks on the disk.
    pub(super) fn take(room: &Arc<Self>, folder: &Path) -> Option<Slot> {
        let mut seen = room.lock();
        if seen.arriving >= MOST_ARRIVING {
            return None;
        }
        if !seen.is_good() {
            seen.look(folder);
        }
        if seen.files >= room.files || seen.bytes >= room.bytes {
            return None;
        }
        seen.files += 1;
        seen.arriving += 1;
        Some(Slot(Arc::clone(room)))
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn is_good(&self) -> bool {
        self.good_until.is_some_and(|until| Instant::now() < until)
    }

    fn look(&mut self, folder: &Path) {
        let begun = Instant::now();
        (self.files, self.bytes) = (0, 0);
        // A directory that does not exist holds nothing.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            self.files += 1;
            self.bytes += entry.metadata().map_or(0, |about| about.len());
        }
        self.good_until = Some(Instant::now() + (begun.elapsed() * TIMES).max(GOOD_FOR));
    }
}

impl Slot {
    /// Whether there is room for the given number of bytes more, which are then counted. Blocks on the disk.
    pub(super) fn add(&self, folder: &Path, bytes: u64) -> bool {
        let mut seen = self.0.lock();
        if seen.bytes + bytes > self.0.bytes && !seen.is_good() {
            seen.look(folder);
        }
        let fits = seen.bytes + bytes <= self.0.bytes;
        if fits {
            seen.bytes += bytes;
        }
        fits
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.lock().arriving -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_counted_in_the_folder_and_what_arrives_as_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let full = |files, bytes| Arc::new(Room::new(files, bytes));
        let room = full(2, 10);
        let first = Room::take(&room, path).unwrap();
        let second = Room::take(&room, path).unwrap();
        assert!(Room::take(&room, path).is_none(), "a third file");
        assert!(first.add(path, 6) && !second.add(path, 5) && second.add(path, 4));
        drop((first, second));
        // Of a process that was killed, or of another server.
        for name in ["a", "b"] {
            fs::write(path.join(name), "12345").unwrap();
        }
        assert!(Room::take(&full(2, 100), path).is_none(), "two files wait");
        assert!(Room::take(&full(3, 10), path).is_none(), "ten bytes wait");
        let room = full(3, 11);
        let third = Room::take(&room, path).unwrap();
        assert!(third.add(path, 1) && !third.add(path, 1));
        fs::remove_file(path.join("a")).unwrap();
        room.lock().good_until = None;
        assert!(third.add(path, 5), "the directory is counted before a file is refused");
        let room = full(1000, 1000);
        let arriving: Vec<_> = std::iter::from_fn(|| Room::take(&room, path)).collect();
        assert_eq!(arriving.len(), MOST_ARRIVING);
        drop(arriving);
        assert!(Room::take(&room, path).is_some());
    }
}
