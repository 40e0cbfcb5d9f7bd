//! The folder of migrations, compared with what this program was built with.

use std::path::{Path, PathBuf};

use super::{Command, write::stopped};
use crate::{
    error::{Error, Result},
    project::directory::Directory,
};

impl Command<'_> {
    /// The folder of migrations: the one that is named, that of the crate which `cargo run` runs, or one here or above.
    pub fn directory(&self) -> Result<Directory> {
        if self.globals.directory.is_none()
            && let Some(own) = std::env::var_os("CARGO_MANIFEST_DIR")
            && let Ok(found) = Directory::find(Path::new(&own), None)
        {
            return Ok(found);
        }
        let here = std::env::current_dir()
            .map_err(Error::file("cannot find out the working directory"))?;
        let explicit: Option<&PathBuf> = self.globals.directory.as_ref();
        Directory::find(&here, explicit.map(PathBuf::as_path))
            .map_err(|error| Error::Usage(error.to_string()))
    }

    /// What the program was built with and what lies in the folder have to be the same, or the next migration would
    /// repeat one that is not built yet.
    pub fn expect_built(&self, directory: &Directory) -> Result<()> {
        match self.unbuilt(directory)?.into_iter().next() {
            None => Ok(()),
            Some(fault) => Err(Error::History(fault)),
        }
    }

    /// What does not fit in the folder. Where none is named, none has to be there: an installed program has no sources,
    /// and a folder that shares no migration with it is another project's.
    pub fn folder_faults(&self) -> Result<Vec<String>> {
        let directory = match self.directory() {
            Err(error) if self.globals.directory.is_some() => return Err(error),
            Err(_) => return Ok(Vec::new()),
            Ok(directory) => directory,
        };
        let found = directory.revisions().map_err(stopped)?;
        let known = self.revise.revisions();
        let own = known.is_empty() || known.iter().any(|name| found.contains(name));
        if own || self.globals.directory.is_some() {
            return self.unbuilt(&directory);
        }
        Ok(Vec::new())
    }

    fn unbuilt(&self, directory: &Directory) -> Result<Vec<String>> {
        let known = self.revise.revisions();
        let found = directory.revisions().map_err(stopped)?;
        let folder = directory.folder().display();
        // A list that is not understood says nothing.
        let listed = directory.registered().ok();
        let unlisted = |name| listed.as_ref().is_some_and(|listed| !listed.contains(name));
        let mut faults = Vec::new();
        for name in found.iter().filter(|name| !known.contains(name)) {
            faults.push(if unlisted(name) {
                format!(
                    "`{name}` is in `{folder}` and is not listed in `{}`; add it there, or take the file away",
                    directory.registry().display()
                )
            } else {
                format!(
                    "`{name}` is in `{folder}` and this program was built without it; build it again, or, when it does not \
                     compile, fix the file first"
                )
            });
        }
        for name in known.iter().filter(|name| !found.contains(name)) {
            faults.push(format!(
                "`{name}` is built into this program and its file is not in `{folder}`; name the folder with `-d`, or build again"
            ));
        }
        Ok(faults)
    }
}
