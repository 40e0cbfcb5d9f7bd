//! `bookplate import list` and `bookplate import undo`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use service::{
    Db, Listing, Location, Settings,
    imports::{self, Import, State},
};

use super::super::{say, schema};

/// The exit code when some books are left as they are.
const INCOMPLETE: u8 = 3;

#[derive(Debug, Args)]
pub struct ListArgs {
    /// How many
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The id of the import, as in `bookplate import list`
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    id: i32,
}

/// Lists the imports.
pub async fn list(location: &Location, settings: Settings, args: &ListArgs) -> Result<ExitCode> {
    schema::expect_head(location, &settings).await?;
    let db = Db::open(location, &settings).await.with_context(|| schema::cannot_open(location))?;
    let limit = ("limit".to_owned(), args.limit.to_string());
    let page = imports::list(db.reader(), &Listing::new([limit])?).await;
    db.close().await?;
    let imports = page?.rows;
    let rows = imports.iter().map(cells);
    let table: Vec<[String; 9]> = std::iter::once(HEADER.map(str::to_owned)).chain(rows).collect();
    for line in aligned(&table) {
        say(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

const HEADER: [&str; 9] =
    ["id", "begun", "rows", "state", "inserted", "updated", "skipped", "rejected", "file"];

fn cells(import: &Import) -> [String; 9] {
    let Import { id, noun, state, inserted, updated, skipped, rejected, name, .. } = import;
    let state = match (import.dry_run, state) {
        (true, State::Done) => "dry run",
        (_, state) => word(*state),
    };
    let name = name.as_deref().unwrap_or("-");
    [
        id.to_string(),
        import.created_at.format("%Y-%m-%d %H:%M:%SZ").to_string(),
        imports::plural(*noun).to_owned(),
        state.to_owned(),
        inserted.to_string(),
        updated.to_string(),
        skipped.to_string(),
        rejected.to_string(),
        service::shortened(name, 60),
    ]
}

fn word(state: State) -> &'static str {
    match state {
        State::Queued => "queued",
        State::Running => "running",
        State::Done => "done",
        State::Undoing => "undoing",
        State::Undone => "undone",
        State::Failed => "failed",
    }
}

/// The rows of a table with columns of one width; the last one is as long as it is.
fn aligned<const N: usize>(table: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| {
        let cells = table.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

/// Undoes an import.
pub async fn undo(location: &Location, settings: Settings, args: &UndoArgs) -> Result<ExitCode> {
    schema::expect_head(location, &settings).await?;
    let claim = schema::claim_to_write(location, schema::IMPORT)?;
    let db = Db::open(location, &settings).await.with_context(|| schema::cannot_open(location))?;
    let undone = imports::undo_at_once(&db, args.id).await;
    db.close().await?;
    drop(claim);
    let Import { id, noun, state, reverted, kept, problem, .. } = undone?;
    let many = imports::plural(noun);
    match state {
        State::Failed => {
            let problem = problem.unwrap_or_default();
            say(&format!("import {id} failed, and its changes were undone then: {problem}"))?;
        }
        _ => {
            say(&format!("import {id} is undone: {reverted} {many} reverted, {kept} not reverted"))?
        }
    }
    Ok(if kept == 0 { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) })
}
