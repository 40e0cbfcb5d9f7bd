//! Finds the folder of migrations, and the file that registers them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Directory, DirectoryError, cargo_manifest,
    listing::{Listing, is_migrator},
    module::folder_of,
    source::Sources,
};
use crate::revision::Revision;

/// How many folders below `src` a list is looked for.
const DEPTH: usize = 4;

/// The folder that the user named.
pub(super) fn explicit(path: &Path) -> Result<Directory, DirectoryError> {
    let path = absolute(path);
    let found = inside(&path, true);
    let is_listed = |found: &Directory| found.listed().is_ok();
    if let Some(found) = found.as_ref().filter(|found| is_listed(found)) {
        return Ok(found.clone());
    }
    // A folder of modules whose list is in a file above it.
    let above = path.ancestors().skip(1).take_while(|folder| is_source(folder));
    let above = above.filter_map(|folder| inside(folder, false));
    let mut above = above.filter(|above| above.folder.starts_with(&path) && is_listed(above));
    above.next().or(found).ok_or(DirectoryError::NoMigrations(path))
}

/// The folder in or above another one.
pub(super) fn upwards(start: &Path) -> Result<Directory, DirectoryError> {
    let start = absolute(start);
    for folder in start.ancestors() {
        for name in ["migration", "migrations"] {
            let crate_folder = folder.join(name);
            if let Some(found) = inside(&crate_folder, cargo_manifest::is_migrating(&crate_folder))
            {
                return Ok(found);
            }
        }
        // A crate that only calls us has no list of its own, and may depend on the one that has.
        if cargo_manifest::is_migrating(folder)
            && let Some(found) = inside(folder, false).filter(holds)
        {
            return Ok(found);
        }
        let mut dependencies = cargo_manifest::dependencies(folder).into_iter();
        let found = dependencies.find_map(|folder| {
            let migrates = cargo_manifest::is_migrating(&folder);
            migrates.then(|| inside(&folder, false)).flatten().filter(holds)
        });
        if let Some(found) = found {
            return Ok(found);
        }
        if cargo_manifest::is_workspace(folder) || folder.join(".git").exists() {
            break;
        }
    }
    Err(DirectoryError::NotFound(start))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The migrations of a crate, its `src` or a folder. Where it is known to hold some, its list need not be recognised.
fn inside(path: &Path, known: bool) -> Option<Directory> {
    if !path.is_dir() {
        return None;
    }
    let source = path.join("src");
    let source =
        if path.join("Cargo.toml").is_file() && source.is_dir() { source } else { path.to_owned() };
    let own = match source.file_name().is_some_and(|name| name == "versions") {
        true => Some(source.clone()),
        false => Some(source.join("versions")).filter(|below| below.is_dir()),
    };
    let own = own.map(versions);
    let sources = Sources::default();
    let mut files = rust_files(&source, if is_source(&source) { DEPTH } else { 0 });
    if let Some(own) = &own {
        files.insert(0, own.registry.clone());
    }
    let listings = files.iter().filter(|file| may_list(&sources, file));
    if let Some(listing) = listings.clone().find_map(|file| Listing::find(&sources, file).ok()) {
        let (folder, registry) = (listing.home().0.folder, listing.scope.source.path.clone());
        return Some(Directory { folder, registry });
    }
    // A list that is written whole need not be there, and is no list while git shows a conflict in it.
    let is_broken = |file: &Path| sources.read(file).is_ok_and(|source| source.fault().is_some());
    let is_whole = |own: &Directory| !own.registry.is_file() || is_broken(&own.registry);
    if let Some(own) = own.iter().find(|own| is_whole(own)) {
        return Some(own.clone());
    }
    let migrator = |file: &&PathBuf| sources.read(file).is_ok_and(|source| is_migrator(&source));
    if let Some(file) = listings.clone().find(migrator) {
        return Some(Directory { folder: folder_of(file), registry: file.clone() });
    }
    if own.is_some() {
        return own;
    }
    let root =
        files.iter().find(|file| is_root(file) && file.parent() == Some(source.as_path()))?;
    let found = known || has_revision(&source);
    found.then(|| Directory { folder: source.clone(), registry: root.clone() })
}

/// Whether a folder really has migrations: a program may have one of this name for something else.
fn holds(found: &Directory) -> bool {
    let source = Sources::default().read(&found.registry);
    found.listed().is_ok()
        || has_revision(&found.folder)
        || source.is_ok_and(|source| is_migrator(&source))
}

/// Whether a folder is the `src` of a crate, or below it.
fn is_source(folder: &Path) -> bool {
    folder.ancestors().any(|folder| {
        folder.file_name().is_some_and(|name| name == "src")
            && folder.parent().is_some_and(|parent| parent.join("Cargo.toml").is_file())
    })
}

/// Whether a folder has a file that is named as the engine names them.
fn has_revision(folder: &Path) -> bool {
    rust_files(folder, 0).iter().any(|file| {
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        stem.is_some_and(|stem| Revision::parse(stem).is_some())
    })
}

/// Whether a file is worth to be parsed: it has the words of one of the forms of [`Listing`].
fn may_list(sources: &Sources, file: &Path) -> bool {
    let Ok(source) = sources.read(file) else { return false };
    let has = |word: &str| source.text.contains(word);
    let is_named = || has("Migration") && (has("fn migrations") || has("fn all"));
    has("MigratorTrait") || has("MigrationTrait") || is_named()
}

fn versions(folder: PathBuf) -> Directory {
    let sibling = folder.with_extension("rs");
    let registry = if sibling.is_file() { sibling } else { folder.join("mod.rs") };
    Directory { folder, registry }
}

/// The Rust files of a folder and of those in it: the outermost first, and of each folder those that may hold its modules.
fn rust_files(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    for _ in 0..=depth {
        let mut next = Vec::new();
        for folder in folders {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            let entries = entries.map(|entry| entry.path());
            let (inner, mut own): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
            own.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
            own.sort_by_key(|file| {
                let place = ROOTS
                    .iter()
                    .position(|root| file.file_name().is_some_and(|name| name == *root));
                (place.unwrap_or(ROOTS.len()), file.clone())
            });
            files.extend(own.into_iter().filter(|path| path.is_file()));
            next.extend(inner);
        }
        next.sort();
        folders = next;
    }
    files
}

const ROOTS: [&str; 3] = ["lib.rs", "mod.rs", "main.rs"];

fn is_root(file: &Path) -> bool {
    file.file_name().is_some_and(|name| ROOTS.iter().any(|root| name == *root))
}
