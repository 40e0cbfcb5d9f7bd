//! Books: the catalogue.

pub mod duplicates;
mod export;
pub mod import;
pub mod isbn;
pub mod merges;
mod whole;

use entity::book::{Column, Entity};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

pub(crate) use whole::WholeBook;

use crate::{
    Item, Subject,
    check::{Rules, line, text, within},
    json::{exact_or_null, given, given_exact_or_null, given_whole_or_null, whole_or_null},
    language,
    noun::{Listed, changes, noun},
    query::{Facet, Relation, Resource, Substrings},
};

pub(crate) const LONGEST_TITLE: usize = 200;
pub(crate) const LONGEST_AUTHOR: usize = 1000;
/// PostgreSQL refuses index entries of more than 2704 bytes.
pub(crate) const AUTHOR_BYTES: usize = 2600;
pub(crate) const LONGEST_STATUS: usize = 20;
pub(crate) const LONGEST_SUBTITLE: usize = 500;
pub(crate) const LONGEST_PUBLISHER: usize = 200;
pub(crate) const LONGEST_DESCRIPTION: usize = 10_000;
pub(crate) const LONGEST_SERIES: usize = 200;
/// Six digits, two of them after the decimal point.
pub(crate) const HIGHEST_SERIES_NUMBER: Decimal = Decimal::from_parts(999_999, 0, 0, false, 2);
/// Clay tablets were dated back to here, and publishers announce a few years ahead.
const YEARS: std::ops::RangeInclusive<i32> = -3500..=2200;
const PAGE_COUNTS: std::ops::RangeInclusive<i32> = 1..=100_000;

/// The default status of a book.
pub const AVAILABLE: &str = "available";

pub(crate) static BOOKS: Resource<Entity> = Resource::new("book", "books")
    .searched(&[
        Column::Title,
        Column::Author,
        Column::Subtitle,
        Column::Series,
        Column::Publisher,
        Column::Description,
        Column::Isbn,
    ])
    .folded("books_folded")
    .substrings(Substrings {
        table: "books_search",
        waiting: "books_unsearched",
        texts: "books_folded",
        columns: &["title", "author", "subtitle", "series", "publisher", "description"],
        shared: &["subtitle", "series", "publisher", "description"],
    })
    .special(&[(Column::Isbn, crate::isbn::KIND), (Column::Language, language::KIND)])
    .relations(|| {
        vec![
            Relation::to::<Entity, _>("items", Item::resource()),
            Relation::to::<Entity, _>("subjects", Subject::resource()),
        ]
    })
    .suggested(&[Column::Title, Column::Author])
    .facets(&[
        Facet::of("author"),
        Facet::of("year"),
        Facet::steps("decade", "year", 10),
        Facet::of("status"),
        Facet::of("publisher"),
        Facet::of("language"),
        Facet::of("series"),
        Facet::of("subjects.name"),
    ]);

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
    /// The rest of the title.
    #[schema(
        min_length = 1,
        max_length = 500,
        example = "A Handbook of Agile Software Craftsmanship"
    )]
    pub subtitle: Option<String>,
    /// Who published it.
    #[schema(min_length = 1, max_length = 200, example = "Prentice Hall")]
    pub publisher: Option<String>,
    /// A language tag, such as `en` or `pt-BR`; `eng` is stored as `en`.
    #[schema(example = "en")]
    pub language: Option<String>,
    /// What it is about; may have several lines.
    #[schema(min_length = 1, max_length = 10_000, example = "How to tell good code from bad.")]
    pub description: Option<String>,
    /// The series that it belongs to.
    #[schema(min_length = 1, max_length = 200, example = "Robert C. Martin Series")]
    pub series: Option<String>,
    /// Its number in the series; at most two decimals.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 9999.99, multiple_of = 0.01, example = 1.5)]
    #[serde(default, deserialize_with = "exact_or_null")]
    pub series_number: Option<Decimal>,
    /// What it is about; lists show it with `include=subjects`.
    #[schema(max_items = 100, example = json!(["Software"]))]
    pub subjects: Option<Vec<String>>,
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
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
        pub subtitle: Option<Option<String>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
        pub publisher: Option<Option<String>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<String>)]
        pub language: Option<Option<String>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<String>, min_length = 1, max_length = 10_000)]
        pub description: Option<Option<String>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
        pub series: Option<Option<String>>,
        /// As in a new book.
        #[serde(default, deserialize_with = "given_exact_or_null")]
        #[schema(value_type = Option<f64>, minimum = 0, maximum = 9999.99, multiple_of = 0.01)]
        pub series_number: Option<Option<Decimal>>,
        /// All of them: others are taken from it.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<Vec<String>>, max_items = 100)]
        pub subjects: Option<Option<Vec<String>>>,
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
        subtitle => line(LONGEST_SUBTITLE),
        publisher => line(LONGEST_PUBLISHER),
        language => Rules::language,
        description => text(LONGEST_DESCRIPTION),
        series => line(LONGEST_SERIES),
        series_number => check_series_number,
    }
    related: subjects
}

fn check_series_number(rules: &mut Rules, field: &str, number: &mut Decimal) {
    if number.is_sign_negative() && !number.is_zero() || *number > HIGHEST_SERIES_NUMBER {
        let detail = format!("{field} `{number}` is not between 0 and {HIGHEST_SERIES_NUMBER}");
        rules.broken(field, "out-of-range", detail);
    } else if number.scale() > 2 {
        let detail = format!(
            "{field} `{number}` has {} decimals, at most 2 are stored; round it",
            number.scale()
        );
        rules.broken(field, "too-many-decimals", detail);
    }
}

/// Whether the commas in a text of authors are between names. They are within a name where a part is a single word, as in
/// `Martin, Robert C.`
fn is_list_of_names(authors: &str) -> bool {
    authors.split(", ").all(|name| name.contains(' '))
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
