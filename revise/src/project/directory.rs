//! The folder of migrations: which are listed, where their files are, and how one comes or goes.
//!
//! The list is what counts: its order is the order, and a migration is the module of its entry, whatever the two are called.
//! A file and its registration change together or not at all. What was written by others is never overwritten: a
//! `versions/mod.rs` that says it is generated is written whole, any other list is changed at positions found by parsing,
//! and where the list is not recognised nothing is touched.

mod body;
mod built;
mod cargo_manifest;
mod companions;
mod edit;
mod error;
mod init;
mod listing;
mod locate;
mod module;
mod names;
mod place;
mod registry;
pub mod setup;
mod source;
mod templates;
mod unlisted;
mod vector;
mod write;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub(crate) use self::{
    built::{Assigned, assign},
    place::Place,
    setup::join,
    unlisted::Unlisted,
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

/// An entry of the list of migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What `name()` answers, as far as the file says it.
    pub name: Option<String>,
    /// The module that it is in; `None` for one that is declared elsewhere.
    pub module: Option<String>,
    /// The file with the migration, where there is one.
    pub file: Option<PathBuf>,
    /// Whether a `#[cfg(…)]` stands before it.
    pub is_conditional: bool,
}

impl Listed {
    /// Its name, or else that of its module.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.name.as_deref().or(self.module.as_deref())
    }
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

    /// The name by which code names the crate that it lies in.
    #[must_use]
    pub fn library_name(&self) -> Option<String> {
        self.folder.ancestors().find_map(cargo_manifest::library)
    }

    /// The file of a revision, whether or not it is there.
    #[must_use]
    pub fn path(&self, revision: &str) -> PathBuf {
        self.folder.join(format!("{revision}.rs"))
    }

    /// The files that are named as the engine names them, oldest first, whether or not they are listed.
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

    /// The names of the migrations that are listed, in the order in which they are applied; of one whose file does not say
    /// its name, that of its module.
    ///
    /// # Errors
    /// When the list cannot be read, or is not recognised.
    pub fn registered(&self) -> Result<Vec<String>, DirectoryError> {
        let listed = self.listed()?;
        Ok(listed.iter().filter_map(|one| one.label().map(str::to_owned)).collect())
    }

    /// The entries of the list, in the order in which they are applied.
    ///
    /// # Errors
    /// When the list cannot be read, or is not recognised.
    pub fn listed(&self) -> Result<Vec<Listed>, DirectoryError> {
        let registry = self.read()?;
        let listing = registry.listing()?;
        let listed = listing.entries.iter().map(|entry| Listed {
            name: entry.name(&registry.sources, &listing.scope),
            module: entry.module().map(|module| module.name.clone()),
            file: entry.file.clone(),
            is_conditional: entry.is_conditional,
        });
        Ok(listed.collect())
    }

    /// The migrations that have a file and are not listed.
    ///
    /// # Errors
    /// When the list cannot be read, or is not recognised.
    pub(crate) fn unlisted(&self) -> Result<Vec<Unlisted>, DirectoryError> {
        let registry = self.read()?;
        Ok(unlisted::find(&registry.sources, &registry.listing()?))
    }

    /// The newest of the dates in the names that the engine gives, of files and of modules that are listed.
    pub(crate) fn newest(&self) -> Result<Option<Revision>, DirectoryError> {
        let mut names = self.revisions()?;
        if let Ok(listing) = self.read().and_then(|registry| registry.listing()) {
            let modules = listing.entries.iter().filter_map(|entry| entry.module());
            names.extend(modules.map(|module| module.name.clone()));
        }
        Ok(names.iter().filter_map(|name| Revision::parse(name)).max())
    }

    /// Writes a revision's file and registers it after the last one.
    ///
    /// # Errors
    /// When the name is none of a revision, the file is there already, the revision is registered already, the list is
    /// not recognised, or something cannot be written. Nothing is changed then.
    pub fn add(&self, revision: &str, source: &str) -> Result<PathBuf, DirectoryError> {
        self.add_with(revision, source, None)
    }

    /// As [`Directory::add`], with frozen entities for the module `models` of the revision.
    pub(crate) fn add_with(
        &self,
        revision: &str,
        source: &str,
        models: Option<&str>,
    ) -> Result<PathBuf, DirectoryError> {
        check_name(revision)?;
        let path = self.path(revision);
        if path.symlink_metadata().is_ok() {
            return Err(DirectoryError::Exists(path));
        }
        let registry = Registry::read(&self.registry, &self.revisions()?)?;
        let path = registry.add(revision, source)?;
        let mut changes = registry.changes();
        changes.extend(models.map(|text| companions::new(&path, text)));
        write::carry_out(&changes)?;
        Ok(path)
    }

    /// Takes a revision's file and its registration away.
    ///
    /// # Errors
    /// When neither is there, the list is not recognised, or something cannot be written. Nothing is changed then.
    pub fn remove(&self, revision: &str) -> Result<(), DirectoryError> {
        check_name(revision)?;
        let registry = Registry::read(&self.registry, &self.revisions()?)?;
        let listing = registry.listing()?;
        let entry = listing.entries.iter().find(|entry| entry.is(revision));
        let file = entry.and_then(|entry| entry.file.clone()).or_else(|| {
            let path = self.path(revision);
            path.is_file().then_some(path)
        });
        if entry.is_none() && file.is_none() {
            return Err(self.missing(revision));
        }
        registry.remove(revision)?;
        let mut changes = registry.changes();
        changes.extend(file.iter().flat_map(|path| companions::without(path)));
        write::carry_out(&changes)?;
        companions::remove_empty(file.iter());
        Ok(())
    }

    /// Writes a revision's file and registers it in the place of several modules, whose files are taken away.
    ///
    /// # Errors
    /// When the name is none of a revision, or does not fit between the others, the file is there already, one of the old files is not,
    /// the list is not recognised, or something cannot be written. Nothing is changed then.
    pub fn replace(
        &self,
        old: &[String],
        revision: &str,
        source: &str,
    ) -> Result<PathBuf, DirectoryError> {
        check_name(revision)?;
        let registry = self.read()?;
        let listing = registry.listing()?;
        let mut gone = Vec::with_capacity(old.len());
        for name in old {
            let entry = listing.entries.iter().find(|entry| entry.is(name));
            let file = entry.and_then(|entry| entry.file.clone());
            gone.push(file.ok_or_else(|| self.missing(name))?);
        }
        let path = registry.replace(old, revision, source)?;
        let mut changes = registry.changes();
        changes.extend(gone.iter().flat_map(|path| companions::without(path)));
        write::carry_out(&changes)?;
        companions::remove_empty(gone.iter());
        Ok(path)
    }

    /// Gives a revision another name, in the file's name, in the registration, and in the file where it says its name, and
    /// puts it after the last one. What other files say about it in their comments stays.
    ///
    /// # Errors
    /// When there is no such revision, the new one is there already, the list is not recognised, or something cannot be
    /// written. Nothing is changed then.
    pub fn redate(&self, old: &str, new: &str) -> Result<PathBuf, DirectoryError> {
        check_name(old)?;
        check_name(new)?;
        let registry = Registry::read(&self.registry, &self.revisions()?)?;
        let listed = registry.listing().ok().and_then(|listing| {
            listing.entries.into_iter().find(|entry| entry.is(old)).and_then(|entry| entry.file)
        });
        let from = listed.unwrap_or_else(|| self.path(old));
        if !from.is_file() {
            return Err(self.missing(old));
        }
        let path = registry.rename(old, new)?;
        let mut changes = registry.changes();
        changes.extend(companions::moved(&from, &path));
        changes.push(FileChange::Delete { path: from });
        write::carry_out(&changes)?;
        Ok(path)
    }

    /// Puts the migration of a module after the last one, as it is.
    ///
    /// # Errors
    /// When it is not listed, the list is not recognised, or something cannot be written. Nothing is changed then.
    pub fn move_last(&self, module: &str) -> Result<(), DirectoryError> {
        let registry = self.read()?;
        if !registry.listing()?.entries.iter().any(|entry| entry.is(module)) {
            return Err(self.missing(module));
        }
        registry.move_last(module)?;
        write::carry_out(&registry.changes())
    }

    fn read(&self) -> Result<Registry, DirectoryError> {
        Registry::read(&self.registry, &self.revisions().unwrap_or_default())
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
