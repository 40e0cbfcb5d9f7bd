//! Migrations that have a file and are not listed: they are not applied, which may be meant.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{listing::Listing, module::Scope, names::has_migration, source::Sources};
use crate::revision::Revision;

/// A file with a migration that is not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unlisted {
    /// The module that it is, or would be.
    pub module: String,
    /// The file.
    pub path: PathBuf,
    /// Whether `mod …;` declares it.
    pub is_declared: bool,
}

/// Those next to the ones that are listed.
pub(super) fn find(sources: &Sources, listing: &Listing) -> Vec<Unlisted> {
    let listed = listing.entries.iter().filter_map(|entry| entry.file.as_deref());
    let listed = listed.collect::<Vec<_>>();
    let mut found: Vec<Unlisted> = Vec::new();
    for home in listing.homes() {
        let declared = home.modules(sources);
        let files = declared.iter().filter(|module| !module.is_inline).filter_map(|module| {
            let (module, path) = (module.name.clone(), module.file.clone()?);
            Some(Unlisted { module, path, is_declared: true })
        });
        let is_new = |one: &Unlisted| !declared.iter().any(|module| module.name == one.module);
        let others = files_in(&home.folder).into_iter().filter(is_new);
        for one in files.chain(others) {
            let is_known = listed.contains(&one.path.as_path())
                || listing.scope.source.path == one.path
                || found.iter().any(|other| other.path == one.path);
            if !is_known && is_migration(sources, &one) {
                found.push(one);
            }
        }
    }
    found
}

/// The files of a folder that could be modules, in the order of their names.
fn files_in(folder: &Path) -> Vec<Unlisted> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let module = |path: PathBuf| {
        let inner = path.join("mod.rs");
        let (file, name) = match inner.is_file() {
            true => (inner, path.file_name()?.to_str()?.to_owned()),
            false => (path.clone(), path.file_name()?.to_str()?.strip_suffix(".rs")?.to_owned()),
        };
        let is_module = file.is_file() && !["lib", "main", "mod"].contains(&name.as_str());
        is_module.then_some(Unlisted { module: name, path: file, is_declared: false })
    };
    let mut files = entries.filter_map(module).collect::<Vec<_>>();
    files.sort_by(|a, b| a.module.cmp(&b.module));
    files
}

/// Whether it has a migration, or is at least called like one.
fn is_migration(sources: &Sources, one: &Unlisted) -> bool {
    let number = one.module.trim_start_matches(['m', 'v', '_']);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let is_numbered = digits >= 3 && number.as_bytes().get(digits) == Some(&b'_');
    Revision::parse(&one.module).is_some()
        || is_numbered
        || sources.read(&one.path).is_ok_and(|source| has_migration(&Scope::of(source)))
}
