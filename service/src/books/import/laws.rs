//! What holds for any file, whatever its bytes are: for a fuzzer, and for the tests, which change files a little. A law that is broken
//! panics.

mod expected;

use std::io::{Cursor, Read};

use super::{
    Format, OnDuplicate, Options, Rows, batch::RowReader, cells, columns::COLUMNS,
    dialect::LineEnds, row::Place, shape::Shape, texts::Texts,
};
use crate::{
    Item, Store,
    books::NewBook,
    imports::{Layout, Sheet, Tabular},
    items::price,
};
use expected::{expect_alike_when_exported, good_row};

/// Rows of a file of which all laws are tried.
const MOST: usize = 200;

/// Options of an import by a byte, for files of which the first byte names them.
fn options(byte: u8, format: Format) -> Options {
    let defaults = match byte & 1 {
        0 => Vec::new(),
        _ => vec![("title".to_owned(), "t".to_owned()), ("author".to_owned(), "a".to_owned())],
    };
    let on_duplicate = OnDuplicate::Skip;
    Options { format, on_duplicate, defaults: defaults.into_iter().collect(), ..Options::default() }
}

/// A table, of books or of what else is imported: of any bytes each row is read, or rejected with a reason.
pub fn tables(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    match first % 4 {
        2 => sheet(bytes, Item::LAYOUT),
        3 => sheet(bytes, Store::LAYOUT),
        _ => {
            let options = options(*first, Format::default());
            if let Some(file) = File::read(bytes, &options) {
                file.expect_laws(bytes);
                expect_good_row_after(bytes, &file);
            }
        }
    }
}

/// JSON documents and JSON lines, as [`tables`].
pub fn documents(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let is_lines = first & 2 == 2;
    let format = if is_lines { Format::Jsonl } else { Format::default() };
    let options = options(*first, format);
    let Some(file) = File::read(bytes, &options) else { return };
    file.expect_laws(bytes);
    let list: Result<Vec<serde_json::Value>, _> = serde_json::from_slice(bytes);
    let shape = Shape::of(bytes).ok().flatten();
    match list {
        Ok(list) if !is_lines && shape == Some(Shape::Array) => {
            assert_eq!(file.rows.len(), list.len(), "objects of an array are lost");
            let more = [bytes, b" x"].concat();
            let Some(more) = File::read(&more, &options) else { return };
            assert!(
                more.rows.last().is_some_and(|row| row.outcome.is_err()),
                "what follows a document is lost"
            );
        }
        _ if file.options.format == Format::Jsonl && !file.is_utf_16() => {
            let good = b"\n{\"title\": \"zz\", \"author\": \"zz\"}";
            let more = [bytes, good].concat();
            if Shape::of_lines(&more) != Ok(None) {
                // It is a document on several lines.
                return;
            }
            let more = File::read(&more, &file.options);
            let title = more.as_ref().and_then(|more| more.rows.last()?.title());
            assert_eq!(title, Some("zz"), "a line after the file is not read");
        }
        _ => {}
    }
}

/// Records of libraries, as [`tables`].
pub fn records(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let format = match first / 2 % 4 {
        0 => Format::Marc21,
        1 => Format::MarcXml,
        2 => Format::Onix,
        _ => Format::default(),
    };
    if let Some(file) = File::read(bytes, &options(*first, format)) {
        file.expect_laws(bytes);
    }
}

