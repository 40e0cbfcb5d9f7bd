//! The change token of a SQLite file: while it is the same, a read finds the same rows.
//!
//! The connections to a file in WAL mode, of all processes, share an index next to it, `-shm`. Its header is stored twice and
//! rewritten by each commit before that completes: a change counter, and the length, the salts and the checksum of the log
//! (<https://www.sqlite.org/walformat.html>). Reading it costs a sixth of `PRAGMA data_version`, which takes the locks of a read
//! for the same information.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// Bytes of the header.
const HEADER: usize = 48;
/// The byte of the header that is set once it is initialized.
const IS_MADE: usize = 12;

/// A state of a database. If two are equal, no commit of any process lies between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChangeToken([u8; HEADER]);

/// Where the state of a file is read.
#[derive(Clone, Copy)]
pub(crate) struct WalIndex {
    // Never closed: when any descriptor of a file is closed, POSIX releases every lock that the process has on it, and SQLite's
    // own connections hold locks on this one.
    file: &'static File,
}

impl WalIndex {
    /// For the database file at `path`, to which the caller keeps a connection open that has read from it. `None` where the
    /// header that this connection wrote cannot be seen: SQLite writes it into mapped memory, and reading it needs a file system
    /// on which such writes are visible at once.
    ///
    /// # Errors
    /// When there is no index next to it.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        // SQLite follows links before it derives the names of the other files.
        let mut name = path.canonicalize()?.into_os_string();
        name.push("-shm");
        let index = Self { file: Box::leak(Box::new(File::open(name)?)) };
        // It may be changing right now.
        Ok((0..100).any(|_| index.change_token().is_some()).then_some(index))
    }

    /// The state of the file; `None` while it changes.
    pub(crate) fn change_token(self) -> Option<ChangeToken> {
        let mut copies = [[0; HEADER]; 2];
        self.file.read_exact_at(copies.as_flattened_mut(), 0).ok()?;
        let [first, second] = copies;
        (first == second && first.get(IS_MADE) != Some(&0)).then_some(ChangeToken(first))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use proptest::prelude::*;
    use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, Schema};

    use super::*;
    use crate::{
        Changes, Db, Error, Location, Rows, Settings, connect_to_migrate,
        fixtures::{film, now},
    };

    /// What happens between two reads of the token.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Step {
        Job,
        UnitThatRefuses,
        OtherConnection,
        OtherConnectionRollsBack,
        Checkpoint,
        Vacuum,
        Nothing,
    }

    impl Step {
        const ALL: [Self; 7] = [
            Self::Job,
            Self::UnitThatRefuses,
            Self::OtherConnection,
            Self::OtherConnectionRollsBack,
            Self::Checkpoint,
            Self::Vacuum,
            Self::Nothing,
        ];

        async fn carry_out(self, db: &Db, other: &rusqlite::Connection) {
            const INSERT: &str = "INSERT INTO films (title, director) VALUES ('other', '')";
            let other = |sql: &str| other.execute_batch(sql).unwrap();
            if matches!(self, Self::Checkpoint | Self::Vacuum) {
                // They wait for reads, and those of this thread end with its turn.
                tokio::task::yield_now().await;
            }
            match self {
                Self::Job => add(db, true).await,
                Self::UnitThatRefuses => add(db, false).await,
                Self::OtherConnection => other(INSERT),
                Self::OtherConnectionRollsBack => other(&format!("BEGIN; {INSERT}; ROLLBACK")),
                Self::Checkpoint => other("PRAGMA wal_checkpoint(TRUNCATE)"),
                Self::Vacuum => other("VACUUM"),
                Self::Nothing => {}
            }
        }
    }

    async fn add(db: &Db, agrees: bool) {
        let job = async move |tx: &crate::Tx| {
            let film = film::ActiveModel {
                title: Set("job".to_owned()),
                director: Set(String::new()),
                created_at: Set(now()),
                updated_at: Set(now()),
                ..Default::default()
            };
            tx.insert(film).await?;
            agrees.then_some(()).ok_or(Error::MissingParent)
        };
        assert_eq!(db.write(job).await.is_ok(), agrees);
    }

    async fn open() -> (tempfile::TempDir, Db, rusqlite::Connection) {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("films.db"), folder.path().join("link.db"));
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let location = Location::File(link);
        let connection = connect_to_migrate(&location, &Settings::default()).await.unwrap();
        let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(film::Entity);
        connection.execute(&table).await.unwrap();
        connection.close().await.unwrap();
        let db = Db::open(&location, &Settings::default()).await.unwrap();
        let other = rusqlite::Connection::open(path).unwrap();
        other.busy_timeout(Duration::from_secs(60)).unwrap();
        (folder, db, other)
    }

    async fn look(db: &Db) -> (Option<ChangeToken>, Vec<film::Model>) {
        (db.change_token(), db.reader().rows(film::Entity::find()).await.unwrap())
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_state_has_the_same_rows_whenever_it_is_seen(
            steps in prop::collection::vec(prop::sample::select(&Step::ALL), 1..24)
        ) {
            runtime().block_on(async {
                let (_folder, db, other) = open().await;
                let (state, rows) = look(&db).await;
                let mut seen = HashMap::from([(state.unwrap(), rows)]);
                for step in steps {
                    let before = db.change_token();
                    step.carry_out(&db, &other).await;
                    let (state, rows) = look(&db).await;
                    match step {
                        Step::Job | Step::OtherConnection => prop_assert_ne!(state, before),
                        Step::Checkpoint | Step::Vacuum => {}
                        _ => prop_assert_eq!(state, before, "nothing was stored"),
                    }
                    let known = seen.entry(state.unwrap()).or_insert_with(|| rows.clone());
                    prop_assert_eq!(&*known, &rows);
                }
                Ok(())
            })?;
        }
    }

    /// Rows read between two equal tokens belong to that state, however much others write meanwhile.
    #[test]
    fn a_state_is_reported_neither_too_early_nor_too_late() {
        const COMMITS: usize = 400;
        runtime().block_on(async {
            let (_folder, db, other) = open().await;
            let writer = std::thread::spawn(move || {
                for _ in 0..COMMITS {
                    other
                        .execute_batch("INSERT INTO films (title, director) VALUES ('other', '')")
                        .unwrap();
                }
            });
            let (mut seen, mut own) = (HashMap::new(), 0);
            while !writer.is_finished() {
                add(&db, true).await;
                own += 1;
                let (state, rows) = look(&db).await;
                if state.is_some() && db.change_token() == state {
                    assert_eq!(*seen.entry(state).or_insert(rows.len()), rows.len());
                }
            }
            writer.join().unwrap();
            let (state, rows) = look(&db).await;
            assert_eq!(rows.len(), COMMITS + own);
            assert_eq!(*seen.entry(state).or_insert(rows.len()), rows.len());
        });
    }
}
