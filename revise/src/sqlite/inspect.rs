//! Reads a SQLite database: one query, the rest is in the statements that SQLite stores.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{
    definition, index,
    token::{tokens, verbatim},
};
use crate::schema::{
    DatabaseObject, Index, InspectedObject, ObjectKind, ReplaceMethod, Schema, SqlDefinition,
    TableName, Used, Written, quote,
};

/// The kind of a table that is not of the usual kind stands in the pragma only. Read once, not once for each row.
const OBJECTS: &str = "\
    WITH listed AS MATERIALIZED (SELECT name, type FROM pragma_table_list WHERE schema = 'main') \
    SELECT found.type, found.name, found.tbl_name, found.sql, listed.type \
    FROM sqlite_schema AS found \
    LEFT JOIN listed ON listed.name = found.name AND found.type = 'table' \
    WHERE (found.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' OR found.name = 'sqlite_stat1') AND found.sql IS NOT NULL \
    ORDER BY found.rowid";

/// An entry of `sqlite_schema`.
struct SchemaEntry {
    /// `table`, `index`, `view` or `trigger`.
    kind: String,
    name: String,
    table: String,
    sql: String,
    /// `table`, `virtual` or `shadow` where it is a table.
    listed: Option<String>,
}

/// Reads the schema of the database `main`.
///
/// # Errors
/// When the database cannot be read. A definition that cannot be understood is no error: it is listed in
/// [`Schema::unmanaged`].
pub async fn read(db: &impl ConnectionTrait) -> Result<Schema, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, OBJECTS)).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(SchemaEntry {
            kind: row.try_get_by_index(0)?,
            name: row.try_get_by_index(1)?,
            table: row.try_get_by_index(2)?,
            sql: row.try_get_by_index(3)?,
            listed: row.try_get_by_index(4)?,
        });
    }
    Ok(schema(entries))
}

/// How many rows of a child table point at nothing.
///
/// # Errors
/// When the database cannot be read, or a foreign key of the table points at columns that are not unique.
pub async fn broken_keys(db: &impl ConnectionTrait, child: &str) -> Result<i64, DbErr> {
    let sql = "SELECT count(*) FROM pragma_foreign_key_check($1)";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [child.into()]);
    let row = db.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

fn schema(entries: Vec<SchemaEntry>) -> Schema {
    let mut schema = Schema::default();
    let (tables, others): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.kind == "table");
    // SQLite compares names without regard to case; this leads from any spelling to the table's own.
    let mut spellings = BTreeMap::new();
    for entry in tables {
        if entry.name == "sqlite_stat1" {
            schema.analyzed = Used(true);
            continue;
        }
        if let Some(kind @ ("virtual" | "shadow")) = entry.listed.as_deref() {
            schema.unmanaged.push(format!("{kind} table {}", entry.name));
            if kind == "virtual" {
                let object = DatabaseObject::virtual_table(&entry.name, &respelt(&entry.sql));
                schema.objects.push(by_hand(object).of_table(&entry.name));
            }
            continue;
        }
        match definition::table(&entry.sql) {
            Ok(mut table) => {
                table.name = TableName::from(entry.name.as_str());
                spellings.insert(entry.name.to_ascii_lowercase(), table.name.clone());
                schema.insert(table);
            }
            Err(reason) => {
                schema.unmanaged.push(format!("table {} ({reason})", entry.name));
                let name = format!("table {}", entry.name);
                let object = DatabaseObject::new(&name, &respelt(&entry.sql), "");
                schema.objects.push(by_hand(object).of_table(&entry.name));
            }
        }
    }
    resolve_keys(&mut schema, &spellings);
    for entry in others {
        place(entry, &mut schema, &spellings);
    }
    schema.tables.values_mut().for_each(crate::schema::Table::sort);
    schema.unmanaged.sort();
    schema
}

/// What no operation makes: its rows are its module's, or its definition cannot be read.
fn by_hand(object: DatabaseObject) -> InspectedObject {
    InspectedObject::new(object, ObjectKind::OtherTable, ReplaceMethod::Never)
}

/// A definition in the canonical spelling of its tokens, where it has some.
fn respelt(sql: &str) -> String {
    tokens(sql).map_or_else(|_| sql.to_owned(), |tokens| verbatim(&tokens))
}

/// Puts an index, a trigger or a view where it belongs.
fn place(entry: SchemaEntry, schema: &mut Schema, spellings: &BTreeMap<String, TableName>) {
    let SchemaEntry { kind, name, table, sql, .. } = entry;
    if kind == "view" {
        schema.views.insert(TableName::from(name.as_str()), SqlDefinition { name, sql });
        return;
    }
    let found = spellings.get(&table.to_ascii_lowercase());
    let Some(owner) = found.and_then(|found| schema.tables.get_mut(found)) else {
        let mut views = schema.views.keys().map(|view| &view.name);
        let view = views.find(|view| view.eq_ignore_ascii_case(&table)).cloned();
        let on = if view.is_some() { "view" } else { "table" };
        schema.unmanaged.push(format!("{kind} {name} on {on} {table}"));
        let drop = format!("DROP {} IF EXISTS {}", kind.to_uppercase(), quote(&name));
        let object = DatabaseObject::new(&format!("{kind} {name} on {on} {table}"), &sql, &drop);
        let part = InspectedObject::new(object, ObjectKind::ViewPart, ReplaceMethod::Recreate);
        schema.objects.push(match view {
            Some(view) => part.of_view(&view),
            None => part.of_table(&table),
        });
        return;
    };
    if kind == "trigger" {
        owner.triggers.push(SqlDefinition { name, sql });
        return;
    }
    match index::index(&sql) {
        Ok((_, mut index)) => {
            index.name = name;
            index::normalize(&mut index, owner);
            owner.indexes.push(index);
        }
        Err(reason) => {
            schema.unmanaged.push(format!("index {name} on table {table} ({reason})"));
            let columns = index::unread(&sql);
            owner.indexes.push(Index {
                columns,
                written: Written(Some(sql)),
                ..Index::new(name, [])
            });
        }
    }
}

/// Gives foreign keys the spelling of the tables and columns that they point at, and the columns they leave out.
fn resolve_keys(schema: &mut Schema, spellings: &BTreeMap<String, TableName>) {
    let parents = schema.tables.clone();
    for key in schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
        let spelling = spellings.get(&key.references.name.to_ascii_lowercase());
        let Some(parent) = spelling.and_then(|spelling| parents.get(spelling)) else { continue };
        key.references.clone_from(&parent.name);
        if let (true, Some(primary)) = (key.referenced.is_empty(), &parent.primary_key)
            && primary.columns.len() == key.columns.len()
        {
            key.referenced.clone_from(&primary.columns);
        }
        for name in &mut key.referenced {
            let column = parent.columns.iter().find(|found| found.name.eq_ignore_ascii_case(name));
            if let Some(column) = column {
                name.clone_from(&column.name);
            }
        }
    }
}
