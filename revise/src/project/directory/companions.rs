//! What belongs to the file of a migration and lies in the folder of its name, where Rust looks for its modules: frozen entities.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::write::FileChange;

const MODELS: &str = "models.rs";

/// The folder of the modules of a migration's file, which is one of its own name.
fn folder(file: &Path) -> Option<PathBuf> {
    let is_of_folder = file.file_name().is_some_and(|name| name == "mod.rs");
    (!is_of_folder).then(|| file.with_extension(""))
}

/// The file of frozen entities that is written with a migration.
pub(super) fn new(file: &Path, text: &str) -> FileChange {
    FileChange::Create { path: file.with_extension("").join(MODELS), text: text.to_owned() }
}

/// What goes with a migration's file: itself and its frozen entities. What else is in its folder somebody else has put there.
pub(super) fn without(file: &Path) -> Vec<FileChange> {
    let models = folder(file).map(|folder| folder.join(MODELS)).filter(|path| path.is_file());
    [file.to_owned()].into_iter().chain(models).map(|path| FileChange::Delete { path }).collect()
}

/// Removes the folders of migrations that are gone, where nothing is in them any more.
pub(super) fn remove_empty<'a>(files: impl Iterator<Item = &'a PathBuf>) {
    for folder in files.filter_map(|file| folder(file)) {
        fs::remove_dir(folder).ok();
    }
}

/// What is moved when a migration's file gets another name: the folder of its modules.
pub(super) fn moved(from: &Path, to: &Path) -> Option<FileChange> {
    let (from, to) = (folder(from)?, folder(to)?);
    from.is_dir().then_some(FileChange::Move { from, to })
}
