//! Rows of a table or of JSON lines as cells with our names, for nouns that say what their columns are called.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek},
};

use serde_json::Value;

use crate::{
    books::import::{
        Broken, Fields, Format, Named, Opened, Options, Place, Records, Rejected, RowReader,
        SAVE_AS_UTF_8, Source, Understood, header, is_lines, open, refuse_others,
    },
    csv_escape::without_guard,
    query::{clean, shortened},
};

/// Our columns, and the headers under which others have them, the best first.
pub type Headers = &'static [(&'static str, &'static [&'static str])];

/// Members of a row in an answer that are not imported: a list that was saved imports again.
const IGNORED: [&str; 4] = ["id", "created_at", "updated_at", "version"];

/// What the columns of a noun are.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub headers: Headers,
    /// Columns of which one of each group must be there, or have a default.
    pub needed: &'static [&'static [&'static str]],
    /// The column that says how many rows of the database a row is.
    pub copies: Option<&'static str>,
}

/// Reads a file row by row.
pub struct Sheet<R> {
    records: Records<R>,
    read: u64,
    layout: Layout,
    /// For each column its place in the table; none for JSON lines.
    places: Option<Vec<Option<usize>>>,
    defaults: BTreeMap<String, String>,
    header: Vec<u8>,
    understood: Understood,
}

/// A row of a file.
#[derive(Debug)]
pub struct SheetRow {
    pub number: u64,
    pub line: u64,
    pub raw: Vec<u8>,
    pub cells: Cells,
}

impl SheetRow {
    /// The row as one that cannot be stored.
    pub fn rejected(self, reason: &str) -> Rejected {
        let Self { number, line, raw, cells: _ } = self;
        Rejected { number, line, reason: shortened(reason, 300), raw }
    }
}

/// The cells of a row that are not blank, by our names.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    texts: BTreeMap<&'static str, String>,
    /// Which of them are numbers of JSON, of which a point is before decimals.
    numbers: Vec<&'static str>,
}

impl Cells {
    /// The text of a column.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.texts.get(column).map(String::as_str)
    }

    /// Whether a column has a number of JSON.
    pub fn is_number(&self, column: &str) -> bool {
        self.numbers.contains(&column)
    }
}

impl<R: Read> Sheet<R> {
    /// Finds how a file is written, as far as the options do not say it, and reads the header of a table.
    ///
    /// # Errors
    /// When the file is empty, no text, or lacks a column that must be there.
    pub fn new(input: R, layout: Layout, options: &Options) -> Result<Self, String> {
        if !matches!(options.format, Format::Csv(_) | Format::Jsonl) {
            let format = options.format.name();
            return Err(format!("{format} has books only; send a table or JSON lines"));
        }
        let named = options.map.keys().chain(options.defaults.keys());
        for column in named {
            if layout.headers.iter().all(|(ours, _)| ours != column) {
                let ours = layout.headers.iter().map(|(ours, _)| *ours).collect::<Vec<_>>();
                let (column, ours) = (shortened(column, 40), ours.join(", "));
                return Err(format!("`{column}` is no column here; the columns are {ours}"));
            }
        }
        let mut source = Source::new(input);
        let sample = source.sample().map_err(|error| error.to_string())?;
        refuse_others(sample)?;
        if let Format::Csv(_) = options.format {
            expect_table(sample)?;
        }
        let score = |names: &[String]| {
            let places = layout.find(names, options);
            places.map_or(0, |places| places.iter().flatten().count())
        };
        let Opened { records, dialect } = open(source, options, &score)?;
        let understood = Understood { dialect, ..Understood::text(records.encoding()) };
        let (places, defaults, header) = (None, options.defaults.clone(), Vec::new());
        let sheet = Self { records, read: 0, layout, places, defaults, header, understood };
        match dialect {
            Some(dialect) => sheet.with_header(dialect.skip_lines, options),
            None => Ok(sheet),
        }
    }

    fn with_header(mut self, skip_lines: u64, options: &Options) -> Result<Self, String> {
        let unreadable = |error: io::Error| error.to_string();
        self.records.skip_lines(skip_lines).map_err(unreadable)?;
        let record = self.records.header(header::MOST_COLUMNS).map_err(unreadable)?;
        let record = record.ok_or("the file is empty, expected a header")?;
        self.header = record.raw.to_vec();
        let names = header::names(&record)?;
        let places = self.layout.find(&names, options)?;
        self.understood.columns = self.layout.named(&places, &names);
        let last = places.iter().flatten().max().map_or(0, |last| last + 1);
        self.records.expect_rows(names.len(), last);
        self.places = Some(places);
        Ok(self)
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
}

impl<R: Read> RowReader for Sheet<R> {
    type Row = SheetRow;

    fn understood(&self) -> Understood {
        self.understood.clone()
    }

    fn header(&self) -> &[u8] {
        &self.header
    }

    fn place(&self) -> Place {
        let (bytes, lines) = self.records.place();
        Place { bytes, lines, rows: self.read }
    }

    fn empty_rows(&self) -> u64 {
        self.records.empty()
    }

    fn copies(&self, row: &SheetRow) -> usize {
        let written = self.layout.copies.and_then(|column| row.cells.get(column));
        let whole = written.and_then(|written| written.split('.').next()?.parse().ok());
        whole.unwrap_or(1)
    }

