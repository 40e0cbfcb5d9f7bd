//! What an import did to each book, and what that book was before.

use std::collections::BTreeMap;

use entity::import_change::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryTrait, sea_query::OnConflict};
use serde::Serialize;

use crate::{
    Book,
    books::import::Change,
    database::Changes,
    error::{Error, Result},
    noun::Members,
};

/// A book before an import changed it, as JSON. It is read back as a change of a book, which gives it these values again.
#[derive(Serialize)]
struct Before<'a> {
    #[serde(flatten)]
    members: Members<'a, Book>,
    /// The version at which they were so.
    version: i32,
}

impl<'a> Before<'a> {
    fn of(book: &'a Book) -> Self {
        Self { members: Members(book), version: book.version }
    }
}

/// Notes changes of an import. Of a book that it changes several times, what was there before the first one is kept.
pub async fn note(db: &impl Changes, import: i32, changes: Vec<Change>) -> Result<()> {
    let mut rows: BTreeMap<i32, ActiveModel> = BTreeMap::new();
    for Change { book, version, before } in changes {
        if let Some(row) = rows.get_mut(&book) {
            row.version = Set(version);
            continue;
        }
        let before = before.as_ref().map(Before::of);
        let before = before.map(|before| serde_json::to_string(&before)).transpose();
        let row = ActiveModel {
            import_id: Set(import),
            book_id: Set(book),
            version: Set(version),
            before: Set(before.map_err(Error::no_json)?),
            kept: Set(false),
        };
        rows.insert(book, row);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let again = OnConflict::columns([Column::ImportId, Column::BookId])
        .update_column(Column::Version)
        .to_owned();
    let noted = Entity::insert_many(rows.into_values()).on_conflict(again);
    db.exec(noted.as_query()).await?;
    Ok(())
}
