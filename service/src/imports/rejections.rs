//! The rows that an import rejected, and a table of them that can be corrected and imported again.

use std::collections::BTreeMap;

use entity::import_rejection::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func},
};
use serde_json::value::RawValue;

use super::{Import, Nouns, notes, options};
use crate::{
    Book, Item, Store,
    books::import::{Format, Rejected, fields_of},
    csv_escape::{bytes_without_guard, guarded_bytes},
    database::{Changes, Rows},
    error::{Error, Result},
    exports::Exported,
    subjects::joined,
};

/// Rows of a part.
const PART: u64 = 500;
/// Bytes of a part, beyond which it ends early.
const PART_BYTES: i64 = 1 << 20;
/// Columns of the table in addition to those of the file; an import ignores them: the line in the file, the reason for the
/// rejection, and the raw text if it cannot be parsed.
const OURS: [&str; 3] = ["rejected_line", "rejected_because", "rejected_text"];

/// Bytes of rejected rows that are noted of an import on the command line, whose file may have any length.
const MOST_RAW: usize = 64 << 20;

/// How much more may be noted of rejected rows. Further ones are only counted.
#[derive(Debug)]
pub struct Room {
    rows: usize,
    bytes: usize,
}

impl Room {
    /// Of an import as it was when a transaction began. An upload has a limit of its own.
    pub fn of(import: &Import) -> Self {
        let rows = notes::MOST.saturating_sub(import.rejected.unsigned_abs());
        let bytes = if import.file.is_empty() { MOST_RAW } else { usize::MAX };
        Self { rows: usize::try_from(rows).unwrap_or(usize::MAX), bytes }
    }

    /// Those of the next rows for which there is room.
    pub fn take<'a>(&mut self, rejected: &'a [Rejected]) -> &'a [Rejected] {
        let fits = rejected.iter().take_while(|row| {
            let rest = (self.rows.checked_sub(1), self.bytes.checked_sub(row.raw.len()));
            // What is left out is at the end: it is not filled by shorter rows.
            let (Some(rows), Some(bytes)) = rest else {
                self.rows = 0;
                return false;
            };
            (self.rows, self.bytes) = (rows, bytes);
            true
        });
        let fits = fits.count();
        rejected.get(..fits).unwrap_or_default()
    }
}

/// Records rejected rows.
pub async fn note(db: &impl Changes, import: i32, rejected: &[Rejected]) -> Result<()> {
    if rejected.is_empty() {
        return Ok(());
    }
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let rows = rejected.iter().map(|row| ActiveModel {
        import_id: Set(import),
        number: Set(number(row.number)),
        line: Set(number(row.line)),
        reason: Set(row.reason.clone()),
        raw: Set(row.raw.clone()),
    });
    db.exec(Entity::insert_many(rows).as_query()).await?;
    Ok(())
}

/// Deletes what a dry run recorded before it was restarted.
pub async fn forget(db: &impl Changes, import: i32) -> Result<()> {
    db.exec(Entity::delete_many().filter(Column::ImportId.eq(import)).as_query()).await?;
    Ok(())
}

/// The rejected rows of an import as CSV in parts, each read by a separate query.
#[derive(Debug)]
pub struct RejectedRows {
    import: i32,
    layout: Layout,
    last: i64,
    /// Rows that the import has and that were not written yet.
    rest: u64,
    is_first: bool,
    is_over: bool,
}

/// How the columns of a row are mapped to those of the table.
#[derive(Debug)]
enum Layout {
    /// The fields of the file that are columns, their names, and which field is the `rejected_text` of an earlier table.
    Table { delimiter: u8, names: Vec<Vec<u8>>, places: Vec<usize>, text: Option<usize> },
    /// The members of an object that are columns.
    Objects(&'static [&'static str]),
}

impl RejectedRows {
    /// For an import.
    ///
    /// # Errors
    /// Never in practice: the import was read before.
    pub fn of(import: &Import) -> Result<Self> {
        let layout = match options(import)?.format {
            // What a record of a library says is noted as an object.
            Format::Jsonl | Format::Json | Format::Marc21 | Format::MarcXml | Format::Onix => {
                Layout::Objects(match import.noun {
                    Nouns::Books => <Book as Exported>::COLUMNS,
                    Nouns::Stores => <Store as Exported>::COLUMNS,
                    Nouns::Items => <Item as Exported>::COLUMNS,
                })
            }
            Format::Csv(table) => {
                let delimiter = table.delimiter.unwrap_or(b',');
                let header = import.header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&import.header);
                let names = fields_of(header, delimiter).unwrap_or_default();
                let names: Vec<_> = names.into_iter().map(as_written).collect();
                // A table that was generated here already has these.
                let is_ours = |name: &[u8]| OURS.iter().any(|ours| ours.as_bytes() == name);
                let text = names.iter().position(|name| name == b"rejected_text");
                let places = (0..names.len())
                    .filter(|place| !names.get(*place).is_some_and(|name| is_ours(name)));
                Layout::Table { delimiter, places: places.collect(), text, names }
            }
        };
        let rest = import.rejected.unsigned_abs();
        Ok(Self { import: import.id, layout, last: 0, rest, is_first: true, is_over: false })
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// Any database error.
    pub async fn next(&mut self, db: &impl Rows) -> Result<Option<Vec<u8>>> {
        if self.is_over {
            return Ok(None);
        }
        let rows = self.rows(db).await?;
        self.is_over = rows.is_empty();
        self.last = rows.last().map_or(self.last, |row| row.number);
        self.rest = self.rest.saturating_sub(rows.len() as u64);
        let written = self.write(&rows);
        self.is_first = false;
        let written =
            written.map_err(|error| Error::internal(format!("a row cannot be written: {error}")));
        written.map(Some)
    }

