//! Carries out imports and takes them back, one after the other, until it is asked to stop.

use std::{collections::BTreeMap, fs::File, sync::Arc, time::Duration};

use entity::import::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};
use tokio::sync::{Notify, mpsc, watch};

use super::{
    Import, State, begin_undo,
    chunk::{self, Chunk, Chunks},
    has_ended, locked, options,
    rehearsal::Rehearsal,
    spool::{Found, Spool},
    undo,
};
use crate::{
    Db,
    books::import::{OnDuplicate, Options, Place, Rows, bad_file, unreadable},
    error::{Error, Result, chain},
};

/// Chunks that are read ahead.
const AHEAD: usize = 2;
/// How often it looks for work that nobody told of, such as that of another process which ended.
const ROUND: Duration = Duration::from_secs(5);
/// How long it waits for a database that did not take a chunk.
const PAUSE: Duration = Duration::from_secs(1);

/// The imports of a process: where files go that are handed in, and the work on them. Clones share it.
#[derive(Clone)]
pub struct Imports {
    db: Db,
    spool: Arc<Spool>,
    wake: Arc<Notify>,
    stopping: watch::Sender<bool>,
}

impl Imports {
    /// Over a database and a folder.
    #[must_use]
    pub fn new(db: Db, spool: Spool) -> Self {
        let (stopping, _) = watch::channel(false);
        Self { db, spool: Arc::new(spool), wake: Arc::new(Notify::new()), stopping }
    }

    /// Where files go that are handed in.
    #[must_use]
    pub fn spool(&self) -> &Arc<Spool> {
        &self.spool
    }

