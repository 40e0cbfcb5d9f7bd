//! Folders of migrations: found, added to, taken from, and made.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what a test calls may panic as the test itself does"
)]

#[path = "directory/adopted.rs"]
mod adopted;
#[path = "directory/finding.rs"]
mod finding;
#[path = "directory/generated.rs"]
mod generated;
#[path = "directory/new_crate.rs"]
mod new_crate;
#[path = "directory/set_up.rs"]
mod set_up;

use std::{collections::BTreeMap, fs, path::Path};

use tempfile::TempDir;

const A: &str = "m20260901_090000_create_books";
const B: &str = "m20260908_090000_create_stores";
const C: &str = "m20260915_090000_add_page_count_to_books";
const SOURCE: &str = "pub struct Migration;\n";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Every file below a folder with its text.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
            }
        }
    }
    files
}
