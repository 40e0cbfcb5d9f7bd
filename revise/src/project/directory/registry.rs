//! The file that registers the migrations, and what it says with one more or one less.

use std::{
    io,
    path::{Path, PathBuf},
};

use syn::{Item, spanned::Spanned as _};

use super::{
    edit::{TextEdit, indentation, line_end, newline, part, remove_lines, whole_lines},
    error::DirectoryError,
    listing::{Entry, Listing, element_type, is_plain, rename_inside},
    module::{Module, Scope},
    source::{Source, Sources},
    templates,
    vector::{self, NewEntry},
    write::FileChange,
};
use crate::project::render;

/// What the file holds, with those that it leads to.
pub(super) struct Registry {
    path: PathBuf,
    pub(super) sources: Sources,
    /// How lines end in the file, where it is written whole.
    generated: Option<&'static str>,
}

impl Registry {
    /// Reads it. One that is not there, or in which git left a conflict of two generated ones, is generated from `files`;
    /// a dangling link is a mistake.
    pub(super) fn read(path: &Path, files: &[String]) -> Result<Self, DirectoryError> {
        let sources = Sources::default();
        let generated = match sources.read(path) {
            Ok(source) if says_generated(&source) && is_plain(&source) => {
                if source.fault().is_some() {
                    sources.put(path, &templates::versions(files));
                }
                Some(newline(&source.text))
            }
            Ok(_) => None,
            Err(DirectoryError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() =>
            {
                sources.put(path, &templates::versions(files));
                Some("\n")
            }
            Err(error) => return Err(error),
        };
        Ok(Self { path: path.to_owned(), sources, generated })
    }

    /// The list.
    pub(super) fn listing(&self) -> Result<Listing, DirectoryError> {
        Listing::find(&self.sources, &self.path)
    }

    /// Adds a migration after the last one, and answers where its file goes.
    pub(super) fn add(&self, revision: &str, source: &str) -> Result<PathBuf, DirectoryError> {
        let not_recognised =
            |why| DirectoryError::not_recognised(&self.path, why, "add these two lines", revision);
        let listing = self.listing().map_err(|error| error.or_else(not_recognised))?;
        // An entry without a file goes when the list is written whole.
        let stays = |entry: &Entry| self.generated.is_none() || entry.file.is_some();
        if listing.entries.iter().any(|entry| entry.is(revision) && stays(entry)) {
            let (revision, path) = (revision.to_owned(), self.path.clone());
            return Err(DirectoryError::Registered { revision, path });
        }
        let (home, prefix) = listing.home();
        let path = home.folder.join(format!("{revision}.rs"));
        for taken in [path.clone(), home.folder.join(revision).join("mod.rs")] {
            if taken.symlink_metadata().is_ok() {
                return Err(DirectoryError::Exists(taken));
            }
        }
        self.sources.put(&path, source);
        if self.generated.is_some() {
            self.generate(&listing, None, Some(revision));
        } else {
            let text = entry_text(&listing, &prefix, revision);
            let new = NewEntry { text: &text, comment: "", statement: None };
            let declaration = declaration(&self.sources, &listing, &home, revision);
            self.insert(&listing, (&home, revision, &declaration), &new)
                .ok_or_else(|| not_recognised(String::new()))?;
        }
        // What leads elsewhere afterwards was not understood before.
        let is_there = self.listing().is_ok_and(|listing| {
            let mut entries = listing.entries.iter();
            entries.any(|entry| entry.is(revision) && entry.file.as_ref() == Some(&path))
        });
        if is_there { Ok(path) } else { Err(not_recognised(String::new())) }
    }

    /// Takes a migration out, where it is listed.
    pub(super) fn remove(&self, revision: &str) -> Result<(), DirectoryError> {
        let not_recognised = |why| {
            DirectoryError::not_recognised(&self.path, why, "take these two lines out", revision)
        };
        let listing = self.listing().map_err(|error| error.or_else(not_recognised))?;
        if !listing.entries.iter().any(|entry| entry.is(revision)) {
            return Ok(());
        }
        if self.generated.is_some() {
            self.generate(&listing, Some(revision), None);
            return Ok(());
        }
        let removed = self.take_out(&listing, revision, true);
        removed.map(drop).ok_or_else(|| not_recognised(String::new()))
    }

    /// Puts a migration after the last one, as it is.
    pub(super) fn move_last(&self, revision: &str) -> Result<(), DirectoryError> {
        let not_recognised = |why| {
            DirectoryError::not_recognised(
                &self.path,
                why,
                "put the second of these lines at the end",
                revision,
            )
        };
        let listing = self.listing().map_err(|error| error.or_else(not_recognised))?;
        let moved = || {
            let removed = self.take_out(&listing, revision, false)?;
            let listing = self.listing().ok()?;
            let new = removed.entry();
            let edits = vector::insert(&listing.scope.source.text, &listing.list, &new)?;
            self.sources.edit(&listing.scope.source, edits);
            self.listing()
                .ok()
                .filter(|listing| listing.entries.last().is_some_and(|last| last.is(revision)))
        };
        moved().map(drop).ok_or_else(|| not_recognised(String::new()))
    }

    /// Puts one migration in the place of several, which follow each other. Answers its file.
    pub(super) fn replace(
        &self,
        old: &[String],
        new: &str,
        source: &str,
    ) -> Result<PathBuf, DirectoryError> {
        let not_recognised = |why| {
            let what = "put it in the place of those that it replaces";
            DirectoryError::not_recognised(&self.path, why, what, new)
        };
        let modules = || -> Result<Vec<String>, DirectoryError> {
            let listing = self.listing().map_err(|error| error.or_else(not_recognised))?;
            let modules = listing.entries.iter().filter_map(Entry::module);
            Ok(modules.map(|module| module.name.clone()).collect())
        };
        let mut expected = modules()?;
        let last = expected.iter().rposition(|name| old.contains(name));
        let later = expected.split_off(last.map_or(expected.len(), |last| last + 1));
        expected.retain(|name| !old.contains(name));
        expected.push(new.to_owned());
        expected.extend(later.iter().cloned());
        let path = self.add(new, source)?;
        old.iter().try_for_each(|name| self.remove(name))?;
        if self.generated.is_none() {
            later.iter().try_for_each(|name| self.move_last(name))?;
        }
        match modules()? == expected {
            true => Ok(path),
            false => Err(not_recognised(String::new())),
        }
    }

    /// Gives a migration another name, and puts it after the last one. Answers its new file.
    pub(super) fn rename(&self, old: &str, new: &str) -> Result<PathBuf, DirectoryError> {
        let not_recognised = |why| {
            DirectoryError::not_recognised(&self.path, why, "give the revision its new name", new)
        };
        let listing = self.listing().map_err(|error| error.or_else(not_recognised))?;
        let entry = listing.entries.iter().find(|entry| entry.is(old));
        let file = entry.and_then(|entry| entry.file.clone());
        let file = file.ok_or_else(|| not_recognised(String::new()))?;
        let path = file.with_file_name(format!("{new}.rs"));
        if path.symlink_metadata().is_ok() {
            return Err(DirectoryError::Exists(path));
        }
        let source = self.sources.read(&file)?;
        self.sources.put(&path, &rename_inside(&source.whole(), old, new));
        if self.generated.is_some() {
            self.generate(&listing, Some(old), Some(new));
            return Ok(path);
        }
        let renamed = || {
            let (home, _) = listing.home();
            let removed = self.take_out(&listing, old, true)?;
            let removed = removed.called(old, new);
            let listing = self.listing().ok()?;
            let (next, _) = listing.home();
            let home = match next.source.path == home.source.path {
                true => next,
                false => Scope::of(self.sources.read(&home.source.path).ok()?),
            };
            self.insert(&listing, (&home, new, &removed.module), &removed.entry())?;
            self.listing().ok().filter(|listing| {
                let last = listing.entries.last();
                last.is_some_and(|last| last.is(new) && last.file.as_ref() == Some(&path))
            })
        };
        renamed().map(drop).ok_or_else(|| not_recognised(String::new()))?;
        Ok(path)
    }

    /// What has to be written.
    pub(super) fn changes(&self) -> Vec<FileChange> {
        self.sources.changes()
    }

    /// Writes the list whole, oldest first: without those that have no file, without one, and with another.
    fn generate(&self, listing: &Listing, without: Option<&str>, with: Option<&str>) {
        let kept = listing.entries.iter().filter(|entry| entry.file.is_some());
        let kept = kept.filter_map(Entry::module).map(|module| module.name.clone());
        let names = kept.filter(|name| Some(name.as_str()) != without);
        let mut names = names.chain(with.map(str::to_owned)).collect::<Vec<_>>();
        names.sort();
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut text = render::format(&templates::versions(&names), folder);
        if self.generated == Some("\r\n") && !text.contains("\r\n") {
            text = text.replace('\n', "\r\n");
        }
        self.sources.put(&self.path, &text);
    }

    /// Adds a declaration and an entry.
    fn insert(
        &self,
        listing: &Listing,
        (home, name, declaration): (&Scope, &str, &str),
        new: &NewEntry<'_>,
    ) -> Option<()> {
        let list = &listing.scope.source;
        let edits = vector::insert(&list.text, &listing.list, new)?;
        let module = insert_module(&self.sources, listing, home, (name, declaration));
        self.edit_both((list, edits), (&home.source, vec![module]));
        Some(())
    }

    /// Takes an entry out, with the declaration of its module or without.
    fn take_out(&self, listing: &Listing, name: &str, declaration: bool) -> Option<Removed> {
        let place = listing.entries.iter().position(|entry| entry.is(name))?;
        let found = listing.entries.get(place)?.found.as_ref()?;
        let element = listing.list.elements.get(place)?;
        // The first one may say the type of all others.
        let next = listing.list.elements.get(place + 1);
        if place == 0 && !element.cast.is_empty() && next.is_some_and(|next| next.cast.is_empty()) {
            return None;
        }
        let (list, home) = (&listing.scope.source, &found.parent.source);
        let removed = Removed {
            module: part(&home.text, found.module.item.clone()).to_owned(),
            text: part(&list.text, element.range.clone()).to_owned(),
            comment: vector::comment(&list.text, &listing.list, element).to_owned(),
            statement: element
                .statement
                .clone()
                .map(|statement| part(&list.text, statement).to_owned()),
        };
        let edits = vector::remove(&list.text, &listing.list, place)?;
        let item = found.module.item.clone();
        let module = match whole_lines(&home.text, item.clone()) {
            Some(lines) => remove_lines(&home.text, lines),
            None => TextEdit::remove(item),
        };
        let module = if declaration { vec![module] } else { Vec::new() };
        self.edit_both((list, edits), (home, module));
        Some(removed)
    }

    /// Edits the file with the list and the one with the declarations, which may be the same.
    fn edit_both(&self, list: (&Source, Vec<TextEdit>), home: (&Source, Vec<TextEdit>)) {
        let ((list, edits), (home, modules)) = (list, home);
        if list.path == home.path {
            self.sources.edit(list, modules.into_iter().chain(edits).collect());
            return;
        }
        if !modules.is_empty() {
            self.sources.edit(home, modules);
        }
        self.sources.edit(list, edits);
    }
}

/// What was taken out of a list.
struct Removed {
    module: String,
    text: String,
    comment: String,
    statement: Option<String>,
}

impl Removed {
    fn entry(&self) -> NewEntry<'_> {
        let Self { text, comment, statement, .. } = self;
        NewEntry { text, comment, statement: statement.as_deref() }
    }

