//! Runs imports and undoes them, one after the other, until it is asked to stop.

use std::{fs::File, io::Seek, sync::Arc, time::Duration};

use entity::import::Entity;
use tokio::sync::{Notify, mpsc, watch};

use super::{
    Import, Importable, Memory, Nouns, State, begin_undo,
    chunk::{self, Chunks, Size},
    clean_up, has_ended, locked, options, plural,
    queue::Queue,
    spool::{Found, Spool},
    undo::{self, MOST_COLLISIONS},
    watch::{Following, Watches},
};
use crate::{
    Book, DatabaseError, Db, Item, Store,
    books::import::{BATCH, OnDuplicate, Options, Place, RowReader, bad_file, unreadable},
    database::{Rows as _, on_a_thread},
    error::{Error, Result, chain},
};

/// Chunks that are read ahead.
const AHEAD: usize = 2;
/// How often it checks for work without a notification, such as that of another process which ended.
const ROUND: Duration = Duration::from_secs(5);
/// How long it waits for a database that did not accept a chunk.
const PAUSE: Duration = Duration::from_secs(1);

/// The imports of a process: the directory of uploaded files, and the worker. Clones share it.
#[derive(Clone)]
pub struct Imports {
    db: Db,
    spool: Arc<Spool>,
    wake: Arc<Notify>,
    stopping: watch::Sender<bool>,
    watches: Arc<Watches>,
}

impl Imports {
    /// For a database and a directory.
    #[must_use]
    pub fn new(db: Db, spool: Spool) -> Self {
        let (stopping, _) = watch::channel(false);
        let (spool, wake) = (Arc::new(spool), Arc::new(Notify::new()));
        Self { db, spool, wake, stopping, watches: Arc::default() }
    }

    /// Follows an import, which was just read; `None` when there are too many followers.
    #[must_use]
    pub fn follow(&self, import: Import) -> Option<Following> {
        self.watches.follow(&self.db, import)
    }

    /// The directory of uploaded files.
    #[must_use]
    pub fn spool(&self) -> &Arc<Spool> {
        &self.spool
    }

