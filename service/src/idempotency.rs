//! Idempotent requests: the answer is stored in the same transaction as the change, so that both exist or neither, and a
//! repetition gets the same answer and changes nothing.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use entity::idempotency_key::{ActiveModel, Column, Entity};
use hashlink::LruCache;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::ExprTrait,
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    DatabaseError,
    database::{Changes, Db, Rows, Tx},
    error::{Error, FieldError, Result},
    now,
    query::shortened,
};

/// Maximum length of a key in characters.
const LONGEST: usize = 255;
/// How long a key identifies its request.
const LIFETIME: TimeDelta = TimeDelta::days(1);
/// Keys that are deleted at a time: this takes some milliseconds, during which other writers wait.
pub(crate) const FORGOTTEN: u64 = 500;

/// How often the work is run when a key expires, or is deleted, at the same time.
const ATTEMPTS: usize = 3;

/// Number of keys that a process remembers, about 50 bytes each.
const RECENT: usize = 8192;

/// The keys that this process received last, as hashes.
pub(crate) struct RecentKeys {
    hasher: RandomState,
    hashes: Mutex<LruCache<u64, ()>>,
}

impl Default for RecentKeys {
    fn default() -> Self {
        Self { hasher: RandomState::new(), hashes: Mutex::new(LruCache::new(RECENT)) }
    }
}

impl RecentKeys {
    /// Whether a key was received before, and records it. False positives are possible but rare.
    fn saw(&self, key: &Key) -> bool {
        let hash = self.hasher.hash_one(&key.key);
        let mut hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        hashes.insert(hash, ()).is_some()
    }
}

/// A key from a client, and a digest of the request that it identifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    key: String,
    fingerprint: String,
}

impl Key {
    /// A key for a request, given by the parts that determine whether it is the same request.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a key that is empty, too long, or contains characters other than visible ASCII.
    pub fn new(key: &str, request: &[&[u8]]) -> Result<Self> {
        if !(1..=LONGEST).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let shown = shortened(key, 40);
            let detail = format!(
                "invalid Idempotency-Key `{shown}`: expected 1 to {LONGEST} visible ASCII characters, such as a UUID"
            );
            let broken = FieldError::parameter("Idempotency-Key", "bad-header", detail);
            return Err(Error::Invalid(broken.into()));
        }
        let mut digest = Sha256::new();
        for part in request {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let fingerprint = BASE64_URL_SAFE_NO_PAD.encode(digest.finalize());
        Ok(Self { key: key.to_owned(), fingerprint })
    }

    fn reused(&self) -> Error {
        Error::KeyReused { key: self.key.clone() }
    }
}

/// What is stored under a key.
enum Stored<T> {
    Answer(T),
    /// A key that identifies no request any more.
    Expired,
    Nothing,
}

/// Runs the work in a transaction that also stores its answer, or returns the stored answer if the work was already done under
/// this key.
///
/// A new key costs one statement and no round trip: the answer is inserted after the work, on PostgreSQL together with COMMIT. The
/// stored key is read first only if this process has seen the key before, and otherwise when the work or that insertion is
/// refused. So a repetition may run the work, which is then rolled back.
///
/// # Errors
/// [`Error::KeyReused`] when the key belongs to another request, any error of the work, and any database error.
pub async fn write_once<T, F>(db: &Db, key: Option<Key>, work: F) -> Result<T>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    F: AsyncFn(&Tx) -> Result<T> + Send + Sync + 'static,
{
    let Some(key) = key else { return db.write(work).await };
    let mut known = match db.extension::<RecentKeys>().saw(&key) {
        true => stored(db.reader(), &key).await?,
        false => Stored::Nothing,
    };
    let work = Arc::new(work);
    for _ in 0..ATTEMPTS {
        let is_expired = match known {
            Stored::Answer(answer) => return Ok(answer),
            Stored::Expired => true,
            Stored::Nothing => false,
        };
        let (work, given) = (Arc::clone(&work), key.clone());
        let outcome = db.write(async move |tx| {
            let answer = work(tx).await?;
            if is_expired {
                delete_expired(tx, &given).await?;
            }
            store(tx, &given, &answer).await?;
            Ok::<_, Error>(answer)
        });
        let refusal = match outcome.await {
            Err(refusal) if refusal.is_refusal() => refusal,
            outcome => return outcome,
        };
        known = match stored(db.reader(), &key).await? {
            // It was deleted since the insertion was refused.
            Stored::Nothing if is_of_key(&refusal) => return Err(DatabaseError::Busy.into()),
            Stored::Nothing => return Err(refusal),
            known => known,
        };
        // The work itself was refused, and the key does not matter.
        if is_expired && matches!(known, Stored::Expired) {
            return Err(refusal);
        }
    }
    Err(DatabaseError::Busy.into())
}

/// Deletes some of the expired keys; returns the number of deleted ones.
///
/// # Errors
/// Any database error.
pub(crate) async fn forget(db: &impl Changes) -> Result<u64> {
    let old = Entity::find()
        .select_only()
        .column(Column::Key)
        .filter(Column::CreatedAt.lt(now() - LIFETIME))
        .limit(FORGOTTEN);
    let forgotten = Entity::delete_many().filter(Column::Key.in_subquery(old.into_query()));
    Ok(db.exec(forgotten.as_query()).await?)
}

/// Stores the answer under the key, waiting for another transaction that holds the key; refused if the key is stored.
async fn store(tx: &Tx, key: &Key, answer: &impl Serialize) -> Result<()> {
    let row = ActiveModel {
        key: Set(key.key.clone()),
        fingerprint: Set(key.fingerprint.clone()),
        answer: Set(serde_json::to_string(answer).map_err(Error::no_json)?),
        created_at: Set(now()),
    };
    Ok(tx.exec_later(Entity::insert(row).as_query()).await?)
}

/// Whether the key is what was refused: SQLite reports its column, and PostgreSQL the constraint `idempotency_keys_pkey`.
fn is_of_key(refusal: &Error) -> bool {
    matches!(refusal, Error::Duplicate(found) if found.field == "key" || found.field == "pkey")
}

/// Deletes the key unless another request has stored it meanwhile.
async fn delete_expired(tx: &Tx, key: &Key) -> Result<()> {
    let expired = Column::Key.eq(key.key.as_str()).and(Column::CreatedAt.lt(now() - LIFETIME));
    tx.exec(Entity::delete_many().filter(expired).as_query()).await?;
    Ok(())
}

/// The answer of the request that used the key within the last day.
///
/// # Errors
/// [`Error::KeyReused`] if that was another request.
async fn stored<T: DeserializeOwned>(db: &impl Rows, key: &Key) -> Result<Stored<T>> {
    match db.row(Entity::find_by_id(key.key.clone())).await? {
        Some(found) if found.created_at < now() - LIFETIME => Ok(Stored::Expired),
        Some(found) if found.fingerprint == key.fingerprint => {
            serde_json::from_str(&found.answer).map(Stored::Answer).map_err(Error::no_json)
        }
        Some(_) => Err(key.reused()),
        None => Ok(Stored::Nothing),
    }
}
