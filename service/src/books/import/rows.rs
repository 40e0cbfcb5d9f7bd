//! Rows of a file as books: which column is which, and what spreadsheets do to numbers.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek},
};

use serde::{Deserialize, Serialize};

use super::{
    columns::COLUMNS,
    fields::Fields,
    members::Members,
    record::{Broken, Record, Records},
    row::{Place, Rejected, Row},
};
use crate::{
    books::{AVAILABLE, NewBook},
    check::{Check, Checked},
    csv_escape::without_guard,
    error::Error,
    isbn,
    query::shortened,
};

/// Columns of a table. No catalogue has as many, and a name costs more memory than its bytes in the file.
const MOST_COLUMNS: usize = 1000;
/// Names that a message about the header repeats, and characters of each.
const MOST_SHOWN: usize = 20;
const LONGEST_SHOWN: usize = 40;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A header, then a row a line; fields are parted by this byte.
    Csv {
        /// Usually `,`.
        delimiter: u8,
    },
    /// A JSON object a line.
    Jsonl,
}

/// Reads a file row by row.
pub struct Rows<R> {
    records: Records<R>,
    read: u64,
    layout: Layout,
    header: Vec<u8>,
}

enum Layout {
    /// For each of [`COLUMNS`] the index of its field.
    Table([Option<usize>; COLUMNS.len()]),
    Objects,
}

impl<R: Read> Rows<R> {
    /// Reads the header of a table. `map` names the header of a column where the usual ones do not fit.
    ///
    /// # Errors
    /// When the file is empty, not UTF-8 text, has too many columns, or none for a title or an author.
    pub fn new(input: R, format: Format, map: &BTreeMap<String, String>) -> Result<Self, String> {
        match format {
            Format::Jsonl => {
                // No byte of JSON text is this delimiter, so each line is a record of one field.
                let records = Records::new(input, 0);
                Ok(Self { records, read: 0, layout: Layout::Objects, header: Vec::new() })
            }
            Format::Csv { delimiter } => {
                let mut records = Records::new(input, delimiter);
                let record = records.header(MOST_COLUMNS).map_err(|error| error.to_string())?;
                let record = record.ok_or("the file is empty, expected a header")?;
                let header = record.raw.to_vec();
                let names = header_names(record)?;
                records.expect_width(names.len());
                let layout = Layout::Table(columns(&names, map)?);
                Ok(Self { records, read: 0, layout, header })
            }
        }
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
        let Some(record) = self.records.next()? else { return Ok(None) };
        self.read += 1;
        let (number, line) = (self.read, record.line);
        let (present, book) = match &self.layout {
            Layout::Objects => match record.fields {
                // Of such a line only the beginning is there.
                Err(Broken::TooLong) => ([false; COLUMNS.len()], Err(Broken::TooLong.to_string())),
                _ => object(record.raw),
            },
            Layout::Table(columns) => {
                let book = match record.fields {
                    Ok(fields) => table_row(fields, columns),
                    Err(broken) => Err(broken.to_string()),
                };
                (columns.map(|place| place.is_some()), book)
            }
        };
        Ok(Some(match book {
            Ok((book, warning)) => Ok(Row { number, line, book, present, warning }),
            Err(reason) => {
                // A message may repeat the value, and the value may be a megabyte.
                let reason = shortened(&reason, 300);
                Err(Rejected { number, line, reason, raw: record.raw.to_vec() })
            }
        }))
    }
}

fn header_names(header: Record<'_>) -> Result<Vec<String>, String> {
    if header.raw.starts_with(&[0xFF, 0xFE]) || header.raw.starts_with(&[0xFE, 0xFF]) {
        return Err("the file is UTF-16; save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)".to_owned());
    }
    let fields = header.fields.map_err(|broken| match broken {
        Broken::Wider { expected } => format!(
            "the header has more than {expected} columns; leave out those that are no members of a book, or choose the `delimiter` of \
             the file"
        ),
        broken => format!("the header cannot be read: {broken}"),
    })?;
    (0..fields.len())
        .map(|index| {
            let name = utf8(fields, index)
                .ok_or("the header is not UTF-8; convert the file with `iconv`")?;
            // The table of rejected rows has guarded headers.
            Ok(without_guard(name.trim()).trim().to_owned())
        })
        .collect()
}

