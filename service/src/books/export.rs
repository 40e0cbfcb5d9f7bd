//! Writes the catalogue as CSV, JSON lines, MARC 21 or MARCXML: what is in a book, without ids and times, so that what is imported
//! elsewhere and exported again is the same bytes.

use std::io::{self, Write};

use bibliographic::{Contributor, Isbn, Record, Series, WriteError, marc21, marcxml};
use entity::book::{Column, Entity};
use futures_util::TryStreamExt;
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, StreamTrait};

use crate::{
    Book, Listing, Walk,
    database::Reader,
    error::{Error, Result},
    language,
    noun::{Members, Noun},
};

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header, then a row a line.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// Records of MARC 21 in ISO 2709. They have no lending status.
    Marc21,
    /// A collection of records of MARC 21 as XML. They have no lending status.
    MarcXml,
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
pub struct Parts {
    walk: Walk,
    /// None when the end was written.
    writer: Option<Writer<Vec<u8>>>,
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
        let writer = Writer::new(format, Vec::new()).map_err(unwritable)?;
        Ok(Self { walk: Walk::whole(listing), writer: Some(writer) })
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad parameter, and any database error.
    pub async fn next(&mut self, db: &Reader) -> Result<Option<Vec<u8>>> {
        let page = async |listing: &Listing| Book::list(db, listing).await;
        let Some(books) = self.walk.next(&page).await? else {
            let end = self.writer.take().map(Writer::finish).transpose().map_err(unwritable)?;
            return Ok(end.filter(|end| !end.is_empty()));
        };
        let Some(writer) = &mut self.writer else { return Ok(None) };
        books.iter().try_for_each(|book| writer.write(book)).map_err(unwritable)?;
        let written = writer.take().map_err(unwritable)?;
        self.walk.wrote(books.len(), written.len());
        Ok(Some(written))
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::internal(format!("a row cannot be written: {error}"))
}

enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(W),
    Marc21(marc21::Writer<W>),
    MarcXml(marcxml::Writer<W>),
}

impl Writer<Vec<u8>> {
    /// What was written since it was last taken.
    fn take(&mut self) -> io::Result<Vec<u8>> {
        Ok(std::mem::take(match self {
            Self::Csv(csv) => {
                let written = std::mem::replace(&mut **csv, csv::Writer::from_writer(Vec::new()));
                return written.into_inner().map_err(csv::IntoInnerError::into_error);
            }
            Self::Jsonl(output) => output,
            Self::Marc21(writer) => writer.get_mut(),
            Self::MarcXml(writer) => writer.get_mut(),
        }))
    }
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
            Format::Marc21 => Self::Marc21(marc21::Writer::new(output)),
            Format::MarcXml => Self::MarcXml(marcxml::Writer::new(output)),
        })
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
            Self::Marc21(writer) => writer.write(&record(book)).map_err(marc_error),
            Self::MarcXml(writer) => writer.write(&record(book)).map_err(marc_error),
        }
    }

    fn finish(self) -> io::Result<W> {
        let mut output = match self {
            Self::Csv(csv) => csv.into_inner().map_err(csv::IntoInnerError::into_error)?,
            Self::Jsonl(output) => output,
            Self::Marc21(writer) => writer.into_inner(),
            Self::MarcXml(writer) => writer.finish().map_err(marc_error)?,
        };
        output.flush()?;
        Ok(output)
    }
}
/// A book as libraries hold it.
fn record(book: &Book) -> Record {
    Record {
        title: book.title.clone(),
        contributors: authors(&book.author).map(contributor).collect(),
        isbns: book
            .isbn
            .iter()
            .map(|isbn| Isbn { text: isbn.clone(), ..Isbn::default() })
            .collect(),
        year: book.year.map(|year| year.to_string()),
        pages: book.page_count.map(|pages| format!("{pages} pages")),
        subtitle: book.subtitle.clone(),
        publisher: book.publisher.clone(),
        languages: book.language.iter().map(|tag| language::of_libraries(tag)).collect(),
        description: book.description.clone(),
        series: book.series.iter().map(|name| series(name, book.series_number)).collect(),
        ..Record::default()
    }
}

fn series(name: &str, number: Option<Decimal>) -> Series {
    let number = number.map(|number| number.normalize().to_string());
    Series { name: name.to_owned(), number }
}

fn contributor(name: &str) -> Contributor {
    Contributor { name: name.to_owned(), ..Contributor::default() }
}

/// The names in a list of authors. Commas are within a name where a part is a single word, as in `Martin, Robert C.`
fn authors(list: &str) -> impl Iterator<Item = &str> {
    let is_list = list.split(", ").all(|name| name.contains(' '));
    let separator = if is_list { ", " } else { "\n" };
    list.split(separator)
}

fn marc_error(error: WriteError) -> io::Error {
    match error {
        WriteError::Io(error) => error,
        other => io::Error::other(other),
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
