//! Requests that may be repeated: the answer is stored in the transaction of what it tells of, so that both are there or
//! neither, and a repetition gets the same answer without doing anything.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::idempotency_key::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{
    database::Changes,
    error::{Error, FieldError, Result},
    now,
};

/// Characters of a key.
const LONGEST: usize = 255;

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
    if let Some(answer) = earlier(db, key, now).await? {
        return serde_json::from_str(&answer).map_err(Error::no_json);
    }
    reserve(db, key, now).await?;
    let answer = work().await?;
    let text = serde_json::to_string(&answer).map_err(Error::no_json)?;
    let keep = Entity::update_many().col_expr(Column::Answer, text.into());
    db.exec(keep.filter(Column::Key.eq(&key.key)).as_query()).await?;
    Ok(answer)
}

/// The answer of an earlier request. Keys of yesterday are forgotten on the way.
async fn earlier(db: &impl Changes, key: &Key, now: DateTime<Utc>) -> Result<Option<String>> {
    let yesterday = now - TimeDelta::days(1);
    let old = Entity::delete_many().filter(Column::CreatedAt.lt(yesterday));
    db.exec(old.as_query()).await?;
    match db.row(Entity::find_by_id(key.key.clone())).await? {
        None => Ok(None),
        Some(found) if found.fingerprint == key.fingerprint => Ok(Some(found.answer)),
        Some(_) => Err(Error::KeyReused { key: key.key.clone() }),
    }
}

/// Takes the key before anything is done. Another transaction that has it is waited for; its end is a collision, after
/// which the whole is repeated and finds the answer.
async fn reserve(db: &impl Changes, key: &Key, now: DateTime<Utc>) -> Result<()> {
    let row = ActiveModel {
        key: Set(key.key.clone()),
        fingerprint: Set(key.fingerprint.clone()),
        answer: Set(String::new()),
        created_at: Set(now),
    };
    match db.exec(Entity::insert(row).as_query()).await {
        Ok(_) => Ok(()),
        Err(Error::Duplicate { .. }) => Err(Error::collision("the key was taken by somebody else")),
        Err(error) => Err(error),
    }
}
