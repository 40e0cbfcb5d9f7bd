//! Turns operations into SQLite's statements: what `ALTER TABLE` can do is done by it, everything else of one table by
//! one rebuild.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;

use super::{
    cursor::Cursor,
    life::Life,
    rebuild::{fresh_name, statistics_renamed},
    token::{mentions, tokens},
};
use crate::{
    error::PlanError,
    operation::{
        DefinitionKind, Operation,
        batches::{is_later, update},
    },
    schema::{Schema, TableName, Type, expression::is_plain, quote},
};

/// Cuts a plan where the database has to be read again. SQLite rewrites triggers, indexes and views when something is
/// renamed, and what an [`Operation::Sql`] does is unknown, so a rebuild after them needs fresh texts.
#[must_use]
pub fn segments(operations: &[Operation]) -> Vec<&[Operation]> {
    let together = |one: &Operation, next: &Operation| {
        is_direct(one) == is_direct(next) && (!is_sql(one) || is_sql(next))
    };
    operations.chunk_by(together).collect()
}

/// Whether an operation is one statement that needs no text of the database.
fn is_direct(operation: &Operation) -> bool {
    is_rename(operation)
        || is_sql(operation)
        || is_later(operation)
        || matches!(operation, Operation::CreateObject { .. } | Operation::DropObject { .. })
}

fn is_rename(operation: &Operation) -> bool {
    matches!(operation, Operation::RenameTable { .. } | Operation::RenameColumn { .. })
}

fn is_sql(operation: &Operation) -> bool {
    matches!(operation, Operation::Sql { .. })
}

/// What carries operations out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The statements, in order.
    pub statements: Vec<String>,
    /// Whether a table is dropped, be it for the moment that a rebuild takes.
    pub drops_table: bool,
    /// The tables that are dropped, be it for this moment.
    pub dropped: BTreeSet<String>,
    /// Of those the ones that are only rebuilt, each with the name of the table that takes its place.
    pub rebuilt: BTreeMap<String, String>,
}

impl Script {
    /// The table that a statement drops because another one takes its place, and that one.
    #[must_use]
    pub fn replaced_by(&self, statement: &str) -> Option<(&str, &str)> {
        let mut rebuilt = self.rebuilt.iter();
        let found = rebuilt.find(|(old, _)| statement == drop_table(old));
        found.map(|(old, fresh)| (old.as_str(), fresh.as_str()))
    }
}

/// The statement that drops a table.
pub(super) fn drop_table(name: &str) -> String {
    format!("DROP TABLE {}", quote(name))
}

/// The statements that carry out a segment on a database whose schema is `before`. They have to run in a transaction
/// on a connection with `foreign_keys` off.
///
/// Operations on enums and comments give none: SQLite has neither, and the database does not say which columns have
/// the values of an enum.
///
/// # Errors
/// When a part that an operation needs is not there, is there already, or does not exist in SQLite.
pub fn script(before: &Schema, segment: &[Operation]) -> Result<Script, PlanError> {
    let mut schema = before.clone();
    let mut script = Script::default();
    let mut renamed = false;
    for part in segments(segment) {
        if !part.first().is_some_and(is_direct) {
            let Script { statements, drops_table, dropped, rebuilt } =
                structure(&mut schema, part, renamed)?;
            script.rebuilt.extend(rebuilt);
            script.statements.extend(statements);
            script.drops_table |= drops_table;
            script.dropped.extend(dropped);
            continue;
        }
        for operation in part {
            script.statements.extend(direct(&schema, operation));
            script.dropped.extend(dropped_by_hand(operation));
            script.drops_table |= !script.dropped.is_empty();
            evolve(&mut schema, operation)?;
            renamed |= is_rename(operation);
        }
    }
    Ok(script)
}

/// The tables that statements drop which a person wrote.
fn dropped_by_hand(operation: &Operation) -> Vec<String> {
    let Operation::Sql { sqlite: Some(sql), .. } = operation else { return Vec::new() };
    let tokens = tokens(sql).unwrap_or_default();
    let name = |place: usize| {
        let mut cursor = Cursor::new(tokens.get(place..).unwrap_or_default());
        cursor.expect(&["DROP", "TABLE"]).ok()?;
        cursor.eat(&["IF", "EXISTS"]);
        cursor.qualified_name().ok()
    };
    (0..tokens.len()).filter_map(name).collect()
}

