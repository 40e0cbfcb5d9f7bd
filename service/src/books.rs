//! Books: the catalogue.

pub mod export;
pub mod import;
pub mod isbn;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use entity::book::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, EntityTrait, IntoActiveModel,
    QuerySelect, QueryTrait,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Book, Tx,
    bulk::{self, Bulk, Changed, Selection},
    check::{Check, Checked, Rules},
    database::{Changes, Reader, Rows},
    error::{Error, Result},
    filter::FilterSchema,
    json::{given, given_whole_or_null, whole_or_null},
    kind::Kind,
    now,
    page::{Listing, Page},
    precondition::{Precondition, ReadOnlyFields, RowVersion},
    resource::{Relation, Resource},
    substrings::Substrings,
};

const LONGEST_TITLE: usize = 200;
const LONGEST_AUTHOR: usize = 1000;
/// PostgreSQL refuses index entries of more than 2704 bytes.
const AUTHOR_BYTES: usize = 2600;
const LONGEST_STATUS: usize = 20;
/// Clay tablets were dated back to here, and publishers announce a few years ahead.
const YEARS: std::ops::RangeInclusive<i32> = -3500..=2200;
const PAGE_COUNTS: std::ops::RangeInclusive<i32> = 1..=100_000;

/// What a book's status is when nobody says.
pub const AVAILABLE: &str = "available";

impl Resource for Entity {
    const SEARCHED: &'static [Column] = &[Column::Title, Column::Author, Column::Isbn];
    const SUBSTRINGS: Option<Substrings> = Some(Substrings {
        table: "books_search",
        waiting: "books_unsearched",
        columns: &["title", "author"],
    });

    fn filter_schema() -> &'static FilterSchema {
        static SCHEMA: LazyLock<FilterSchema> = LazyLock::new(FilterSchema::of::<Entity>);
        &SCHEMA
    }

    fn special(column: Column) -> Option<Kind> {
        matches!(column, Column::Isbn).then_some(Kind::Isbn)
    }

    fn relations() -> Vec<Relation> {
        vec![Relation::to::<Self, entity::item::Entity>("items")]
    }
}

impl Bulk for Entity {
    const NOUN: (&'static str, &'static str) = ("book", "books");
    const VERSION: Column = Column::Version;
    const UPDATED_AT: Column = Column::UpdatedAt;
}

/// A book to be added.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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

/// A change of a book: members that are absent stay as they are, `null` clears one that may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
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

impl Check for NewBook {
    fn apply(&mut self, rules: &mut Rules) {
        check_title(rules, &mut self.title);
        check_author(rules, &mut self.author);
        check_numbers(rules, self.year, self.page_count);
        if let Some(isbn) = &mut self.isbn {
            rules.isbn("isbn", isbn);
        }
        rules.line("status", &mut self.status, LONGEST_STATUS);
    }
}

impl Check for BookChanges {
    fn apply(&mut self, rules: &mut Rules) {
        if let Some(title) = &mut self.title {
            check_title(rules, title);
        }
        if let Some(author) = &mut self.author {
            check_author(rules, author);
        }
        check_numbers(rules, self.year.flatten(), self.page_count.flatten());
        if let Some(Some(isbn)) = &mut self.isbn {
            rules.isbn("isbn", isbn);
        }
        if let Some(status) = &mut self.status {
            rules.line("status", status, LONGEST_STATUS);
        }
    }
}

fn check_title(rules: &mut Rules, title: &mut String) {
    rules.line("title", title, LONGEST_TITLE);
}

fn check_author(rules: &mut Rules, author: &mut String) {
    rules.line("author", author, LONGEST_AUTHOR);
    if author.len() > AUTHOR_BYTES && author.chars().count() <= LONGEST_AUTHOR {
        let detail = format!(
            "author has {} bytes in UTF-8, at most {AUTHOR_BYTES} fit the index",
            author.len()
        );
        rules.broken("author", "too-long", detail);
    }
}

fn check_numbers(rules: &mut Rules, year: Option<i32>, page_count: Option<i32>) {
    if let Some(year) = year {
        rules.within("year", year, YEARS);
    }
    if let Some(page_count) = page_count {
        rules.within("page_count", page_count, PAGE_COUNTS);
    }
}

/// What a list can be asked about.
#[must_use]
pub fn filter_schema() -> &'static FilterSchema {
    Entity::filter_schema()
}

/// A page of the catalogue.
///
/// # Errors
/// [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn list(db: &Reader, listing: &Listing) -> Result<Page<Book>> {
    listing.page(db, db.all::<Entity>()).await
}

/// One book.
///
/// # Errors
/// [`Error::NotFound`], and what the database says.
pub async fn find(db: &impl Rows, id: i32) -> Result<Book> {
    db.by_id::<Entity>(id).await?.ok_or(not_found(id))
}

/// Adds a book.
///
/// # Errors
/// [`Error::Duplicate`] for an ISBN that another book has, and what the database says.
pub async fn create(db: &impl Changes, new: &Checked<NewBook>) -> Result<Book> {
    let inserted = db.insert(row(new, now())).await;
    inserted.map_err(|error| error.with_value(new.isbn.as_deref()))
}

