//! Against servers that are slow, end sessions, stop, or are standbys.

use std::time::Instant;

use cluster::Cluster;
use futures_util::future::{join, join_all};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Schema, Select, entity::prelude::DateTimeUtc,
    sea_query::Expr,
};

use super::*;
use crate::{
    Changes, Db, Location, Rows, connect_to_migrate,
    fixtures::{film, now},
};

/// A row with a value of each kind, or none.
mod odd {
    use sea_orm::entity::prelude::*;

    use crate::Decode;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "odd")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub truth: Option<bool>,
        pub long: Option<i64>,
        pub number: Option<f64>,
        #[sea_orm(column_type = "Blob", nullable)]
        pub bytes: Option<Vec<u8>>,
        #[sea_orm(column_type = "Decimal(None)", nullable)]
        pub price: Option<Decimal>,
        pub at: Option<DateTimeUtc>,
        pub text: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A database with the tables of two entities and a row, and a separate connection that observes it.
struct Fixture {
    db: Db,
    outside: DatabaseConnection,
    url: String,
}

impl Fixture {
    async fn new(cluster: &Cluster) -> Self {
        let name = cluster.create_database().await;
        let outside = cluster.connect(&name).await;
        let url = cluster.url(&name);
        let location = Location::Postgres(url.clone());
        let connection = connect_to_migrate(&location, &Settings::default()).await.unwrap();
        let schema = Schema::new(DbBackend::Postgres);
        for table in [
            schema.create_table_from_entity(film::Entity),
            schema.create_table_from_entity(odd::Entity),
        ] {
            connection.execute(&table).await.unwrap();
        }
        connection.close().await.unwrap();
        let db = Db::open(&location, &Settings::default()).await.unwrap();
        let now = Set(now());
        let row = film::ActiveModel {
            title: Set("a \u{1F4D6}".to_owned()),
            director: Set(String::new()),
            year: Set(Some(-800)),
            created_at: now.clone(),
            updated_at: now,
            ..Default::default()
        };
        db.write(async move |tx| tx.insert(row.clone()).await).await.unwrap();
        let fixture = Self { db, outside, url };
        fixture.warm().await;
        fixture
    }

    fn shared(&self) -> &SharedReader {
        self.db.reader().shared().unwrap()
    }

    /// Waits until there are connections again.
    async fn warm(&self) {
        warm(self.shared()).await;
    }

