//! The generated files of the cases, as they are compiled into this test.
//!
//! `BLESS=1 cargo test -p sea-revise --test cases` writes them anew; the next build compiles them, and the next run runs them.

use std::{fs, path::PathBuf};

use sea_orm::DbBackend;
use sea_orm_migration::MigrationTrait;

use crate::case::{Backends, Case};

#[expect(clippy::too_many_lines, reason = "written whole by `BLESS`: one line for each file")]
mod list;

/// The compiled migration of a file.
pub fn find(name: &str) -> Option<Box<dyn MigrationTrait>> {
    list::all().into_iter().find(|migration| migration.name() == name)
}

/// Compares what was generated with the file; with `BLESS` writes the file.
///
/// # Errors
/// When it is another text.
pub fn expect(case: &Case, step: usize, backend: DbBackend, source: &str) -> Result<(), String> {
    let both = format!("{}_{step}", case.name);
    let word = if backend == DbBackend::Sqlite { "sqlite" } else { "postgres" };
    let own = format!("{both}_{word}");
    let read = |name: &str| fs::read_to_string(path(name)).ok();
    // One file for both where both are the same; the first to come writes it, the other one stands beside it.
    let existing = read(&own).or_else(|| read(&both));
    if existing.as_deref() == Some(source) {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_none() {
        let file = if read(&own).is_some() { own } else { both };
        return Err(format!("golden/{file}.rs is not what was generated:\n{source}"));
    }
    let name = if case.backends == Backends::Both
        && read(&both).is_some()
        && backend == DbBackend::Postgres
    {
        own
    } else {
        both
    };
    fs::write(path(&name), source).expect("the file can be written");
    write_list();
    Err(format!("golden/{name}.rs was written; build and run again"))
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/golden").join(format!("{name}.rs"))
}

fn write_list() {
    let folder = path("list").with_file_name("");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder can be read")
        .filter_map(|entry| {
            entry.ok()?.file_name().to_str()?.strip_suffix(".rs").map(str::to_owned)
        })
        .filter(|name| name != "list")
        .collect();
    names.sort();
    let modules = names.iter().map(|name| format!("#[path = \"{name}.rs\"]\nmod {name};\n"));
    let entries = names.iter().map(|name| format!("        Box::new({name}::Migration),\n"));
    let text = format!(
        "//! The generated files, written with them.\n\nuse sea_orm_migration::MigrationTrait;\n\n{}\n\
         /// Every one of them.\npub fn all() -> Vec<Box<dyn MigrationTrait>> {{\n    vec![\n{}    ]\n}}\n",
        modules.collect::<String>(),
        entries.collect::<String>()
    );
    fs::write(path("list"), text).expect("the list can be written");
}
