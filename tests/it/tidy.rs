//! What the compiler cannot check: the layout of the repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn rust_files() -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&repository(), &mut found);
    assert!(found.len() > 30, "{found:?}");
    found
}

fn each_file(broken: impl Fn(&Path, &str) -> Option<String>) {
    let faults: Vec<String> = rust_files()
        .iter()
        .filter_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            broken(path, &text).map(|fault| format!("{}: {fault}", path.display()))
        })
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_file_says_first_what_it_is_for() {
    each_file(|_, text| {
        (!text.starts_with("//! ")).then(|| "does not begin with `//! `".to_owned())
    });
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    each_file(|_, text| {
        let lines = text.lines().count();
        (lines > 400).then(|| format!("has {lines} lines; split it by operation"))
    });
}

#[test]
fn every_file_is_named_after_its_subject() {
    let catch_all = ["common", "shared", "utils", "helpers", "types"];
    // Types of columns are the subject of these cases.
    let exception = Path::new("revise/tests/cases/types.rs");
    let repository = repository();
    each_file(|path, _| {
        let path = path.strip_prefix(&repository).ok().filter(|path| *path != exception)?;
        let file = path.with_extension("");
        let name = file.iter().find(|part| catch_all.iter().any(|name| part == name))?;
        Some(format!("`{}` is the name of a catch-all; name a subject", name.display()))
    });
}

#[test]
fn no_line_is_longer_than_a_screen() {
    each_file(|_, text| {
        let long = text.lines().position(|line| line.chars().count() > 140)?;
        Some(format!("line {} has more than 140 characters", long + 1))
    });
}

#[test]
fn revisions_know_no_entity() {
    each_file(|path, text| {
        let revision = path.components().any(|part| part.as_os_str() == "versions");
        (revision && text.contains("entity::"))
            .then(|| "imports an entity; history names columns by strings".to_owned())
    });
}

#[test]
fn nothing_is_left_to_do_later() {
    let marks = ["TO", "FIX", "X"]
        .iter()
        .zip(["DO", "ME", "XX"])
        .map(|(a, b)| format!("{a}{b}"))
        .collect::<Vec<_>>();
    each_file(|_, text| {
        marks.iter().find(|mark| text.contains(mark.as_str())).map(|mark| format!("says {mark}"))
    });
}

#[test]
fn the_gate_runs_the_test_command_of_the_readme() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let gate = fs::read_to_string(repository().join(".ci/run")).unwrap();
    let command = readme
        .lines()
        .find(|line| line.starts_with("cargo test"))
        .expect("the README has the test command");
    assert!(gate.lines().any(|line| line.trim() == command), ".ci/run does not run `{command}`");
}