    fn called(mut self, old: &str, new: &str) -> Self {
        self.module = self.module.replace(old, new);
        self.text = self.text.replace(old, new);
        self.statement = self.statement.map(|statement| statement.replace(old, new));
        self
    }
}

/// Whether it says that it is written whole.
fn says_generated(source: &Source) -> bool {
    let says = |line: &str| line.starts_with("//!") && line.contains(templates::GENERATED);
    source.text.lines().any(says)
}

/// The entry of a new migration, written like the last one.
fn entry_text(listing: &Listing, prefix: &str, name: &str) -> String {
    let text = &listing.scope.source.text;
    let cast = match listing.list.elements.last() {
        Some(last) => part(text, last.cast.clone()).to_owned(),
        // Otherwise the list would be one of this migration alone.
        None if listing.list.is_inferred => {
            let kind = element_type(text, listing.returns.clone());
            kind.map(|kind| format!(" as {kind}")).unwrap_or_default()
        }
        None => String::new(),
    };
    format!("Box::new({prefix}{name}::Migration){cast}")
}

/// `mod name;`, as visible as the module that it stands next to.
fn declaration(sources: &Sources, listing: &Listing, home: &Scope, name: &str) -> String {
    let modules = listing.modules(sources, home);
    let neighbour = before(&modules, name).or(modules.first());
    let visibility = neighbour.map(|module| part(&home.source.text, module.visibility.clone()));
    match visibility {
        Some(visibility) if !visibility.is_empty() => format!("{visibility} mod {name};"),
        _ => format!("mod {name};"),
    }
}

