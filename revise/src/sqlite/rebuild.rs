//! The one way to change a table of SQLite that `ALTER TABLE` cannot change: create another one, copy, swap.
//!
//! Follows <https://www.sqlite.org/lang_altertable.html#otheralter>. The connection has `foreign_keys` off, since
//! dropping a parent would else delete its children, and a transaction is open.

use super::{
    copy::Values,
    emit::drop_table,
    print::{create_table, has_hidden_rowid},
    token::{Token, mentions, tokens},
};
use crate::{
    error::PlanError,
    schema::{Column, Identity, Schema, SqlDefinition, Table, clause, quote, quote_text},
};

/// The statements that make `new` of `old`, without indexes and triggers, which fall with the old table.
///
/// # Errors
/// When SQLite has no such table.
pub(super) fn rebuild(
    schema: &Schema,
    old: &Table,
    new: &Table,
    values: &Values,
) -> Result<Vec<String>, PlanError> {
    if new.primary_key.is_none() && new.options.iter().any(|option| option == "WITHOUT ROWID") {
        return Err(PlanError::Unsupported(format!(
            "table `{}` is `WITHOUT ROWID` and cannot be without a primary key; add one in the same migration",
            new.name
        )));
    }
    let name = &new.name.name;
    let fresh = fresh_name(schema, name);
    let watched = watched_columns(schema, old, new);
    let mut built = new.clone();
    built.columns.extend(watched.iter().cloned());

    let mut steps = vec![create_table(&built, &fresh), copy(old, new, values, &fresh)];
    if is_automatic(old) && is_automatic(new) {
        // An id that was given once is never given again, also when the row that had it is gone.
        let (fresh, name) = (quote_text(&fresh), quote_text(name));
        steps.push(format!("DELETE FROM sqlite_sequence WHERE name = {fresh}"));
        steps.push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {fresh}, seq FROM sqlite_sequence WHERE name = {name}"
        ));
    }
    // The planner's statistics would go with the table.
    let counted = |from: &str, to: &str| {
        let (from, to) = (quote_text(from), quote_text(to));
        format!("UPDATE sqlite_stat1 SET tbl = {to} WHERE tbl = {from}")
    };
    steps.extend(schema.analyzed.0.then(|| counted(&old.name.name, &fresh)));
    steps.push(drop_table(&old.name.name));
    // Otherwise the rename fails over a view that names the table, which is not there at this moment.
    steps.push("PRAGMA legacy_alter_table = ON".to_owned());
    steps.push(format!("ALTER TABLE {} RENAME TO {}", quote(&fresh), quote(name)));
    steps.push("PRAGMA legacy_alter_table = OFF".to_owned());
    steps.extend(schema.analyzed.0.then(|| counted(&fresh, name)));
    Ok(steps)
}

/// Lets the statistics of a table go by its new name, as those indexes do that are called like it.
pub(super) fn statistics_renamed(from: &str, to: &str) -> String {
    let (old, new) = (quote_text(from), quote_text(to));
    let end = "sqlite_autoindex_".len() + from.chars().count() + 1;
    format!(
        "UPDATE sqlite_stat1 SET tbl = {new}, idx = CASE WHEN idx = {old} THEN {new} \
         WHEN substr(idx, 1, {0}) = 'sqlite_autoindex_' || {old} \
         THEN 'sqlite_autoindex_' || {new} || substr(idx, {end}) ELSE idx END WHERE tbl = {old}",
        end - 1
    )
}

/// Takes the statistics away of indexes that did not come back with the table. Those of constraints are counted through, so where one
/// came or went, they are about others.
pub(super) fn statistics_left(schema: &Schema, old: &Table, new: &Table) -> Option<String> {
    let name = quote_text(&new.name.name);
    let same = old.uniques == new.uniques && old.primary_key == new.primary_key;
    let automatic = if same { "" } else { " OR idx LIKE 'sqlite\\_autoindex\\_%' ESCAPE '\\'" };
    schema.analyzed.0.then(|| {
        format!(
            "DELETE FROM sqlite_stat1 WHERE tbl = {name} AND idx <> {name} AND (idx NOT IN (SELECT name FROM sqlite_schema \
             WHERE type = 'index'){automatic})"
        )
    })
}

/// Drops the columns that were left for [`watched_columns`]; the triggers have to be there again.
pub(super) fn drop_watched(schema: &Schema, old: &Table, new: &Table) -> Vec<String> {
    let table = quote(&new.name.name);
    let drop = |column: Column| format!("ALTER TABLE {table} DROP COLUMN {}", quote(&column.name));
    watched_columns(schema, old, new).into_iter().map(drop).collect()
}

