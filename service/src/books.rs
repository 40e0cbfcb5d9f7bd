//! Books: the catalogue.

pub mod export;
pub mod import;
pub mod isbn;

use entity::book::{Column, Entity};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Item,
    check::{Rules, line, within},
    isbn::KIND,
    json::{given, given_whole_or_null, whole_or_null},
    noun::{Listed, changes, noun},
    query::{Relation, Resource, Substrings},
};

pub(crate) const LONGEST_TITLE: usize = 200;
const LONGEST_AUTHOR: usize = 1000;
/// PostgreSQL refuses index entries of more than 2704 bytes.
const AUTHOR_BYTES: usize = 2600;
const LONGEST_STATUS: usize = 20;
/// Clay tablets were dated back to here, and publishers announce a few years ahead.
const YEARS: std::ops::RangeInclusive<i32> = -3500..=2200;
const PAGE_COUNTS: std::ops::RangeInclusive<i32> = 1..=100_000;

/// The default status of a book.
pub const AVAILABLE: &str = "available";

pub(crate) static BOOKS: Resource<Entity> = Resource::new("book", "books")
    .searched(&[Column::Title, Column::Author, Column::Isbn])
    .substrings(Substrings {
        table: "books_search",
        waiting: "books_unsearched",
        columns: &["title", "author"],
    })
    .special(&[(Column::Isbn, KIND)])
    .relations(|| vec![Relation::to::<Entity, _>("items", Item::resource())]);

/// A book to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Clean Code", "author": "Robert C. Martin", "year": 2008, "isbn": "9780132350884", "page_count": 464
}))]
pub struct NewBook {
    /// White space at the ends is removed.
    #[schema(min_length = 1, max_length = 200, example = "Clean Code")]
    pub title: String,
    /// All authors in one text.
    #[schema(min_length = 1, max_length = 1000, example = "Robert C. Martin")]
    pub author: String,
    /// Year of first publication, negative before the common era.
    #[schema(minimum = -3500, maximum = 2200, example = 2008)]
    #[serde(default, deserialize_with = "whole_or_null")]
    pub year: Option<i32>,
    /// ISBN-10 or ISBN-13, with or without hyphens; stored as 13 digits, unique.
    #[schema(example = "9780132350884")]
    pub isbn: Option<String>,
    /// Number of pages.
    #[schema(minimum = 1, maximum = 100_000, example = 464)]
    #[serde(default, deserialize_with = "whole_or_null")]
    pub page_count: Option<i32>,
    /// What can be done with it at the moment; `available` when absent.
    #[serde(default = "available")]
    #[schema(min_length = 1, max_length = 20, default = "available", example = "available")]
    pub status: String,
}

fn available() -> String {
    AVAILABLE.to_owned()
}

changes! {
    /// A change of a book: absent members stay as they are, `null` clears one that may be empty.
    #[schema(example = json!({"status": "lent"}))]
    pub struct BookChanges {
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, required = false, min_length = 1, max_length = 200)]
        pub title: Option<String>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, required = false, min_length = 1, max_length = 1000)]
        pub author: Option<String>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given_whole_or_null")]
        #[schema(value_type = Option<i32>, minimum = -3500, maximum = 2200)]
        pub year: Option<Option<i32>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<String>)]
        pub isbn: Option<Option<String>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given_whole_or_null")]
        #[schema(value_type = Option<i32>, minimum = 1, maximum = 100_000)]
        pub page_count: Option<Option<i32>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = String, required = false, min_length = 1, max_length = 20)]
        pub status: Option<String>,
    }
}

noun! {
    BOOKS of entity::book: NewBook, BookChanges {
        title => line(LONGEST_TITLE),
        author => check_author,
        year => within(YEARS),
        isbn => Rules::isbn,
        page_count => within(PAGE_COUNTS),
        status => line(LONGEST_STATUS),
    }
}

fn check_author(rules: &mut Rules, field: &str, author: &mut String) {
    rules.line(field, author, LONGEST_AUTHOR);
    if author.len() > AUTHOR_BYTES && author.chars().count() <= LONGEST_AUTHOR {
        let detail = format!(
            "author has {} bytes in UTF-8, at most {AUTHOR_BYTES} fit the index",
            author.len()
        );
        rules.broken(field, "too-long", detail);
    }
}