    /// How many sessions of ours exist, or are terminated.
    async fn sessions(&self, counted: &str) -> i64 {
        let sql = format!(
            "SELECT count({counted}) FROM pg_stat_activity
             WHERE application_name = 'sea-executor' AND datname = current_database()"
        );
        let row = self.outside.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
        row.await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// The rows found here, which must equal the rows that the pool finds, to the last digit.
    async fn here<E>(&self, select: Select<E>) -> Option<Vec<E::Model>>
    where
        E: Decode<Model: std::fmt::Debug>,
    {
        let found = found(self.shared(), &select).await;
        let expected = select.all(self.db.reader().connection()).await.unwrap();
        if let Some(found) = &found {
            assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        }
        found
    }
}

async fn found<E: Decode>(shared: &SharedReader, select: &Select<E>) -> Option<Vec<E::Model>> {
    shared.query::<Models<E>>(&select.build(DbBackend::Postgres), false, MOST_ROWS).await
}

async fn warm(shared: &SharedReader) {
    let begun = Instant::now();
    while shared.by_id::<film::Entity>(1).await.is_none()
        || found(shared, &film::Entity::find()).await.is_none()
    {
        assert!(begun.elapsed() < Duration::from_secs(30), "no connection is opened");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn that_takes(seconds: f64) -> Select<film::Entity> {
    film::Entity::find().filter(Expr::cust(format!("pg_sleep({seconds}) IS NOT NULL")))
}

#[tokio::test]
async fn rows_are_those_of_the_pool() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    assert_eq!(fixture.here(film::Entity::find()).await.unwrap().len(), 1);
    for id in [1, 2] {
        let found = fixture.shared().by_id::<film::Entity>(id).await.unwrap();
        let by_query = fixture.here(film::Entity::find_by_id(id)).await.unwrap().pop();
        assert_eq!((&found, found.is_some()), (&by_query, id == 1));
    }
    let prices = "0 0.00 0.001 -0.001 49.99 10000 70000.00 12345678901234567890.12345678
                  1e-28 79228162514264337593543950335 -99999999.99990000";
    let times = ["0001-01-01 00:00", "4000-02-28 23:59:59.999999 BC", "1999-12-31 23:59:59.5Z"];
    let mut rows = vec!["NULL, NULL, NULL, NULL, NULL, NULL, NULL".to_owned()];
    rows.extend(
        prices
            .split_whitespace()
            .map(|price| format!("true, {}, 'infinity', '\\x00ff', {price}, now(), 'é'", i64::MIN)),
    );
    rows.extend(times.map(|time| format!("false, -1, -0.1, '', 1, '{time}', ''")));
    for (id, row) in rows.iter().enumerate() {
        let insert = format!("INSERT INTO odd VALUES ({id}, {row})");
        fixture.outside.execute_unprepared(&insert).await.unwrap();
    }
    let all = odd::Entity::find().order_by_asc(odd::Column::Id);
    assert_eq!(fixture.here(all.clone()).await.unwrap().len(), rows.len());
    let now: DateTimeUtc = now();
    for (condition, found) in [
        (odd::Column::Truth.eq(true), 11),
        (odd::Column::Long.eq(-1_i64), 3),
        (odd::Column::Number.lt(-0.05), 3),
        (odd::Column::Bytes.eq(vec![0_u8, 255]), 11),
        (odd::Column::At.gt(now - chrono::TimeDelta::days(1)), 11),
        (odd::Column::Text.eq("é"), 11),
        (odd::Column::Text.is_null(), 1),
        (odd::Column::Price.gt(Decimal::ONE), 5),
    ] {
        let rows = fixture.here(all.clone().filter(condition)).await.unwrap();
        assert_eq!(rows.len(), found);
    }
    assert_eq!(fixture.here(all.clone().limit(3).offset(2)).await.unwrap().len(), 3);
    // Types that only the driver binds, and long values. The text differs from those above: the pool caches a prepared statement by
    // its text, whatever the type of the value is.
    let short = odd::Column::Long.ne(1_i16);
    assert!(fixture.here(all.clone().filter(short)).await.is_none());
    assert!(fixture.here(all.limit(1000)).await.is_none());
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn values_are_stored_as_the_driver_would_store_them() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let row = |price: &str, text: &str| odd::ActiveModel {
        truth: Set(Some(true)),
        long: Set(Some(i64::MIN)),
        number: Set(Some(-0.0)),
        bytes: Set(Some(vec![0, 255])),
        price: Set(Some(price.parse().unwrap())),
        at: Set(Some(now())),
        text: Set(Some(text.to_owned())),
        ..Default::default()
    };
    let long = "é".repeat(1 << 20);
    let rows = [
        odd::ActiveModel { text: Set(None), ..Default::default() },
        row("0", ""),
        row("-0.001", "NULL"),
        row("79228162514264337593543950335", "\u{1F4D6}"),
        row("-9999999.10", &long),
    ];
    for row in rows {
        let by_driver = Changes::insert(&fixture.outside, row.clone()).await.unwrap();
        let returned =
            fixture.db.write(async move |tx| tx.insert(row.clone()).await).await.unwrap();
        let stored = odd::Entity::find_by_id(returned.id).one(&fixture.outside).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&returned));
        let id = returned.id;
        assert_eq!(odd::Model { id: by_driver.id, ..returned }, by_driver);
        let change = odd::ActiveModel { id: Set(id), long: Set(None), ..Default::default() };
        let returned =
            fixture.db.write(async move |tx| tx.update(change.clone()).await).await.unwrap();
        assert_eq!((returned.long, returned.price), (None, by_driver.price));
    }
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn who_reads_a_row_does_not_wait_for_a_slow_list() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let slow = async {
        let begun = Instant::now();
        let rows = fixture.db.reader().rows(that_takes(1.0)).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert!(begun.elapsed() >= Duration::from_secs(1), "it was not left to the pool");
        Instant::now()
    };
    let quick = async {
        for _ in 0..20 {
            fixture.db.reader().by_id::<film::Entity>(1).await.unwrap().unwrap();
        }
        fixture.db.reader().rows(film::Entity::find()).await.unwrap();
        Instant::now()
    };
    let (slow, quick) = join(slow, quick).await;
    assert!(quick < slow);
    // It is remembered: to try it each time would take a second.
    assert!(found(fixture.shared(), &that_takes(0.5)).await.is_none());
    let begun = Instant::now();
    for _ in 0..50 {
        assert!(found(fixture.shared(), &that_takes(0.5)).await.is_none());
    }
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    // The same for one that is answered in time but gains nothing.
    let mut answered = 0;
    while found(fixture.shared(), &that_takes(0.006)).await.is_some() {
        answered += 1;
        assert!(answered < 20);
    }
    fixture.db.close().await.unwrap();
}

