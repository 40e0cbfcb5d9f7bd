//! A `Cargo.toml` that lines are added to. Every other byte stays.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::super::{cargo_manifest, write::FileChange};

/// How many folders below the root of a workspace its crates are looked for.
const DEPTH: usize = 4;

/// A `Cargo.toml`.
pub(super) struct Manifest {
    pub folder: PathBuf,
    /// The name of the package.
    name: String,
    text: String,
    is_changed: bool,
}

impl Manifest {
    /// That of a package; `None` where a folder has none.
    pub fn of_package(folder: &Path) -> Option<Self> {
        let name = cargo_manifest::package(folder)?;
        Some(Self { name, ..Self::read(folder)? })
    }

    /// That of a package or of a workspace.
    pub fn read(folder: &Path) -> Option<Self> {
        let (name, text) = (String::new(), cargo_manifest::read(folder)?);
        Some(Self { folder: folder.to_owned(), name, text, is_changed: false })
    }

    /// What is to be written, where something was added.
    pub fn change(self) -> Option<FileChange> {
        let path = self.folder.join("Cargo.toml");
        self.is_changed.then_some(FileChange::Replace { path, text: self.text })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn depends_on(&self, name: &str) -> bool {
        cargo_manifest::depends(&self.text, name)
    }

    /// Adds a dependency that is not there.
    pub fn add_dependency(&mut self, name: &str, value: &str) {
        if !self.depends_on(name) {
            self.add("dependencies", &format!("{name} = {value}"));
        }
    }

    /// Says which program `cargo run` means, where there is only one so far.
    pub fn keep_default_run(&mut self) {
        if !self.text.lines().any(|line| line.trim_start().starts_with("default-run")) {
            let line = format!("default-run = \"{}\"", self.name);
            self.add("package", &line);
        }
    }

    /// Adds a member to the workspace, or makes one of a package; `false` where the list is not understood.
    pub fn add_member(&mut self, member: &str) -> bool {
        let Some(header) = self.header("workspace") else {
            self.add("workspace", &format!("members = [\"{member}\"]"));
            return true;
        };
        let rest = self.text.get(header..).unwrap_or_default();
        let section = rest.find("\n[").map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        let Some(list) = section.find("members") else {
            self.add("workspace", &format!("members = [\"{member}\"]"));
            return true;
        };
        let list = section.get(list..).unwrap_or_default();
        let Some(end) = list.find(']') else { return false };
        let entries = list.get(..end).unwrap_or_default();
        // A pattern may mean it already.
        if entries.contains(&format!("\"{member}\"")) || entries.contains("\"*\"") {
            return true;
        }
        let Some(open) = entries.find('[') else { return false };
        let place = header + (section.len() - list.len()) + open + 1;
        let comma = if entries.get(open + 1..).is_some_and(|rest| rest.trim().is_empty()) {
            ""
        } else {
            ", "
        };
        self.text.insert_str(place, &format!("\"{member}\"{comma}"));
        self.is_changed = true;
        true
    }

    /// Adds a line to a table, at its beginning.
    fn add(&mut self, table: &str, line: &str) {
        self.is_changed = true;
        match self.header(table) {
            Some(end) => self.text.insert_str(end, &format!("{line}\n")),
            None => self.text = format!("{}\n\n[{table}]\n{line}\n", self.text.trim_end()),
        }
    }

    /// Where the line of a table's header ends.
    fn header(&self, table: &str) -> Option<usize> {
        let mut place = 0;
        for line in self.text.split_inclusive('\n') {
            place += line.len();
            let bare = line.split('#').next().unwrap_or_default().replace([' ', '"', '\''], "");
            if bare.trim_end() == format!("[{table}]") {
                return Some(place);
            }
        }
        None
    }
}

/// The folders below one that have a `Cargo.toml`, itself first.
pub(super) fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![root.to_owned()];
    for _ in 0..=DEPTH {
        let mut next = Vec::new();
        for folder in level {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            let mut inner: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            inner.retain(|path| path.is_dir() && !path.is_symlink() && !is_passed_over(path));
            inner.sort();
            next.extend(inner);
            if folder.join("Cargo.toml").is_file() {
                found.push(folder);
            }
        }
        level = next;
    }
    found
}

/// Whether a folder holds no source of the project.
fn is_passed_over(folder: &Path) -> bool {
    folder.file_name().and_then(|name| name.to_str()).is_none_or(|name| {
        name.starts_with('.') || matches!(name, "target" | "node_modules" | "src")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest {
            folder: PathBuf::new(),
            name: String::new(),
            text: text.to_owned(),
            is_changed: false,
        }
    }

    #[test]
    fn a_member_is_added_however_the_list_is_written() {
        for (text, expected) in [
            (
                "[package]\nname = \"a\"\n",
                "[package]\nname = \"a\"\n\n[workspace]\nmembers = [\"m\"]\n",
            ),
            ("[workspace]\nmembers = []\n", "[workspace]\nmembers = [\"m\"]\n"),
            (
                "[workspace]\nmembers=[\"a\",\n  \"b\"]\n",
                "[workspace]\nmembers=[\"m\", \"a\",\n  \"b\"]\n",
            ),
            (
                "[workspace]\nresolver = \"3\"\n",
                "[workspace]\nmembers = [\"m\"]\nresolver = \"3\"\n",
            ),
            ("[workspace]\nmembers = [\"m\"]\n", "[workspace]\nmembers = [\"m\"]\n"),
            ("[workspace]\nmembers = [\"*\"]\n", "[workspace]\nmembers = [\"*\"]\n"),
        ] {
            let mut changed = manifest(text);
            assert!(changed.add_member("m"), "{text}");
            assert_eq!(changed.text, expected);
        }
    }

    #[test]
    fn a_dependency_is_added_once() {
        for (text, expected) in [
            ("[dependencies]\n", "[dependencies]\nx = \"1\"\n"),
            ("[package]\nname = \"a\"", "[package]\nname = \"a\"\n\n[dependencies]\nx = \"1\"\n"),
            (
                "[ dependencies ] # ours\ny = \"1\"\n",
                "[ dependencies ] # ours\nx = \"1\"\ny = \"1\"\n",
            ),
            ("[dependencies]\nx = { path = \"x\" }\n", "[dependencies]\nx = { path = \"x\" }\n"),
            ("[dependencies]\nx.workspace = true\n", "[dependencies]\nx.workspace = true\n"),
            ("[dependencies.x]\npath = \"x\"\n", "[dependencies.x]\npath = \"x\"\n"),
        ] {
            let mut changed = manifest(text);
            changed.add_dependency("x", "\"1\"");
            assert_eq!(changed.text, expected);
        }
    }
}
