//! Short reads of a SQLite file on the thread that asks.
//!
//! The driver has a thread for each connection; to hand it a statement and to get the rows back costs several times what SQLite
//! needs to find one. So a read is first tried here, on a connection that is free, with a bound on its steps. Whatever takes
//! longer, fails, or is more than plain values is left to the pool, which also finds the words for what went wrong: both
//! read what was committed, and give the same rows.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, TryLockError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use sea_orm::{DbBackend, EntityTrait, QueryTrait, Select, TryIntoModel};

use super::{bound::Bound, row::Plan};

/// Steps of SQLite's machine between two looks at how many there were.
const STRIDE: i32 = 1000;
/// Strides of a read that is carried out here: a millisecond, more or less, for which the other requests of the thread wait.
const MOST_STRIDES: u32 = 30;
/// KiB of pages that a connection keeps in memory once it has read them.
const CACHE_KIB: i32 = 8192;
/// Statements that a connection keeps prepared.
const PREPARED: usize = 64;

/// Connections that read on whatever thread asks.
pub(super) struct Inline {
    places: Box<[Mutex<Option<Place>>]>,
}

struct Place {
    sqlite: Connection,
    strides: Arc<AtomicU32>,
}

impl Inline {
    /// Opens `places` connections to the file, which has to be in WAL mode.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) fn open(path: &Path, places: u32) -> rusqlite::Result<Self> {
        let places = (0..places).map(|_| Ok(Mutex::new(Some(Place::open(path)?))));
        Ok(Self { places: places.collect::<rusqlite::Result<_>>()? })
    }

    /// Closes the connections; whoever reads on one of them ends first.
    pub(super) fn close(&self) {
        for place in &self.places {
            if let Ok(mut place) = place.lock() {
                drop(place.take());
            }
        }
    }

    /// The rows of a query; `None` when the pool has to find them.
    pub(super) fn rows<E>(&self, select: &Select<E>) -> Option<Vec<E::Model>>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let statement = select.build(DbBackend::Sqlite);
        self.find(&*Plan::<E>::get()?, &statement.sql, &Bound::all(statement.values))
    }

    /// The row with an id, if there is one; `None` when the pool has to find it.
    pub(super) fn by_id<E>(&self, id: i32) -> Option<Option<E::Model>>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let plan = Plan::<E>::get()?;
        let values = [Bound(id.into()), Bound(1_u64.into())];
        Some(self.find(&*plan, &plan.by_id, &values)?.pop())
    }

    fn find<E>(&self, plan: &Plan<E>, sql: &str, values: &[Bound]) -> Option<Vec<E::Model>>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let start = seat();
        for turn in 0..self.places.len() {
            let place = self.places.get((start + turn) % self.places.len())?;
            match place.try_lock() {
                Ok(place) => return place.as_ref()?.rows(plan, sql, values),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Poisoned(_)) => return None,
            }
        }
        None
    }
}

/// Where a thread looks first, so that each finds its own connection free and its pages in the cache.
fn seat() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SEAT: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    SEAT.with(|seat| *seat)
}

