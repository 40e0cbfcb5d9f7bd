//! Against servers that refuse, change, or end sessions.

use std::time::Duration;

use cluster::Cluster;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, Statement,
    sea_query::{Expr, Order, Query},
};

use crate::{
    Changes, Db, Ids, Location, Rows, Settings, Tx,
    error::{Error, Result},
};

/// A database with a table of unique numbers, and a separate connection that observes it.
struct Fixture {
    db: Db,
    outside: DatabaseConnection,
    name: String,
}

impl Fixture {
    async fn new(cluster: &Cluster) -> Self {
        let name = cluster.create_database().await;
        let outside = cluster.connect(&name).await;
        outside.execute_unprepared("CREATE TABLE t (x INTEGER UNIQUE)").await.unwrap();
        let location = Location::Postgres(cluster.url(&name));
        let db = Db::open(&location, &Settings { pool: 1, ..Settings::default() }).await.unwrap();
        Self { db, outside, name }
    }

    async fn run(&self, sql: &str) {
        self.outside.execute_unprepared(sql).await.unwrap();
    }

    async fn add(&self, x: i32) -> Result<()> {
        self.db.write(async move |tx| add(tx, x).await).await
    }

    async fn stored(&self) -> Vec<i64> {
        let all = Query::select().column("x").from("t").order_by("x", Order::Asc).take();
        self.outside.integers(&all).await.unwrap()
    }

    /// The server processes of our write connections.
    async fn writers(&self) -> Vec<i64> {
        let writers = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                       AND query IN ('COMMIT', 'ROLLBACK') ORDER BY pid";
        let found = Statement::from_string(DbBackend::Postgres, writers);
        let found = self.outside.query_all_raw(found).await.unwrap();
        found.iter().map(|row| row.try_get_by_index::<i32>(0).unwrap().into()).collect()
    }
}

async fn add(tx: &Tx, x: i32) -> Result<()> {
    let insert = Query::insert().into_table("t").columns(["x"]).values_panic([x.into()]).take();
    assert_eq!(tx.exec(&insert).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_row_of_another_number_of_columns_is_refused() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    for (sql, fits) in [("SELECT 1", true), ("SELECT 1, 2", false)] {
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        let ids = async move |tx: &Tx| tx.query::<Ids>(statement.clone()).await;
        let ids = fixture.db.write(ids).await;
        assert_eq!(ids.is_ok(), fits, "{sql}: {ids:?}");
        assert!(fits || matches!(ids, Err(Error::Internal(_))));
    }
}

#[tokio::test]
async fn a_connection_is_used_again_whatever_became_of_its_transaction() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    fixture.add(1).await.unwrap();
    let first = fixture.writers().await;
    assert_eq!(first.len(), 1);
    let refused = fixture.add(1).await.unwrap_err();
    assert!(matches!(&refused, Error::Duplicate { column } if column == "x"), "{refused}");
    // One without a statement never begins.
    fixture.db.write(async |_| Ok::<_, Error>(())).await.unwrap();
    let refused = fixture.db.write(async |_| Err::<(), _>(Error::Busy)).await.unwrap_err();
    assert!(matches!(refused, Error::Busy));
    fixture.add(2).await.unwrap();
    assert_eq!((fixture.writers().await, fixture.stored().await), (first, vec![1, 2]));
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn what_follows_an_error_that_was_passed_over_is_not_stored_and_not_reported_as_stored() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    fixture.add(1).await.unwrap();
    let outcome = fixture.db.write(async |tx| {
        add(tx, 2).await?;
        drop(add(tx, 1).await);
        Ok(())
    });
    assert!(matches!(outcome.await, Err(Error::Internal(_))));
    let outcome = fixture.db.write_long(async |tx| {
        let inside = tx.savepoint().await?;
        add(&inside, 3).await?;
        drop(inside);
        Ok(())
    });
    assert!(matches!(outcome.await, Err(Error::Internal(_))));
    // One whose savepoint is rolled back has not failed.
    let outcome = fixture.db.write_long(async |tx| {
        add(tx, 4).await?;
        let inside = tx.savepoint().await?;
        add(&inside, 5).await?;
        drop(add(&inside, 1).await);
        inside.roll_back().await?;
        let inside = tx.savepoint().await?;
        add(&inside, 6).await?;
        inside.commit().await
    });
    outcome.await.unwrap();
    assert_eq!(fixture.stored().await, [1, 4, 6]);
    fixture.db.close().await.unwrap();
}

/// Inserts a number with what comes next.
async fn add_later(tx: &Tx, x: i32) -> Result<()> {
    let insert = Query::insert().into_table("t").columns(["x"]).values_panic([x.into()]).take();
    tx.exec_later(&insert).await
}

