//! A folder `versions` whose `mod.rs` is written whole.

use std::{fs, path::Path};

use sea_revise::project::directory::{Directory, DirectoryError};
use tempfile::TempDir;

use super::{A, B, C, SOURCE, contents, folder};

fn versions(files: &[(&str, &str)]) -> (TempDir, Directory) {
    let root = folder(files);
    fs::create_dir_all(root.path().join("versions")).unwrap();
    let directory = Directory::find(root.path(), Some(Path::new("versions"))).unwrap();
    (root, directory)
}

const TWO: &str = "//! The revisions, oldest first. Generated whole from the files beside it: what you write here is lost.

use sea_revise::prelude::MigrationTrait;

mod m20260901_090000_create_books;
mod m20260908_090000_create_stores;

/// Every revision in the order in which it is applied.
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20260901_090000_create_books::Migration),
        Box::new(m20260908_090000_create_stores::Migration),
    ]
}
";

#[test]
fn the_list_is_that_of_the_files() {
    let (root, directory) = versions(&[]);
    assert_eq!(directory.revisions().unwrap(), [""; 0]);
    assert_eq!(directory.registered().unwrap(), [""; 0]);
    assert_eq!(directory.add(B, SOURCE).unwrap(), directory.path(B));
    directory.add(A, SOURCE).unwrap();
    let files = contents(root.path());
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [
            "versions/m20260901_090000_create_books.rs",
            "versions/m20260908_090000_create_stores.rs",
            "versions/mod.rs"
        ]
    );
    assert_eq!(files["versions/mod.rs"], TWO);
    assert_eq!(files["versions/m20260901_090000_create_books.rs"], SOURCE);
    assert_eq!(directory.revisions().unwrap(), [A, B]);
    assert_eq!(directory.registered().unwrap(), [A, B]);

    directory.add(C, SOURCE).unwrap();
    directory.remove(C).unwrap();
    assert_eq!(contents(root.path()), files);
    directory.remove(A).unwrap();
    directory.remove(B).unwrap();
    assert_eq!(contents(root.path()).len(), 1);
    assert_eq!(directory.registered().unwrap(), [""; 0]);
}

#[test]
fn stray_files_are_no_revisions() {
    let stray = [
        ("versions/README.md", ""),
        ("versions/rebuild.rs", ""),
        ("versions/m20260901_090000_create_books.rs~", ""),
        ("versions/.m20260901_090000_create_books.rs.swp", ""),
        ("versions/.m20260901_090000_create_books.rs.7-0.new", ""),
        ("versions/m20260901_090000_create-books.rs", ""),
        ("versions/m20269999_090000_x.rs", ""),
        ("versions/m20260901_090000_folder/mod.rs", ""),
        ("versions/m20260901_090000_folder.rs/x", ""),
        ("versions/type.rs", ""),
    ];
    let (root, directory) = versions(&stray);
    assert_eq!(directory.revisions().unwrap(), [""; 0]);
    directory.add(B, SOURCE).unwrap();
    assert_eq!(directory.registered().unwrap(), [B]);
    let mut files = contents(root.path());
    files.remove("versions/mod.rs");
    files.remove(&format!("versions/{B}.rs"));
    assert_eq!(files.len(), stray.len());
}

#[test]
fn a_name_that_is_none_is_refused() {
    let (root, directory) = versions(&[]);
    for name in [
        "mod",
        "type",
        "self",
        "crate",
        "",
        "../x",
        "m20260901_090000_../../x",
        "m20260901_090000_a b",
        "M20260901_090000_x",
    ] {
        for error in [
            directory.add(name, SOURCE).unwrap_err(),
            directory.remove(name).unwrap_err(),
            directory.redate(name, A).unwrap_err(),
            directory.redate(A, name).unwrap_err(),
        ] {
            assert!(matches!(&error, DirectoryError::Name(given) if given == name), "{error}");
        }
    }
    assert_eq!(contents(root.path()).len(), 0);
}

