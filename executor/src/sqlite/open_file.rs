//! Whether the SQLite file that is open is still the one at its path.
//!
//! A file that is deleted or moved stays open: commits still succeed, and are lost at the next start. So the files are looked up
//! by name before a transaction begins and after its commit. SQLite's write-ahead log and its index are separate files, and are
//! as much a part of the database.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use crate::error::{Error, Result};

/// A file, independent of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// Of what a path leads to, or with `follows: false` of the link that it may be.
    ///
    /// Requests the inode number only. After the times of a file were read, the next write to it stores finer ones (Linux 6.13,
    /// multigrain timestamps), so that each commit would write the inode too: a change of a single client would take a seventh
    /// longer.
    #[cfg(target_os = "linux")]
    fn of(path: &Path, follows: bool) -> io::Result<Self> {
        use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};
        let flags = if follows { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        match statx(CWD, path, flags, StatxFlags::INO) {
            Ok(about) => {
                let device = makedev(about.stx_dev_major, about.stx_dev_minor);
                Ok(Self { device, inode: about.stx_ino })
            }
            // The kernel or container does not support this call; or the fallback reports the error.
            Err(_) => Self::by_metadata(path, follows),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of(path: &Path, follows: bool) -> io::Result<Self> {
        Self::by_metadata(path, follows)
    }

    fn by_metadata(path: &Path, follows: bool) -> io::Result<Self> {
        let about = if follows { fs::metadata(path)? } else { fs::symlink_metadata(path)? };
        Ok(Self { device: about.dev(), inode: about.ino() })
    }
}

/// The files of an open database.
#[derive(Debug)]
pub(crate) struct OpenFile {
    /// The path as given, which may be a link that can be redirected.
    given: (PathBuf, Identity),
    /// The file that it led to, and its log and the index of that, whose names SQLite derives from it: none of them may become a
    /// link, because the next process would look for the log next to its target.
    files: [(PathBuf, Identity); 3],
    /// Whether it was found missing, and its writer has not seen it return yet.
    is_away: AtomicBool,
    /// Whether another program has written to the file while it was not at its path.
    is_changed: AtomicBool,
}

impl OpenFile {
    /// `opening` opens the database at `path` and reads from it, which creates the log and its index.
    ///
    /// # Errors
    /// What `opening` returns, [`Error::FileLost`] when the file is replaced meanwhile, and [`Error::Internal`] when there is no log.
    pub(crate) fn after<T>(path: &Path, opening: impl FnOnce() -> Result<T>) -> Result<(Self, T)> {
        let before = Identity::of(path, true).ok();
        let opened = opening()?;
        let database = path.canonicalize().map_err(Error::internal)?;
        let beside = |suffix: &str| {
            let mut name = database.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        let identified = |path: PathBuf, follows| -> Result<_> {
            let identity = Identity::of(&path, follows).map_err(Error::internal)?;
            Ok((path, identity))
        };
        let given = identified(path.to_owned(), true)?;
        if before.is_some_and(|before| before != given.1) {
            return Err(lost(path, "was removed while it was opened"));
        }
        let (log, index) = (beside("-wal"), beside("-shm"));
        let files =
            [identified(database, false)?, identified(log, false)?, identified(index, false)?];
        let (is_away, is_changed) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok((Self { given, files, is_away, is_changed }, opened))
    }

    /// The path of the file as given.
    pub(crate) fn path(&self) -> &Path {
        &self.given.0
    }

    /// The file that this path led to.
    pub(crate) fn database(&self) -> &Path {
        let [(database, _), ..] = &self.files;
        database
    }

    /// Whether it was missing at the last check, or its writer has not seen it return yet.
    pub(crate) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    /// Its writer has seen it return.
    pub(crate) fn is_back(&self) {
        self.is_away.store(false, Ordering::Relaxed);
    }

    /// Whether another program has written to the file while it was missing.
    pub(crate) fn is_changed(&self) -> bool {
        self.is_changed.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`Error::FileLost`] when one of the files is not where it was.
    pub(crate) fn check(&self) -> Result<()> {
        self.find().inspect_err(|_| self.is_away.store(true, Ordering::Relaxed))
    }

    fn find(&self) -> Result<()> {
        expect_at(&self.given, true)?;
        self.files.iter().try_for_each(|file| expect_at(file, false))?;
        if self.is_changed() {
            return Err(changed(self.path()));
        }
        Ok(())
    }

    /// To be called when the files are back; we wrote nothing to them after `saved`.
    ///
    /// # Errors
    /// [`Error::FileLost`] when another program has written to it meanwhile: the caches of our connections may be stale.
    pub(crate) fn expect_unchanged_since(&self, saved: SystemTime) -> Result<()> {
        let written = fs::metadata(self.path()).and_then(|about| about.modified());
        if written.is_ok_and(|written| written <= saved) {
            return Ok(());
        }
        self.is_changed.store(true, Ordering::Relaxed);
        Err(changed(self.path()))
    }
}

/// # Errors
/// [`Error::FileLost`] when something else is at the path, or nothing.
fn expect_at((path, opened): &(PathBuf, Identity), follows: bool) -> Result<()> {
    match Identity::of(path, follows) {
        Ok(found) if found == *opened => Ok(()),
        Ok(_) => Err(lost(path, "was removed, and another file or a link is in its place")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(lost(path, "was removed")),
        Err(error) => Err(lost(path, &format!("cannot be checked ({error})"))),
    }
}

fn changed(path: &Path) -> Error {
    lost(path, "was changed while it was away from its path")
}

/// Only the file name: clients read this, and must not learn the directories of the server.
fn lost(path: &Path, how: &str) -> Error {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Error::FileLost(format!(
        "the file `{}` {how}; move it back, or restart the server to use what is at its path",
        name.display()
    ))
}
