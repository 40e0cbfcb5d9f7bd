//! Takes an import back, a chunk at a time: rows that it added are deleted, rows that it changed get their former values.
//!
//! A row that somebody changed since stays as it is, and so does a new one that others refer to by now; both are counted
//! and can be listed. Each chunk holds the row of its import, so that it does no harm when two processes do this.

use std::collections::{HashMap, HashSet};

use entity::{
    import_change,
    import_change::{Column, Entity},
    item,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, Order,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::ExprTrait,
};
use serde::de::DeserializeOwned;

use super::{Import, Nouns, State, chunk::give_way, locked};
use crate::{
    Book, DatabaseError, Db, Item, Store, Tx,
    database::{Changes, Rows},
    error::{Error, Result},
    noun::{Noun, not_found},
    now,
    restored::{Restored, follow},
};

/// Rows that are reverted in one transaction.
const CHUNK: u64 = 500;
/// Collisions of the same row after which an import, or its undo, waits as long as for a database that is away.
pub const MOST_COLLISIONS: u32 = 20;

/// Takes back an import that is to be undone, while it may go on: the import; `None` when it was stopped.
pub async fn to_the_end(db: &Db, id: i32, may_go_on: impl Fn() -> bool) -> Result<Option<Import>> {
    let (mut last, mut most, mut collisions) = (0, CHUNK, 0);
    while may_go_on() {
        let step = match step(db, id, last, most).await {
            // As when an import stores: smaller transactions, until they do not collide.
            Err(Error::Database(DatabaseError::Collision(_)))
                if most > 1 || collisions < MOST_COLLISIONS =>
            {
                most = Ord::max(most / 4, 1);
                collisions += 1;
                continue;
            }
            step => step?,
        };
        (most, collisions) = (Ord::min(most * 2, CHUNK), 0);
        match step {
            (_, Some(next)) => last = next,
            (import, None) => return Ok(Some(import)),
        }
    }
    Ok(None)
}

/// Undoes an import, all of it: what it stored is gone afterwards, except what others changed since.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`] when a server is working on it, and any database error.
pub async fn undo_at_once(db: &Db, id: i32) -> Result<Import> {
    let import = db
        .write_long(async move |tx| {
            let import = locked(tx, id).await?.ok_or(not_found::<Import>(id))?;
            if matches!(import.state, State::Queued | State::Running) {
                let detail = format!(
                    "import {id} is not done yet; a server works on its file, so stop it there: POST /api/imports/{id}/undo"
                );
                return Err(Error::invalid("", "not-done", detail));
            }
            super::undo(tx, id).await
        })
        .await?;
    match import.state {
        State::Undoing => {
            to_the_end(db, id, || true).await?.ok_or_else(|| Error::internal("stopped"))
        }
        State::Queued | State::Running | State::Done | State::Undone | State::Failed => Ok(import),
    }
}

/// Takes back at most so many rows after `last`: the import, and the last of them; `None` when that is all.
async fn step(db: &Db, id: i32, last: i32, most: u64) -> Result<(Import, Option<i32>)> {
    db.write_long(async move |tx| {
        give_way(tx, most).await?;
        let import = locked(tx, id).await?.ok_or(not_found::<Import>(id))?;
        if import.state != State::Undoing {
            return Ok((import, None));
        }
        let changes = Entity::find()
            .filter(Column::ImportId.eq(id))
            .filter(Column::BookId.gt(last))
            .filter(Column::Kept.eq(false))
            .order_by(Column::BookId, Order::Asc)
            .limit(most);
        let changes = tx.rows(changes).await?;
        let Some(last) = changes.last().map(|change| change.book_id) else {
            return Ok((finish(tx, import).await?, None));
        };
        let (reverted, kept) = match import.noun {
            Nouns::Books => revert::<Book>(tx, &changes).await?,
            Nouns::Stores => revert::<Store>(tx, &changes).await?,
            Nouns::Items => revert::<Item>(tx, &changes).await?,
        };
        let ids = changes.iter().map(|change| change.book_id);
        let of_these = Column::ImportId.eq(id).and(Column::BookId.is_in(ids));
        if !kept.is_empty() {
            let these = Column::ImportId.eq(id).and(Column::BookId.is_in(kept.iter().copied()));
            let keep = Entity::update_many().col_expr(Column::Kept, true.into());
            tx.exec(keep.filter(these).as_query()).await?;
        }
        let done = of_these.and(Column::Kept.eq(false));
        tx.exec(Entity::delete_many().filter(done).as_query()).await?;
        let import = count(tx, import, reverted, kept.len()).await?;
        Ok((import, Some(last)))
    })
    .await
}

/// The rows that an undo left as they are, the first of them.
///
/// # Errors
/// Any database error.
pub async fn not_reverted(db: &impl Rows, id: i32, most: u64) -> Result<Vec<i32>> {
    let kept = Entity::find()
        .select_only()
        .column(Column::BookId)
        .filter(Column::ImportId.eq(id).and(Column::Kept.eq(true)))
        .order_by(Column::BookId, Order::Asc)
        .limit(most);
    Ok(db.ids(kept.as_query()).await?)
}