/// The first headers of a table, for a message.
fn shown(names: &[String]) -> String {
    let first = names.iter().take(MOST_SHOWN);
    let first = first.map(|name| format!("`{}`", shortened(name, LONGEST_SHOWN)));
    let first = first.collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST_SHOWN) {
        None | Some(0) => first,
        Some(more) => format!("{first} and {more} more"),
    }
}

fn columns(
    names: &[String],
    map: &BTreeMap<String, String>,
) -> Result<[Option<usize>; COLUMNS.len()], String> {
    if let Some(column) = map.keys().find(|column| COLUMNS.iter().all(|(ours, _)| ours != column)) {
        let ours = COLUMNS.map(|(ours, _)| ours).join(", ");
        let column = shortened(column, LONGEST_SHOWN);
        return Err(format!("`{column}` is no column of a book; the columns are {ours}"));
    }
    let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let mut found = [None; COLUMNS.len()];
    for (place, (ours, aliases)) in found.iter_mut().zip(COLUMNS) {
        *place = match map.get(ours) {
            Some(header) => match names.iter().position(|name| name == without_guard(header)) {
                None => {
                    let (header, headers) = (shortened(header, LONGEST_SHOWN), shown(names));
                    return Err(format!(
                        "the file has no header `{header}`; its headers are {headers}"
                    ));
                }
                index => index,
            },
            None => aliases.iter().find_map(|alias| plain.iter().position(|name| name == alias)),
        };
        if place.is_none() && matches!(ours, "title" | "author") {
            let headers = shown(names);
            return Err(format!(
                "no header means `{ours}`; name the one that does, as `{ours}=HEADER` of a map; the headers are {headers}"
            ));
        }
    }
    Ok(found)
}

/// `Publication Year` and `publication-year` are `publication_year`.
fn plain(header: &str) -> String {
    header.to_lowercase().replace([' ', '-'], "_")
}

fn utf8(fields: &Fields, index: usize) -> Option<&str> {
    std::str::from_utf8(fields.get(index)?).ok()
}

/// A book and why it lacks its ISBN, or why it cannot be stored.
type Insertable = Result<(Checked<NewBook>, Option<String>), String>;

fn table_row(fields: &Fields, columns: &[Option<usize>; COLUMNS.len()]) -> Insertable {
    let mut values = [""; COLUMNS.len()];
    for ((value, place), (ours, _)) in values.iter_mut().zip(columns).zip(COLUMNS) {
        if let Some(index) = *place {
            let found = utf8(fields, index);
            *value =
                without_guard(found.ok_or_else(|| {
                    format!("{ours} is not UTF-8; convert the file with `iconv`")
                })?);
        }
    }
    let [title, author, year, isbn, page_count, status] = values;
    book(NewBook {
        title: title.to_owned(),
        author: author.to_owned(),
        year: whole_number("year", year)?,
        isbn: Some(isbn.trim().to_owned()),
        page_count: whole_number("page_count", page_count)?,
        status: match status.trim() {
            "" => AVAILABLE.to_owned(),
            status => status.to_owned(),
        },
    })
}

