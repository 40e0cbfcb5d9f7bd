//! Files that only the user of the process may read, since a database has everything that its users may not all see.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

/// What new files may be used for, and by whom: reading and writing, by their owner.
pub(in crate::database) const MODE: u32 = 0o600;

/// Makes an empty file for a database where there is none; SQLite gives the files beside it the same permissions. One that is
/// there keeps its own, and is not even opened: that would end the locks of this process on it when it is closed.
pub(in crate::database) fn make(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).open(path).map(drop)
}