/// One text in each of the cells of a row: what is read of it can be stored, exported and read as the same.
pub fn cells(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let alone = (0..COLUMNS.len()).map(|only| {
        let mut texts = COLUMNS.map(|_| Vec::new());
        for (column, text) in [(0, "t"), (1, "a")] {
            texts.get_mut(column).into_iter().for_each(|texts| texts.push(text.to_owned()));
        }
        texts.get_mut(only).into_iter().for_each(|texts| *texts = vec![text.clone().into_owned()]);
        Texts(texts)
    });
    let all = Texts(COLUMNS.map(|_| vec![text.clone().into_owned()]));
    let books = alone.chain([all]).filter_map(|texts| {
        let accepted = cells::book(&texts, &cells::Defaults::default());
        accepted.map(|accepted| (*accepted.book).clone()).inspect_err(|why| expect_reason(why)).ok()
    });
    expect_alike_when_exported(&books.collect::<Vec<_>>());
    match price::read(&text) {
        Err(why) => expect_reason(&why),
        Ok(price::Read { price, warning }) => {
            let read = price::read(&format!("{price:.2}"));
            let is_exact = price.scale() > 2;
            assert!(is_exact || read.is_ok_and(|read| read.price == price), "{price}");
            warning.iter().for_each(|why| expect_reason(why));
        }
    }
}

/// Rows of a noun without programs and documents.
fn sheet(bytes: &[u8], layout: Layout) {
    let options = Options::default();
    let Ok(mut whole) = Sheet::new(Cursor::new(bytes), layout, &options) else { return };
    let options = whole.understood().settle(options);
    let (mut places, mut rows) = (vec![whole.place()], Vec::new());
    while let Some(row) = shown(&mut whole) {
        assert!(rows.len() <= bytes.len(), "it goes on for ever");
        rows.push(row);
        places.push(whole.place());
    }
    assert!(rows.iter().map(|row| row.0).eq(1..=rows.len() as u64));
    let in_pieces = Sheet::new(Pieces(bytes, 3), layout, &options)
        .map(|mut sheet| std::iter::from_fn(|| shown(&mut sheet)).collect::<Vec<_>>());
    assert_eq!(in_pieces.as_ref(), Ok(&rows), "it depends on the parts in which it is read");
    let middle = rows.len() / 2;
    let (Some(place), Some(rest)) = (places.get(middle), rows.get(middle..)) else { return };
    let Ok(mut later) = Sheet::new(Cursor::new(bytes), layout, &options) else { return };
    assert!(later.go_to(*place).is_ok());
    let found: Vec<_> = std::iter::from_fn(|| shown(&mut later)).collect();
    assert_eq!(rest, found, "an import that goes on at row {middle} reads other rows");
}

/// The next row with its number and line, and what is read of it or why not.
fn shown<R: Read>(sheet: &mut Sheet<R>) -> Option<(u64, u64, Result<String, String>)> {
    Some(match sheet.next().ok()?? {
        Ok(row) => (row.number, row.line, Ok(format!("{:?}", row.cells))),
        Err(row) => {
            expect_reason(&row.reason);
            (row.number, row.line, Err(row.reason))
        }
    })
}

/// A book, which columns the file has, and warnings.
type Accepted = (NewBook, [bool; COLUMNS.len()], Vec<String>);
/// Why a row is no book, and its bytes.
type Refused = (String, Vec<u8>);

/// A row of a file.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    number: u64,
    line: u64,
    outcome: Result<Accepted, Refused>,
}

impl Line {
    fn title(&self) -> Option<&str> {
        self.outcome.as_ref().ok().map(|(book, ..)| book.title.as_str())
    }
}

/// A file that was read to its end.
struct File {
    rows: Vec<Line>,
    /// Where each row begins, and the end.
    places: Vec<Place>,
    header: Vec<u8>,
    /// With which it is read in the same way again.
    options: Options,
}

impl File {
    /// Reads a file; `None` if it is refused.
    fn read(bytes: &[u8], options: &Options) -> Option<Self> {
        Self::read_from(Cursor::new(bytes), options, None)
    }

