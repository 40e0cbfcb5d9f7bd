//! The cells of a row as a book. A cell of a member that may be absent never costs the book: it has a value, or a warning.

mod entities;
mod html;
mod isbn;
mod mangled;
mod pages;
mod publisher;
mod series;
mod status;
mod subjects;
mod text;
mod year;

pub(crate) use isbn::read as read_isbn;
pub(crate) use text::folded;

use std::{borrow::Cow, collections::BTreeMap};

use rust_decimal::Decimal;

use super::columns::COLUMNS;
use crate::{
    books::{
        AUTHOR_BYTES, AVAILABLE, LONGEST_AUTHOR, LONGEST_DESCRIPTION, LONGEST_SUBTITLE,
        LONGEST_TITLE, NewBook,
    },
    check::{Check, Checked},
    error::Error,
    query::shortened,
};

/// The longest cell that is searched for a number.
const LONGEST: usize = 1000;

/// What programs write into empty cells of members that may be absent.
const NOTHING: [&str; 6] = ["n/a", "null", "nan", "none", "unknown", "\\N"];

/// A value, none in an empty cell, or why the cell is not usable.
pub(super) type Cell<T> = Result<Option<T>, String>;

/// Where the cells of a row are.
pub(super) trait Cells {
    /// Whether the values are in the form in which they are stored, as in a file that was exported here.
    fn is_exact(&self) -> bool;

    /// The cells of a column, by its place in [`COLUMNS`], the best first; `Err` for one that is no text.
    fn of(&self, column: usize) -> impl Iterator<Item = Result<Cow<'_, str>, String>>;
}

/// A book that can be stored.
#[derive(Debug)]
pub(super) struct Accepted {
    pub book: Checked<NewBook>,
    /// Which cells could not be used, and why.
    pub warnings: Vec<Warning>,
    /// The places in [`COLUMNS`] of members that have the value for rows without one.
    pub defaulted: Vec<usize>,
    /// The place of a member whose value stood in the cell of another one.
    pub inferred: Option<usize>,
    /// For each of [`COLUMNS`] whether there is a value, or a cell that could not be used.
    pub filled: [bool; COLUMNS.len()],
}

/// For each of [`COLUMNS`] the value of a row without one.
pub(super) type Defaults = [Option<String>; COLUMNS.len()];

/// The values for rows without one, by the names of their columns.
///
/// # Errors
/// For an ISBN, which every book has for itself.
pub(super) fn defaults(given: &BTreeMap<String, String>) -> Result<Defaults, String> {
    if given.contains_key("isbn") {
        return Err("every book has an isbn of its own; leave out the default".to_owned());
    }
    Ok(COLUMNS.map(|(ours, _)| given.get(ours).cloned()))
}

/// A cell that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Warning {
    /// The place of its column in [`COLUMNS`].
    pub column: usize,
    pub reason: String,
}

/// Reads a book from the cells of a row.
///
/// # Errors
/// Why it cannot be stored.
pub(super) fn book(cells: &impl Cells, defaults: &Defaults) -> Result<Accepted, String> {
    let mut row = Reader {
        cells,
        defaults,
        warnings: Vec::new(),
        defaulted: Vec::new(),
        inferred: None,
        filled: [true; COLUMNS.len()],
    };
    let [
        title,
        author,
        year,
        isbn,
        page_count,
        status,
        subtitle,
        publisher,
        language,
        description,
        series,
        series_number,
        subjects,
    ] = std::array::from_fn(|column| column);
    let ways = Ways::of(cells.is_exact());
    let in_series = row.series(series, series_number, ways.series);
    let new = NewBook {
        title: row.required(title, &TITLE)?,
        author: row.required(author, &AUTHOR)?,
        year: row.optional(year, ways.year),
        isbn: row.optional(isbn, isbn::read),
        page_count: row.optional(page_count, pages::read),
        status: row.optional(status, ways.status).unwrap_or_else(|| AVAILABLE.to_owned()),
        subtitle: row.text(subtitle, ways.line, LONGEST_SUBTITLE),
        publisher: row.optional(publisher, ways.publisher),
        language: row.optional(language, |written| {
            crate::language::read(written).map_err(|bad| bad.to_string())
        }),
        description: row.text(description, ways.description, LONGEST_DESCRIPTION),
        series: in_series.0,
        series_number: in_series.1,
        subjects: row.subjects(subjects),
    };
    if new.isbn.is_none() && !row.has_warned(isbn) {
        row.warn(isbn, "there is no isbn".to_owned());
    }
    accepted(new, row)
}

/// How cells are read: as they were exported here, or as others write them.
struct Ways {
    year: fn(&str) -> Cell<i32>,
    status: fn(&str) -> Cell<String>,
    publisher: fn(&str) -> Cell<String>,
    line: Text,
    series: fn(&str) -> Cell<series::Named>,
    description: Text,
}

/// How a text is read: the name of its column, the cell, and how many characters are stored.
type Text = fn(&str, &str, usize) -> Cell<String>;

impl Ways {
    fn of(is_exact: bool) -> Self {
        match is_exact {
            true => Self {
                year: year::exact,
                status: status::exact,
                publisher: publisher::exact,
                line: text::exact,
                series: series::exact,
                description: text::as_written,
            },
            false => Self {
                year: year::read,
                status: status::read,
                publisher: publisher::read,
                line: text::short,
                series: series::read,
                description: text::paragraphs,
            },
        }
    }
}

