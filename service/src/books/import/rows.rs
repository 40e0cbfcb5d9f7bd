//! Rows of a file as books, whatever its format is.

use std::io::{self, Read, Seek};

use serde::{Deserialize, Serialize};

use super::{
    Options,
    batch::RowReader,
    dialect::Table,
    documents::Documents,
    encoding::{SAVE_AS_UTF_8, without_marks},
    library::{self, Library},
    row::{Place, Rejected, Row},
    shape::Shape,
    source::Source,
    text_rows::TextRows,
    understood::Understood,
};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A header, then a row a line.
    Csv(Table),
    /// A JSON object a line.
    Jsonl,
    /// Objects of a JSON document, or those of a dump of Open Library.
    Json,
    /// MARC 21 in ISO 2709.
    Marc21,
    /// MARC 21 as XML.
    MarcXml,
    /// ONIX for Books 3.
    Onix,
}

impl Default for Format {
    fn default() -> Self {
        Self::Csv(Table::default())
    }
}

impl Format {
    /// The word for it in requests and answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Marc21 => "marc21",
            Self::MarcXml => "marcxml",
            Self::Onix => "onix",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv(_) => "CSV",
            Self::Jsonl => "JSON lines",
            Self::Json => "JSON",
            Self::Marc21 => "MARC 21",
            Self::MarcXml => "MARCXML",
            Self::Onix => "ONIX 3",
        }
    }
}

/// Lines in which a header may be drawn.
const LINES_OF_HEADER: usize = 4;

/// Reads a file row by row.
pub struct Rows<R>(Kind<R>);

enum Kind<R> {
    Text(Box<TextRows<R>>),
    Library(Box<Library<R>>),
    Documents(Box<Documents<R>>),
}

impl<R: Read> Rows<R> {
    /// Finds how a file is written, as far as the options do not say it, and reads the header of a table. What is a file of a library
    /// is read as one, also where a table was expected.
    ///
    /// # Errors
    /// When the file is empty, no text, has too many columns, or none for a title or an author; and when it is a file of a library
    /// of which nothing can be read.
    pub fn new(input: R, options: &Options) -> Result<Self, String> {
        let mut source = Source::new(input);
        let sample = source.sample().map_err(|error| error.to_string())?;
        refuse_others(sample)?;
        let shape = match options.format {
            Format::Jsonl => Shape::of_lines(sample)?,
            _ => Shape::of(sample)?,
        };
        let is_lines = matches!(options.format, Format::Csv(_)) && is_lines(sample);
        Ok(Self(match library::format(&options.format, sample) {
            Some(format) => Kind::Library(Box::new(Library::new(format, source, options)?)),
            None if library::is_xml(sample) => {
                return Err("the file is XML, but neither MARCXML nor ONIX 3".to_owned());
            }
            None if let Some(shape) = shape => {
                Kind::Documents(Box::new(Documents::new(shape, source, options)?))
            }
            None if is_lines => {
                let options = Options { format: Format::Jsonl, ..options.clone() };
                Kind::Text(Box::new(TextRows::new(source, &options)?))
            }
            None => Kind::Text(Box::new(TextRows::new(source, options)?)),
        }))
    }

    /// Goes on from where somebody stopped before.
    ///
    /// # Errors
    /// When the file cannot be read there.
    pub fn go_to(&mut self, place: Place) -> io::Result<()>
    where
        R: Seek,
    {
        match &mut self.0 {
            Kind::Text(rows) => rows.go_to(place),
            Kind::Library(rows) => rows.go_to(place),
            Kind::Documents(rows) => rows.go_to(place),
        }
    }
}

impl<R: Read> RowReader for Rows<R> {
    type Row = Row;

    fn understood(&self) -> Understood {
        match &self.0 {
            Kind::Text(rows) => rows.understood(),
            Kind::Library(rows) => rows.understood(),
            Kind::Documents(rows) => rows.understood(),
        }
    }

    fn header(&self) -> &[u8] {
        match &self.0 {
            Kind::Text(rows) => rows.header(),
            Kind::Library(_) => &[],
            Kind::Documents(rows) => rows.header(),
        }
    }

    fn place(&self) -> Place {
        match &self.0 {
            Kind::Text(rows) => rows.place(),
            Kind::Library(rows) => rows.place(),
            Kind::Documents(rows) => rows.place(),
        }
    }

    fn empty_rows(&self) -> u64 {
        match &self.0 {
            Kind::Text(rows) => rows.empty_rows(),
            Kind::Library(_) | Kind::Documents(_) => 0,
        }
    }

    fn next(&mut self) -> io::Result<Option<Result<Row, Rejected>>> {
        match &mut self.0 {
            Kind::Text(rows) => rows.next(),
            Kind::Library(rows) => rows.next(),
            Kind::Documents(rows) => rows.next(),
        }
    }
}

/// Whether a file begins with an object of JSON.
pub fn is_lines(sample: &[u8]) -> bool {
    without_marks(sample).trim_ascii_start().starts_with(b"{\"")
}

/// A workbook is no text, and its bytes would only be rejected row by row; and so would be the lines of a table that is drawn.
pub fn refuse_others(sample: &[u8]) -> Result<(), String> {
    let is_workbook = [b"PK\x03\x04".as_slice(), b"\xd0\xcf\x11\xe0"]
        .iter()
        .any(|first| sample.starts_with(first));
    if is_workbook {
        return Err(format!(
            "the file is a workbook or an archive (.xlsx, .xls, .ods, .zip), not a table as text; {SAVE_AS_UTF_8}"
        ));
    }
    let mut lines = sample.split(|byte| *byte == b'\n').take(LINES_OF_HEADER);
    match lines.position(is_rule) {
        Some(line) => Err(format!(
            "line {} is a rule, as in tables of Markdown and on terminals; save the table as CSV, such as with `--csv` of psql",
            line + 1
        )),
        None => Ok(()),
    }
}

/// `|---|:--:|`, `-----+-----` and `+----+----+`.
fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.iter().all(|byte| matches!(byte, b'|' | b'+' | b'-' | b':' | b' '))
        && line.iter().any(|byte| matches!(byte, b'|' | b'+'))
        && line.windows(3).any(|three| three == b"---")
}

#[cfg(test)]
mod tests;
