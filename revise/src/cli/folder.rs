//! The folder of migrations, compared with what this program was built with.

use std::path::{Path, PathBuf};

use super::{Command, inspect::revision, write::stopped};
use crate::{
    error::{Error, Result},
    project::{
        accepted::Accepted,
        directory::{Assigned, Directory, DirectoryError, Listed, Unlisted, assign},
    },
    runtime::upgrade::named,
};

/// A migration of the list.
pub struct Row {
    /// What it is called: in the program, or else by its file.
    pub revision: String,
    /// Its module, where it is one of the crate.
    pub module: Option<String>,
    /// Its file, where there is one.
    pub path: Option<PathBuf>,
}

/// What was seen in a folder.
#[derive(Default)]
pub struct Seen {
    /// What does not fit this program.
    pub faults: Vec<String>,
    /// What may be meant as it is.
    pub remarks: Vec<String>,
}

impl Command<'_> {
    /// The folder of migrations: the one that is named, that of sea-orm-cli's variable, that of the crate which `cargo run`
    /// runs, or one here or above.
    pub fn directory(&self) -> Result<Directory> {
        let here = std::env::current_dir()
            .map_err(Error::file("cannot find out the working directory"))?;
        if self.globals.directory.is_none() {
            let folder = std::env::var_os("MIGRATION_DIR").filter(|folder| !folder.is_empty());
            let named = folder.and_then(|name| Directory::find(&here, Some(Path::new(&name))).ok());
            if let Some(named) = named.filter(|named| named.listed().is_ok()) {
                return Ok(named);
            }
            if let Some(own) = std::env::var_os("CARGO_MANIFEST_DIR")
                && let Ok(found) = Directory::find(Path::new(&own), None)
            {
                return Ok(found);
            }
        }
        let explicit: Option<&PathBuf> = self.globals.directory.as_ref();
        Directory::find(&here, explicit.map(PathBuf::as_path))
            .map_err(|error| Error::Usage(error.to_string()))
    }

    /// What the program was built with and what is listed have to be the same, or the next migration would repeat one that
    /// is not built yet.
    pub fn expect_built(&self, directory: &Directory) -> Result<()> {
        match self.seen_in(directory, directory.listed())?.faults.into_iter().next() {
            None => Ok(()),
            Some(fault) => Err(Error::History(fault)),
        }
    }

    /// What does not fit in the folder, and what may be meant.
    pub fn seen(&self) -> Result<Seen> {
        match self.own_directory()? {
            None => Ok(Seen::default()),
            Some(directory) => self.seen_in(&directory, directory.listed()),
        }
    }

    /// The folder of this program's migrations. Where none is named, none has to be there: an installed program has no
    /// sources, and a folder that shares no migration with it is another project's.
    pub fn own_directory(&self) -> Result<Option<Directory>> {
        let directory = match self.directory() {
            Err(error) if self.globals.directory.is_some() => return Err(error),
            Err(_) => return Ok(None),
            Ok(directory) => directory,
        };
        let known = self.revise.revisions();
        let shares = |listed: Vec<Listed>| assign(&known, &listed).certain > 0;
        let own = known.is_empty() || directory.listed().is_ok_and(shares);
        Ok((own || self.globals.directory.is_some()).then_some(directory))
    }

    /// The differences that are accepted beside the migrations.
    pub fn accepted(&self) -> Result<Accepted> {
        match self.own_directory()? {
            None => Ok(Accepted::default()),
            Some(directory) => Accepted::read(directory.folder()),
        }
    }

    fn seen_in(
        &self,
        directory: &Directory,
        listed: Result<Vec<Listed>, DirectoryError>,
    ) -> Result<Seen> {
        let listed = match listed {
            Ok(listed) => listed,
            // A list that is not understood says nothing; it is refused where it would be changed.
            Err(error @ DirectoryError::Unreadable { .. }) => {
                return Ok(Seen { faults: Vec::new(), remarks: vec![error.to_string()] });
            }
            Err(error) => return Err(stopped(error)),
        };
        let known = self.revise.revisions();
        let assigned = assign(&known, &listed);
        let place = Place { directory, known: &known, assigned: &assigned };
        let entries = listed.iter().enumerate();
        let mut faults =
            entries.filter_map(|(entry, one)| place.fault(entry, one)).collect::<Vec<_>>();
        let unlisted = known.iter().enumerate().filter(|(at, _)| assigned.entry(*at).is_none());
        faults.extend(unlisted.map(|(_, name)| {
            let registry = directory.registry().display();
            format!(
                "`{name}` is built into this program and is not listed in `{registry}`; name the folder with `-d`, or build again"
            )
        }));
        let unlisted = directory.unlisted().map_err(stopped)?;
        let remarks = unlisted.iter().map(|one| remark(directory, one)).collect();
        Ok(Seen { faults, remarks })
    }

    /// The migrations of the list, in its order.
    pub fn rows(&self, directory: &Directory) -> Vec<Row> {
        let known = self.revise.revisions();
        let Ok(listed) = directory.listed() else {
            let row = |revision: String| {
                let path = Some(directory.path(&revision)).filter(|path| path.is_file());
                Row { module: path.is_some().then(|| revision.clone()), revision, path }
            };
            return known.into_iter().map(row).collect();
        };
        let assigned = assign(&known, &listed);
        let places = assigned.migrations.iter().zip(listed);
        let rows = places.filter_map(|(place, one)| {
            let built = place.and_then(|place| known.get(place)).map(String::as_str);
            let revision = built.or(one.label())?.to_owned();
            Some(Row { revision, module: one.module, path: one.file })
        });
        rows.collect()
    }

    /// The migration of a name, a prefix or `head`; its module may be named as well, and one that is not listed.
    pub fn row(&self, directory: &Directory, given: &str) -> Result<Row> {
        let mut rows = self.rows(directory);
        let names = rows.iter().map(|row| row.revision.clone()).collect::<Vec<_>>();
        let unknown = match revision(&names, given) {
            Ok(name) => {
                let place = rows.iter().position(|row| row.revision == name);
                return place.map(|place| rows.swap_remove(place)).ok_or_else(|| stopped(name));
            }
            Err(error) => error,
        };
        rows.retain(|row| row.module.is_some());
        rows.extend(directory.unlisted().unwrap_or_default().into_iter().map(|one| Row {
            revision: one.module.clone(),
            module: Some(one.module),
            path: Some(one.path),
        }));
        let modules = rows.iter().filter_map(|row| row.module.clone()).collect::<Vec<_>>();
        let module = named(&modules, given).map_err(|_| unknown)?;
        let place = rows.iter().position(|row| row.module.as_ref() == Some(&module));
        place.map(|place| rows.swap_remove(place)).ok_or_else(|| stopped(module))
    }
}

