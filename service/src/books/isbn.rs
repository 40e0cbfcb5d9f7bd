//! Books by their ISBN: lookup and upsert.

use entity::book::{ActiveModel, Column, Entity};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};

use super::BookChanges;
use crate::{
    Book, Checked, DatabaseError, Precondition,
    database::{Changes, Rows},
    error::{Error, FieldError, Result},
    isbn,
    noun::{Noun, change},
    now,
};

/// The canonical form of an ISBN from a URL.
///
/// # Errors
/// [`Error::Invalid`] when it is not a valid ISBN.
pub fn canonical(written: &str) -> Result<String> {
    isbn::canonical(written).map_err(|bad| {
        Error::Invalid(FieldError::parameter("isbn", "bad-isbn", bad.to_string()).into())
    })
}

/// The book with this canonical ISBN.
///
/// # Errors
/// [`Error::NotFound`], and any database error.
pub async fn find(db: &impl Rows, isbn: &str) -> Result<Book> {
    db.row(by_isbn(isbn)).await?.ok_or_else(|| not_found(isbn))
}

/// Changes the given members of the book with this canonical ISBN, or creates it; true when it was created.
///
/// # Errors
/// As [`Noun::update`] and [`Noun::create`]; [`Error::Invalid`] if the members contain a different ISBN,
/// and for a new book without title or author.
pub async fn put(
    db: &impl Changes,
    isbn: &str,
    precondition: &Precondition,
    changes: &Checked<BookChanges>,
) -> Result<(Book, bool)> {
    if let Some(other) = changes.isbn.as_ref().filter(|other| other.as_deref() != Some(isbn)) {
        let other = other.as_deref().unwrap_or("null");
        let detail =
            format!("isbn `{other}` differs from the one in the path, `{isbn}`; remove it");
        return Err(Error::invalid("isbn", "read-only", detail));
    }
    // Found and locked in one statement: a row that had to be waited for is returned only if it still has this ISBN.
    if let Some(book) = db.row(by_isbn(isbn).lock_exclusive()).await? {
        return Ok((change(db, book, precondition, changes).await?, false));
    }
    if let Precondition::OneOf(_) = precondition {
        return Err(not_found(isbn));
    }
    match db.insert(new_row(isbn, changes)?).await {
        Ok(book) => {
            Book::change_related(db, book.id, changes).await?;
            Ok((book, true))
        }
        // Another transaction has just created it; a retry updates it.
        Err(DatabaseError::Duplicate { .. }) => {
            Err(Error::collision("another transaction added the book"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The row that stores a new book: what the change gives, and the defaults of what it does not.
fn new_row(isbn: &str, changes: &BookChanges) -> Result<ActiveModel> {
    let missing = [("title", changes.title.is_none()), ("author", changes.author.is_none())];
    let missing = missing.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| {
        let detail = format!("no book has the isbn {isbn} yet, and a new one needs `{field}`");
        FieldError::new(field, "missing-field", detail)
    });
    let missing: Vec<FieldError> = missing.collect();
    if !missing.is_empty() {
        return Err(Error::Invalid(missing.into()));
    }
    let now = now();
    let mut row = ActiveModel {
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
        ..ActiveModel::default()
    };
    Book::apply(changes, &mut row);
    row.isbn = Set(Some(isbn.to_owned()));
    Ok(row)
}

fn by_isbn(isbn: &str) -> Select<Entity> {
    Entity::find().filter(Column::Isbn.eq(isbn))
}

fn not_found(isbn: &str) -> Error {
    Error::NotFound { what: "book", key: "isbn", value: isbn.to_owned() }
}
