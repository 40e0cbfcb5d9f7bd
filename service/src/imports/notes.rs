//! What is said of rows that an import did not reject: which cells could not be used, and which books it met.

use entity::import_note::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, sea_query::ExprTrait,
};

pub use entity::import_note::Kind;

use super::{Import, Nouns, ReadyRow};
use crate::{
    books::import::Skipped,
    csv_escape::guarded,
    database::{Changes, Rows},
    error::{Error, Result},
};

/// Rows of an import that are noted, of each kind; further ones are only counted. So a file cannot fill the disk by being
/// imported twice.
pub const MOST: u64 = 100_000;
/// Rows of a part.
const PART: u64 = 500;
/// Notes of an INSERT; six values each stay below the parameter limits of both databases.
const BATCH: usize = 1000;

/// Notes that are to be stored, and how many more of each kind there is room for.
#[derive(Debug)]
pub struct Notes {
    import: i32,
    warned: u64,
    skipped: u64,
    rows: Vec<ActiveModel>,
}

impl Notes {
    /// For an import as it was when a transaction began.
    pub fn of(import: &Import) -> Self {
        let room = |noted: i64| MOST.saturating_sub(noted.unsigned_abs());
        let (warned, skipped) = (room(import.warnings), room(import.skipped));
        Self { import: import.id, warned, skipped, rows: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds the warnings of rows.
    pub fn warn(&mut self, rows: &[impl ReadyRow]) {
        for row in rows.iter().filter(|row| !row.warnings().is_empty()) {
            let Some(room) = self.warned.checked_sub(1) else { return };
            self.warned = room;
            self.add(Kind::Warned, row.place(), (row.warnings().join("\n"), None));
        }
    }

    /// Adds rows that were skipped.
    pub fn skip(&mut self, rows: &[Skipped]) {
        for row in rows {
            let Some(room) = self.skipped.checked_sub(1) else { return };
            self.skipped = room;
            let Skipped { number, line, met } = row;
            self.add(Kind::Skipped, (*number, *line), (met.to_string(), met.stored()));
        }
    }

    fn add(
        &mut self,
        kind: Kind,
        (number, line): (u64, u64),
        (reason, stored): (String, Option<i32>),
    ) {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.rows.push(ActiveModel {
            import_id: Set(self.import),
            kind: Set(kind),
            number: Set(count(number)),
            line: Set(count(line)),
            reason: Set(reason),
            book_id: Set(stored),
        });
    }

    /// Stores what was added since it was last called.
    pub async fn store(&mut self, db: &impl Changes) -> Result<()> {
        while !self.rows.is_empty() {
            let part = self.rows.drain(..self.rows.len().min(BATCH));
            db.exec(Entity::insert_many(part).as_query()).await?;
        }
        Ok(())
    }
}

/// Deletes what a dry run recorded before it was restarted.
pub async fn forget(db: &impl Changes, import: i32) -> Result<()> {
    db.exec(Entity::delete_many().filter(Column::ImportId.eq(import)).as_query()).await?;
    Ok(())
}

/// The noted rows of an import as CSV in parts, each read by a separate query.
#[derive(Debug)]
pub struct NotedRows {
    import: i32,
    noun: Nouns,
    kind: Kind,
    last: i64,
    /// Rows that the import has, and those that were not written yet.
    rest: u64,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Header,
    Rows,
    End,
}

impl NotedRows {
    /// For an import.
    #[must_use]
    pub fn of(import: &Import, kind: Kind) -> Self {
        let rest = match kind {
            Kind::Warned => import.warnings,
            Kind::Skipped => import.skipped,
        };
        Self {
            import: import.id,
            noun: import.noun,
            kind,
            last: 0,
            rest: rest.unsigned_abs(),
            state: State::Header,
        }
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// Any database error.
    pub async fn next(&mut self, db: &impl Rows) -> Result<Option<Vec<u8>>> {
        if self.state == State::End {
            return Ok(None);
        }
        let part = Entity::find()
            .filter(Column::ImportId.eq(self.import).and(Column::Kind.eq(self.kind)))
            .filter(Column::Number.gt(self.last))
            .order_by(Column::Number, Order::Asc)
            .limit(PART);
        let rows = db.rows(part).await?;
        let written = self.write(&rows);
        self.rest = self.rest.saturating_sub(rows.len() as u64);
        self.last = rows.last().map_or(self.last, |row| row.number);
        self.state = if rows.is_empty() { State::End } else { State::Rows };
        let written =
            written.map_err(|error| Error::internal(format!("a row cannot be written: {error}")));
        written.map(Some)
    }

    fn write(&self, rows: &[Model]) -> csv::Result<Vec<u8>> {
        let has_ids = self.kind == Kind::Skipped;
        let columns = if has_ids { COLUMNS } else { COLUMNS - 1 };
        let mut csv = csv::Writer::from_writer(Vec::new());
        let mut write = |cells: [&str; COLUMNS]| csv.write_record(cells.iter().take(columns));
        if self.state == State::Header {
            let id = match self.noun {
                Nouns::Books => "book_id",
                Nouns::Stores => "store_id",
                Nouns::Items => "item_id",
            };
            write(["row", "line", "reason", id])?;
        }
        for row in rows {
            let (number, line) = (row.number.to_string(), row.line.to_string());
            let book = row.book_id.map(|id| id.to_string()).unwrap_or_default();
            for reason in row.reason.lines() {
                write([&number, &line, &guarded(reason), &book])?;
            }
        }
        if rows.is_empty() && self.rest > 0 {
            write(["", "", &not_listed(self.rest), ""])?;
        }
        csv.into_inner().map_err(|error| error.into_error().into())
    }
}

/// The columns of a table of noted rows; only skipped ones have the id of a stored row at the end.
const COLUMNS: usize = 4;

/// The end of a table that does not have all rows.
pub fn not_listed(rows: u64) -> String {
    format!("{rows} more are counted and not listed")
}