    /// Signals that there is work.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Asks the worker to stop after its current chunk.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the worker was asked to stop.
    pub async fn stopped(&self) {
        // It cannot end otherwise: a sender is held here.
        drop(self.stopping.subscribe().wait_for(|stopping| *stopping).await);
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Works until it is asked to stop. Unfinished imports continue at the next start.
    pub async fn work(self) {
        let clean_up = async {
            if let Err(error) = clean_up::run(&self.db, &self.spool).await {
                log::warn!("files that no import needs could not be found: {}", chain(&error));
            }
        };
        // There may be many files; imports do not wait for that.
        tokio::join!(clean_up, self.work_on());
    }

    async fn work_on(&self) {
        let mut queue = Queue::default();
        while !self.is_stopping() {
            let rest = match self.round(&mut queue).await {
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

    /// Runs one import to its end; false when there is none for this process.
    async fn round(&self, queue: &mut Queue) -> Result<bool> {
        let mut tour = queue.tour();
        while let Some(ids) = tour.next(&self.db).await? {
            for id in ids {
                tour.tried(id);
                let Some(import) = self.db.reader().for_maintenance().by_id::<Entity>(id).await?
                else {
                    continue;
                };
                if self.carry_on(import).await? {
                    return Ok(true);
                }
                if self.is_stopping() {
                    return Ok(false);
                }
            }
        }
        Ok(false)
    }

    async fn carry_on(&self, import: Import) -> Result<bool> {
        match import.state {
            State::Queued | State::Running => {}
            State::Undoing => {
                self.spool.remove(&import.file);
                return self.take_back(import.id).await.map(|()| true);
            }
            State::Done | State::Undone | State::Failed => return Ok(false),
        }
        match self.spool.open(&import.file) {
            Ok(Found::Held(file)) => {
                let ended = match import.noun {
                    Nouns::Books => self.carry_out::<Book>(&import, file).await,
                    Nouns::Stores => self.carry_out::<Store>(&import, file).await,
                    Nouns::Items => self.carry_out::<Item>(&import, file).await,
                };
                let error = match ended {
                    Ok(()) => return Ok(true),
                    // The database will accept it later.
                    Err(error) if is_transient(&error) => return Err(error),
                    Err(error) => error,
                };
                self.fail(import.id, &error).await.map(|()| true)
            }
            Ok(Found::Missing) if !self.spool.is_shared => {
                let gone = bad_file("its file is missing from the directory of imports".to_owned());
                self.fail(import.id, &gone).await.map(|()| true)
            }
            Ok(Found::Busy | Found::Missing) => Ok(false),
            Err(error) => self.fail(import.id, &unreadable(error)).await.map(|()| true),
        }
    }

    /// Stores the rest of a file, or processes it in a dry run.
    async fn carry_out<T: Importable + 'static>(&self, import: &Import, file: File) -> Result<()> {
        let options = options(import)?;
        let Some(import) = chunk::begin(&self.db, import.id).await? else { return Ok(()) };
        log::info!("import {} continues at byte {}", import.id, import.bytes_read);
        let scratch = import.dry_run.then(|| self.spool.dry_run(&import.file));
        let memory = Arc::new(T::remember(scratch.as_deref()).await?);
        if T::LOOKS_BACK && import.rows > 0 {
            let file = file.try_clone().map_err(unreadable)?;
            self.recall::<T>(&memory, file, (&options, chunk::place(&import))).await?;
        }
        let size = Arc::new(Size::default());
        let mut collisions = 0;
        let mut import = import;
        loop {
            let before = chunk::place(&import);
            // The clone shares the lock of the file.
            let file = file.try_clone().map_err(unreadable)?;
            let how = (options.on_duplicate, size.as_ref(), &memory);
            let rows = open::<T>(file, &options, before).await?;
            let (chunks, queue) = mpsc::channel(AHEAD);
            let sized = Arc::clone(&size);
            let reading =
                tokio::task::spawn_blocking(move || chunk::read(rows, before, &sized, &chunks));
            let stored = self.store::<T>(&mut import, queue, how).await;
            // It has the file with its lock, which the next attempt needs.
            reading.await.map_err(Error::internal)?;
            match stored {
                // Nothing of the transaction is stored. Its rows are read again, fewer at a time.
                Err(error @ Error::Database(DatabaseError::Collision(_)))
                    if !import.dry_run && !self.is_stopping() =>
                {
                    collisions = if chunk::place(&import) == before { collisions + 1 } else { 0 };
                    if !size.shrink() && collisions > MOST_COLLISIONS {
                        return Err(error);
                    }
                    log::debug!("import {} collides, {} rows at a time", import.id, size.rows());
                }
                ended => return ended,
            }
        }
    }

    /// Reads the rows that were stored before the import was continued.
    async fn recall<T: Importable>(
        &self,
        memory: &T::Memory,
        file: File,
        (options, end): (&Options, Place),
    ) -> Result<()> {
        let mut rows = open::<T>(file, options, Place::default()).await?;
        let catalogue = self.db.reader().for_maintenance();
        loop {
            let rest = end.rows.saturating_sub(rows.place().rows);
            let batch = rows.batch(usize::try_from(rest).unwrap_or(BATCH)).map_err(unreadable)?;
            if batch.is_empty() {
                memory.commit();
                return Ok(());
            }
            T::recall(memory, &T::prepare(&catalogue, batch).await?);
        }
    }

    /// Stores or processes chunks, until it is asked to stop.
    async fn store<T: Importable + 'static>(
        &self,
        import: &mut Import,
        mut queue: Chunks<T>,
        (on_duplicate, size, memory): (OnDuplicate, &Size, &Arc<T::Memory>),
    ) -> Result<()> {
        while !self.is_stopping() {
            let db = &self.db;
            let stored = match import.dry_run {
                true => chunk::store_dry::<T>(db, import, queue, (on_duplicate, memory)).await?,
                false => chunk::store::<T>(db, import, queue, (on_duplicate, size, memory)).await?,
            };
            match stored {
                Some(next) => (*import, queue) = next,
                None => break,
            }
            size.grow();
            if has_ended(import) {
                log::info!("import {} is done: {} rows", import.id, import.rows);
                self.spool.remove(&import.file);
            }
            // At its end it may have turned out that it has to be undone.
            if import.state != State::Running {
                break;
            }
            memory.expect_room()?;
        }
        Ok(())
    }

    /// Records why an import cannot continue. Its changes are undone next.
    async fn fail(&self, id: i32, error: &Error) -> Result<()> {
        log::warn!("import {id} fails: {}", chain(error));
        let problem = error.to_string();
        self.db
            .write_long(async move |tx| {
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
        if let Some(import) = undo::to_the_end(&self.db, id, || !self.is_stopping()).await? {
            let Import { noun, reverted, kept, .. } = import;
            let rows = plural(noun);
            log::info!("import {id} is undone: {reverted} {rows}, {kept} not reverted");
        }
        Ok(())
    }
}

/// Opens the file at a position.
async fn open<T: Importable>(
    mut file: File,
    options: &Options,
    place: Place,
) -> Result<T::Reader<File>> {
    let options = options.clone();
    let open = move || {
        // An earlier attempt may have read further.
        file.rewind().map_err(unreadable)?;
        let mut rows = T::open(file, &options).map_err(bad_file)?;
        T::go_to(&mut rows, place).map_err(unreadable)?;
        Ok(rows)
    };
    on_a_thread(open).await
}

/// Whether the database may accept the import later.
fn is_transient(error: &Error) -> bool {
    match error {
        Error::Database(DatabaseError::Internal(_) | DatabaseError::Damaged(_)) => false,
        Error::Database(_) | Error::Duplicate(_) => true,
        _ => false,
    }
}
