//! Which trigrams are common: a search looks up its rarest ones, since the index reads all rows that contain a trigram, and one
//! that every tenth row contains is not selective.
//!
//! They are estimated from a sample of the rows, and only affect the speed of a search, never its result.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use sea_executor::{Decode, Reader, Rows};
use sea_orm::{
    Condition, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Value,
    sea_query::{Expr, ExprTrait, Query},
};

use super::index::{BLOCK_SHIFT, Substrings, windows};
use crate::{error::Result, field::Field, folding, resource::Resource};

/// Number of places of the table that are sampled at first, so that something is known soon.
pub const FEW_PLACES: u16 = 32;
/// The same for all times after it. The first places are among them. Their pages stay in memory.
pub const PLACES: u16 = 128;
/// Rows that are sampled in each place: consecutive ones, which are on the same pages of the file.
const NEIGHBOURS: i32 = 25;
/// Places that are sampled in one statement, so that others neither wait long for its end nor often.
const AT_A_TIME: usize = 4;
/// The golden ratio as 32 bits, whose multiples are evenly distributed.
const GOLDEN: i32 = -1_640_531_527;
/// A trigram that fewer rows contain is not counted, and one that this many rows contain is common.
const COUNTED: u32 = 2;
const COMMON: u32 = 5;
/// Maximum number of trigrams of a run of letters that are looked up. Each costs a lookup, and more of them hardly exclude more
/// rows.
const MOST_TRIGRAMS: usize = 3;

/// How many of the sampled rows contain a trigram.
type Counts = HashMap<[char; 3], u32>;

/// The statistics of the rows of one entity.
#[derive(Debug, Default)]
pub struct Sample {
    counts: Counts,
    /// Whether PostgreSQL has an index that can be queried block by block.
    has_blocks: bool,
}

/// The samples of a database, by the table of the index. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct TrigramStatistics(Arc<RwLock<HashMap<&'static str, Arc<Sample>>>>);

impl TrigramStatistics {
    /// The sample of an index, empty if none was taken.
    pub(super) fn of(&self, index: Substrings) -> Arc<Sample> {
        let samples = self.0.read().unwrap_or_else(PoisonError::into_inner);
        samples.get(index.table).cloned().unwrap_or_default()
    }

    fn set(&self, table: &'static str, sample: Sample) {
        let mut samples = self.0.write().unwrap_or_else(PoisonError::into_inner);
        samples.insert(table, Arc::new(sample));
    }
}

/// A trigram of a run: how many sampled rows contain it, and where in the run it begins.
type Known = (u32, usize, [char; 3]);

impl Sample {
    /// Whether there is an index that can be queried block by block.
    pub(super) fn has_blocks(&self) -> bool {
        self.has_blocks
    }

    /// Whether many of the sampled rows contain a trigram.
    pub(super) fn is_common(&self, trigram: &str) -> bool {
        self.known(trigram).iter().all(|(count, ..)| *count >= COMMON)
    }

    /// Every trigram of a run.
    fn known(&self, run: &str) -> Vec<Known> {
        let folded = lowered(run);
        let count = |gram: &[char; 3]| self.counts.get(gram).copied().unwrap_or_default();
        let both = windows(&folded).zip(windows(run)).enumerate();
        both.map(|(place, (folded, gram))| (count(&folded), place, gram)).collect()
    }

    /// The trigram of a run that the fewest rows contain.
    pub(super) fn rarest(&self, run: &str) -> Option<String> {
        self.known(run).into_iter().min().map(|(.., gram)| gram.iter().collect())
    }

    /// The most selective trigrams of a run, in the order of the text.
    ///
    /// If some are very rare, only those: a more common one in addition would exclude few rows, and its lookup costs more the
    /// more rows contain it. If there are many, and without statistics, every other one: together they contain all letters.
    /// Otherwise two that few rows contain, and not the same rows, as neighbours often do, which share two letters.
    pub(super) fn most_selective(&self, run: &str) -> Vec<String> {
        let all = self.known(run);
        let mut chosen: Vec<Known> =
            all.iter().filter(|(count, ..)| *count == 0).copied().collect();
        chosen.sort_by_key(|(_, place, _)| (place % 2, *place));
        chosen.truncate(MOST_TRIGRAMS);
        if chosen.is_empty() {
            let worth =
                |one: &Known, other: &Known| (one.0 + other.0) * alike(one.1.abs_diff(other.1));
            let pairs = all.iter().flat_map(|one| all.iter().map(move |other| (one, other)));
            let pairs = pairs.filter(|(one, other)| one.1 < other.1);
            chosen = match pairs.min_by_key(|(one, other)| worth(one, other)) {
                Some((one, other)) => vec![*one, *other],
                None => all,
            };
        }
        chosen.sort_by_key(|(_, place, _)| *place);
        chosen.into_iter().map(|(.., gram)| gram.iter().collect()).collect()
    }
}

/// How much worse two trigrams are than two that share no letter.
fn alike(distance: usize) -> u32 {
    match distance {
        1 => 4,
        2 => 2,
        _ => 1,
    }
}

