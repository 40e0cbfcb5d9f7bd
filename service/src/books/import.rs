//! Imports a file of books: all rows that can be stored, in one transaction, or nothing.
//!
//! A thread reads and checks rows while the transaction stores the batch before. What is a duplicate: the same ISBN; for a
//! book without one, the same title, author and year as another book without one.

mod fields;
mod record;
mod rows;

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use entity::book::{Column, Entity};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, sea_query::ExprTrait,
};
use tokio::sync::mpsc;

pub use rows::{Format, Rejected, Row};

use super::{NewBook, row as new_row};
use crate::{
    Book, Db, Tx,
    error::{Error, Result},
    now,
};
use rows::Rows;

/// Rows of one INSERT; nine values each stay below the parameter limits of both databases.
const BATCH: usize = 500;
/// Batches that are read ahead.
const AHEAD: usize = 4;

/// What becomes of a row whose book is stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// The stored book stays as it is.
    Skip,
    /// The stored book takes the row's values.
    Update,
    /// The whole import ends with nothing stored.
    Fail,
}

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// How the file is written.
    pub format: Format,
    /// What becomes of a row whose book is stored already.
    pub on_duplicate: OnDuplicate,
    /// Goes through everything and stores nothing.
    pub dry_run: bool,
    /// The header of a column where the usual ones do not fit.
    pub map: BTreeMap<String, String>,
}

/// What became of the rows: `rows = inserted + updated + skipped + rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows of the file.
    pub rows: u64,
    /// New books.
    pub inserted: u64,
    /// Books that took other values.
    pub updated: u64,
    /// Stored before, and left as it was.
    pub skipped: u64,
    /// Rows that cannot be stored.
    pub rejected: u64,
    /// Rows without a usable ISBN, whatever became of them.
    pub warnings: u64,
}

/// Hears what happens during an import.
///
/// Where it cannot note what it hears, the import ends with nothing stored: no row is left out in silence.
pub trait Observer: Send + 'static {
    /// A row was left out.
    ///
    /// # Errors
    /// When that cannot be noted.
    fn rejected(&mut self, row: &Rejected) -> io::Result<()>;
    /// A row has no usable ISBN.
    ///
    /// # Errors
    /// When that cannot be noted.
    fn warning(&mut self, row: &Row, why: &str) -> io::Result<()>;
    /// A batch is done; the counts so far.
    fn progress(&mut self, so_far: &Report);
    /// All rows were heard of; what was noted has to be kept before they are stored.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn finish(&mut self) -> io::Result<()>;
}

type Batch = Vec<std::result::Result<Row, Rejected>>;

/// Imports what `input` holds: the whole of it, or on any error nothing.
///
/// # Errors
/// [`Error::Invalid`] when the file cannot be read, has no usable header, or holds a duplicate that was not wanted; and
/// what the database says. Rows that cannot be stored are no error, the observer hears of them.
pub async fn import<R, O>(db: &Db, input: R, options: Options, observer: O) -> Result<Report>
where
    R: Read + Send + 'static,
    O: Observer,
{
    let Options { format, on_duplicate, dry_run, map } = options;
    let rows = tokio::task::spawn_blocking(move || Rows::new(input, format, &map))
        .await
        .map_err(|error| Error::Internal(error.into()))?
        .map_err(bad_file)?;
    let (batches, queue) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || read(rows, &batches));

    // A dry run ends with an error so that it is rolled back; its report takes a way of its own.
    let rehearsed = Arc::new(Mutex::new(None));
    let rehearsal = Arc::clone(&rehearsed);
    let stored = db
        .write_at_length(async move |tx| {
            let report = store(tx, queue, observer, on_duplicate).await?;
            if dry_run {
                *rehearsal.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
                return Err(Error::internal("a dry run stores nothing"));
            }
            Ok(report)
        })
        .await;
    let rehearsed = rehearsed.lock().unwrap_or_else(PoisonError::into_inner).take();
    rehearsed.map_or(stored, Ok)
}

fn bad_file(why: String) -> Error {
    Error::invalid("", "bad-file", why)
}

/// Reads to the end, a batch at a time, for as long as somebody stores them. An empty batch is the end of the file.
fn read<R: Read>(mut rows: Rows<R>, batches: &mpsc::Sender<Result<Batch>>) {
    loop {
        let batch =
            (0..BATCH).map_while(|_| rows.next().transpose()).collect::<io::Result<Batch>>();
        let batch = batch
            .map_err(|error| bad_file(format!("the file cannot be read any further: {error}")));
        let ended = batch.as_ref().map_or(true, Vec::is_empty);
        if batches.blocking_send(batch).is_err() || ended {
            return;
        }
    }
}

