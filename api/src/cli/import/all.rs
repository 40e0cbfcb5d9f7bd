//! `bookplate import all`: what `bookplate export all` wrote.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail, ensure};
use clap::Args;
use service::{Item, Location, Settings, Store};

use super::{Blanks, BooksArgs, Duplicates, FileArgs, RowsArgs, books, rows};

#[derive(Debug, Args)]
pub struct AllArgs {
    /// The directory with `stores`, `books` and `items`, each as `.csv` or `.jsonl`
    directory: PathBuf,
    /// What to do with a row that is already stored
    #[arg(long, default_value = "skip")]
    on_duplicate: Duplicates,
    /// Store nothing of a file, and end with exit code 3, if a row of it is rejected or has a cell that is not usable
    #[arg(long)]
    strict: bool,
}

/// Imports the files of a directory, those first to which others refer; it ends at the first one that is not stored.
pub async fn run((location, settings): (&Location, Settings), args: &AllArgs) -> Result<ExitCode> {
    let directory = &args.directory;
    ensure!(directory.is_dir(), "`{}` is not a directory", directory.display());
    let files = ["stores", "books", "items"].map(|noun| find(directory, noun));
    let [stores, books_file, items] = files;
    let (stores, books_file, items) = (stores?, books_file?, items?);
    if stores.is_none() && books_file.is_none() && items.is_none() {
        bail!("`{}` has no `stores.csv`, `books.csv` or `items.csv`", directory.display());
    }
    if let Some(file) = stores {
        let file = RowsArgs { format: None, file: of(file, args) };
        let code = rows::<Store>((location, settings.clone()), &file).await?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    if let Some(file) = books_file {
        let file = BooksArgs { format: None, blank: Blanks::Keep, file: of(file, args) };
        let code = books((location, settings.clone()), file).await?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    match items {
        Some(file) => {
            let file = RowsArgs { format: None, file: of(file, args) };
            rows::<Item>((location, settings), &file).await
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The file of a noun, in one of the two formats.
fn find(directory: &Path, noun: &str) -> Result<Option<PathBuf>> {
    let files = ["csv", "jsonl"].map(|ending| directory.join(format!("{noun}.{ending}")));
    let mut found = files.into_iter().filter(|file| file.exists());
    match (found.next(), found.next()) {
        (Some(one), Some(other)) => {
            bail!("`{}` and `{}` are both there; remove one", one.display(), other.display())
        }
        (found, _) => Ok(found),
    }
}

fn of(file: PathBuf, args: &AllArgs) -> FileArgs {
    FileArgs {
        file,
        delimiter: None,
        encoding: None,
        line_ends: None,
        skip_lines: None,
        map: Vec::new(),
        default: Vec::new(),
        on_duplicate: args.on_duplicate,
        dry_run: false,
        strict: args.strict,
        rejects: None,
        warnings: None,
        skipped: None,
    }
}
