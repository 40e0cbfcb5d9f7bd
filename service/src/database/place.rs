//! A connection that reads a SQLite file on whatever thread asks.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    bound::Bound,
    row::Readable,
    state::{Index, State},
};

/// Steps of SQLite's machine between two looks at how many there were.
const STRIDE: i32 = 1000;
/// Strides of a read that is carried out here: a millisecond, more or less, for which the other requests of the thread wait.
const MOST_STRIDES: u32 = 30;
/// KiB of pages that a connection keeps in memory once it has read them.
const CACHE_KIB: i32 = 8192;
/// Statements that a connection keeps prepared.
const PREPARED: usize = 64;

/// The connection.
pub(super) struct Place {
    sqlite: Connection,
    strides: Arc<AtomicU32>,
    /// The state of the file before the transaction began that is open; `None` where none is.
    began: Option<State>,
}

impl Place {
    /// # Errors
    /// When the file cannot be opened.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
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
        Ok(Self { sqlite, strides, began: None })
    }

    fn run(&self, sql: &str) -> rusqlite::Result<usize> {
        self.sqlite.prepare_cached(sql)?.execute([])
    }

    /// The rows of what is committed now, `None` when the pool has to find them; and whether a transaction began for it that stays
    /// open.
    pub(super) fn read<E>(
        &mut self,
        index: Option<Index>,
        sql: &str,
        values: &[Bound],
    ) -> (Option<Vec<E::Model>>, bool)
    where
        E: Readable,
    {
        let now = index.and_then(Index::state);
        let lasts = self.began.is_some() && self.began == now;
        if !lasts {
            self.end();
            if !self.sqlite.is_autocommit() {
                return (None, false);
            }
            // The state was looked up before the transaction sees anything: while it is the same, nothing was missed.
            self.began = now.filter(|_| self.run("BEGIN").is_ok());
        }
        let rows = self.rows::<E>(sql, values);
        if rows.is_none() {
            self.end();
        }
        (rows, !lasts && self.began.is_some())
    }

    /// Ends the transaction that is open, if there is one. It has changed nothing, so there is nothing to lose.
    pub(super) fn end(&mut self) {
        self.began = None;
        if !self.sqlite.is_autocommit()
            && let Err(error) = self.run("COMMIT")
        {
            log::debug!("a read transaction did not end: {error}");
        }
    }

    fn rows<E>(&self, sql: &str, values: &[Bound]) -> Option<Vec<E::Model>>
    where
        E: Readable,
    {
        self.strides.store(0, Ordering::Relaxed);
        let mut statement = self.sqlite.prepare_cached(sql).ok()?;
        if statement.column_count() != E::COLUMNS.len() {
            return None;
        }
        let mut found = statement.query(rusqlite::params_from_iter(values)).ok()?;
        let mut rows = Vec::new();
        loop {
            match found.next() {
                Ok(Some(row)) => rows.push(E::read(row)?),
                Ok(None) => return Some(rows),
                Err(_) => return None,
            }
        }
    }

    /// Whether a transaction is open.
    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        assert_eq!(self.began.is_some(), !self.sqlite.is_autocommit());
        self.began.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
