//! Rows that are related through items: the parents of items, and the items of parents.

use std::collections::{HashMap, HashSet};

use entity::item::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    Book, Item, Store,
    database::Rows,
    error::{Error, FieldError, Result},
    query::MAX_LIMIT,
};

/// The store of each item; `None` for one that was deleted just now.
///
/// # Errors
/// Any database error.
pub async fn stores_of(db: &impl Rows, items: &[Item]) -> Result<Vec<Option<Store>>> {
    let ids: HashSet<i32> = items.iter().map(|item| item.store_id).collect();
    let stores = entity::store::Entity::find().filter(entity::store::Column::Id.is_in(ids));
    let stores = db.rows(stores).await?.into_iter().map(|store| (store.id, store));
    let stores: HashMap<i32, Store> = stores.collect();
    Ok(items.iter().map(|item| stores.get(&item.store_id).cloned()).collect())
}

/// The book of each item, if it is a copy of one.
///
/// # Errors
/// Any database error.
pub async fn books_of(db: &impl Rows, items: &[Item]) -> Result<Vec<Option<Book>>> {
    let ids: HashSet<i32> = items.iter().filter_map(|item| item.book_id).collect();
    let books = entity::book::Entity::find().filter(entity::book::Column::Id.is_in(ids));
    let books = db.rows(books).await?.into_iter().map(|book| (book.id, book));
    let books: HashMap<i32, Book> = books.collect();
    Ok(items.iter().map(|item| books.get(&item.book_id?).cloned()).collect())
}

/// The items of each store, in the order of their ids.
///
/// # Errors
/// [`Error::Invalid`] when there are too many, and any database error.
pub async fn of_stores(db: &impl Rows, stores: &[i32]) -> Result<Vec<Vec<Item>>> {
    of_parents(db, Column::StoreId, stores, |item| Some(item.store_id)).await
}

/// The copies of each book, in the order of their ids.
///
/// # Errors
/// [`Error::Invalid`] when there are too many, and any database error.
pub async fn of_books(db: &impl Rows, books: &[i32]) -> Result<Vec<Vec<Item>>> {
    of_parents(db, Column::BookId, books, |item| item.book_id).await
}

async fn of_parents(
    db: &impl Rows,
    column: Column,
    parents: &[i32],
    parent: fn(&Item) -> Option<i32>,
) -> Result<Vec<Vec<Item>>> {
    let children = Entity::find().filter(column.is_in(parents.iter().copied()));
    let children = db.rows(children.order_by_asc(Column::Id).limit(MAX_LIMIT + 1)).await?;
    if children.len() as u64 > MAX_LIMIT {
        let detail = format!(
            "the rows of this page have more than {MAX_LIMIT} items; request a smaller `limit`, or the items themselves"
        );
        return Err(Error::Invalid(FieldError::parameter("include", "too-many", detail).into()));
    }
    let mut by_parent: HashMap<i32, Vec<Item>> = HashMap::new();
    for child in children {
        if let Some(parent) = parent(&child) {
            by_parent.entry(parent).or_default().push(child);
        }
    }
    Ok(parents.iter().map(|id| by_parent.remove(id).unwrap_or_default()).collect())
}
