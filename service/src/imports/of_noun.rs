//! Imports of stores and items, which have no key of their own: the rows of a file that are alike are as many rows in the database.
//!
//! The second of them is the second stored one that is alike, and so on. So a file is imported again without a change, and a file with
//! two copies of a book is two items.

use std::{
    collections::HashMap,
    fs::File,
    hash::{BuildHasher, Hash, RandomState},
    io::{self, Read},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use sea_orm::{ActiveModelTrait, EntityTrait, QuerySelect, QueryTrait, Select};

use super::{
    Change, Importable, Memory, Outcome, ReadyRow, duplicate,
    sheet::{Cells, Layout, Sheet, SheetRow},
    undo::Undoable,
};
use crate::{
    books::import::{Batch, Met, Named, OnDuplicate, Options, Place, Policy, Profile, bad_file},
    check::Checked,
    database::{Changes, Rows},
    error::Result,
    noun::Noun,
    now,
};

/// Rows of an INSERT.
const INSERT: usize = 1000;
/// Different rows of a file on a server, which are remembered in some 40 bytes each.
const MOST_KEYS: usize = 1_000_000;

/// A noun whose rows are imported from tables with its columns.
#[expect(async_fn_in_trait, reason = "jobs run on the thread that they began on")]
pub trait Tabular: Undoable {
    /// The columns of files.
    const LAYOUT: Layout;
    /// What rows that are the same have in common.
    type Key: Eq + Hash;

    /// What the cells of rows say, each with what it refers to; or why a row cannot be stored.
    ///
    /// # Errors
    /// Any database error.
    async fn read(
        db: &impl Rows,
        rows: &[&Cells],
    ) -> Result<Vec<std::result::Result<Line<Self>, String>>>;

    /// The stored rows that may be the same as new ones, the oldest first.
    fn alike(new: &[&Self::New]) -> Select<Self::Table>;

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

/// A row of a file, and its place.
pub struct Placed<T: Noun> {
    number: u64,
    line: u64,
    says: Line<T>,
}

impl<T: Noun> ReadyRow for Placed<T> {
    fn place(&self) -> (u64, u64) {
        (self.number, self.line)
    }

    fn warnings(&self) -> &[String] {
        &self.says.warnings
    }
}

impl<T: Tabular> Importable for T {
    type Reader<R: Read + Send + 'static> = Sheet<R>;
    type Read = SheetRow;
    type Ready = Placed<T>;
    type Memory = Seen;
    const LOOKS_BACK: bool = true;

    fn open<R: Read + Send + 'static>(
        input: R,
        options: &Options,
    ) -> std::result::Result<Sheet<R>, String> {
        Sheet::new(input, T::LAYOUT, options)
    }

    fn columns(names: &[String], options: &Options) -> Option<(Option<&'static Profile>, Named)> {
        let places = T::LAYOUT.find(names, options).ok()?;
        Some((None, T::LAYOUT.named(&places, names)))
    }

    fn go_to(sheet: &mut Sheet<File>, place: Place) -> io::Result<()> {
        sheet.go_to(place)
    }

    async fn remember(_: Option<&Path>) -> Result<Seen> {
        Ok(Seen::default())
    }

    async fn prepare(db: &impl Rows, batch: Batch<SheetRow>) -> Result<Batch<Placed<T>>> {
        let Batch { rows: read, mut rejected, empty_rows } = batch;
        let cells: Vec<&Cells> = read.iter().map(|row| &row.cells).collect();
        let lines = T::read(db, &cells).await?;
        let mut rows = Vec::with_capacity(read.len());
        for (row, says) in read.into_iter().zip(lines) {
            let (number, line) = (row.number, row.line);
            match says {
                Ok(says) => rows.push(Placed { number, line, says }),
                Err(reason) => rejected.push(row.rejected(&reason)),
            }
        }
        rejected.sort_by_key(|row| row.number);
        Ok(Batch { rows, rejected, empty_rows })
    }

    fn recall(seen: &Seen, batch: &Batch<Placed<T>>) {
        for Placed { says, .. } in &batch.rows {
            for _ in 0..says.copies {
                seen.next(&T::key(&says.new));
            }
        }
    }

    async fn store(
        db: &impl Changes,
        batch: &Batch<Placed<T>>,
        (policy, seen): (Policy, &Seen),
        outcome: &mut Outcome<T>,
    ) -> Result<()> {
        let stored = db.rows(alike::<T>(batch).lock_exclusive()).await?;
        let Plan { changed, fresh } = plan(batch, stored, (policy, seen), outcome)?;
        for (before, row) in changed {
            let version = before.row_version();
            let (id, next) = (version.id, version.version + 1);
            db.update(row).await?;
            let before = Some(before);
            outcome.note(Change { row: id, version: next, before, subjects: None });
        }
        let now = now();
        for part in fresh.chunks(INSERT) {
            let mut insert = T::Table::insert_many(part.iter().map(|new| T::row(new, now)));
            let ids = db.ids(insert.query().returning_col(T::ID)).await?;
            ids.into_iter().for_each(|id| outcome.note(Change::added(id)));
        }
        Ok(())
    }

    // No row is met twice, so what is stored of a file changes nothing for the rows after it.
    async fn attempt(
        catalogue: &impl Rows,
        batch: &Batch<Placed<T>>,
        how: (Policy, &Seen),
        outcome: &mut Outcome<T>,
    ) -> Result<()> {
        let stored = catalogue.rows(alike::<T>(batch)).await?;
        plan(batch, stored, how, outcome).map(drop)
    }
}

fn alike<T: Tabular>(batch: &Batch<Placed<T>>) -> Select<T::Table> {
    T::alike(&batch.rows.iter().map(|row| &*row.says.new).collect::<Vec<_>>())
}

/// How many rows of a file there were with each key: those of transactions that were committed, and those of the one that runs.
///
/// The keys are hashes. Of the most that a server remembers, two are taken for one with a probability of 1 in thirty million.
#[derive(Default)]
pub struct Seen {
    hasher: RandomState,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    committed: HashMap<u64, usize>,
    pending: HashMap<u64, usize>,
}

impl Seen {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many rows with a key there were before this one.
    fn next(&self, key: &impl Hash) -> usize {
        let key = self.hasher.hash_one(key);
        let Counts { committed, pending } = &mut *self.counts();
        let before = committed.get(&key).copied().unwrap_or_default();
        let count = pending.entry(key).or_default();
        *count += 1;
        before + *count - 1
    }
}

impl Memory for Seen {
    fn begin(&self) {
        self.counts().pending.clear();
    }

    fn commit(&self) {
        let Counts { committed, pending } = &mut *self.counts();
        for (key, count) in pending.drain() {
            *committed.entry(key).or_default() += count;
        }
    }

    fn expect_room(&self) -> Result<()> {
        if self.counts().committed.len() <= MOST_KEYS {
            return Ok(());
        }
        Err(bad_file(format!(
            "the file has more than {MOST_KEYS} different rows; send it in parts, or import it with `bookplate import`"
        )))
    }
}

/// What is to be stored of a batch.
struct Plan<'a, T: Noun> {
    /// Stored rows, and what they become.
    changed: Vec<(T, T::Row)>,
    fresh: Vec<&'a T::New>,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    Skipped(Met),
    Updated,
    Inserted,
}

