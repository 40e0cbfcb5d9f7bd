//! Which trigrams are common: a search is asked for by its rarest ones, since the index walks through all rows that have a
//! trigram, and one that every tenth row has says little.
//!
//! It is a guess from some rows of the database that was opened last, and only makes a search quicker, never another one.

use std::{
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use sea_orm::{
    IdenStatic, Iterable, ModelTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Value,
    sea_query::ExprTrait,
};

use super::{Substrings, windows};
use crate::{
    database::{Reader, Rows},
    error::Result,
    page::id,
    resource::Resource,
};

/// Rows that are looked at: so many places of the table, and so many neighbours at each, which are in the same pages of the file.
const PLACES: i32 = 40;
const NEIGHBOURS: i32 = 25;
/// A trigram of fewer of them is rare.
const COMMON: u32 = 2;

/// How many of the rows that were looked at have a trigram.
type Counts = HashMap<[char; 3], u32>;

static COUNTS: LazyLock<RwLock<Counts>> = LazyLock::new(RwLock::default);

/// The trigrams of a run that say most about where it is, at most so many, in the order of the text. Where nothing is known,
/// every other one: then all neighbours are in one of them.
pub(super) fn rarest(run: &str, most: usize) -> Vec<String> {
    let counts = COUNTS.read().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<(u32, usize, [char; 3])> = windows(run)
        .enumerate()
        .map(|(place, gram)| (counts.get(&folded(gram)).copied().unwrap_or_default(), place, gram))
        .collect();
    all.sort_by_key(|(count, place, _)| (*count, place % 2, *place));
    all.truncate(most);
    all.sort_by_key(|(_, place, _)| *place);
    all.into_iter().map(|(_, _, gram)| gram.iter().collect()).collect()
}

/// Looks at some rows, from everywhere in the table.
///
/// # Errors
/// What the database says.
pub async fn learn<E: Resource>(db: &Reader, index: &Substrings) -> Result<()> {
    let id = id::<E>()?;
    let last = E::find().order_by_desc(id.expr()).limit(1);
    let Some(last) = db.ids(&last.select_only().expr_as(id.expr(), "id").into_query()).await?.pop()
    else {
        return Ok(());
    };
    // No row is looked at twice, so a short table has fewer places.
    let apart = Ord::max(last / PLACES, NEIGHBOURS);
    let places = (0..PLACES).map(|place| last - place * apart).take_while(|end| *end > 0);
    let mut rows = Vec::new();
    for end in places {
        let begin = end - NEIGHBOURS;
        let near = id.expr().gt(begin).and(id.expr().lte(end));
        rows.extend(db.rows(E::find().filter(near)).await?);
    }
    let columns: Vec<E::Column> =
        E::Column::iter().filter(|column| index.columns.contains(&column.as_str())).collect();
    let mut counts = Counts::new();
    for row in &rows {
        for column in &columns {
            if let Value::String(Some(text)) = row.get(*column) {
                windows(&text).for_each(|gram| *counts.entry(folded(gram)).or_default() += 1);
            }
        }
    }
    counts.retain(|_, count| *count >= COMMON);
    counts.shrink_to_fit();
    *COUNTS.write().unwrap_or_else(PoisonError::into_inner) = counts;
    Ok(())
}

/// In one case. Not quite as the index does it, which is near enough for a guess.
fn folded(gram: [char; 3]) -> [char; 3] {
    gram.map(|c| c.to_lowercase().next().unwrap_or(c))
}

#[cfg(test)]
mod tests {
    use entity::book::{ActiveModel, Entity};
    use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, Schema};

    use super::*;
    use crate::{Db, Location, Settings, database::Changes};

    #[tokio::test]
    async fn what_is_rare_among_the_rows_is_asked_for() {
        // Nothing is known of them, whatever other tests have learned.
        assert_eq!(rarest("zqxjvwk", 3), ["zqx", "xjv", "vwk"]);
        assert_eq!(rarest("zqxjvw", 3), ["zqx", "qxj", "xjv"]);
        assert_eq!(rarest("zqx", 3), ["zqx"]);
        let db = Db::open(&Location::Memory, &Settings::default()).await.unwrap();
        let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(Entity);
        db.reader().execute(&table).await.unwrap();
        let index = Entity::SUBSTRINGS.unwrap();
        learn::<Entity>(db.reader(), &index).await.unwrap();
        for i in 0..40 {
            let title = if i % 10 == 0 { "ÉZQXJVWK" } else { "Zqxjv" };
            let now = Set(crate::now());
            let book = ActiveModel {
                title: Set(title.to_owned()),
                author: Set("a".to_owned()),
                created_at: now.clone(),
                updated_at: now,
                ..Default::default()
            };
            db.write(async move |tx| tx.insert(book.clone()).await).await.unwrap();
        }
        learn::<Entity>(db.reader(), &index).await.unwrap();
        // Four rows have the ends of it, and 40 the middle.
        assert_eq!(rarest("ézqxjvwk", 3), ["ézq", "jvw", "vwk"]);
        assert_eq!(rarest("XJVWK", 1), ["VWK"]);
        assert_eq!(rarest("zqxjv", 1), ["zqx"]);
    }
}
