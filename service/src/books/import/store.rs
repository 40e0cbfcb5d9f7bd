//! Stores rows of a file: detects duplicates and applies the chosen policy.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::book::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set,
    DbBackend, EntityTrait, InsertMany, QueryTrait,
    sea_query::{OnConflict, Query},
};

use super::{
    Batch, Met, OnDuplicate, Reasons, Report, Row, Skipped,
    matching::{Policy, find_isbns, find_stored},
};
use crate::{
    Book, DatabaseError,
    books::{NewBook, WholeBook},
    database::{Changes, FromRow, RowSource},
    error::{Error, Result},
    imports::Change,
    noun::Noun,
    now, subjects,
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

/// The id of a book that was added, and what tells which of the rows it is.
struct Added;

impl FromRow for Added {
    type Output = (i32, Identity);

    const COLUMNS: usize = 5;

    fn read(row: &impl RowSource) -> Option<(i32, Identity)> {
        let identity = match row.get(1)? {
            Some(isbn) => Identity::Isbn(isbn),
            None => Identity::Text { title: row.get(2)?, author: row.get(3)?, year: row.get(4)? },
        };
        Some((row.get(0)?, identity))
    }
}

impl Added {
    const NAMED: [Column; 5] =
        [Column::Id, Column::Isbn, Column::Title, Column::Author, Column::Year];
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
    /// What books that were changed are about from now on; it is stored with the batch.
    subjects: BTreeMap<i32, Vec<String>>,
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
            outcome.give_subjects(db).await?;
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
    insert(db, &mut fresh, on_duplicate, outcome).await?;
    outcome.give_subjects(db).await
}

/// Applies the policy for duplicates to a stored book; what it is now if it was changed.
async fn meet(
    db: &impl Changes,
    stored: &WholeBook,
    row: &Row,
    (on_duplicate, outcome): (OnDuplicate, &mut Outcome),
) -> Result<Option<WholeBook>> {
    let id = stored.book.id;
    let changed = match on_duplicate {
        OnDuplicate::Fail => {
            return Err(duplicate(row, Met::Stored("book", id)));
        }
        OnDuplicate::Skip => None,
        OnDuplicate::Update => update(db, stored, row).await?,
    };
    match &changed {
        None if on_duplicate == OnDuplicate::Update => outcome.skip(row, Met::Same("book", id)),
        None => outcome.skip(row, Met::Stored("book", id)),
        Some(changed) => outcome.updated(stored, changed),
    }
    Ok(changed)
}

impl Outcome {
    /// For an import that notes what it does.
    pub fn noted() -> Self {
        Self { skipped: Some(Vec::new()), changes: Some(Vec::new()), ..Self::default() }
    }

    /// For a dry run, of which nothing is undone.
    pub fn tried() -> Self {
        Self { skipped: Some(Vec::new()), ..Self::default() }
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

    fn updated(&mut self, before: &WholeBook, after: &WholeBook) {
        self.report.updated += 1;
        let (id, version) = (after.book.id, after.book.version);
        if before.subjects != after.subjects {
            self.subjects.insert(id, after.subjects.clone());
        }
        if let Some(changes) = &mut self.changes {
            let WholeBook { book, subjects } = before.clone();
            let subjects = Some(subjects);
            changes.push(Change { row: id, version, before: Some(book), subjects });
        }
    }

    /// Stores what the changed books are about.
    async fn give_subjects(&mut self, db: &impl Changes) -> Result<()> {
        if self.subjects.is_empty() {
            return Ok(());
        }
        let given = std::mem::take(&mut self.subjects);
        let given: Vec<(i32, &[String])> =
            given.iter().map(|(book, names)| (*book, names.as_slice())).collect();
        subjects::give(db, &given).await
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
                Some(stored) if added.contains(&stored.book.id) => {}
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
    let has_subjects = fresh.iter().any(|row| row.book.subjects.is_some());
    let books = if has_subjects {
        add_with_subjects(db, &mut insert, fresh).await?
    } else if outcome.changes.is_none() && !is_shared {
        db.exec(insert.as_query()).await?;
        outcome.report.inserted += fresh.len() as u64;
        return Ok(None);
    } else {
        db.ids(insert.query().returning_col(Column::Id)).await?
    };
    outcome.report.inserted += books.len() as u64;
    if let Some(changes) = &mut outcome.changes {
        let added = |row: &i32| Change { row: *row, version: 1, before: None, subjects: None };
        changes.extend(books.iter().map(added));
    }
    Ok(Some(books))
}

/// Inserts rows and what their books are about; the ids of these books. Neither database promises an order of what it returns.
async fn add_with_subjects(
    db: &impl Changes,
    insert: &mut InsertMany<ActiveModel>,
    fresh: &[&Row],
) -> Result<Vec<i32>> {
    let columns = Query::returning().columns(Added::NAMED);
    let added = db.backend().build(insert.query().returning(columns));
    let added = db.query::<Added>(added).await?;
    let named = fresh
        .iter()
        .filter_map(|row| Some((Identity::of(&row.book), row.book.subjects.as_deref()?)));
    let named: HashMap<Identity, &[String]> = named.collect();
    let given = added.iter().filter_map(|(id, row)| Some((*id, *named.get(row)?)));
    subjects::add(db, &given.collect::<Vec<_>>()).await?;
    Ok(added.into_iter().map(|(id, _)| id).collect())
}

fn duplicate(row: &Row, what: Met) -> Error {
    let Row { number, line, .. } = row;
    let resolution = "choose to skip or to update duplicates instead";
    Error::invalid("", "duplicate", format!("row {number} (line {line}) {what}; {resolution}"))
}

/// Gives a stored book the values of the row. `None` when nothing differs.
async fn update(db: &impl Changes, stored: &WholeBook, row: &Row) -> Result<Option<WholeBook>> {
    let Some(mut model) = row.changes(stored) else { return Ok(None) };
    model.version = Set(stored.book.version + 1);
    model.updated_at = Set(now());
    match db.update(model).await {
        Ok(book) => {
            let subjects = row.subjects().unwrap_or(&stored.subjects).to_vec();
            Ok(Some(WholeBook { book, subjects }))
        }
        // Another transaction on PostgreSQL stored a book of this ISBN since the lookup; another attempt finds it.
        Err(DatabaseError::Duplicate { .. }) => {
            Err(Error::collision("another session added a book with the ISBN of a row"))
        }
        Err(error) => Err(error.into()),
    }
}
