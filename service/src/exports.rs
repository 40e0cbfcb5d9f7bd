//! Writes the rows of a noun as CSV or JSON lines, and books as MARC 21 or MARCXML. What a row refers to is written by what it is
//! called, since ids are others elsewhere.

use std::{
    borrow::Cow,
    io::{self, Write},
    marker::PhantomData,
};

use bibliographic::{Record, WriteError, marc21, marcxml};
use futures_util::TryStreamExt;
use sea_orm::{EntityTrait, QueryOrder};
use serde::Serialize;

use crate::{
    Listing, Walk,
    database::{Reader, Rows},
    error::{Error, Result},
    noun::Noun,
};

/// Rows of which the parents are looked up at a time.
const PART: usize = 500;

/// A noun whose rows are exported.
#[expect(async_fn_in_trait, reason = "exports run on the thread that they began on")]
pub trait Exported: Noun {
    /// A row, and what is written of the rows that it refers to.
    type Whole;
    /// The columns of a table.
    const COLUMNS: &'static [&'static str];
    /// Whether they are records of libraries too.
    const HAS_RECORDS: bool = false;

    /// Adds to rows what is written of those that they refer to.
    ///
    /// # Errors
    /// Any database error.
    async fn whole(db: &impl Rows, rows: Vec<Self>) -> Result<Vec<Self::Whole>>;

    /// The cells of a table, in the order of the [`COLUMNS`](Self::COLUMNS).
    fn cells(whole: &Self::Whole) -> Vec<Cow<'_, str>>;

    /// The members of a JSON object.
    fn members(whole: &Self::Whole) -> impl Serialize;

    /// The record of a library, where there is one.
    fn record(_: &Self::Whole) -> Option<Record> {
        None
    }
}

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header, then a row a line.
    Csv(Table),
    /// A JSON object a line.
    Jsonl,
    /// Records of MARC 21 in ISO 2709. They have no lending status.
    Marc21,
    /// A collection of records of MARC 21 as XML. They have no lending status.
    MarcXml,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The byte between two cells.
    pub delimiter: u8,
    /// Whether it begins with a byte order mark, by which Excel knows that it is UTF-8.
    pub bom: bool,
}

impl Table {
    /// The delimiters that are written.
    pub const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

    /// The delimiter of a word: itself, or `\t` or `tab`.
    ///
    /// # Errors
    /// What is expected.
    pub fn delimiter(written: &str) -> std::result::Result<u8, String> {
        let byte = match written.as_bytes() {
            b"\\t" | b"tab" => Some(b'\t'),
            [byte] => Some(*byte),
            _ => None,
        };
        byte.filter(|byte| Self::DELIMITERS.contains(byte)).ok_or_else(|| {
            let shown = crate::shortened(written, 20);
            format!("delimiter `{shown}` is not `,`, `;`, `|` or `tab`")
        })
    }
}

impl Default for Table {
    fn default() -> Self {
        Self { delimiter: b',', bom: false }
    }
}

impl Format {
    /// The media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv(_) => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/x-ndjson",
            Self::Marc21 => "application/marc",
            Self::MarcXml => "application/marcxml+xml",
        }
    }

    /// The text after the last row.
    #[must_use]
    pub fn end(self) -> &'static str {
        match self {
            Self::Csv(_) | Self::Jsonl | Self::Marc21 => "",
            Self::MarcXml => marcxml::END,
        }
    }

    /// Whether rows of any noun can be written in it.
    #[must_use]
    pub fn is_general(self) -> bool {
        matches!(self, Self::Csv(_) | Self::Jsonl)
    }
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

/// Writes every row in the order of the ids, and returns how many there were. Rows are streamed, never held.
///
/// # Errors
/// [`ExportError`]; `output` then ends somewhere.
pub async fn export<T: Exported>(
    db: &Reader,
    format: Format,
    output: impl Write,
) -> std::result::Result<u64, ExportError> {
    let ordered = T::Table::find().order_by_asc(T::ID);
    let mut rows = ordered.stream(db.connection()).await.map_err(Error::from)?;
    let mut writer = Writer::new::<T>(format, output)?;
    let mut written = 0;
    let mut part = Vec::with_capacity(PART);
    loop {
        let row = rows.try_next().await.map_err(Error::from)?;
        let is_last = row.is_none();
        part.extend(row);
        if part.len() == PART || is_last {
            written += part.len() as u64;
            for whole in T::whole(db, std::mem::take(&mut part)).await? {
                writer.write::<T>(&whole)?;
            }
        }
        if is_last {
            writer.finish()?;
            return Ok(written);
        }
    }
}

/// Some rows as records of libraries, which the rows before them and after them may follow without a break.
///
/// # Errors
/// Any database error.
pub async fn records<T: Exported>(
    db: &impl Rows,
    rows: Vec<T>,
    (format, is_first): (Format, bool),
) -> Result<Vec<u8>> {
    let mut writer = match (format, is_first) {
        (Format::MarcXml, false) => Writer::MarcXml(marcxml::Writer::resumed(Vec::new())),
        _ => Writer::new::<T>(format, Vec::new()).map_err(unwritable)?,
    };
    let whole = T::whole(db, rows).await?;
    whole.iter().try_for_each(|row| writer.write::<T>(row)).map_err(unwritable)?;
    writer.take().map_err(unwritable)
}

