//! A cache with a limit in bytes: it holds the most recently requested values.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashlink::LruCache;

/// Enough that threads rarely wait for each other.
const SHARDS: usize = 16;

/// Keys that were requested without success and that a shard remembers.
const NAMES: usize = 512;

/// A cache of values with known sizes.
pub struct ShardedLru<T> {
    sharded_lru: [Mutex<Shard<T>>; SHARDS],
    /// Capacity of one shard in bytes.
    most: usize,
    hasher: RandomState,
}

struct Shard<T> {
    things: LruCache<Box<[u8]>, (Arc<T>, usize)>,
    bytes: usize,
    /// Hashes of keys.
    asked: [u64; NAMES],
}

/// The result of a lookup.
pub struct Lookup<T> {
    /// The cached value.
    pub thing: Option<Arc<T>>,
    /// Whether it was requested before, not too long ago: caching a value that is never requested again costs more than it saves.
    pub wanted: bool,
}

impl<T> ShardedLru<T> {
    /// With the given capacity in bytes.
    pub fn new(bytes: usize) -> Self {
        let shard = || Shard { things: LruCache::new_unbounded(), bytes: 0, asked: [0; NAMES] };
        let sharded_lru = std::array::from_fn(|_| Mutex::new(shard()));
        Self { sharded_lru, most: bytes / SHARDS, hasher: RandomState::new() }
    }

    /// The value of this key, if it is cached.
    pub fn look_up(&self, name: &[u8]) -> Lookup<T> {
        let hash = self.hasher.hash_one(name);
        let Some(mut shard) = self.shard(hash) else {
            return Lookup { thing: None, wanted: false };
        };
        let place = usize::try_from(hash / SHARDS as u64 % NAMES as u64).ok();
        let asked = place.and_then(|place| shard.asked.get_mut(place));
        let wanted = asked.is_some_and(|asked| std::mem::replace(asked, hash) == hash);
        Lookup { thing: shard.things.get(name).map(|(thing, _)| Arc::clone(thing)), wanted }
    }

    /// Inserts a value whose size, including its key, is given, and evicts the least recently requested ones.
    pub fn put(&self, name: Vec<u8>, thing: T, bytes: usize) {
        let shard = self.shard(self.hasher.hash_one(name.as_slice()));
        let Some(mut shard) = shard.filter(|_| bytes <= self.most) else { return };
        let before = shard.things.insert(name.into(), (Arc::new(thing), bytes));
        shard.bytes += bytes;
        shard.bytes -= before.map_or(0, |(_, bytes)| bytes);
        while shard.bytes > self.most {
            let Some((_, (_, bytes))) = shard.things.remove_lru() else { return };
            shard.bytes -= bytes;
        }
    }

    fn shard(&self, hash: u64) -> Option<MutexGuard<'_, Shard<T>>> {
        let shard = self.sharded_lru.get(usize::try_from(hash % SHARDS as u64).ok()?)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_once_is_not_wanted() {
        let sharded_lru = ShardedLru::<()>::new(1 << 20);
        let wanted = |name: &[u8]| sharded_lru.look_up(name).wanted;
        let found = [b"a", b"a", b"b", b"a", b"b"].map(|name| wanted(name));
        assert_eq!(found, [false, true, false, true, true]);
        for number in 0..100_000 {
            assert!(!wanted(format!("{number}").as_bytes()));
        }
        assert!(!wanted(b"a"));
    }

    #[test]
    fn what_is_asked_for_stays_and_no_shard_is_overfull() {
        let sharded_lru = ShardedLru::new(SHARDS * 100);
        sharded_lru.put(b"dear".to_vec(), 0, 40);
        sharded_lru.put(b"huge".to_vec(), 0, 101);
        let here = |name: &[u8]| sharded_lru.look_up(name).thing.as_deref().copied();
        assert_eq!(here(b"huge"), None);
        for number in 0..1000 {
            let name = format!("{number}").into_bytes();
            sharded_lru.put(name.clone(), number, 10);
            // It replaces the previous one, and takes no more bytes.
            sharded_lru.put(name.clone(), number + 1, 30);
            assert_eq!(here(&name), Some(number + 1));
            assert_eq!(here(b"dear"), Some(0));
            for shard in &sharded_lru.sharded_lru {
                let shard = shard.lock().unwrap();
                let held: usize = shard.things.iter().map(|(_, (_, bytes))| bytes).sum();
                assert_eq!(shard.bytes, held);
                assert!(held <= 100, "{held}");
            }
        }
        assert_eq!(here(b"0"), None);
    }
}
