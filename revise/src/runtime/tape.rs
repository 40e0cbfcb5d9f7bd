//! What migrations do, in its order and as it will be on a real database, for a script: their statements, what they read, and what
//! has to hold between them.

use std::sync::Mutex;

use sea_orm::{DbBackend, Statement};

use crate::postgres::{PieceKind, piece};

/// One thing that a migration does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A statement of the migration's own, such as SeaORM's or SQL of a person. It may be several.
    Own(String),
    /// A statement of its own that changes rows and whose answer the migration reads.
    Answered(String),
    /// A question, on whose answer the rest may depend.
    Read(String),
    /// A transaction of its own begins, so deep.
    Begin(usize),
    /// It is committed.
    Commit(usize),
    /// It is rolled back.
    Rollback(usize),
    /// A statement of a plan.
    Planned(String),
    /// A SELECT that has to answer 0, and what is wrong otherwise.
    Expect { message: String, count: String },
    /// As [`Entry::Expect`], of values that would change: no error for somebody who agrees.
    Agree { message: String, count: String },
    /// So many operations of a migration without a transaction are done.
    Step(usize),
}

impl Entry {
    /// The statement of the migration that it is.
    pub fn statement(&self) -> Option<&str> {
        match self {
            Self::Own(sql) | Self::Answered(sql) | Self::Planned(sql) => Some(sql),
            Self::Read(_)
            | Self::Begin(_)
            | Self::Commit(_)
            | Self::Rollback(_)
            | Self::Expect { .. }
            | Self::Agree { .. }
            | Self::Step(_) => None,
        }
    }
}

/// The entries of one migration.
#[derive(Debug, Default)]
pub(crate) struct Tape(Mutex<Vec<Entry>>);

impl Tape {
    pub fn add(&self, entry: Entry) {
        if let Ok(mut entries) = self.0.lock() {
            entries.push(entry);
        }
    }

    /// Adds what a migration asks the database.
    pub fn add_query(&self, sql: String) {
        let words: Vec<String> = words(&sql);
        let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
        let reads = words.first().is_some_and(|first| {
            ["SELECT", "WITH", "VALUES", "PRAGMA", "SHOW", "EXPLAIN", "TABLE"]
                .contains(&first.as_str())
        });
        let changes = has(&["SETVAL", "NEXTVAL"])
            || words.first().is_some_and(|first| first == "WITH")
                && has(&["INSERT", "UPDATE", "DELETE", "MERGE"]);
        self.add(if reads && !changes { Entry::Read(sql) } else { Entry::Answered(sql) });
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.lock().map(|entries| entries.len()).unwrap_or_default()
    }

    /// Forgets what came after the first ones.
    pub fn truncate(&self, length: usize) {
        if let Ok(mut entries) = self.0.lock() {
            entries.truncate(length);
        }
    }

    /// The entries, which begin anew.
    pub fn take(&self) -> Vec<Entry> {
        self.0.lock().map(|mut entries| std::mem::take(&mut *entries)).unwrap_or_default()
    }
}

/// The text of a statement with its values in it.
pub(crate) fn inlined(statement: &Statement) -> String {
    let values = statement.values.as_ref().map(|values| values.0.as_slice()).unwrap_or_default();
    // SeaORM itself puts values in for `?` only, and SQLite knows `$1` and `?1` as well.
    if statement.db_backend != DbBackend::Sqlite || values.is_empty() {
        return statement.to_string();
    }
    let (mut text, mut rest, mut next) = (String::new(), statement.sql.as_str(), 0);
    while let Some((kind, length)) = piece(rest) {
        let (part, after) = rest.split_at(length);
        rest = after;
        if kind != PieceKind::Other || !matches!(part, "?" | "$") {
            text.push_str(part);
            continue;
        }
        let digits = rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let place = match number.parse::<usize>() {
            Ok(number) => number.saturating_sub(1),
            Err(_) => next,
        };
        match values.get(place) {
            Some(value) => {
                let value = [value.clone()];
                text.push_str(
                    &Statement::from_sql_and_values(DbBackend::Sqlite, "?", value).to_string(),
                );
                rest = after;
                next = place + 1;
            }
            None => text.push_str(part),
        }
    }
    text
}

/// The words of SQL in capitals, without comments and texts.
pub(crate) fn words(sql: &str) -> Vec<String> {
    let pieces = crate::postgres::pieces(sql).into_iter();
    let words = pieces.filter(|(kind, _)| *kind == crate::postgres::PieceKind::Word);
    words.map(|(_, word)| word.to_ascii_uppercase()).collect()
}

/// Whether a question is about the schema and not about rows, so that the history alone answers it.
pub(crate) fn asks_for_schema(sql: &str) -> bool {
    let pieces = crate::postgres::pieces(sql);
    let mut names = pieces.iter().map(|(_, text)| text.trim_matches('"').to_ascii_lowercase());
    let catalog = |name: &str| {
        matches!(name, "information_schema" | "sqlite_schema" | "sqlite_master" | "pragma")
            || name.starts_with("pg_")
            || name.starts_with("pragma_")
    };
    names.any(|name| catalog(&name)) || !words(sql).iter().any(|word| word == "FROM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_changes_that_answer() {
        for (sql, reads) in [
            ("SELECT 1", true),
            ("WITH a AS (SELECT 1) SELECT * FROM a", true),
            ("PRAGMA foreign_keys", true),
            ("SELECT setval('s', 1)", false),
            ("INSERT INTO t (a) VALUES ('select') RETURNING id", false),
            ("WITH a AS (DELETE FROM t RETURNING id) SELECT * FROM a", false),
            ("SELECT 'delete setval'", true),
        ] {
            let tape = Tape::default();
            tape.add_query(sql.to_owned());
            assert_eq!(matches!(tape.take().as_slice(), [Entry::Read(_)]), reads, "{sql}");
        }
    }

    #[test]
    fn values_stand_where_sqlite_finds_them() {
        let values = [1.into(), "a'?$2".into(), sea_orm::Value::from(None::<i32>)];
        for (sql, expected) in [
            ("VALUES (?, ?, ?)", "VALUES (1, 'a''?$2', NULL)"),
            ("VALUES ($3, $1, '$1 ?', $2) -- ?", "VALUES (NULL, 1, '$1 ?', 'a''?$2') -- ?"),
            ("VALUES (?2, ?, ?1)", "VALUES ('a''?$2', NULL, 1)"),
        ] {
            let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values.clone());
            assert_eq!(inlined(&statement), expected, "{sql}");
        }
        let statement = Statement::from_string(DbBackend::Sqlite, "SELECT '?'");
        assert_eq!(inlined(&statement), "SELECT '?'");
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, "($2, $1)", values);
        assert_eq!(inlined(&statement), "(E'a\\'?$2', 1)");
    }

    #[test]
    fn a_question_about_the_schema_is_no_question_about_rows() {
        for sql in [
            "SELECT COUNT(*) > 0 AS \"has_table\" FROM \"sqlite_master\" WHERE \"type\" = 'table'",
            "SELECT * FROM \"information_schema\".\"tables\"",
            "SELECT name FROM pragma_table_info('t')",
            "PRAGMA foreign_keys",
            "SELECT version()",
        ] {
            assert!(asks_for_schema(sql), "{sql}");
        }
        for sql in ["SELECT count(*) FROM t", "SELECT a FROM t WHERE a = 'pg_catalog'"] {
            assert!(!asks_for_schema(sql), "{sql}");
        }
    }
}
