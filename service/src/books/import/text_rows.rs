//! Rows of a text as books: a table with a header, or JSON objects.

use std::{
    borrow::Cow,
    io::{self, Read, Seek},
};

use super::{
    Blank, Options,
    cells::{self, Accepted, Cells, Defaults},
    columns::{COLUMNS, Columns, SUBJECTS},
    dialect::Dialect,
    encoding::{Encoding, SAVE_AS_UTF_8},
    fields::Fields,
    header::{self, MOST_COLUMNS},
    members::Members,
    opened::{Opened, open},
    record::{Broken, Records},
    row::{Place, Rejected, Row},
    source::Source,
    understood::Understood,
};
use crate::{Book, csv_escape::without_guard, noun::Noun, query::shortened};

/// The members of a book in the exports of the first version.
const FIRST_EXPORTED: usize = 6;

/// Reads a text row by row.
pub(super) struct TextRows<R> {
    records: Records<R>,
    read: u64,
    layout: Layout,
    header: Vec<u8>,
    defaults: Defaults,
    blank: Blank,
}

enum Layout {
    Table {
        dialect: Dialect,
        columns: Box<Columns>,
        names: Vec<String>,
        /// Whether it was exported here.
        is_ours: bool,
    },
    Objects,
}

impl<R: Read> TextRows<R> {
    /// Finds how a file is written, as far as the options do not say it, and reads the header of a table.
    ///
    /// # Errors
    /// When the file is empty, no text, has too many columns, or none for a title or an author.
    pub fn new(source: Source<R>, options: &Options) -> Result<Self, String> {
        let defaults = cells::defaults(&options.defaults)?;
        let Opened { records, dialect } = open(source, options, &|names| columns(names, options))?;
        let Some(dialect) = dialect else {
            let (layout, header) = (Layout::Objects, Vec::new());
            return Ok(Self { records, read: 0, layout, header, defaults, blank: options.blank });
        };
        let rows = Self::table(records, dialect, options)?;
        Ok(Self { defaults, ..rows })
    }

    fn table(mut records: Records<R>, dialect: Dialect, options: &Options) -> Result<Self, String> {
        let unreadable = |error: io::Error| error.to_string();
        records.skip_lines(dialect.skip_lines).map_err(unreadable)?;
        let record = records.header(MOST_COLUMNS).map_err(unreadable)?;
        let record = record.ok_or("the file is empty, expected a header")?;
        let header = record.raw.to_vec();
        let names = header::names(&record)?;
        let is_ours = options.map.is_empty() && is_header_of_ours(&names);
        let columns = Columns::find(&names, options)?;
        records.expect_rows(names.len(), columns.width());
        let columns = Box::new(columns);
        let layout = Layout::Table { dialect, columns, names, is_ours };
        let (defaults, blank) = (Defaults::default(), options.blank);
        Ok(Self { records, read: 0, layout, header, defaults, blank })
    }

    /// How the file is understood.
    pub fn understood(&self) -> Understood {
        let text = Understood::text(self.records.encoding());
        match &self.layout {
            Layout::Objects => text,
            Layout::Table { dialect, columns, names, .. } => Understood {
                dialect: Some(*dialect),
                profile: columns.profile,
                columns: columns.named(names),
                ..text
            },
        }
    }

    /// Rows so far without a value, which are left out as empty lines are.
    pub fn empty_rows(&self) -> u64 {
        self.records.empty()
    }

    /// The header of a table, as it stands there.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Where the next row begins.
    pub fn place(&self) -> Place {
        let (bytes, lines) = self.records.place();
        Place { bytes, lines, rows: self.read }
    }

