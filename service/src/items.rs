//! Items on the shelves of stores; an item may be a copy of a catalogued book.

use std::{collections::HashMap, sync::LazyLock};

use chrono::{DateTime, Utc};
use entity::item::{ActiveModel, Column, Entity};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait,
    EntityTrait, IntoActiveModel, LoaderTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Book, Item, Store,
    check::{Check, Checked, Rules},
    error::{Error, FieldError, Result},
    filter::Vocabulary,
    json::{Price, given},
    now,
    page::{Listing, MAX_LIMIT, Page},
    read_only::{Expected, Given, Stamp},
    resource::{Relation, Resource},
    stores,
};

const LONGEST_NAME: usize = 80;
/// Twelve digits, two of them behind the point.
const HIGHEST_PRICE: Decimal = Decimal::from_parts(3_567_587_327, 232, 0, false, 2);

impl Resource for Entity {
    const SEARCHED: &'static [Column] = &[Column::Name];

    fn vocabulary() -> &'static Vocabulary {
        static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::of::<Entity>);
        &VOCABULARY
    }

    fn relations() -> Vec<Relation> {
        vec![
            Relation::to::<Self, entity::store::Entity>("store"),
            Relation::to::<Self, entity::book::Entity>("book"),
        ]
    }
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
    #[schema(example = 1)]
    pub store_id: i32,
    /// The book that it is a copy of.
    #[schema(example = 1)]
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
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i32, required = false)]
    pub store_id: Option<i32>,
    /// As in a new item.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    pub book_id: Option<Option<i32>>,
    /// May be sent back as it was read.
    pub id: Option<i32>,
    /// The version that the change is based on; an older one than the stored is refused.
    pub version: Option<i32>,
    /// May be sent back as it was read.
    pub created_at: Option<DateTime<Utc>>,
    /// May be sent back as it was read.
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
pub fn vocabulary() -> &'static Vocabulary {
    Entity::vocabulary()
}

/// A page of all items.
///
/// # Errors
/// [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn list(db: &impl ConnectionTrait, listing: &Listing) -> Result<Page<Item>> {
    listing.page(db, Entity::find()).await
}

/// A page of the items of one store: one statement with the store and the filters in it.
///
/// # Errors
/// [`Error::NotFound`] when the store does not exist, [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn list_of_store(
    db: &impl ConnectionTrait,
    store_id: i32,
    listing: &Listing,
) -> Result<Page<Item>> {
    let shelf = Entity::find().filter(Column::StoreId.eq(store_id));
    let page = listing.page(db, shelf).await?;
    if page.rows.is_empty() {
        // An empty shelf and no shelf are different answers.
        stores::find(db, store_id).await?;
    }
    Ok(page)
}

/// The store of each item; `None` for one that was taken away in this moment.
///
/// # Errors
/// What the database says.
pub async fn stores_of(db: &impl ConnectionTrait, items: &[Item]) -> Result<Vec<Option<Store>>> {
    Ok(items.load_one(entity::store::Entity, db).await?)
}

/// The book of each item, where it is a copy of one.
///
/// # Errors
/// What the database says.
pub async fn books_of(db: &impl ConnectionTrait, items: &[Item]) -> Result<Vec<Option<Book>>> {
    Ok(items.load_one(entity::book::Entity, db).await?)
}

/// The items on the shelves of each store, in the order of their ids.
///
/// # Errors
/// [`Error::Invalid`] when they are too many, and what the database says.
pub async fn of_stores(db: &impl ConnectionTrait, stores: &[i32]) -> Result<Vec<Vec<Item>>> {
    of_parents(db, Column::StoreId, stores, |item| Some(item.store_id)).await
}

/// The copies of each book, in the order of their ids.
///
/// # Errors
/// [`Error::Invalid`] when they are too many, and what the database says.
pub async fn of_books(db: &impl ConnectionTrait, books: &[i32]) -> Result<Vec<Vec<Item>>> {
    of_parents(db, Column::BookId, books, |item| item.book_id).await
}

