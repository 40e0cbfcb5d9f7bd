//! What a script looks at before a migration, and what it notes about it.

use sea_orm::DbBackend;

use super::{PlannedMigration, Preview};
use crate::{
    project::compare::script::guard,
    runtime::{
        history::{State, TABLE},
        lock::LockKind,
        upgrade::Direction,
    },
    schema::{quote, quote_text},
};

/// The records of one migration.
pub(super) struct Records<'a> {
    pub preview: &'a Preview,
    pub migration: &'a PlannedMigration,
    /// The one before it in the script.
    pub previous: Option<&'a str>,
}

/// What keeps a migration from being carried out: a condition in SQL, and the sentence about it.
type Obstacle = (String, String);

impl Records<'_> {
    /// The statements before the migration: the tables, the look at them, and the note that it is begun, where it is not one
    /// transaction.
    pub fn begun(&self) -> Vec<String> {
        let mut statements = Vec::new();
        if self.previous.is_none() {
            statements.extend(self.preview.history.tables(self.preview.backend));
        }
        statements.extend(self.guards());
        if !self.migration.in_transaction {
            statements.push(self.note(match self.preview.direction {
                Direction::Up => State::Upgrading,
                Direction::Down => State::Downgrading,
            }));
        }
        statements
    }

    /// The statements after it.
    pub fn done(&self) -> Vec<String> {
        let (table, name) = (self.table(), quote_text(&self.migration.revision));
        match self.preview.direction {
            Direction::Up => {
                let now = match self.preview.backend {
                    DbBackend::Sqlite => "CAST(strftime('%s', 'now') AS integer)",
                    _ => "CAST(extract(epoch FROM now()) AS bigint)",
                };
                vec![
                    format!("INSERT INTO {table} (version, applied_at) VALUES ({name}, {now})"),
                    self.note(State::Applied),
                ]
            }
            Direction::Down => vec![
                format!("DELETE FROM {table} WHERE version = {name}"),
                format!("DELETE FROM {TABLE} WHERE version = {name}"),
            ],
        }
    }

    fn table(&self) -> String {
        quote(&self.preview.history.table)
    }

    fn note(&self, state: State) -> String {
        let actor = match self.preview.backend {
            DbBackend::Sqlite => "'a script'".to_owned(),
            _ => "session_user || ' (a script)'".to_owned(),
        };
        format!(
            "INSERT INTO {TABLE} (version, checksum, state, steps, actor, duration_ms) VALUES ({}, {}, {}, 0, {actor}, 0) \
             ON CONFLICT (version) DO UPDATE SET checksum = excluded.checksum, state = excluded.state, steps = excluded.steps, \
             actor = excluded.actor, duration_ms = excluded.duration_ms",
            quote_text(&self.migration.revision),
            quote_text(&self.migration.checksum),
            quote_text(state.word())
        )
    }

    fn guards(&self) -> Vec<String> {
        let obstacles = self.obstacles();
        if self.preview.backend == DbBackend::Sqlite {
            let guards = obstacles
                .iter()
                .map(|(condition, why)| guard(why, &format!("SELECT count(*) WHERE {condition}")));
            return guards.flatten().collect();
        }
        let mut body =
            format!("BEGIN\n  PERFORM pg_advisory_xact_lock({});", LockKind::Schema.key());
        for (condition, why) in obstacles {
            let why = quote_text(&why);
            body.push_str(&format!(
                "\n  IF {condition} THEN\n    RAISE EXCEPTION USING MESSAGE = {why};\n  END IF;"
            ));
        }
        body.push_str("\nEND");
        let quoted = match body.contains("$check$") {
            true => quote_text(&body),
            false => format!("$check$\n{body}\n$check$"),
        };
        vec![format!("DO {quoted}")]
    }

    fn obstacles(&self) -> Vec<Obstacle> {
        let (table, name) = (self.table(), &self.migration.revision);
        let is = |revision: &str| {
            format!("EXISTS (SELECT 1 FROM {table} WHERE version = {})", quote_text(revision))
        };
        let mut obstacles = vec![(
            format!("EXISTS (SELECT 1 FROM {TABLE} WHERE state <> 'applied')"),
            "a migration was begun and is not done; see `status`, and finish it first".to_owned(),
        )];
        match self.preview.direction {
            Direction::Up => {
                let why = format!(
                    "`{name}` is applied already: this script was run before, or is for another database"
                );
                obstacles.push((is(name), why));
            }
            Direction::Down => {
                let why = format!(
                    "`{name}` is not applied: this script was run before, or is for another database"
                );
                obstacles.push((format!("NOT {}", is(name)), why));
            }
        }
        match (self.previous, self.preview.direction) {
            (None, _) => obstacles.extend(self.elsewhere()),
            // As in a program that goes on after an error.
            (Some(previous), Direction::Up) => {
                obstacles.push((
                    format!("NOT {}", is(previous)),
                    format!("`{previous}` is not applied"),
                ));
            }
            (Some(previous), Direction::Down) => {
                obstacles.push((is(previous), format!("`{previous}` is still applied")));
            }
        }
        obstacles
    }

    /// A database that stands elsewhere than the script begins.
    fn elsewhere(&self) -> Vec<Obstacle> {
        let table = self.table();
        let place = self.preview.applied.last().map_or("base", String::as_str);
        let why = |what: &str| {
            format!("{what} `{place}`, where this script begins; print it for this database")
        };
        if self.preview.applied.is_empty() {
            let any = format!("EXISTS (SELECT 1 FROM {table})");
            return vec![(any, why("the database is further than"))];
        }
        let names: Vec<String> = self.preview.applied.iter().map(|name| quote_text(name)).collect();
        let names = names.join(", ");
        let count = self.preview.applied.len();
        vec![
            (
                format!("(SELECT count(*) FROM {table} WHERE version IN ({names})) < {count}"),
                why("the database lacks migrations up to"),
            ),
            (
                format!("EXISTS (SELECT 1 FROM {table} WHERE version NOT IN ({names}))"),
                why("the database has other migrations than those up to"),
            ),
        ]
    }
}