/// A list beside the migrations of this program.
struct Place<'a> {
    directory: &'a Directory,
    known: &'a [String],
    assigned: &'a Assigned,
}

impl Place<'_> {
    /// What is wrong with an entry.
    fn fault(&self, entry: usize, one: &Listed) -> Option<String> {
        let folder = self.directory.folder().display();
        let registry = self.directory.registry().display();
        let built = self.assigned.migrations.get(entry).copied().flatten();
        let built = built.and_then(|place| self.known.get(place));
        match (built, &one.module, &one.file) {
            (Some(name), Some(_), None) => Some(format!(
                "`{name}` is built into this program and its file is not in `{folder}`; name the folder with `-d`, or build again"
            )),
            (None, Some(module), None) if !one.is_conditional => Some(format!(
                "`{module}` is listed in `{registry}` and its file is not in `{folder}`; bring the file back, or take it out of the list"
            )),
            (None, _, Some(_)) if !one.is_conditional => one.label().map(|name| {
                format!(
                    "`{name}` is in `{folder}` and this program was built without it; build it again, or, when it does not \
                     compile, fix the file first"
                )
            }),
            _ => None,
        }
    }
}

/// What is said about a migration that is not listed.
fn remark(directory: &Directory, Unlisted { module, path, is_declared }: &Unlisted) -> String {
    let registry = directory.registry().display();
    let what = match is_declared {
        true => format!("`{module}` is declared"),
        false => format!("`{module}` is in `{}`", path.display()),
    };
    format!(
        "{what} and is not listed in `{registry}`, so it is not applied; list it, or take the file away"
    )
}
