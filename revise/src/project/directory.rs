//! The folder of migrations: which files are there, which are registered, and how one comes or goes.
//!
//! A file and its registration change together or not at all. What was written by others is never overwritten: a
//! `versions/mod.rs` that says it is generated is written whole, any other list is changed at positions found by parsing,
//! and where the list is not recognised nothing is touched.

mod cargo_manifest;
mod edit;
mod error;
mod init;
mod listing;
mod locate;
mod registry;
mod templates;
mod vector;
mod write;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use self::{
    error::DirectoryError,
    init::{InitOptions, Initialised, init},
};
use self::{registry::Registry, write::FileChange};
use crate::revision::Revision;

/// A folder of migrations and the file that registers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    folder: PathBuf,
    registry: PathBuf,
}

impl Directory {
    /// The folder of migrations for a user whose working directory is `start`.
    ///
    /// `explicit` is a crate, its `src` or the folder itself. Without it, `migration`, `migrations` and the crate in
    /// `start` are looked at, then the same in the folders above up to the root of the workspace.
    ///
    /// # Errors
    /// When there is none, or `explicit` is none.
    pub fn find(start: &Path, explicit: Option<&Path>) -> Result<Self, DirectoryError> {
        match explicit {
            Some(path) => locate::explicit(&start.join(path)),
            None => locate::upwards(start),
        }
    }

    /// The folder that the files are in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that registers them: `versions/mod.rs`, or the `lib.rs` of an adopted crate.
    #[must_use]
    pub fn registry(&self) -> &Path {
        &self.registry
    }

    /// The name of the crate that it lies in.
    #[must_use]
    pub fn crate_name(&self) -> Option<String> {
        self.folder.ancestors().find_map(cargo_manifest::package)
    }

    /// The file of a revision, whether or not it is there.
    #[must_use]
    pub fn path(&self, revision: &str) -> PathBuf {
        self.folder.join(format!("{revision}.rs"))
    }

    /// The revisions that have a file, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn revisions(&self) -> Result<Vec<String>, DirectoryError> {
        let failed = |source| DirectoryError::io("read", &self.folder, source);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let stem = path
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| name.strip_suffix(".rs"));
            if let Some(stem) = stem
                && Revision::parse(stem).is_some()
                && path.is_file()
            {
                names.push(stem.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The revisions that are registered, in the order in which they are applied.
    ///
    /// # Errors
    /// When the registration cannot be read, or its list is not recognised.
    pub fn registered(&self) -> Result<Vec<String>, DirectoryError> {
        Registry::read(&self.registry)?.names()
    }

    /// Writes a revision's file and registers it.
    ///
    /// # Errors
    /// When the name is none of a revision, the file is there already, the revision is registered already, the list is
    /// not recognised, or something cannot be written. Nothing is changed then.
    pub fn add(&self, revision: &str, source: &str) -> Result<PathBuf, DirectoryError> {
        check_name(revision)?;
        let path = self.path(revision);
        if path.symlink_metadata().is_ok() {
            return Err(DirectoryError::Exists(path));
        }
        let mut files = self.revisions()?;
        files.push(revision.to_owned());
        files.sort();
        let text = Registry::read(&self.registry)?.with(revision, &files)?;
        write::carry_out(&[
            FileChange::Create { path: path.clone(), text: source.to_owned() },
            FileChange::Replace { path: self.registry.clone(), text },
        ])?;
        Ok(path)
    }

    /// Takes a revision's file and its registration away.
    ///
    /// # Errors
    /// When neither is there, the list is not recognised, or something cannot be written. Nothing is changed then.
    pub fn remove(&self, revision: &str) -> Result<(), DirectoryError> {
        check_name(revision)?;
        let files = self.revisions()?;
        let registry = Registry::read(&self.registry)?;
        let on_disk = files.iter().any(|name| name == revision);
        let registered = registry.names()?.iter().any(|name| name == revision);
        if !on_disk && !registered {
            return Err(self.missing(revision));
        }
        let rest = files.into_iter().filter(|name| name != revision).collect::<Vec<_>>();
        let mut changes = Vec::new();
        if registered {
            let text = registry.without(revision, &rest)?;
            changes.push(FileChange::Replace { path: self.registry.clone(), text });
        }
        if on_disk {
            changes.push(FileChange::Delete { path: self.path(revision) });
        }
        write::carry_out(&changes)
    }

    /// Gives a revision another name, in the file's name, in the registration, and in the file where it says its name.
    /// What other files say about it in their comments stays.
    ///
    /// # Errors
    /// When there is no such revision, the new one is there already, the list is not recognised, or something cannot be
    /// written. Nothing is changed then.
    pub fn redate(&self, old: &str, new: &str) -> Result<PathBuf, DirectoryError> {
        check_name(old)?;
        check_name(new)?;
        let (from, to) = (self.path(old), self.path(new));
        if !from.is_file() {
            return Err(self.missing(old));
        }
        if to.symlink_metadata().is_ok() {
            return Err(DirectoryError::Exists(to));
        }
        let mut files = self.revisions()?;
        files.retain(|name| name != old);
        files.push(new.to_owned());
        files.sort();
        let text = Registry::read(&self.registry)?.renamed(old, new, &files)?;
        let source = fs::read_to_string(&from)
            .map_err(|source| DirectoryError::io("read", &from, source))?;
        write::carry_out(&[
            FileChange::Create {
                path: to.clone(),
                text: listing::rename_inside(&source, old, new),
            },
            FileChange::Replace { path: self.registry.clone(), text },
            FileChange::Delete { path: from },
        ])?;
        Ok(to)
    }

    fn missing(&self, revision: &str) -> DirectoryError {
        DirectoryError::Missing { revision: revision.to_owned(), folder: self.folder.clone() }
    }
}

/// A name that is a module, a file and no path out of the folder.
fn check_name(revision: &str) -> Result<(), DirectoryError> {
    match Revision::parse(revision) {
        Some(_) => Ok(()),
        None => Err(DirectoryError::Name(revision.to_owned())),
    }
}
