//! Items on the shelves of stores; an item may be a copy of a catalogued book.

mod related;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use entity::item::{ActiveModel, Column, Entity};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QuerySelect, QueryTrait,
};
use serde::Deserialize;
use utoipa::ToSchema;

pub use related::{books_of, of_books, of_stores, stores_of};

use crate::{
    Item, Tx, books,
    bulk::{self, Bulk, Changed, Selection},
    check::{Check, Checked, Rules},
    database::{Changes, Reader, Rows},
    error::{Error, FieldError, Result},
    filter::FilterSchema,
    json::{Price, given, given_whole, given_whole_or_null, whole, whole_or_null},
    now,
    page::{Listing, Page},
    precondition::{Precondition, ReadOnlyFields, RowVersion},
    resource::{Relation, Resource},
    stores,
};

const LONGEST_NAME: usize = 80;
/// Twelve digits, two of them behind the point.
pub const HIGHEST_PRICE: Decimal = Decimal::from_parts(3_567_587_327, 232, 0, false, 2);

impl Resource for Entity {
    const SEARCHED: &'static [Column] = &[Column::Name];

    fn filter_schema() -> &'static FilterSchema {
        static SCHEMA: LazyLock<FilterSchema> = LazyLock::new(FilterSchema::of::<Entity>);
        &SCHEMA
    }

    fn relations() -> Vec<Relation> {
        vec![
            Relation::to::<Self, entity::store::Entity>("store"),
            Relation::to::<Self, entity::book::Entity>("book"),
        ]
    }
}

impl Bulk for Entity {
    const NOUN: (&'static str, &'static str) = ("item", "items");
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;
}

/// An item to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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

/// A change of an item: members that are absent stay as they are, `null` clears one that may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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
    /// May be sent back as it was read.
    #[schema(read_only)]
    #[serde(default, deserialize_with = "whole_or_null")]
    pub id: Option<i32>,
    /// The version that the change is based on; an older one than the stored is refused.
    #[schema(minimum = 1)]
    #[serde(default, deserialize_with = "whole_or_null")]
    pub version: Option<i32>,
    /// May be sent back as it was read.
    #[schema(read_only)]
    pub created_at: Option<DateTime<Utc>>,
    /// May be sent back as it was read.
    #[schema(read_only)]
    pub updated_at: Option<DateTime<Utc>>,
}

impl Check for NewItem {
    fn apply(&mut self, rules: &mut Rules) {
        rules.line("name", &mut self.name, LONGEST_NAME);
        check_price(rules, self.price);
    }
}

impl Check for ItemChanges {
    fn apply(&mut self, rules: &mut Rules) {
        if let Some(name) = &mut self.name {
            rules.line("name", name, LONGEST_NAME);
        }
        if let Some(price) = self.price {
            check_price(rules, price);
        }
    }
}

fn check_price(rules: &mut Rules, Price(price): Price) {
    if price.is_sign_negative() && !price.is_zero() {
        rules.broken(
            "price",
            "negative",
            format!("price `{price}` is negative, expected 0 or more"),
        );
    } else if price > HIGHEST_PRICE {
        rules.broken("price", "out-of-range", format!("price `{price}` is above {HIGHEST_PRICE}"));
    } else if price.scale() > 2 {
        let detail = format!(
            "price `{price}` has {} decimals, at most 2 are stored; round it",
            price.scale()
        );
        rules.broken("price", "too-many-decimals", detail);
    }
}

/// What a list can be asked about.
#[must_use]
pub fn filter_schema() -> &'static FilterSchema {
    Entity::filter_schema()
}

/// A page of all items.
///
/// # Errors
/// [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn list(db: &Reader, listing: &Listing) -> Result<Page<Item>> {
    listing.page(db, db.all::<Entity>()).await
}

/// A page of the items of one store: one statement with the store and the filters in it.
///
/// # Errors
/// [`Error::NotFound`] when the store does not exist, [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn list_of_store(db: &Reader, store_id: i32, listing: &Listing) -> Result<Page<Item>> {
    let shelf = db.all::<Entity>().filter(Column::StoreId.eq(store_id));
    let page = listing.page(db, shelf).await?;
    if page.rows.is_empty() {
        // An empty shelf and no shelf are different answers.
        stores::find(db, store_id).await?;
    }
    Ok(page)
}

/// A page of the copies of one book, as of the items of a store.
///
/// # Errors
/// [`Error::NotFound`] when the book does not exist, [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn list_of_book(db: &Reader, book_id: i32, listing: &Listing) -> Result<Page<Item>> {
    let page = listing.page(db, db.all::<Entity>().filter(Column::BookId.eq(book_id))).await?;
    if page.rows.is_empty() {
        books::find(db, book_id).await?;
    }
    Ok(page)
}

/// One item.
///
/// # Errors
/// [`Error::NotFound`], and what the database says.
pub async fn find(db: &impl Rows, id: i32) -> Result<Item> {
    db.by_id::<Entity>(id).await?.ok_or(not_found(id))
}

