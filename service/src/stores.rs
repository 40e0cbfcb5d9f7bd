//! Stores, which own the items on their shelves.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use entity::store::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, EntityTrait, IntoActiveModel,
    QuerySelect, QueryTrait,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Store, Tx,
    bulk::{self, Bulk, Changed, Selection},
    check::{Check, Checked, Rules},
    database::{Changes, Reader, Rows},
    error::{Error, Result},
    filter::FilterSchema,
    json::{given, whole_or_null},
    now,
    page::{Listing, Page},
    precondition::{Precondition, ReadOnlyFields, RowVersion},
    resource::{Relation, Resource},
};

const LONGEST_NAME: usize = 80;

impl Resource for Entity {
    const SEARCHED: &'static [Column] = &[Column::Name];

    fn filter_schema() -> &'static FilterSchema {
        static SCHEMA: LazyLock<FilterSchema> = LazyLock::new(FilterSchema::of::<Entity>);
        &SCHEMA
    }

    fn relations() -> Vec<Relation> {
        vec![Relation::to::<Self, entity::item::Entity>("items")]
    }
}

impl Bulk for Entity {
    const NOUN: (&'static str, &'static str) = ("store", "stores");
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;
}

/// A store to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStore {
    /// White space at the ends is removed.
    #[schema(min_length = 1, max_length = 80, example = "Main Street")]
    pub name: String,
}

/// A change of a store: members that are absent stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreChanges {
    /// As in a new store.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 80)]
    pub name: Option<String>,
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

impl Check for NewStore {
    fn apply(&mut self, rules: &mut Rules) {
        rules.line("name", &mut self.name, LONGEST_NAME);
    }
}

impl Check for StoreChanges {
    fn apply(&mut self, rules: &mut Rules) {
        if let Some(name) = &mut self.name {
            rules.line("name", name, LONGEST_NAME);
        }
    }
}

/// What a list can be asked about.
#[must_use]
pub fn filter_schema() -> &'static FilterSchema {
    Entity::filter_schema()
}

/// A page of the stores.
///
/// # Errors
/// [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn list(db: &Reader, listing: &Listing) -> Result<Page<Store>> {
    listing.page(db, db.all::<Entity>()).await
}

/// One store.
///
/// # Errors
/// [`Error::NotFound`], and what the database says.
pub async fn find(db: &impl Rows, id: i32) -> Result<Store> {
    db.by_id::<Entity>(id).await?.ok_or(not_found(id))
}

/// Adds a store.
///
/// # Errors
/// What the database says.
pub async fn create(db: &impl Changes, new: &Checked<NewStore>) -> Result<Store> {
    let NewStore { name } = &**new;
    let now = now();
    let row = ActiveModel {
        id: NotSet,
        name: Set(name.clone()),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    };
    db.insert(row).await
}

/// Changes the members that are given; a change that changes nothing leaves the version as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::Invalid`] for a read-only member, and what the database says.
pub async fn update(
    db: &impl Changes,
    id: i32,
    precondition: &Precondition,
    changes: &Checked<StoreChanges>,
) -> Result<Store> {
    let stored = stored(db, id, precondition).await?;
    read_only(changes).check("store", &row_version(&stored))?;
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

/// Changes the given members of every store that is selected. It has to be the first thing in its transaction.
///
/// # Errors
/// [`Error::Unconfirmed`], [`Error::Invalid`] for a bad parameter or a read-only member, and what the database says.
pub async fn update_all(
    tx: &Tx,
    selection: &Selection,
    changes: &Checked<StoreChanges>,
) -> Result<Changed> {
    read_only(changes).expect_nothing()?;
    let row = async || {
        let mut row: ActiveModel = Default::default();
        apply(changes, &mut row);
        Ok(row)
    };
    bulk::update::<Entity>(tx, selection, row).await
}

fn read_only(changes: &StoreChanges) -> ReadOnlyFields {
    let StoreChanges { id, version, created_at, updated_at, .. } = changes;
    ReadOnlyFields { id: *id, version: *version, created_at: *created_at, updated_at: *updated_at }
}

/// Gives a row the members that a change names.
fn apply(changes: &StoreChanges, row: &mut ActiveModel) {
    let StoreChanges { name, id: _, version: _, created_at: _, updated_at: _ } = changes;
    if let Some(name) = name {
        row.name.set_ne(name.clone());
    }
}

/// The row that is to be changed, held until the transaction ends.
async fn stored(db: &impl Changes, id: i32, precondition: &Precondition) -> Result<Store> {
    let stored = db.row(Entity::find_by_id(id).lock_exclusive()).await?.ok_or(not_found(id))?;
    precondition.check("store", &row_version(&stored))?;
    Ok(stored)
}

fn row_version(store: &Store) -> RowVersion {
    RowVersion {
        id: store.id,
        version: store.version,
        created_at: store.created_at,
        updated_at: store.updated_at,
    }
}

/// Deletes a store, and with it the items on its shelves.
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

/// Deletes every store that is selected with the items on its shelves, and tells how many stores. It has to be the first
/// thing in its transaction.
///
/// # Errors
/// [`Error::Unconfirmed`], [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn delete_all(tx: &Tx, selection: &Selection) -> Result<u64> {
    bulk::delete::<Entity>(tx, selection).await
}

fn not_found(id: i32) -> Error {
    Error::NotFound { what: "store", key: "id", value: id.to_string() }
}
