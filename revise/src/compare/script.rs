//! A file of SQL, made so that it cannot get out of the shadow it is run in.

use sea_orm::DbBackend;

use crate::schema::quote_text;

/// Lines of a dump that say nothing about the schema: the transaction that is ours to open, and commands of shells.
const FRAME: [&str; 7] = [
    "begin;",
    "begin transaction;",
    "start transaction;",
    "commit;",
    "end;",
    "create table sqlite_sequence(name,seq);",
    "select pg_catalog.set_config('search_path', '', false);",
];

/// The statements of a file without their frame. On PostgreSQL they become one statement that cannot end a
/// transaction, whatever is in it; a dump's `public` is the shadow.
///
/// # Errors
/// With the reason, when the file would open another database.
pub fn contained(file: &str, backend: DbBackend) -> Result<String, &'static str> {
    let frame = |line: &&str| {
        let line = line.trim();
        line.starts_with('\\') || FRAME.contains(&line.to_lowercase().as_str())
    };
    let lines: Vec<&str> = file.lines().filter(|line| !frame(line)).collect();
    let mut sql = lines.join("\n");
    if backend == DbBackend::Sqlite {
        let mut words = sql.split(|next: char| !next.is_alphanumeric()).map(str::to_uppercase);
        return match words.any(|word| word == "ATTACH" || word == "VACUUM") {
            true => Err("it opens or writes another file (ATTACH, VACUUM)"),
            false => Ok(sql),
        };
    }
    if file.contains("-- PostgreSQL database dump") {
        sql = sql.replace("public.", "");
    }
    let text = quote_text(&sql);
    Ok(format!("DO {}", quote_text(&format!("BEGIN EXECUTE {text}; END"))))
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
        assert!(sql.starts_with("DO 'BEGIN EXECUTE ''CREATE TABLE t"), "{sql}");
    }
}
