//! A table that another session reads for a long time: nothing that is applied stands in front of its other readers.

use std::time::{Duration, Instant};

use cluster::Cluster;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use super::{
    pair::Pair,
    setup::{name, rows, run},
};

const ONE: &str = "CREATE TABLE t (a int); INSERT INTO t VALUES (1)";
const OTHER: &str = "CREATE TABLE t (a bigint)";

async fn second(cluster: &Cluster, db: &DatabaseConnection) -> DatabaseConnection {
    Database::connect(cluster.url(&name(db).await)).await.expect("a second session")
}

/// The longest that a reader waits, asking again and again until this is over.
async fn longest_wait(
    db: &DatabaseConnection,
    over: &tokio::sync::watch::Receiver<bool>,
) -> Duration {
    let mut longest = Duration::ZERO;
    while !*over.borrow() {
        let begun = Instant::now();
        db.execute_unprepared("SELECT count(*) FROM t").await.expect("the table can be read");
        longest = longest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    longest
}

#[tokio::test]
async fn readers_go_on_while_a_difference_waits_for_a_long_query() {
    let Some(cluster) = Cluster::get() else { return };
    let pair = Pair::of(cluster, [ONE, OTHER]).await;
    let (holder, reader) =
        (second(cluster, &pair.dbs[0]).await, second(cluster, &pair.dbs[0]).await);
    run(&holder, "SELECT 1").await;
    let comparison = pair.compare().await.lock_timeout(Duration::from_millis(300));
    let (ended, over) = tokio::sync::watch::channel(false);
    let hold = async {
        holder.execute_unprepared("SELECT a, pg_sleep(3) FROM t").await.expect("a long query");
    };
    let apply = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let applied = comparison.apply(true, None, Duration::from_secs(5)).await;
        ended.send(true).expect("the reader still asks");
        applied.expect("it gets its locks after the long query");
    };
    let ((), (), longest) = tokio::join!(hold, apply, longest_wait(&reader, &over));
    assert!(longest < Duration::from_millis(1500), "a reader waited {longest:?}");
    assert!(pair.compare().await.is_equal());
}

#[tokio::test]
async fn locks_that_never_come_free_end_with_7_and_nothing_is_changed() {
    let Some(cluster) = Cluster::get() else { return };
    let pair = Pair::of(cluster, [ONE, OTHER]).await;
    let holder = second(cluster, &pair.dbs[0]).await;
    run(&holder, "BEGIN; SELECT a FROM t").await;
    let comparison = pair.compare().await.lock_timeout(Duration::from_millis(10));
    let applied = comparison.apply(true, None, Duration::from_secs(5)).await;
    let error = applied.expect_err("the table is held");
    assert_eq!(error.exit_code(), 7, "{error}");
    assert!(error.to_string().contains("in 30 attempts, and nothing was changed"), "{error}");
    run(&holder, "ROLLBACK").await;
    let types = "SELECT atttypid::regtype AS kind FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'a'";
    assert_eq!(rows(&pair.dbs[0], types).await, [r#"{"kind":"integer"}"#]);
}