/// Finds what is to be stored of a batch, and counts its rows.
fn plan<'a, T: Tabular>(
    batch: &'a Batch<Placed<T>>,
    stored: Vec<T>,
    (policy, seen): (Policy, &Seen),
    outcome: &mut Outcome<T>,
) -> Result<Plan<'a, T>> {
    let mut by_key: HashMap<T::Key, Vec<T>> = HashMap::new();
    stored.into_iter().for_each(|row| by_key.entry(row.key_of()).or_default().push(row));
    let mut plan = Plan { changed: Vec::new(), fresh: Vec::new() };
    for row in &batch.rows {
        let key = T::key(&row.says.new);
        let alike = by_key.get(&key).map_or(&[][..], Vec::as_slice);
        let mut became = Became::Skipped(Met::None);
        for _ in 0..row.says.copies {
            let of_this = match alike.get(seen.next(&key)) {
                Some(stored) => plan.meet(row, stored, policy.on_duplicate)?,
                None => {
                    plan.fresh.push(&row.says.new);
                    Became::Inserted
                }
            };
            became = match became {
                Became::Skipped(Met::None) => of_this,
                earlier => earlier.max(of_this),
            };
        }
        match became {
            Became::Inserted => outcome.report.inserted += 1,
            Became::Updated => outcome.report.updated += 1,
            Became::Skipped(met) => outcome.skip(row, met),
        }
    }
    Ok(plan)
}

impl<T: Tabular> Plan<'_, T> {
    /// Applies the policy for duplicates to a stored row.
    fn meet(&mut self, row: &Placed<T>, stored: &T, on_duplicate: OnDuplicate) -> Result<Became> {
        let (version, one) = (stored.row_version(), T::resource().noun.0);
        let met = Met::Stored(one, version.id);
        match on_duplicate {
            OnDuplicate::Skip => return Ok(Became::Skipped(met)),
            OnDuplicate::Fail => return Err(duplicate(row, met)),
            OnDuplicate::Update => {}
        }
        let mut changed = stored.clone().into_active_model();
        T::overwrite(&row.says.new, &row.says.present, &mut changed);
        if !changed.is_changed() {
            return Ok(Became::Skipped(Met::Same(one, version.id)));
        }
        changed.set(T::VERSION, (version.version + 1).into());
        changed.set(T::UPDATED_AT, now().into());
        self.changed.push((stored.clone(), changed));
        Ok(Became::Updated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_committed_is_remembered_up_to_a_limit() {
        let seen = Seen::default();
        assert_eq!([seen.next(&"a"), seen.next(&"a"), seen.next(&"b")], [0, 1, 0]);
        seen.begin();
        assert_eq!(seen.next(&"a"), 0);
        seen.commit();
        assert_eq!([seen.next(&"a"), seen.next(&"b")], [1, 0]);
        seen.expect_room().unwrap();
        seen.counts().committed = (0..).map(|key| (key, 1)).take(MOST_KEYS + 1).collect();
        let refused = seen.expect_room().unwrap_err().to_string();
        assert!(refused.contains("more than 1000000 different rows"), "{refused}");
    }
}
