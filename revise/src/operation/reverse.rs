//! The way back: the reversed list of reversed operations, with what was dropped as it was.

mod triggers;

use sea_orm::DbBackend;

use crate::{
    error::PlanError,
    operation::Operation,
    schema::{Column, DatabaseObject, Identity, Schema, Table, TableName, Type},
};

/// A way back, and what it does not bring back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reversed {
    /// The operations.
    pub operations: Vec<Operation>,
    /// What is lost on the way there and back, in sentences.
    pub notes: Vec<String>,
}

/// Finds the operations that take `operations` back, which lead away from `before`.
///
/// # Errors
/// When the operations do not fit the schema.
pub fn reverse(
    before: &Schema,
    operations: &[Operation],
    backend: DbBackend,
) -> Result<Reversed, PlanError> {
    let mut state = before.clone();
    let mut found = Reversed::default();
    let mut last = Vec::new();
    for (place, operation) in operations.iter().enumerate() {
        let earlier = operations.get(..place).unwrap_or_default();
        let (back, note) = one(&state, earlier, operation);
        // After the key, since on SQLite only a key counts; the list is turned around below.
        found.operations.extend(counting(&state, operation));
        found.operations.extend(back);
        found.notes.extend(note);
        last.extend(triggers::come_back(before, earlier, operation));
        state.apply(operation, backend)?;
        if backend == DbBackend::Sqlite {
            // SQLite keeps no enums; the values are known all the same.
            state.apply_enum(operation);
        }
    }
    found.operations.reverse();
    found.operations = without_lost_work(found.operations);
    defaults_after_types(&mut found.operations);
    found.operations.extend(last);
    Ok(found)
}

/// The expression for a key of another kind, which there can be none of.
pub(crate) fn no_value(kind: &Type) -> String {
    format!("CAST(NULL AS {})", kind.sql(DbBackend::Postgres))
}

/// The way back of one operation from the state before it, and a note when something is lost.
fn one(
    state: &Schema,
    earlier: &[Operation],
    operation: &Operation,
) -> (Option<Operation>, Option<String>) {
    let note = |text: String| Some(text);
    match operation {
        Operation::DropTable { table, before } => {
            let known = state.tables.get(table).or(before.as_deref()).cloned();
            let text = format!("the rows of `{table}` do not come back with a downgrade");
            (known.map(create_again), note(text))
        }
        Operation::DropColumn { table, column, before } => {
            let known = state.tables.get(table).and_then(|table| table.find(column));
            let Some(known) = known.or(before.as_deref()).cloned() else { return (None, None) };
            let text =
                format!("the values of `{table}.{column}` do not come back with a downgrade");
            let (back, addition) = add_again(table, known);
            (Some(back), note(text + addition))
        }
        Operation::Backfill { table, column, .. } => {
            // In a column that the same plan adds there was nothing but NULL.
            let added = earlier.iter().any(|operation| {
                matches!(operation, Operation::AddColumn { table: t, column: c } if t == table && c.name == *column)
            });
            let text = format!("which rows of `{table}` had NULL in `{column}` is not remembered");
            (None, (!added).then_some(text))
        }
        Operation::AlterType { table, column, kind, using: Some(_), before }
            if earlier.iter().any(|one| stops_computing(one, table, column)) =>
        {
            let known = state.tables.get(table).and_then(|table| table.find(column));
            let old = before.clone().or_else(|| known.map(|known| known.kind.clone()));
            let back = old.map(|old| Operation::AlterType {
                table: table.clone(),
                column: column.clone(),
                // The old expression recomputes it after this.
                using: known.filter(|known| known.nullable).map(|_| no_value(&old)),
                kind: old,
                before: Some(kind.clone()),
            });
            (back, None)
        }
        Operation::BackfillInBatches { table, .. } => (
            None,
            note(format!(
                "what the rows of `{table}` had before the change in batches is not remembered"
            )),
        ),
        Operation::Sql { .. } => {
            (None, note("SQL of your own has no way back that could be known; write it".to_owned()))
        }
        _ => (simple(state, operation), None),
    }
}

/// Creates a dropped table, without its triggers, which come later, and without names that are given automatically.
fn create_again(mut table: Table) -> Operation {
    crate::schema::names::without_automatic_names(&mut table);
    table.triggers.clear();
    Operation::CreateTable { table }
}

/// Adds a dropped column, and says in what it is not as it was.
fn add_again(table: &TableName, mut column: Column) -> (Operation, &'static str) {
    let mut addition = "";
    let empty =
        column.default.is_none() && column.identity == Identity::None && column.generated.is_none();
    if !column.nullable && empty {
        column.nullable = true;
        addition = ", so it comes back as a column that takes NULL";
    }
    column.written = crate::schema::Written(None);
    (Operation::AddColumn { table: table.clone(), column }, addition)
}

fn stops_computing(operation: &Operation, table: &TableName, column: &str) -> bool {
    matches!(operation, Operation::SetGenerated { table: of, column: name, generated: None, .. }
        if of == table && name == column)
}