/// Rows that an import stores, and that can be taken back.
#[expect(async_fn_in_trait, reason = "jobs run on the thread that they began on")]
pub trait Undoable: Noun<Changes: DeserializeOwned> {
    /// What imports of them are called.
    const NOUN: Nouns;

    /// Those of the rows that others refer to, and which are therefore not deleted.
    ///
    /// # Errors
    /// Any database error.
    async fn referred(db: &impl Rows, ids: &[i32]) -> Result<HashSet<i32>>;
}

impl Undoable for Book {
    const NOUN: Nouns = Nouns::Books;

    async fn referred(db: &impl Rows, ids: &[i32]) -> Result<HashSet<i32>> {
        parents(db, item::Column::BookId, ids).await
    }
}

impl Undoable for Store {
    const NOUN: Nouns = Nouns::Stores;

    async fn referred(db: &impl Rows, ids: &[i32]) -> Result<HashSet<i32>> {
        parents(db, item::Column::StoreId, ids).await
    }
}

impl Undoable for Item {
    const NOUN: Nouns = Nouns::Items;

    async fn referred(_: &impl Rows, _: &[i32]) -> Result<HashSet<i32>> {
        Ok(HashSet::new())
    }
}

/// Those of the ids that items have in a column.
async fn parents(db: &impl Rows, column: item::Column, ids: &[i32]) -> Result<HashSet<i32>> {
    let parents = item::Entity::find().select_only().column(column).distinct();
    let parents = parents.filter(column.is_in(ids.iter().copied()));
    Ok(db.ids(parents.as_query()).await?.into_iter().collect())
}

/// How many rows are as they were before, and which are not because somebody else changed them.
async fn revert<T: Undoable>(
    tx: &Tx,
    changes: &[import_change::Model],
) -> Result<(usize, Vec<i32>)> {
    let ids: Vec<i32> = changes.iter().map(|change| change.book_id).collect();
    let rows = T::Table::find().filter(T::ID.is_in(ids.clone()));
    let rows = tx.rows(rows.order_by(T::ID, Order::Asc).lock_exclusive()).await?;
    let mut rows: HashMap<i32, T> =
        rows.into_iter().map(|row| (row.row_version().id, row)).collect();
    // After the rows are locked, so that no reference is added meanwhile.
    let referred = T::referred(tx, &ids).await?;

    let (mut added, mut restored, mut reverted, mut kept) = (Vec::new(), Vec::new(), 0, Vec::new());
    for change in changes {
        // A row that was deleted since needs nothing, or cannot be restored.
        let Some(row) = rows.remove(&change.book_id) else { continue };
        match &change.before {
            _ if row.row_version().version != change.version => kept.push(change.book_id),
            None if referred.contains(&change.book_id) => kept.push(change.book_id),
            None => added.push(change.book_id),
            Some(before) => {
                restored.extend(restore(tx, change, row, before).await?);
                reverted += 1;
            }
        }
    }
    follow::<T>(tx, &restored).await?;
    if !added.is_empty() {
        reverted += added.len();
        let added = T::Table::delete_many().filter(T::ID.is_in(added));
        tx.exec(added.as_query()).await?;
    }
    Ok((reverted, kept))
}

/// Gives a row its former values, under a version of their own.
async fn restore<T: Undoable>(
    tx: &Tx,
    change: &import_change::Model,
    row: T,
    before: &str,
) -> Result<Option<Restored>> {
    let before: T::Changes = serde_json::from_str(before).map_err(|error| {
        Error::internal(format!("a change of an import is unreadable: {error}"))
    })?;
    let (id, next) = (change.book_id, row.row_version().version + 1);
    let mut row = row.into_active_model();
    T::apply(&before, &mut row);
    row.set(T::VERSION, next.into());
    row.set(T::UPDATED_AT, now().into());
    tx.update(row).await?;
    T::change_related(tx, id, &before).await?;
    let was = T::read_only(&before).version;
    Ok(was.map(|was| Restored { id, was, version: next }))
}

async fn count(tx: &Tx, import: Import, reverted: usize, kept: usize) -> Result<Import> {
    let plus = |count: i64, more: usize| Set(count.saturating_add_unsigned(more as u64));
    let mut row = import.clone().into_active_model();
    row.reverted = plus(import.reverted, reverted);
    row.kept = plus(import.kept, kept);
    row.version = Set(import.version + 1);
    Ok(tx.update(row).await?)
}

async fn finish(tx: &Tx, import: Import) -> Result<Import> {
    let state = if import.problem.is_some() { State::Failed } else { State::Undone };
    let next = import.version + 1;
    let mut row = import.into_active_model();
    row.state = Set(state);
    row.ended_at = Set(Some(now()));
    row.version = Set(next);
    Ok(tx.update(row).await?)
}
