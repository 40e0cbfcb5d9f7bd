//! Imports of stores and items, which have no key of their own: the rows of a file that are alike are as many rows in the database.
//!
//! The second of them is the second stored one that is alike, and so on. So a file is imported again without a change, and a file with
//! two copies of a book is two items.

use std::{collections::HashMap, hash::Hash, io::Read};

use sea_orm::{ActiveModelTrait, EntityTrait, QueryTrait};
use tokio::sync::mpsc;

use super::{
    Change, Import, Imported, NewImport, Observer,
    at_once::{end_with, in_one_transaction, unheard},
    create, journal,
    notes::Notes,
    plain_name, rejections,
    sheet::{Cells, Layout, Sheet, SheetRow},
    undo::Undoable,
};
use crate::{
    Db, Tx,
    books::import::{
        Met, OnDuplicate, Options, Place, Reasons, Rejected, Report, Skipped, bad_file, unreadable,
    },
    check::Checked,
    database::{Changes, Rows, on_a_thread},
    error::{Error, Result},
    noun::Noun,
    now,
};

/// Rows of a batch.
const BATCH: usize = 500;
/// Bytes of the file after which a batch ends early.
const BATCH_BYTES: u64 = 1 << 20;
/// Batches that are read ahead.
const AHEAD: usize = 2;
/// Rows of an INSERT.
const INSERT: usize = 1000;

/// A noun whose rows are imported from files.
#[expect(async_fn_in_trait, reason = "jobs run on the thread that they began on")]
pub trait Importable: Undoable {
    /// The columns of files.
    const LAYOUT: Layout;
    /// What rows that are the same have in common.
    type Key: Clone + Eq + Hash + Send;

    /// What the cells of rows say, each with what it refers to; or why a row cannot be stored.
    ///
    /// # Errors
    /// Any database error.
    async fn read(
        db: &impl Rows,
        rows: &[&Cells],
    ) -> Result<Vec<std::result::Result<Line<Self>, String>>>;

    /// The stored rows that may be the same as new ones, the oldest first.
    ///
    /// # Errors
    /// Any database error.
    async fn stored(db: &impl Rows, lines: &[&Line<Self>]) -> Result<Vec<Self>>;

    /// The key of a new row.
    fn key(new: &Self::New) -> Self::Key;

    /// The key of a stored row.
    fn key_of(&self) -> Self::Key;
}

/// What a row of a file says.
pub struct Line<T: Noun> {
    pub new: Checked<T::New>,
    /// How many rows it stands for.
    pub copies: u32,
    /// Which of the members the file has a value for.
    pub present: Vec<bool>,
    /// What could not be used of it.
    pub warnings: Vec<String>,
}

/// Rows as they were read; none at the end of the file.
struct Part {
    rows: Vec<SheetRow>,
    end: Place,
    empty_rows: u64,
}

/// Imports all of `input`, or nothing on any error, as [`at_once`](super::at_once()) does for books.
///
/// # Errors
/// As there.
pub async fn rows_at_once<T, R, O>(
    db: &Db,
    (input, name): (R, Option<&str>),
    options: Options,
    mut observer: O,
) -> Result<Imported>
where
    T: Importable + 'static,
    R: Read + Send + 'static,
    O: Observer,
{
    let read_with = options.clone();
    let open = move || Sheet::new(input, T::LAYOUT, &read_with).map_err(bad_file);
    let sheet = on_a_thread(open).await?;
    let understood = sheet.understood().clone();
    observer.begin(&understood);
    let new = NewImport {
        noun: T::NOUN,
        name: plain_name(name),
        options: understood.settle(options),
        file: String::new(),
        header: sheet.header().to_vec(),
        bytes: 0,
    };
    let (parts, queue) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || read(sheet, &parts));
    let how = new.options.clone();
    in_one_transaction(db, how, async move |tx| store::<T>(tx, queue, &new, observer).await).await
}

fn read<R: Read>(mut sheet: Sheet<R>, parts: &mpsc::Sender<Result<Part>>) {
    loop {
        let part = part(&mut sheet).map_err(unreadable);
        let ended = part.as_ref().map_or(true, |part| part.rows.is_empty());
        if parts.blocking_send(part).is_err() || ended {
            return;
        }
    }
}

