//! Groups of jobs with every possible outcome, on real databases.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use cluster::Cluster;
use futures_util::future::join_all;
use proptest::prelude::*;
use sea_orm::{
    ConnectionTrait, DbErr,
    sea_query::{Order, Query},
};
use tokio::sync::Notify;

use super::*;
use crate::{Db, Location, Rows, Settings};

/// How a test job ends after it has inserted its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Well,
    Refuses,
    Panics,
    Collides,
    /// Inserts what the job before it has inserted.
    Repeats,
}

fn ends() -> impl Strategy<Value = Ends> {
    prop_oneof![
        6 => Just(Ends::Well),
        2 => Just(Ends::Refuses),
        1 => Just(Ends::Repeats),
        1 => Just(Ends::Panics),
        1 => Just(Ends::Collides),
    ]
}

/// An in-memory database, which the driver writes to.
async fn in_memory() -> Db {
    with_table(&Location::Memory, 1).await
}

/// A file, which is written to without the driver; removed with its directory.
async fn on_disk() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = with_table(&Location::File(folder.path().join("t.db")), 1).await;
    (folder, db)
}

/// A PostgreSQL database; `None` if there is no server.
async fn on_postgres(connections: u32) -> Option<Db> {
    let cluster = Cluster::get()?;
    let name = cluster.create_database().await;
    let made = cluster.connect(&name).await;
    let short = format!("ALTER DATABASE \"{name}\" SET deadlock_timeout = '20ms'");
    made.execute_unprepared(&short).await.unwrap();
    Some(with_table(&Location::Postgres(cluster.url(&name)), connections).await)
}

async fn with_table(location: &Location, connections: u32) -> Db {
    let settings = Settings { pool: connections, ..Settings::default() };
    let db = Db::open(location, &settings).await.unwrap();
    db.write_long(async |tx| tx.execute_raw("CREATE TABLE t (x INTEGER UNIQUE)").await)
        .await
        .unwrap();
    db
}

