//! The arguments of an import: which file, how it is read, and what becomes of its rows.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use service::books::import::{self, Blank, Encoding, LineEnds, OnDuplicate, Options, Table};

/// How to import books.
#[derive(Debug, Args)]
pub struct BooksArgs {
    /// The format of the file; by its extension (.jsonl, .ndjson) when absent
    #[arg(long)]
    pub format: Option<Format>,
    /// What a blank cell does in an update
    #[arg(long, default_value = "keep")]
    pub blank: Blanks,
    #[command(flatten)]
    pub file: FileArgs,
}

/// How to import stores or items.
#[derive(Debug, Args)]
pub struct RowsArgs {
    /// The format of the file; by its extension (.jsonl, .ndjson) when absent
    #[arg(long)]
    pub format: Option<RowsFormat>,
    #[command(flatten)]
    pub file: FileArgs,
}

/// What is the same for the rows of all nouns.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The file; `-` is standard input
    pub file: PathBuf,
    /// The byte between the fields of a CSV file, if it is not the one that is found; `\t` is the tab
    #[arg(long, value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// The encoding of the file, such as `windows-1252`, if it is not the one that is found
    #[arg(long, value_name = "NAME", value_parser = Encoding::named)]
    pub encoding: Option<Encoding>,
    /// What ends a line of a CSV file, if it is not what is found
    #[arg(long)]
    pub line_ends: Option<Ends>,
    /// The number of lines above the header of a CSV file, if they are not the ones that are found
    #[arg(long, value_name = "LINES")]
    pub skip_lines: Option<u64>,
    /// The header of a column whose header is not understood, as in `--map author=Verfasser`; of several, as in
    /// `--map isbn=ISBN13,ISBN`, the first with a usable value counts in each row
    #[arg(long, value_name = "COLUMN=HEADER", value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// The value of a member in rows without one, as in `--default author=Anonymous`; it never replaces what is stored
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = pair)]
    pub default: Vec<(String, String)>,
    /// What to do with a row that is already stored
    #[arg(long, default_value = "skip")]
    pub on_duplicate: Duplicates,
    /// Process everything and store nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Store nothing, with exit code 3, if a row is rejected or has a cell that is not usable; a missing ISBN is neither
    #[arg(long)]
    pub strict: bool,
    /// A CSV file for the rows that cannot be stored: row, line, reason and text
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// A CSV file for the rows without a usable ISBN or with another cell that is not usable: row, line and reason
    #[arg(long, value_name = "FILE")]
    pub warnings: Option<PathBuf>,
    /// A CSV file for the rows that were stored before: row, line, reason and the id of what is stored
    #[arg(long, value_name = "FILE")]
    pub skipped: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowsFormat {
    /// A header, then one row per line
    Csv,
    /// One JSON object per line
    Jsonl,
}

impl From<RowsFormat> for Format {
    fn from(format: RowsFormat) -> Self {
        match format {
            RowsFormat::Csv => Self::Csv,
            RowsFormat::Jsonl => Self::Jsonl,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A header, then one row per line
    Csv,
    /// One JSON object per line
    Jsonl,
    /// Records of MARC 21 (ISO 2709)
    Marc21,
    /// Records of MARC 21 as XML
    Marcxml,
    /// Products of ONIX for Books 3
    Onix,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Ends {
    /// A line feed, with or without a carriage return before it
    Lf,
    /// A carriage return alone
    Cr,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Duplicates {
    /// The stored book is not changed
    Skip,
    /// The stored book takes the values of the columns that the file has
    Update,
    /// The import fails with nothing stored
    Fail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Blanks {
    /// The stored value stays
    Keep,
    /// The stored value goes; an ISBN never does
    Clear,
}

fn pair(written: &str) -> Result<(String, String), String> {
    let (column, header) =
        written.split_once('=').ok_or("expected a column and `=`, as in `author=Verfasser`")?;
    Ok((column.to_owned(), header.to_owned()))
}

fn delimiter(written: &str) -> Result<u8, String> {
    match written.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("expected one ASCII character, such as `;` or `\\t`".to_owned()),
    }
}

/// The options that the arguments name.
///
/// # Errors
/// For arguments that do not fit together.
pub fn options(args: &FileArgs, format: Option<Format>) -> Result<Options> {
    let format = format_of(args, format);
    if format == import::Format::Jsonl && !args.map.is_empty() {
        bail!("`--map` is only for CSV; JSON lines use our column names as members");
    }
    Ok(Options {
        format,
        encoding: args.encoding,
        on_duplicate: on_duplicate(args.on_duplicate),
        blank: Blank::Keep,
        dry_run: args.dry_run,
        strict: args.strict,
        map: unique("map", &args.map)?,
        defaults: unique("default", &args.default)?,
    })
}

fn format_of(args: &FileArgs, format: Option<Format>) -> import::Format {
    let ending = args.file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let ending = ending.to_lowercase();
    let by_ending = || match ending.as_str() {
        "jsonl" | "ndjson" => Format::Jsonl,
        // The beginning of the file shows whether it is one of the others.
        _ => Format::Csv,
    };
    match format.unwrap_or_else(by_ending) {
        Format::Csv => {}
        Format::Jsonl => return import::Format::Jsonl,
        Format::Marc21 => return import::Format::Marc21,
        Format::Marcxml => return import::Format::MarcXml,
        Format::Onix => return import::Format::Onix,
    }
    let by_ending = matches!(ending.as_str(), "tsv" | "tab").then_some(b'\t');
    import::Format::Csv(Table {
        delimiter: args.delimiter.or(by_ending),
        line_ends: args.line_ends.map(|ends| match ends {
            Ends::Lf => LineEnds::Lf,
            Ends::Cr => LineEnds::Cr,
        }),
        skip_lines: args.skip_lines,
    })
}

fn on_duplicate(choice: Duplicates) -> OnDuplicate {
    match choice {
        Duplicates::Skip => OnDuplicate::Skip,
        Duplicates::Update => OnDuplicate::Update,
        Duplicates::Fail => OnDuplicate::Fail,
    }
}

fn unique(flag: &str, pairs: &[(String, String)]) -> Result<BTreeMap<String, String>> {
    let mut unique = BTreeMap::new();
    for (column, value) in pairs {
        if unique.insert(column.clone(), value.clone()).is_some() {
            bail!("`--{flag} {column}=…` appears twice; remove one");
        }
    }
    Ok(unique)
}
