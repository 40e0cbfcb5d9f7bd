//! What an import did to each row, such as a book, and what that row was before.

use std::collections::BTreeMap;

use entity::import_change::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryTrait, sea_query::OnConflict};
use serde::Serialize;

use crate::{
    database::Changes,
    error::{Error, Result},
    noun::{Members, Noun},
};

/// Changes of an INSERT; five values each stay below the parameter limits of both databases.
const PART: usize = 1000;

/// What an import did to a row.
#[derive(Debug)]
pub struct Change<T> {
    pub row: i32,
    /// The version of the row after that.
    pub version: i32,
    /// `None` for a new one.
    pub before: Option<T>,
    /// The subjects of a book before.
    pub subjects: Option<Vec<String>>,
}

impl<T> Change<T> {
    /// A new row.
    pub fn added(row: i32) -> Self {
        Self { row, version: 1, before: None, subjects: None }
    }
}

/// A row before an import changed it, as JSON. It is read back as a change of the row, which gives it these values again.
#[derive(Serialize)]
#[serde(bound = "T: Noun")]
struct Before<'a, T> {
    #[serde(flatten)]
    members: Members<'a, T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subjects: Option<Vec<String>>,
    /// The version at which they were so.
    version: i32,
}

/// Notes changes of an import. Of a row that it changes several times, what was there before the first one is kept.
pub async fn note<T: Noun>(db: &impl Changes, import: i32, changes: Vec<Change<T>>) -> Result<()> {
    let mut rows: BTreeMap<i32, ActiveModel> = BTreeMap::new();
    for Change { row: id, version, before, subjects } in changes {
        if let Some(row) = rows.get_mut(&id) {
            row.version = Set(version);
            continue;
        }
        let before = before.as_ref().map(|row| {
            let version = row.row_version().version;
            Before { members: Members(row), subjects, version }
        });
        let before = before.map(|before| serde_json::to_string(&before)).transpose();
        let row = ActiveModel {
            import_id: Set(import),
            book_id: Set(id),
            version: Set(version),
            before: Set(before.map_err(Error::no_json)?),
            kept: Set(false),
        };
        rows.insert(id, row);
    }
    let again = OnConflict::columns([Column::ImportId, Column::BookId])
        .update_column(Column::Version)
        .to_owned();
    let mut rows: Vec<ActiveModel> = rows.into_values().collect();
    while !rows.is_empty() {
        let part = rows.drain(..rows.len().min(PART));
        let noted = Entity::insert_many(part).on_conflict(again.clone());
        db.exec(noted.as_query()).await?;
    }
    Ok(())
}
