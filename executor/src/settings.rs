//! Limits on the use of a database.

use std::time::Duration;

/// Limits on the use of a database.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the program, as a PostgreSQL server shows it in `pg_stat_activity`.
    pub application_name: &'static str,
    /// Connections for reading, and on PostgreSQL as many for writing and up to three times as many that short reads share;
    /// SQLite has one writer.
    pub pool: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// Reads that may wait for a connection at a time; further ones are refused at once.
    pub read_queue: u32,
    /// How long a read of a SQLite file may take on the calling thread, while other requests on it wait.
    pub longest_inline_read: Duration,
    /// How long it may take on another thread.
    pub longest_read: Duration,
    /// How long a statement waits for a lock that another process holds.
    pub busy_timeout: Duration,
    /// How long a job may take before its caller is informed that the outcome is unknown.
    pub deadline: Duration,
    /// Size of the page cache of the SQLite writer in KiB. An import fills it; pages that do not fit are written more than once.
    pub writer_cache_kib: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            application_name: "sea-executor",
            pool: 4,
            acquire_timeout: Duration::from_secs(2),
            // Waiting requests take memory, and the last of a longer queue would hardly be served in time: with four
            // connections this is the number of reads of 30 ms in two seconds.
            read_queue: 256,
            longest_inline_read: Duration::from_millis(5),
            longest_read: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(2),
            deadline: Duration::from_secs(5),
            writer_cache_kib: 16 << 10,
        }
    }
}