fn part<R: Read>(sheet: &mut Sheet<R>) -> std::io::Result<Part> {
    let (begin, empty_rows) = (sheet.place().bytes, sheet.empty_rows());
    let mut rows = Vec::new();
    while rows.len() < BATCH && sheet.place().bytes - begin < BATCH_BYTES {
        let Some(row) = sheet.next()? else { break };
        rows.push(row);
    }
    Ok(Part { rows, end: sheet.place(), empty_rows: sheet.empty_rows() - empty_rows })
}

async fn store<T: Importable>(
    tx: &Tx,
    mut queue: mpsc::Receiver<Result<Part>>,
    new: &NewImport,
    mut observer: impl Observer,
) -> Result<Imported> {
    let import = create(tx, new).await?;
    let mut storing = Storing::<T>::new(&import, new.options.on_duplicate);
    let end = loop {
        let unread = || Error::internal("the file was not read to its end");
        let Part { rows, end, empty_rows } = queue.recv().await.ok_or_else(unread)??;
        storing.report.empty_rows += empty_rows;
        if rows.is_empty() {
            break end;
        }
        storing.store(tx, rows, &mut observer).await?;
        observer.progress(&storing.report);
    };
    observer.finish().map_err(unheard)?;
    let Storing { report, reasons, .. } = storing;
    let id = end_with(tx, import, (&report, &reasons), end).await?;
    Ok(Imported { noun: T::NOUN, id: Some(id), report, reasons })
}

/// What was stored of a file so far.
struct Storing<T: Importable> {
    import: i32,
    on_duplicate: OnDuplicate,
    report: Report,
    reasons: Reasons,
    notes: Notes,
    room: rejections::Room,
    /// How many rows of the file there were with each key.
    seen: HashMap<T::Key, usize>,
    changes: Vec<Change<T>>,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    Skipped(Met),
    Updated,
    Inserted,
}

impl<T: Importable> Storing<T> {
    fn new(import: &Import, on_duplicate: OnDuplicate) -> Self {
        Self {
            import: import.id,
            on_duplicate,
            report: Report::default(),
            reasons: Reasons::default(),
            notes: Notes::of(import),
            room: rejections::Room::of(import),
            seen: HashMap::new(),
            changes: Vec::new(),
        }
    }

    async fn store(
        &mut self,
        tx: &Tx,
        rows: Vec<SheetRow>,
        observer: &mut impl Observer,
    ) -> Result<()> {
        self.report.rows += rows.len() as u64;
        let cells: Vec<&_> = rows.iter().filter_map(|row| row.cells.as_ref().ok()).collect();
        let mut lines = T::read(tx, &cells).await?.into_iter();
        let (mut good, mut rejected) = (Vec::new(), Vec::new());
        for row in rows {
            let line = match &row.cells {
                Ok(_) => lines.next().unwrap_or_else(|| Err("the row is missing".to_owned())),
                Err(reason) => Err(reason.clone()),
            };
            match line {
                Ok(line) => good.push(((row.number, row.line), line)),
                Err(reason) => rejected.push(row.rejected(&reason)),
            }
        }
        self.reject(tx, &rejected, observer).await?;
        let mut skipped = Vec::new();
        let stored = T::stored(tx, &good.iter().map(|(_, line)| line).collect::<Vec<_>>()).await?;
        let mut by_key: HashMap<T::Key, Vec<T>> = HashMap::new();
        stored.into_iter().for_each(|row| by_key.entry(row.key_of()).or_default().push(row));
        let mut fresh = Vec::new();
        for (place, line) in &good {
            self.warn(*place, line, observer)?;
            let key = T::key(&line.new);
            let alike = by_key.get(&key).map_or(&[][..], Vec::as_slice);
            match self.row(tx, (*place, line, key), (alike, &mut fresh)).await? {
                Became::Inserted => self.report.inserted += 1,
                Became::Updated => self.report.updated += 1,
                Became::Skipped(met) => {
                    self.report.skipped += 1;
                    skipped.push(Skipped { number: place.0, line: place.1, met });
                }
            }
        }
        insert::<T>(tx, &fresh, &mut self.changes).await?;
        journal::note(tx, self.import, std::mem::take(&mut self.changes)).await?;
        skipped.iter().try_for_each(|row| observer.skipped(row)).map_err(unheard)?;
        self.notes.skip(&skipped);
        self.notes.store(tx).await
    }

