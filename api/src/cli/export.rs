//! `bookplate export`.

use std::{
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use service::{
    Book, Db, Item, Location, Settings, Store,
    exports::{self, Exported, Table},
};

use super::schema;

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Write every book, in the order of the ids
    Books(BooksArgs),
    /// Write every store, in the order of the ids
    Stores(RowsArgs),
    /// Write every item, in the order of the ids, with the name of its store and what is known of its book
    Items(RowsArgs),
    /// Write stores, books and items to files in a directory, which `bookplate import all` reads
    ///
    /// Items name their store and their book by what they are called. Each file is written atomically.
    All(AllArgs),
}

#[derive(Debug, Args)]
pub struct AllArgs {
    /// The directory; it is created if it does not exist
    directory: PathBuf,
    /// The format of the files
    #[arg(long, default_value = "csv")]
    format: Format,
}

#[derive(Debug, Args)]
pub struct BooksArgs {
    /// The output format
    #[arg(long, default_value = "csv")]
    format: BooksFormat,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct RowsArgs {
    /// The output format
    #[arg(long, default_value = "csv")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
struct OutputArgs {
    /// The delimiter of a CSV file: `,`, `;`, `|` or `tab`
    #[arg(long, value_parser = Table::delimiter)]
    delimiter: Option<u8>,
    /// Begin a CSV file with a byte order mark, by which Excel knows that it is UTF-8
    #[arg(long)]
    bom: bool,
    /// The file to write, atomically; standard output when absent
    #[arg(short, long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BooksFormat {
    /// A header, then one row per line; cells that a spreadsheet would treat as a formula are prefixed with an apostrophe
    Csv,
    /// One JSON object per line
    Jsonl,
    /// Records of MARC 21 (ISO 2709, UTF-8), without the status
    Marc21,
    /// A collection of MARC 21 records as XML, without the status
    Marcxml,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A header, then one row per line; cells that a spreadsheet would treat as a formula are prefixed with an apostrophe
    Csv,
    /// One JSON object per line
    Jsonl,
}

impl From<Format> for BooksFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Jsonl => Self::Jsonl,
        }
    }
}

/// Runs the command.
pub async fn run(location: &Location, settings: Settings, command: ExportCommand) -> Result<()> {
    // Rows are streamed: the duration of the statement depends on the reader.
    let settings = Settings { deadline: Duration::ZERO, ..settings };
    schema::expect_head(location, &settings).await?;
    let db = Db::open(location, &settings).await.with_context(|| schema::cannot_open(location))?;
    let at = (&db, location);
    let written = match command {
        ExportCommand::Books(BooksArgs { format, output }) => {
            export::<Book>(at, format, &output).await
        }
        ExportCommand::Stores(RowsArgs { format, output }) => {
            export::<Store>(at, format.into(), &output).await
        }
        ExportCommand::Items(RowsArgs { format, output }) => {
            export::<Item>(at, format.into(), &output).await
        }
        ExportCommand::All(args) => all(at, &args).await,
    };
    db.close().await?;
    let (written, many) = written?;
    if std::io::stderr().is_terminal() {
        drop(writeln!(std::io::stderr(), "{written} {many} written"));
    }
    Ok(())
}

/// Those that refer to others first: what they refer to was stored before, and is written too.
async fn all(
    at: (&Db, &Location),
    AllArgs { directory, format }: &AllArgs,
) -> Result<(u64, &'static str)> {
    let ending = match format {
        Format::Csv => "csv",
        Format::Jsonl => "jsonl",
    };
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot create `{}`", directory.display()))?;
    let to = |noun: &str| OutputArgs {
        delimiter: None,
        bom: false,
        output: Some(directory.join(format!("{noun}.{ending}"))),
    };
    let (items, _) = export::<Item>(at, (*format).into(), &to("items")).await?;
    let (books, _) = export::<Book>(at, (*format).into(), &to("books")).await?;
    let (stores, _) = export::<Store>(at, (*format).into(), &to("stores")).await?;
    Ok((items + books + stores, "rows"))
}

async fn export<T: Exported>(
    (db, location): (&Db, &Location),
    format: BooksFormat,
    OutputArgs { delimiter, bom, output }: &OutputArgs,
) -> Result<(u64, &'static str)> {
    let is_table = matches!(format, BooksFormat::Csv);
    ensure!(is_table || !bom, "`--bom` is only for CSV");
    ensure!(is_table || delimiter.is_none(), "`--delimiter` is only for CSV");
    let format = match format {
        BooksFormat::Csv => exports::Format::Csv(Table {
            delimiter: delimiter.unwrap_or(Table::default().delimiter),
            bom: *bom,
        }),
        BooksFormat::Jsonl => exports::Format::Jsonl,
        BooksFormat::Marc21 => exports::Format::Marc21,
        BooksFormat::Marcxml => exports::Format::MarcXml,
    };
    let written = match output {
        None => {
            let output = BufWriter::new(std::io::stdout().lock());
            exports::export::<T>(db.reader(), format, output).await?
        }
        Some(path) => to_file::<T>((db, location), format, path).await?,
    };
    Ok((written, T::resource().noun.1))
}

/// Writes to a temporary file next to the target and renames it at the end, so that a partial export is never mistaken for a
/// complete one. Pipes and devices are written directly.
async fn to_file<T: Exported>(
    (db, location): (&Db, &Location),
    format: exports::Format,
    path: &Path,
) -> Result<u64> {
    if let Location::File(database) = location {
        let same = super::is_same_file(path, database);
        ensure!(!same, "`{}` is the database; name another file", path.display());
    }
    let context = || format!("cannot write `{}`", path.display());
    // A link stays a link: its target is written.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if target.metadata().is_ok_and(|about| !about.is_file()) {
        let file = File::options().write(true).open(&target).with_context(context)?;
        let output = BufWriter::new(file);
        return exports::export::<T>(db.reader(), format, output).await.with_context(context);
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let written = write_whole::<T>(db, format, Path::new(&partial)).await;
    if written.is_err() {
        drop(std::fs::remove_file(&partial));
    }
    let written = written.with_context(context)?;
    std::fs::rename(&partial, &target).with_context(context)?;
    Ok(written)
}

async fn write_whole<T: Exported>(db: &Db, format: exports::Format, path: &Path) -> Result<u64> {
    let mut output = BufWriter::new(File::create(path)?);
    let written = exports::export::<T>(db.reader(), format, &mut output).await?;
    output.flush()?;
    output.get_ref().sync_all()?;
    Ok(written)
}
