//! `bookplate export`.

use std::{
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
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
    /// How to write
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The file to write, whole or not at all; standard output when absent
    #[arg(short, long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A header, then a row a line; cells that a spreadsheet would take for a formula get an apostrophe in front
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// Carries out a command.
pub async fn run(location: &Location, settings: Settings, command: ExportCommand) -> Result<()> {
    let ExportCommand::Books(BooksArgs { format, output }) = command;
    let format = match format {
        Format::Csv => export::Format::Csv,
        Format::Jsonl => export::Format::Jsonl,
    };
    schema::expect_head(location, &settings).await?;
    let db =
        Db::open(location, &settings).await.with_context(|| format!("cannot open {location}"))?;
    let written = match output {
        None => {
            export::export(db.reader(), format, BufWriter::new(std::io::stdout().lock())).await?
        }
        Some(path) => to_file(&db, format, &path).await?,
    };
    db.close().await?;
    if std::io::stderr().is_terminal() {
        eprintln!("{written} books written");
    }
    Ok(())
}

/// Writes beside the file and renames at the end, so that a half export is never taken for a whole one.
async fn to_file(db: &Db, format: export::Format, path: &Path) -> Result<u64> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let context = || format!("cannot write `{}`", path.display());
    let file = File::create(&partial).with_context(context)?;
    let mut output = BufWriter::new(file);
    let written = export::export(db.reader(), format, &mut output).await.with_context(context)?;
    output.flush().with_context(context)?;
    output.get_ref().sync_all().with_context(context)?;
    std::fs::rename(&partial, path).with_context(context)?;
    Ok(written)
}
