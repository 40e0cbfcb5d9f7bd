//! How to import a file: query parameters, or members of the form.

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{
    Error, Result,
    books::import::{Format, OnDuplicate, Options},
    nearest,
};
use utoipa::{IntoParams, ToSchema};

const NAMES: [&str; 5] = ["format", "delimiter", "on_duplicate", "dry_run", "map"];

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A header, then one row per line.
    Csv,
    /// One JSON object per line.
    Jsonl,
}

/// What to do with a row whose book is already stored.
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

/// How to import a file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only for the document: values are read with a message of our own")]
pub struct ImportParameters {
    /// The format of the file, if its type or name does not determine it.
    #[param(inline)]
    format: Option<Kind>,
    /// The character between the fields of a CSV file; `,` when absent.
    #[param(pattern = r"^(?:\\t|[\t -!#-~])$", example = ";")]
    delimiter: Option<String>,
    /// What to do with a row whose book is already stored; `skip` when absent.
    #[param(inline)]
    on_duplicate: Option<Duplicates>,
    /// Process everything, count it, and store nothing.
    dry_run: Option<bool>,
    /// The header of a column whose header is not understood, such as `author=Verfasser`; may be repeated for each column. Of
    /// several, such as `isbn=ISBN13,ISBN`, the first with a usable value counts in each row.
    #[param(example = json!(["author=Verfasser"]))]
    map: Option<Vec<String>>,
}

/// Parses the parameters; `by_type` is the format determined by its type or name.
///
/// # Errors
/// [`Error::Invalid`] for an unknown parameter, a bad value, or one that appears twice.
pub fn options(given: &[(String, String)], by_type: Option<Kind>) -> Result<Options> {
    let one = |name: &str| {
        let mut values = given.iter().filter(|(given, _)| given == name);
        match (values.next(), values.next()) {
            (first, None) => Ok(first.map(|(_, value)| value.as_str())),
            (_, Some(_)) => Err(Error::twice(name)),
        }
    };
    if let Some((name, _)) = given.iter().find(|(name, _)| !NAMES.contains(&name.as_str())) {
        let shown = service::shortened(name, 40);
        let nearest = nearest(name, NAMES.iter().map(|name| (*name).to_owned()));
        return Err(Error::parameter(&shown, format!("there is no parameter `{shown}`{nearest}")));
    }
    let bad = |name: &str, value: &str, expected: &str| {
        let shown = service::shortened(value, 40);
        Error::parameter(name, format!("{name} `{shown}` is not {expected}"))
    };
    let kind = kind(one("format")?)?.or(by_type);
    let delimiter = match one("delimiter")?.map(|written| (written, written.as_bytes())) {
        None => b',',
        Some((_, b"\\t")) => b'\t',
        Some((_, [byte])) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => *byte,
        Some((written, _)) => {
            return Err(bad("delimiter", written, "one ASCII character, such as `;` or `\\t`"));
        }
    };
    let format = match kind {
        Some(Kind::Csv) => Format::Csv { delimiter },
        Some(Kind::Jsonl) => Format::Jsonl,
        None => {
            let detail = "the format of the file cannot be determined from its type or name; add `format=csv` or `format=jsonl`";
            return Err(Error::parameter("format", detail));
        }
    };
    let on_duplicate = match one("on_duplicate")? {
        None | Some("skip") => OnDuplicate::Skip,
        Some("update") => OnDuplicate::Update,
        Some("fail") => OnDuplicate::Fail,
        Some(other) => return Err(bad("on_duplicate", other, "`skip`, `update` or `fail`")),
    };
    let dry_run = match one("dry_run")? {
        None | Some("false" | "0") => false,
        Some("true" | "1" | "") => true,
        Some(other) => return Err(bad("dry_run", other, "`true` or `false`")),
    };
    Ok(Options { format, on_duplicate, dry_run, map: map(given, format)? })
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
        Some(other) => {
            let shown = service::shortened(other, 40);
            Err(Error::parameter(
                "format",
                format!("format `{shown}` is neither `csv` nor `jsonl`"),
            ))
        }
    }
}

fn map(given: &[(String, String)], format: Format) -> Result<BTreeMap<String, String>> {
    let mut map = BTreeMap::new();
    for (_, written) in given.iter().filter(|(name, _)| name == "map") {
        if format == Format::Jsonl {
            let detail = "map is only for CSV; JSON lines use our column names as members";
            return Err(Error::parameter("map", detail));
        }
        let shown = service::shortened(written, 60);
        let (column, header) = written.split_once('=').ok_or_else(|| {
            let detail = format!("map `{shown}` is not COLUMN=HEADER, such as `author=Verfasser`");
            Error::parameter("map", detail)
        })?;
        if map.insert(column.to_owned(), header.to_owned()).is_some() {
            let column = service::shortened(column, 40);
            let detail = format!("map names the column `{column}` twice; remove one");
            return Err(Error::parameter("map", detail));
        }
    }
    Ok(map)
}
