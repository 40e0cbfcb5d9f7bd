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
    guard::{Guard, looked_at, refusal},
    inside, listen, observer,
    plot::Plot,
    reach::Walls,
    scratch::Scratch,
    survey::Survey,
};
use crate::{
    error::{Error, Result, is_standby},
    postgres::SchemaScope,
    runtime::{
        execute::{execute, search_path},
        recording::record,
        session::{Session, Use, begin},
        target::Target,
    },
};

/// The key of the advisory lock on the schema of a scratch database that was named: `sea_shad` in ASCII.
const KEY: i64 = 0x7365_615f_7368_6164;

/// Where shadows are made.
pub(super) enum Ground {
    /// In a scratch database that was made for this command.
    Own(Scratch, Survey),
    /// In the database of `--shadow-url`.
    Given(Session),
    /// In the database itself.
    Inside {
        session: Session,
        /// What drives the session.
        driver: Arc<Driver>,
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
    pub async fn find(target: &Target, given: Option<&Target>, log: &StatementLog) -> Result<Self> {
        if let Some(given) = given {
            let mut session = Session::open(given, Use::Write).await?;
            listen(&mut session.db, log);
            return Ok(Self::Given(session));
        }
        let session = Session::open(target, Use::Write).await?;
        let survey = Survey::of(&session.db).await;
        let survey = survey.map_err(Error::database(format!("cannot look at {target}")))?;
        let mut why = "this role may not create databases (ALTER ROLE … CREATEDB)".to_owned();
        if survey.may_create_databases && !survey.standby {
            match Scratch::make(&session, &survey).await {
                Ok(mut scratch) => {
                    // A role may have few connections.
                    session.close().await;
                    listen(&mut scratch.session.db, log);
                    return Ok(Self::Own(scratch, survey));
                }
                Err(error) => why = format!("the server let none be made ({error})"),
            }
        }
        session.close().await;
        let driver = Driver::start().map_err(cannot())?;
        let target = target.clone();
        let opened = driver.run(async move { Session::open(&target, Use::Write).await }).await;
        let mut session = opened.map_err(cannot())??;
        listen(&mut session.db, log);
        // The number of the process is another one.
        let survey = Survey::of(&session.db).await.map_err(cannot())?;
        Ok(Self::Inside { session, driver: Arc::new(driver), survey, why })
    }

    /// Refuses a history that could reach tables of the database itself, before any of it runs. What a migration does after it has
    /// read something is looked at when it does it.
    ///
    /// # Errors
    /// [`Error::Stopped`] with the name of the migration.
    pub async fn expect_contained(&self, migrations: &[Box<dyn MigrationTrait>]) -> Result<()> {
        let Self::Inside { session, survey, why, .. } = self else { return Ok(()) };
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
    pub async fn begin(&self, schemas: &BTreeSet<String>, log: &StatementLog) -> Result<Plot> {
        match self {
            Self::Own(scratch, survey) => in_scratch(scratch, survey, schemas).await,
            Self::Given(session) => in_given(session, schemas).await,
            Self::Inside { session, driver, survey, why } => {
                let mut plot =
                    inside_of(transaction(session).await?, survey, schemas, false).await?;
                let mut walls = Walls { schemas: survey.walled.clone() };
                walls.schemas.extend(schemas.iter().cloned());
                let parts = (&plot.transaction, driver);
                let guard = Arc::new(Guard::new(parts, walls, observer(log)));
                let connection = guard.connection();
                plot.guard = Some((guard, connection));
                plot.help = help(why);
                Ok(plot)
            }
        }
    }

    /// Leaves no trace.
    pub async fn clear(self) {
        match self {
            Self::Own(scratch, _) => scratch.remove().await,
            Self::Given(session) | Self::Inside { session, .. } => session.close().await,
        }
    }
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
    match begin(&session.db, Some(AccessMode::ReadWrite)).await {
        Err(error) if is_standby(&error) => Err(Error::Stopped(
            "this server is a standby that nothing can be written on, and a shadow is needed to see what the migrations \
             do; ask its primary, or name a scratch database with --shadow-url"
                .to_owned(),
        )),
        begun => begun.map_err(cannot()),
    }
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
