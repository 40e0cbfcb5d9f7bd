//! Periodic maintenance of a database, which can wait until there are no writes.
//!
//! SQLite writes a full-text index in segments, one for each batch of new rows, and merges a few as it writes. A search looks up
//! each of its trigrams in every segment, so many segments are merged into one: that costs a fiftieth of writing them, and
//! halves the cost of a search. A search also scans each row that waits for its batch to be full, so these rows are indexed once
//! there are no more writes. PostgreSQL maintains its indexes itself.

mod file;
mod keys;

use std::time::{Duration, Instant};

use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use crate::{
    Db, Tx,
    books::BOOKS,
    database::{Changes, Rows},
    error::{Error, Result, chain},
    query::{self, FEW_PLACES, PLACES, Substrings},
};

/// How long startup waits for the first statistics, which take some milliseconds of a database that is not busy.
const BEGINNING: Duration = Duration::from_millis(500);
/// How long there must have been no writes before it begins.
const REST: Duration = Duration::from_secs(1);
/// How long statistics are valid when the rows change; on PostgreSQL there is no notification of changes.
const LESSON: Duration = Duration::from_secs(60);
const LESSON_ON_POSTGRES: Duration = Duration::from_secs(600);
/// Number of rows that may wait for the index: a separate batch for so few would cost more than scanning them.
const MOST_WAITING: i64 = 8;
/// Number of segments that are not merged.
const MOST_SEGMENTS: i64 = 8;
/// Pages that are merged at a time: this takes some milliseconds, during which other writers wait.
const PAGES: i64 = 16;
/// How much longer it pauses than it works, for the benefit of readers.
const PAUSES: u32 = 3;
const UNSETTLED: &str = "the index of substrings was not maintained";

/// Collects enough statistics for the first searches, before they arrive: searches without statistics can delay the collection.
pub async fn begin(db: &Db) {
    if tokio::time::timeout(BEGINNING, learn(db, FEW_PLACES)).await.is_err() {
        log::debug!("trigram statistics of books were not collected in {BEGINNING:?}");
    }
}

/// Maintains the database as long as it is polled.
pub async fn keep(db: Db) {
    tokio::join!(file::watch(&db), keys::forget(&db), keep_index(&db));
}

async fn keep_index(db: &Db) {
    let Some(index) = index(db) else {
        loop {
            learn(db, PLACES).await;
            tokio::time::sleep(LESSON_ON_POSTGRES).await;
        }
    };
    let (mut seen, mut kept, mut learned) = (None, None, None::<Instant>);
    loop {
        if learned.is_none_or(|learned| learned.elapsed() > LESSON) {
            learn(db, PLACES).await;
            learned = Some(Instant::now());
        }
        // Until there was a write, and then none for a while.
        loop {
            tokio::time::sleep(REST).await;
            let Some(now) = db.change_token() else { continue };
            if seen.replace(now) == Some(now) && kept != Some(now) {
                break;
            }
        }
        say(settle(db, index, PAUSES).await, UNSETTLED);
        kept = db.change_token();
    }
}

/// Does at once what [`keep`] would do in time, for a process that has changed much and is about to exit.
pub async fn tidy(db: &Db) {
    if let Some(index) = index(db) {
        say(settle(db, index, 0).await, UNSETTLED);
    }
}

/// The index that we maintain.
fn index(db: &Db) -> Option<Substrings> {
    BOOKS.substrings.filter(|_| db.reader().backend() == DbBackend::Sqlite)
}

async fn learn(db: &Db, places: u16) {
    let outcome = query::refresh(&db.reader().for_maintenance(), &BOOKS, places).await;
    say(outcome, "trigram statistics of books were not collected");
}

fn say<E: std::error::Error>(outcome: std::result::Result<(), E>, what: &str) {
    if let Err(error) = outcome {
        log::debug!("{what}: {}", chain(&error));
    }
}

/// Brings the index into the form that is fastest to search.
async fn settle(db: &Db, index: Substrings, pauses: u32) -> Result<()> {
    let waiting = Query::select().expr(Expr::cust("count(*)")).from(index.waiting).take();
    if number(db, &waiting).await? > MOST_WAITING {
        db.write(async move |tx| hand_over(tx, index).await).await?;
    }
    merge(db, index.table, pauses).await
}

/// The number that a query returns.
async fn number(db: &Db, query: &SelectStatement) -> Result<i64> {
    Ok(db.reader().for_maintenance().integers(query).await?.pop().unwrap_or_default())
}

/// Adds the waiting rows to the index, as its trigger does when there are enough of them.
async fn hand_over(tx: &Tx, index: Substrings) -> Result<()> {
    let texts = index.texts;
    let rows = Query::select()
        .columns([(texts, "id"), (texts, "text")])
        .from(index.waiting)
        .inner_join(texts, Expr::col((texts, "id")).equals((index.waiting, "id")))
        .take();
    let mut insert = Query::insert().into_table(index.table).columns(["rowid", "text"]).take();
    insert.select_from(rows).map_err(Error::internal)?;
    tx.exec(&insert).await?;
    tx.exec(&Query::delete().from_table(index.waiting).take()).await?;
    Ok(())
}

/// Merges the segments of the index, if there are many. Each step is followed by a pause that is a multiple of its duration.
async fn merge(db: &Db, table: &'static str, pauses: u32) -> Result<()> {
    let segments = Query::select()
        .expr(Expr::cust("count(DISTINCT segid)"))
        .from(format!("{table}_idx"))
        .take();
    if number(db, &segments).await? <= MOST_SEGMENTS {
        return Ok(());
    }
    // A negative number starts a merge of all segments into one, which the next steps complete.
    let mut pages = -PAGES;
    loop {
        let begun = Instant::now();
        if !db.write(async move |tx| step(tx, table, pages).await).await? {
            break;
        }
        pages = PAGES;
        tokio::time::sleep(pauses * begun.elapsed()).await;
    }
    log::debug!("the index of substrings is merged");
    Ok(())
}

/// Whether there was anything to do (<https://www.sqlite.org/fts5.html#the_merge_command>).
async fn step(tx: &Tx, table: &'static str, pages: i64) -> Result<bool> {
    let merge = Query::insert()
        .into_table(table)
        .columns([table, "rank"])
        .values([Expr::val("merge"), Expr::val(pages)])
        .map_err(Error::internal)?
        .to_owned();
    let before = changes(tx).await?;
    tx.exec(&merge).await?;
    Ok(changes(tx).await? - before >= 2)
}

/// The number of rows that the connection has changed so far, including those inside the index.
async fn changes(tx: &Tx) -> Result<i64> {
    let changes = Query::select().expr(Expr::cust("total_changes()")).take();
    Ok(tx.integers(&changes).await?.pop().unwrap_or_default())
}
