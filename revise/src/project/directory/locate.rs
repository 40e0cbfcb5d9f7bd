//! Finds the folder of migrations, and the file that registers them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Directory, DirectoryError, cargo_manifest,
    listing::{Listing, split_mark},
};
use crate::revision::Revision;

/// The folder that the user named.
pub(super) fn explicit(path: &Path) -> Result<Directory, DirectoryError> {
    let path = absolute(path);
    inside(&path, true).ok_or(DirectoryError::NoMigrations(path))
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
        // A crate that only calls us has no list of its own.
        if cargo_manifest::is_migrating(folder)
            && let Some(found) = inside(folder, false)
        {
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
    if source.file_name().is_some_and(|name| name == "versions") {
        return Some(versions(source));
    }
    let below = source.join("versions");
    if below.is_dir() {
        return Some(versions(below));
    }
    let files = rust_files(&source);
    if let Some(registry) = files.iter().find(|file| lists(file)) {
        return Some(Directory {
            folder: folder_of(registry, &source),
            registry: registry.clone(),
        });
    }
    let is_revision = |file: &PathBuf| {
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        stem.is_some_and(|stem| Revision::parse(stem).is_some())
    };
    let root = files.iter().find(|file| is_root(file))?;
    let found = known || files.iter().any(is_revision);
    found.then(|| Directory { folder: source.clone(), registry: root.clone() })
}

fn versions(folder: PathBuf) -> Directory {
    let sibling = folder.with_extension("rs");
    let registry = if sibling.is_file() { sibling } else { folder.join("mod.rs") };
    Directory { folder, registry }
}

/// The Rust files of a folder: those that may hold its modules first.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_rust = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "rs") && path.is_file()
    };
    let mut files = entries.filter(is_rust).collect::<Vec<_>>();
    files.sort_by_key(|file| {
        let place =
            ROOTS.iter().position(|root| file.file_name().is_some_and(|name| name == *root));
        (place.unwrap_or(ROOTS.len()), file.clone())
    });
    files
}

const ROOTS: [&str; 3] = ["lib.rs", "mod.rs", "main.rs"];

fn is_root(file: &Path) -> bool {
    file.file_name().is_some_and(|name| ROOTS.iter().any(|root| name == *root))
}

fn lists(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| Listing::parse(split_mark(&text).1).is_some())
}

/// Where Rust looks for the modules that a file declares.
fn folder_of(file: &Path, source: &Path) -> PathBuf {
    match file.file_stem() {
        Some(stem) if !is_root(file) => source.join(stem),
        _ => source.to_owned(),
    }
}
