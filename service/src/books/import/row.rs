//! A row of a file: one that can be stored, or one that cannot.

use std::fmt;

use entity::book::ActiveModel;
use sea_orm::{ActiveModelTrait, IntoActiveModel};

use super::{
    Blank,
    cells::{self, Accepted},
    columns::{COLUMNS, SUBJECTS},
};
use crate::{
    Book,
    books::{NewBook, WholeBook},
    check::Checked,
    imports::ReadyRow,
    noun::Noun,
    subjects::are_same,
};

/// The place of the year in [`COLUMNS`].
const YEAR: usize = 2;

/// The place of the number in a series.
const SERIES_NUMBER: usize = 11;

/// A row that can be stored.
#[derive(Debug)]
pub struct Row {
    /// Counted from 1, without the header.
    pub number: u64,
    /// The line on which it begins.
    pub line: u64,
    /// The book, ready to be stored.
    pub book: Checked<NewBook>,
    /// For each member of a book whether the row has a value for it.
    pub present: [bool; COLUMNS.len()],
    /// Which cells could not be used, and why; and that there is no ISBN.
    pub warnings: Vec<String>,
    /// Whether a cell other than that of the ISBN could not be used.
    pub has_unread: bool,
    /// Whether any cell could not be used. A row without an ISBN is none of these.
    pub is_lossy: bool,
}

impl Row {
    /// A cell that could not be used is none, and neither is a default or, unless it clears, a blank cell, so that they do not replace
    /// what is stored.
    pub(super) fn new(
        (number, line): (u64, u64),
        accepted: Accepted,
        mut present: [bool; COLUMNS.len()],
        blank: Blank,
    ) -> Self {
        let Accepted { book, warnings, defaulted, inferred, filled } = accepted;
        let is_filled = |column: usize| filled.get(column) == Some(&true);
        let is_lossy = warnings.iter().any(|warning| is_filled(warning.column));
        if blank == Blank::Keep {
            for (present, filled) in present.iter_mut().zip(filled) {
                *present &= filled;
            }
        }
        let unusable = warnings.iter().map(|warning| warning.column);
        for column in unusable.chain(defaulted) {
            if let Some(present) = present.get_mut(column) {
                *present = false;
            }
        }
        if let Some(present) = inferred.and_then(|column| present.get_mut(column)) {
            *present = true;
        }
        let has_unread = warnings.iter().any(|warning| cells::name(warning.column) != "isbn");
        let warnings = warnings.into_iter().map(|warning| warning.reason).collect();
        Self { number, line, book, present, warnings, has_unread, is_lossy }
    }

    /// A stored book with the values of the row; members for which the file has none are not changed. `None` when nothing differs.
    pub(super) fn changes(&self, WholeBook { book, subjects }: &WholeBook) -> Option<ActiveModel> {
        let mut present = self.present;
        // A book that was found by its year does not lose it.
        if self.book.year.is_none() && (self.book.isbn.is_none() || book.isbn != self.book.isbn) {
            present[YEAR] = false;
        }
        // A number belongs to its series.
        present[SERIES_NUMBER] |= self.book.series.is_some() && self.book.series != book.series;
        let mut model = book.clone().into_active_model();
        Book::overwrite(&self.book, &present, &mut model);
        let has_others = self.subjects().is_some_and(|names| !are_same(names, subjects));
        (model.is_changed() || has_others).then_some(model)
    }

    /// The subjects that the row gives a stored book; `None` if it leaves them as they are.
    pub(super) fn subjects(&self) -> Option<&[String]> {
        self.present[SUBJECTS].then(|| self.book.subjects.as_deref().unwrap_or_default())
    }
}

impl ReadyRow for Row {
    fn place(&self) -> (u64, u64) {
        (self.number, self.line)
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn lacks_isbn(&self) -> bool {
        self.book.isbn.is_none()
    }

    fn has_unread(&self) -> bool {
        self.has_unread
    }

    fn is_lossy(&self) -> bool {
        self.is_lossy
    }
}

/// A row that cannot be stored.
#[derive(Debug)]
pub struct Rejected {
    /// Counted from 1, without the header.
    pub number: u64,
    /// The line on which it begins.
    pub line: u64,
    /// What is wrong, and what to do about it.
    pub reason: String,
    /// The raw bytes; of a row that is too long only the beginning.
    pub raw: Vec<u8>,
}

impl Rejected {
    /// The raw text, shortened.
    #[must_use]
    pub fn text(&self) -> String {
        let shown = self.raw.get(..300).unwrap_or(&self.raw);
        String::from_utf8_lossy(shown).trim_end().to_owned()
    }
}

/// A row whose book was stored before, and that changed nothing.
#[derive(Debug)]
pub struct Skipped {
    /// Counted from 1, without the header.
    pub number: u64,
    /// The line on which it begins.
    pub line: u64,
    /// Why it changed nothing.
    pub met: Met,
}

/// What a skipped row met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// A stored book, or a row of the given noun, which is not changed.
    Stored(&'static str, i32),
    /// The same, which has the values of the row.
    Same(&'static str, i32),
    /// An earlier row, with its number and line, whose book is new.
    Row(u64, u64),
    /// A book of an earlier row, in a dry run.
    New,
    /// Nothing: it says that there is none.
    None,
}

impl Met {
    /// The id of what is stored.
    #[must_use]
    pub fn stored(self) -> Option<i32> {
        match self {
            Self::Stored(_, id) | Self::Same(_, id) => Some(id),
            Self::Row(..) | Self::New | Self::None => None,
        }
    }
}

impl fmt::Display for Met {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(noun, id) => write!(to, "is already {noun} {id}"),
            Self::Same(noun, id) => write!(to, "{noun} {id} has these values"),
            Self::Row(number, line) => write!(to, "repeats row {number} (line {line})"),
            Self::New => to.write_str("repeats an earlier row"),
            Self::None => to.write_str("quantity is 0"),
        }
    }
}

/// How far a file was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub bytes: u64,
    pub lines: u64,
    pub rows: u64,
}
