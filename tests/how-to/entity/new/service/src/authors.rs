//! Authors: the people who wrote the books.

use entity::author::{Column, Entity};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    check::{line, within},
    json::{given, given_whole_or_null, whole_or_null},
    noun::{changes, noun},
    query::Resource,
};

const LONGEST_NAME: usize = 200;
const YEARS: std::ops::RangeInclusive<i32> = -3500..=2200;

static AUTHORS: Resource<Entity> = Resource::new("author", "authors").searched(&[Column::Name]);

/// An author to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Robert C. Martin", "born": 1952}))]
pub struct NewAuthor {
    /// White space at the ends is removed.
    #[schema(min_length = 1, max_length = 200, example = "Robert C. Martin")]
    pub name: String,
    /// Year of birth, negative before the common era.
    #[schema(minimum = -3500, maximum = 2200, example = 1952)]
    #[serde(default, deserialize_with = "whole_or_null")]
    pub born: Option<i32>,
}

changes! {
    /// A change of an author: members that are absent stay as they are, `null` clears one that may be empty.
    #[schema(example = json!({"born": 1952}))]
    pub struct AuthorChanges {
        /// As in a new author.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
        pub name: Option<String>,
        /// As in a new author.
        #[serde(default, deserialize_with = "given_whole_or_null")]
        #[schema(value_type = Option<i32>, minimum = -3500, maximum = 2200)]
        pub born: Option<Option<i32>>,
    }
}

noun! {
    AUTHORS of entity::author: NewAuthor, AuthorChanges {
        name => line(LONGEST_NAME),
        born => within(YEARS),
    }
}
