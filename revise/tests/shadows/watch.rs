//! What can be seen from outside of a database: sequences, the catalog's rows and who wrote them, sessions, locks, other databases.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::project::Project;

const SEEN: &str = "
    SELECT 'sequence ' || schemaname || '.' || sequencename FROM pg_sequences
    UNION ALL SELECT format('%s %s.%s %s', 'class', n.nspname, c.relname, c.xmin) FROM pg_class c JOIN pg_namespace n
        ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT format('%s %s.%s %s', 'function', n.nspname, p.proname, p.xmin) FROM pg_proc p JOIN pg_namespace n
        ON n.oid = p.pronamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL SELECT format('%s %s %s', 'schema', nspname, xmin) FROM pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    UNION ALL SELECT format('%s %s %s', 'trigger', tgname, xmin) FROM pg_trigger
    UNION ALL SELECT format('%s %s %s', 'extension', extname, xmin) FROM pg_extension
    UNION ALL SELECT 'session ' || pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sea-revise'
    UNION ALL SELECT 'scratch ' || d.datname FROM pg_database d
        WHERE d.datname ~ '^sea_revise_scratch_' AND pg_get_userbyid(d.datdba) = '{role}'
    ORDER BY 1";

const LOCKS: &str = "
    SELECT format('%s on %s, granted: %s', l.mode, c.relname, l.granted) FROM pg_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid AND a.application_name = 'sea-revise' AND a.datname = current_database()
    JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE l.database = a.datid AND n.nspname = 'public' AND l.mode <> 'AccessShareLock'";

/// Everything that a looking command must not change.
pub async fn seen(project: &Project) -> Vec<String> {
    let query = SEEN.replace("{role}", &project.role);
    let mut lines = project.texts(&query).await;
    // A server takes a moment to notice that a session has ended.
    for _ in 0..100 {
        if !lines.iter().any(|line| line.starts_with("session ")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        lines = project.texts(&query).await;
    }
    let mut seen = Vec::new();
    for mut line in lines {
        if let Some(name) = line.strip_prefix("sequence ") {
            let sql = format!("SELECT last_value || ' ' || is_called FROM {name}");
            line = format!("{line} {}", project.texts(&sql).await.join(""));
        }
        seen.push(line);
    }
    seen
}

/// Runs a command while another session holds a table as a writer does. Answers its exit code, and what the command's own sessions
/// locked in `public`.
pub async fn beside_a_writer(
    project: &Project,
    table: &str,
    arguments: &[&str],
) -> (Option<u8>, Vec<String>) {
    let writer = project.connect().await;
    let held = format!("BEGIN; LOCK TABLE {table} IN ROW EXCLUSIVE MODE");
    writer.execute_unprepared(&held).await.expect("a lock");
    let done = Arc::new(AtomicBool::new(false));
    let (watcher, ended) = (project.connect().await, Arc::clone(&done));
    let watching = tokio::spawn(async move {
        let mut found = Vec::new();
        while !ended.load(Ordering::Relaxed) {
            let rows =
                watcher.query_all_raw(Statement::from_string(DbBackend::Postgres, LOCKS)).await;
            for row in rows.expect("the locks") {
                found.push(row.try_get_by_index::<String>(0).expect("a text"));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        watcher.close().await.expect("it closes");
        found
    });
    let code = project.run(arguments).await;
    done.store(true, Ordering::Relaxed);
    let found = watching.await.expect("it watches");
    writer.execute_unprepared("ROLLBACK").await.expect("it ends");
    writer.close().await.expect("it closes");
    (code, found)
}
