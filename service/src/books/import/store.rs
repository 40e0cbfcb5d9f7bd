//! Stores rows of a file: detects duplicates and applies the chosen policy.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::book::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set,
    DbBackend, EntityTrait, InsertMany, QueryTrait,
    sea_query::{OnConflict, Query},
};

use super::{
    Met, OnDuplicate, Row,
    matching::{Policy, find_isbns, find_stored},
};
use crate::{
    Book, DatabaseError,
    books::{NewBook, WholeBook},
    database::{Changes, FromRow, RowSource},
    error::{Error, Result},
    imports::{Change, Outcome, duplicate},
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

/// Stores the rows of a batch.
pub async fn store_batch(
    db: &impl Changes,
    rows: &[Row],
    Policy { on_duplicate, begun }: Policy,
    outcome: &mut Outcome<Book>,
) -> Result<()> {
    let mut stored = find_stored(db, rows.iter(), on_duplicate).await?;
    let mut storing = Storing { db, on_duplicate, outcome, subjects: BTreeMap::new() };
    let mut fresh: Vec<&Row> = Vec::with_capacity(rows.len());
    let mut places: HashMap<Identity, usize> = HashMap::with_capacity(rows.len());
    for row in rows {
        let identity = Identity::of(&row.book);
        if on_duplicate == OnDuplicate::Update && places.contains_key(&identity) {
            // The earlier row must be stored before it can be updated; so batch boundaries make no difference.
            storing.insert(&mut fresh).await?;
            storing.give_subjects().await?;
            places.clear();
            let again = find_stored(db, std::iter::once(row), on_duplicate).await?;
            stored.put(again.into_books());
        }
        let earlier = places.get(&identity).and_then(|place| fresh.get(*place));
        let alike = || if earlier.is_none() { stored.alike(&row.book, begun) } else { None };
        if let Some(book) = stored.same(row).or_else(alike) {
            let changed = storing.meet(book, row).await?;
            stored.put(changed);
        } else if let Some(earlier) = earlier {
            let met = Met::Row(earlier.number, earlier.line);
            if on_duplicate == OnDuplicate::Fail {
                return Err(duplicate(row, met));
            }
            storing.outcome.skip(row, met);
        } else {
            places.insert(identity, fresh.len());
            fresh.push(row);
        }
    }
    storing.insert(&mut fresh).await?;
    storing.give_subjects().await
}

/// A batch that is being stored.
struct Storing<'a, C> {
    db: &'a C,
    on_duplicate: OnDuplicate,
    outcome: &'a mut Outcome<Book>,
    /// What books that were changed are about from now on.
    subjects: BTreeMap<i32, Vec<String>>,
}

impl<C: Changes> Storing<'_, C> {
    /// Applies the policy for duplicates to a stored book; what it is now if it was changed.
    async fn meet(&mut self, stored: &WholeBook, row: &Row) -> Result<Option<WholeBook>> {
        let id = stored.book.id;
        let (changed, met) = match self.on_duplicate {
            OnDuplicate::Fail => return Err(duplicate(row, Met::Stored("book", id))),
            OnDuplicate::Skip => (None, Met::Stored("book", id)),
            OnDuplicate::Update => (update(self.db, stored, row).await?, Met::Same("book", id)),
        };
        match &changed {
            None => self.outcome.skip(row, met),
            Some(changed) => self.updated(stored, changed),
        }
        Ok(changed)
    }

    fn updated(&mut self, before: &WholeBook, after: &WholeBook) {
        self.outcome.report.updated += 1;
        let (row, version) = (after.book.id, after.book.version);
        if before.subjects != after.subjects {
            self.subjects.insert(row, after.subjects.clone());
        }
        let WholeBook { book, subjects } = before.clone();
        let (before, subjects) = (Some(book), Some(subjects));
        self.outcome.note(Change { row, version, before, subjects });
    }

    /// Stores what the changed books are about.
    async fn give_subjects(&mut self) -> Result<()> {
        if self.subjects.is_empty() {
            return Ok(());
        }
        let given = std::mem::take(&mut self.subjects);
        let given: Vec<(i32, &[String])> =
            given.iter().map(|(book, names)| (*book, names.as_slice())).collect();
        subjects::give(self.db, &given).await
    }

    /// Stores the new rows and clears them. On PostgreSQL another transaction may have stored a book of one of them since the
    /// lookup: then the row is a duplicate of that book.
    async fn insert(&mut self, fresh: &mut Vec<&Row>) -> Result<()> {
        for _ in 0..MOST_LOOKS {
            if fresh.is_empty() {
                return Ok(());
            }
            let added = self.add(fresh).await?;
            let Some(added) = added.filter(|added| added.len() < fresh.len()) else {
                fresh.clear();
                return Ok(());
            };
            let added: HashSet<i32> = added.into_iter().collect();
            // Nothing conflicts with the others: they are stored.
            fresh.retain(|row| row.book.isbn.is_some());
            let isbns = fresh.iter().filter_map(|row| row.book.isbn.as_deref());
            let stored = find_isbns(self.db, isbns, self.on_duplicate).await?;
            let mut rest = Vec::new();
            for row in fresh.drain(..) {
                match row.book.isbn.as_deref().and_then(|isbn| stored.of_isbn(isbn)) {
                    Some(stored) if added.contains(&stored.book.id) => {}
                    Some(stored) => drop(self.meet(stored, row).await?),
                    // Deleted since.
                    None => rest.push(row),
                }
            }
            *fresh = rest;
        }
        Err(Error::collision("other sessions keep storing and deleting books of the same ISBNs"))
    }

    /// Inserts the rows that conflict with nothing, and counts them; the ids of their books where the database returns them.
    async fn add(&mut self, fresh: &[&Row]) -> Result<Option<Vec<i32>>> {
        let (db, now) = (self.db, now());
        let is_shared = db.backend() == DbBackend::Postgres;
        let mut insert = Entity::insert_many(fresh.iter().map(|row| Book::row(&row.book, now)));
        if is_shared {
            // SQLite has one writer, so a book that the transaction did not find cannot appear meanwhile.
            insert = insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        }
        let has_subjects = fresh.iter().any(|row| row.book.subjects.is_some());
        let books = if has_subjects {
            add_with_subjects(db, &mut insert, fresh).await?
        } else if self.outcome.changes.is_none() && !is_shared {
            db.exec(insert.as_query()).await?;
            self.outcome.report.inserted += fresh.len() as u64;
            return Ok(None);
        } else {
            db.ids(insert.query().returning_col(Column::Id)).await?
        };
        self.outcome.report.inserted += books.len() as u64;
        books.iter().for_each(|book| self.outcome.note(Change::added(*book)));
        Ok(Some(books))
    }
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