async fn of_parents(
    db: &impl ConnectionTrait,
    column: Column,
    parents: &[i32],
    parent: fn(&Item) -> Option<i32>,
) -> Result<Vec<Vec<Item>>> {
    let children = Entity::find().filter(column.is_in(parents.iter().copied()));
    let children = children.order_by_asc(Column::Id).limit(MAX_LIMIT + 1).all(db).await?;
    if children.len() as u64 > MAX_LIMIT {
        let detail = format!(
            "the rows of this page have more than {MAX_LIMIT} items; ask for a smaller `limit`, or for the items themselves"
        );
        return Err(Error::Invalid(vec![FieldError::parameter("include", "too-many", detail)]));
    }
    let mut by_parent: HashMap<i32, Vec<Item>> = HashMap::new();
    for child in children {
        if let Some(parent) = parent(&child) {
            by_parent.entry(parent).or_default().push(child);
        }
    }
    Ok(parents.iter().map(|id| by_parent.remove(id).unwrap_or_default()).collect())
}

/// One item.
///
/// # Errors
/// [`Error::NotFound`], and what the database says.
pub async fn find(db: &impl ConnectionTrait, id: i32) -> Result<Item> {
    Entity::find_by_id(id).one(db).await?.ok_or(not_found(id))
}

/// Adds an item.
///
/// # Errors
/// [`Error::Invalid`] when its store or its book does not exist, and what the database says.
pub async fn create(db: &impl ConnectionTrait, new: &Checked<NewItem>) -> Result<Item> {
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
    Ok(row.insert(db).await?)
}

/// Changes the members that are given; a change that changes nothing leaves the version as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::Invalid`] for a read-only member or a store or book that does not
/// exist, and what the database says.
pub async fn update(
    db: &impl ConnectionTrait,
    id: i32,
    expected: &Expected,
    changes: &Checked<ItemChanges>,
) -> Result<Item> {
    let stored = stored(db, id, expected).await?;
    let ItemChanges { name, price, store_id, book_id, id, version, created_at, updated_at } =
        &**changes;
    let given =
        Given { id: *id, version: *version, created_at: *created_at, updated_at: *updated_at };
    given.agrees_with("item", &stamp(&stored))?;
    check_parents(db, *store_id, book_id.flatten()).await?;

    let next = stored.version + 1;
    let mut row = stored.clone().into_active_model();
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
    if !row.is_changed() {
        return Ok(stored);
    }
    row.version = Set(next);
    row.updated_at = Set(now());
    Ok(row.update(db).await?)
}

/// SQLite does not say which foreign key was broken, so a missing parent is named before the row is written.
async fn check_parents(
    db: &impl ConnectionTrait,
    store_id: Option<i32>,
    book_id: Option<i32>,
) -> Result<()> {
    let mut broken = Vec::new();
    if let Some(id) = store_id
        && entity::store::Entity::find_by_id(id).one(db).await?.is_none()
    {
        broken.push(FieldError::new(
            "store_id",
            "missing-parent",
            format!("store_id `{id}` is the id of no store"),
        ));
    }
    if let Some(id) = book_id
        && entity::book::Entity::find_by_id(id).one(db).await?.is_none()
    {
        broken.push(FieldError::new(
            "book_id",
            "missing-parent",
            format!("book_id `{id}` is the id of no book"),
        ));
    }
    if broken.is_empty() { Ok(()) } else { Err(Error::Invalid(broken)) }
}

/// The row that is to be changed, held until the transaction ends.
async fn stored(db: &impl ConnectionTrait, id: i32, expected: &Expected) -> Result<Item> {
    let stored = Entity::find_by_id(id).lock_exclusive().one(db).await?.ok_or(not_found(id))?;
    expected.agrees_with("item", &stamp(&stored))?;
    Ok(stored)
}

fn stamp(item: &Item) -> Stamp {
    Stamp {
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
pub async fn delete(db: &impl ConnectionTrait, id: i32, expected: &Expected) -> Result<()> {
    if !expected.is_any() {
        stored(db, id, expected).await?;
    }
    match Entity::delete_by_id(id).exec(db).await?.rows_affected {
        0 => Err(not_found(id)),
        _ => Ok(()),
    }
}

fn not_found(id: i32) -> Error {
    Error::NotFound { what: "item", key: "id", value: id.to_string() }
}