    fn next(&mut self) -> io::Result<Option<Result<SheetRow, Rejected>>> {
        let Some(record) = self.records.next()? else { return Ok(None) };
        self.read += 1;
        let cells = match (&self.places, record.fields) {
            (None, Err(Broken::TooLong)) => Err(Broken::TooLong.to_string()),
            (None, _) => self.layout.object(record.raw),
            (Some(_), Err(broken)) => Err(broken.to_string()),
            (Some(places), Ok(fields)) => self.layout.cells(places, fields),
        };
        let (number, line, raw) = (self.read, record.line, record.raw.to_vec());
        Ok(Some(match cells {
            Ok(mut cells) => {
                cells.fill(self.layout, &self.defaults);
                Ok(SheetRow { number, line, raw, cells })
            }
            Err(reason) => Err(Rejected { number, line, reason: shortened(&reason, 300), raw }),
        }))
    }
}

/// Refuses JSON, of which the header would be the first line.
fn expect_table(sample: &[u8]) -> Result<(), String> {
    let text = sample.trim_ascii_start();
    match is_lines(sample) || text.starts_with(b"[{") || text.starts_with(b"[\n") {
        false => Ok(()),
        true => Err("the file is JSON; stores and items are read from CSV, and from JSON lines with the format `jsonl`: an object \
                     a line, as `jq -c '.[]' FILE` writes them"
            .to_owned()),
    }
}

impl Layout {
    /// For each column its place in a table with these headers.
    ///
    /// # Errors
    /// When the options name a header that does not exist, and when none means a column that must be there.
    pub fn find(&self, names: &[String], options: &Options) -> Result<Vec<Option<usize>>, String> {
        let plain: Vec<String> = names.iter().map(|name| header::plain(name)).collect();
        let placed = |(ours, aliases): &(&str, &[&str])| match options.map.get(*ours) {
            Some(written) => header::place(written, names).map(Some),
            None => {
                Ok(aliases.iter().find_map(|alias| plain.iter().position(|name| name == alias)))
            }
        };
        let places = self.headers.iter().map(placed).collect::<Result<Vec<_>, _>>()?;
        for group in self.needed {
            let is_there = |column: &&str| {
                let mut columns = self.headers.iter().zip(&places);
                options.defaults.contains_key(*column)
                    || columns.any(|((ours, _), place)| ours == column && place.is_some())
            };
            if let (Some(first), false) = (group.first(), group.iter().any(is_there)) {
                let headers = header::shown(names);
                return Err(format!(
                    "no header means `{first}`; name the one that does, as `{first}=HEADER` of a map, or a default for all rows, as \
                     `{first}=VALUE`; the headers are {headers}"
                ));
            }
        }
        Ok(places)
    }

    /// The columns that a table has, with their headers.
    pub fn named(&self, places: &[Option<usize>], names: &[String]) -> Named {
        let columns = self.headers.iter().zip(places);
        let named = columns
            .filter_map(|((ours, _), place)| Some((*ours, vec![names.get((*place)?)?.clone()])));
        named.collect()
    }

    fn cells(&self, places: &[Option<usize>], fields: &Fields) -> Result<Cells, String> {
        let mut cells = Cells::default();
        for ((ours, _), place) in self.headers.iter().zip(places) {
            let Some(field) = place.and_then(|place| fields.get(place)) else { continue };
            let text = std::str::from_utf8(field);
            let text = text.map_err(|_| format!("{ours} is not UTF-8; {SAVE_AS_UTF_8}"))?;
            cells.put(ours, without_guard(text));
        }
        Ok(cells)
    }

    fn object(&self, line: &[u8]) -> Result<Cells, String> {
        let object: BTreeMap<String, Value> =
            serde_json::from_slice(line).map_err(|_| "expected a JSON object".to_owned())?;
        let mut cells = Cells::default();
        for (name, value) in object {
            let Some((ours, _)) = self.headers.iter().find(|(ours, _)| *ours == name) else {
                if IGNORED.contains(&name.as_str()) {
                    continue;
                }
                let ours = self.headers.iter().map(|(ours, _)| format!("`{ours}`"));
                let (name, ours) = (shortened(&name, 40), ours.collect::<Vec<_>>().join(", "));
                return Err(format!("unknown field `{name}`, expected one of {ours}"));
            };
            match value {
                Value::Null => {}
                Value::String(text) => cells.put(ours, &text),
                Value::Number(number) => {
                    cells.put(ours, &number.to_string());
                    cells.numbers.push(ours);
                }
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(format!("{ours} is neither a text nor a number"));
                }
            }
        }
        Ok(cells)
    }
}

impl Cells {
    /// Adds the values of rows without one.
    fn fill(&mut self, layout: Layout, defaults: &BTreeMap<String, String>) {
        for (column, value) in defaults {
            if let Some((ours, _)) = layout.headers.iter().find(|(ours, _)| ours == column) {
                self.texts.entry(ours).or_insert_with(|| value.clone());
            }
        }
    }

    fn put(&mut self, column: &'static str, text: &str) {
        let text = clean(text);
        if !text.is_empty() {
            self.texts.insert(column, text.into_owned());
        }
    }
}
