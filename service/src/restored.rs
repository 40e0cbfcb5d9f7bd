//! Rows that were given former values again, under a version of their own.
//!
//! An import or a merge that left a row with these values can be undone as long as the row has the version that it left. So it
//! is noted with the new version.

use entity::{import, import_change, merge};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, Query},
};

use crate::{
    database::Changes,
    error::Result,
    imports::{Nouns, Undoable},
};

/// A row that has the values of an earlier version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restored {
    pub id: i32,
    /// The version that had these values before.
    pub was: i32,
    pub version: i32,
}

/// Lets the imports and merges be undone that left rows as they are again.
///
/// # Errors
/// Any database error.
pub(crate) async fn follow<T: Undoable>(db: &impl Changes, rows: &[Restored]) -> Result<()> {
    for row in rows {
        let imports = Query::select()
            .column(import::Column::Id)
            .from(import::Entity)
            .and_where(import::Column::Noun.eq(T::NOUN))
            .take();
        let left = import_change::Entity::update_many()
            .col_expr(import_change::Column::Version, row.version.into())
            .filter(import_change::Column::ImportId.in_subquery(imports))
            .filter(import_change::Column::BookId.eq(row.id))
            .filter(import_change::Column::Version.eq(row.was));
        db.exec(left.as_query()).await?;
    }
    if T::NOUN == Nouns::Books && !rows.is_empty() { merges(db, rows).await } else { Ok(()) }
}

async fn merges(db: &impl Changes, books: &[Restored]) -> Result<()> {
    let merged = merge::Column::BookId.is_in(books.iter().map(|book| book.id));
    let pending = merged.and(merge::Column::UndoneAt.is_null());
    let pending = db.rows(merge::Entity::find().filter(pending)).await?;
    for merge in pending {
        let left = |book: &&Restored| (book.id, book.was) == (merge.book_id, merge.book_version);
        let Some(book) = books.iter().find(left) else { continue };
        let update = merge::Entity::update_many()
            .col_expr(merge::Column::BookVersion, Expr::val(book.version))
            .filter(merge::Column::Id.eq(merge.id));
        db.exec(update.as_query()).await?;
    }
    Ok(())
}