/// Submits jobs while the writer is busy, so that they wait together; returns the result of each, and how often it was tried.
async fn together(db: &Db, first: i64, jobs: &[Ends]) -> Vec<(bool, u32)> {
    let (gate, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let busy = {
        let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
        db.write_long(async move |_| {
            begun.notify_one();
            gate.notified().await;
            Ok::<_, Error>(())
        })
    };
    let waiting = jobs.iter().zip(first..).map(|(ends, x)| {
        let (ends, tries) = (*ends, Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&tries);
        async move {
            let heard = db
                .write(async move |tx| {
                    let tries = counted.fetch_add(1, Ordering::SeqCst);
                    let x = if ends == Ends::Repeats { x - 1 } else { x };
                    tx.execute_raw(&format!("INSERT INTO t VALUES ({x})")).await?;
                    match ends {
                        Ends::Well | Ends::Repeats => Ok(()),
                        Ends::Refuses => Err(Error::MissingParent),
                        Ends::Panics => panic!("on purpose"),
                        Ends::Collides if tries == 0 => {
                            Err(Error::Collision(DbErr::Custom("on purpose".to_owned())))
                        }
                        Ends::Collides => Ok(()),
                    }
                })
                .await;
            (heard.is_ok(), tries.load(Ordering::SeqCst))
        }
    });
    let open_gate = async {
        begun.notified().await;
        // After the jobs, which `join!` has polled once by then.
        tokio::task::yield_now().await;
        gate.notify_one();
    };
    let (busy, heard, ()) = tokio::join!(busy, join_all(waiting), open_gate);
    busy.unwrap();
    heard
}

async fn rows(db: &Db) -> Vec<i64> {
    let asked = Query::select().column("x").from("t").order_by("x", Order::Asc).take();
    db.reader().integers(&asked).await.unwrap()
}

/// The expected outcome when jobs run one after the other: which are reported as stored, and the rows.
fn one_by_one(first: i64, jobs: &[Ends]) -> (Vec<bool>, Vec<i64>) {
    let (mut heard, mut stored) = (Vec::new(), Vec::new());
    for (ends, x) in jobs.iter().zip(first..) {
        let x = match ends {
            Ends::Well | Ends::Collides => Some(x),
            Ends::Repeats => Some(x - 1).filter(|x| !stored.contains(x)),
            Ends::Refuses | Ends::Panics => None,
        };
        heard.push(x.is_some());
        stored.extend(x);
    }
    stored.sort_unstable();
    (heard, stored)
}

#[tokio::test]
async fn a_job_that_refuses_is_undone_alone_and_the_next_groups_are_careful() {
    let (_folder, on_disk) = on_disk().await;
    for db in [Some(in_memory().await), Some(on_disk), on_postgres(1).await].iter().flatten() {
        refuses(db).await;
    }
}

async fn refuses(db: &Db) {
    let (well, refuses) = (Ends::Well, Ends::Refuses);
    // The first two were tried optimistically, and again with savepoints; the fourth had no first attempt.
    let heard = together(db, 1, &[well, well, refuses, well]).await;
    assert_eq!(heard, [(true, 2), (true, 2), (false, 2), (true, 1)]);
    let heard = together(db, 11, &[well, refuses, well]).await;
    assert_eq!(heard, [(true, 1), (false, 1), (true, 1)]);
    assert_eq!(rows(db).await, [1, 2, 4, 11, 13]);
}

#[tokio::test]
async fn nobody_suffers_from_a_job_that_panics_or_collides() {
    let (_folder, on_disk) = on_disk().await;
    for db in [Some(in_memory().await), Some(on_disk), on_postgres(1).await].iter().flatten() {
        panics(db).await;
    }
}

async fn panics(db: &Db) {
    let heard = together(db, 1, &[Ends::Well, Ends::Panics, Ends::Well, Ends::Collides]).await;
    assert_eq!(heard.iter().map(|(well, _)| *well).collect::<Vec<_>>(), [true, false, true, true]);
    assert_eq!(rows(db).await, [1, 3, 4]);
}

#[tokio::test]
async fn groups_that_want_each_others_rows_get_them_one_after_the_other() {
    let Some(db) = on_postgres(4).await else { return };
    db.write(async |tx| tx.execute_raw("INSERT INTO t VALUES (0), (1000000)").await).await.unwrap();
    let jobs = (0..200).map(|job| {
        let db = &db;
        async move {
            let rows = if job % 2 == 0 { ["<", ">"] } else { [">", "<"] };
            let raise = async move |tx: &Tx| {
                for side in rows {
                    tx.execute_raw(&format!("UPDATE t SET x = x + 1 WHERE x {side} 500000"))
                        .await?;
                }
                Ok(())
            };
            // A job that waited too long was cancelled, and has changed nothing.
            while let Err(error) = db.write(raise).await {
                assert!(matches!(error, Error::Busy), "{error}");
            }
        }
    });
    join_all(jobs).await;
    assert_eq!(rows(&db).await, [200, 1_000_200]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn jobs_that_wait_together_do_what_they_would_do_one_by_one(
        place in 0..3_u8,
        groups in prop::collection::vec(prop::collection::vec(ends(), 1..12), 1..4)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (folder, on_disk) = on_disk().await;
            let db = match place {
                0 => on_disk,
                1 => in_memory().await,
                _ => match on_postgres(1).await {
                    Some(db) => db,
                    None => return Ok(()),
                },
            };
            let mut expected = Vec::new();
            for (place, jobs) in groups.iter().enumerate() {
                let first = 100 * (place as i64 + 1);
                let (outcomes, stored) = one_by_one(first, jobs);
                let heard = together(&db, first, jobs).await;
                prop_assert_eq!(heard.iter().map(|(well, _)| *well).collect::<Vec<_>>(), outcomes);
                expected.extend(stored);
            }
            expected.sort_unstable();
            prop_assert_eq!(rows(&db).await, expected);
            db.close().await.unwrap();
            drop(folder);
            Ok(())
        })?;
    }
}
