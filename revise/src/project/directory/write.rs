//! Changes to several files that happen together or not at all.
//!
//! Every new text is written and synced to a file next to its target first, so that what remains are renames. Where one of
//! them fails, those before it are undone. Killed between two of them, whole files are left, never halves.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use super::error::DirectoryError;

/// A change of one file.
pub(super) enum FileChange {
    /// A new file; one that is there is an error.
    Create { path: PathBuf, text: String },
    /// Another text in a file, or a new file.
    Replace { path: PathBuf, text: String },
    /// A file less.
    Delete { path: PathBuf },
    /// Another name of a file or folder, which must not be there yet.
    Move { from: PathBuf, to: PathBuf },
}

/// A change that is ready to be made with one rename.
struct Prepared<'a> {
    change: &'a FileChange,
    /// The new text; gone once it has its place.
    temporary: Option<Temporary>,
    /// What the file held, to take the change back.
    before: Option<Vec<u8>>,
}

/// Makes the changes in their order, and the folders that they need.
///
/// # Errors
/// When something cannot be read or written, or a file to be created is there already. Nothing is changed then.
pub(super) fn carry_out(changes: &[FileChange]) -> Result<(), DirectoryError> {
    let mut made = Vec::new();
    let done = make_folders(changes, &mut made).and_then(|()| change(changes));
    if done.is_err() {
        remove_folders(&made);
    }
    done
}

fn change(changes: &[FileChange]) -> Result<(), DirectoryError> {
    let mut prepared = changes.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let mut failure = None;
    let mut made = 0;
    for step in &mut prepared {
        if let Err(error) = step.make() {
            failure = Some(error);
            break;
        }
        made += 1;
    }
    let Some(failure) = failure else {
        // Makes the renames outlive a power failure; where a folder cannot be synced nothing else is lost.
        for folder in changes.iter().filter_map(|change| change.path().parent()) {
            File::open(folder).and_then(|folder| folder.sync_all()).ok();
        }
        return Ok(());
    };
    for step in prepared.iter().take(made).rev() {
        step.take_back()?;
    }
    Err(failure)
}

/// Makes the folders of files, and notes which are new, the outermost first.
fn make_folders(changes: &[FileChange], made: &mut Vec<PathBuf>) -> Result<(), DirectoryError> {
    let is_written = |change: &&FileChange| {
        matches!(change, FileChange::Create { .. } | FileChange::Replace { .. })
    };
    let written = changes.iter().filter(is_written);
    for folder in written.filter_map(|change| change.path().parent()) {
        let missing = folder.ancestors().take_while(|folder| !folder.exists());
        let missing = missing.filter(|folder| !folder.as_os_str().is_empty());
        for folder in missing.collect::<Vec<_>>().into_iter().rev() {
            fs::create_dir(folder).map_err(|error| DirectoryError::io("make", folder, error))?;
            made.push(folder.to_owned());
        }
    }
    Ok(())
}

fn remove_folders(folders: &[PathBuf]) {
    for folder in folders.iter().rev() {
        // One with a file of another program in it stays.
        fs::remove_dir(folder).ok();
    }
}

impl FileChange {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Create { path, .. }
            | Self::Replace { path, .. }
            | Self::Delete { path }
            | Self::Move { to: path, .. } => path,
        }
    }
}

fn prepare(change: &FileChange) -> Result<Prepared<'_>, DirectoryError> {
    let before = match change {
        FileChange::Create { .. } | FileChange::Move { .. } => None,
        FileChange::Replace { path, .. } | FileChange::Delete { path } => match fs::read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(DirectoryError::io("read", path, error)),
        },
    };
    let temporary = match change {
        FileChange::Create { path, text } | FileChange::Replace { path, text } => {
            let written = Temporary::write(path, text.as_bytes());
            Some(written.map_err(|source| DirectoryError::io("write", path, source))?)
        }
        FileChange::Delete { .. } | FileChange::Move { .. } => None,
    };
    Ok(Prepared { change, temporary, before })
}

