//! A connection that reads a SQLite file on the calling thread.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use sea_orm::Value;

use super::{
    change_token::{ChangeToken, WalIndex},
    read_threads::LONGEST_PREPARED,
    value::SqliteValue,
};
use crate::row::FromRow;

/// Steps of SQLite's virtual machine between two checks of the limits on steps and time: a step may be a comparison of two texts.
const STRIDE: i32 = 500;
/// Strides of a read that is run here: about a millisecond, for which the other requests of the thread wait.
const MOST_STRIDES: u32 = 60;
/// Length in bytes of a pattern that texts are compared with here. A comparison costs up to the product of both lengths, and
/// several times as much for a letter that is not ASCII; its class of cases has several bytes.
const LONGEST_PATTERN: usize = 64;
/// How a statement compares with patterns.
const PATTERNS: [&str; 3] = [" LIKE ", " GLOB ", " MATCH "];
/// Size of the page cache of a connection in KiB.
const CACHE_KIB: i32 = 8192;
/// Statements that a connection keeps prepared.
const PREPARED: usize = 64;

/// The connection.
pub(super) struct ReadConnection {
    sqlite: Connection,
    strides: Arc<AtomicU32>,
    /// The state of the file before the open transaction began; `None` if none is open.
    began: Option<ChangeToken>,
}

impl ReadConnection {
    /// # Errors
    /// When the file cannot be opened.
    pub(super) fn open(path: &Path, longest_read: Duration) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = Connection::open_with_flags(path, flags)?;
        // A reader of a file in WAL mode never waits; where it has to, the pool is used.
        sqlite.busy_timeout(Duration::ZERO)?;
        sqlite.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // Without it, binding a new value to `LIMIT ?` makes SQLite prepare the statement again, each time.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        sqlite.set_prepared_statement_cache_capacity(PREPARED);
        let strides = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&strides);
        let mut began = Instant::now();
        let enough = move || {
            // A read has exclusive use of the connection, so the counter needs no atomic addition.
            let stride = counted.load(Ordering::Relaxed);
            counted.store(stride.saturating_add(1), Ordering::Relaxed);
            if stride == 0 {
                // A read that ends within one stride does not check the clock at all.
                began = Instant::now();
            }
            stride >= MOST_STRIDES || began.elapsed() >= longest_read
        };
        sqlite.progress_handler(STRIDE, Some(enough))?;
        Ok(Self { sqlite, strides, began: None })
    }

    fn run(&self, sql: &str) -> rusqlite::Result<usize> {
        self.sqlite.prepare_cached(sql)?.execute([])
    }

    /// What `R` makes of the rows that a statement returns, as committed now, `None` when another thread has to run it; and whether
    /// a transaction began for it that stays open.
    pub(super) fn read<R: FromRow>(
        &mut self,
        index: Option<WalIndex>,
        sql: &str,
        values: &[SqliteValue],
    ) -> (Option<Vec<R::Output>>, bool) {
        if !is_short(sql, values) {
            return (None, false);
        }
        let now = index.and_then(WalIndex::change_token);
        let lasts = self.began.is_some() && self.began == now;
        if !lasts {
            self.end();
            if !self.sqlite.is_autocommit() {
                return (None, false);
            }
            // The token was read before the transaction sees anything: while it is the same, nothing was missed.
            self.began = now.filter(|_| self.run("BEGIN").is_ok());
        }
        let rows = self.rows::<R>(sql, values);
        if rows.is_none() {
            self.end();
        }
        (rows, !lasts && self.began.is_some())
    }

    /// Ends the open transaction, if there is one. It has changed nothing, so nothing can be lost.
    pub(super) fn end(&mut self) {
        self.began = None;
        if !self.sqlite.is_autocommit()
            && let Err(error) = self.run("COMMIT")
        {
            log::debug!("a read transaction did not end: {error}");
        }
    }

    fn rows<R: FromRow>(&self, sql: &str, values: &[SqliteValue]) -> Option<Vec<R::Output>> {
        self.strides.store(0, Ordering::Relaxed);
        if sql.len() > LONGEST_PREPARED {
            // Such a statement takes much memory, and is rarely repeated.
            return rows_of::<R>(&mut self.sqlite.prepare(sql).ok()?, values);
        }
        rows_of::<R>(&mut *self.sqlite.prepare_cached(sql).ok()?, values)
    }

    /// Whether a transaction is open.
    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        assert_eq!(self.began.is_some(), !self.sqlite.is_autocommit());
        self.began.is_some()
    }
}

fn rows_of<R: FromRow>(
    statement: &mut rusqlite::Statement<'_>,
    values: &[SqliteValue],
) -> Option<Vec<R::Output>> {
    if statement.column_count() != R::COLUMNS {
        return None;
    }
    let mut found = statement.query(rusqlite::params_from_iter(values)).ok()?;
    let mut rows = Vec::new();
    loop {
        match found.next() {
            Ok(Some(row)) => rows.push(R::read(row)?),
            Ok(None) => return Some(rows),
            Err(_) => return None,
        }
    }
}

/// Whether no step of a statement can take long: none compares with a long pattern.
fn is_short(sql: &str, values: &[SqliteValue]) -> bool {
    let is_long = |SqliteValue(value): &SqliteValue| matches!(value, Value::String(Some(text)) if text.len() > LONGEST_PATTERN);
    !values.iter().any(is_long) || !PATTERNS.iter().any(|pattern| sql.contains(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_with_long_patterns_are_left_to_other_threads() {
        let is_short = |sql, texts: &[&str]| {
            let values: Vec<_> = texts.iter().map(|text| SqliteValue((*text).into())).collect();
            is_short(sql, &values)
        };
        let (short, long) = ("x".repeat(64), "é".repeat(33));
        for sql in ["a LIKE ? ESCAPE '\\'", "a GLOB ?", "b = ? AND a GLOB ?"] {
            assert!(is_short(sql, &[&short]) && !is_short(sql, &[&short, &long]), "{sql}");
        }
        assert!(is_short("a = ? AND substr(a, ?) = ?", &[&long]));
    }

    #[test]
    fn connections_share_no_lock() {
        let sqlite = Connection::open_in_memory().unwrap();
        let mut options = sqlite.prepare("SELECT * FROM pragma_compile_options").unwrap();
        let options = options.query_map([], |row| row.get(0)).unwrap();
        let options = options.collect::<rusqlite::Result<Vec<String>>>().unwrap();
        let has = |option: &str| options.iter().any(|known| known == option);
        let all = ["DEFAULT_MEMSTATUS=0", "DEFAULT_PCACHE_INITSZ=0"].into_iter().all(has);
        assert!(all && !has("ENABLE_MEMORY_MANAGEMENT"), "see .cargo/config.toml: {options:?}");
    }
}