    fn read_from<R: Read + std::io::Seek>(
        input: R,
        options: &Options,
        from: Option<Place>,
    ) -> Option<Self> {
        let mut rows = Rows::new(input, options).inspect_err(|why| expect_reason(why)).ok()?;
        let options = rows.understood().settle(options.clone());
        let header = rows.header().to_vec();
        if let Some(place) = from {
            assert!(rows.go_to(place).is_ok());
        }
        let mut file = Self { rows: Vec::new(), places: vec![rows.place()], header, options };
        while let Ok(Some(row)) = rows.next() {
            assert!(file.rows.len() < 10_000_000, "it goes on for ever");
            file.places.push(rows.place());
            file.rows.push(match row {
                Ok(row) => {
                    let outcome = Ok(((*row.book).clone(), row.present, row.warnings));
                    Line { number: row.number, line: row.line, outcome }
                }
                Err(row) => {
                    let (number, line) = (row.number, row.line);
                    Line { number, line, outcome: Err((row.reason, row.raw)) }
                }
            });
        }
        Some(file)
    }

    /// Whether its characters have two bytes, so that no text of ASCII can be added.
    fn is_utf_16(&self) -> bool {
        self.options.encoding.is_some_and(|encoding| encoding.name().starts_with("UTF-16"))
    }

    fn expect_laws(&self, bytes: &[u8]) {
        self.expect_account(bytes);
        if self.rows.len() > MOST {
            return;
        }
        let pieces = 1 + bytes.len() % 7;
        let again =
            File::read_from(Pieces(bytes, pieces), &self.options, None).map(|file| file.rows);
        assert_eq!(again.as_ref(), Some(&self.rows), "it depends on the parts in which it is read");
        for at in 0..self.rows.len().min(4) {
            // Further places would take too long.
            let at = if at < 2 { at } else { self.rows.len() * at / 4 };
            let (Some(place), Some(rest)) = (self.places.get(at), self.rows.get(at..)) else {
                continue;
            };
            let Some(found) = File::read_from(Cursor::new(bytes), &self.options, Some(*place))
            else {
                continue;
            };
            assert_eq!(rest, found.rows, "an import that goes on at row {at} reads other rows");
        }
        let books = self.rows.iter().filter_map(|row| Some(row.outcome.as_ref().ok()?.0.clone()));
        expect_alike_when_exported(&books.collect::<Vec<_>>());
    }

    /// Each row has its number and its line, and each rejected one a reason.
    fn expect_account(&self, bytes: &[u8]) {
        assert!(self.rows.iter().map(|row| row.number).eq(1..=self.rows.len() as u64));
        assert!(self.rows.is_sorted_by_key(|row| row.line), "a line is before an earlier one");
        let is_later = |two: &[Place]| matches!(two, [one, next] if one.bytes <= next.bytes && one.rows < next.rows);
        assert!(self.places.windows(2).all(is_later), "a place is before an earlier one");
        assert!(self.places.iter().all(|place| place.bytes <= bytes.len() as u64 + 1));
        for row in &self.rows {
            match &row.outcome {
                Ok((_, _, warnings)) => warnings.iter().for_each(|why| expect_reason(why)),
                Err((why, _)) => expect_reason(why),
            }
        }
    }
}

/// A reason says something, and is no copy of the file.
fn expect_reason(why: &str) {
    assert!(!why.is_empty() && why.chars().count() <= 2000 && !why.contains('\n'), "{why:?}");
}

/// A good row after the file is read, whatever stands before it.
fn expect_good_row_after(bytes: &[u8], file: &File) {
    let Format::Csv(table) = file.options.format else { return };
    let row = good_row(&file.header, &file.options).filter(|_| !file.is_utf_16());
    let Some(row) = row else { return };
    let end = if table.line_ends == Some(LineEnds::Cr) { "\r" } else { "\n" };
    let more = [bytes, end.as_bytes(), row.as_bytes(), end.as_bytes()].concat();
    let more = File::read(&more, &file.options);
    let title = more.as_ref().and_then(|more| more.rows.last()?.title());
    assert_eq!(title, Some("zz"), "a row after the file is not read");
}

/// Reads a file a few bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(buffer.len());
        self.0.take(length as u64).read(buffer).inspect(|read| {
            self.0 = self.0.get(*read..).unwrap_or_default();
        })
    }
}

impl std::io::Seek for Pieces<'_> {
    fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests;