fn object(line: &[u8]) -> ([bool; COLUMNS.len()], Insertable) {
    let Members { present, .. } = serde_json::from_slice(line).unwrap_or_default();
    let book = match serde_json::from_slice(line) {
        // serde would take an array for a book as well, member by member.
        _ if !line.trim_ascii_start().starts_with(b"{") => Err("expected a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
        Ok(new) => book(new),
    };
    (present, book)
}

/// A book is worth keeping without its ISBN, so a bad one is a warning.
fn book(mut new: NewBook) -> Insertable {
    let (isbn, warning) = match new.isbn.as_deref() {
        None | Some("") => (None, Some("there is no isbn".to_owned())),
        Some(written) => match isbn::canonical_with_lost_zeros(written) {
            Ok(isbn) => (Some(isbn), None),
            Err(bad) => (None, Some(bad.to_string())),
        },
    };
    new.isbn = isbn;
    match new.check() {
        Ok(book) => Ok((book, warning)),
        Err(error @ Error::Invalid(_)) => Err(error.to_string()),
        Err(error) => Err(crate::chain(&error).to_string()),
    }
}

/// Reads `2008`, the `2008.0` of a spreadsheet and, for years, the date `2008-05-01`; nothing is nothing.
fn whole_number(field: &str, written: &str) -> Result<Option<i32>, String> {
    let written = written.trim();
    if written.is_empty() {
        return Ok(None);
    }
    let number = match written.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
        _ => written,
    };
    let date = (field == "year")
        .then(|| {
            number
                .split_once('-')
                .filter(|(year, rest)| year.len() == 4 && is_month_or_day(rest))
                .map(|(year, _)| year)
        })
        .flatten();
    match date.unwrap_or(number).parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => {
            let shown = shortened(written, 30);
            Err(format!("{field} `{shown}` is not a whole number"))
        }
    }
}

/// `05` or `05-01`, as after the year of a date.
fn is_month_or_day(rest: &str) -> bool {
    rest.split('-').all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Book, noun::Noun};

    fn read(text: &str) -> Vec<Result<Row, Rejected>> {
        let mut rows =
            Rows::new(text.as_bytes(), Format::Csv { delimiter: b',' }, &BTreeMap::new()).unwrap();
        std::iter::from_fn(|| rows.next().unwrap()).collect()
    }

    #[test]
    fn what_is_exported_is_imported() {
        assert_eq!(COLUMNS.map(|(name, _)| name).as_slice(), Book::MEMBERS);
    }

    #[test]
    fn headers_of_other_catalogues_are_understood() {
        let rows = read(
            "ISBN13,Authors,Original Publication Year,Title,Pages\n9780132350884,Martin,2008.0,Clean Code,464\n",
        );
        let [Ok(row)] = rows.as_slice() else { panic!("{rows:?}") };
        let NewBook { title, author, year, isbn, page_count, status } = (*row.book).clone();
        assert_eq!(
            (title.as_str(), author.as_str(), status.as_str()),
            ("Clean Code", "Martin", "available")
        );
        assert_eq!(
            (year, isbn.as_deref(), page_count),
            (Some(2008), Some("9780132350884"), Some(464))
        );
    }

    #[test]
    fn a_missing_column_is_named_with_the_headers_that_are_there() {
        let open = |text: &str, map: &[(&str, &str)]| {
            let map = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            Rows::new(text.as_bytes(), Format::Csv { delimiter: b',' }, &map).err().unwrap()
        };
        assert_eq!(
            open("title,writer\n", &[]),
            "no header means `author`; name the one that does, as `author=HEADER` of a map; the headers are `title`, `writer`"
        );
        assert!(open("title,writer\n", &[("author", "x")]).contains("no header `x`"));
        assert!(
            open("title,author\n", &[("shelf", "x")]).contains("`shelf` is no column of a book")
        );
        assert!(open("", &[]).contains("the file is empty"));
        assert!(open("\u{1}", &[]).contains("no header means `title`"));
    }

    #[test]
    fn whole_numbers_are_read_as_spreadsheets_write_them() {
        for (field, written, number) in [
            ("year", "2008", Ok(Some(2008))),
            ("year", " 2008.0 ", Ok(Some(2008))),
            ("year", "-1750.0", Ok(Some(-1750))),
            ("year", "2008-05-01", Ok(Some(2008))),
            ("year", "", Ok(None)),
            ("year", "1999-2003", Err("year `1999-2003` is not a whole number")),
            ("year", "2008.5", Err("year `2008.5` is not a whole number")),
            ("page_count", "2008-05", Err("page_count `2008-05` is not a whole number")),
            ("year", "99999999999", Err("year `99999999999` is not a whole number")),
        ] {
            assert_eq!(whole_number(field, written), number.map_err(str::to_owned), "{written}");
        }
    }
}