/// Lets the only column of a primary key that comes back number the rows again, where it did.
fn counting(state: &Schema, operation: &Operation) -> Option<Operation> {
    let Operation::DropPrimaryKey { table, .. } = operation else { return None };
    let found = state.tables.get(table)?;
    let [column] = found.primary_key.as_ref()?.columns.as_slice() else { return None };
    let identity = found.find(column)?.identity;
    let counts = matches!(identity, Identity::Automatic | Identity::Always);
    let (table, column) = (table.clone(), column.clone());
    counts.then_some(Operation::SetIdentity { table, column, identity, before: Identity::Rowid })
}

fn simple(state: &Schema, operation: &Operation) -> Option<Operation> {
    let table_of = |name: &TableName| state.tables.get(name);
    Some(match operation.clone() {
        Operation::CreateTable { table } => {
            Operation::DropTable { table: table.name.clone(), before: Some(Box::new(table)) }
        }
        Operation::RenameTable { from, to } => Operation::RenameTable { from: to, to: from },
        Operation::AddColumn { table, column } => {
            let name = column.name.clone();
            Operation::DropColumn { table, column: name, before: Some(Box::new(column)) }
        }
        Operation::RenameColumn { table, from, to } => {
            Operation::RenameColumn { table, from: to, to: from }
        }
        Operation::AlterType { table, column, kind, using, before } => {
            let old = table_of(&table).and_then(|table| table.find(&column));
            let old = before.or_else(|| old.map(|old| old.kind.clone()))?;
            // What only an empty table survives on the way there has no value on the way back either.
            let using = using.filter(|using| *using == no_value(&kind)).map(|_| no_value(&old));
            Operation::AlterType { table, column, kind: old, using, before: Some(kind) }
        }
        Operation::AlterNull { table, column, nullable } => {
            Operation::AlterNull { table, column, nullable: !nullable }
        }
        Operation::AlterDefault { table, column, default, .. } => {
            let old = table_of(&table).and_then(|table| table.find(&column));
            let old = old.and_then(|old| old.default.clone());
            Operation::AlterDefault { table, column, default: old, before: default }
        }
        Operation::SetIdentity { table, column, identity, before } => {
            Operation::SetIdentity { table, column, identity: before, before: identity }
        }
        other => {
            let found = definition(state, &other).or_else(|| keys(state, other));
            return found.or_else(|| enums(state, operation));
        }
    })
}

/// What a definition was before, as the schema knows it.
fn definition(state: &Schema, operation: &Operation) -> Option<Operation> {
    let found = operation.table().and_then(|table| state.tables.get(table))?;
    Some(match operation.clone() {
        Operation::SetGenerated { table, column, generated, .. } => {
            let old = found.find(&column)?.generated.clone();
            Operation::SetGenerated { table, column, generated: old, before: generated }
        }
        Operation::SetCollation { table, column, collation, .. } => {
            let old = found.find(&column)?.collation.clone();
            Operation::SetCollation { table, column, collation: old, before: collation }
        }
        Operation::SetColumnClause { table, column, clause, .. } => {
            let old = found.find(&column)?.clause.clone();
            Operation::SetColumnClause { table, column, clause: old, before: clause }
        }
        Operation::SetOptions { table, options, .. } => {
            Operation::SetOptions { table, options: found.options.clone(), before: options }
        }
        _ => return None,
    })
}

/// Keys, constraints and indexes.
fn keys(state: &Schema, operation: Operation) -> Option<Operation> {
    Some(match operation {
        Operation::AddPrimaryKey { table, key } => {
            Operation::DropPrimaryKey { table, before: Some(key) }
        }
        Operation::DropPrimaryKey { table, before } => {
            let found = state.tables.get(&table).and_then(|table| table.primary_key.clone());
            Operation::AddPrimaryKey { table, key: before.or(found)? }
        }
        Operation::AddUnique { table, unique } => {
            let columns = unique.columns.clone();
            Operation::DropUnique { table, columns, before: Some(unique) }
        }
        Operation::DropUnique { table, columns, before } => {
            let found = state.tables.get(&table).and_then(|table| {
                table.uniques.iter().find(|unique| unique.columns == columns).cloned()
            });
            Operation::AddUnique { table, unique: before.or(found)? }
        }
        Operation::CreateIndex { table, index, .. } => {
            let name = index.name.clone();
            Operation::DropIndex { table, index: name, before: Some(Box::new(index)) }
        }
        Operation::DropIndex { table, index, before } => {
            let found = state
                .tables
                .get(&table)
                .and_then(|table| table.indexes.iter().find(|found| found.name == index).cloned());
            let index = before.map(|before| *before).or(found)?;
            Operation::CreateIndex { table, index, concurrently: false }
        }
        Operation::RenameIndex { table, from, to } => {
            Operation::RenameIndex { table, from: to, to: from }
        }
        Operation::RenameConstraint { table, from, to } => {
            Operation::RenameConstraint { table, from: to, to: from }
        }
        Operation::AddForeignKey { table, key } => {
            let columns = key.columns.clone();
            Operation::DropForeignKey { table, columns, before: Some(Box::new(key)) }
        }
        Operation::DropForeignKey { table, columns, before } => {
            let found = state.tables.get(&table).and_then(|table| {
                table.foreign_keys.iter().find(|key| key.columns == columns).cloned()
            });
            Operation::AddForeignKey { table, key: before.map(|before| *before).or(found)? }
        }
        Operation::AddCheck { table, check } => Operation::DropCheck { table, check },
        Operation::DropCheck { table, check } => Operation::AddCheck { table, check },
        other => return objects(other),
    })
}

