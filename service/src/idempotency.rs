//! Requests that may be repeated: the answer is stored in the transaction of what it tells of, so that both are there or
//! neither, and a repetition gets the same answer without doing anything.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::idempotency_key::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    database::Changes,
    error::{Error, FieldError, Result},
    now,
};

/// Characters of a key.
const LONGEST: usize = 255;
/// How long a key stands for its request.
const LIFETIME: TimeDelta = TimeDelta::days(1);
/// Keys that are deleted at a time: some milliseconds, for which others wait who want to write.
pub(crate) const FORGOTTEN: u64 = 500;

/// A key that a client gave, and a digest of the request that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    key: String,
    fingerprint: String,
}

impl Key {
    /// A key for a request, whose parts are what makes it the same or another one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a key that is empty, too long, or has other characters than visible ASCII.
    pub fn new(key: &str, request: &[&[u8]]) -> Result<Self> {
        if !(1..=LONGEST).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let shown = crate::text::shortened(key, 40);
            let detail = format!(
                "`{shown}` is no key, expected 1 to {LONGEST} visible characters of ASCII, such as a UUID"
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
}

/// Does the work, or answers what it came to when it was done under this key before.
///
/// # Errors
/// [`Error::KeyReused`] when the key stands for another request, what the work returns, and what the database says.
pub async fn once<T: Serialize + DeserializeOwned>(
    db: &impl Changes,
    key: Option<&Key>,
    work: impl AsyncFnOnce() -> Result<T>,
) -> Result<T> {
    let Some(key) = key else { return work().await };
    let now = now();
    if !reserve(db, key, now).await? {
        let answer = earlier(db, key).await?;
        return serde_json::from_str(&answer).map_err(Error::no_json);
    }
    let answer = work().await?;
    let text = serde_json::to_string(&answer).map_err(Error::no_json)?;
    let keep = OnConflict::column(Column::Key).update_column(Column::Answer).to_owned();
    db.exec(Entity::insert(row(key, text, now)).on_conflict(keep).as_query()).await?;
    Ok(answer)
}

/// Deletes some of the keys that may be used for something else; how many.
///
/// # Errors
/// What the database says.
pub(crate) async fn forget(db: &impl Changes) -> Result<u64> {
    let old = Entity::find()
        .select_only()
        .column(Column::Key)
        .filter(Column::CreatedAt.lt(now() - LIFETIME))
        .limit(FORGOTTEN);
    let forgotten = Entity::delete_many().filter(Column::Key.in_subquery(old.into_query()));
    db.exec(forgotten.as_query()).await
}

/// Takes the key before anything is done; false when it was taken within the last day. Another transaction that has it is waited
/// for.
///
/// Neither this statement nor the one that stores the answer has a plan to choose: an upsert finds its row by the unique index of
/// the key. A prepared `SELECT`, `UPDATE` or `DELETE` may go on reading the whole table, as it was planned when that was empty.
async fn reserve(db: &impl Changes, key: &Key, now: DateTime<Utc>) -> Result<bool> {
    let expired = Expr::col((Entity, Column::CreatedAt)).lt(now - LIFETIME);
    let again = OnConflict::column(Column::Key)
        .update_columns([Column::Fingerprint, Column::Answer, Column::CreatedAt])
        .action_and_where(expired)
        .to_owned();
    let reserve = Entity::insert(row(key, String::new(), now)).on_conflict(again);
    Ok(db.exec(reserve.as_query()).await? > 0)
}

/// The answer of the request that took the key.
async fn earlier(db: &impl Changes, key: &Key) -> Result<String> {
    match db.row(Entity::find_by_id(key.key.clone())).await? {
        Some(found) if found.fingerprint == key.fingerprint => Ok(found.answer),
        Some(_) => Err(Error::KeyReused { key: key.key.clone() }),
        // It was forgotten in this moment.
        None => Err(Error::collision("the key is free again")),
    }
}

fn row(key: &Key, answer: String, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        key: Set(key.key.clone()),
        fingerprint: Set(key.fingerprint.clone()),
        answer: Set(answer),
        created_at: Set(now),
    }
}
