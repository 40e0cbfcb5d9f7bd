//! How to import a file: query parameters, or members of the form.

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{
    Error, Result,
    books::import::{Blank, Encoding, Format, LineEnds, OnDuplicate, Options, Table},
    imports::{self, Nouns},
    nearest,
};
use utoipa::{IntoParams, ToSchema};

const NAMES: [&str; 12] = [
    "noun",
    "format",
    "delimiter",
    "encoding",
    "line_ends",
    "skip_lines",
    "on_duplicate",
    "blank",
    "dry_run",
    "strict",
    "map",
    "default",
];
/// Parameters that only a table has.
const OF_TABLES: [&str; 3] = ["line_ends", "skip_lines", "map"];
/// Lines that may be skipped; a header is in the first ones.
const MOST_SKIPPED: u64 = 10_000;

/// Formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A header, then one row per line.
    Csv,
    /// One JSON object per line.
    Jsonl,
    /// MARC 21 (ISO 2709).
    Marc21,
    /// MARC 21 as XML.
    Marcxml,
    /// ONIX for Books 3.
    Onix,
}

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NounOfRows {
    /// Books.
    Books,
    /// Stores: `name`.
    Stores,
    /// Items: `name`, `price` and `store`, and the book by `isbn`, or by `book_title`, `book_author` and `book_year`; `quantity`.
    Items,
}

/// What is known of a file from its type or its name.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub kind: Option<Kind>,
    /// A table with tabs says so in its type and its name.
    pub delimiter: Option<u8>,
    /// From the `charset` of its type.
    pub encoding: Option<Encoding>,
}

/// Line ends.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// A line feed, with or without a carriage return before it.
    Lf,
    /// A carriage return alone.
    Cr,
}

/// Duplicates.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// The stored book is not changed.
    Skip,
    /// The stored book takes the values of the columns that the file has.
    Update,
    /// The import ends, and what was stored of it is undone.
    Fail,
}

/// Blank cells.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blanks {
    /// The stored value stays.
    Keep,
    /// The stored value goes; an ISBN never does.
    Clear,
}

/// How to import a file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only for the document: values are read with a message of our own")]
pub struct ImportParameters {
    /// What the rows are; `books` when absent.
    #[param(inline)]
    noun: Option<NounOfRows>,
    /// The format, if its type or name does not determine it.
    #[param(inline)]
    format: Option<Kind>,
    /// The delimiter of a CSV file; found when absent.
    #[param(pattern = r"^(?:\\t|[\t -!#-~])$", example = ";")]
    delimiter: Option<String>,
    /// The encoding; found when absent.
    #[param(max_length = 40, example = "windows-1252")]
    encoding: Option<String>,
    /// What ends a line of a CSV file; found when absent.
    #[param(inline)]
    line_ends: Option<Ends>,
    /// Lines above the header of a CSV file.
    #[param(minimum = 0, maximum = 10_000)]
    skip_lines: Option<u64>,
    /// What to do with a row whose book is stored; `skip` when absent.
    #[param(inline)]
    on_duplicate: Option<Duplicates>,
    /// Whether blank cells clear what is stored.
    #[param(inline)]
    blank: Option<Blanks>,
    /// Store nothing.
    dry_run: Option<bool>,
    /// Store nothing if a row is rejected or has a cell that is not usable.
    strict: Option<bool>,
    /// The header of a column, or several, the best first: `isbn=EAN,ISBN`; may be repeated.
    #[param(example = json!(["author=Verfasser"]))]
    map: Option<Vec<String>>,
    /// A value for rows without one.
    #[param(example = json!(["author=Anonymous"]))]
    default: Option<Vec<String>>,
}

/// Parses the parameters; `known` is what the type or the name of the file determines.
///
/// # Errors
/// [`Error::Invalid`] for an unknown parameter, a bad value, or one that appears twice.
pub fn options(given: &[(String, String)], known: Known) -> Result<(Nouns, Options)> {
    if let Some((name, _)) = given.iter().find(|(name, _)| !NAMES.contains(&name.as_str())) {
        let shown = service::shortened(name, 40);
        let nearest = nearest(name, NAMES.iter().map(|name| (*name).to_owned()));
        return Err(Error::parameter(&shown, format!("there is no parameter `{shown}`{nearest}")));
    }
    let format = match kind(one(given, "format")?)?.or(known.kind) {
        Some(Kind::Csv) => Format::Csv(table(given, known.delimiter)?),
        Some(Kind::Jsonl) => Format::Jsonl,
        Some(Kind::Marc21) => Format::Marc21,
        Some(Kind::Marcxml) => Format::MarcXml,
        Some(Kind::Onix) => Format::Onix,
        None => {
            let detail = "the format of the file cannot be determined from its type or name; add `format=csv`, `format=jsonl` or \
                          another one";
            return Err(Error::parameter("format", detail));
        }
    };
    if let Some((name, _)) = given.iter().find(|(name, _)| OF_TABLES.contains(&name.as_str()))
        && !matches!(format, Format::Csv(_))
    {
        let detail = match format {
            Format::Jsonl => {
                format!("{name} is only for CSV; JSON lines use our column names as members")
            }
            _ => format!("{name} is only for CSV; records of libraries have their own fields"),
        };
        return Err(Error::parameter(name, detail));
    }
    let encoding = match one(given, "encoding")?.map(Encoding::named) {
        Some(Ok(named)) => Some(named),
        Some(Err(why)) => return Err(Error::parameter("encoding", why)),
        None => known.encoding,
    };
    let (on_duplicate, blank) = policy(given)?;
    let (dry_run, strict) = (is_set(given, "dry_run")?, is_set(given, "strict")?);
    let (map, defaults) = (columns(given, "map")?, columns(given, "default")?);
    let noun = noun(given, (format, blank))?;
    Ok((noun, Options { format, encoding, on_duplicate, blank, dry_run, map, defaults, strict }))
}

