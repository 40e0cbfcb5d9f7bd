//! Removes files that killed processes left in the folder, beside the work.

use std::{collections::HashSet, sync::Arc};

use entity::import::{Column, Entity, State};
use sea_orm::{
    ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, sea_query::ExprTrait,
};

use super::{
    spool::{Found, Spool},
    work::on_a_thread,
};
use crate::{Db, error::Result};

/// Names that are read from the database at a time.
const PART: u64 = 1000;

/// Removes every file that no import needs and nobody holds.
pub async fn run(db: &Db, spool: &Arc<Spool>) -> Result<()> {
    let folder = Arc::clone(spool);
    let files = on_a_thread(move || Ok(folder.uploads())).await?;
    if files.is_empty() {
        return Ok(());
    }
    let (needed, newest) = needed(db).await?;
    for name in files.into_iter().filter(|name| !needed.contains(name)) {
        let (folder, file) = (Arc::clone(spool), name.clone());
        let found = on_a_thread(move || Ok(folder.open(&file))).await?;
        // Whoever holds the lock of a file uses it.
        let Ok(Found::Held(held)) = found else { continue };
        // It may have been handed in since, and is no longer held by who did so.
        let since = open_imports().filter(Column::Id.gt(newest)).filter(Column::File.eq(&name));
        if since.one(db.reader()).await?.is_some() {
            continue;
        }
        log::info!("`{name}` was left by an import, and is removed");
        let folder = Arc::clone(spool);
        on_a_thread(move || {
            folder.remove(&name);
            drop(held);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// The files of imports that are not done yet, and the newest import.
async fn needed(db: &Db) -> Result<(HashSet<String>, i32)> {
    let newest = Entity::find().select_only().column(Column::Id);
    let newest: Option<i32> =
        newest.order_by(Column::Id, Order::Desc).into_tuple().one(db.reader()).await?;
    let newest = newest.unwrap_or_default();
    let (mut needed, mut last) = (HashSet::new(), 0);
    loop {
        let part = open_imports()
            .select_only()
            .column(Column::Id)
            .column(Column::File)
            .filter(Column::Id.gt(last).and(Column::Id.lte(newest)))
            .order_by(Column::Id, Order::Asc)
            .limit(PART);
        let part: Vec<(i32, String)> = part.into_tuple().all(db.reader()).await?;
        let Some((id, _)) = part.last() else { return Ok((needed, newest)) };
        last = *id;
        needed.extend(part.into_iter().map(|(_, file)| file));
    }
}

fn open_imports() -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::State.is_in([State::Queued, State::Running]))
}
