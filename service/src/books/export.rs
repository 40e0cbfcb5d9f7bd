//! Writes the catalogue as CSV or JSON lines: what is in a book, without ids and times, so that what is imported
//! elsewhere and exported again is the same bytes.

use std::io::{self, Write};

use entity::book::{Column, Entity};
use futures_util::TryStreamExt;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, StreamTrait};
use serde::Serialize;

use crate::{Book, error::Error};

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header, then a row a line.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database did not answer.
    #[error("the catalogue could not be read")]
    Database(#[from] Error),
    /// The output could not be written.
    #[error("the export could not be written")]
    Output(#[from] io::Error),
}

#[derive(Serialize)]
struct Exported<'a> {
    title: &'a str,
    author: &'a str,
    year: Option<i32>,
    isbn: Option<&'a str>,
    page_count: Option<i32>,
    status: &'a str,
}

/// Writes every book in the order of the ids, and returns how many there were. Rows are streamed, never held.
///
/// # Errors
/// [`ExportError`]; `output` then ends somewhere.
pub async fn export(
    db: &(impl ConnectionTrait + StreamTrait),
    format: Format,
    output: impl Write,
) -> Result<u64, ExportError> {
    let mut books =
        Entity::find().order_by_asc(Column::Id).stream(db).await.map_err(Error::from)?;
    let mut writer = Writer::new(format, output)?;
    let mut written = 0;
    while let Some(book) = books.try_next().await.map_err(Error::from)? {
        writer.write(&book)?;
        written += 1;
    }
    writer.finish()?;
    Ok(written)
}

enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(W),
}

impl<W: Write> Writer<W> {
    fn new(format: Format, output: W) -> io::Result<Self> {
        Ok(match format {
            Format::Jsonl => Self::Jsonl(output),
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(output);
                csv.write_record(["title", "author", "year", "isbn", "page_count", "status"])
                    .map_err(io_error)?;
                Self::Csv(Box::new(csv))
            }
        })
    }

    fn write(&mut self, book: &Book) -> io::Result<()> {
        match self {
            Self::Csv(csv) => {
                let number = |number: Option<i32>| {
                    number.map(|number| number.to_string()).unwrap_or_default()
                };
                csv.write_record([
                    guarded(&book.title).as_ref(),
                    guarded(&book.author).as_ref(),
                    &number(book.year),
                    book.isbn.as_deref().unwrap_or_default(),
                    &number(book.page_count),
                    guarded(&book.status).as_ref(),
                ])
                .map_err(io_error)
            }
            Self::Jsonl(output) => {
                let exported = Exported {
                    title: &book.title,
                    author: &book.author,
                    year: book.year,
                    isbn: book.isbn.as_deref(),
                    page_count: book.page_count,
                    status: &book.status,
                };
                serde_json::to_writer(&mut *output, &exported)?;
                output.write_all(b"\n")
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(mut csv) => csv.flush(),
            Self::Jsonl(mut output) => output.flush(),
        }
    }
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A spreadsheet takes a cell that begins with one of these for a formula.
fn starts_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

/// A cell that a spreadsheet shows as text: an apostrophe goes before what would be a formula.
fn guarded(text: &str) -> std::borrow::Cow<'_, str> {
    if starts_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// Undoes [`guarded`].
pub(super) fn without_guard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if starts_formula(text) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_guard_against_formulas_is_undone_by_reading(text in "'{0,2}[=+@a-]{0,3}") {
            let cell = guarded(&text);
            prop_assert_eq!(without_guard(&cell), text.as_str());
            prop_assert!(!cell.starts_with(['=', '+', '-', '@']));
        }
    }
}
