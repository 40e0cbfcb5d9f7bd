//! Long reads that take too long, lose their caller, or fail.

use std::sync::mpsc;

use super::*;

/// A statement that runs for many hours.
const ENDLESS: &str =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

/// The file, with a connection that keeps its log open, and the threads.
fn threads(settings: &Settings) -> ((tempfile::TempDir, Connection), ReadThreads) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let (file, sqlite) = OpenFile::after(&path, || {
        let sqlite = Connection::open(&path)?;
        sqlite.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER)")?;
        Ok(sqlite)
    })
    .unwrap();
    let threads = ReadThreads::new(Arc::new(file), settings);
    ((folder, sqlite), threads)
}

fn sql(sql: &str) -> BoundStatement {
    BoundStatement { sql: sql.to_owned(), values: Vec::new() }
}

async fn one(threads: &ReadThreads) -> i64 {
    let read = |row: &Row<'_>| Ok(row.get(0)?);
    threads.read(sql("SELECT 1"), Purpose::Request, read).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn a_read_ends_when_it_takes_too_long_and_the_thread_reads_on() {
    let longest_read = Duration::from_millis(50);
    let (_folder, threads) = threads(&Settings { pool: 1, longest_read, ..Settings::default() });
    for _ in 0..3 {
        let read = threads.read(sql(ENDLESS), Purpose::Request, |row| Ok(row.get::<_, i64>(0)?));
        assert!(matches!(read.await, Err(Error::Unavailable(_))));
        assert_eq!(one(&threads).await, 1);
    }
}

#[tokio::test]
async fn a_read_ends_when_its_caller_is_gone() {
    let (_folder, threads) = threads(&Settings { pool: 1, ..Settings::default() });
    for _ in 0..3 {
        // The one row of the outer query shows that it runs.
        let endless = format!("SELECT 1 UNION ALL SELECT * FROM ({ENDLESS})");
        let (runs, running) = mpsc::channel();
        let mut read = Box::pin(threads.read(sql(&endless), Purpose::Maintenance, move |_| {
            runs.send(()).map_err(|_| closed())
        }));
        std::future::poll_fn(|context| {
            assert!(read.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        running.recv_timeout(Duration::from_secs(30)).unwrap();
        drop(read);
        // The only thread is free again.
        assert_eq!(one(&threads).await, 1);
    }
}

#[tokio::test]
async fn reads_end_when_the_database_is_closed() {
    let (_folder, threads) = threads(&Settings { pool: 2, ..Settings::default() });
    let threads = Arc::new(threads);
    let reading = Arc::clone(&threads);
    let (runs, running) = mpsc::channel();
    let read = tokio::spawn(async move {
        let endless = format!("SELECT 1 UNION ALL SELECT * FROM ({ENDLESS})");
        reading
            .read(sql(&endless), Purpose::Maintenance, move |_| runs.send(()).map_err(|_| closed()))
            .await
    });
    while running.try_recv() == Err(mpsc::TryRecvError::Empty) {
        tokio::task::yield_now().await;
    }
    threads.close();
    assert!(matches!(read.await.unwrap(), Err(Error::Unavailable(_))));
    let read = threads.read(sql("SELECT 1"), Purpose::Request, |_| Ok(()));
    assert!(matches!(read.await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_read_that_fails_says_why() {
    let (_folder, threads) = threads(&Settings { pool: 1, ..Settings::default() });
    let read = threads.read(sql("SELECT 1 FROM nowhere"), Purpose::Request, |_| Ok(()));
    assert!(matches!(read.await, Err(Error::Internal(_))));
    assert_eq!(one(&threads).await, 1);
}

#[tokio::test]
async fn no_other_file_is_read_that_has_the_name_by_now() {
    let (home, threads) = threads(&Settings { pool: 1, ..Settings::default() });
    let path = |name: &str| home.0.path().join(name);
    Connection::open(path("b.db")).unwrap().execute_batch("CREATE TABLE t (x INTEGER)").unwrap();
    std::fs::rename(path("a.db"), path("away.db")).unwrap();
    std::fs::rename(path("b.db"), path("a.db")).unwrap();
    let read = threads.read(sql("SELECT x FROM t"), Purpose::Request, |_| Ok(()));
    assert!(matches!(read.await, Err(Error::FileLost(_))));
    std::fs::rename(path("away.db"), path("a.db")).unwrap();
    assert_eq!(one(&threads).await, 1);
}
