//! What a migration says, without a database: its statements over a connection that only records them. A migration that reads
//! cannot be recorded whole, because what it does next depends on an answer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use sea_orm::{
    DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabase,
    MockDatabaseConnection, MockDatabaseTrait, MockExecResult, QueryResult, Statement, Transaction,
};
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::{
    postgres::{PieceKind, piece, pieces},
    runtime::{context::ExecutionContext, upgrade::Direction},
};

/// What was recorded of a migration.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Its statements, except for those of plans.
    pub statements: Vec<Statement>,
    /// The migrations that it replaces.
    pub replaces: Vec<String>,
    /// Whether these are all that it would run.
    pub whole: bool,
}

/// Records the way up of a migration.
pub(crate) async fn record(migration: &dyn MigrationTrait, backend: DbBackend) -> Recording {
    record_way(migration, backend, Direction::Up).await
}

/// Records one way of a migration.
pub(crate) async fn record_way(
    migration: &dyn MigrationTrait,
    backend: DbBackend,
    direction: Direction,
) -> Recording {
    let tape = Arc::<Tape>::default();
    let db = seen_by(Recorder { tape: Arc::clone(&tape), backend });
    let context = Arc::new(ExecutionContext::recording());
    let manager = SchemaManager::new(&db);
    let done = match direction {
        Direction::Up => context.up(migration, &manager).await,
        Direction::Down => context.down(migration, &manager).await,
    };
    let statements = tape.statements.lock().map(|found| found.clone()).unwrap_or_default();
    Recording {
        statements,
        replaces: context.replaced(),
        whole: done.is_ok() && !tape.asked.load(Ordering::Relaxed),
    }
}

#[derive(Debug, Default)]
struct Tape {
    statements: Mutex<Vec<Statement>>,
    asked: AtomicBool,
}

#[derive(Debug)]
struct Recorder {
    tape: Arc<Tape>,
    backend: DbBackend,
}

impl Recorder {
    fn note(&self, statement: Statement) {
        if let Ok(mut statements) = self.tape.statements.lock() {
            statements.push(statement);
        }
    }
}

impl MockDatabaseTrait for Recorder {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        self.note(statement.clone());
        let done = [MockExecResult::default()];
        MockDatabase::new(self.backend).append_exec_results(done).execute(0, statement)
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.note(statement);
        self.tape.asked.store(true, Ordering::Relaxed);
        Err(DbErr::Custom("nothing is answered while a migration is recorded".to_owned()))
    }

    fn begin(&mut self) {}

    fn commit(&mut self) {}

    fn rollback(&mut self) {}

    fn drain_transaction_log(&mut self) -> Vec<Transaction> {
        Vec::new()
    }

    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    fn ping(&self) -> Result<(), DbErr> {
        Ok(())
    }
}

/// A connection whose statements are given to this: SeaORM's mock, which is the one kind of connection that is not a driver's.
pub(crate) fn seen_by(observer: impl MockDatabaseTrait + 'static) -> DatabaseConnection {
    let connection = Arc::new(MockDatabaseConnection::new(observer));
    DatabaseConnectionType::MockDatabaseConnection(connection).into()
}

/// What statements say, for a checksum: without spaces and comments, and without rows, which may hold the time or a random value.
pub(crate) fn said(statements: &[Statement]) -> Vec<String> {
    statements.iter().flat_map(|statement| parts(&statement.sql)).collect()
}

/// Whether a text ends the transaction that it runs in.
pub(crate) fn ends_transaction(sql: &str) -> bool {
    let ends = |statement: &String| {
        let mut words = statement.split(' ').map(str::to_ascii_uppercase);
        match words.next().as_deref() {
            Some("COMMIT" | "END" | "ABORT") => true,
            Some("ROLLBACK") => !words.any(|word| word == "TO"),
            Some("PREPARE") => words.next().is_some_and(|word| word == "TRANSACTION"),
            _ => false,
        }
    };
    parts(sql).iter().any(ends)
}