    /// Goes on from where somebody stopped before.
    ///
    /// # Errors
    /// When the file cannot be read there.
    pub fn go_to(&mut self, place: Place) -> io::Result<()>
    where
        R: Seek,
    {
        self.read = place.rows;
        self.records.go_to(place.bytes, place.lines)
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub fn next(&mut self) -> io::Result<Option<Result<Row, Rejected>>> {
        let encoding = self.records.encoding();
        let Some(record) = self.records.next()? else { return Ok(None) };
        self.read += 1;
        let (number, line) = (self.read, record.line);
        let mended = record.mended.map(|fault| format!("{fault}; it was read all the same"));
        let (present, book) = match &self.layout {
            Layout::Objects => match record.fields {
                // Of such a line only the beginning is there.
                Err(Broken::TooLong) => ([false; COLUMNS.len()], Err(Broken::TooLong.to_string())),
                _ => object(record.raw, &self.defaults),
            },
            Layout::Table { columns, is_ours, .. } => {
                let book = match record.fields {
                    Ok(fields) => {
                        let row = TableRow { fields, columns, encoding, is_exact: *is_ours };
                        cells::book(&row, &self.defaults)
                    }
                    Err(broken) => Err(broken.to_string()),
                };
                (columns.present(), book)
            }
        };
        Ok(Some(match book {
            Ok(accepted) => {
                let mut row = Row::new((number, line), accepted, present, self.blank);
                row.warnings.extend(mended);
                Ok(row)
            }
            Err(reason) => {
                // A message may repeat the value, and the value may be a megabyte.
                let reason = shortened(&reason, 300);
                Err(Rejected { number, line, reason, raw: record.raw.to_vec() })
            }
        }))
    }
}

/// How many of the columns of a book a header has; 0 without those that must be there.
pub(super) fn columns(names: &[String], options: &Options) -> usize {
    let present = Columns::find(names, options).map(|columns| columns.present());
    present.map_or(0, |present| present.into_iter().filter(|is_there| *is_there).count())
}

/// A line of JSON, or an object of our own in a document.
pub(super) fn object(
    line: &[u8],
    defaults: &Defaults,
) -> ([bool; COLUMNS.len()], Result<Accepted, String>) {
    // serde would take an array for an object as well, member by member.
    if !line.trim_ascii_start().starts_with(b"{") {
        return ([false; COLUMNS.len()], Err("expected a JSON object".to_owned()));
    }
    match serde_json::from_slice::<Members<'_>>(line) {
        Ok(members) => {
            (members.present, members.expect_known().and_then(|()| cells::book(&members, defaults)))
        }
        Err(error) => ([false; COLUMNS.len()], Err(error.to_string())),
    }
}

fn utf8(fields: &Fields, index: usize) -> Option<&str> {
    std::str::from_utf8(fields.get(index)?).ok()
}

/// The cells of a record of a table.
struct TableRow<'a> {
    fields: &'a Fields,
    columns: &'a Columns,
    encoding: Encoding,
    is_exact: bool,
}

impl Cells for TableRow<'_> {
    fn is_exact(&self) -> bool {
        self.is_exact
    }

    fn of(&self, column: usize) -> impl Iterator<Item = Result<Cow<'_, str>, String>> {
        self.columns.of(column).iter().map(move |place| match utf8(self.fields, *place) {
            // What the decoder did not understand.
            Some(cell) if self.encoding != Encoding::UTF_8 && cell.contains('\u{fffd}') => {
                let encoding = self.encoding.name();
                Err(format!("{} has bytes that are not {encoding}; {SAVE_AS_UTF_8}", cells::name(column)))
            }
            Some(cell) if column == SUBJECTS && !self.is_exact => {
                let is_list = self.columns.is_list(*place);
                Ok(on_lines(without_guard(cell), is_list))
            }
            Some(cell) => Ok(Cow::Borrowed(without_guard(cell))),
            None => Err(format!(
                "{} is not UTF-8; name the encoding of the file, such as `windows-1252`, or {SAVE_AS_UTF_8}",
                cells::name(column)
            )),
        })
    }
}

/// A cell of subjects with each of them on a line.
fn on_lines(cell: &str, is_list: bool) -> Cow<'_, str> {
    let separates = |c: char| c == '|' || is_list && c == ',' && !cell.starts_with('[');
    match cell.contains(separates) {
        true => cell.replace(separates, "\n").into(),
        false => cell.into(),
    }
}

/// Whether a table has the header of our exports: the members of a book, or those that an earlier version exported, and what
/// the table of rejected rows has after them.
fn is_header_of_ours(names: &[String]) -> bool {
    let columns: Vec<&String> = names.iter().filter(|name| *name != "subjects").collect();
    let ours = Book::MEMBERS.iter().zip(&columns).take_while(|(ours, name)| ours == name).count();
    ours == Book::MEMBERS.len() || ours >= FIRST_EXPORTED && ours == columns.len()
}
