//! Which trigrams are common: a search is asked for by its rarest ones, since the index walks through all rows that have a
//! trigram, and one that every tenth row has says little.
//!
//! It is a guess from some rows of the database that was opened last, and only makes a search quicker, never another one.

use std::{
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard},
};

use sea_orm::{
    DbBackend, IdenStatic, Iterable, ModelTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Value,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{PART, Substrings, windows};
use crate::{
    database::{Reader, Rows},
    error::Result,
    page::id,
    resource::{Field, Resource},
};

/// Rows that are looked at: so many places of the table, and so many neighbours at each, which are in the same pages of the file.
const PLACES: i32 = 160;
const NEIGHBOURS: i32 = 25;
/// The golden ratio as 32 bits, whose multiples are everywhere.
const GOLDEN: i32 = -1_640_531_527;
/// A trigram that fewer of them have is not counted, and one that so many have is common.
const COUNTED: u32 = 2;
const COMMON: u32 = 5;

/// How many of the rows that were looked at have a trigram.
type Counts = HashMap<[char; 3], u32>;

/// What was learned.
#[derive(Default)]
struct Lesson {
    counts: Counts,
    knows_parts: bool,
}

static LESSON: LazyLock<RwLock<Lesson>> = LazyLock::new(RwLock::default);

fn lesson() -> RwLockReadGuard<'static, Lesson> {
    LESSON.read().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there is an index that can be asked part by part.
pub(super) fn knows_parts() -> bool {
    lesson().knows_parts
}

/// Whether many of the rows that were looked at have a trigram.
pub(super) fn is_common(trigram: &str) -> bool {
    let counts = &lesson().counts;
    let count = |gram| counts.get(&folded(gram)).copied().unwrap_or_default();
    windows(trigram).all(|gram| count(gram) >= COMMON)
}

/// The trigrams of a run that say most about where it is, at most so many, in the order of the text. Where nothing is known,
/// every other one: then all neighbours are in one of them.
pub(super) fn rarest(run: &str, most: usize) -> Vec<String> {
    let counts = &lesson().counts;
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
pub async fn learn<E: Resource>(db: &Reader) -> Result<()> {
    let Some(Substrings { columns, .. }) = E::SUBSTRINGS else { return Ok(()) };
    let id = id::<E>()?;
    let knows_parts = has_parts::<E>(db, &id).await?;
    let columns: Vec<E::Column> =
        E::Column::iter().filter(|column| columns.contains(&column.as_str())).collect();
    let mut counts = Counts::new();
    for row in sample::<E>(db, &id).await? {
        for column in &columns {
            if let Value::String(Some(text)) = row.get(*column) {
                windows(&text).for_each(|gram| *counts.entry(folded(gram)).or_default() += 1);
            }
        }
    }
    counts.retain(|_, count| *count >= COUNTED);
    counts.shrink_to_fit();
    *LESSON.write().unwrap_or_else(PoisonError::into_inner) = Lesson { counts, knows_parts };
    Ok(())
}

/// Some rows.
async fn sample<E: Resource>(db: &Reader, id: &Field) -> Result<Vec<E::Model>> {
    let last = E::find().order_by_desc(id.expr()).limit(1);
    let Some(last) = db.ids(&last.select_only().expr_as(id.expr(), "id").into_query()).await?.pop()
    else {
        return Ok(Vec::new());
    };
    // So many pieces of the table, each no shorter than what is looked at in it. Where in a piece is as good as chance, because rows
    // may be alike at regular distances.
    let piece = Ord::max(last / PLACES, NEIGHBOURS);
    let ends = (0..PLACES).map(|place| {
        let chance = place.wrapping_mul(GOLDEN).rem_euclid(piece - NEIGHBOURS + 1);
        last - place * piece - chance
    });
    let mut rows = Vec::new();
    for end in ends.take_while(|end| *end > 0) {
        let begin = end - NEIGHBOURS;
        let near = id.expr().gt(begin).and(id.expr().lte(end));
        rows.extend(db.rows(E::find().filter(near)).await?);
    }
    Ok(rows)
}

/// Whether PostgreSQL has an index of parts, for which the schema wants an extension.
async fn has_parts<E: Resource>(db: &Reader, id: &Field) -> Result<bool> {
    if db.backend() != DbBackend::Postgres {
        return Ok(false);
    }
    let indexes = Query::select()
        .expr(Expr::cust("count(*)"))
        .from("pg_indexes")
        .and_where(Expr::col("tablename").eq(E::default().table_name()))
        .and_where(Expr::col("indexdef").like(format!("%({} >> {PART})%", id.name)))
        .take();
    Ok(db.numbers(&indexes).await?.pop().is_some_and(|indexes| indexes > 0))
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
        learn::<Entity>(db.reader()).await.unwrap();
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
        learn::<Entity>(db.reader()).await.unwrap();
        // Four rows have the ends of it, and 40 the middle.
        assert_eq!(rarest("ézqxjvwk", 3), ["ézq", "jvw", "vwk"]);
        assert_eq!(rarest("XJVWK", 1), ["VWK"]);
        assert_eq!(rarest("zqxjv", 1), ["zqx"]);
    }
}