fn direct(schema: &Schema, operation: &Operation) -> Vec<String> {
    match operation {
        Operation::RenameTable { from, to } => rename_table(schema, &from.name, &to.name),
        Operation::RenameColumn { table, from, to } => {
            // SQLite puts the new name into every text as it stands here; the model does the same.
            let to = if is_plain(to) { to.clone() } else { quote(to) };
            let (table, from) = (quote(&table.name), quote(from));
            vec![format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}")]
        }
        Operation::CreateObject { object, .. } => vec![object.sql.clone()],
        Operation::DropObject { kind: DefinitionKind::View, object, .. } => {
            vec![format!("DROP VIEW {}", quote(&object.name))]
        }
        Operation::DropObject { kind: DefinitionKind::Trigger, object, .. } => {
            vec![format!("DROP TRIGGER {}", quote(&object.name))]
        }
        Operation::Sql { sqlite, .. } => sqlite.iter().cloned().collect(),
        Operation::BackfillInBatches { table, set, condition, .. } => {
            vec![update(&quote(&table.name), (set, condition), "")]
        }
        _ => Vec::new(),
    }
}

fn rename_table(schema: &Schema, from: &str, to: &str) -> Vec<String> {
    let rename =
        |from: &str, to: &str| format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to));
    let mut statements = if from.eq_ignore_ascii_case(to) {
        // To SQLite both are one name, and it is taken.
        let between = fresh_name(schema, from);
        vec![rename(from, &between), rename(&between, to)]
    } else {
        vec![rename(from, to)]
    };
    statements.extend(schema.analyzed.0.then(|| statistics_renamed(from, to)));
    statements
}

/// The statements of operations without renames, raw texts or objects; `schema` becomes what they make of it.
fn structure(
    schema: &mut Schema,
    operations: &[Operation],
    renamed: bool,
) -> Result<Script, PlanError> {
    let before = schema.clone();
    let mut lives: Vec<Life> = Vec::new();
    let mut living: BTreeMap<TableName, usize> = BTreeMap::new();
    for (place, operation) in operations.iter().enumerate() {
        let Some(name) = operation.table() else { continue };
        let old = schema.table(name).cloned();
        evolve(schema, operation)?;
        let new = schema.table(name);
        let known = living.get(name).and_then(|number| lives.get_mut(*number));
        match (known, old, new) {
            (Some(life), _, Some(new)) => life.note(place, operation, new)?,
            (Some(life), _, None) => {
                life.end(place);
                living.remove(name);
            }
            (None, None, Some(new)) => {
                living.insert(name.clone(), lives.len());
                lives.push(Life::created(new, place));
            }
            (None, Some(old), new) => {
                let mut life = Life::found(&before, &old, place);
                match new {
                    Some(new) => {
                        life.note(place, operation, new)?;
                        living.insert(name.clone(), lives.len());
                    }
                    None => life.end(place),
                }
                lives.push(life);
            }
            (None, None, None) => {}
        }
    }
    let mut groups = Vec::new();
    let dropped: BTreeSet<String> =
        lives.iter().filter_map(Life::dropped_table).map(str::to_owned).collect();
    let rebuilt = lives.iter().filter_map(Life::rebuilt_table).map(|name| {
        let fresh = fresh_name(&before, name);
        (name.to_owned(), fresh)
    });
    let rebuilt = rebuilt.collect();
    for life in lives {
        groups.extend(life.statements(&before, renamed)?);
    }
    // Stable: what belongs to one place stays in its order.
    groups.sort_by_key(|(place, _)| *place);
    let statements = groups.into_iter().flat_map(|(_, statements)| statements).collect();
    Ok(Script { statements, drops_table: !dropped.is_empty(), dropped, rebuilt })
}

/// Applies an operation to the model, down to what only SQLite does or keeps.
fn evolve(schema: &mut Schema, operation: &Operation) -> Result<(), PlanError> {
    let unchanged = match operation {
        // A type by its own name is wanted as it is written.
        Operation::AlterType { kind: Type::Other(_), .. } => None,
        Operation::AlterType { table, column, kind, .. } => {
            let found = schema.table(table).and_then(|table| table.find(column));
            let same = found.filter(|found| found.kind.looks_like(kind, DbBackend::Sqlite));
            same.map(|found| (found.kind.clone(), found.written.clone()))
        }
        _ => None,
    };
    schema.apply(operation, DbBackend::Sqlite)?;
    let Some(table) = operation.table().and_then(|name| schema.tables.get_mut(name)) else {
        return Ok(());
    };
    match operation {
        // What looks the same is not touched, and stays as it is written.
        Operation::AlterType { column, .. } => {
            if let (Some((kind, written)), Some(found)) = (unchanged, table.find_mut(column)) {
                found.kind = kind;
                found.written = written;
            }
        }
        // What names the column goes with it.
        Operation::DropColumn { column, .. } => {
            table.checks.retain(|check| !mentions(&check.expression, column));
            table.indexes.retain(|index| {
                let expressions = index.columns.iter().filter(|part| part.expression);
                let mut texts = expressions.map(|part| &part.name).chain(&index.predicate);
                !texts.any(|text| mentions(text, column))
            });
        }
        _ => {}
    }
    Ok(())
}
