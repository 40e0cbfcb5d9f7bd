//! Stores rows of a file: detects duplicates and applies the chosen policy.

use std::collections::{HashMap, HashSet};

use entity::book::{Column, Entity};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{ExprTrait, OnConflict},
};

use super::{Batch, OnDuplicate, Report, Row};
use crate::{
    Book,
    books::NewBook,
    database::{Changes, Rows},
    error::{Error, Result},
    noun::Noun,
    now,
};

/// How often rows are looked up again when other sessions store and delete their books concurrently.
const MOST_LOOKS: u32 = 8;

/// What makes two rows the same book.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    Isbn(String),
    Text { title: String, author: String, year: Option<i32> },
}

impl Identity {
    fn new(title: &str, author: &str, year: Option<i32>, isbn: Option<&str>) -> Self {
        match isbn {
            Some(isbn) => Self::Isbn(isbn.to_owned()),
            None => Self::Text { title: title.to_owned(), author: author.to_owned(), year },
        }
    }

    fn of(book: &NewBook) -> Self {
        Self::new(&book.title, &book.author, book.year, book.isbn.as_deref())
    }
}

/// The outcome of the rows so far.
#[derive(Debug, Default)]
pub struct Outcome {
    pub report: Report,
    /// The changes to the catalogue, in order; `None` if they are not needed.
    pub changes: Option<Vec<Change>>,
}

/// What a row did to a book.
#[derive(Debug)]
pub struct Change {
    pub book: i32,
    /// The version of the book after that.
    pub version: i32,
    /// `None` for a new book.
    pub before: Option<Book>,
}

/// Stores the rows of a batch that can be stored, and counts all of them.
pub async fn store_batch(
    db: &impl Changes,
    batch: &Batch,
    on_duplicate: OnDuplicate,
    outcome: &mut Outcome,
) -> Result<()> {
    let Batch { rows, rejected, empty_rows } = batch;
    outcome.report.rows += (rows.len() + rejected.len()) as u64;
    outcome.report.rejected += rejected.len() as u64;
    outcome.report.empty_rows += empty_rows;
    let count = |is_so: fn(&Row) -> bool| rows.iter().filter(|row| is_so(row)).count() as u64;
    outcome.report.warnings += count(|row| !row.warnings.is_empty());
    outcome.report.without_isbn += count(|row| row.book.isbn.is_none());
    outcome.report.unread += count(|row| row.has_unread);
    let mut stored = find_stored(db, rows, on_duplicate).await?;
    let mut fresh: Vec<&Row> = Vec::with_capacity(rows.len());
    let mut places: HashMap<Identity, usize> = HashMap::with_capacity(rows.len());
    for row in rows {
        let identity = Identity::of(&row.book);
        if on_duplicate == OnDuplicate::Update && places.contains_key(&identity) {
            // The earlier row must be stored before it can be updated; so batch boundaries make no difference.
            insert(db, &mut fresh, on_duplicate, outcome).await?;
            places.clear();
            stored.extend(find_stored(db, std::slice::from_ref(row), on_duplicate).await?);
        }
        if let Some(book) = stored.get_mut(&identity) {
            meet(db, book, row, (on_duplicate, outcome)).await?;
        } else if let Some(earlier) = places.get(&identity).and_then(|place| fresh.get(*place)) {
            if on_duplicate == OnDuplicate::Fail {
                return Err(duplicate(
                    row,
                    &format!("repeats row {} (line {})", earlier.number, earlier.line),
                ));
            }
            outcome.report.skipped += 1;
        } else {
            places.insert(identity, fresh.len());
            fresh.push(row);
        }
    }
    insert(db, &mut fresh, on_duplicate, outcome).await
}

/// Applies the policy for duplicates to a stored book.
async fn meet(
    db: &impl Changes,
    book: &mut Book,
    row: &Row,
    (on_duplicate, outcome): (OnDuplicate, &mut Outcome),
) -> Result<()> {
    match on_duplicate {
        OnDuplicate::Fail => {
            return Err(duplicate(row, &format!("is already book {}", book.id)));
        }
        OnDuplicate::Skip => outcome.report.skipped += 1,
        OnDuplicate::Update => match update(db, book, row).await? {
            None => outcome.report.skipped += 1,
            Some(changed) => {
                let before = std::mem::replace(book, changed);
                outcome.updated(before, book.version);
            }
        },
    }
    Ok(())
}

impl Outcome {
    fn updated(&mut self, before: Book, version: i32) {
        self.report.updated += 1;
        if let Some(changes) = &mut self.changes {
            changes.push(Change { book: before.id, version, before: Some(before) });
        }
    }
}