/// The module after which rustfmt would put this one.
fn before<'a>(modules: &'a [Module], name: &str) -> Option<&'a Module> {
    let smaller = modules.iter().filter(|module| module.name.as_str() < name);
    smaller.max_by(|a, b| a.name.cmp(&b.name))
}

fn insert_module(
    sources: &Sources,
    listing: &Listing,
    home: &Scope,
    (name, declaration): (&str, &str),
) -> TextEdit {
    let source = &home.source.text;
    let newline = newline(source);
    let modules = listing.modules(sources, home);
    if let Some(before) = before(&modules, name) {
        let blanks = indentation(source, before.item.start);
        let end = line_end(source, before.item.end);
        TextEdit::insert(end, format!("{newline}{blanks}{declaration}"))
    } else if let Some(first) = modules.first() {
        let blanks = indentation(source, first.item.start);
        TextEdit::insert(first.item.start, format!("{declaration}{newline}{blanks}"))
    } else {
        first_module(home, declaration, newline)
    }
}

/// Where a first module goes: after the imports and the other modules, or before everything.
fn first_module(home: &Scope, declaration: &str, newline: &str) -> TextEdit {
    let after = |item: &&Item| match item {
        Item::Use(_) | Item::ExternCrate(_) => true,
        Item::Mod(item) => item.semi.is_some(),
        _ => false,
    };
    let items = home.items();
    if let Some(item) = items.iter().rev().find(after) {
        let end = line_end(&home.source.text, item.span().byte_range().end);
        return TextEdit::insert(end, format!("{newline}{newline}{declaration}"));
    }
    let start = items.first().map_or(0, |item| item.span().byte_range().start);
    TextEdit::insert(start, format!("{declaration}{newline}{newline}"))
}
