//! Records of libraries and publishers as rows: MARC 21, MARCXML and ONIX 3.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bibliographic::{Contributor, Entry, ReadError, Reason, Record, Records, Warning};

use super::{
    Blank, Options,
    cells::{self, Defaults},
    columns::COLUMNS,
    counted::Counted,
    encoding::{Encoding, without_marks},
    row::{Place, Rejected, Row},
    rows::Format,
    source::Source,
    texts::Texts,
    understood::Understood,
};
use crate::query::shortened;

/// A record, or why it cannot be read.
type Item = Result<Entry<Record>, ReadError>;

/// Reads the records of a file one by one. Their numbers stand in for lines.
pub(super) struct Library<R> {
    format: bibliographic::Format,
    records: Records<Counted<Source<R>>>,
    /// Bytes of the file that were read.
    bytes: Arc<AtomicU64>,
    /// The first record, which was read to see whether the file can be.
    first: Option<Item>,
    /// How many records were read.
    read: u64,
    defaults: Defaults,
}

/// The format of a file of a library, as it is named or as its beginning shows.
pub(super) fn format(named: &Format, sample: &[u8]) -> Option<bibliographic::Format> {
    match named {
        Format::Csv(_) => bibliographic::Format::detect(sample),
        Format::Jsonl | Format::Json => None,
        Format::Marc21 => Some(bibliographic::Format::Marc21),
        Format::MarcXml => Some(bibliographic::Format::MarcXml),
        Format::Onix => Some(bibliographic::Format::Onix),
    }
}

fn ours(format: bibliographic::Format) -> Format {
    match format {
        bibliographic::Format::Marc21 => Format::Marc21,
        bibliographic::Format::MarcXml => Format::MarcXml,
        bibliographic::Format::Onix => Format::Onix,
    }
}

/// Whether a file begins as XML does.
pub(super) fn is_xml(sample: &[u8]) -> bool {
    without_marks(sample).trim_ascii_start().starts_with(b"<?xml")
}

impl<R: Read> Library<R> {
    /// Reads the first record.
    ///
    /// # Errors
    /// When nothing of the file can be read.
    pub fn new(
        format: bibliographic::Format,
        source: Source<R>,
        options: &Options,
    ) -> Result<Self, String> {
        let defaults = cells::defaults(&options.defaults)?;
        let bytes = Arc::new(AtomicU64::new(0));
        let source = Counted { input: source, read: Arc::clone(&bytes) };
        let mut records = Records::new(format, source);
        match records.next() {
            None => Err(format!("the file has no records of {}", ours(format).name())),
            Some(Err(error)) if error.is_fatal() => {
                let reason = shortened(&error.reason.to_string(), 300);
                Err(format!("the file is not {}: {reason}", ours(format).name()))
            }
            first => Ok(Self { format, records, bytes, first, read: 0, defaults }),
        }
    }

    /// How the file is understood.
    pub fn understood(&self) -> Understood {
        Understood { library: Some(ours(self.format)), ..Understood::text(Encoding::UTF_8) }
    }

    /// How far the file was read. A record more may be in memory.
    pub fn place(&self) -> Place {
        let bytes = self.bytes.load(Ordering::Relaxed);
        Place { bytes, lines: self.read, rows: self.read }
    }

    /// Goes on after so many records. Those before are read once more: nothing else tells where one begins.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn go_to(&mut self, place: Place) -> io::Result<()> {
        while self.read < place.rows && self.item()?.is_some() {}
        Ok(())
    }

    fn item(&mut self) -> io::Result<Option<Item>> {
        let item = self.first.take().or_else(|| self.records.next());
        if let Some(Err(ReadError { reason: Reason::Io(error), .. })) = item {
            return Err(error);
        }
        self.read += u64::from(item.is_some());
        Ok(item)
    }

    /// The next record as a row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub fn next(&mut self) -> io::Result<Option<Result<Row, Rejected>>> {
        let Some(item) = self.item()? else { return Ok(None) };
        let number = self.read;
        let rejected = |reason: &str, raw| {
            let reason = shortened(reason, 300);
            Rejected { number, line: number, reason, raw }
        };
        Ok(Some(match item {
            Err(error) if error.is_fatal() => {
                let reason = format!("{}; nothing after it can be read", error.reason);
                Err(rejected(&reason, Vec::new()))
            }
            Err(error) => Err(rejected(&error.reason.to_string(), Vec::new())),
            Ok(Entry { record, warnings, .. }) => {
                let texts = Texts(COLUMNS.map(|(column, _)| texts(&record, column)));
                match cells::book(&texts, &self.defaults) {
                    Ok(accepted) => {
                        let place = (number, number);
                        let mut row = Row::new(place, accepted, texts.present(), Blank::Keep);
                        let lost = warnings.iter().filter(|one| loses(one));
                        row.warnings.extend(lost.map(ToString::to_string));
                        Ok(row)
                    }
                    Err(reason) => Err(rejected(&reason, texts.object())),
                }
            }
        }))
    }
}

/// Whether characters were lost; what was mended says nothing to whoever imports a file.
fn loses(warning: &Warning) -> bool {
    matches!(warning, Warning::Characters { .. })
}

/// What a record says of a column, the best first.
fn texts(record: &Record, column: &str) -> Vec<String> {
    let isbns = record.isbns.iter().filter(|isbn| !isbn.cancelled);
    match column {
        "title" => vec![record.title_with_parts()],
        "author" => author(record).into_iter().collect(),
        "year" => record.year.iter().cloned().collect(),
        "isbn" => isbns.map(|isbn| isbn.text.clone()).collect(),
        "page_count" => record.pages.iter().cloned().collect(),
        "subtitle" => record.subtitle.iter().cloned().collect(),
        "publisher" => record.publisher.iter().cloned().collect(),
        "language" => record.languages.clone(),
        "description" => record.description.iter().cloned().collect(),
        "series" => record.series.iter().map(|series| series.name.clone()).take(1).collect(),
        "series_number" => {
            record.series.iter().take(1).filter_map(|series| series.number.clone()).collect()
        }
        "subjects" => record.subjects.iter().map(|subject| subject.text.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The authors, or where none is named everybody who contributed, as for a collection that has editors only.
fn author(record: &Record) -> Option<String> {
    let mut names: Vec<String> = record.authors().map(Contributor::direct_name).collect();
    if names.is_empty() {
        names = record.contributors.iter().map(Contributor::direct_name).collect();
    }
    names.dedup();
    (!names.is_empty()).then(|| names.join(", "))
}