    async fn rows(&self, db: &impl Rows) -> Result<Vec<Model>> {
        let rest = Column::ImportId.eq(self.import).and(Column::Number.gt(self.last));
        let part = Entity::find().select_only().filter(rest.clone());
        let part = part.order_by(Column::Number, Order::Asc).limit(PART);
        let number = Expr::col((Entity, Column::Number));
        let numbers = db.integers(&part.clone().expr_as(number, "number").into_query()).await?;
        // A row is not changed after it is recorded, so these are the lengths of the same rows.
        let length = Func::cust("LENGTH").arg(Expr::col((Entity, Column::Raw)));
        let lengths = db.integers(&part.expr_as(length, "length").into_query()).await?;
        let mut bytes = 0;
        let part = numbers.into_iter().zip(lengths).take_while(|(_, length)| {
            let begins_within = bytes < PART_BYTES;
            bytes += length;
            begins_within
        });
        let Some((last, _)) = part.last() else { return Ok(Vec::new()) };
        let part = Entity::find().filter(rest.and(Column::Number.lte(last)));
        Ok(db.rows(part.order_by(Column::Number, Order::Asc)).await?)
    }

    fn write(&self, rows: &[Model]) -> csv::Result<Vec<u8>> {
        let delimiter = match self.layout {
            Layout::Table { delimiter, .. } => delimiter,
            Layout::Objects(_) => b',',
        };
        let mut csv = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        if self.is_first {
            csv.write_record(self.layout.header())?;
        }
        for row in rows {
            csv.write_record(self.layout.record(row))?;
        }
        if self.is_over && self.rest > 0 {
            csv.write_record(self.layout.end(self.rest))?;
        }
        csv.into_inner().map_err(|error| error.into_error().into())
    }
}

impl Layout {
    fn header(&self) -> Vec<Vec<u8>> {
        let ours = OURS.iter().map(|name| name.as_bytes().to_vec());
        match self {
            Self::Objects(columns) => {
                columns.iter().map(|name| name.as_bytes().to_vec()).chain(ours).collect()
            }
            Self::Table { names, places, .. } => {
                let names = places.iter().filter_map(|place| names.get(*place).cloned());
                names.map(guarded_bytes).chain(ours).collect()
            }
        }
    }

    /// The last row of a table that does not have all of them. It has no title, so it is never imported.
    fn end(&self, rest: u64) -> Vec<Vec<u8>> {
        let columns = match self {
            Self::Objects(columns) => columns.len(),
            Self::Table { places, .. } => places.len(),
        };
        let mut cells = vec![Vec::new(); columns];
        cells.extend([Vec::new(), notes::not_listed(rest).into_bytes(), Vec::new()]);
        cells
    }

    fn record(&self, row: &Model) -> Vec<Vec<u8>> {
        let raw = row.raw.trim_ascii_end();
        let (mut fields, text) = match self {
            Self::Objects(columns) => (members(raw, columns), raw.to_vec()),
            Self::Table { delimiter, names, places, text } => match fields_of(raw, *delimiter) {
                // A narrower one would be stored uncorrected, with its values in the wrong columns.
                Some(fields) if fields.len() == names.len() => {
                    let field = |place: usize| fields.get(place).cloned().map(as_written);
                    let field = |place: usize| field(place).unwrap_or_default();
                    let text = text.map(field).unwrap_or_default();
                    (places.iter().map(|place| field(*place)).collect(), text)
                }
                _ => (vec![Vec::new(); places.len()], raw.to_vec()),
            },
        };
        fields.extend([row.line.to_string().into_bytes(), row.reason.clone().into_bytes(), text]);
        fields.into_iter().map(guarded_but_numbers).collect()
    }
}

/// The members of a JSON object that are columns, as cells of a table.
fn members(line: &[u8], columns: &[&str]) -> Vec<Vec<u8>> {
    let object: BTreeMap<String, &RawValue> = serde_json::from_slice(line).unwrap_or_default();
    let member = |name: &&str| match object.get(*name).map(|value| value.get()) {
        None | Some("null") => Vec::new(),
        Some(written) => match serde_json::from_str(written) {
            Ok(text) => String::into_bytes(text),
            Err(_) => serde_json::from_str::<Vec<String>>(written)
                .map_or_else(|_| written.to_owned(), |names| joined(&names))
                .into_bytes(),
        },
    };
    columns.iter().map(member).collect()
}

/// A cell of a file that may have been generated here: without the escape that it gets again.
fn as_written(cell: Vec<u8>) -> Vec<u8> {
    match bytes_without_guard(&cell) {
        text if text.len() < cell.len() => text.to_vec(),
        _ => cell,
    }
}

/// A cell that no spreadsheet treats as a formula. A number is unchanged, also with a sign.
fn guarded_but_numbers(cell: Vec<u8>) -> Vec<u8> {
    let number = std::str::from_utf8(&cell).ok().map(|text| text.trim_matches(' '));
    let is_number = number.is_some_and(|text| {
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            && text.parse::<f64>().is_ok()
    });
    if is_number { cell } else { guarded_bytes(cell) }
}