/// Takes a sample of the rows in the given number of places of the table, at most [`PLACES`], or in fewer if there are not as many.
///
/// # Errors
/// Any database error.
pub async fn refresh<E: Decode>(db: &Reader, resource: &Resource<E>, places: u16) -> Result<()> {
    let Some(Substrings { table, columns, .. }) = resource.substrings else { return Ok(()) };
    let id = resource.id()?;
    let has_blocks = find_block_index::<E>(db, &id).await?;
    let columns: Vec<E::Column> =
        E::Column::iter().filter(|column| columns.contains(&column.as_str())).collect();
    let folds = resource.schema().searched.iter().any(|field| field.folded.is_some());
    let mut counts = Counts::new();
    let last = E::find().order_by_desc(id.expr()).limit(1);
    let last = db.ids(&last.select_only().expr_as(id.expr(), "id").into_query()).await?;
    let every = usize::from(PLACES / places);
    let pieces: Vec<_> =
        last.first().into_iter().flat_map(|last| pieces(*last)).step_by(every).collect();
    for pieces in pieces.chunks(AT_A_TIME) {
        let near = pieces.iter().fold(Condition::any(), |near, (after, end)| {
            near.add(id.expr().gt(*after).and(id.expr().lte(*end)))
        });
        for row in db.rows(E::find().filter(near)).await? {
            for column in &columns {
                if let Value::String(Some(text)) = row.get(*column) {
                    let text =
                        if folds { lowered(&folding::folded(&text)) } else { lowered(&text) };
                    windows(&text).for_each(|gram| *counts.entry(gram).or_default() += 1);
                }
            }
        }
    }
    counts.retain(|_, count| *count >= COUNTED);
    counts.shrink_to_fit();
    log::debug!("{} trigrams were counted in {} places", counts.len(), pieces.len());
    db.extension::<TrigramStatistics>().set(table, Sample { counts, has_blocks });
    Ok(())
}

/// The ids that are sampled, given the last one: those after the first of a pair and up to its second.
fn pieces(last: i32) -> impl Iterator<Item = (i32, i32)> {
    // The given number of pieces of the table, each no shorter than its sample. The position in a piece is as good as random,
    // because rows may be alike at regular distances.
    let piece = Ord::max(last / i32::from(PLACES), NEIGHBOURS);
    let ends = (0..i32::from(PLACES)).map(move |place| {
        let chance = place.wrapping_mul(GOLDEN).rem_euclid(piece - NEIGHBOURS + 1);
        last - place * piece - chance
    });
    ends.take_while(|end| *end > 0).map(|end| (end - NEIGHBOURS, end))
}

/// Whether PostgreSQL has a block index, for which the schema needs an extension.
async fn find_block_index<E: EntityTrait>(db: &Reader, id: &Field) -> Result<bool> {
    if db.backend() != DbBackend::Postgres {
        return Ok(false);
    }
    let indexes = Query::select()
        .expr(Expr::cust("count(*)"))
        .from("pg_indexes")
        .and_where(Expr::col("tablename").eq(E::default().table_name()))
        .and_where(Expr::col("indexdef").like(format!("%({} >> {BLOCK_SHIFT})%", id.name)))
        .take();
    Ok(db.integers(&indexes).await?.pop().is_some_and(|indexes| indexes > 0))
}

/// In one case, letter by letter. Not exactly as the index does it, but close enough for an estimate.
fn lowered(text: &str) -> String {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, Schema};

    use super::*;
    use crate::fixtures::{
        FILMS,
        film::{ActiveModel, Entity},
    };
    use sea_executor::{Changes, Db, Location, Settings};

    async fn database() -> Db {
        let db = Db::open(&Location::Memory, &Settings::default()).await.unwrap();
        let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(Entity);
        db.reader().connection().execute(&table).await.unwrap();
        db
    }

    async fn add(db: &Db, title: &str) {
        let film = ActiveModel {
            title: Set(title.to_owned()),
            director: Set("a".to_owned()),
            ..Default::default()
        };
        db.write(async move |tx| tx.insert(film.clone()).await).await.unwrap();
    }

    async fn sample(db: &Db) -> Arc<Sample> {
        refresh(db.reader(), &FILMS, PLACES).await.unwrap();
        known(db)
    }

    fn known(db: &Db) -> Arc<Sample> {
        db.reader().extension::<TrigramStatistics>().of(FILMS.substrings.unwrap())
    }

    #[tokio::test]
    async fn what_is_rare_among_the_rows_is_asked_for() {
        let nothing = Sample::default();
        assert_eq!(nothing.most_selective("zqxjvwk"), ["zqx", "xjv", "vwk"]);
        assert_eq!(nothing.most_selective("zqxjvw"), ["zqx", "qxj", "xjv"]);
        assert_eq!(nothing.most_selective("zqx"), ["zqx"]);
        assert_eq!(nothing.most_selective("zq"), [""; 0]);
        let db = database().await;
        assert!(sample(&db).await.counts.is_empty());
        for i in 0..40 {
            add(&db, if i % 10 == 0 { "ÉZQXJVWK" } else { "Zqxjv" }).await;
        }
        let known = sample(&db).await;
        // Four rows have its ends, and 40 the middle.
        assert_eq!(known.most_selective("ézqxjvwk"), ["ézq", "jvw"]);
        assert_eq!(known.most_selective("XJVWK"), ["JVW", "VWK"]);
        assert_eq!(known.most_selective("zqx"), ["zqx"]);
        assert_eq!(known.rarest("XJVWK").as_deref(), Some("JVW"));
        assert_eq!(known.rarest("zqxjv").as_deref(), Some("zqx"));
        // No row has the end.
        assert_eq!(known.most_selective("zqxjvwkk"), ["wkk"]);
        assert_eq!(known.most_selective("kzzqxjvkk"), ["kzz", "zzq", "vkk"]);
    }

    #[tokio::test]
    async fn each_database_knows_its_own_rows() {
        let (one, other) = (database().await, database().await);
        for _ in 0..10 {
            add(&one, "winter").await;
            add(&other, "summer").await;
        }
        let (winter, summer) = (sample(&one).await, sample(&other).await);
        assert!(winter.is_common("win") && !winter.is_common("sum"));
        assert!(summer.is_common("sum") && !summer.is_common("win"));
        // The first is not changed by the second.
        assert!(known(&one).is_common("win"));
    }
}
