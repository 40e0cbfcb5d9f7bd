//! Files that only the user of the process may read, since a database contains data that not all users may see.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

/// Mode of new files: read and write, for the owner only.
pub(crate) const MODE: u32 = 0o600;

/// Creates an empty file for a database if there is none; SQLite gives the files next to it the same permissions. An existing
/// file keeps its permissions, and is not even opened: closing it would release the locks of this process on it.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).open(path).map(drop)
}
