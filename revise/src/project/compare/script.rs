//! A file of SQL, made so that it cannot get out of the shadow it is run in.

mod dump;

use sea_orm::DbBackend;

pub use self::dump::statements;
use crate::{
    schema::{quote, quote_text},
    sqlite::{self, first_word},
};

/// Beginnings of SQLite's statements that say nothing about the schema: the transaction is ours to open.
const FRAME: [&str; 4] = ["BEGIN", "COMMIT", "END", "START"];

/// What a dump says of a table that SQLite makes itself.
const SEQUENCES: &str = "create table sqlite_sequence(name,seq)";

/// The statements of a file without their frame. On PostgreSQL they become one statement that cannot end a
/// transaction, whatever is in it; a dump's `public` is the shadow.
///
/// # Errors
/// With the reason, when the file would open another database.
pub fn contained(file: &str, backend: DbBackend) -> Result<String, &'static str> {
    if backend == DbBackend::Sqlite {
        return contained_in_sqlite(file);
    }
    // What a body names may come later, in a dump too. A statement may end in a comment, so its semicolon has a line of its own.
    let first = ["SET LOCAL check_function_bodies = off".to_owned()].into_iter();
    let statements: Vec<String> = first.chain(statements(file)).collect();
    let text = quote_text(&statements.join("\n;\n"));
    Ok(format!("DO {}", quote_text(&format!("BEGIN EXECUTE {text}; END"))))
}

fn contained_in_sqlite(file: &str) -> Result<String, &'static str> {
    // The shell's own.
    let lines: Vec<&str> =
        file.lines().filter(|line| !line.trim().eq_ignore_ascii_case(".bail on")).collect();
    let sql = lines.join("\n");
    let mut contained = String::new();
    for statement in sqlite::statements(&sql).map_err(|_| "a quote in it is not closed")? {
        let word = first_word(statement);
        if word == "ATTACH" || word == "VACUUM" {
            return Err("it opens or writes another file (ATTACH, VACUUM)");
        }
        if !FRAME.contains(&word.as_str()) && statement.to_lowercase() != SEQUENCES {
            let end = if contained.is_empty() { "" } else { "\n" };
            contained.push_str(&format!("{end}{statement};"));
        }
    }
    Ok(contained)
}

/// Statements of SQLite that fail with this message unless the query answers 0.
pub fn guard(message: &str, count: &str) -> [String; 3] {
    let table = quote("sea-revise looks for rows");
    let name = quote(message);
    [
        format!("CREATE TEMP TABLE {table} (found integer CONSTRAINT {name} CHECK (found = 0))"),
        format!("INSERT INTO temp.{table} {count}"),
        format!("DROP TABLE temp.{table}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_frame_is_left() {
        let file = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a);\nCREATE TABLE sqlite_sequence(name,seq);\nCOMMIT;";
        let sql = contained(file, DbBackend::Sqlite).unwrap();
        assert_eq!(sql, "PRAGMA foreign_keys=OFF;\nCREATE TABLE t(a);");
        for file in [
            "ATTACH 'other.db' AS o",
            "CREATE TABLE t (a);/* why */ attach 'other.db' AS o",
            "VACUUM INTO 'other.db'",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;\nVacuum;",
            "ATTACH 'other.db' AS o; 'open",
        ] {
            assert!(contained(file, DbBackend::Sqlite).is_err(), "{file}");
        }
        for file in [
            "CREATE TABLE attach_log (vacuum_at text, \"ATTACH\" text);",
            "CREATE TABLE t (a text DEFAULT '; ATTACH');\nCREATE INDEX vacuum ON t (a);",
            "CREATE TRIGGER attach AFTER INSERT ON t BEGIN\nUPDATE t SET vacuum = 1;\nEND;",
        ] {
            let framed = format!("BEGIN;\n{file}\n-- ATTACH; VACUUM\nEND;");
            assert_eq!(contained(&framed, DbBackend::Sqlite).unwrap(), file);
        }
        let sql = contained(
            "\\restrict x\nCREATE TABLE t(a text DEFAULT 'o''clock');",
            DbBackend::Postgres,
        )
        .unwrap();
        assert!(sql.starts_with("DO 'BEGIN EXECUTE ''SET LOCAL"), "{sql}");
        let end = "CREATE TABLE t(a text DEFAULT ''''o''''''''clock'''')''; END'";
        assert!(sql.ends_with(end), "{sql}");
    }
}