impl Prepared<'_> {
    fn make(&mut self) -> Result<(), DirectoryError> {
        let failed = |path: &Path, source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => DirectoryError::Exists(path.to_owned()),
            _ => DirectoryError::io("write", path, source),
        };
        match (self.change, self.temporary.take()) {
            (FileChange::Delete { path }, _) => {
                fs::remove_file(path).map_err(|source| DirectoryError::io("remove", path, source))
            }
            (FileChange::Move { from, to }, _) => {
                move_new(from, to).map_err(|source| failed(to, source))
            }
            (FileChange::Create { path, .. }, Some(temporary)) => {
                temporary.become_new().map_err(|source| failed(path, source))
            }
            (FileChange::Replace { path, .. }, Some(temporary)) => {
                temporary.take_place().map_err(|source| failed(path, source))
            }
            (FileChange::Create { .. } | FileChange::Replace { .. }, None) => Ok(()),
        }
    }

    fn take_back(&self) -> Result<(), DirectoryError> {
        let path = self.change.path();
        let back = match (self.change, &self.before) {
            (FileChange::Move { from, to }, _) => fs::rename(to, from),
            (_, None) => fs::remove_file(path),
            (_, Some(bytes)) => Temporary::write(path, bytes).and_then(Temporary::take_place),
        };
        back.map_err(|source| DirectoryError::io("undo the change of", path, source))
    }
}

/// Gives a file or folder a name that nothing has.
fn move_new(from: &Path, to: &Path) -> io::Result<()> {
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// A complete file next to its target, which is removed unless it replaces the target.
struct Temporary {
    path: PathBuf,
    target: PathBuf,
}

/// Keeps the names of temporary files apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Temporary {
    fn write(target: &Path, bytes: &[u8]) -> io::Result<Self> {
        // A link keeps its target, and the file that it points to changes.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = target.with_file_name(format!(".{name}.{}-{number}.new", std::process::id()));
        // One of an earlier process with the same number, which was killed.
        fs::remove_file(&path).ok();
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let temporary = Self { path, target };
        file.write_all(bytes)?;
        if let Ok(metadata) = fs::metadata(&temporary.target) {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()?;
        Ok(temporary)
    }

    /// Takes the target's name unless a file has it.
    fn become_new(self) -> io::Result<()> {
        match fs::hard_link(&self.path, &self.target) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // Not every file system has links.
                OpenOptions::new().write(true).create_new(true).open(&self.target)?;
                fs::rename(&self.path, &self.target).inspect_err(|_| {
                    fs::remove_file(&self.target).ok();
                })
            }
            linked => linked,
        }
    }

    fn take_place(self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone already where it has taken its place.
        fs::remove_file(&self.path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(path: PathBuf) -> FileChange {
        FileChange::Create { path, text: "new".to_owned() }
    }

    fn replace(path: PathBuf) -> FileChange {
        FileChange::Replace { path, text: "new".to_owned() }
    }

    fn files(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let read = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap_or_default())
        };
        let mut files = entries.map(read).collect::<Vec<_>>();
        files.sort();
        files
    }

    #[test]
    fn a_failure_takes_the_changes_before_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("list"), "old").unwrap();
        fs::create_dir(at("taken")).unwrap();
        let before = files(folder.path());
        let failing = [
            vec![create(at("a")), replace(at("list")), FileChange::Delete { path: at("nothing") }],
            vec![create(at("a")), replace(at("list")), create(at("taken"))],
            vec![create(at("a")), replace(at("b")), replace(at("taken"))],
            vec![create(at("a")), replace(at("list")), replace(at("list/x"))],
            vec![replace(at("list")), create(at("list"))],
        ];
        for changes in failing {
            carry_out(&changes).unwrap_err();
            assert_eq!(files(folder.path()), before);
        }
        let error = carry_out(&[create(at("list"))]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{}` exists already; nothing was written", at("list").display())
        );
    }

    #[test]
    fn nothing_but_the_changes_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("list"), "old").unwrap();
        fs::write(at("old"), "old").unwrap();
        carry_out(&[create(at("a")), replace(at("list")), FileChange::Delete { path: at("old") }])
            .unwrap();
        let new = |name: &str| (name.to_owned(), "new".to_owned());
        assert_eq!(files(folder.path()), [new("a"), new("list")]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "old").unwrap();
        fs::set_permissions(at("file"), fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        carry_out(&[replace(at("link"))]).unwrap();
        assert!(at("link").symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "new");
        assert_eq!(at("file").metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }
}
