//! The order in which the rows of a table are gone through: by its primary key, on SQLite by the rowid where there is one.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};

use crate::{
    schema::{Column, TableName, quote, quote_text},
    sqlite,
};

/// What rows are gone through by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The table, in SQL.
    pub table: String,
    /// The columns, in SQL.
    columns: Vec<String>,
    /// An expression for each, of a text that is the column's value in SQL.
    literals: Vec<String>,
}

impl Key {
    /// That of a table; `None` when there is no such table any more.
    ///
    /// # Errors
    /// For a table without a key; when the database does not answer.
    pub async fn of<C: ConnectionTrait>(db: &C, table: &TableName) -> Result<Option<Self>, DbErr> {
        let key = match db.get_database_backend() {
            DbBackend::Sqlite => on_sqlite(db, table).await?,
            _ => on_postgres(db, table).await?,
        };
        match key {
            Some(key) if key.columns.is_empty() => Err(DbErr::Migration(format!(
                "`{table}` has no primary key, so its rows cannot be gone through in batches; use `backfill` or SQL of your own"
            ))),
            key => Ok(key),
        }
    }

    /// The rows after a place.
    pub fn after(&self, place: &str) -> String {
        format!("({}) > ({place})", self.columns.join(", "))
    }

    /// The rows up to a place, that one included.
    pub fn up_to(&self, place: &str) -> String {
        format!("({}) <= ({place})", self.columns.join(", "))
    }

    /// The place of the last row of so many after a range begins; none when there are fewer.
    pub fn end(&self, range: &str, size: u32) -> String {
        let literals = self.literals.join(" || ', ' || ");
        let clause = if range.is_empty() { String::new() } else { format!(" WHERE {range}") };
        let order = self.columns.join(", ");
        let skipped = size.saturating_sub(1);
        format!(
            "SELECT {literals} FROM {}{clause} ORDER BY {order} LIMIT 1 OFFSET {skipped}",
            self.table
        )
    }
}

async fn on_sqlite<C: ConnectionTrait>(db: &C, table: &TableName) -> Result<Option<Key>, DbErr> {
    let schema = sqlite::read(db).await?;
    let Some(found) = schema.table(table) else { return Ok(None) };
    let has =
        |name: &str| found.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    // VACUUM changes the rowids that no column names, and a key of other columns may be NULL.
    let is_sure = |column: &&Column| !column.nullable || !column.identity.is_none();
    let key: Vec<&String> = found.primary_key.iter().flat_map(|key| &key.columns).collect();
    let sure = key.iter().all(|column| found.find(column).as_ref().is_some_and(is_sure));
    let rowid = ["rowid", "_rowid_", "oid"].into_iter().find(|name| !has(name));
    let columns = match rowid {
        Some(rowid) if key.is_empty() || !sure => vec![rowid.to_owned()],
        _ => key.into_iter().map(|column| quote(column)).collect(),
    };
    let literals = columns.iter().map(|column| format!("quote({column})")).collect();
    Ok(Some(Key { table: quote(&found.name.name), columns, literals }))
}

async fn on_postgres<C: ConnectionTrait>(db: &C, table: &TableName) -> Result<Option<Key>, DbErr> {
    let ask = |sql: &str| {
        Statement::from_sql_and_values(DbBackend::Postgres, sql, [table.quoted().into()])
    };
    let there = db.query_one_raw(ask("SELECT to_regclass($1) IS NOT NULL")).await?;
    if !there.map_or(Ok(false), |row| row.try_get_by_index::<bool>(0))? {
        return Ok(None);
    }
    let sql = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_index i \
               CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place) \
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
               WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY k.place";
    let rows = db.query_all_raw(ask(sql)).await?;
    let part = |row: &QueryResult| {
        let (name, kind): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (column, cast) = (quote(&name), quote_text(&format!("::{kind}")));
        let literal = format!("quote_literal({column}::text) || {cast}");
        Ok::<_, DbErr>((column, literal))
    };
    let parts: Vec<(String, String)> = rows.iter().map(part).collect::<Result<_, _>>()?;
    let (columns, literals) = parts.into_iter().unzip();
    Ok(Some(Key { table: table.quoted(), columns, literals }))
}
