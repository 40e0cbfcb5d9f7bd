//! Things by their names, in a bounded number of bytes: those that were asked for last.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashlink::LruCache;

/// So many that threads seldom wait for each other.
const SHELVES: usize = 16;

/// Names that a shelf has been asked for in vain and remembers.
const NAMES: usize = 512;

/// Where things of known sizes are kept.
pub struct Shelves<T> {
    shelves: [Mutex<Shelf<T>>; SHELVES],
    /// Bytes that one shelf holds.
    most: usize,
    hasher: RandomState,
}

struct Shelf<T> {
    things: LruCache<Box<[u8]>, (Arc<T>, usize)>,
    bytes: usize,
    /// Hashes of names.
    asked: [u64; NAMES],
}

/// What is known of a name.
pub struct Sought<T> {
    /// What has it.
    pub thing: Option<Arc<T>>,
    /// Whether it was looked for before, not too long ago: to take in what nobody looks for again costs more than it saves.
    pub wanted: bool,
}

impl<T> Shelves<T> {
    /// For so many bytes.
    pub fn new(bytes: usize) -> Self {
        let shelf = || Shelf { things: LruCache::new_unbounded(), bytes: 0, asked: [0; NAMES] };
        let shelves = std::array::from_fn(|_| Mutex::new(shelf()));
        Self { shelves, most: bytes / SHELVES, hasher: RandomState::new() }
    }

    /// What has this name, if anything.
    pub fn look_for(&self, name: &[u8]) -> Sought<T> {
        let hash = self.hasher.hash_one(name);
        let Some(mut shelf) = self.shelf(hash) else {
            return Sought { thing: None, wanted: false };
        };
        let place = usize::try_from(hash / SHELVES as u64 % NAMES as u64).ok();
        let asked = place.and_then(|place| shelf.asked.get_mut(place));
        let wanted = asked.is_some_and(|asked| std::mem::replace(asked, hash) == hash);
        Sought { thing: shelf.things.get(name).map(|(thing, _)| Arc::clone(thing)), wanted }
    }

    /// Takes in what has so many bytes together with its name, and lets go of what was not asked for the longest time.
    pub fn put(&self, name: Vec<u8>, thing: T, bytes: usize) {
        let shelf = self.shelf(self.hasher.hash_one(name.as_slice()));
        let Some(mut shelf) = shelf.filter(|_| bytes <= self.most) else { return };
        let before = shelf.things.insert(name.into(), (Arc::new(thing), bytes));
        shelf.bytes += bytes;
        shelf.bytes -= before.map_or(0, |(_, bytes)| bytes);
        while shelf.bytes > self.most {
            let Some((_, (_, bytes))) = shelf.things.remove_lru() else { return };
            shelf.bytes -= bytes;
        }
    }

    fn shelf(&self, hash: u64) -> Option<MutexGuard<'_, Shelf<T>>> {
        let shelf = self.shelves.get(usize::try_from(hash % SHELVES as u64).ok()?)?;
        Some(shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_once_is_not_wanted() {
        let shelves = Shelves::<()>::new(1 << 20);
        let wanted = |name: &[u8]| shelves.look_for(name).wanted;
        let found = [b"a", b"a", b"b", b"a", b"b"].map(|name| wanted(name));
        assert_eq!(found, [false, true, false, true, true]);
        for number in 0..100_000 {
            assert!(!wanted(format!("{number}").as_bytes()));
        }
        assert!(!wanted(b"a"));
    }

    #[test]
    fn what_is_asked_for_stays_and_no_shelf_is_overfull() {
        let shelves = Shelves::new(SHELVES * 100);
        shelves.put(b"dear".to_vec(), 0, 40);
        shelves.put(b"huge".to_vec(), 0, 101);
        let here = |name: &[u8]| shelves.look_for(name).thing.as_deref().copied();
        assert_eq!(here(b"huge"), None);
        for number in 0..1000 {
            let name = format!("{number}").into_bytes();
            shelves.put(name.clone(), number, 10);
            // In the place of the one before, and no more bytes for it.
            shelves.put(name.clone(), number + 1, 30);
            assert_eq!(here(&name), Some(number + 1));
            assert_eq!(here(b"dear"), Some(0));
            for shelf in &shelves.shelves {
                let shelf = shelf.lock().unwrap();
                let held: usize = shelf.things.iter().map(|(_, (_, bytes))| bytes).sum();
                assert_eq!(shelf.bytes, held);
                assert!(held <= 100, "{held}");
            }
        }
        assert_eq!(here(b"0"), None);
    }
}
