//! Short reads of a SQLite file on the calling thread.
//!
//! Sending a statement to another thread and receiving the rows costs several times what SQLite needs to find one. So a read is
//! first tried here, on a free connection, with a limit on its steps and its time. Statements that take longer, fail, or return
//! more than plain values are left to other threads, which also produce the error message: both read committed data, and return
//! the same rows.
//!
//! The locks of a read transaction cost more than finding a row. So one transaction stays open for all reads of a turn of the
//! runtime, as long as the file is in the state in which it began: it cannot be distinguished from one that begins with the read.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, TryLockError},
};

use tokio::runtime::Handle;

use super::{change_token::WalIndex, read_connection::ReadConnection, value::SqliteValue};
use crate::{row::FromRow, settings::Settings, thread_index::thread_index};

/// Connections that read on the calling thread.
pub(crate) struct InlineReader {
    places: Box<[Mutex<Option<ReadConnection>>]>,
    index: Option<WalIndex>,
}

impl InlineReader {
    /// Opens connections to the file, which has to be in WAL mode; `index` provides its state, if available.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn open(
        path: &Path,
        settings: &Settings,
        index: Option<WalIndex>,
    ) -> rusqlite::Result<Self> {
        let open =
            |_| Ok(Mutex::new(Some(ReadConnection::open(path, settings.longest_inline_read)?)));
        let places = (0..settings.pool).map(open);
        Ok(Self { places: places.collect::<rusqlite::Result<_>>()?, index })
    }

    /// Closes the connections; reads in progress end first.
    pub(crate) fn close(&self) {
        for place in &self.places {
            if let Ok(mut place) = place.lock() {
                drop(place.take());
            }
        }
    }

    /// What `R` makes of the rows that a statement returns; `None` when another thread has to run it.
    pub(crate) fn query<R: FromRow>(
        self: &Arc<Self>,
        sql: &str,
        values: &[SqliteValue],
    ) -> Option<Vec<R::Output>> {
        let start = thread_index();
        for turn in 0..self.places.len() {
            let number = (start + turn) % self.places.len();
            match self.places.get(number)?.try_lock() {
                Ok(mut place) => {
                    let (rows, begins) = place.as_mut()?.read::<R>(self.index, sql, values);
                    drop(place);
                    if begins {
                        self.end_with_turn(number);
                    }
                    return rows;
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Poisoned(_)) => return None,
            }
        }
        None
    }

    /// Schedules the end of a connection's transaction after every task that is ready has run: an open one keeps the log from
    /// restarting. It also ends if the runtime stops before.
    fn end_with_turn(self: &Arc<Self>, number: usize) {
        let turn = Turn { inline: Arc::clone(self), number };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { drop(turn) });
        }
    }
}

/// A turn of the runtime, in which reads of one connection share a transaction.
struct Turn {
    inline: Arc<InlineReader>,
    number: usize,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(place) = self.inline.places.get(self.number) {
            let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = place.as_mut() {
                place.end();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use rust_decimal::Decimal;
    use sea_orm::{
        ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter,
        QueryOrder, QuerySelect, QueryTrait, Schema, Select,
    };

    use super::*;
    use crate::{
        Changes, Db, Error, Location, Rows, Settings, connect_to_migrate,
        fixtures::{film, now, ticket},
        row::{Decode, Models},
        sqlite::value::BoundStatement,
    };

    /// An empty file with the tables of the entities, with a long limit for reads.
    async fn file(name: &str) -> (tempfile::TempDir, Db) {
        let longest_inline_read = Duration::from_secs(60);
        file_with(name, &Settings { longest_inline_read, ..Settings::default() }).await
    }

    async fn file_with(name: &str, settings: &Settings) -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join(name));
        let connection = connect_to_migrate(&location, &Settings::default()).await.unwrap();
        let schema = Schema::new(DbBackend::Sqlite);
        for table in [
            schema.create_table_from_entity(film::Entity),
            schema.create_table_from_entity(ticket::Entity),
        ] {
            connection.execute(&table).await.unwrap();
        }
        connection.close().await.unwrap();
        (folder, Db::open(&location, settings).await.unwrap())
    }

    async fn run(db: &Db, sql: &'static str) {
        db.write_long(async move |tx| tx.execute_raw(sql).await).await.unwrap();
    }

    fn found<E: Decode>(inline: &Arc<InlineReader>, select: &Select<E>) -> Option<Vec<E::Model>> {
        let BoundStatement { sql, values } = select.build(DbBackend::Sqlite).into();
        inline.query::<Models<E>>(&sql, &values)
    }

    /// The rows found here, which must equal the rows that the pool finds.
    async fn here<E>(db: &Db, select: Select<E>) -> Option<Vec<E::Model>>
    where
        E: Decode<Model: PartialEq + std::fmt::Debug>,
    {
        let found = found(db.reader().inline().unwrap(), &select);
        let expected = select.clone().all(db.reader().connection()).await.unwrap();
        if let Some(found) = &found {
            assert_eq!(found, &expected);
        }
        assert_eq!(db.reader().rows(select).await.unwrap(), expected);
        found
    }