impl Place {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = Connection::open_with_flags(path, flags)?;
        // A reader of a file in WAL mode waits for nobody; where it has to, the pool does.
        sqlite.busy_timeout(Duration::ZERO)?;
        sqlite.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // Without it a new binding of `LIMIT ?` makes SQLite prepare the statement again, each time.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        sqlite.set_prepared_statement_cache_capacity(PREPARED);
        let strides = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&strides);
        let enough = move || counted.fetch_add(1, Ordering::Relaxed) >= MOST_STRIDES;
        sqlite.progress_handler(STRIDE, Some(enough))?;
        Ok(Self { sqlite, strides })
    }

    fn rows<E>(&self, plan: &Plan<E>, sql: &str, values: &[Bound]) -> Option<Vec<E::Model>>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        self.strides.store(0, Ordering::Relaxed);
        let mut statement = self.sqlite.prepare_cached(sql).ok()?;
        if statement.column_count() != plan.width() {
            return None;
        }
        let mut found = statement.query(rusqlite::params_from_iter(values)).ok()?;
        let mut rows = Vec::new();
        loop {
            match found.next() {
                Ok(Some(row)) => rows.push(plan.model(row)?),
                Ok(None) => return Some(rows),
                Err(_) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::{book, item};
    use sea_orm::{
        ActiveValue::Set, ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect,
        Schema,
    };

    use super::*;
    use crate::{
        Db, Decimal, Location, Settings,
        database::{Changes, Rows, connect_to_migrate},
    };

    /// An empty file with the tables of the entities.
    async fn file(name: &str) -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join(name));
        let connection = connect_to_migrate(&location, &Settings::default()).await.unwrap();
        let schema = Schema::new(DbBackend::Sqlite);
        for table in [
            schema.create_table_from_entity(book::Entity),
            schema.create_table_from_entity(entity::store::Entity),
            schema.create_table_from_entity(item::Entity),
        ] {
            connection.execute(&table).await.unwrap();
        }
        connection.close().await.unwrap();
        (folder, Db::open(&location, &Settings::default()).await.unwrap())
    }

    async fn run(db: &Db, sql: &'static str) {
        db.write_at_length(async move |tx| tx.run(sql).await).await.unwrap();
    }

    /// What is found here, which must be what the pool finds.
    async fn here<E>(db: &Db, select: Select<E>) -> Option<Vec<E::Model>>
    where
        E: EntityTrait<Model: PartialEq + std::fmt::Debug>,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let found = db.reader().inline().unwrap().rows(&select);
        let expected = select.clone().all(db.reader().connection()).await.unwrap();
        if let Some(found) = &found {
            assert_eq!(found, &expected);
        }
        assert_eq!(db.reader().rows(select).await.unwrap(), expected);
        found
    }

    #[tokio::test]
    async fn rows_are_those_of_the_pool() {
        let (_folder, db) = file("books.db").await;
        run(&db, "INSERT INTO stores (id, name) VALUES (1, 'é')").await;
        let prices = ["0.00", "0.01", "49.99", "9999999999.99", "123.4", "7"];
        db.write_at_length(async move |tx| {
            for (place, price) in prices.iter().enumerate() {
                let row = item::ActiveModel {
                    name: Set("\u{1F4D6} \"".repeat(place)),
                    price: Set(price.parse::<Decimal>().unwrap()),
                    store_id: Set(1),
                    ..Default::default()
                };
                tx.insert(row).await?;
            }
            for year in [None, Some(-800), Some(2026)] {
                let row = book::ActiveModel {
                    title: Set(String::new()),
                    author: Set("a\u{0}b".to_owned()),
                    year: Set(year),
                    status: Set("lent".to_owned()),
                    created_at: Set(crate::now()),
                    updated_at: Set(DateTime::from_timestamp_micros(-1).unwrap()),
                    version: Set(i32::MAX),
                    ..Default::default()
                };
                tx.insert(row).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let items = item::Entity::find().order_by_desc(item::Column::Id);
        assert_eq!(here(&db, items).await.unwrap().len(), prices.len());
        assert_eq!(here(&db, book::Entity::find()).await.unwrap().len(), 3);
        for id in [-1, 0, 3, 4] {
            let found = db.reader().inline().unwrap().by_id::<book::Entity>(id).unwrap();
            let by_query = here(&db, book::Entity::find_by_id(id)).await.unwrap().pop();
            assert_eq!((&found, found.is_some()), (&by_query, id == 3));
        }
        let none = book::Entity::find().filter(book::Column::Title.eq("%"));
        assert!(here(&db, none.limit(3).offset(1)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn times_are_read_in_every_spelling_that_the_driver_reads() {
        let (_folder, db) = file("times.db").await;
        let times =
            "'2026-01-01 12:00', '2026-01-01 12:00Z', '2026-01-01 12:00+01:00', '2026-01-01T12:00',
             '2026-01-01T12:00:01.5', '2026-01-01 12:00:01.25Z', '2026-01-01T12:00:01-02:30'";
        for time in times.split(',') {
            let insert =
                format!("INSERT INTO books (title, author, created_at) VALUES ('a', 'b', {time})");
            db.write_at_length(async move |tx| tx.run(&insert).await).await.unwrap();
        }
        assert_eq!(here(&db, book::Entity::find()).await.unwrap().len(), 7);
        let by_time = book::Entity::find().filter(book::Column::CreatedAt.lt(crate::now()));
        assert!(!here(&db, by_time).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_takes_long_is_left_to_the_pool() {
        let (_folder, db) = file("odd's.db").await;
        let fill =
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO books (title, author, created_at, updated_at)
             SELECT i, 'c', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00' FROM n";
        run(&db, fill).await;
        let last = book::Entity::find().filter(book::Column::Title.eq("19999"));
        assert_eq!(here(&db, last.clone()).await, None);
        // And the connection reads on.
        let near = last.filter(book::Column::Id.gt(19_900));
        assert_eq!(here(&db, near).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn nothing_is_left_beside_the_file_after_closing() {
        let (folder, db) = file("books.db").await;
        run(&db, "INSERT INTO stores (id, name) VALUES (1, 'a')").await;
        here(&db, entity::store::Entity::find()).await.unwrap();
        let still = db.reader().clone();
        db.close().await.unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(still.rows(entity::store::Entity::find()).await.is_err());
    }
}
