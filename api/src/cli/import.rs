//! `bookplate import`: the terminal output of an import.

mod console;
mod recorded;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, OnceLock, atomic::AtomicU64},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use service::{
    DatabaseError, Db, Error, Item, Location, Settings, Store,
    books::import::{self, Blank, Counted, Encoding, LineEnds, OnDuplicate, Options, Table},
    imports::{self, Importable, Imported},
};

use console::Console;
pub use console::print_formats;

use super::schema;

/// The exit code of a strict import that stores nothing, because a row is not stored as it is.
const REFUSED: u8 = 3;
/// Size of the page cache for an import.
const IMPORT_CACHE_KIB: u32 = 48 * 1024;

#[derive(Debug, Args)]
#[command(arg_required_else_help = true, args_conflicts_with_subcommands = true)]
pub struct ImportArgs {
    /// List the programs whose tables are known, and the columns that are read
    #[arg(long)]
    pub formats: bool,
    #[command(subcommand)]
    pub command: Option<ImportCommand>,
}

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Add the books of a CSV or JSON lines file: all rows that can be stored, in one transaction, or nothing
    ///
    /// Columns are identified by their headers; those of other catalogues are understood too (`bookplate import --formats`). A row
    /// is a duplicate when its ISBN is already stored, or when one stored book has its title, author and year, and not both have an ISBN.
    ///
    /// A server may run at the same time. On SQLite it answers reads, and refuses changes with 503 until the import is done.
    ///
    /// Exit codes: 0 the rows that can be stored are, 1 the import failed and nothing is stored, 2 the arguments are wrong, 3 with
    /// `--strict` a row is rejected or has a cell that is not usable, and nothing is stored.
    Books(Box<BooksArgs>),
    /// Add the stores of a CSV or JSON lines file: all rows that can be stored, in one transaction, or nothing
    ///
    /// A store is met by its name; two rows of one name are two stores. Exit codes as for books.
    Stores(Box<RowsArgs>),
    /// Add the items of a CSV or JSON lines file, such as the listing of a bookshop, in one transaction, or nothing
    ///
    /// The columns are `name` or `title`, `price`, `store` (a name) or `store_id`, and as far as there are some `isbn`, `book_title`,
    /// `book_author`, `book_year` or `book_id`, and `quantity`: a row with the quantity 3 is three items. The store must exist;
    /// `--default "store=Main Street"` names one for all rows. An item is met by its store, its name and its book. Prices are read as
    /// people write them: `$9.99`, `9,99 €`, `1.234,50`. Exit codes as for books.
    Items(Box<RowsArgs>),
    /// List the imports, the newest first, those over HTTP too
    List(recorded::ListArgs),
    /// Undo an import: what it added is deleted, what it changed gets its previous values
    ///
    /// Books that were changed since, or that items are copies of, are left as they are. Exit codes: 0 the import is undone, 1 it
    /// is not, 3 some of its books are left as they are.
    Undo(recorded::UndoArgs),
}

#[derive(Debug, Args)]
pub struct BooksArgs {
    /// The format of the file; by its extension (.jsonl, .ndjson) when absent
    #[arg(long)]
    format: Option<Format>,
    /// What a blank cell does in an update
    #[arg(long, default_value = "keep")]
    blank: Blanks,
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Debug, Args)]
pub struct RowsArgs {
    /// The format of the file; by its extension (.jsonl, .ndjson) when absent
    #[arg(long)]
    format: Option<RowsFormat>,
    #[command(flatten)]
    file: FileArgs,
}

