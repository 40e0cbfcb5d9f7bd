//! Where the shadows of a command are made on a PostgreSQL server, in this order: in the database of `--shadow-url`, in a scratch
//! database that is made for the command, and else inside of the database itself, guarded.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sea_orm::{AccessMode, DatabaseTransaction, DbErr};
use sea_orm_migration::MigrationTrait;

use super::{
    StatementLog,
    driver::Driver,
    guard::{Ears, Guard, looked_at, refusal},
    inside,
    plot::Plot,
    reach::Walls,
    scratch::Scratch,
    statements::{listen, observer},
    survey::Survey,
};
use crate::{
    error::{Error, Result, is_standby},
    postgres::SchemaScope,
    runtime::{
        execute::{execute, search_path},
        recording::record,
        session::{Session, Use, begin},
        tape::Tape,
        target::Target,
    },
};

/// The key of the advisory lock on the schema of a scratch database that was named: `sea_shad` in ASCII.
const KEY: i64 = 0x7365_615f_7368_6164;

/// Where shadows are made.
pub(super) struct Ground {
    place: Place,
    /// What drives the session where statements go through a guard.
    driver: Option<Arc<Driver>>,
}

enum Place {
    /// In a scratch database that was made for this command.
    Own(Scratch, Survey),
    /// In the database of `--shadow-url`.
    Given(Session),
    /// In the database itself.
    Inside {
        session: Session,
        survey: Survey,
        /// Why there is no scratch database.
        why: String,
    },
}

impl Ground {
    /// Finds the place for the shadows of a database.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn find(
        target: &Target,
        given: Option<&Target>,
        (log, tape): (&StatementLog, Option<&Arc<Tape>>),
    ) -> Result<Self> {
        let driver = tape.map(|_| Driver::start()).transpose().map_err(cannot())?;
        let looking = apart_from(target.clone(), given.cloned());
        let found = match &driver {
            Some(driver) => driver.run(looking).await.map_err(cannot())??,
            None => looking.await?,
        };
        let (mut place, driver) = match found {
            Ok(place) => (place, driver),
            Err(why) => {
                let driver = driver.map_or_else(Driver::start, Ok).map_err(cannot())?;
                let target = target.clone();
                let opened = driver.run(async move { Session::open(&target, Use::Write).await });
                let session = opened.await.map_err(cannot())??;
                // The number of the process is another one.
                let survey = Survey::of(&session.db).await.map_err(cannot())?;
                (Place::Inside { session, survey, why }, Some(driver))
            }
        };
        if tape.is_none() {
            listen(&mut place.session_mut().db, log);
        }
        Ok(Self { place, driver: driver.map(Arc::new) })
    }

    /// Refuses a history that could reach tables of the database itself, before any of it runs. What a migration does after it has
    /// read something is looked at when it does it.
    ///
    /// # Errors
    /// [`Error::Stopped`] with the name of the migration.
    pub async fn expect_contained(&self, migrations: &[Box<dyn MigrationTrait>]) -> Result<()> {
        let Place::Inside { session, survey, why } = &self.place else { return Ok(()) };
        let walls = Walls { schemas: survey.walled.clone() };
        for migration in migrations {
            for statement in record(migration.as_ref(), session.backend()).await.statements {
                let sql = looked_at(&statement);
                if let Some(breach) = walls.breach(&sql) {
                    let who = format!("`{}`", migration.name());
                    return Err(refused(&who, &refusal(&breach, &sql), &help(why)));
                }
            }
        }
        Ok(())
    }

    /// Begins a shadow with room for further schemas.
    ///
    /// # Errors
    /// When the role may neither create a schema nor temporary tables.
    pub async fn begin(
        &self,
        schemas: &BTreeSet<String>,
        (log, tape): (&StatementLog, Option<&Arc<Tape>>),
    ) -> Result<Plot> {
        let (mut plot, walls) = match &self.place {
            Place::Own(scratch, survey) => (in_scratch(scratch, survey, schemas).await?, None),
            Place::Given(session) => (in_given(session, schemas).await?, None),
            Place::Inside { session, survey, why } => {
                let mut plot =
                    inside_of(transaction(session).await?, survey, schemas, false).await?;
                plot.help = help(why);
                let mut walls = Walls { schemas: survey.walled.clone() };
                walls.schemas.extend(schemas.iter().cloned());
                (plot, Some(walls))
            }
        };
        if let Some(driver) = &self.driver {
            let ears = Ears { observer: observer(log), tape: tape.cloned() };
            let guard = Arc::new(Guard::new((&plot.transaction, driver), walls, ears));
            let connection = guard.connection();
            plot.guard = Some((guard, connection));
        }
        Ok(plot)
    }

    /// Leaves no trace.
    pub async fn clear(self) {
        match self.place {
            Place::Own(scratch, _) => scratch.remove().await,
            Place::Given(session) | Place::Inside { session, .. } => session.close().await,
        }
    }
}

