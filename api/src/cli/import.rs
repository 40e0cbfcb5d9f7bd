//! `bookplate import`: the terminal output of an import.

mod all;
mod arguments;
mod console;
mod recorded;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, OnceLock, atomic::AtomicU64},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Args, Subcommand};
use service::{
    Book, DatabaseError, Db, Error, Item, Location, Settings, Store,
    books::import::{Blank, Counted, Options},
    imports::{self, Importable},
};

use arguments::{Blanks, BooksArgs, Duplicates, FileArgs, RowsArgs, options};
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
    /// Add what `bookplate export all` wrote: stores, books and items, each file in one transaction
    ///
    /// It ends at the first file that is not stored; those before it are, and can be undone. Once more it changes nothing. Exit codes
    /// as for books.
    All(all::AllArgs),
    /// List the imports, the newest first, those over HTTP too
    List(recorded::ListArgs),
    /// Undo an import: what it added is deleted, what it changed gets its previous values
    ///
    /// Rows that were changed since, or that others refer to, such as books with copies, are left as they are.
    ///
    /// Exit codes: 0 the import is undone, 1 it is not, 3 some of its rows are left as they are.
    Undo(recorded::UndoArgs),
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
        ImportCommand::Books(args) => books(at, *args).await,
        ImportCommand::All(args) => all::run(at, &args).await,
        ImportCommand::Stores(args) => rows::<Store>(at, &args).await,
        ImportCommand::Items(args) => rows::<Item>(at, &args).await,
        ImportCommand::List(args) => recorded::list(location, at.1, &args).await,
        ImportCommand::Undo(args) => recorded::undo(location, at.1, &args).await,
    }
}

async fn books(at: (&Location, Settings), args: BooksArgs) -> Result<ExitCode> {
    let BooksArgs { format, blank, file } = args;
    let blank = match blank {
        Blanks::Keep => Blank::Keep,
        Blanks::Clear => Blank::Clear,
    };
    let options = Options { blank, ..options(&file, format)? };
    carry_out::<Book>(at, &file, options).await
}

async fn rows<T: Importable + 'static>(
    at: (&Location, Settings),
    RowsArgs { format, file }: &RowsArgs,
) -> Result<ExitCode> {
    carry_out::<T>(at, file, options(file, format.map(Into::into))?).await
}

async fn carry_out<T: Importable + 'static>(
    (location, settings): (&Location, Settings),
    args: &FileArgs,
    options: Options,
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
    let console = Console::new(
        T::resource().noun.0,
        (length, Arc::clone(&read)),
        Arc::clone(&understood),
        args,
    )?;
    let name = args.file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
    let input = (Counted { input, read }, name);
    let outcome = imports::at_once::<T, _, _>(&db, input, options, console).await;
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
