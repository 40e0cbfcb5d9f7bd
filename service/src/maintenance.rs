//! What a database needs from time to time and can wait until nobody else writes.
//!
//! SQLite writes a full-text index in segments, one for each lot of new rows, and merges a few as it goes. A search has to look
//! for each of its trigrams in every segment, so where many are left they are merged into one: a fiftieth of what it
//! cost to write them, and searches cost half of what they did. And it has to look at each row that waits for its lot to be full,
//! so where nobody writes any more they need not wait. PostgreSQL looks after its indexes itself.

mod file;
mod keys;

use std::time::{Duration, Instant};

use entity::book::{Column, Entity};
use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, Query},
};

use crate::{
    Db, Tx,
    database::{Changes, Rows},
    error::{Error, Result, chain},
    resource::Resource,
    substrings::{self, FEW_PLACES, PLACES, Substrings},
};

/// How long who starts waits for the first lesson, which takes some milliseconds of a database that is not busy.
const BEGINNING: Duration = Duration::from_millis(500);
/// How long nobody may have written before it begins.
const REST: Duration = Duration::from_secs(1);
/// How long what was learned about rows is good for, when they change; on PostgreSQL nobody tells that they do.
const LESSON: Duration = Duration::from_secs(60);
const LESSON_ON_POSTGRES: Duration = Duration::from_secs(600);
/// Rows that may go on waiting for the index: a lot of its own for each would cost more than to look at them.
const MOST_WAITING: i64 = 8;
/// Segments that are left alone.
const MOST_SEGMENTS: i64 = 8;
/// Pages that are merged at a time: some milliseconds, for which others wait who want to write.
const PAGES: i64 = 16;
/// How much longer it pauses than it works, for those who read.
const PAUSES: u32 = 3;
const UNSETTLED: &str = "the index of substrings was not put in order";

/// Learns enough for the first searches, before they come: those that know nothing can hold up all that would be learned.
pub async fn begin(db: &Db) {
    if tokio::time::timeout(BEGINNING, learn(db, FEW_PLACES)).await.is_err() {
        log::debug!("what is common in books was not learned in {BEGINNING:?}");
    }
}

/// Keeps the database in shape as long as it is polled.
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
        // Until somebody wrote, and nobody since.
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

/// Does at once what [`keep`] would do in time, for who has changed much and goes away.
pub async fn tidy(db: &Db) {
    if let Some(index) = index(db) {
        say(settle(db, index, 0).await, UNSETTLED);
    }
}

/// The index that is ours to keep.
fn index(db: &Db) -> Option<Substrings> {
    Entity::SUBSTRINGS.filter(|_| db.reader().backend() == DbBackend::Sqlite)
}

async fn learn(db: &Db, places: u16) {
    let outcome = substrings::refresh::<Entity>(&db.reader().for_maintenance(), places).await;
    say(outcome, "what is common in books was not learned");
}

fn say(outcome: Result<()>, what: &str) {
    if let Err(error) = outcome {
        log::debug!("{what}: {}", chain(&error));
    }
}

/// Brings the index into the shape in which it is searched soonest.
async fn settle(db: &Db, index: Substrings, pauses: u32) -> Result<()> {
    let waiting = Query::select().expr(Expr::cust("count(*)")).from(index.waiting).take();
    if db
        .reader()
        .for_maintenance()
        .integers(&waiting)
        .await?
        .pop()
        .is_some_and(|number| number > MOST_WAITING)
    {
        db.write(async move |tx| hand_over(tx, index).await).await?;
    }
    merge(db, index.table, pauses).await
}

/// Gives the index the rows that wait for it, as its trigger does when there are enough of them.
async fn hand_over(tx: &Tx, index: Substrings) -> Result<()> {
    let id = Expr::col((Entity, Column::Id));
    let rows = Query::select()
        .expr(id.clone())
        .columns(index.columns.iter().map(|column| (Entity, *column)))
        .from(index.waiting)
        .inner_join(Entity, id.equals((index.waiting, "id")))
        .take();
    let columns = ["rowid"].iter().chain(index.columns).copied();
    let mut insert = Query::insert().into_table(index.table).columns(columns).take();
    insert.select_from(rows).map_err(|error| Error::internal(error.to_string()))?;
    tx.exec(&insert).await?;
    tx.exec(&Query::delete().from_table(index.waiting).take()).await?;
    Ok(())
}

/// Merges the segments of the index, where there are many. After each step it pauses, so many times as long as that took.
async fn merge(db: &Db, table: &'static str, pauses: u32) -> Result<()> {
    let segments = Query::select()
        .expr(Expr::cust("count(DISTINCT segid)"))
        .from(format!("{table}_idx"))
        .take();
    if db
        .reader()
        .for_maintenance()
        .integers(&segments)
        .await?
        .pop()
        .is_none_or(|number| number <= MOST_SEGMENTS)
    {
        return Ok(());
    }
    // Below zero: all of them are to become one, which the next steps bring to its end.
    let mut pages = -PAGES;
    loop {
        let begun = Instant::now();
        if !db.write(async move |tx| step(tx, table, pages).await).await? {
            break;
        }
        pages = PAGES;
        tokio::time::sleep(pauses * begun.elapsed()).await;
    }
    log::debug!("the index of substrings is in one piece");
    Ok(())
}

/// Whether there was something to do (<https://www.sqlite.org/fts5.html#the_merge_command>).
async fn step(tx: &Tx, table: &'static str, pages: i64) -> Result<bool> {
    let merge = Query::insert()
        .into_table(table)
        .columns([table, "rank"])
        .values([Expr::val("merge"), Expr::val(pages)])
        .map_err(|error| Error::internal(error.to_string()))?
        .to_owned();
    let before = changes(tx).await?;
    tx.exec(&merge).await?;
    Ok(changes(tx).await? - before >= 2)
}

/// How many rows the connection has changed so far, those inside of the index included.
async fn changes(tx: &Tx) -> Result<i64> {
    let changes = Query::select().expr(Expr::cust("total_changes()")).take();
    Ok(tx.integers(&changes).await?.pop().unwrap_or_default())
}