    /// Tells of work.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Asks the work to stop behind its current chunk.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the work was asked to stop.
    pub async fn stopped(&self) {
        // It cannot end otherwise: a sender is kept here.
        drop(self.stopping.subscribe().wait_for(|stopping| *stopping).await);
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Works until it is asked to stop. What is left goes on at the next start.
    pub async fn work(self) {
        if let Err(error) = self.clean_up().await {
            log::warn!("files of imports that nobody needs could not be found: {}", chain(&error));
        }
        while !self.is_stopping() {
            let rest = match self.round().await {
                Ok(true) => continue,
                Ok(false) => ROUND,
                Err(error) => {
                    log::warn!("an import waits for the database: {}", chain(&error));
                    PAUSE
                }
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.stopped() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    /// Removes what killed processes left behind. A file whose lock somebody holds is in use.
    async fn clean_up(&self) -> Result<()> {
        for name in self.spool.uploads() {
            let Ok(Found::Held(_held)) = self.spool.open(&name) else { continue };
            let needed = Entity::find().filter(Column::File.eq(name.as_str()));
            let needed = needed.one(self.db.reader()).await?;
            if !needed.is_some_and(|import| matches!(import.state, State::Queued | State::Running))
            {
                log::info!("`{name}` was left behind by an import, and is removed");
                self.spool.remove(&name);
            }
        }
        Ok(())
    }

    /// Carries one import on to its end; false when there is none for this process.
    async fn round(&self) -> Result<bool> {
        let open = [State::Queued, State::Running, State::Undoing];
        let select = Entity::find().filter(Column::State.is_in(open));
        let mut imports = select.order_by(Column::Id, Order::Asc).all(self.db.reader()).await?;
        // Somebody wants these gone; and they need not wait for what may take an hour.
        imports.sort_by_key(|import| import.state != State::Undoing);
        for import in imports {
            if self.carry_on(import).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn carry_on(&self, import: Import) -> Result<bool> {
        if import.state == State::Undoing {
            self.spool.remove(&import.file);
            return self.take_back(import.id).await.map(|()| true);
        }
        match self.spool.open(&import.file) {
            Ok(Found::Held(file)) => {
                let ended = self.carry_out(&import, file).await;
                let error = match ended {
                    Ok(()) => return Ok(true),
                    // The database will take it later.
                    Err(
                        error @ (Error::Busy
                        | Error::Collision(_)
                        | Error::Duplicate { .. }
                        | Error::Full(_)
                        | Error::FileLost(_)
                        | Error::Forbidden(_)
                        | Error::Locked(_)
                        | Error::Unavailable(_)
                        | Error::Unknown),
                    ) => return Err(error),
                    Err(error) => error,
                };
                self.fail(import.id, &error).await.map(|()| true)
            }
            Ok(Found::Missing) if !self.spool.is_shared => {
                let gone = bad_file("its file is gone from the folder of imports".to_owned());
                self.fail(import.id, &gone).await.map(|()| true)
            }
            Ok(Found::Busy | Found::Missing) => Ok(false),
            Err(error) => self.fail(import.id, &unreadable(error)).await.map(|()| true),
        }
    }

    /// Stores the rest of a file, or goes through it.
    async fn carry_out(&self, import: &Import, file: File) -> Result<()> {
        let options = options(import)?;
        let Some(import) = chunk::begin(&self.db, import.id).await? else { return Ok(()) };
        log::info!("import {} goes on at byte {}", import.id, import.bytes_read);
        let rehearsal = match import.dry_run {
            true => Some(Rehearsal::new(&self.spool.rehearsal(&import.file)).await?),
            false => None,
        };
        let rows = open(file, &options, &import).await?;
        let (chunks, queue) = mpsc::channel(AHEAD);
        let from = chunk::place(&import);
        let reading = tokio::task::spawn_blocking(move || read(rows, from, &chunks));
        let stored = self.store(import, queue, options.on_duplicate, rehearsal.as_ref()).await;
        // It has the file with its lock, which the next attempt needs.
        reading.await.map_err(|error| Error::Internal(error.into()))?;
        stored
    }

    /// Stores chunks, or goes through them, until it is asked to stop.
    async fn store(
        &self,
        mut import: Import,
        mut queue: Chunks,
        on_duplicate: OnDuplicate,
        rehearsal: Option<&Rehearsal>,
    ) -> Result<()> {
        while !self.is_stopping() {
            let db = &self.db;
            let stored = match rehearsal {
                Some(scratch) => {
                    chunk::rehearse(db, &import, queue, (on_duplicate, scratch)).await?
                }
                None => chunk::store(db, &import, queue, on_duplicate).await?,
            };
            match stored {
                Some(next) => (import, queue) = next,
                None => break,
            }
            if has_ended(&import) {
                log::info!("import {} is done: {} rows", import.id, import.rows);
                self.spool.remove(&import.file);
                break;
            }
        }
        Ok(())
    }

    /// Notes why an import cannot go on. What it changed is taken back next.
    async fn fail(&self, id: i32, error: &Error) -> Result<()> {
        log::warn!("import {id} fails: {}", chain(error));
        let problem = error.to_string();
        self.db
            .write_at_length(async move |tx| {
                if let Some(import) = locked(tx, id).await?
                    && matches!(import.state, State::Queued | State::Running)
                {
                    begin_undo(tx, import, Some(problem)).await?;
                }
                Ok(())
            })
            .await
    }

    async fn take_back(&self, id: i32) -> Result<()> {
        let mut last = 0;
        while !self.is_stopping() {
            let (import, next) = undo::step(&self.db, id, last).await?;
            match next {
                Some(next) => last = next,
                None => {
                    let Import { reverted, kept, .. } = import;
                    log::info!("import {id} is taken back: {reverted} books, {kept} kept");
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Opens the file where the import is.
async fn open(file: File, options: &Options, import: &Import) -> Result<Rows<File>> {
    let (format, map, place) = (options.format, options.map.clone(), chunk::place(import));
    let open = move |map: BTreeMap<String, String>| {
        let mut rows = Rows::new(file, format, &map).map_err(bad_file)?;
        rows.go_to(place).map_err(unreadable)?;
        Ok(rows)
    };
    on_a_thread(move || open(map)).await
}

/// Reads to the end, for as long as somebody takes the chunks; the last one is empty. The first one of a file begins at 0 and has
/// the header in front.
fn read(mut rows: Rows<File>, mut from: Place, chunks: &mpsc::Sender<Result<Chunk>>) {
    loop {
        let batch = rows.batch().map_err(unreadable);
        let to = rows.place();
        let chunk = batch.map(|batch| Chunk { batch, from, to });
        from = to;
        let ended = chunk.as_ref().map_or(true, |chunk| chunk.batch.is_empty());
        if chunks.blocking_send(chunk).is_err() || ended {
            return;
        }
    }
}

/// Waits for a disk where nobody else waits.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Internal(error.into()))?
}