    async fn reject(
        &mut self,
        tx: &Tx,
        rejected: &[Rejected],
        observer: &mut impl Observer,
    ) -> Result<()> {
        self.report.rejected += rejected.len() as u64;
        rejected.iter().for_each(|row| self.reasons.rejected(row));
        rejected.iter().try_for_each(|row| observer.rejected(row)).map_err(unheard)?;
        rejections::note(tx, self.import, self.room.take(rejected)).await
    }

    fn warn(
        &mut self,
        place: (u64, u64),
        line: &Line<T>,
        observer: &mut impl Observer,
    ) -> Result<()> {
        if line.warnings.is_empty() {
            return Ok(());
        }
        self.report.warnings += 1;
        self.report.unusable += 1;
        self.report.unread += 1;
        line.warnings.iter().for_each(|reason| self.reasons.warned_of(reason));
        self.notes.warn_of(place, &line.warnings);
        line.warnings.iter().try_for_each(|why| observer.warning(place, why)).map_err(unheard)
    }

    /// Stores what a row says, or leaves it among the `fresh` ones; what became of it.
    async fn row<'a>(
        &mut self,
        tx: &Tx,
        (place, line, key): ((u64, u64), &'a Line<T>, T::Key),
        (alike, fresh): (&[T], &mut Vec<&'a T::New>),
    ) -> Result<Became> {
        let mut became = Became::Skipped(Met::None);
        for _ in 0..line.copies {
            let seen = self.seen.entry(key.clone()).or_default();
            let stored = alike.get(*seen);
            *seen += 1;
            let of_this = match stored {
                None => {
                    fresh.push(&line.new);
                    Became::Inserted
                }
                Some(stored) => self.meet(tx, (place, line), stored).await?,
            };
            became = match became {
                Became::Skipped(Met::None) => of_this,
                earlier => earlier.max(of_this),
            };
        }
        Ok(became)
    }

    async fn meet(
        &mut self,
        tx: &Tx,
        (place, line): ((u64, u64), &Line<T>),
        stored: &T,
    ) -> Result<Became> {
        let (version, one) = (stored.row_version(), T::resource().noun.0);
        let met = Met::Stored(one, version.id);
        match self.on_duplicate {
            OnDuplicate::Skip => return Ok(Became::Skipped(met)),
            OnDuplicate::Fail => {
                let (number, line) = place;
                let resolution = "choose to skip or to update duplicates instead";
                let detail = format!("row {number} (line {line}) {met}; {resolution}");
                return Err(Error::invalid("", "duplicate", detail));
            }
            OnDuplicate::Update => {}
        }
        let mut row = stored.clone().into_active_model();
        T::overwrite(&line.new, &line.present, &mut row);
        if !row.is_changed() {
            return Ok(Became::Skipped(Met::Same(one, version.id)));
        }
        let next = version.version + 1;
        row.set(T::VERSION, next.into());
        row.set(T::UPDATED_AT, now().into());
        tx.update(row).await?;
        let change =
            Change { row: version.id, version: next, before: Some(stored.clone()), subjects: None };
        self.changes.push(change);
        Ok(Became::Updated)
    }
}

/// Adds new rows, and notes that they are new.
async fn insert<T: Importable>(
    tx: &Tx,
    fresh: &[&T::New],
    changes: &mut Vec<Change<T>>,
) -> Result<()> {
    let now = now();
    for part in fresh.chunks(INSERT) {
        let mut insert = T::Table::insert_many(part.iter().map(|new| T::row(new, now)));
        let ids = tx.ids(insert.query().returning_col(T::ID)).await?;
        changes.extend(ids.into_iter().map(|row| Change {
            row,
            version: 1,
            before: None,
            subjects: None,
        }));
    }
    Ok(())
}
