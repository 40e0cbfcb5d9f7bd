//! Items on the shelves of stores; an item may be a copy of a catalogued book.

mod export;
mod import;
pub(crate) mod price;
mod related;

use entity::item::{ActiveModel, Column, Entity};
use rust_decimal::Decimal;
use sea_orm::{ActiveValue::Set, ColumnTrait, QueryFilter};
use serde::Deserialize;
use utoipa::ToSchema;

pub use related::{books_of, of_books, of_stores, stores_of};

use crate::{
    Book, Item, Store,
    check::{Rules, line},
    database::{Changes, Reader, Rows},
    error::{Error, FieldError, Result},
    json::{Price, given, given_whole, given_whole_or_null, whole, whole_or_null},
    noun::{Listed, Noun, changes, noun},
    query::{Facet, Listing, Page, Relation, Resource},
};

const LONGEST_NAME: usize = 80;
/// Twelve digits, two of them after the decimal point.
pub const HIGHEST_PRICE: Decimal = Decimal::from_parts(3_567_587_327, 232, 0, false, 2);

pub(crate) static ITEMS: Resource<Entity> = Resource::new("item", "items")
    .searched(&[Column::Name])
    .folded("items_folded")
    .relations(|| {
        vec![
            Relation::to::<Entity, _>("store", Store::resource()),
            Relation::to::<Entity, _>("book", Book::resource()),
        ]
    })
    .suggested(&[Column::Name])
    .facets(&[Facet::of("store_id"), Facet::of("store.name"), Facet::of("book.author")]);

/// An item to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Clean Code, second copy", "price": 49.99, "store_id": 1, "book_id": 1}))]
pub struct NewItem {
    /// White space at the ends is removed.
    #[schema(min_length = 1, max_length = 80, example = "Clean Code, second copy")]
    pub name: String,
    /// At most two decimals.
    pub price: Price,
    /// The store on whose shelf it is.
    #[schema(example = 1, minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub store_id: i32,
    /// The book that it is a copy of.
    #[schema(example = 1, minimum = 1)]
    #[serde(default, deserialize_with = "whole_or_null")]
    pub book_id: Option<i32>,
}

changes! {
    /// A change of an item: absent members stay as they are, `null` clears one that may be empty.
    #[schema(example = json!({"price": 39.5}))]
    pub struct ItemChanges {
        /// As in a new item.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, required = false, min_length = 1, max_length = 80)]
        pub name: Option<String>,
        /// As in a new item.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Price, required = false)]
        pub price: Option<Price>,
        /// As in a new item.
        #[serde(default, deserialize_with = "given_whole")]
        #[schema(value_type = i32, required = false, minimum = 1)]
        pub store_id: Option<i32>,
        /// As in a new item.
        #[serde(default, deserialize_with = "given_whole_or_null")]
        #[schema(value_type = Option<i32>, minimum = 1)]
        pub book_id: Option<Option<i32>>,
    }
}

noun! {
    ITEMS of entity::item: NewItem, ItemChanges {
        name => line(LONGEST_NAME),
        price => check_price,
        store_id,
        book_id,
    }
    parents: check_parents
}

fn check_price(rules: &mut Rules, field: &str, Price(price): &mut Price) {
    if price.is_sign_negative() && !price.is_zero() {
        let detail = format!("{field} `{price}` is negative, expected 0 or more");
        rules.broken(field, "negative", detail);
    } else if *price > HIGHEST_PRICE {
        rules.broken(field, "out-of-range", format!("{field} `{price}` is above {HIGHEST_PRICE}"));
    } else if price.scale() > 2 {
        let detail = format!(
            "{field} `{price}` has {} decimals, at most 2 are stored; round it",
            price.scale()
        );
        rules.broken(field, "too-many-decimals", detail);
    }
}

/// A page of the items of one store: one statement with the store and the filters in it.
///
/// # Errors
/// [`Error::NotFound`] when the store does not exist, [`Error::Invalid`] for a bad parameter, and any database error.
pub async fn list_of_store(db: &Reader, store_id: i32, listing: &Listing) -> Result<Page<Item>> {
    let shelf = db.all::<Entity>().filter(Column::StoreId.eq(store_id));
    let page = listing.page(db, &ITEMS, shelf).await?;
    if page.rows.is_empty() {
        // An empty shelf and no shelf are different answers.
        Store::find(db, store_id).await?;
    }
    Ok(page)
}

/// A page of the copies of one book, as of the items of a store.
///
/// # Errors
/// [`Error::NotFound`] when the book does not exist, [`Error::Invalid`] for a bad parameter, and any database error.
pub async fn list_of_book(db: &Reader, book_id: i32, listing: &Listing) -> Result<Page<Item>> {
    let copies = db.all::<Entity>().filter(Column::BookId.eq(book_id));
    let page = listing.page(db, &ITEMS, copies).await?;
    if page.rows.is_empty() {
        Book::find(db, book_id).await?;
    }
    Ok(page)
}

/// SQLite does not say which foreign key was broken, so a missing parent is named before the row is written.
async fn check_parents(db: &impl Changes, row: &ActiveModel) -> Result<()> {
    let mut broken = Vec::new();
    if let Set(id) = row.store_id
        && db.by_id::<entity::store::Entity>(id).await?.is_none()
    {
        broken.push(missing_parent("store_id", id));
    }
    if let Set(Some(id)) = row.book_id
        && db.by_id::<entity::book::Entity>(id).await?.is_none()
    {
        broken.push(missing_parent("book_id", id));
    }
    if broken.is_empty() { Ok(()) } else { Err(Error::Invalid(broken.into())) }
}

fn missing_parent(field: &str, id: i32) -> FieldError {
    FieldError::new(field, "missing-parent", format!("{field} `{id}` does not exist"))
}
