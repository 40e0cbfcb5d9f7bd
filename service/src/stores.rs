//! Stores, which own the items on their shelves.

mod export;
mod import;

use entity::store::{Column, Entity};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Item,
    check::line,
    json::given,
    noun::{Listed, changes, noun},
    query::{Relation, Resource},
};

const LONGEST_NAME: usize = 80;

pub(crate) static STORES: Resource<Entity> = Resource::new("store", "stores")
    .searched(&[Column::Name])
    .suggested(&[Column::Name])
    .folded("stores_folded")
    .relations(|| vec![Relation::to::<Entity, _>("items", Item::resource())]);

/// A store to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Main Street"}))]
pub struct NewStore {
    /// White space at the ends is removed.
    #[schema(min_length = 1, max_length = 80, example = "Main Street")]
    pub name: String,
}

changes! {
    /// A change of a store: absent members stay as they are.
    #[schema(example = json!({"name": "Market Square"}))]
    pub struct StoreChanges {
        /// As in a new store.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, required = false, min_length = 1, max_length = 80)]
        pub name: Option<String>,
    }
}

noun! {
    STORES of entity::store: NewStore, StoreChanges {
        name => line(LONGEST_NAME),
    }
}