/// Adds an item.
///
/// # Errors
/// [`Error::Invalid`] when its store or its book does not exist, and what the database says.
pub async fn create(db: &impl Changes, new: &Checked<NewItem>) -> Result<Item> {
    let NewItem { name, price, store_id, book_id } = &**new;
    check_parents(db, Some(*store_id), *book_id).await?;
    let now = now();
    let row = ActiveModel {
        id: NotSet,
        name: Set(name.clone()),
        price: Set(price.0),
        store_id: Set(*store_id),
        book_id: Set(*book_id),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    };
    db.insert(row).await
}

/// Changes the members that are given; a change that changes nothing leaves the version as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::Invalid`] for a read-only member or a store or book that does not
/// exist, and what the database says.
pub async fn update(
    db: &impl Changes,
    id: i32,
    precondition: &Precondition,
    changes: &Checked<ItemChanges>,
) -> Result<Item> {
    let stored = stored(db, id, precondition).await?;
    read_only(changes).check("item", &row_version(&stored))?;
    check_parents(db, changes.store_id, changes.book_id.flatten()).await?;
    let next = stored.version + 1;
    let mut row = stored.clone().into_active_model();
    apply(changes, &mut row);
    if !row.is_changed() {
        return Ok(stored);
    }
    row.version = Set(next);
    row.updated_at = Set(now());
    db.update(row).await
}

/// Changes the given members of every item that is selected. It has to be the first thing in its transaction.
///
/// # Errors
/// [`Error::Unconfirmed`], [`Error::Invalid`] for a bad parameter, a read-only member or a store or book that does not
/// exist, and what the database says.
pub async fn update_all(
    tx: &Tx,
    selection: &Selection,
    changes: &Checked<ItemChanges>,
) -> Result<Changed> {
    read_only(changes).expect_nothing()?;
    let row = async || {
        check_parents(tx, changes.store_id, changes.book_id.flatten()).await?;
        let mut row: ActiveModel = Default::default();
        apply(changes, &mut row);
        Ok(row)
    };
    bulk::update::<Entity>(tx, selection, row).await
}

fn read_only(changes: &ItemChanges) -> ReadOnlyFields {
    let ItemChanges { id, version, created_at, updated_at, .. } = changes;
    ReadOnlyFields { id: *id, version: *version, created_at: *created_at, updated_at: *updated_at }
}

/// Gives a row the members that a change names.
fn apply(changes: &ItemChanges, row: &mut ActiveModel) {
    let ItemChanges {
        name,
        price,
        store_id,
        book_id,
        id: _,
        version: _,
        created_at: _,
        updated_at: _,
    } = changes;
    if let Some(name) = name {
        row.name.set_ne(name.clone());
    }
    if let Some(price) = price {
        row.price.set_ne(price.0);
    }
    if let Some(store_id) = store_id {
        row.store_id.set_ne(*store_id);
    }
    if let Some(book_id) = book_id {
        row.book_id.set_ne(*book_id);
    }
}

/// SQLite does not say which foreign key was broken, so a missing parent is named before the row is written.
async fn check_parents(
    db: &impl Changes,
    store_id: Option<i32>,
    book_id: Option<i32>,
) -> Result<()> {
    let mut broken = Vec::new();
    if let Some(id) = store_id
        && db.by_id::<entity::store::Entity>(id).await?.is_none()
    {
        broken.push(FieldError::new(
            "store_id",
            "missing-parent",
            format!("store_id `{id}` does not exist"),
        ));
    }
    if let Some(id) = book_id
        && db.by_id::<entity::book::Entity>(id).await?.is_none()
    {
        broken.push(FieldError::new(
            "book_id",
            "missing-parent",
            format!("book_id `{id}` does not exist"),
        ));
    }
    if broken.is_empty() { Ok(()) } else { Err(Error::Invalid(broken.into())) }
}

/// The row that is to be changed, held until the transaction ends.
async fn stored(db: &impl Changes, id: i32, precondition: &Precondition) -> Result<Item> {
    let stored = db.row(Entity::find_by_id(id).lock_exclusive()).await?.ok_or(not_found(id))?;
    precondition.check("item", &row_version(&stored))?;
    Ok(stored)
}

fn row_version(item: &Item) -> RowVersion {
    RowVersion {
        id: item.id,
        version: item.version,
        created_at: item.created_at,
        updated_at: item.updated_at,
    }
}

/// Takes an item off its shelf for good.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], and what the database says.
pub async fn delete(db: &impl Changes, id: i32, precondition: &Precondition) -> Result<()> {
    if !precondition.is_any() {
        stored(db, id, precondition).await?;
    }
    match db.exec(Entity::delete_by_id(id).as_query()).await? {
        0 => Err(not_found(id)),
        _ => Ok(()),
    }
}

/// Takes every item that is selected off its shelf for good, and tells how many. It has to be the first thing in its
/// transaction.
///
/// # Errors
/// [`Error::Unconfirmed`], [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn delete_all(tx: &Tx, selection: &Selection) -> Result<u64> {
    bulk::delete::<Entity>(tx, selection).await
}

fn not_found(id: i32) -> Error {
    Error::NotFound { what: "item", key: "id", value: id.to_string() }
}
