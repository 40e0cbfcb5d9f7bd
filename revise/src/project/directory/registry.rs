//! The file that registers the migrations, and what it says with one more or one less.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    edit::{TextEdit, apply, indentation, line_end, newline, part, remove_lines, whole_lines},
    error::DirectoryError,
    listing::{Anchor, Listing, Module, is_plain, split_mark},
    templates,
    vector::{self, NewEntry},
};
use crate::project::render;

/// What the file holds.
pub(super) struct Registry {
    path: PathBuf,
    text: String,
}

impl Registry {
    /// Reads it. One that is not there is an empty one that is generated; a dangling link is a mistake.
    pub(super) fn read(path: &Path) -> Result<Self, DirectoryError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() =>
            {
                templates::versions(&[])
            }
            Err(error) => return Err(DirectoryError::io("read", path, error)),
        };
        Ok(Self { path: path.to_owned(), text })
    }

    /// The registered revisions in their order.
    pub(super) fn names(&self) -> Result<Vec<String>, DirectoryError> {
        let listing = Listing::parse(split_mark(&self.text).1);
        let listing = listing.ok_or_else(|| DirectoryError::Unreadable(self.path.clone()))?;
        let names = listing.vector.entries.into_iter().filter_map(|entry| entry.name);
        Ok(names.map(|(name, _)| name).collect())
    }

    /// The text with one more. `files` are all revisions that have a file then.
    pub(super) fn with(&self, revision: &str, files: &[String]) -> Result<String, DirectoryError> {
        if self.is_generated() {
            return Ok(self.generate(files));
        }
        if self.names().is_ok_and(|names| names.iter().any(|name| name == revision)) {
            let (revision, path) = (revision.to_owned(), self.path.clone());
            return Err(DirectoryError::Registered { revision, path });
        }
        let entry = format!("Box::new({revision}::Migration)");
        let new = NewEntry { name: revision, text: &entry, comment: "" };
        let text = self.body().and_then(|body| insert(body, &new, None));
        self.recognised(text, "add these two lines", revision)
    }

    /// The text with one less. `files` are all revisions that have a file then.
    pub(super) fn without(
        &self,
        revision: &str,
        files: &[String],
    ) -> Result<String, DirectoryError> {
        if self.is_generated() {
            return Ok(self.generate(files));
        }
        let text = self.body().and_then(|body| remove(body, revision)).map(|removed| removed.text);
        self.recognised(text, "take these two lines out", revision)
    }

    /// The text in which one has another name. `files` are all revisions that have a file then.
    pub(super) fn renamed(
        &self,
        old: &str,
        new: &str,
        files: &[String],
    ) -> Result<String, DirectoryError> {
        if self.is_generated() {
            return Ok(self.generate(files));
        }
        let text = self.body().and_then(|body| {
            let Removed { text, module, entry, comment } = remove(body, old)?;
            let (module, entry) = (module.replace(old, new), entry.replace(old, new));
            let entry = NewEntry { name: new, text: &entry, comment: &comment };
            insert(&text, &entry, Some(&module))
        });
        self.recognised(text, "give the revision its new name", new)
    }

    fn body(&self) -> Option<&str> {
        Some(split_mark(&self.text).1)
    }

    fn recognised(
        &self,
        text: Option<String>,
        action: &'static str,
        revision: &str,
    ) -> Result<String, DirectoryError> {
        let (mark, _) = split_mark(&self.text);
        // What does not parse afterwards was not understood before.
        let text = text.filter(|text| Listing::parse(text).is_some());
        text.map(|text| mark.to_owned() + &text)
            .ok_or_else(|| DirectoryError::not_recognised(&self.path, action, revision))
    }

    /// Whether it says that it is written whole, and holds nothing that would be lost.
    fn is_generated(&self) -> bool {
        let (_, body) = split_mark(&self.text);
        let says = |line: &str| line.starts_with("//!") && line.contains(templates::GENERATED);
        body.lines().any(says) && is_plain(body)
    }

    fn generate(&self, files: &[String]) -> String {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let text = render::format(&templates::versions(files), folder);
        if newline(&self.text) == "\r\n" && !text.contains("\r\n") {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    }
}

/// The text with one revision more. `module` is its declaration, where it had one before.
fn insert(source: &str, new: &NewEntry<'_>, module: Option<&str>) -> Option<String> {
    let listing = Listing::parse(source)?;
    let declaration = module.map_or_else(|| declaration(source, &listing, new.name), str::to_owned);
    let mut edits = vec![insert_module(source, &listing, new.name, &declaration)];
    edits.extend(vector::insert(source, &listing.vector, new));
    Some(apply(source, edits))
}

/// `mod name;`, with `pub` where all the others have it.
fn declaration(source: &str, listing: &Listing, name: &str) -> String {
    let visibility = |module: &Module| part(source, module.visibility.clone());
    let first = listing.modules.first().map(visibility).unwrap_or_default();
    let all = listing.modules.iter().all(|module| visibility(module) == first);
    if all && !first.is_empty() { format!("{first} mod {name};") } else { format!("mod {name};") }
}

fn insert_module(source: &str, listing: &Listing, name: &str, declaration: &str) -> TextEdit {
    let newline = newline(source);
    let smaller = listing.modules.iter().filter(|module| module.name.as_str() < name);
    // rustfmt sorts modules that follow each other.
    if let Some(before) = smaller.max_by(|a, b| a.name.cmp(&b.name)) {
        let blanks = indentation(source, before.item.start);
        return TextEdit::insert(
            line_end(source, before.item.end),
            format!("{newline}{blanks}{declaration}"),
        );
    }
    if let Some(first) = listing.modules.first() {
        let blanks = indentation(source, first.item.start);
        return TextEdit::insert(first.item.start, format!("{declaration}{newline}{blanks}"));
    }
    match listing.anchor {
        Anchor::After(end) => {
            TextEdit::insert(line_end(source, end), format!("{newline}{newline}{declaration}"))
        }
        Anchor::Before(start) => {
            TextEdit::insert(start, format!("{declaration}{newline}{newline}"))
        }
    }
}

/// What is left of a text, and what was taken out of it.
struct Removed {
    text: String,
    module: String,
    entry: String,
    comment: String,
}

fn remove(source: &str, name: &str) -> Option<Removed> {
    let listing = Listing::parse(source)?;
    let module = listing.modules.iter().find(|module| module.name == name)?;
    let place = listing.vector.entries.iter().position(|entry| entry.is(name))?;
    let entry = listing.vector.entries.get(place)?;
    let mut edits = vec![match whole_lines(source, module.item.clone()) {
        Some(lines) => remove_lines(source, lines),
        None => TextEdit::remove(module.item.clone()),
    }];
    edits.extend(vector::remove(source, &listing.vector, place));
    Some(Removed {
        text: apply(source, edits),
        module: part(source, module.item.clone()).to_owned(),
        entry: part(source, entry.range.clone()).to_owned(),
        comment: vector::comment(source, &listing.vector, entry).to_owned(),
    })
}