/// The statements of one text as they are written, without the comments between them.
pub(crate) fn texts(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut part, mut text, mut rest) = (Part::default(), String::new(), sql);
    while let Some((kind, length)) = piece(rest) {
        let (next, after) = rest.split_at(length);
        rest = after;
        match (kind, next) {
            (PieceKind::Space, _) => {}
            (_, ";") if part.open == 0 => {
                part = Part::default();
                found.push(std::mem::take(&mut text));
                continue;
            }
            _ => part.add(kind, next),
        }
        if !part.pieces.is_empty() {
            text.push_str(next);
        }
    }
    found.push(text);
    found.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// The statements of one text.
fn parts(sql: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = Part::default();
    for (kind, text) in pieces(sql) {
        match text {
            ";" if part.open == 0 => parts.extend(std::mem::take(&mut part).said()),
            _ => part.add(kind, text),
        }
    }
    parts.extend(part.said());
    parts
}

/// A statement of a text.
#[derive(Default)]
struct Part<'a> {
    pieces: Vec<(PieceKind, &'a str)>,
    /// How many ENDs are missing in the body of a trigger or of a function.
    open: usize,
}

impl<'a> Part<'a> {
    fn add(&mut self, kind: PieceKind, text: &'a str) {
        if kind == PieceKind::Word && self.begins_with("CREATE") {
            match text.to_ascii_uppercase().as_str() {
                "BEGIN" => self.open += 1,
                "CASE" if self.open > 0 => self.open += 1,
                "END" => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
        self.pieces.push((kind, text));
    }

    fn begins_with(&self, word: &str) -> bool {
        self.pieces.first().is_some_and(|(_, first)| first.eq_ignore_ascii_case(word))
    }

    /// Nothing for an empty one and for one that adds rows; one that changes rows without its values.
    fn said(self) -> Option<String> {
        if self.pieces.is_empty() || self.begins_with("INSERT") || self.begins_with("COPY") {
            return None;
        }
        let changes =
            ["UPDATE", "DELETE", "MERGE", "WITH"].iter().any(|word| self.begins_with(word));
        let value = |kind: PieceKind, text: &str| {
            kind == PieceKind::Literal || text.starts_with(|first: char| first.is_ascii_digit())
        };
        let texts = self.pieces.iter().map(|(kind, text)| match changes && value(*kind, text) {
            true => "?",
            false => text,
        });
        Some(texts.collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_transaction_is_found_and_that_of_a_body_is_not() {
        for sql in [
            "CREATE TABLE t (a int); commit",
            "ROLLBACK",
            "a; END;",
            "ROLLBACK WORK",
            "PREPARE TRANSACTION 'x'",
        ] {
            assert!(ends_transaction(sql), "{sql}");
        }
        for sql in [
            "SELECT 'x; COMMIT'",
            "ROLLBACK TO SAVEPOINT a",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; END",
            "DO $$ BEGIN NULL; END $$",
        ] {
            assert!(!ends_transaction(sql), "{sql}");
        }
    }

    #[test]
    fn rows_spaces_and_comments_are_not_what_a_migration_says() {
        let sql = "CREATE TABLE t (a int DEFAULT 1); -- one\n INSERT INTO t VALUES ('x;y'), (2);\nUPDATE t SET a = 'z', b = $1;;\n\
            CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO u VALUES (1); UPDATE t SET a = 2; END; DELETE FROM t";
        let expected = [
            "CREATE TABLE t ( a int DEFAULT 1 )",
            "UPDATE t SET a = ? , b = $ ?",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO u VALUES ( 1 ) ; UPDATE t SET a = 2 ; END",
            "DELETE FROM t",
        ];
        assert_eq!(parts(sql), expected);
        assert_eq!(parts("CREATE  TABLE t(a int)/* c */"), parts("CREATE TABLE t (\n  a int\n)"));
    }
}