/// The book with what was found in its row, if it can be stored.
fn accepted<C: Cells>(new: NewBook, row: Reader<'_, C>) -> Result<Accepted, String> {
    let has_author = !new.author.is_empty();
    match new.check() {
        Ok(book) => {
            let Reader { warnings, defaulted, inferred, filled, .. } = row;
            Ok(Accepted { book, warnings, defaulted, inferred, filled })
        }
        Err(error @ Error::Invalid(_)) if has_author => Err(error.to_string()),
        Err(error @ Error::Invalid(_)) => {
            Err(format!("{error}; a default such as `author=Anonymous` is for rows without one"))
        }
        Err(error) => Err(crate::chain(&error).to_string()),
    }
}

/// A text that every book has.
struct Line {
    shown: for<'a> fn(&'a str) -> Cow<'a, str>,
    longest: usize,
    most_bytes: usize,
}

const TITLE: Line = Line { shown: text::title, longest: LONGEST_TITLE, most_bytes: usize::MAX };
const AUTHOR: Line = Line { shown: text::names, longest: LONGEST_AUTHOR, most_bytes: AUTHOR_BYTES };

struct Reader<'a, C> {
    cells: &'a C,
    defaults: &'a Defaults,
    warnings: Vec<Warning>,
    defaulted: Vec<usize>,
    inferred: Option<usize>,
    filled: [bool; COLUMNS.len()],
}

impl<C: Cells> Reader<'_, C> {
    /// The first text that says something; if there is none, the one for such rows, or an empty one.
    fn required(&mut self, column: usize, line: &Line) -> Result<String, String> {
        for cell in self.cells.of(column) {
            let cell = cell?;
            let text = match self.cells.is_exact() {
                true => text::on_one_line(&cell),
                false => (line.shown)(&cell),
            };
            if !text.trim().is_empty() {
                return Ok(match self.cells.is_exact() {
                    true => text.into_owned(),
                    false => self.cut(column, line, &text),
                });
            }
        }
        Ok(self.default(column).unwrap_or_default().to_owned())
    }

    /// A text of which the beginning is stored if it is too long: it does not cost the book.
    fn cut(&mut self, column: usize, line: &Line, text: &str) -> String {
        let text = text.trim();
        let Some(beginning) = text::beginning(text, line.longest, line.most_bytes) else {
            return text.to_owned();
        };
        let (name, shown) = (name(column), shortened(text, 30));
        let length = text.chars().count();
        self.warn(
            column,
            format!("{name} `{shown}` has {length} characters, only its beginning is stored"),
        );
        beginning
    }

    fn default(&mut self, column: usize) -> Option<&str> {
        let default = self.defaults.get(column)?.as_deref()?;
        self.defaulted.push(column);
        Some(default)
    }

    /// The first usable value; if there is none, a warning about the first cell that is not empty.
    fn optional<T>(&mut self, column: usize, read: impl Fn(&str) -> Cell<T>) -> Option<T> {
        let mut warning = None;
        for cell in self.cells.of(column) {
            let is_exact = self.cells.is_exact();
            let read = |cell: &str| if is_exact || says(cell) { read(cell) } else { Ok(None) };
            match cell.and_then(|cell| read(&cell)) {
                Ok(Some(value)) => return Some(value),
                Ok(None) => {}
                Err(reason) => warning = warning.or(Some(reason)),
            }
        }
        let default = if warning.is_none() { self.default(column).map(&read) } else { None };
        let (value, bad) = match default {
            Some(Err(reason)) => (None, Some(reason)),
            Some(Ok(value)) => (value, None),
            None => (None, None),
        };
        if let Some(reason) = warning.or(bad) {
            self.warn(column, reason);
        } else if let Some(filled) = self.filled.get_mut(column) {
            *filled = value.is_some();
        }
        value
    }

    /// A series and the number in it, which may stand in one cell.
    fn series(
        &mut self,
        series: usize,
        series_number: usize,
        read: fn(&str) -> Cell<series::Named>,
    ) -> (Option<String>, Option<Decimal>) {
        let mut number = self.optional(series_number, series::number);
        let (name, numbered) = self.optional(series, read).unzip();
        let has_none = name.is_none() && self.cells.of(series).next().is_some();
        if has_none && !self.cells.is_exact() {
            // Calibre has the number 1 for books in no series.
            number = None;
            if let Some(filled) = self.filled.get_mut(series_number) {
                *filled = false;
            }
        }
        if number.is_none()
            && let Some(numbered) = numbered.flatten()
        {
            number = Some(numbered);
            self.inferred = Some(series_number);
        }
        (name, number)
    }

    /// A text of at most so many characters.
    fn text(&mut self, column: usize, read: Text, longest: usize) -> Option<String> {
        self.optional(column, |written| read(name(column), written, longest))
    }

    fn warn(&mut self, column: usize, reason: String) {
        // A message may repeat the value, and the value may be a megabyte.
        self.warnings.push(Warning { column, reason: shortened(&reason, 300) });
    }

    fn has_warned(&self, column: usize) -> bool {
        self.warnings.iter().any(|warning| warning.column == column)
    }
}

/// The name of a column.
pub(super) fn name(column: usize) -> &'static str {
    COLUMNS.get(column).map_or("", |(name, _)| name)
}

/// Whether a cell is no word for an empty one.
fn says(cell: &str) -> bool {
    let cell = cell.trim();
    !NOTHING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

fn is_too_long(written: &str) -> bool {
    written.len() > LONGEST
}

/// One to four digits and nothing else.
fn small_number(written: &str) -> Option<i32> {
    let digit = |number: i32, byte: &u8| {
        byte.is_ascii_digit().then(|| number * 10 + i32::from(byte - b'0'))
    };
    let bytes = written.as_bytes();
    if (1..=4).contains(&bytes.len()) { bytes.iter().try_fold(0, digit) } else { None }
}
