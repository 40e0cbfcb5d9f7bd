//! What an import did to each book, and what that book was before.

use std::collections::BTreeMap;

use entity::import_change::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryTrait, sea_query::OnConflict};
use serde::{Deserialize, Serialize};

use crate::{
    Book,
    books::import::Change,
    database::Changes,
    error::{Error, Result},
};

/// The members of a book that an import may change, as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub title: String,
    pub author: String,
    pub year: Option<i32>,
    pub page_count: Option<i32>,
    pub status: String,
    /// The version at which they were so.
    pub version: i32,
}

impl Before {
    fn of(book: &Book) -> Self {
        let Book {
            id: _,
            title,
            author,
            year,
            isbn: _,
            page_count,
            status,
            created_at: _,
            updated_at: _,
            version,
        } = book;
        Self {
            title: title.clone(),
            author: author.clone(),
            year: *year,
            page_count: *page_count,
            status: status.clone(),
            version: *version,
        }
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
