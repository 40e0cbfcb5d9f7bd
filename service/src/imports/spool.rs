//! The directory of uploaded files.
//!
//! The holder of a file's lock works on it: the request that is still writing it, then the one process that reads it. The lock
//! ends with its process, so there is no need to find out whether another process is alive. A file that is not in the directory
//! belongs to another machine. Only the user of the server may access the directory.

mod room;

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use sea_orm::DbErr;
use sha2::{Digest, Sha256};

pub use room::Room;
use room::Slot;

use crate::{DatabaseError, error::Error};

const UPLOAD: &str = ".upload";
const DRY_RUN: &str = ".dry-run";

/// A directory, and how much may be uploaded at a time.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    /// Maximum length of a file in bytes.
    pub longest: u64,
    /// Whether other machines may work on the same database, with separate directories.
    pub is_shared: bool,
    room: Arc<Room>,
}

/// The result of opening a file.
#[derive(Debug)]
pub(super) enum Found {
    /// It is locked until this is closed.
    Held(File),
    /// Another request or process has it.
    Busy,
    Missing,
}

impl Spool {
    /// Uses a directory, which is created when the first file arrives.
    #[must_use]
    pub fn new(folder: PathBuf, longest: u64, is_shared: bool, room: Room) -> Self {
        Self { folder, longest, is_shared, room: Arc::new(room) }
    }

    /// The path of the directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates a file; it is removed when the returned value is dropped, unless `keep` is called. Blocks on the disk, as the other
    /// methods do.
    ///
    /// # Errors
    /// [`DatabaseError::Busy`] when too much waits in the directory or is arriving, [`DatabaseError::Full`] when the disk is full, and
    /// [`DatabaseError::Internal`] for a directory that cannot be written.
    pub fn begin(&self) -> Result<Upload, Error> {
        let slot = Room::take(&self.room, &self.folder).ok_or(DatabaseError::Busy)?;
        self.make(slot).map_err(|error| self.failure(error))
    }

    fn make(&self, slot: Slot) -> io::Result<Upload> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let (moment, process) = (chrono::Utc::now().timestamp_micros(), std::process::id());
        let name = format!("{moment}-{process}-{}{UPLOAD}", COUNT.fetch_add(1, Ordering::Relaxed));
        let path = self.folder.join(&name);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        let upload = Upload {
            file,
            folder: self.folder.clone(),
            name,
            length: 0,
            digest: Sha256::new(),
            is_kept: false,
            slot,
        };
        upload.file.try_lock().map_err(io::Error::from)?;
        Ok(upload)
    }

    fn failure(&self, error: io::Error) -> Error {
        let folder = self.folder.display();
        failure(io::Error::new(error.kind(), format!("the folder of imports `{folder}`: {error}")))
    }

    /// Locks a file to work on it.
    pub(super) fn open(&self, name: &str) -> io::Result<Found> {
        let file = match File::open(self.folder.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => Ok(Found::Held(file)),
            Err(TryLockError::WouldBlock) => Ok(Found::Busy),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes a file that is not needed any more; it is no error if it is already gone.
    pub(super) fn remove(&self, name: &str) {
        // An import of the command line has none.
        if name.is_empty() {
            return;
        }
        remove(&self.folder.join(name));
    }

    /// The names of files that may be left over.
    pub(super) fn uploads(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let (scratch, uploads): (Vec<_>, Vec<_>) = names
            .filter(|name| name.ends_with(UPLOAD) || name.ends_with(DRY_RUN))
            .partition(|name| name.ends_with(DRY_RUN));
        // The process that uses one has already unlinked it.
        scratch.iter().for_each(|name| self.remove(name));
        uploads
    }

    /// Where the scratch database of a dry run may be for a moment.
    pub(super) fn dry_run(&self, upload: &str) -> PathBuf {
        self.folder.join(format!("{upload}{DRY_RUN}"))
    }
}

/// A file that is being uploaded.
#[derive(Debug)]
pub struct Upload {
    file: File,
    folder: PathBuf,
    name: String,
    length: u64,
    digest: Sha256,
    is_kept: bool,
    slot: Slot,
}

impl Upload {
    /// Writes the data that arrived. Blocks on the disk.
    ///
    /// # Errors
    /// [`DatabaseError::Busy`] when too much waits in the directory, and [`DatabaseError::Full`] when the disk is full.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if !self.slot.add(&self.folder, bytes.len() as u64) {
            return Err(DatabaseError::Busy.into());
        }
        self.file.write_all(bytes).map_err(failure)?;
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Syncs all of it to the disk.
    ///
    /// [`DatabaseError::Full`] when the disk is full.
    /// [`DatabaseError::Full`] when the disk is.
    pub fn sync(&self) -> Result<(), Error> {
        let synced = self.file.sync_all().and_then(|()| File::open(&self.folder)?.sync_all());
        synced.map_err(failure)
    }

    /// The number of bytes received.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// A digest of them.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        self.digest.clone().finalize().to_vec()
    }

    /// Its name in the directory.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn read(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    /// Releases it to the process that will work on it.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_kept {
            remove(&self.folder.join(&self.name));
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        log::warn!("`{}` cannot be removed: {error}", path.display());
    }
}

/// Converts an error of the directory into one for the client.
pub(super) fn failure(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            DatabaseError::Full(DbErr::Custom(error.to_string())).into()
        }
        _ => Error::internal(error),
    }
}
