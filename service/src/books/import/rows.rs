//! Rows of a file as books: a table with a header, or JSON objects.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Read, Seek},
};

use serde::{Deserialize, Serialize};

use super::{
    cells::{self, Accepted, Cells},
    columns::{COLUMNS, Columns},
    fields::Fields,
    members::Members,
    record::{Broken, Record, Records},
    row::{Place, Rejected, Row},
};
use crate::{Book, csv_escape::without_guard, noun::Noun, query::shortened};

/// Columns of a table. No catalogue has as many, and a name costs more memory than its bytes in the file.
const MOST_COLUMNS: usize = 1000;

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
    Table {
        columns: Columns,
        /// Whether it was exported here.
        is_ours: bool,
    },
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
                let is_ours = map.is_empty()
                    && names
                        .iter()
                        .map(String::as_str)
                        .take(COLUMNS.len())
                        .eq(Book::MEMBERS.iter().copied());
                let layout = Layout::Table { columns: Columns::find(&names, map)?, is_ours };
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
            Layout::Table { columns, is_ours } => {
                let book = match record.fields {
                    Ok(fields) => cells::book(&TableRow { fields, columns, is_exact: *is_ours }),
                    Err(broken) => Err(broken.to_string()),
                };
                (columns.present(), book)
            }
        };
        Ok(Some(match book {
            Ok(Accepted { book, warnings }) => {
                Ok(Row::new((number, line), book, present, warnings))
            }
            Err(reason) => {
                // A message may repeat the value, and the value may be a megabyte.
                let reason = shortened(&reason, 300);
                Err(Rejected { number, line, reason, raw: record.raw.to_vec() })
            }
        }))
    }
}

fn object(line: &[u8]) -> ([bool; COLUMNS.len()], Result<Accepted, String>) {
    // serde would take an array for an object as well, member by member.
    if !line.trim_ascii_start().starts_with(b"{") {
        return ([false; COLUMNS.len()], Err("expected a JSON object".to_owned()));
    }
    match serde_json::from_slice::<Members<'_>>(line) {
        Ok(members) => {
            (members.present, members.expect_known().and_then(|()| cells::book(&members)))
        }
        Err(error) => ([false; COLUMNS.len()], Err(error.to_string())),
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

fn utf8(fields: &Fields, index: usize) -> Option<&str> {
    std::str::from_utf8(fields.get(index)?).ok()
}

/// The cells of a record of a table.
struct TableRow<'a> {
    fields: &'a Fields,
    columns: &'a Columns,
    is_exact: bool,
}