/// Rebuilds the full-text indexes whose rows are those of the table, where values changed without a trigger that
/// reports it.
pub(super) fn refill(schema: &Schema, old: &Table, values: &Values) -> Vec<String> {
    if !values.change_some(old) {
        return Vec::new();
    }
    let tables = schema.objects.iter().filter_map(|found| {
        let name = found.object.virtual_table_name()?;
        let of = |content: &str| is_content(&found.object.sql, content);
        // Or those of a view of it.
        let mut views = schema.views.values();
        let is_filled = of(&old.name.name)
            || views.any(|view| of(&view.name) && mentions(&view.sql, &old.name.name));
        is_filled.then(|| quote(name))
    });
    tables.map(|name| format!("INSERT INTO {name} ({name}) VALUES ('rebuild')")).collect()
}

/// Whether a virtual table is a full-text index of this table's rows: `fts5(…, content='table')`.
fn is_content(sql: &str, table: &str) -> bool {
    let tokens = tokens(sql).unwrap_or_default();
    let named = |name: &Token<'_>| name.name().is_some_and(|name| name.eq_ignore_ascii_case(table));
    tokens.iter().any(|token| token.is("fts5"))
        && tokens.windows(3).any(|three| match three {
            [option, equals, name] => option.is("content") && equals.is_mark("=") && named(name),
            _ => false,
        })
}

/// Columns that are dropped and that a trigger or a view may name. They go last and by `DROP COLUMN`, which refuses
/// where something still needs them; a rebuild would leave a trigger that fails at the next write.
fn watched_columns(schema: &Schema, old: &Table, new: &Table) -> Vec<Column> {
    // SQLite would refuse for what is broken already; whoever carries this out looks at what is broken afterwards.
    if schema.broken.0 {
        return Vec::new();
    }
    let triggers = schema.tables.values().flat_map(|table| &table.triggers);
    let objects: Vec<&SqlDefinition> = triggers.chain(schema.views.values()).collect();
    let watched = |column: &&Column| {
        let named = |object: &&SqlDefinition| {
            mentions(&object.sql, &column.name) && mentions(&object.sql, &old.name.name)
        };
        new.find(&column.name).is_none() && objects.iter().any(named)
    };
    let bare = |column: &Column| Column {
        kind: column.kind.clone(),
        written: column.written.clone(),
        ..Column::new(column.name.clone(), column.kind.clone()).nullable()
    };
    old.columns.iter().filter(watched).map(bare).collect()
}

fn copy(old: &Table, new: &Table, values: &Values, fresh: &str) -> String {
    let rowid = rowid_to_keep(old, new);
    let copied = new.columns.iter().filter(|column| column.generated.is_none());
    let (names, sources): (Vec<_>, Vec<_>) =
        copied.map(|column| (quote(&column.name), values.of_column(&column.name))).unzip();
    let rowids = || rowid.map(str::to_owned).into_iter();
    let names = rowids().chain(names).collect::<Vec<_>>().join(", ");
    let sources = rowids().chain(sources).collect::<Vec<_>>().join(", ");
    let from = values.source(&old.name.name, rowid);
    // A conflict clause of the table would let rows vanish that do not fit.
    let insert = if has_conflict_clause(new) { "INSERT OR ABORT" } else { "INSERT" };
    format!("{insert} INTO {} ({names}) SELECT {sources} FROM {from}", quote(fresh))
}

/// A name of the rowid, where rows have one that no column names: a full-text index may know them by it.
fn rowid_to_keep(old: &Table, new: &Table) -> Option<&'static str> {
    let without = old.options.iter().any(|option| option == "WITHOUT ROWID");
    if without || !has_hidden_rowid(new) {
        return None;
    }
    let taken = |name: &&str| {
        let mut columns = old.columns.iter().chain(&new.columns);
        columns.any(|column| column.name.eq_ignore_ascii_case(name))
    };
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

fn has_conflict_clause(table: &Table) -> bool {
    let columns = table.columns.iter().map(|column| &column.clause);
    let keys = table.primary_key.iter().map(|key| &key.clause);
    let uniques = table.uniques.iter().map(|unique| &unique.clause);
    columns.chain(keys).chain(uniques).any(|text| clause::has_conflict(text))
}

fn is_automatic(table: &Table) -> bool {
    let automatic = |column: &Column| {
        matches!(column.identity, Identity::Automatic | Identity::Always)
            && table.is_key(&column.name)
    };
    table.columns.iter().any(automatic)
}

/// A name for a table that stands in for another for a moment.
pub(super) fn fresh_name(schema: &Schema, name: &str) -> String {
    let mut fresh = format!("{name}__revise");
    let taken = |fresh: &str| {
        let tables = schema.tables.keys().chain(schema.views.keys());
        tables.into_iter().any(|table| table.name.eq_ignore_ascii_case(fresh))
    };
    while taken(&fresh) {
        fresh.push('_');
    }
    fresh
}