/// What is the same for the rows of all nouns.
#[derive(Debug, Args)]
struct FileArgs {
    /// The file; `-` is standard input
    file: PathBuf,
    /// The byte between the fields of a CSV file, if it is not the one that is found; `\t` is the tab
    #[arg(long, value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The encoding of the file, such as `windows-1252`, if it is not the one that is found
    #[arg(long, value_name = "NAME", value_parser = Encoding::named)]
    encoding: Option<Encoding>,
    /// What ends a line of a CSV file, if it is not what is found
    #[arg(long)]
    line_ends: Option<Ends>,
    /// The number of lines above the header of a CSV file, if they are not the ones that are found
    #[arg(long, value_name = "LINES")]
    skip_lines: Option<u64>,
    /// The header of a column whose header is not understood, as in `--map author=Verfasser`; of several, as in
    /// `--map isbn=ISBN13,ISBN`, the first with a usable value counts in each row
    #[arg(long, value_name = "COLUMN=HEADER", value_parser = pair)]
    map: Vec<(String, String)>,
    /// The value of a member in rows without one, as in `--default author=Anonymous`; it never replaces what is stored
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = pair)]
    default: Vec<(String, String)>,
    /// What to do with a row that is already stored
    #[arg(long, default_value = "skip")]
    on_duplicate: Duplicates,
    /// Process everything and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Store nothing, with exit code 3, if a row is rejected or has a cell that is not usable; a missing ISBN is neither
    #[arg(long)]
    strict: bool,
    /// A CSV file for the rows that cannot be stored: row, line, reason and text
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// A CSV file for the rows without a usable ISBN or with another cell that is not usable: row, line and reason
    #[arg(long, value_name = "FILE")]
    warnings: Option<PathBuf>,
    /// A CSV file for the rows that were stored before: row, line, reason and the id of what is stored
    #[arg(long, value_name = "FILE")]
    skipped: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RowsFormat {
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
enum Format {
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
enum Ends {
    /// A line feed, with or without a carriage return before it
    Lf,
    /// A carriage return alone
    Cr,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Duplicates {
    /// The stored book is not changed
    Skip,
    /// The stored book takes the values of the columns that the file has
    Update,
    /// The import fails with nothing stored
    Fail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Blanks {
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

/// Runs the command.
pub async fn run(
    location: &Location,
    settings: Settings,
    command: ImportCommand,
) -> Result<ExitCode> {
    if *location == Location::Memory {
        bail!(
            "a database in memory would be gone with this command; name a file or a server in DATABASE_URL"
        );
    }
    let at = (location, settings);
    match command {
        ImportCommand::Books(args) => {
            let BooksArgs { format, blank, file } = *args;
            let blank = match blank {
                Blanks::Keep => Blank::Keep,
                Blanks::Clear => Blank::Clear,
            };
            let options = Options { blank, ..options(&file, format)? };
            carry_out(at, &file, options, async |db, input, options, console| {
                imports::at_once(db, input, options, console).await
            })
            .await
        }
        ImportCommand::Stores(args) => rows::<Store>(at, &args).await,
        ImportCommand::Items(args) => rows::<Item>(at, &args).await,
        ImportCommand::List(args) => recorded::list(location, at.1, &args).await,
        ImportCommand::Undo(args) => recorded::undo(location, at.1, &args).await,
    }
}

async fn rows<T: Importable + 'static>(
    at: (&Location, Settings),
    RowsArgs { format, file }: &RowsArgs,
) -> Result<ExitCode> {
    let options = options(file, format.map(Format::from))?;
    carry_out(at, file, options, async |db, input, options, console| {
        imports::rows_at_once::<T, _, _>(db, input, options, console).await
    })
    .await
}

/// What is read, and the name of the file.
type Input<'a> = (Counted<Box<dyn Read + Send>>, Option<&'a str>);

async fn carry_out(
    (location, settings): (&Location, Settings),
    args: &FileArgs,
    options: Options,
    import: impl AsyncFnOnce(&Db, Input<'_>, Options, Console) -> service::Result<Imported>,
) -> Result<ExitCode> {
    let (input, length) = open(&args.file)?;
    check_outputs(location, args)?;
    let claim = schema::claim_to_write(location, schema::IMPORT)?;
    schema::prepare_to_use(location, &settings, claim.as_ref()).await?;
    // The indexes of a large table are filled in random order; a larger page cache halves the time.
    let settings = Settings { writer_cache_kib: IMPORT_CACHE_KIB, ..settings };
    let db = Db::open(location, &settings).await.with_context(|| schema::cannot_open(location))?;
    let read = Arc::new(AtomicU64::new(0));
    let understood = Arc::new(OnceLock::new());
    let console = Console::new((length, Arc::clone(&read)), Arc::clone(&understood), args)?;
    let name = args.file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
    let outcome = import(&db, (Counted { input, read }, name), options, console).await;
    if outcome.is_ok() && !args.dry_run {
        service::maintenance::tidy(&db).await;
    }
    db.close().await?;
    drop(claim);
    let file = args.file.display();
    let imported = outcome.map_err(|error| match error {
        Error::Database(DatabaseError::Unknown) => anyhow!(
            "the connection was lost while `{file}` was stored; check whether its rows are there"
        ),
        error => anyhow::Error::new(error)
            .context(format!("`{file}` was not imported, nothing was stored")),
    })?;
    console::print(&imported, understood.get(), args)?;
    let is_refused = args.strict && imported.report.is_lossy();
    Ok(if is_refused { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS })
}

fn options(args: &FileArgs, format: Option<Format>) -> Result<Options> {
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

fn open(path: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let context = || format!("cannot open `{}`", path.display());
    let file = File::open(path).with_context(context)?;
    let about = file.metadata().with_context(context)?;
    if about.is_dir() {
        bail!("`{}` is a directory, expected a file", path.display());
    }
    Ok((Box::new(file), about.is_file().then_some(about.len())))
}

/// Output files must not be the input file, the database, or the same file.
fn check_outputs(location: &Location, args: &FileArgs) -> Result<()> {
    let database = match location {
        Location::File(path) => Some(path),
        Location::Memory | Location::Postgres(_) => None,
    };
    let outputs = [&args.rejects, &args.warnings, &args.skipped];
    let outputs: Vec<&PathBuf> = outputs.into_iter().flatten().collect();
    for (place, output) in outputs.iter().enumerate() {
        let others = outputs.iter().skip(place + 1).copied().chain([&args.file]).chain(database);
        for other in others {
            ensure!(
                !super::is_same_file(output, other),
                "`{}` would be overwritten by `{}`, which is the same file; name another one",
                other.display(),
                output.display()
            );
        }
    }
    Ok(())
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