    #[tokio::test]
    async fn rows_are_those_of_the_pool() {
        let (_folder, db) = file("films.db").await;
        let prices = ["0.00", "0.01", "49.99", "9999999999.99", "123.4", "7"];
        db.write_long(async move |tx| {
            for (place, price) in prices.iter().enumerate() {
                let row = ticket::ActiveModel {
                    name: Set("\u{1F4D6} \"".repeat(place)),
                    price: Set(price.parse::<Decimal>().unwrap()),
                    ..Default::default()
                };
                tx.insert(row).await?;
            }
            for year in [None, Some(-800), Some(2026)] {
                let row = film::ActiveModel {
                    title: Set(String::new()),
                    director: Set("a\u{0}b".to_owned()),
                    year: Set(year),
                    status: Set("lent".to_owned()),
                    created_at: Set(now()),
                    updated_at: Set(DateTime::from_timestamp_micros(-1).unwrap()),
                    version: Set(i32::MAX),
                    ..Default::default()
                };
                tx.insert(row).await?;
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        let tickets = ticket::Entity::find().order_by_desc(ticket::Column::Id);
        assert_eq!(here(&db, tickets).await.unwrap().len(), prices.len());
        assert_eq!(here(&db, film::Entity::find()).await.unwrap().len(), 3);
        for id in [-1, 0, 3, 4] {
            let by_id = film::Entity::find_by_id(id);
            let found = found(db.reader().inline().unwrap(), &by_id).unwrap().pop();
            let by_query = here(&db, film::Entity::find_by_id(id)).await.unwrap().pop();
            assert_eq!((&found, found.is_some()), (&by_query, id == 3));
        }
        let none = film::Entity::find().filter(film::Column::Title.eq("%"));
        assert!(here(&db, none.limit(3).offset(1)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn times_are_read_in_every_spelling_that_the_driver_reads() {
        let (_folder, db) = file("times.db").await;
        let times =
            "'2026-01-01 12:00', '2026-01-01 12:00Z', '2026-01-01 12:00+01:00', '2026-01-01T12:00',
             '2026-01-01T12:00:01.5', '2026-01-01 12:00:01.25Z', '2026-01-01T12:00:01-02:30'";
        for time in times.split(',') {
            let insert = format!(
                "INSERT INTO films (title, director, created_at) VALUES ('a', 'b', {time})"
            );
            db.write_long(async move |tx| tx.execute_raw(&insert).await).await.unwrap();
        }
        assert_eq!(here(&db, film::Entity::find()).await.unwrap().len(), 7);
        let by_time = film::Entity::find().filter(film::Column::CreatedAt.lt(now()));
        assert!(!here(&db, by_time).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_takes_long_is_left_to_the_pool() {
        let (_folder, db) = file("odd's.db").await;
        let fill =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO films (title, director, created_at, updated_at)
             SELECT i, 'c', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00' FROM n";
        run(&db, fill).await;
        let last = film::Entity::find().filter(film::Column::Title.eq("19999"));
        assert_eq!(here(&db, last.clone()).await, None);
        // The connection can still read.
        let near = last.filter(film::Column::Id.gt(19_900));
        assert_eq!(here(&db, near).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_takes_few_steps_and_long_is_left_to_other_threads() {
        let longest_inline_read = Duration::ZERO;
        let settings = Settings { longest_inline_read, ..Settings::default() };
        let (_folder, db) = file_with("slow.db", &settings).await;
        let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO films (title, director) SELECT i, '' FROM n";
        run(&db, fill).await;
        assert_eq!(here(&db, film::Entity::find()).await, None);
        // A read that ends within one stride does not check the clock.
        assert!(here(&db, film::Entity::find_by_id(1)).await.is_some());
    }

    /// How many connections have an open transaction.
    fn open(inline: &InlineReader) -> usize {
        let is_open = |place: &&Mutex<Option<ReadConnection>>| {
            place.lock().unwrap().as_ref().unwrap().is_open()
        };
        inline.places.iter().filter(is_open).count()
    }

    #[tokio::test]
    async fn reads_of_a_turn_share_a_transaction_and_miss_no_commit() {
        let (folder, db) = file("films.db").await;
        let other = rusqlite::Connection::open(folder.path().join("films.db")).unwrap();
        let inline = Arc::clone(db.reader().inline().unwrap());
        let films = || found(&inline, &film::Entity::find()).unwrap().len();
        for round in 0..50 {
            assert_eq!((open(&inline), films(), films()), (0, 3 * round, 3 * round));
            assert_eq!(open(&inline), 1);
            // A commit of another connection is visible at once; so is that of a job, before anything else runs.
            let add = "INSERT INTO films (title, director) VALUES ('a', 'b')";
            other.execute_batch(add).unwrap();
            assert_eq!(films(), 3 * round + 1);
            other.execute_batch(&format!("BEGIN; {add}; ROLLBACK; {add}")).unwrap();
            assert_eq!((films(), open(&inline)), (3 * round + 2, 1));
            run(&db, add).await;
            assert_eq!((films(), open(&inline)), (3 * round + 3, 1));
            // There are no reads when there is nothing to do, so the log can restart.
            tokio::task::yield_now().await;
            assert_eq!(open(&inline), 0);
            let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
            let busy: i64 = other.query_row(checkpoint, [], |row| row.get(0)).unwrap();
            assert_eq!(busy, 0);
        }
        // A runtime that stops leaves none open either, nor does one that is already gone.
        std::thread::spawn({
            let inline = Arc::clone(&inline);
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let reads = || found(&inline, &film::Entity::find()).unwrap().len();
                assert_eq!((runtime.block_on(async { reads() }), open(&inline)), (150, 1));
                drop(runtime);
                assert_eq!((open(&inline), reads(), open(&inline)), (0, 150, 0));
            }
        })
        .join()
        .unwrap();
    }

    #[tokio::test]
    async fn nothing_is_left_beside_the_file_after_closing() {
        let (folder, db) = file("films.db").await;
        run(&db, "INSERT INTO films (id, title, director) VALUES (1, 'a', 'b')").await;
        here(&db, film::Entity::find()).await.unwrap();
        let still = db.reader().clone();
        db.close().await.unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(still.rows(film::Entity::find()).await.is_err());
    }
}
