//! Removes files that killed processes left in the directory, while imports are running.

use std::{collections::HashSet, sync::Arc};

use entity::import::{Column, Entity, State};
use sea_orm::{
    ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, sea_query::ExprTrait,
};

use super::spool::{Found, Spool};
use crate::{
    Db,
    database::{Reader, Rows, on_a_thread},
    error::{Error, Result},
};

/// Imports that are read from the database at a time.
const PART: u64 = 1000;

/// Removes every file that no import needs and no process has locked.
pub async fn run(db: &Db, spool: &Arc<Spool>) -> Result<()> {
    let folder = Arc::clone(spool);
    let files = on_a_thread(move || Ok::<_, Error>(folder.uploads())).await?;
    if files.is_empty() {
        return Ok(());
    }
    let reader = db.reader().for_maintenance();
    let (needed, newest) = needed(&reader).await?;
    for name in files.into_iter().filter(|name| !needed.contains(name)) {
        let (folder, file) = (Arc::clone(spool), name.clone());
        let found = on_a_thread(move || Ok::<_, Error>(folder.open(&file))).await?;
        // The holder of a file's lock is using it.
        let Ok(Found::Held(held)) = found else { continue };
        // The upload may have completed since, and the file is no longer locked by the request.
        let since = open_imports().filter(Column::Id.gt(newest)).filter(Column::File.eq(&name));
        if reader.row(since).await?.is_some() {
            continue;
        }
        log::info!("`{name}` was left by an import, and was removed");
        let folder = Arc::clone(spool);
        on_a_thread(move || {
            folder.remove(&name);
            drop(held);
            Ok::<_, Error>(())
        })
        .await?;
    }
    Ok(())
}

/// The files of unfinished imports, and the newest import.
async fn needed(reader: &Reader) -> Result<(HashSet<String>, i32)> {
    let newest = Entity::find().order_by(Column::Id, Order::Desc).limit(1);
    let newest = reader.row(newest).await?.map_or(0, |import| import.id);
    let (mut needed, mut last) = (HashSet::new(), 0);
    loop {
        let part = open_imports()
            .filter(Column::Id.gt(last).and(Column::Id.lte(newest)))
            .order_by(Column::Id, Order::Asc)
            .limit(PART);
        let part = reader.rows(part).await?;
        let Some(import) = part.last() else { return Ok((needed, newest)) };
        last = import.id;
        needed.extend(part.into_iter().map(|import| import.file));
    }
}

fn open_imports() -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::State.is_in([State::Queued, State::Running]))
}