#[test]
fn nothing_is_overwritten() {
    let (root, directory) = versions(&[]);
    directory.add(A, SOURCE).unwrap();
    let before = contents(root.path());
    let error = directory.add(A, "other").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` exists already; nothing was written", directory.path(A).display())
    );
    assert!(matches!(directory.remove(B).unwrap_err(), DirectoryError::Missing { .. }));
    assert!(matches!(directory.redate(B, C).unwrap_err(), DirectoryError::Missing { .. }));
    assert!(matches!(directory.redate(A, A).unwrap_err(), DirectoryError::Exists(_)));
    assert_eq!(contents(root.path()), before);
}

#[test]
fn what_others_wrote_into_a_generated_list_is_kept() {
    let own = TWO
        .replace("mod m20260908", "mod rebuild;\nmod m20260908")
        .replace("pub fn all", "#[rustfmt::skip]\npub fn all");
    let files = [("versions/mod.rs", own.as_str()), ("versions/x.rs", "")];
    let (root, directory) = versions(&files);
    directory.add(C, SOURCE).unwrap();
    let text = &contents(root.path())["versions/mod.rs"];
    let expected = own.replace("create_stores;\n", &format!("create_stores;\nmod {C};\n")).replace(
        "create_stores::Migration),\n",
        &format!("create_stores::Migration),\n        Box::new({C}::Migration),\n"),
    );
    assert_eq!(*text, expected);
    // A list that does not say it is generated is none of ours, whatever it holds.
    let foreign =
        TWO.replace(" Generated whole from the files beside it: what you write here is lost.", "");
    let (root, directory) = versions(&[("versions/mod.rs", &foreign)]);
    directory.add(C, SOURCE).unwrap();
    let text = &contents(root.path())["versions/mod.rs"];
    assert!(
        text.starts_with("//! The revisions, oldest first.\n") && text.contains("mod m20260901"),
        "{text}"
    );
}

#[test]
fn a_conflict_of_branches_is_resolved_by_writing_the_list_anew() {
    let conflict = TWO.replace(
        "mod m20260908_090000_create_stores;\n",
        "<<<<<<< HEAD\nmod m20260908_090000_create_stores;\n=======\nmod m20260907_x;\n>>>>>>> other\n",
    );
    let (root, directory) = versions(&[("versions/mod.rs", &conflict)]);
    directory.add(B, SOURCE).unwrap();
    directory.add(A, SOURCE).unwrap();
    assert_eq!(contents(root.path())["versions/mod.rs"], TWO);
    // Any other text that does not parse may be somebody's work.
    let (_root, directory) = versions(&[("versions/mod.rs", &TWO.replace("pub fn", "pub fun"))]);
    assert!(matches!(directory.add(C, SOURCE).unwrap_err(), DirectoryError::NotRecognised { .. }));
}

#[test]
fn an_entry_without_a_file_goes_and_a_file_without_an_entry_stays_out() {
    let (root, directory) = versions(&[
        ("versions/mod.rs", TWO),
        ("versions/m20260907_090000_lost.rs", ""),
        ("versions/m20260901_090000_create_books.rs", ""),
    ]);
    directory.add(C, SOURCE).unwrap();
    assert_eq!(directory.registered().unwrap(), [A, C]);
    assert_eq!(contents(root.path()).len(), 4);
}

#[test]
fn lines_end_as_before() {
    let (root, directory) = versions(&[("versions/mod.rs", &TWO.replace('\n', "\r\n"))]);
    directory.add(A, SOURCE).unwrap();
    directory.add(B, SOURCE).unwrap();
    assert_eq!(contents(root.path())["versions/mod.rs"], TWO.replace('\n', "\r\n"));
}

#[test]
fn a_redated_revision_takes_its_name_along() {
    let (root, directory) = versions(&[]);
    let says = |name: &str| {
        format!(
            "pub struct Migration;\n\nimpl MigrationName for Migration {{\n\
             \x20   fn name(&self) -> &str {{\n        \"{name}\"\n    }}\n}}\n// {A}\n"
        )
    };
    directory.add(A, &says(A)).unwrap();
    directory.add(B, SOURCE).unwrap();
    let new = "m20260910_090000_create_books";
    assert_eq!(directory.redate(A, new).unwrap(), directory.path(new));
    assert_eq!(directory.registered().unwrap(), [B, new]);
    assert_eq!(directory.revisions().unwrap(), [B, new]);
    assert_eq!(contents(root.path())[&format!("versions/{new}.rs")], says(new));
    assert_eq!(contents(root.path()).len(), 3);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let (root, directory) = versions(&[("versions/mod.rs", TWO)]);
    fs::remove_dir_all(root.path().join("versions")).unwrap();
    fs::write(root.path().join("versions"), "a file").unwrap();
    let before = contents(root.path());
    for error in [
        directory.add(A, SOURCE).unwrap_err(),
        directory.remove(A).unwrap_err(),
        directory.revisions().unwrap_err(),
    ] {
        let path = directory.folder().display().to_string();
        assert!(error.to_string().starts_with(&format!("cannot read `{path}`: ")), "{error}");
    }
    assert_eq!(contents(root.path()), before);
    // A list that is a folder cannot be read, and no file is left behind.
    let (root, directory) = versions(&[("versions/mod.rs/x", "")]);
    let error = directory.add(A, SOURCE).unwrap_err();
    assert!(error.to_string().contains("versions/mod.rs`: "), "{error}");
    assert_eq!(contents(root.path()).len(), 1);
}