/// The row that stores a new book.
fn row(new: &NewBook, now: DateTime<Utc>) -> ActiveModel {
    let NewBook { title, author, year, isbn, page_count, status } = new;
    ActiveModel {
        id: NotSet,
        title: Set(title.clone()),
        author: Set(author.clone()),
        year: Set(*year),
        isbn: Set(isbn.clone()),
        page_count: Set(*page_count),
        status: Set(status.clone()),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    }
}

/// Changes the members that are given; a change that changes nothing leaves the version as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::Duplicate`], [`Error::Invalid`] for a read-only member, and what the
/// database says.
pub async fn update(
    db: &impl Changes,
    id: i32,
    precondition: &Precondition,
    changes: &Checked<BookChanges>,
) -> Result<Book> {
    let stored = locked(db, id).await?;
    change(db, stored, precondition, changes).await
}

/// Changes a book that is held until the transaction ends.
async fn change(
    db: &impl Changes,
    stored: Book,
    precondition: &Precondition,
    changes: &Checked<BookChanges>,
) -> Result<Book> {
    precondition.check("book", &row_version(&stored))?;
    read_only(changes).check("book", &row_version(&stored))?;
    let next = stored.version + 1;
    let mut row = stored.clone().into_active_model();
    apply(changes, &mut row);
    if !row.is_changed() {
        return Ok(stored);
    }
    row.version = Set(next);
    row.updated_at = Set(now());
    db.update(row).await.map_err(|error| error.with_value(taken(changes)))
}

/// Changes the given members of every book that is selected. It has to be the first thing in its transaction.
///
/// # Errors
/// [`Error::Unconfirmed`], [`Error::Duplicate`], [`Error::Invalid`] for a bad parameter or a read-only member, and what the
/// database says.
pub async fn update_all(
    tx: &Tx,
    selection: &Selection,
    changes: &Checked<BookChanges>,
) -> Result<Changed> {
    read_only(changes).expect_nothing()?;
    let row = async || {
        let mut row: ActiveModel = Default::default();
        apply(changes, &mut row);
        Ok(row)
    };
    let changed = bulk::update::<Entity>(tx, selection, row).await;
    changed.map_err(|error| error.with_value(taken(changes)))
}

fn read_only(changes: &BookChanges) -> ReadOnlyFields {
    let BookChanges { id, version, created_at, updated_at, .. } = changes;
    ReadOnlyFields { id: *id, version: *version, created_at: *created_at, updated_at: *updated_at }
}

/// Gives a row the members that a change names.
fn apply(changes: &BookChanges, row: &mut ActiveModel) {
    let BookChanges {
        title,
        author,
        year,
        isbn,
        page_count,
        status,
        id: _,
        version: _,
        created_at: _,
        updated_at: _,
    } = changes;
    if let Some(title) = title {
        row.title.set_ne(title.clone());
    }
    if let Some(author) = author {
        row.author.set_ne(author.clone());
    }
    if let Some(year) = year {
        row.year.set_ne(*year);
    }
    if let Some(isbn) = isbn {
        row.isbn.set_ne(isbn.clone());
    }
    if let Some(page_count) = page_count {
        row.page_count.set_ne(*page_count);
    }
    if let Some(status) = status {
        row.status.set_ne(status.clone());
    }
}

/// The ISBN that a change gives, which another book may have.
fn taken(changes: &BookChanges) -> Option<&str> {
    changes.isbn.as_ref().and_then(|isbn| isbn.as_deref())
}

/// The row that is to be changed, held until the transaction ends.
async fn locked(db: &impl Changes, id: i32) -> Result<Book> {
    db.row(Entity::find_by_id(id).lock_exclusive()).await?.ok_or(not_found(id))
}

fn row_version(book: &Book) -> RowVersion {
    RowVersion {
        id: book.id,
        version: book.version,
        created_at: book.created_at,
        updated_at: book.updated_at,
    }
}

/// Deletes a book; items that were copies of it stay, without it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], and what the database says.
pub async fn delete(db: &impl Changes, id: i32, precondition: &Precondition) -> Result<()> {
    if !precondition.is_any() {
        precondition.check("book", &row_version(&locked(db, id).await?))?;
    }
    match db.exec(Entity::delete_by_id(id).as_query()).await? {
        0 => Err(not_found(id)),
        _ => Ok(()),
    }
}

/// Deletes every book that is selected, and tells how many. It has to be the first thing in its transaction.
///
/// # Errors
/// [`Error::Unconfirmed`], [`Error::Invalid`] for a bad parameter, and what the database says.
pub async fn delete_all(tx: &Tx, selection: &Selection) -> Result<u64> {
    bulk::delete::<Entity>(tx, selection).await
}

fn not_found(id: i32) -> Error {
    Error::NotFound { what: "book", key: "id", value: id.to_string() }
}