/// What the rows are; only books have the formats of libraries and blank cells that mean something.
fn noun(given: &[(String, String)], (format, blank): (Format, Blank)) -> Result<Nouns> {
    let noun = match one(given, "noun")? {
        None | Some("books") => return Ok(Nouns::Books),
        Some("stores") => Nouns::Stores,
        Some("items") => Nouns::Items,
        Some(other) => return Err(bad("noun", other, "`books`, `stores` or `items`")),
    };
    let plural = imports::plural(noun);
    if !matches!(format, Format::Csv(_) | Format::Jsonl) {
        let detail = format!("{plural} are imported as `csv` or `jsonl`");
        return Err(Error::parameter("format", detail));
    }
    if blank == Blank::Clear {
        return Err(Error::parameter("blank", "blank is for books, leave it out"));
    }
    Ok(noun)
}

/// What becomes of the rows.
fn policy(given: &[(String, String)]) -> Result<(OnDuplicate, Blank)> {
    let on_duplicate = match one(given, "on_duplicate")? {
        None | Some("skip") => OnDuplicate::Skip,
        Some("update") => OnDuplicate::Update,
        Some("fail") => OnDuplicate::Fail,
        Some(other) => return Err(bad("on_duplicate", other, "`skip`, `update` or `fail`")),
    };
    let blank = match one(given, "blank")? {
        None | Some("keep") => Blank::Keep,
        Some("clear") => Blank::Clear,
        Some(other) => return Err(bad("blank", other, "`keep` or `clear`")),
    };
    Ok((on_duplicate, blank))
}

/// A parameter that is true or false.
fn is_set(given: &[(String, String)], name: &str) -> Result<bool> {
    match one(given, name)? {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1" | "") => Ok(true),
        Some(other) => Err(bad(name, other, "`true` or `false`")),
    }
}

/// The value of a parameter that may be given once.
fn one<'a>(given: &'a [(String, String)], name: &str) -> Result<Option<&'a str>> {
    let mut values = given.iter().filter(|(given, _)| given == name);
    match (values.next(), values.next()) {
        (first, None) => Ok(first.map(|(_, value)| value.as_str())),
        (_, Some(_)) => Err(Error::twice(name)),
    }
}

fn bad(name: &str, value: &str, expected: &str) -> Error {
    let shown = service::shortened(value, 40);
    Error::parameter(name, format!("{name} `{shown}` is not {expected}"))
}

/// How a table is written, as far as it is given.
fn table(given: &[(String, String)], delimiter: Option<u8>) -> Result<Table> {
    let delimiter = match one(given, "delimiter")?.map(|written| (written, written.as_bytes())) {
        None => delimiter,
        Some((_, b"\\t")) => Some(b'\t'),
        Some((_, [byte])) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => {
            Some(*byte)
        }
        Some((written, _)) => {
            return Err(bad("delimiter", written, "one ASCII character, such as `;` or `\\t`"));
        }
    };
    let line_ends = match one(given, "line_ends")? {
        None => None,
        Some("lf") => Some(LineEnds::Lf),
        Some("cr") => Some(LineEnds::Cr),
        Some(other) => return Err(bad("line_ends", other, "`lf` or `cr`")),
    };
    let skip_lines = match one(given, "skip_lines")?.map(|written| (written, written.parse())) {
        None => None,
        Some((_, Ok(lines @ 0..=MOST_SKIPPED))) => Some(lines),
        Some((written, _)) => return Err(bad("skip_lines", written, "a number from 0 to 10000")),
    };
    Ok(Table { delimiter, line_ends, skip_lines })
}

/// Parses the name of a format.
///
/// # Errors
/// [`Error::Invalid`] for another word.
pub fn kind(written: Option<&str>) -> Result<Option<Kind>> {
    match written {
        None => Ok(None),
        Some("csv") => Ok(Some(Kind::Csv)),
        Some("jsonl") => Ok(Some(Kind::Jsonl)),
        Some("marc21") => Ok(Some(Kind::Marc21)),
        Some("marcxml") => Ok(Some(Kind::Marcxml)),
        Some("onix") => Ok(Some(Kind::Onix)),
        Some(other) => {
            let shown = service::shortened(other, 40);
            Err(Error::parameter(
                "format",
                format!("format `{shown}` is not `csv`, `jsonl`, `marc21`, `marcxml` or `onix`"),
            ))
        }
    }
}

/// The columns of a parameter that is repeated for each, with their values.
fn columns(given: &[(String, String)], parameter: &str) -> Result<BTreeMap<String, String>> {
    let mut columns = BTreeMap::new();
    for (_, written) in given.iter().filter(|(name, _)| name == parameter) {
        let (form, example) = match parameter {
            "map" => ("COLUMN=HEADER", "author=Verfasser"),
            _ => ("COLUMN=VALUE", "author=Anonymous"),
        };
        let shown = service::shortened(written, 60);
        let (column, value) = written.split_once('=').ok_or_else(|| {
            let detail = format!("{parameter} `{shown}` is not {form}, such as `{example}`");
            Error::parameter(parameter, detail)
        })?;
        if columns.insert(column.to_owned(), value.to_owned()).is_some() {
            let column = service::shortened(column, 40);
            let detail = format!("{parameter} names the column `{column}` twice; remove one");
            return Err(Error::parameter(parameter, detail));
        }
    }
    Ok(columns)
}
