//! `bookplate import`: the terminal output of an import.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use service::{
    DatabaseError, Db, Error, Location, Settings,
    books::import::{self, Observer, OnDuplicate, Options, Rejected, Report, Row},
};

use super::schema;

/// Warnings and rejected rows that are shown individually; `--warnings` and `--rejects` write all of them.
const SHOWN: u64 = 10;
/// Size of the page cache for an import.
const IMPORT_CACHE_KIB: u32 = 48 * 1024;
/// Rows between two lines of progress if no bar can be drawn.
const ROWS_A_LINE: u64 = 100_000;

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Add the books of a CSV or JSON lines file: all rows that can be stored, in one transaction, or nothing
    ///
    /// Columns are identified by their headers; those of other catalogues are understood too. A row is a duplicate when its ISBN
    /// is already stored, or, without one, when a book without ISBN has the same title, author and year.
    ///
    /// A server may run at the same time. On SQLite it answers reads, and refuses changes with 503 until the import is done.
    Books(BooksArgs),
}

#[derive(Debug, Args)]
pub struct BooksArgs {
    /// The file; `-` is standard input
    file: PathBuf,
    /// The format of the file; by its extension (.jsonl, .ndjson) when absent
    #[arg(long)]
    format: Option<Format>,
    /// The byte between the fields of a CSV file; `\t` is the tab
    #[arg(long, default_value = ",", value_parser = delimiter)]
    delimiter: u8,
    /// The header of a column whose header is not understood, as in `--map author=Verfasser`; of several, as in
    /// `--map isbn=ISBN13,ISBN`, the first with a usable value counts in each row
    #[arg(long, value_name = "COLUMN=HEADER", value_parser = pair)]
    map: Vec<(String, String)>,
    /// What to do with a row whose book is already stored
    #[arg(long, default_value = "skip")]
    on_duplicate: Duplicates,
    /// Process everything and store nothing
    #[arg(long)]
    dry_run: bool,
    /// A CSV file for the rows that cannot be stored: row, line, reason and text
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// A CSV file for the rows without a usable ISBN or with another cell that is not usable: row, line and reason
    #[arg(long, value_name = "FILE")]
    warnings: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A header, then one row per line
    Csv,
    /// One JSON object per line
    Jsonl,
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

fn pair(written: &str) -> Result<(String, String), String> {
    let (column, header) =
        written.split_once('=').ok_or("expected COLUMN=HEADER, as in `author=Verfasser`")?;
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
pub async fn run(location: &Location, settings: Settings, command: ImportCommand) -> Result<()> {
    let ImportCommand::Books(args) = command;
    if *location == Location::Memory {
        bail!(
            "a database in memory would be gone with this command; name a file or a server in DATABASE_URL"
        );
    }
    let (input, length) = open(&args.file)?;
    check_outputs(location, &args)?;
    let options = Options {
        format: format(&args),
        on_duplicate: on_duplicate(args.on_duplicate),
        dry_run: args.dry_run,
        map: map(&args)?,
    };

    let claim = schema::claim_to_write(location, schema::IMPORT)?;
    schema::prepare_to_use(location, &settings, claim.as_ref()).await?;
    // The indexes of a large table are filled in random order; a larger page cache halves the time.
    let settings = Settings { writer_cache_kib: IMPORT_CACHE_KIB, ..settings };
    let db = Db::open(location, &settings).await.with_context(|| schema::cannot_open(location))?;
    let read = Arc::new(AtomicU64::new(0));
    let console = Console::new(length, Arc::clone(&read), &args)?;
    let outcome = import::import(&db, Counted { input, read }, options, console).await;
    if outcome.is_ok() && !args.dry_run {
        service::maintenance::tidy(&db).await;
    }
    db.close().await?;
    drop(claim);
    let file = args.file.display();
    let report = outcome.map_err(|error| match error {
        Error::Database(DatabaseError::Unknown) => anyhow!(
            "the connection was lost while `{file}` was stored; check whether its books are there"
        ),
        error => anyhow::Error::new(error)
            .context(format!("`{file}` was not imported, nothing was stored")),
    })?;
    print(&report, args.dry_run)
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
fn check_outputs(location: &Location, args: &BooksArgs) -> Result<()> {
    let database = match location {
        Location::File(path) => Some(path),
        Location::Memory | Location::Postgres(_) => None,
    };
    let outputs: Vec<&PathBuf> = [&args.rejects, &args.warnings].into_iter().flatten().collect();
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

fn format(args: &BooksArgs) -> import::Format {
    let by_ending = || {
        let ending = args.file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        matches!(ending, "jsonl" | "ndjson")
    };
    if args.format.map_or_else(by_ending, |format| format == Format::Jsonl) {
        import::Format::Jsonl
    } else {
        import::Format::Csv { delimiter: args.delimiter }
    }
}

fn on_duplicate(choice: Duplicates) -> OnDuplicate {
    match choice {
        Duplicates::Skip => OnDuplicate::Skip,
        Duplicates::Update => OnDuplicate::Update,
        Duplicates::Fail => OnDuplicate::Fail,
    }
}

fn map(args: &BooksArgs) -> Result<BTreeMap<String, String>> {
    if format(args) == import::Format::Jsonl && !args.map.is_empty() {
        bail!("`--map` is only for CSV; JSON lines use our column names as members");
    }
    let mut map = BTreeMap::new();
    for (column, header) in &args.map {
        if map.insert(column.clone(), header.clone()).is_some() {
            bail!("`--map {column}=…` appears twice; remove one");
        }
    }
    Ok(map)
}

fn print(report: &Report, dry_run: bool) -> Result<()> {
    let Report { rows, inserted, updated, skipped, rejected, without_isbn, unread, .. } = report;
    let unread = match unread {
        0 => String::new(),
        unread => format!(", {unread} with another cell that is not usable"),
    };
    let rehearsed = if dry_run { " (dry run, nothing was stored)" } else { "" };
    let line = format!(
        "{rows} rows: {inserted} inserted, {updated} updated, {skipped} skipped, {rejected} rejected; \
         {without_isbn} without a usable ISBN{unread}{rehearsed}"
    );
    super::say(&line)
}

/// Counts the bytes that are read, for the progress bar.
struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Shows an import on the terminal, and writes rows that cannot be stored to files.
struct Console {
    bar: ProgressBar,
    read: Arc<AtomicU64>,
    next_line: u64,
    rejected: u64,
    warned: u64,
    rejects: Option<csv::Writer<File>>,
    warnings: Option<csv::Writer<File>>,
}

impl Console {
    fn new(length: Option<u64>, read: Arc<AtomicU64>, args: &BooksArgs) -> Result<Self> {
        let bar = match length {
            Some(length) if io::stderr().is_terminal() => {
                ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr())
            }
            _ => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % {msg}, {eta} left")
        {
            bar.set_style(style);
        }
        Ok(Self {
            bar,
            read,
            next_line: ROWS_A_LINE,
            rejected: 0,
            warned: 0,
            rejects: table(args.rejects.as_deref(), &["row", "line", "reason", "text"])?,
            warnings: table(args.warnings.as_deref(), &["row", "line", "reason"])?,
        })
    }

    fn note(&self, count: u64, line: &str, rest: &str) {
        if count <= SHOWN {
            self.bar.suspend(|| note(line));
        } else if count == SHOWN + 1 {
            self.bar.suspend(|| note(&format!("… more of them; `{rest} FILE` keeps them all")));
        }
    }
}

/// A line for the user; the import does not stop if it cannot be written.
fn note(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}

fn table(path: Option<&Path>, header: &[&str]) -> Result<Option<csv::Writer<File>>> {
    let Some(path) = path else { return Ok(None) };
    let context = || format!("cannot write `{}`", path.display());
    let mut table = csv::Writer::from_path(path).with_context(context)?;
    table.write_record(header).with_context(context)?;
    Ok(Some(table))
}

impl Observer for Console {
    fn rejected(&mut self, row: &Rejected) -> io::Result<()> {
        let Rejected { number, line, reason, raw: _ } = row;
        self.rejected += 1;
        self.note(
            self.rejected,
            &format!("row {number} (line {line}) rejected: {reason}"),
            "--rejects",
        );
        match &mut self.rejects {
            Some(table) => Ok(table.write_record([
                &number.to_string(),
                &line.to_string(),
                reason,
                service::guarded(&row.text()).as_ref(),
            ])?),
            None => Ok(()),
        }
    }

    fn warning(&mut self, row: &Row, why: &str) -> io::Result<()> {
        let Row { number, line, .. } = row;
        self.warned += 1;
        self.note(self.warned, &format!("row {number} (line {line}) warning: {why}"), "--warnings");
        match &mut self.warnings {
            Some(table) => Ok(table.write_record([&number.to_string(), &line.to_string(), why])?),
            None => Ok(()),
        }
    }

    fn progress(&mut self, so_far: &Report) {
        self.bar.set_position(self.read.load(Ordering::Relaxed));
        self.bar.set_message(format!("{} rows", so_far.rows));
        if self.bar.is_hidden() && so_far.rows >= self.next_line {
            note(&format!("{} rows", so_far.rows));
            self.next_line = so_far.rows + ROWS_A_LINE;
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.bar.finish_and_clear();
        for table in [&mut self.rejects, &mut self.warnings].into_iter().flatten() {
            table.flush()?;
        }
        Ok(())
    }
}