async fn store(
    tx: &Tx,
    mut queue: mpsc::Receiver<Result<Batch>>,
    mut observer: impl Observer,
    on_duplicate: OnDuplicate,
) -> Result<Report> {
    let mut report = Report::default();
    loop {
        // A reader that goes away before the end must not make a part of the file look like the whole.
        let batch = queue
            .recv()
            .await
            .ok_or_else(|| Error::internal("the file was not read to its end"))??;
        if batch.is_empty() {
            break;
        }
        let mut rows = Vec::with_capacity(BATCH);
        for row in batch {
            report.rows += 1;
            match row {
                Ok(row) => rows.push(row),
                Err(rejected) => {
                    report.rejected += 1;
                    observer.rejected(&rejected).map_err(unheard)?;
                }
            }
        }
        for row in &rows {
            if let Some(why) = &row.warning {
                report.warnings += 1;
                observer.warning(row, why).map_err(unheard)?;
            }
        }
        store_batch(tx, rows, on_duplicate, &mut report).await?;
        observer.progress(&report);
    }
    observer.finish().map_err(unheard)?;
    Ok(report)
}

fn unheard(error: io::Error) -> Error {
    bad_file(format!("the rows that are left out cannot be noted: {error}"))
}

/// What makes two rows the same book.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Identity {
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

async fn store_batch(
    tx: &Tx,
    rows: Vec<Row>,
    on_duplicate: OnDuplicate,
    report: &mut Report,
) -> Result<()> {
    let mut stored = find_stored(tx, &rows, on_duplicate).await?;
    let mut fresh: Vec<Row> = Vec::with_capacity(rows.len());
    let mut places: HashMap<Identity, usize> = HashMap::with_capacity(rows.len());
    for row in rows {
        let identity = Identity::of(&row.book);
        if on_duplicate == OnDuplicate::Update && places.contains_key(&identity) {
            // The row before has to be stored to be updated; so it makes no difference where a batch ends.
            insert(tx, &mut fresh, report).await?;
            places.clear();
            stored.extend(find_stored(tx, std::slice::from_ref(&row), on_duplicate).await?);
        }
        if let Some(book) = stored.get_mut(&identity) {
            match on_duplicate {
                OnDuplicate::Fail => {
                    return Err(duplicate(&row, &format!("is book {} already", book.id)));
                }
                OnDuplicate::Skip => report.skipped += 1,
                OnDuplicate::Update => match update(tx, book, &row).await? {
                    None => report.skipped += 1,
                    Some(changed) => {
                        *book = changed;
                        report.updated += 1;
                    }
                },
            }
        } else if let Some(earlier) = places.get(&identity).and_then(|place| fresh.get(*place)) {
            if on_duplicate == OnDuplicate::Fail {
                return Err(duplicate(
                    &row,
                    &format!("repeats row {} (line {})", earlier.number, earlier.line),
                ));
            }
            report.skipped += 1;
        } else {
            places.insert(identity, fresh.len());
            fresh.push(row);
        }
    }
    insert(tx, &mut fresh, report).await
}

/// Stores the rows, which are new, and forgets them.
async fn insert(tx: &Tx, fresh: &mut Vec<Row>, report: &mut Report) -> Result<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    report.inserted += fresh.len() as u64;
    let now = now();
    let models = fresh.drain(..).map(|row| new_row(&row.book, now));
    Entity::insert_many(models).exec_without_returning(tx).await?;
    Ok(())
}

fn duplicate(row: &Row, what: &str) -> Error {
    let Row { number, line, .. } = row;
    let way_out = "choose to skip or to update duplicates instead";
    Error::invalid("", "duplicate", format!("row {number} (line {line}) {what}; {way_out}"))
}

/// The books of which one of the rows may be a duplicate; locked when they are going to be updated.
async fn find_stored(
    tx: &Tx,
    rows: &[Row],
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
        found = select().filter(Column::Isbn.is_in(isbns)).all(tx).await?;
    }
    if !plain.is_empty() {
        let same_text = Column::Author
            .is_in(plain.iter().map(|book| book.author.as_str()))
            .and(Column::Title.is_in(plain.iter().map(|book| book.title.as_str())));
        let books = select().filter(same_text).order_by_desc(Column::Id).all(tx).await?;
        // Not in SQL: for `isbn IS NULL` SQLite would walk every book without one instead of the author's books.
        found.extend(books.into_iter().filter(|book| book.isbn.is_none()));
    }
    let identity =
        |book: &Book| Identity::new(&book.title, &book.author, book.year, book.isbn.as_deref());
    Ok(found.into_iter().map(|book| (identity(&book), book)).collect())
}

/// Gives a stored book the row's values; a column that the file does not have stays as it is. `None` when nothing differs.
async fn update(tx: &Tx, book: &Book, row: &Row) -> Result<Option<Book>> {
    let [has_title, has_author, has_year, _, has_page_count, has_status] = row.present;
    let NewBook { title, author, year, isbn: _, page_count, status } = &*row.book;
    let mut model = book.clone().into_active_model();
    if has_title {
        model.title.set_ne(title.clone());
    }
    if has_author {
        model.author.set_ne(author.clone());
    }
    if has_year {
        model.year.set_ne(*year);
    }
    if has_page_count {
        model.page_count.set_ne(*page_count);
    }
    if has_status {
        model.status.set_ne(status.clone());
    }
    if !model.is_changed() {
        return Ok(None);
    }
    model.version = Set(book.version + 1);
    model.updated_at = Set(now());
    Ok(Some(model.update(tx).await?))
}