/// Stores the new rows and clears them. On PostgreSQL another transaction may have stored a book of one of them since the
/// lookup: then the row is a duplicate of that book.
async fn insert(
    db: &impl Changes,
    fresh: &mut Vec<&Row>,
    on_duplicate: OnDuplicate,
    outcome: &mut Outcome,
) -> Result<()> {
    for _ in 0..MOST_LOOKS {
        if fresh.is_empty() {
            return Ok(());
        }
        let added = add(db, fresh, outcome).await?;
        let Some(added) = added.filter(|added| added.len() < fresh.len()) else {
            fresh.clear();
            return Ok(());
        };
        let added: HashSet<i32> = added.into_iter().collect();
        // Nothing conflicts with the others: they are stored.
        fresh.retain(|row| row.book.isbn.is_some());
        let mut stored = look_up(db, fresh, on_duplicate).await?;
        let mut rest = Vec::new();
        for row in fresh.drain(..) {
            match stored.get_mut(&Identity::of(&row.book)) {
                Some(book) if added.contains(&book.id) => {}
                Some(book) => meet(db, book, row, (on_duplicate, outcome)).await?,
                // Deleted since.
                None => rest.push(row),
            }
        }
        *fresh = rest;
    }
    Err(Error::collision("other sessions keep storing and deleting books of the same ISBNs"))
}

/// Inserts the rows that conflict with nothing, and counts them; the ids of their books where the database returns them.
async fn add(db: &impl Changes, fresh: &[&Row], outcome: &mut Outcome) -> Result<Option<Vec<i32>>> {
    let now = now();
    let is_shared = db.backend() == DbBackend::Postgres;
    let mut insert = Entity::insert_many(fresh.iter().map(|row| Book::row(&row.book, now)));
    if is_shared {
        // SQLite has one writer, so a book that the transaction did not find cannot appear meanwhile.
        insert = insert.on_conflict(OnConflict::new().do_nothing().to_owned());
    }
    if outcome.changes.is_none() && !is_shared {
        db.exec(insert.as_query()).await?;
        outcome.report.inserted += fresh.len() as u64;
        return Ok(None);
    }
    let books = db.ids(insert.query().returning_col(Column::Id)).await?;
    outcome.report.inserted += books.len() as u64;
    if let Some(changes) = &mut outcome.changes {
        let added = books.iter().map(|book| Change { book: *book, version: 1, before: None });
        changes.extend(added);
    }
    Ok(Some(books))
}

fn duplicate(row: &Row, what: &str) -> Error {
    let Row { number, line, .. } = row;
    let resolution = "choose to skip or to update duplicates instead";
    Error::invalid("", "duplicate", format!("row {number} (line {line}) {what}; {resolution}"))
}

/// The books of which one of the rows may be a duplicate; locked if they are going to be updated.
pub async fn find_stored(
    db: &impl Rows,
    rows: &[Row],
    on_duplicate: OnDuplicate,
) -> Result<HashMap<Identity, Book>> {
    look_up(db, &rows.iter().collect::<Vec<_>>(), on_duplicate).await
}

async fn look_up(
    db: &impl Rows,
    rows: &[&Row],
    on_duplicate: OnDuplicate,
) -> Result<HashMap<Identity, Book>> {
    let select = || match on_duplicate {
        OnDuplicate::Update => Entity::find().lock_exclusive(),
        OnDuplicate::Skip | OnDuplicate::Fail => Entity::find(),
    };
    let isbns: Vec<&str> = rows.iter().filter_map(|row| row.book.isbn.as_deref()).collect();
    let plain: Vec<&NewBook> =
        rows.iter().map(|row| &*row.book).filter(|book| book.isbn.is_none()).collect();
    let mut found = Vec::new();
    if !isbns.is_empty() {
        found = db.rows(select().filter(Column::Isbn.is_in(isbns))).await?;
    }
    if !plain.is_empty() {
        let same_text = Column::Author
            .is_in(plain.iter().map(|book| book.author.as_str()))
            .and(Column::Title.is_in(plain.iter().map(|book| book.title.as_str())));
        let books = db.rows(select().filter(same_text).order_by_desc(Column::Id)).await?;
        // Not in SQL: for `isbn IS NULL` SQLite would scan every book without one instead of the books of the author.
        found.extend(books.into_iter().filter(|book| book.isbn.is_none()));
    }
    let identity =
        |book: &Book| Identity::new(&book.title, &book.author, book.year, book.isbn.as_deref());
    Ok(found.into_iter().map(|book| (identity(&book), book)).collect())
}

/// Gives a stored book the values of the row; columns that the file does not have are not changed. `None` when nothing differs.
async fn update(db: &impl Changes, book: &Book, row: &Row) -> Result<Option<Book>> {
    let mut model = book.clone().into_active_model();
    Book::overwrite(&row.book, &row.present, &mut model);
    if !model.is_changed() {
        return Ok(None);
    }
    model.version = Set(book.version + 1);
    model.updated_at = Set(now());
    Ok(Some(db.update(model).await?))
}
