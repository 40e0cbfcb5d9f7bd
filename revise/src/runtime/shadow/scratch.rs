//! A database of its own for the shadows of one command, on the server of the real one, where the role may create it.
//!
//! Its schemas and extensions are called as in the real database, and nothing that runs in it reaches that. It is dropped at the end.
//! A command that is killed leaves it behind; the next one finds it by its name, and without a session, and drops it.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use super::survey::Survey;
use crate::{
    error::clear,
    runtime::{
        execute::execute,
        session::{Session, Use},
        target::Target,
    },
    schema::{quote, quote_text},
};

/// What the database may set for its sessions and has no meaning in this one.
const PASSED_OVER: [&str; 4] =
    ["search_path", "default_transaction_read_only", "role", "session_authorization"];

/// A scratch database, and the session in it.
pub(super) struct Scratch {
    /// The session that shadows are made on.
    pub session: Session,
    /// Its schemas and extensions that were made before the history began.
    pub prepared: Vec<Prepared>,
    /// What could not be made as it is in the real database.
    pub notes: Vec<String>,
    name: String,
    home: Target,
    forced: bool,
}

/// What was made before the history began, because the real database has it, by hand or by the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prepared {
    Schema(String),
    Extension(String),
}

impl Prepared {
    pub fn name(&self) -> &str {
        match self {
            Self::Schema(name) | Self::Extension(name) => name,
        }
    }

    /// With what was prepared in it or for it: a history that makes it has used none of that.
    pub fn drop_sql(&self) -> String {
        match self {
            Self::Schema(name) => format!("DROP SCHEMA {} CASCADE", quote(name)),
            Self::Extension(name) => format!("DROP EXTENSION {} CASCADE", quote(name)),
        }
    }
}

impl Scratch {
    /// Makes one, over a session of the real database.
    ///
    /// # Errors
    /// With the reason in words, where the server does not let it be made or used. Nothing is left of it then.
    pub async fn make(home: &Session, survey: &Survey) -> Result<Self, String> {
        // Also where `default_transaction_read_only` is on.
        let writes = execute(&home.db, "SET default_transaction_read_only = off").await;
        writes.map_err(|error| clear(&error))?;
        for leftover in &survey.leftovers {
            // Another command may do the same, or own it after all.
            drop(execute(&home.db, &format!("DROP DATABASE IF EXISTS {}", quote(leftover))).await);
        }
        let name = format!("sea_revise_scratch_{}_{}", survey.moment, survey.process);
        let forced = survey.version >= 130_000;
        execute(&home.db, &create(&name, survey)).await.map_err(|error| clear(&error))?;
        let opened = async {
            let session = Session::open_scratch(&home.target, &name).await?;
            let target = home.target.clone();
            let (prepared, notes) = (Vec::new(), Vec::new());
            let mut scratch =
                Self { session, prepared, notes, name: name.clone(), home: target, forced };
            match scratch.fill(survey).await {
                Ok(()) => Ok(scratch),
                Err(error) => {
                    scratch.session.close().await;
                    Err(error)
                }
            }
        };
        match opened.await {
            Ok(scratch) => Ok(scratch),
            Err(error) => {
                remove(&home.db, &name, forced).await;
                Err(clear(&error))
            }
        }
    }

    /// Makes the schemas and extensions, and takes over what the real database sets.
    async fn fill(&mut self, survey: &Survey) -> Result<(), DbErr> {
        let db = &self.session.db;
        execute(db, "SET default_transaction_read_only = off").await?;
        for setting in &survey.settings {
            let Some((name, value)) = setting.split_once('=') else { continue };
            if !PASSED_OVER.contains(&name) {
                let values = [name.into(), value.into()];
                let sql = "SELECT set_config($1, $2, false)";
                let statement = Statement::from_sql_and_values(self.session.backend(), sql, values);
                // A setting that only an administrator can make changes no definition.
                drop(db.query_one_raw(statement).await);
            }
        }
        let own = survey.own();
        let mut schemas: Vec<&String> = survey.schemas.iter().collect();
        if !survey.schemas.contains(&own) {
            schemas.push(&own);
        }
        // The template has `public`.
        let missing = schemas.iter().filter(|name| **name != "public");
        let create = |name: &&String| format!("CREATE SCHEMA IF NOT EXISTS {}", quote(name));
        let sql: Vec<String> = missing.map(create).collect();
        if !sql.is_empty() {
            execute(db, &sql.join("; ")).await?;
        }
        self.prepared.extend(schemas.into_iter().cloned().map(Prepared::Schema));
        for extension in &survey.extensions {
            let (name, schema) = (quote(&extension.name), quote(&extension.schema));
            let sql = format!("CREATE EXTENSION IF NOT EXISTS {name} SCHEMA {schema} CASCADE");
            match execute(db, &sql).await {
                Ok(()) => self.prepared.push(Prepared::Extension(extension.name.clone())),
                Err(error) => self.notes.push(format!(
                    "the extension `{}` could not be made in the scratch database: {}",
                    extension.name,
                    clear(&error)
                )),
            }
        }
        Ok(())
    }

    /// Drops it.
    pub async fn remove(self) {
        self.session.close().await;
        // Where that does not work, the next command does it.
        let Ok(home) = Session::open(&self.home, Use::Write).await else { return };
        drop(execute(&home.db, "SET default_transaction_read_only = off").await);
        remove(&home.db, &self.name, self.forced).await;
        home.close().await;
    }
}

/// From the template that nobody is connected to, with the encoding and the collation of the real database.
fn create(name: &str, survey: &Survey) -> String {
    let locale = &survey.locale;
    let mut sql = format!(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
        quote(name),
        quote_text(&locale.encoding),
        quote_text(&locale.datcollate),
        quote_text(&locale.datctype)
    );
    let own = locale.datlocale.as_deref().map(quote_text).unwrap_or_default();
    match locale.datlocprovider.as_deref() {
        Some("i") => {
            sql.push_str(&format!(" LOCALE_PROVIDER icu ICU_LOCALE {own}"));
            if let Some(rules) = &locale.daticurules {
                sql.push_str(&format!(" ICU_RULES {}", quote_text(rules)));
            }
        }
        Some("b") => sql.push_str(&format!(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {own}")),
        Some("c") => sql.push_str(" LOCALE_PROVIDER libc"),
        _ => {}
    }
    sql
}

/// A worker of autovacuum is sent away by the server; only an administrator may do that, as FORCE does with every session.
async fn remove(db: &DatabaseConnection, name: &str, forced: bool) {
    let sql = format!("DROP DATABASE IF EXISTS {}", quote(name));
    let done = execute(db, &sql).await;
    if done.is_err() && forced {
        // Where that does not work either, the next command does it.
        drop(execute(db, &format!("{sql} WITH (FORCE)")).await);
    }
}