/// An export in parts.
pub struct Parts<T> {
    walk: Walk,
    /// None when the end was written.
    writer: Option<Writer<Vec<u8>>>,
    rows: PhantomData<fn() -> T>,
}

impl<T: Exported> Parts<T> {
    /// The rows that a listing asks for, all of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it asks for a page.
    pub fn new(listing: Listing, format: Format) -> Result<Self> {
        if let Some(name) = listing.asks_for_a_page() {
            let detail = format!("{name} is for lists; an export has every row, leave it out");
            return Err(Error::parameter(name, detail));
        }
        let writer = Writer::new::<T>(format, Vec::new()).map_err(unwritable)?;
        Ok(Self { walk: Walk::whole(listing), writer: Some(writer), rows: PhantomData })
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad parameter, and any database error.
    pub async fn next(&mut self, db: &Reader) -> Result<Option<Vec<u8>>> {
        let page = async |listing: &Listing| T::list(db, listing).await;
        let Some(rows) = self.walk.next(&page).await? else {
            let end = self.writer.take().map(Writer::finish).transpose().map_err(unwritable)?;
            return Ok(end.filter(|end| !end.is_empty()));
        };
        let Some(writer) = &mut self.writer else { return Ok(None) };
        let count = rows.len();
        let whole = T::whole(db, rows).await?;
        whole.iter().try_for_each(|row| writer.write::<T>(row)).map_err(unwritable)?;
        let written = writer.take().map_err(unwritable)?;
        self.walk.wrote(count, written.len());
        Ok(Some(written))
    }
}

fn unwritable(error: io::Error) -> Error {
    Error::internal(format!("a row cannot be written: {error}"))
}

/// Writes rows of one noun.
pub(crate) enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>, u8),
    Jsonl(W),
    Marc21(marc21::Writer<W>),
    MarcXml(marcxml::Writer<W>),
}

impl Writer<Vec<u8>> {
    /// What was written since it was last taken.
    fn take(&mut self) -> io::Result<Vec<u8>> {
        Ok(std::mem::take(match self {
            Self::Csv(csv, delimiter) => {
                let written = std::mem::replace(&mut **csv, table(*delimiter, Vec::new()));
                return written.into_inner().map_err(csv::IntoInnerError::into_error);
            }
            Self::Jsonl(output) => output,
            Self::Marc21(writer) => writer.get_mut(),
            Self::MarcXml(writer) => writer.get_mut(),
        }))
    }
}

impl<W: Write> Writer<W> {
    /// Writes what stands before the rows.
    ///
    /// # Errors
    /// Those of the output.
    pub fn new<T: Exported>(format: Format, mut output: W) -> io::Result<Self> {
        Ok(match format {
            Format::Jsonl => Self::Jsonl(output),
            Format::Csv(Table { delimiter, bom }) => {
                if bom {
                    output.write_all("\u{feff}".as_bytes())?;
                }
                let mut csv = table(delimiter, output);
                csv.write_record(T::COLUMNS).map_err(io_error)?;
                Self::Csv(Box::new(csv), delimiter)
            }
            Format::Marc21 => Self::Marc21(marc21::Writer::new(output)),
            Format::MarcXml => {
                let mut writer = marcxml::Writer::new(output);
                writer.start().map_err(marc_error)?;
                Self::MarcXml(writer)
            }
        })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write<T: Exported>(&mut self, row: &T::Whole) -> io::Result<()> {
        match self {
            Self::Csv(csv, _) => {
                let cells = <T as Exported>::cells(row);
                csv.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(io_error)
            }
            Self::Jsonl(output) => {
                serde_json::to_writer(&mut *output, &T::members(row))?;
                output.write_all(b"\n")
            }
            Self::Marc21(writer) => {
                T::record(row).map_or(Ok(()), |record| fit(writer, record)).map_err(marc_error)
            }
            Self::MarcXml(writer) => {
                T::record(row).map_or(Ok(()), |record| writer.write(&record)).map_err(marc_error)
            }
        }
    }

    /// Writes what stands after the rows.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(self) -> io::Result<W> {
        let mut output = match self {
            Self::Csv(csv, _) => csv.into_inner().map_err(csv::IntoInnerError::into_error)?,
            Self::Jsonl(output) => output,
            Self::Marc21(writer) => writer.into_inner(),
            Self::MarcXml(writer) => writer.finish().map_err(marc_error)?,
        };
        output.flush()?;
        Ok(output)
    }
}

/// Writes a record with as many of its subjects as there is room for.
fn fit<W: Write>(
    writer: &mut marc21::Writer<W>,
    mut record: Record,
) -> std::result::Result<(), WriteError> {
    loop {
        match writer.write(&record) {
            Err(WriteError::RecordTooLong { .. }) if record.subjects.pop().is_some() => {}
            written => return written,
        }
    }
}

fn table<W: Write>(delimiter: u8, output: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().delimiter(delimiter).from_writer(output)
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
