//! Which stored book a row is.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::book::{Column, Entity};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, IdenStatic, IntoSimpleExpr, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use super::{OnDuplicate, Row};
use crate::{
    Book,
    books::{NewBook, WholeBook},
    database::Rows,
    error::Result,
};

/// What becomes of rows whose books are stored.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub on_duplicate: OnDuplicate,
    /// When the import began. Rows of one file are only compared by what they have: two of them with one title, one with an ISBN and
    /// one without, are two books.
    pub begun: DateTime<Utc>,
}

/// The stored books that rows of a batch may be.
#[derive(Debug, Default)]
pub struct Stored {
    books: HashMap<i32, WholeBook>,
    by_isbn: HashMap<String, i32>,
    by_text: HashMap<String, BTreeSet<i32>>,
}

impl Stored {
    /// Adds books, or replaces them by what they are now.
    pub fn put(&mut self, books: impl IntoIterator<Item = WholeBook>) {
        for whole in books {
            let book = &whole.book;
            if let Some(isbn) = &book.isbn {
                self.by_isbn.insert(isbn.clone(), book.id);
            }
            self.by_text.entry(text(&book.title, &book.author)).or_default().insert(book.id);
            self.books.insert(book.id, whole);
        }
    }

    /// All of them.
    pub fn into_books(self) -> impl ExactSizeIterator<Item = WholeBook> {
        self.books.into_values()
    }

    /// The book with an ISBN.
    pub fn of_isbn(&self, isbn: &str) -> Option<&WholeBook> {
        self.books.get(self.by_isbn.get(isbn)?)
    }

    /// The book with the ISBN of a row; for a row without one, a book without one that has its title, author and year.
    pub fn same(&self, row: &Row) -> Option<&WholeBook> {
        if let Some(isbn) = &row.book.isbn {
            return self.of_isbn(isbn);
        }
        let is_same =
            |whole: &&&WholeBook| whole.book.isbn.is_none() && whole.book.year == row.book.year;
        let books = self.of_text(&row.book);
        let mut same = books.iter().filter(is_same).copied();
        let first = same.clone().next()?;
        // Of several the one that the row describes, so that what was exported changes nothing.
        Some(same.find(|book| row.changes(book).is_none()).unwrap_or(first))
    }

    /// The one book of the title, author and year of a row that only one of the two has an ISBN for, or a year. Several such books are
    /// none: nothing says which one is meant.
    pub fn alike(&self, row: &NewBook, begun: DateTime<Utc>) -> Option<&WholeBook> {
        let mut books = self.of_text(row);
        books.retain(|WholeBook { book, .. }| {
            book.created_at < begun && (row.isbn.is_none() || book.isbn.is_none())
        });
        if books.iter().any(|whole| whole.book.year == row.year) {
            books.retain(|whole| whole.book.year == row.year);
        } else {
            books.retain(|whole| row.year.is_none() || whole.book.year.is_none());
        }
        match books.as_slice() {
            [book] => Some(book),
            _ => None,
        }
    }

    /// The books of the title and author of a row, the oldest first.
    fn of_text(&self, row: &NewBook) -> Vec<&WholeBook> {
        let NewBook { title, author, .. } = row;
        let ids = match self.by_text.is_empty() {
            true => None,
            false => self.by_text.get(&text(title, author)),
        };
        let books = ids.into_iter().flatten().filter_map(|id| self.books.get(id));
        // An earlier row may have given it another title.
        books.filter(|of| of.book.title == *title && of.book.author == *author).collect()
    }
}

fn text(title: &str, author: &str) -> String {
    [title, author].join("\0")
}

/// The books that the rows may be, in one query or two; locked if they are going to be updated.
pub async fn find_stored<'a>(
    db: &impl Rows,
    rows: impl Iterator<Item = &'a Row> + Clone,
    on_duplicate: OnDuplicate,
) -> Result<Stored> {
    let isbns = rows.clone().filter_map(|row| row.book.isbn.as_deref());
    let mut stored = find_isbns(db, isbns, on_duplicate).await?;
    let is_found =
        |book: &NewBook| book.isbn.as_ref().is_some_and(|isbn| stored.of_isbn(isbn).is_some());
    let others: Vec<&NewBook> = rows.map(|row| &*row.book).filter(|book| !is_found(book)).collect();
    if !others.is_empty() {
        let of_text = select(on_duplicate).filter(same_text(db.backend(), &others));
        let found = db.rows(of_text.order_by_asc(Column::Id)).await?;
        stored.put(whole(db, found, on_duplicate).await?);
    }
    Ok(stored)
}

/// The books that have one of the ISBNs; locked if they are going to be updated.
pub async fn find_isbns(
    db: &impl Rows,
    isbns: impl Iterator<Item = &str>,
    on_duplicate: OnDuplicate,
) -> Result<Stored> {
    let mut stored = Stored::default();
    let isbns: Vec<&str> = isbns.collect();
    if !isbns.is_empty() {
        let found = db.rows(select(on_duplicate).filter(Column::Isbn.is_in(isbns))).await?;
        stored.put(whole(db, found, on_duplicate).await?);
    }
    Ok(stored)
}

/// Books with what they are about if they are going to be updated.
async fn whole(
    db: &impl Rows,
    books: Vec<Book>,
    on_duplicate: OnDuplicate,
) -> Result<Vec<WholeBook>> {
    match on_duplicate {
        OnDuplicate::Update => WholeBook::all(db, books).await,
        OnDuplicate::Skip | OnDuplicate::Fail => {
            Ok(books.into_iter().map(|book| WholeBook { book, subjects: Vec::new() }).collect())
        }
    }
}

fn select(on_duplicate: OnDuplicate) -> sea_orm::Select<Entity> {
    match on_duplicate {
        OnDuplicate::Update => Entity::find().lock_exclusive(),
        OnDuplicate::Skip | OnDuplicate::Fail => Entity::find(),
    }
}

/// Titles and authors of the rows, in any combination: the others are few.
///
/// The index to use is the one of the column with more values here, since a file may have one author in all of its rows. Neither
/// database finds it by itself in a table that an import fills: it was not analyzed yet.
fn same_text(backend: DbBackend, rows: &[&NewBook]) -> SimpleExpr {
    let titles: BTreeSet<&str> = rows.iter().map(|book| book.title.as_str()).collect();
    let authors: BTreeSet<&str> = rows.iter().map(|book| book.author.as_str()).collect();
    let (titles, authors) = ((Column::Title, titles), (Column::Author, authors));
    let ((column, values), (other, others)) = match titles.1.len() < authors.1.len() {
        true => (authors, titles),
        false => (titles, authors),
    };
    let without_index = match backend {
        DbBackend::Postgres => "$1 || ''",
        _ => "+?",
    };
    let other = Expr::cust_with_expr(without_index, other.into_simple_expr()).is_in(others);
    match backend {
        DbBackend::Postgres => one_by_one(column, &values).and(other),
        _ => column.is_in(values).and(other),
    }
}

/// Looks up each value by itself on PostgreSQL. For a list of values it reads the whole table, or their trigrams, which takes a second.
fn one_by_one(column: Column, values: &BTreeSet<&str>) -> SimpleExpr {
    let sql = format!(
        r#""books"."id" = ANY(ARRAY(
            SELECT alike.id FROM json_array_elements_text(CAST(CAST($1 AS text) AS json)) AS named
            CROSS JOIN LATERAL (SELECT id FROM books WHERE {} = named OFFSET 0) AS alike))"#,
        column.as_str()
    );
    Expr::cust_with_values(sql, [serde_json::json!(values).to_string()])
}

#[cfg(test)]
mod tests;
