//! A file of SQL, made so that it cannot get out of the shadow it is run in.

mod dump;

use sea_orm::DbBackend;

pub use self::dump::statements;
use crate::schema::{quote, quote_text};

/// Lines of SQLite's dump that say nothing about the schema: the transaction that is ours to open, and the shell's.
const FRAME: [&str; 7] = [
    ".bail on",
    "begin;",
    "begin transaction;",
    "start transaction;",
    "commit;",
    "end;",
    "create table sqlite_sequence(name,seq);",
];

/// The statements of a file without their frame. On PostgreSQL they become one statement that cannot end a
/// transaction, whatever is in it; a dump's `public` is the shadow.
///
/// # Errors
/// With the reason, when the file would open another database.
pub fn contained(file: &str, backend: DbBackend) -> Result<String, &'static str> {
    if backend == DbBackend::Sqlite {
        let frame = |line: &&str| FRAME.contains(&line.trim().to_lowercase().as_str());
        let lines: Vec<&str> = file.lines().filter(|line| !frame(line)).collect();
        let sql = lines.join("\n");
        let mut words = sql.split(|next: char| !next.is_alphanumeric()).map(str::to_uppercase);
        return match words.any(|word| word == "ATTACH" || word == "VACUUM") {
            true => Err("it opens or writes another file (ATTACH, VACUUM)"),
            false => Ok(sql),
        };
    }
    // What a body names may come later, in a dump too. A statement may end in a comment, so its semicolon has a line of its own.
    let first = ["SET LOCAL check_function_bodies = off".to_owned()].into_iter();
    let statements: Vec<String> = first.chain(statements(file)).collect();
    let text = quote_text(&statements.join("\n;\n"));
    Ok(format!("DO {}", quote_text(&format!("BEGIN EXECUTE {text}; END"))))
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
        assert!(contained("ATTACH 'other.db' AS o", DbBackend::Sqlite).is_err());
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
