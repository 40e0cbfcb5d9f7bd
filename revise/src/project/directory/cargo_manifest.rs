//! What a `Cargo.toml` says, as far as it matters here. Read line by line, so that a broken one is no obstacle.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// Whether a folder's crate depends on what migrations need.
pub(super) fn is_migrating(folder: &Path) -> bool {
    read(folder)
        .is_some_and(|text| depends(&text, "sea-orm-migration") || depends(&text, "sea-revise"))
}

/// Whether a folder is the root of a workspace.
pub(super) fn is_workspace(folder: &Path) -> bool {
    read(folder)
        .is_some_and(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
}

/// The name of a folder's crate.
pub(super) fn package(folder: &Path) -> Option<String> {
    name_in(folder, "[package]")
}

/// The name by which code names a folder's crate.
pub(super) fn library(folder: &Path) -> Option<String> {
    name_in(folder, "[lib]").or_else(|| package(folder)).map(|name| name.replace('-', "_"))
}

/// The name that a section says.
fn name_in(folder: &Path, section: &str) -> Option<String> {
    let text = read(folder)?;
    let lines = text.lines().map(str::trim).skip_while(|line| *line != section).skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with('['));
    lines.find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The folders of the crates that a folder's crate depends on by their paths, also by way of its workspace.
pub(super) fn dependencies(folder: &Path) -> Vec<PathBuf> {
    let Some(text) = read(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in settings(&text, "dependencies") {
        if let Some(path) = quoted(&value, "path") {
            found.push(joined(folder, Path::new(&path)));
            continue;
        }
        if !value.split_once("workspace").is_some_and(|(_, rest)| rest.contains("true")) {
            continue;
        }
        let root = folder.ancestors().find(|folder| is_workspace(folder));
        let shared = root.and_then(|root| Some((root, read(root)?)));
        let shared = shared.and_then(|(root, text)| {
            let settings = settings(&text, "workspace.dependencies");
            let (_, value) = settings.into_iter().find(|(other, _)| *other == name)?;
            Some(joined(root, Path::new(&quoted(&value, "path")?)))
        });
        found.extend(shared);
    }
    found
}

/// The dependencies of a table, each with what is said about it.
fn settings(text: &str, table: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default().replace(['"', ' '], "");
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().replace('"', "");
        let own = section.strip_prefix(table).map(|rest| rest.strip_prefix('.').unwrap_or(rest));
        match own {
            Some("") => {
                let (name, rest) = key.split_once('.').unwrap_or((&key, ""));
                found.push((name.to_owned(), format!("{rest}={value}")));
            }
            Some(name) => found.push((name.to_owned(), format!("{key}={value}"))),
            None => {}
        }
    }
    found
}

/// A path without `..`, as far as that is possible.
pub(super) fn joined(folder: &Path, path: &Path) -> PathBuf {
    path.components().fold(folder.to_owned(), |mut whole, part| {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            part => whole.push(part),
        }
        whole
    })
}

/// The text of a key: `path = "…"`.
fn quoted(value: &str, key: &str) -> Option<String> {
    let (_, rest) = value.split_once(key)?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    rest.get(1..)?.split(quote).next().map(str::to_owned)
}

pub(super) fn read(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("Cargo.toml")).ok()
}

/// Whether a text names a dependency.
pub(super) fn depends(text: &str, name: &str) -> bool {
    let mut counts = false;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default().replace(['"', ' '], "");
            let (table, key) = match section.rsplit_once("dependencies.") {
                Some((table, key)) => (format!("{table}dependencies"), Some(key.to_owned())),
                None => (section, None),
            };
            counts = table == "dependencies"
                || (table.starts_with("target.") && table.ends_with(".dependencies"));
            if counts && key.is_some_and(|key| key == name) {
                return true;
            }
        } else if counts {
            let key = line.split(['=', '.', ' ', '\t']).next().unwrap_or_default();
            if key.trim_matches('"') == name {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_dependencies_are_found_however_they_are_written() {
        let root = tempfile::tempdir().unwrap();
        let shared = "[workspace]\nmembers = []\n[workspace.dependencies]\nb = { path = \"b\" }\n";
        fs::write(root.path().join("Cargo.toml"), shared).unwrap();
        let app = root.path().join("app");
        fs::create_dir(&app).unwrap();
        for (text, expected) in [
            ("[dependencies]\na = { version = \"1\", path = \"../a\" }", Some("a")),
            ("[dependencies]\na={path='../a'}", Some("a")),
            ("[dependencies.a]\nversion = \"1\"\npath = \"../a\"", Some("a")),
            ("[dependencies]\nb.workspace = true", Some("b")),
            ("[dependencies]\nb = { workspace = true, features = [] }", Some("b")),
            ("[dependencies.b]\nworkspace = true", Some("b")),
            ("[dependencies]\nb = \"1\"\n# a = { path = \"../a\" }", None),
            ("[dev-dependencies]\na = { path = \"../a\" }", None),
            ("[[bin]]\npath = \"src/x.rs\"", None),
        ] {
            fs::write(app.join("Cargo.toml"), text).unwrap();
            let expected = expected.map(|path| root.path().join(path));
            assert_eq!(dependencies(&app), expected.into_iter().collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn dependencies_are_found_however_they_are_written() {
        for (text, expected) in [
            ("[dependencies]\nsea-revise = \"0.1\"", true),
            ("[dependencies]\r\nserde = \"1\"\r\nsea-revise.workspace = true\r\n", true),
            ("[dependencies]\n\"sea-revise\" = { path = \"x\" }", true),
            ("[dependencies.sea-revise]\nversion = \"0.1\"", true),
            ("[ dependencies . sea-revise ]", true),
            ("[target.'cfg(unix)'.dependencies]\nsea-revise=\"1\"", true),
            ("[dependencies]\nsea-revise-more = \"0.1\"", false),
            ("[dependencies]\n# sea-revise = \"0.1\"", false),
            ("[workspace.dependencies]\nsea-revise = \"0.1\"", false),
            ("[dev-dependencies]\nsea-revise = \"0.1\"", false),
            ("[package]\nname = \"sea-revise\"", false),
            ("", false),
        ] {
            assert_eq!(depends(text, "sea-revise"), expected, "{text}");
        }
    }
}