impl Place {
    fn session_mut(&mut self) -> &mut Session {
        match self {
            Self::Own(scratch, _) => &mut scratch.session,
            Self::Given(session) | Self::Inside { session, .. } => session,
        }
    }
}

/// A place outside of the database itself, or why there is none.
async fn apart_from(target: Target, given: Option<Target>) -> Result<Result<Place, String>> {
    if let Some(given) = given {
        return Ok(Ok(Place::Given(Session::open(&given, Use::Write).await?)));
    }
    let session = Session::open(&target, Use::Write).await?;
    let survey = Survey::of(&session.db).await;
    let survey = survey.map_err(Error::database(format!("cannot look at {target}")))?;
    let mut why = "this role may not create databases (ALTER ROLE … CREATEDB)".to_owned();
    if survey.may_create_databases && !survey.standby {
        match Scratch::make(&session, &survey).await {
            Ok(scratch) => {
                // A role may have few connections.
                session.close().await;
                return Ok(Ok(Place::Own(scratch, survey)));
            }
            Err(error) => why = format!("the server let none be made ({error})"),
        }
    }
    session.close().await;
    Ok(Err(why))
}

fn cannot() -> impl FnOnce(DbErr) -> Error {
    Error::database("cannot make a shadow schema")
}

/// The error of SQL that is not run. `who` has it.
pub(super) fn refused(who: &str, refusal: &str, help: &str) -> Error {
    Error::Stopped(format!(
        "{who} {refusal}, and a shadow inside of the database must not reach what is there, so it was not run; {help}"
    ))
}

fn help(why: &str) -> String {
    format!("there is no scratch database, because {why}; name an empty one with --shadow-url")
}

async fn transaction(session: &Session) -> Result<DatabaseTransaction> {
    // Also where `default_transaction_read_only` is on: nothing is left of it.
    let begun = begin(&session.db, Some(AccessMode::ReadWrite)).await;
    let begun = match begun {
        Err(error) if is_standby(&error) => Err(Error::Stopped(
            "this server is a standby that nothing can be written on, and a shadow is needed to see what the migrations \
             do; ask its primary, or name a scratch database with --shadow-url"
                .to_owned(),
        )),
        begun => begun.map_err(cannot()),
    }?;
    // The catalog is asked the same several times, and planning that takes as long as answering it.
    execute(&begun, "SET LOCAL plan_cache_mode = force_generic_plan").await.map_err(cannot())?;
    Ok(begun)
}

async fn in_scratch(
    scratch: &Scratch,
    survey: &Survey,
    schemas: &BTreeSet<String>,
) -> Result<Plot> {
    let transaction = transaction(&scratch.session).await?;
    let help = "the scratch database has what migrations make, and the schemas and extensions of the real one; where the history \
                needs more, name one that has it with --shadow-url";
    let help = scratch.notes.iter().map(String::as_str).chain([help]).collect::<Vec<_>>();
    let plot = named(transaction, survey, schemas);
    Ok(Plot { prepared: scratch.prepared.clone(), help: help.join("; "), ..plot })
}

/// A shadow in the schema that is called as the real one.
fn named(transaction: DatabaseTransaction, survey: &Survey, schemas: &BTreeSet<String>) -> Plot {
    let own = survey.own();
    let mut path = survey.path.clone();
    let mut reading = vec![own.clone()];
    for schema in [own.clone()].into_iter().chain(survey.extension_schemas()) {
        for path in [&mut path, &mut reading] {
            if !path.contains(&schema) {
                path.push(schema.clone());
            }
        }
    }
    let others: BTreeMap<String, String> =
        schemas.iter().map(|name| (name.clone(), name.clone())).collect();
    let scope = SchemaScope { own, others };
    let (transaction, prepared) = (Arc::new(transaction), Vec::new());
    Plot { transaction, scope, path, reading, guard: None, prepared, help: String::new() }
}

async fn in_given(session: &Session, schemas: &BTreeSet<String>) -> Result<Plot> {
    let begun = transaction(session).await?;
    // Two commands would make the same tables, and wait for each other in both directions.
    let lock = format!("SELECT pg_advisory_xact_lock({KEY})");
    execute(&begun, &lock).await.map_err(cannot())?;
    let survey = Survey::of(&begun).await.map_err(cannot())?;
    if survey.empty && survey.own.is_some() && survey.may_create_here {
        return Ok(named(begun, &survey, schemas));
    }
    inside_of(begun, &survey, schemas, true).await
}

async fn inside_of(
    begun: DatabaseTransaction,
    survey: &Survey,
    schemas: &BTreeSet<String>,
    named: bool,
) -> Result<Plot> {
    let inside::Inside { scope, path } = inside::make(&begun, survey, schemas, named).await?;
    execute(&begun, &search_path(&path)).await.map_err(cannot())?;
    let (transaction, reading) = (Arc::new(begun), path.clone());
    let (prepared, help) = (Vec::new(), String::new());
    Ok(Plot { transaction, scope, path, reading, guard: None, prepared, help })
}
