//! Settings of a connection of SQLite that change what statements do: what one migration sets does not reach the next one.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::execute::execute;

/// Pragmas that are on or off, belong to the connection, and outlive a transaction.
const NAMES: [&str; 8] = [
    "foreign_keys",
    "legacy_alter_table",
    "ignore_check_constraints",
    "recursive_triggers",
    "reverse_unordered_selects",
    "query_only",
    "writable_schema",
    "defer_foreign_keys",
];

/// The values that a connection has; none on PostgreSQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(Vec<(&'static str, i64)>);

impl Settings {
    /// Those of a database in memory, as it is opened.
    pub fn of_shadow() -> Self {
        Self(NAMES.map(|name| (name, 0)).to_vec())
    }

    /// Those of a connection.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn read(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        if db.get_database_backend() != DbBackend::Sqlite {
            return Ok(Self::default());
        }
        let values = NAMES.map(|name| format!("coalesce((SELECT * FROM pragma_{name}), 0)"));
        let sql = format!("SELECT {}", values.join(", "));
        let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
        let Some(row) = row else { return Ok(Self::default()) };
        let mut found = Vec::with_capacity(NAMES.len());
        for (place, name) in NAMES.into_iter().enumerate() {
            found.push((name, row.try_get_by_index(place)?));
        }
        Ok(Self(found))
    }

    /// Switches `foreign_keys` on, as in any program that writes rows, and answers what to give back.
    ///
    /// # Errors
    /// When the connection does not answer.
    pub async fn with_keys(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let settings = Self::read(db).await?;
        if !settings.0.is_empty() {
            execute(db, "PRAGMA foreign_keys(1)").await?;
        }
        Ok(settings)
    }

    /// The statements that give them back. With parentheses, since a log takes what has `=` for a change.
    pub fn sql(&self) -> String {
        let set = |(name, value): &(&str, i64)| format!("PRAGMA {name}({value})");
        self.0.iter().map(set).collect::<Vec<_>>().join("; ")
    }

    /// Gives them back.
    ///
    /// # Errors
    /// When the connection does not answer.
    pub async fn restore(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        if self.0.is_empty() {
            return Ok(());
        }
        db.execute_unprepared(&self.sql()).await.map(drop)
    }
}