impl Cells for TableRow<'_> {
    fn is_exact(&self) -> bool {
        self.is_exact
    }

    fn of(&self, column: usize) -> impl Iterator<Item = Result<Cow<'_, str>, String>> {
        self.columns.of(column).iter().map(move |place| match utf8(self.fields, *place) {
            Some(cell) => Ok(Cow::Borrowed(without_guard(cell))),
            None => {
                Err(format!("{} is not UTF-8; convert the file with `iconv`", cells::name(column)))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::NewBook;

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

    fn books(rows: Vec<Result<Row, Rejected>>) -> Vec<(NewBook, Vec<String>)> {
        rows.into_iter()
            .map(Result::unwrap)
            .map(|row| ((*row.book).clone(), row.warnings))
            .collect()
    }

    #[test]
    fn of_several_columns_the_first_usable_value_of_each_row_counts() {
        let text = "Title,Author,Year Published,Original Publication Year,ISBN,ISBN13\n\
                    A,x,2016,,,9780306406157\n\
                    B,x,2016,1987,=\"0306406152\",9780132350884\n\
                    C,x,2016,unknown,12,13\n";
        let seen = books(read(text));
        let values: Vec<_> =
            seen.iter().map(|(book, _)| (book.year, book.isbn.as_deref())).collect();
        assert_eq!(
            values,
            [
                (Some(2016), Some("9780306406157")),
                (Some(1987), Some("9780306406157")),
                (Some(2016), None)
            ]
        );
        assert_eq!(seen[2].1, ["isbn `12` has 2 digits, expected 10 or 13"]);

        let map = BTreeMap::from([
            ("isbn".to_owned(), "b, a".to_owned()),
            ("title".to_owned(), "t,t".to_owned()),
        ]);
        let text = "\"t,t\",author,a,b\nA,x,9780306406157,\nB,x,9780306406157,0132350882\n";
        let mut rows = Rows::new(text.as_bytes(), Format::Csv { delimiter: b',' }, &map).unwrap();
        let isbns: Vec<_> = std::iter::from_fn(|| rows.next().unwrap())
            .map(|row| row.unwrap().book.isbn.clone().unwrap())
            .collect();
        assert_eq!(isbns, ["9780306406157", "9780132350884"]);
    }

    #[test]
    fn an_optional_cell_never_costs_a_book_and_does_not_clear_what_is_stored() {
        let rows =
            read("title,author,year,pages,status,isbn\nA,x,n.d.,0,a status of many letters,B000\n");
        let [Ok(row)] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(
            (row.book.year, row.book.page_count, row.book.status.as_str()),
            (None, None, "available")
        );
        assert_eq!(row.present, [true, true, false, false, false, false]);
        assert!(row.has_unread);
        let warned = row.warnings.join("\n");
        for reason in ["year `n.d.`", "page_count `0`", "status `a status", "isbn `B000`"] {
            assert!(warned.contains(reason), "{warned}");
        }
    }

    #[test]
    fn texts_are_what_a_reader_sees_but_our_own_files_are_taken_as_they_are() {
        let text = "title,author,isbn\n\"The  Garden\nA Novel\",Tom &amp; Ann,\n";
        let seen = books(read(text));
        assert_eq!(
            (seen[0].0.title.as_str(), seen[0].0.author.as_str()),
            ("The Garden A Novel", "Tom & Ann")
        );
        let text =
            "title,author,year,isbn,page_count,status\nThe  Garden,Tom &amp; Ann,79,,,available\n";
        let seen = books(read(text));
        assert_eq!(
            (seen[0].0.title.as_str(), seen[0].0.author.as_str()),
            ("The  Garden", "Tom &amp; Ann")
        );
        assert_eq!(seen[0].0.year, Some(79));
    }

    #[test]
    fn objects_are_read_by_the_same_rules_and_other_members_are_named() {
        let read = |line: &str| {
            let mut rows = Rows::new(line.as_bytes(), Format::Jsonl, &BTreeMap::new()).unwrap();
            rows.next().unwrap().unwrap()
        };
        let line = r#"{"id":1,"title":1984,"author":"a","year":"c1949","isbn":"ISBN 0306406152","page_count":328.0,"version":2}"#;
        let NewBook { title, year, isbn, page_count, .. } = (*read(line).unwrap().book).clone();
        assert_eq!(
            (title.as_str(), year, isbn.as_deref(), page_count),
            ("1984", Some(1949), Some("9780306406157"), Some(328))
        );
        let row =
            read(r#"{"title":"a","author":"b","year":[1],"isbn":null,"page_count":true}"#).unwrap();
        let warned = [
            "year `[1]` is neither a text nor a number",
            "page_count `true` is neither a text nor a number",
            "there is no isbn",
        ];
        assert_eq!(row.warnings, warned);
        for (line, reason) in [
            (r#"{"title":"a"}"#, "author is empty"),
            (
                r#"{"title":"a","author":"b","titel":1}"#,
                "unknown field `titel`, expected one of `title`, `author`",
            ),
            (r#"{"title":"a","author":"b","title":"c"}"#, "duplicate field `title`"),
            (r#"{"title":["a"],"author":"b"}"#, "title `[\"a\"]` is neither a text nor a number"),
            (r#"["a","b"]"#, "expected a JSON object"),
            ("nonsense", "expected a JSON object"),
        ] {
            let found = read(line).unwrap_err().reason;
            assert!(found.contains(reason), "{line}: {found}");
        }
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
}