#[tokio::test]
async fn a_statement_that_is_sent_with_commit_is_stored_with_the_rest_or_nothing_is() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let pair = async |x, y| {
        let job = async move |tx: &Tx| {
            add(tx, x).await?;
            add_later(tx, y).await
        };
        fixture.db.write(job).await
    };
    // The first one prepares the statement.
    pair(1, 2).await.unwrap();
    let first = fixture.writers().await;
    pair(3, 4).await.unwrap();
    for x in [5, 6] {
        let refused = pair(x, 1).await.unwrap_err();
        assert!(matches!(&refused, Error::Duplicate { column } if column == "x"), "{refused}");
    }
    pair(6, 7).await.unwrap();
    let refused = fixture.db.write(async |tx| {
        add(tx, 8).await?;
        add_later(tx, 9).await?;
        // It follows what was deferred, and is refused with it.
        add_later(tx, 1).await?;
        add(tx, 10).await
    });
    assert!(matches!(refused.await, Err(Error::Duplicate { .. })));
    let undone = fixture.db.write(async |tx| {
        add(tx, 11).await?;
        add_later(tx, 12).await?;
        Err::<(), _>(Error::Busy)
    });
    assert!(matches!(undone.await, Err(Error::Busy)));
    let inside = fixture.db.write_long(async |tx| {
        add(tx, 13).await?;
        let inside = tx.savepoint().await?;
        let refused = add_later(&inside, 1).await;
        assert!(matches!(refused, Err(Error::Duplicate { .. })), "at once in a savepoint");
        inside.roll_back().await
    });
    inside.await.unwrap();
    assert_eq!(fixture.stored().await, [1, 2, 3, 4, 6, 7, 13]);
    assert_eq!(fixture.writers().await, first, "the connection is used again");
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn one_of_many_jobs_whose_last_statement_is_refused_takes_no_other_with_it() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    fixture.add(0).await.unwrap();
    for round in 1..=5 {
        // One connection, so that they are a group.
        let jobs = (0..30).map(|number| {
            let x = round * 1000 + number;
            let y = if number % 10 == 9 { 0 } else { -x };
            fixture.db.write(async move |tx| {
                add(tx, x).await?;
                add_later(tx, y).await
            })
        });
        let ended = futures_util::future::join_all(jobs).await;
        for (number, ended) in ended.into_iter().enumerate() {
            let is_refused = matches!(ended, Err(Error::Duplicate { .. }));
            assert_eq!(
                (is_refused, ended.is_ok()),
                (number % 10 == 9, number % 10 != 9),
                "{ended:?}"
            );
        }
    }
    let stored = fixture.stored().await;
    assert_eq!(stored.len(), 1 + 5 * 27 * 2);
    assert!(stored.iter().all(|x| stored.contains(&-x)), "both of a job or none");
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn a_server_that_only_reads_is_unavailable_until_it_writes_again() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    fixture.add(1).await.unwrap();
    let read_only = |on| {
        format!("ALTER DATABASE \"{}\" SET default_transaction_read_only = {on}", fixture.name)
    };
    fixture.run(&read_only("on")).await;
    // A setting received when a session begins stays in effect; the next one is read-only.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND query = 'COMMIT'";
    fixture.run(end).await;
    let refused = fixture.add(2).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    fixture.run(&read_only("off")).await;
    fixture.add(3).await.unwrap();
    assert_eq!(fixture.stored().await, [1, 3]);
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn a_statement_whose_tables_have_changed_is_prepared_anew() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    let read = async || {
        let all = Query::select().column("x").from("t").take();
        fixture.db.write(async move |tx| tx.integers(&all).await).await.unwrap()
    };
    fixture.add(1).await.unwrap();
    assert_eq!(read().await, [1]);
    fixture.run("ALTER TABLE t ALTER COLUMN x TYPE BIGINT").await;
    assert_eq!(read().await, [1]);
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn of_long_statements_only_the_last_stays_prepared() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    for numbers in [0..1000, 1000..2000, 2000..3500] {
        let stored = fixture.db.write(async move |tx| {
            let mut insert = Query::insert().into_table("t").columns(["x"]).take();
            numbers.clone().for_each(|x| {
                insert.values_panic([x.into()]);
            });
            tx.exec(&insert).await
        });
        assert!(stored.await.unwrap() >= 1000);
    }
    let kept = Query::select()
        .expr(Expr::cust("count(*)"))
        .from("pg_prepared_statements")
        .and_where(Expr::cust("length(statement) > 4096"))
        .take();
    let kept = fixture.db.write(async move |tx| tx.integers(&kept).await).await.unwrap();
    assert_eq!((kept, fixture.stored().await.len()), (vec![1], 3500));
    fixture.db.close().await.unwrap();
}

#[tokio::test]
async fn connections_are_ended_with_the_database() {
    let Some(cluster) = Cluster::get() else { return };
    let fixture = Fixture::new(cluster).await;
    fixture.add(1).await.unwrap();
    assert_eq!(fixture.writers().await.len(), 1);
    fixture.db.clone().close().await.unwrap();
    for _ in 0..200 {
        if fixture.writers().await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a connection is still there");
}