/// As while its table is being altered.
#[tokio::test]
async fn readers_behind_a_lock_do_not_wait_one_after_the_other() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let lock = "BEGIN; LOCK TABLE films; SELECT pg_sleep(0.6); COMMIT";
    let locked = async { fixture.outside.execute_unprepared(lock).await.unwrap() };
    let read = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        let reads = (0..40).map(|_| fixture.db.reader().by_id::<film::Entity>(1));
        for row in join_all(reads).await {
            assert!(row.unwrap().is_some());
        }
        begun.elapsed()
    };
    let (_, elapsed) = join(locked, read).await;
    assert!(elapsed < Duration::from_millis(1800), "{elapsed:?}");
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn connections_that_end_are_replaced_without_a_failed_read() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let reader = fixture.db.reader();
    let begun = Instant::now();
    let reads = (0..4).map(async |_| {
        while begun.elapsed() < Duration::from_secs(1) {
            reader.by_id::<film::Entity>(1).await.unwrap().unwrap();
            assert_eq!(reader.rows(film::Entity::find()).await.unwrap().len(), 1);
        }
    });
    let end = async {
        while begun.elapsed() < Duration::from_secs(1) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            fixture.sessions("pg_terminate_backend(pid)").await;
        }
    };
    join(join_all(reads), end).await;
    fixture.warm().await;
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn a_server_that_was_stopped_is_read_from_again() {
    let Some(cluster) = Cluster::another() else { return };
    let fixture = Fixture::new(&cluster).await;
    cluster.stop();
    assert!(fixture.db.reader().by_id::<film::Entity>(1).await.is_err());
    assert!(fixture.db.reader().rows(film::Entity::find()).await.is_err());
    cluster.start();
    fixture.warm().await;
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn none_is_left_after_closing() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let still = fixture.db.reader().clone();
    assert!(fixture.sessions("*").await >= 3);
    fixture.db.clone().close().await.unwrap();
    let begun = Instant::now();
    while fixture.sessions("*").await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "sessions are left");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(still.by_id::<film::Entity>(1).await.is_err());
    assert_eq!(fixture.sessions("*").await, 0);
}

#[test]
fn connections_of_a_runtime_that_has_ended_are_replaced() {
    let Some(cluster) = Cluster::get() else { return };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let url = first.block_on(async { Fixture::new(cluster).await.url });
    let shared = SharedReader::new(&url, &Settings::default(), &Arc::default()).unwrap();
    first.block_on(warm(&shared));
    drop(first);
    second.block_on(warm(&shared));
    second.block_on(shared.close());
}

#[tokio::test]
async fn a_copy_is_not_read_from() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let claim =
        "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'";
    fixture.outside.execute_unprepared(claim).await.unwrap();
    let url = format!("{}&options=-c%20search_path=public,pg_catalog", fixture.url);
    let shared = SharedReader::new(&url, &Settings::default(), &Arc::default()).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1500) {
        assert!(shared.by_id::<film::Entity>(1).await.is_none());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    shared.close().await;
    fixture.db.close().await.unwrap();
}
