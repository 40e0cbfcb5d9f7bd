//! The one way to change a column of a SQLite table that `ALTER TABLE` cannot change: build anew, copy, swap.
//!
//! Follows <https://www.sqlite.org/lang_altertable.html#otheralter>, inside the migration's transaction.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement},
};

/// Replaces `table` by the one that `create` describes, and keeps rows, indexes and the next id.
///
/// `create` carries any name; it has the columns of `table`, some of them with another definition.
///
/// # Errors
/// When `foreign_keys` is on, since dropping a parent table would then delete or change its children, when a
/// row does not fit the new definition, or when a foreign key is broken afterwards.
pub async fn rebuild(
    manager: &SchemaManager<'_>,
    table: &str,
    mut create: TableCreateStatement,
) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let enforced: i32 = query(db, "PRAGMA foreign_keys", &[])
        .await?
        .first()
        .map_or(Ok(0), |row| row.try_get_by_index(0))?;
    if enforced != 0 {
        return Err(DbErr::Migration(format!(
            "table `{table}` has to be rebuilt, and with `foreign_keys` on its children would be deleted with it; \
             open the migrating connection with `foreign_keys` off, as `bookplate db upgrade` does"
        )));
    }

    let fresh = format!("{table}_new");
    let old = texts(db, "SELECT name FROM pragma_table_info(?)", table).await?;
    let columns = old.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let kept = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL";
    let kept = texts(db, kept, table).await?;

    manager.create_table(create.table(fresh.clone()).take()).await?;
    let steps = [
        format!("INSERT INTO \"{fresh}\" ({columns}) SELECT {columns} FROM \"{table}\""),
        // An id that was given once is never given again, also when the row that had it is gone.
        format!("DELETE FROM sqlite_sequence WHERE name = '{fresh}'"),
        format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT '{fresh}', seq FROM sqlite_sequence WHERE name = '{table}'"
        ),
        format!("DROP TABLE \"{table}\""),
        // Otherwise the rename fails over a view that names the table, which is not there at this moment.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        format!("ALTER TABLE \"{fresh}\" RENAME TO \"{table}\""),
        "PRAGMA legacy_alter_table = OFF".to_owned(),
    ];
    for sql in steps.iter().chain(&kept) {
        db.execute_unprepared(sql).await?;
    }

    let broken =
        texts(db, "SELECT \"table\" FROM pragma_foreign_key_check WHERE \"parent\" = ?", table)
            .await?;
    match broken.first() {
        None => Ok(()),
        Some(child) => Err(DbErr::Migration(format!(
            "{} rows of `{child}` point at rows of `{table}` that do not exist",
            broken.len()
        ))),
    }
}

/// The first column of what `sql` finds for one bound text.
async fn texts(db: &impl ConnectionTrait, sql: &str, bound: &str) -> Result<Vec<String>, DbErr> {
    let rows = query(db, sql, &[bound]).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn query(
    db: &impl ConnectionTrait,
    sql: &str,
    bound: &[&str],
) -> Result<Vec<QueryResult>, DbErr> {
    let values = bound.iter().map(|text| (*text).into());
    db.query_all_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await
}
