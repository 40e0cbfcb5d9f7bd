//! Writes the catalogue as CSV or JSON lines: what is in a book, without ids and times, so that what is imported
//! elsewhere and exported again is the same bytes.

use std::io::{self, Write};

use entity::book::{Column, Entity};
use futures_util::TryStreamExt;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, StreamTrait};

use crate::{
    Book, Listing, Walk,
    database::Reader,
    error::{Error, Result},
    noun::{Members, Noun},
};

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

/// Writes every book in the order of the ids, and returns how many there were. Rows are streamed, never held.
///
/// # Errors
/// [`ExportError`]; `output` then ends somewhere.
pub async fn export(
    db: &(impl ConnectionTrait + StreamTrait),
    format: Format,
    output: impl Write,
) -> std::result::Result<u64, ExportError> {
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

/// An export in parts.
#[derive(Debug)]
pub struct Parts {
    walk: Walk,
    format: Format,
    is_first: bool,
}

impl Parts {
    /// The rows that a listing asks for, all of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it asks for a page.
    pub fn new(listing: Listing, format: Format) -> Result<Self> {
        if let Some(name) = listing.asks_for_a_page() {
            let detail = format!("{name} is for lists; an export has every row, leave it out");
            return Err(Error::parameter(name, detail));
        }
        Ok(Self { walk: Walk::whole(listing), format, is_first: true })
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad parameter, and any database error.
    pub async fn next(&mut self, db: &Reader) -> Result<Option<Vec<u8>>> {
        let page = async |listing: &Listing| Book::list(db, listing).await;
        let Some(books) = self.walk.next(&page).await? else { return Ok(None) };
        let written = write(&books, self.format, self.is_first)
            .map_err(|error| Error::internal(format!("a row cannot be written: {error}")))?;
        self.is_first = false;
        self.walk.wrote(books.len(), written.len());
        Ok(Some(written))
    }
}

fn write(books: &[Book], format: Format, with_header: bool) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    let mut writer = match with_header {
        true => Writer::new(format, &mut part)?,
        false => Writer::going_on(format, &mut part),
    };
    books.iter().try_for_each(|book| writer.write(book))?;
    writer.finish()?;
    Ok(part)
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
                csv.write_record(Book::MEMBERS).map_err(io_error)?;
                Self::Csv(Box::new(csv))
            }
        })
    }

    /// Continues a file that was begun.
    fn going_on(format: Format, output: W) -> Self {
        match format {
            Format::Jsonl => Self::Jsonl(output),
            Format::Csv => Self::Csv(Box::new(csv::Writer::from_writer(output))),
        }
    }

    fn write(&mut self, book: &Book) -> io::Result<()> {
        match self {
            Self::Csv(csv) => {
                csv.write_record(book.cells().iter().map(|cell| cell.as_bytes())).map_err(io_error)
            }
            Self::Jsonl(output) => {
                serde_json::to_writer(&mut *output, &Members(book))?;
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

#[cfg(test)]
mod tests {
    use sea_orm::{IdenStatic, Iterable};

    use super::*;

    #[test]
    fn every_column_is_exported_but_what_the_server_keeps_of_a_row() {
        let kept = ["id", "created_at", "updated_at", "version"];
        let stored = Column::iter().map(|column| column.as_str());
        let expected: Vec<_> = stored.filter(|name| !kept.contains(name)).collect();
        assert_eq!(Book::MEMBERS, expected);
    }
}
