//! Stores, which own the items on their shelves.

use std::sync::LazyLock;

use entity::store::{Column, Entity};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    check::line,
    filter::FilterSchema,
    json::given,
    noun::{changes, noun},
    resource::{Relation, Resource},
};

const LONGEST_NAME: usize = 80;

impl Resource for Entity {
    const NOUN: (&'static str, &'static str) = ("store", "stores");
    const SEARCHED: &'static [Column] = &[Column::Name];

    fn filter_schema() -> &'static FilterSchema {
        static SCHEMA: LazyLock<FilterSchema> = LazyLock::new(FilterSchema::of::<Entity>);
        &SCHEMA
    }

    fn relations() -> Vec<Relation> {
        vec![Relation::to::<Self, entity::item::Entity>("items")]
    }
}

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
    /// A change of a store: members that are absent stay as they are.
    #[schema(example = json!({"name": "Market Square"}))]
    pub struct StoreChanges {
        /// As in a new store.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, required = false, min_length = 1, max_length = 80)]
        pub name: Option<String>,
    }
}

noun! {
    entity::store: NewStore, StoreChanges {
        name => line(LONGEST_NAME),
    }
}
