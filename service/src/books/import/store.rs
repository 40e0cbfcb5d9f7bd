//! Stores rows of a file: detects duplicates and applies the chosen policy.

use std::collections::{HashMap, HashSet};

use entity::book::{Column, Entity};
use sea_orm::{ActiveValue::Set, DbBackend, EntityTrait, QueryTrait, sea_query::OnConflict};

use super::{
    Batch, Met, OnDuplicate, Reasons, Report, Row, Skipped,
    matching::{Policy, find_isbns, find_stored},
};
use crate::{
    Book, DatabaseError,
    books::NewBook,
    database::Changes,
    error::{Error, Result},
    imports::Change,
    noun::Noun,
    now,
};

/// How often rows are looked up again when other sessions store and delete their books concurrently.
const MOST_LOOKS: u32 = 8;

/// What makes two rows of a file the same book.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Isbn(String),
    Text { title: String, author: String, year: Option<i32> },
}

impl Identity {
    fn of(book: &NewBook) -> Self {
        let NewBook { title, author, year, isbn, .. } = book;
        match isbn {
            Some(isbn) => Self::Isbn(isbn.clone()),
            None => Self::Text { title: title.clone(), author: author.clone(), year: *year },
        }
    }
}

/// The outcome of the rows so far.
#[derive(Debug, Default)]
pub struct Outcome {
    pub report: Report,
    /// The reasons of rows that were rejected or have a warning.
    pub reasons: Reasons,
    /// The rows that were skipped, in order; `None` if they are only counted.
    pub skipped: Option<Vec<Skipped>>,
    /// The changes to the catalogue, in order; `None` if they are not needed.
    pub changes: Option<Vec<Change<Book>>>,
}

/// Stores the rows of a batch that can be stored, and counts all of them.
pub async fn store_batch(
    db: &impl Changes,
    batch: &Batch,
    Policy { on_duplicate, begun }: Policy,
    outcome: &mut Outcome,
) -> Result<()> {
    outcome.read(batch);
    let rows = &batch.rows;
    let mut stored = find_stored(db, rows.iter(), on_duplicate).await?;
    let mut fresh: Vec<&Row> = Vec::with_capacity(rows.len());
    let mut places: HashMap<Identity, usize> = HashMap::with_capacity(rows.len());
    for row in rows {
        let identity = Identity::of(&row.book);
        if on_duplicate == OnDuplicate::Update && places.contains_key(&identity) {
            // The earlier row must be stored before it can be updated; so batch boundaries make no difference.
            insert(db, &mut fresh, on_duplicate, outcome).await?;
            places.clear();
            let again = find_stored(db, std::iter::once(row), on_duplicate).await?;
            stored.put(again.into_books());
        }
        let earlier = places.get(&identity).and_then(|place| fresh.get(*place));
        let alike = || if earlier.is_none() { stored.alike(&row.book, begun) } else { None };
        if let Some(book) = stored.same(row).or_else(alike) {
            let changed = meet(db, book, row, (on_duplicate, outcome)).await?;
            stored.put(changed);
        } else if let Some(earlier) = earlier {
            if on_duplicate == OnDuplicate::Fail {
                return Err(duplicate(row, Met::Row(earlier.number, earlier.line)));
            }
            outcome.skip(row, Met::Row(earlier.number, earlier.line));
        } else {
            places.insert(identity, fresh.len());
            fresh.push(row);
        }
    }
    insert(db, &mut fresh, on_duplicate, outcome).await
}

/// Applies the policy for duplicates to a stored book; what it is now if it was changed.
async fn meet(
    db: &impl Changes,
    book: &Book,
    row: &Row,
    (on_duplicate, outcome): (OnDuplicate, &mut Outcome),
) -> Result<Option<Book>> {
    let changed = match on_duplicate {
        OnDuplicate::Fail => {
            return Err(duplicate(row, Met::Stored("book", book.id)));
        }
        OnDuplicate::Skip => None,
        OnDuplicate::Update => update(db, book, row).await?,
    };
    match &changed {
        None if on_duplicate == OnDuplicate::Update => {
            outcome.skip(row, Met::Same("book", book.id))
        }
        None => outcome.skip(row, Met::Stored("book", book.id)),
        Some(changed) => outcome.updated(book.clone(), changed.version),
    }
    Ok(changed)
}

impl Outcome {
    /// For an import that notes what it does.
    pub fn noted() -> Self {
        Self { skipped: Some(Vec::new()), changes: Some(Vec::new()), ..Self::default() }
    }

    /// Counts what is known of the rows of a batch before they are stored.
    fn read(&mut self, batch: &Batch) {
        let Batch { rows, rejected, empty_rows } = batch;
        let report = &mut self.report;
        report.rows += (rows.len() + rejected.len()) as u64;
        report.rejected += rejected.len() as u64;
        report.empty_rows += empty_rows;
        let count = |is_so: fn(&Row) -> bool| rows.iter().filter(|row| is_so(row)).count() as u64;
        report.warnings += count(|row| !row.warnings.is_empty());
        report.without_isbn += count(|row| row.book.isbn.is_none());
        report.unread += count(|row| row.has_unread);
        report.unusable += count(|row| row.is_lossy);
        rejected.iter().for_each(|row| self.reasons.rejected(row));
        rows.iter().for_each(|row| self.reasons.warned(row));
    }

    fn skip(&mut self, row: &Row, met: Met) {
        self.report.skipped += 1;
        if let Some(skipped) = &mut self.skipped {
            skipped.push(Skipped { number: row.number, line: row.line, met });
        }
    }

    fn updated(&mut self, before: Book, version: i32) {
        self.report.updated += 1;
        if let Some(changes) = &mut self.changes {
            changes.push(Change { row: before.id, version, before: Some(before) });
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
        let isbns = fresh.iter().filter_map(|row| row.book.isbn.as_deref());
        let stored = find_isbns(db, isbns, on_duplicate).await?;
        let mut rest = Vec::new();
        for row in fresh.drain(..) {
            match row.book.isbn.as_deref().and_then(|isbn| stored.of_isbn(isbn)) {
                Some(book) if added.contains(&book.id) => {}
                Some(book) => drop(meet(db, book, row, (on_duplicate, outcome)).await?),
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
        let added = books.iter().map(|book| Change { row: *book, version: 1, before: None });
        changes.extend(added);
    }
    Ok(Some(books))
}

fn duplicate(row: &Row, what: Met) -> Error {
    let Row { number, line, .. } = row;
    let resolution = "choose to skip or to update duplicates instead";
    Error::invalid("", "duplicate", format!("row {number} (line {line}) {what}; {resolution}"))
}

/// Gives a stored book the values of the row. `None` when nothing differs.
async fn update(db: &impl Changes, book: &Book, row: &Row) -> Result<Option<Book>> {
    let Some(mut model) = row.changes(book) else { return Ok(None) };
    model.version = Set(book.version + 1);
    model.updated_at = Set(now());
    match db.update(model).await {
        Ok(changed) => Ok(Some(changed)),
        // Another transaction on PostgreSQL stored a book of this ISBN since the lookup; another attempt finds it.
        Err(DatabaseError::Duplicate { .. }) => {
            Err(Error::collision("another session added a book with the ISBN of a row"))
        }
        Err(error) => Err(error.into()),
    }
}
