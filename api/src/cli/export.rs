//! `bookplate export`.

use std::{
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use service::{Db, Location, Settings, books::export};

use super::schema;

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Write every book, in the order of the ids
    Books(BooksArgs),
}

#[derive(Debug, Args)]
pub struct BooksArgs {
    /// The output format
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The file to write, atomically; standard output when absent
    #[arg(short, long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A header, then one row per line; cells that a spreadsheet would treat as a formula are prefixed with an apostrophe
    Csv,
    /// One JSON object per line
    Jsonl,
    /// Records of MARC 21 (ISO 2709, UTF-8), without the status
    Marc21,
    /// A collection of MARC 21 records as XML, without the status
    Marcxml,
}

/// Runs the command.
pub async fn run(location: &Location, settings: Settings, command: ExportCommand) -> Result<()> {
    let ExportCommand::Books(BooksArgs { format, output }) = command;
    let format = match format {
        Format::Csv => export::Format::Csv,
        Format::Jsonl => export::Format::Jsonl,
        Format::Marc21 => export::Format::Marc21,
        Format::Marcxml => export::Format::MarcXml,
    };
    // Rows are streamed: the duration of the statement depends on the reader.
    let settings = Settings { deadline: Duration::ZERO, ..settings };
    schema::expect_head(location, &settings).await?;
    let db = Db::open(location, &settings).await.with_context(|| schema::cannot_open(location))?;
    let written = match output {
        None => {
            export::export(
                db.reader().connection(),
                format,
                BufWriter::new(std::io::stdout().lock()),
            )
            .await?
        }
        Some(path) => to_file(&db, location, format, &path).await?,
    };
    db.close().await?;
    if std::io::stderr().is_terminal() {
        drop(writeln!(std::io::stderr(), "{written} books written"));
    }
    Ok(())
}

/// Writes to a temporary file next to the target and renames it at the end, so that a partial export is never mistaken for a
/// complete one. Pipes and devices are written directly.
async fn to_file(db: &Db, location: &Location, format: export::Format, path: &Path) -> Result<u64> {
    if let Location::File(database) = location {
        let same = super::is_same_file(path, database);
        ensure!(!same, "`{}` is the database; name another file", path.display());
    }
    let context = || format!("cannot write `{}`", path.display());
    // A link stays a link: its target is written.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if target.metadata().is_ok_and(|about| !about.is_file()) {
        let file = File::options().write(true).open(&target).with_context(context)?;
        return export::export(db.reader().connection(), format, BufWriter::new(file))
            .await
            .with_context(context);
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let written = write_whole(db, format, Path::new(&partial)).await;
    if written.is_err() {
        drop(std::fs::remove_file(&partial));
    }
    let written = written.with_context(context)?;
    std::fs::rename(&partial, &target).with_context(context)?;
    Ok(written)
}

async fn write_whole(db: &Db, format: export::Format, path: &Path) -> Result<u64> {
    let mut output = BufWriter::new(File::create(path)?);
    let written = export::export(db.reader().connection(), format, &mut output).await?;
    output.flush()?;
    output.get_ref().sync_all()?;
    Ok(written)
}
