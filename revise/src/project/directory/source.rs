//! The Rust files of a crate: as they are on disk, and as they are to be.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use syn::{File, Item};

use super::{
    edit::{TextEdit, apply},
    error::DirectoryError,
    write::FileChange,
};

/// A file and what it says.
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// A byte order mark, where it has one.
    mark: &'static str,
    /// The text after the mark; ranges are positions in it.
    pub(super) text: String,
    /// What was parsed of it, or the line and the reason where it is not Rust. Most files of a crate are never asked for it.
    file: OnceCell<Result<File, (usize, String)>>,
}

impl Source {
    fn new(path: &Path, text: &str) -> Self {
        let (mark, text) = split_mark(text);
        let mark = if mark.is_empty() { "" } else { "\u{feff}" };
        Self { path: path.to_owned(), mark, text: text.to_owned(), file: OnceCell::new() }
    }

    fn file(&self) -> &Result<File, (usize, String)> {
        self.file.get_or_init(|| {
            syn::parse_str(&self.text)
                .map_err(|error| (error.span().start().line.max(1), error.to_string()))
        })
    }

    /// What it declares; nothing where it is not Rust.
    pub(super) fn items(&self) -> &[Item] {
        self.file().as_ref().map(|file| file.items.as_slice()).unwrap_or_default()
    }

    /// Why it is not Rust, and the line.
    pub(super) fn fault(&self) -> Option<&(usize, String)> {
        self.file().as_ref().err()
    }

    /// All of it, with its mark.
    pub(super) fn whole(&self) -> String {
        format!("{}{}", self.mark, self.text)
    }
}

/// The files that were read, and those that are changed.
#[derive(Default)]
pub(super) struct Sources {
    read: RefCell<BTreeMap<PathBuf, Rc<Source>>>,
    /// In the order in which they are to be written.
    changed: RefCell<Vec<PathBuf>>,
}

impl Sources {
    /// A file as it is, or as it is to be.
    pub(super) fn read(&self, path: &Path) -> Result<Rc<Source>, DirectoryError> {
        if let Some(source) = self.read.borrow().get(path) {
            return Ok(Rc::clone(source));
        }
        let text = fs::read_to_string(path);
        let text = text.map_err(|source| DirectoryError::io("read", path, source))?;
        let source = Rc::new(Source::new(path, &text));
        self.read.borrow_mut().insert(path.to_owned(), Rc::clone(&source));
        Ok(source)
    }

    /// Whether there is such a file, or is to be.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.changed.borrow().iter().any(|changed| changed == path) || path.is_file()
    }

    /// Lets a file have this text, with its mark.
    pub(super) fn put(&self, path: &Path, text: &str) {
        self.read.borrow_mut().insert(path.to_owned(), Rc::new(Source::new(path, text)));
        let mut changed = self.changed.borrow_mut();
        if !changed.iter().any(|changed| changed == path) {
            changed.push(path.to_owned());
        }
    }

    /// Makes edits in a file.
    pub(super) fn edit(&self, source: &Source, edits: Vec<TextEdit>) {
        self.put(&source.path, &format!("{}{}", source.mark, apply(&source.text, edits)));
    }

    /// What has to be written.
    pub(super) fn changes(&self) -> Vec<FileChange> {
        let read = self.read.borrow();
        let changed = self.changed.borrow();
        let changes = changed.iter().filter_map(|path| {
            let text = read.get(path)?.whole();
            Some(match path.symlink_metadata() {
                Ok(_) => FileChange::Replace { path: path.clone(), text },
                Err(_) => FileChange::Create { path: path.clone(), text },
            })
        });
        changes.collect()
    }
}

/// A byte order mark, and the rest.
pub(super) fn split_mark(source: &str) -> (&str, &str) {
    match source.strip_prefix('\u{feff}') {
        Some(body) => (source.get(..'\u{feff}'.len_utf8()).unwrap_or_default(), body),
        None => ("", source),
    }
}

/// The line of a position, counted from one.
pub(super) fn line(text: &str, position: usize) -> usize {
    let before = text.as_bytes().iter().take(position);
    before.filter(|byte| **byte == b'\n').count() + 1
}
