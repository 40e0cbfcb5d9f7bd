//! What a table of SQLite takes along that is dropped, be it for the moment of a rebuild: its children.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::{
    operation::{Operation, describe::counted},
    schema::{ForeignKey, Schema, TableName, quote},
    sqlite,
};

/// Refuses to drop tables that rows of others point at, where `foreign_keys` are on: those rows would be deleted or changed.
///
/// # Errors
/// With the tables, and how a connection is opened that has them off.
pub async fn expect_safe<C: ConnectionTrait>(
    db: &C,
    before: &Schema,
    (dropped, segment): (&BTreeSet<String>, &[Operation]),
) -> Result<(), DbErr> {
    if number(db, "SELECT foreign_keys FROM pragma_foreign_keys").await? == 0 {
        return Ok(());
    }
    let goes = |child: &TableName| {
        let mut operations = segment.iter();
        operations.any(|one| matches!(one, Operation::DropTable { table, .. } if table == child))
    };
    let parent = |key: &ForeignKey| {
        dropped.iter().any(|name| name.eq_ignore_ascii_case(&key.references.name))
    };
    let mut lost = Vec::new();
    for (child, table) in before.tables.iter().filter(|(child, _)| !goes(child)) {
        for key in table.foreign_keys.iter().filter(|key| parent(key)) {
            let set = key.columns.iter().map(|column| format!("{} IS NOT NULL", quote(column)));
            let set = set.collect::<Vec<_>>().join(" AND ");
            let rows = format!("SELECT count(*) FROM {} WHERE {set}", quote(&child.name));
            let rows = number(db, &rows).await?;
            if rows > 0 {
                lost.push(format!("{} of `{child}` at `{}`", counted(rows, "row"), key.references));
            }
        }
    }
    if lost.is_empty() {
        return Ok(());
    }
    Err(DbErr::Migration(format!(
        "a table has to be rebuilt or dropped, and with `foreign_keys` on its children would be deleted with it, which point at it: \
         {}; apply this migration with sea-revise, or on a connection that was opened with `foreign_keys` off: \
         ConnectOptions::map_sqlx_sqlite_opts(|o| o.foreign_keys(false))",
        lost.join(", ")
    )))
}

async fn number<C: ConnectionTrait>(db: &C, sql: &str) -> Result<i64, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// What was broken elsewhere before is none of this migration's business.
pub async fn expect_keys_whole<C: ConnectionTrait>(
    db: &C,
    touched: &BTreeSet<TableName>,
) -> Result<(), DbErr> {
    let after = sqlite::read(db).await?;
    let mut broken = Vec::new();
    for (child, table) in &after.tables {
        let keys = &table.foreign_keys;
        let concerned =
            touched.contains(child) || keys.iter().any(|key| touched.contains(&key.references));
        if keys.is_empty() || !concerned {
            continue;
        }
        match sqlite::broken_keys(db, &child.name).await? {
            0 => {}
            1 => {
                broken.push(format!("1 row of `{child}` would point at a row that does not exist"))
            }
            rows => broken
                .push(format!("{rows} rows of `{child}` would point at rows that do not exist")),
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(DbErr::Migration(broken.join("\n"))) }
}