/// Comments, views, triggers and other objects.
fn objects(operation: Operation) -> Option<Operation> {
    Some(match operation {
        Operation::SetComment { table, column, comment, before } => {
            Operation::SetComment { table, column, comment: before, before: comment }
        }
        Operation::CreateObject { kind, table, object } => {
            Operation::DropObject { kind, table, object }
        }
        Operation::DropObject { kind, table, object } => {
            Operation::CreateObject { kind, table, object }
        }
        Operation::CreateDatabaseObject { object, before: None } => {
            Operation::DropDatabaseObject { object }
        }
        Operation::CreateDatabaseObject { object, before: Some(sql) } => {
            let before = Some(object.sql);
            Operation::CreateDatabaseObject { object: DatabaseObject { sql, ..object }, before }
        }
        Operation::DropDatabaseObject { object } => {
            Operation::CreateDatabaseObject { object, before: None }
        }
        _ => return None,
    })
}

fn enums(state: &Schema, operation: &Operation) -> Option<Operation> {
    let values_of = |name: &str| state.enums.get(name).cloned().unwrap_or_default();
    Some(match operation.clone() {
        Operation::CreateEnum { name, values } => Operation::DropEnum { name, before: values },
        Operation::DropEnum { name, before } => {
            let values = if before.is_empty() { values_of(&name) } else { before };
            Operation::CreateEnum { name, values }
        }
        Operation::AddEnumValue { name, value, .. } => {
            let values = values_of(&name);
            let before = values.iter().cloned().chain([value]).collect();
            Operation::RebuildEnum { name, values, map: Vec::new(), before }
        }
        Operation::RenameEnumValue { name, from, to } => {
            Operation::RenameEnumValue { name, from: to, to: from }
        }
        Operation::RebuildEnum { name, values, before, .. } => {
            let old = if before.is_empty() { values_of(&name) } else { before };
            Operation::RebuildEnum { name, values: old, map: Vec::new(), before: values }
        }
        _ => return None,
    })
}

/// An old default may mean nothing to the type that its column has until it gets the old one back.
fn defaults_after_types(operations: &mut [Operation]) {
    for place in (0..operations.len()).rev() {
        let Some((Operation::AlterDefault { table, column, .. }, later)) =
            operations.get(place..).and_then(<[Operation]>::split_first)
        else {
            continue;
        };
        let retypes = |operation: &Operation| match operation {
            Operation::AlterType { table: of, column: name, .. } => of == table && name == column,
            _ => false,
        };
        let renames = |operation: &&Operation| {
            matches!(operation, Operation::RenameTable { .. } | Operation::RenameColumn { .. })
        };
        let near = later.iter().take_while(|operation| !renames(operation));
        if let Some(distance) = near.into_iter().position(retypes)
            && let Some(moved) = operations.get_mut(place..=place + distance + 1)
        {
            moved.rotate_left(1);
        }
    }
}

/// Leaves out what is done to a column that is dropped afterwards, and merges neighbouring rebuilds of one enum.
fn without_lost_work(operations: Vec<Operation>) -> Vec<Operation> {
    let dropped = |place: usize, table: &TableName, column: &str| {
        operations.iter().skip(place).any(|later| {
            matches!(later, Operation::DropColumn { table: t, column: c, .. } if t == table && c == column)
        })
    };
    let mut remaining: Vec<Operation> = Vec::with_capacity(operations.len());
    for (place, operation) in operations.iter().enumerate() {
        let lost = match operation {
            Operation::AlterNull { table, column, .. }
            | Operation::AlterType { table, column, .. }
            | Operation::AlterDefault { table, column, .. }
            | Operation::SetComment { table, column: Some(column), .. }
            | Operation::SetGenerated { table, column, .. }
            | Operation::SetCollation { table, column, .. }
            | Operation::SetColumnClause { table, column, .. }
            | Operation::SetIdentity { table, column, .. } => dropped(place, table, column),
            _ => false,
        };
        if lost {
            continue;
        }
        if let Operation::RebuildEnum { name, values, .. } = operation
            && let Some(Operation::RebuildEnum { name: last, values: earlier, .. }) =
                remaining.last_mut()
            && last == name
        {
            earlier.clone_from(values);
            continue;
        }
        remaining.push(operation.clone());
    }
    remaining
}
