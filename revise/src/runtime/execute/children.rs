//! What a table of SQLite takes along that is dropped, be it for the moment of a rebuild: its children.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{execute, run};
use crate::{
    operation::{Operation, describe::counted},
    runtime::{context::ExecutionContext, tape::Entry},
    schema::{ForeignKey, Schema, TableName, quote, quote_text},
    sqlite::{self, Script},
};

/// What to do where a connection would delete the children.
const WAY_OUT: &str = "apply this migration with sea-revise, or on a connection that was opened with `foreign_keys` off: \
                       ConnectOptions::map_sqlx_sqlite_opts(|o| o.foreign_keys(false))";

/// Runs a script that drops tables, so that no child is lost where `foreign_keys` are on and cannot be switched off, because a transaction
/// is open: the children of a table that is rebuilt point at the new one before the old one goes. `schema` is what a segment is
/// carried out on.
///
/// # Errors
/// For a table that is dropped for good while rows of others point at it; when a statement fails.
pub async fn run_safely<C: ConnectionTrait>(
    db: &C,
    (schema, segment): (&Schema, &[Operation]),
    script: &Script,
    context: &ExecutionContext,
) -> Result<(), DbErr> {
    if number(db, "SELECT foreign_keys FROM pragma_foreign_keys").await? == 0 {
        return run(db, &script.statements, |sql| context.observe_planned(sql)).await;
    }
    expect_no_children(db, schema, (script, segment)).await?;
    let mut pointed = Vec::new();
    for sql in &script.statements {
        if let Some((old, fresh)) = script.replaced_by(sql)
            && point_at(db, old, fresh).await?
        {
            pointed.push(fresh);
        }
        run(db, std::slice::from_ref(sql), |sql| context.observe_planned(sql)).await?;
    }
    // The rename of the new table has given them the name that they had.
    for fresh in pointed {
        expect_none_at(db, fresh).await?;
    }
    Ok(())
}

/// Lets the children of a table point at another one, and answers whether there are any. SQLite checks no rows for that, and none change.
async fn point_at<C: ConnectionTrait>(db: &C, old: &str, fresh: &str) -> Result<bool, DbErr> {
    let children = children_of(db, old).await?;
    if children.is_empty() {
        return Ok(false);
    }
    execute(db, "PRAGMA writable_schema(1)").await?;
    let write = async {
        for (name, sql) in &children {
            let unreadable = || DbErr::Migration(format!("the text of `{name}` cannot be read"));
            let sql = sqlite::with_reference(sql, old, fresh).ok_or_else(unreadable)?;
            let update = "UPDATE sqlite_schema SET sql = $1 WHERE type = 'table' AND name = $2";
            let values = [sql.into(), name.as_str().into()];
            db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, update, values))
                .await?;
        }
        Ok::<_, DbErr>(())
    };
    let written = write.await;
    // Also after an error. What was written is read again.
    execute(db, "PRAGMA writable_schema(RESET)").await?;
    written?;
    expect_none_at(db, old).await?;
    Ok(true)
}

/// Refuses to go on while a table points at one that is to go. The transaction around this is rolled back then.
async fn expect_none_at<C: ConnectionTrait>(db: &C, table: &str) -> Result<(), DbErr> {
    match children_of(db, table).await?.first() {
        None => Ok(()),
        Some((child, _)) => Err(DbErr::Migration(format!(
            "`{child}` cannot be kept from pointing at `{table}`, and with `foreign_keys` on its rows would be lost; {WAY_OUT}"
        ))),
    }
}

/// The tables whose foreign keys point at one, which may be one of them, with their texts.
async fn children_of<C: ConnectionTrait>(
    db: &C,
    table: &str,
) -> Result<Vec<(String, String)>, DbErr> {
    let sql = "SELECT s.name, s.sql FROM sqlite_schema s WHERE s.type = 'table' AND s.sql NOT LIKE 'CREATE VIRTUAL %' \
               AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name) k WHERE k.\"table\" = $1 COLLATE NOCASE)";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [table.into()]);
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Refuses to drop tables for good that rows of others point at: those rows would be deleted or changed.
///
/// # Errors
/// With the tables, and how a connection is opened that has `foreign_keys` off.
async fn expect_no_children<C: ConnectionTrait>(
    db: &C,
    before: &Schema,
    (script, segment): (&Script, &[Operation]),
) -> Result<(), DbErr> {
    let goes = |child: &TableName| {
        let mut operations = segment.iter();
        operations.any(|one| matches!(one, Operation::DropTable { table, .. } if table == child))
    };
    let dropped: Vec<&String> =
        script.dropped.iter().filter(|name| !script.rebuilt.contains_key(*name)).collect();
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
        "a table is dropped, and with `foreign_keys` on its children would be deleted or changed with it, which point at it: {}; {WAY_OUT}",
        lost.join(", ")
    )))
}

async fn number<C: ConnectionTrait>(db: &C, sql: &str) -> Result<i64, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// What was broken elsewhere before is none of this migration's business. Answers the tables that were looked at.
pub async fn expect_keys_whole<C: ConnectionTrait>(
    db: &C,
    touched: &BTreeSet<TableName>,
) -> Result<Vec<String>, DbErr> {
    let after = sqlite::read(db).await?;
    let (mut broken, mut children) = (Vec::new(), Vec::new());
    for (child, table) in &after.tables {
        let keys = &table.foreign_keys;
        let concerned =
            touched.contains(child) || keys.iter().any(|key| touched.contains(&key.references));
        if keys.is_empty() || !concerned {
            continue;
        }
        children.push(child.name.clone());
        match sqlite::broken_keys(db, &child.name).await? {
            0 => {}
            1 => {
                broken.push(format!("1 row of `{child}` would point at a row that does not exist"))
            }
            rows => broken
                .push(format!("{rows} rows of `{child}` would point at rows that do not exist")),
        }
    }
    if broken.is_empty() { Ok(children) } else { Err(DbErr::Migration(broken.join("\n"))) }
}

/// The same for a script.
pub fn whole_in_script(children: &[String]) -> Entry {
    let names: Vec<String> = children.iter().map(|name| quote_text(name)).collect();
    let names = names.join(", ");
    Entry::Expect {
        message: "rows would point at rows that do not exist".to_owned(),
        count: format!(
            "SELECT count(*) FROM pragma_foreign_key_check WHERE \"table\" IN ({names})"
        ),
    }
}
