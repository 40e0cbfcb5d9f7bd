//! What an operation makes of one table.

use sea_orm::DbBackend;

use super::named::rename_constraint;
use crate::{
    error::PlanError,
    operation::{Operation, Subject},
    schema::{
        Check, Column, ForeignKey, Identity, Index, IndexColumn, Table, TableName, Unique, Used,
        Written, clause,
        expression::{mentions, rename_in},
        names,
    },
};

/// As a message names a column.
pub fn column(name: &str) -> String {
    format!("column `{name}`")
}

/// Applies an operation that concerns this table alone.
///
/// # Errors
/// When a part that has to be there is not, or one is there already.
pub fn apply(
    table: &mut Table,
    operation: &Operation,
    backend: DbBackend,
) -> Result<(), PlanError> {
    match operation.subject() {
        Subject::Table => apply_to_table(table, operation, backend),
        Subject::Column => apply_to_column(table, operation, backend),
        Subject::Constraint => apply_to_constraint(table, operation, backend),
        Subject::Object => {
            apply_to_triggers(table, operation);
            Ok(())
        }
    }
}

/// Its options and comments.
fn apply_to_table(
    table: &mut Table,
    operation: &Operation,
    backend: DbBackend,
) -> Result<(), PlanError> {
    match operation {
        Operation::SetOptions { .. } if backend != DbBackend::Sqlite => {}
        Operation::SetOptions { options, .. } => table.options.clone_from(options),
        Operation::SetComment { .. } if backend == DbBackend::Sqlite => {}
        Operation::SetComment { column: None, comment, .. } => table.comment.clone_from(comment),
        Operation::SetComment { column: Some(column), comment, .. } => {
            find(table, column)?.comment.clone_from(comment);
        }
        _ => {}
    }
    Ok(())
}

fn apply_to_column(
    table: &mut Table,
    operation: &Operation,
    backend: DbBackend,
) -> Result<(), PlanError> {
    match operation {
        Operation::AddColumn { column: added, .. } => {
            if table.find(&added.name).is_some() {
                return Err(exists(&table.name, column(&added.name)));
            }
            table.columns.push(added.clone());
        }
        Operation::DropColumn { column: name, .. } => drop_column(table, name)?,
        Operation::AlterType { column, kind, .. } => {
            let found = find(table, column)?;
            found.kind = kind.clone();
            found.declared = true;
            found.written = Written(None);
        }
        Operation::AlterNull { column, nullable, .. } => find(table, column)?.nullable = *nullable,
        Operation::AlterDefault { column, default, .. } => {
            find(table, column)?.default.clone_from(default);
        }
        Operation::SetIdentity { column, identity, .. } => {
            let found = find(table, column)?;
            found.identity = *identity;
            // A name of the rowid may have a default, though nothing ever comes of it.
            if matches!(identity, Identity::Automatic | Identity::Always) {
                found.default = None;
            }
        }
        Operation::SetGenerated { column, generated, .. } => {
            let found = find(table, column)?;
            found.generated.clone_from(generated);
            if generated.is_some() {
                found.default = None;
            }
        }
        Operation::SetCollation { column, collation, .. } => {
            find(table, column)?.collation.clone_from(collation);
        }
        Operation::SetColumnClause { .. } if backend != DbBackend::Sqlite => {}
        Operation::SetColumnClause { column, clause, .. } => {
            find(table, column)?.clause.clone_from(clause)
        }
        Operation::Backfill { column, .. } => drop(find(table, column)?),
        _ => {}
    }
    Ok(())
}

fn apply_to_constraint(
    table: &mut Table,
    operation: &Operation,
    backend: DbBackend,
) -> Result<(), PlanError> {
    match operation {
        // What an index cannot say stays a constraint.
        Operation::AddUnique { unique, .. }
            if backend == DbBackend::Sqlite && !is_special(unique) =>
        {
            add_index(table, &numbered_unique_index(table, unique))
        }
        Operation::AddUnique { unique, .. } => {
            table.uniques.push(unique.clone());
            Ok(())
        }
        Operation::DropUnique { columns, .. } => drop_unique(table, columns),
        Operation::AddForeignKey { key, .. } => {
            table.foreign_keys.push(key.clone());
            Ok(())
        }
        Operation::DropForeignKey { columns, before, .. } => {
            let place = find_key(table, columns, before.as_deref());
            let what = || format!("foreign key on `{}`", columns.join(", "));
            table.foreign_keys.remove(place.ok_or_else(|| missing(&table.name, what()))?);
            Ok(())
        }
        Operation::AddCheck { check, .. } => {
            table.checks.push(check.clone());
            Ok(())
        }
        Operation::DropCheck { check, .. } => {
            let place = find_check(table, check);
            let what = || format!("check `{}`", check.expression);
            table.checks.remove(place.ok_or_else(|| missing(&table.name, what()))?);
            Ok(())
        }
        Operation::AddPrimaryKey { .. } | Operation::DropPrimaryKey { .. } => {
            apply_to_primary_key(table, operation)
        }
        Operation::RenameConstraint { from, to, .. } => rename_constraint(table, (from, to)),
        _ => apply_to_index(table, operation, backend),
    }
}

fn apply_to_primary_key(table: &mut Table, operation: &Operation) -> Result<(), PlanError> {
    match operation {
        Operation::AddPrimaryKey { key, .. } => {
            if table.primary_key.is_some() {
                return Err(exists(&table.name, "a primary key".to_owned()));
            }
            for name in &key.columns {
                find(table, name)?.nullable = false;
            }
            table.primary_key = Some(key.clone());
        }
        Operation::DropPrimaryKey { .. } => {
            let name = table.name.clone();
            table.primary_key.take().ok_or_else(|| missing(&name, "primary key".to_owned()))?;
        }
        _ => {}
    }
    Ok(())
}

fn apply_to_index(
    table: &mut Table,
    operation: &Operation,
    backend: DbBackend,
) -> Result<(), PlanError> {
    match operation {
        Operation::CreateIndex { index, .. } => add_index(table, index),
        Operation::DropIndex { index, .. } => {
            if let Some(place) =
                find_unique(table, index).filter(|_| backend == DbBackend::Postgres)
            {
                table.uniques.remove(place);
                return Ok(());
            }
            let place = table.indexes.iter().position(|found| found.name == *index);
            let place = place.ok_or_else(|| missing(&table.name, format!("index `{index}`")))?;
            table.indexes.remove(place);
            Ok(())
        }
        Operation::RenameIndex { from, to, .. } => {
            let name = table.name.clone();
            let found = table.indexes.iter_mut().find(|found| found.name == *from);
            let found = found.ok_or_else(|| missing(&name, format!("index `{from}`")))?;
            found.name.clone_from(to);
            found.written = Written(None);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn apply_to_triggers(table: &mut Table, operation: &Operation) {
    match operation {
        Operation::CreateObject { object, .. } => {
            table.triggers.push(object.clone());
            table.used = Used(true);
        }
        Operation::DropObject { object, .. } => {
            table.triggers.retain(|trigger| trigger.name != object.name);
        }
        _ => {}
    }
}

/// The place of a foreign key on these columns; of several, of the one that is meant.
pub fn find_key(table: &Table, columns: &[String], before: Option<&ForeignKey>) -> Option<usize> {
    let on = |key: &ForeignKey| key.columns == columns;
    let meant = |key: &ForeignKey| on(key) && before.is_some_and(|before| key.means(before));
    table.foreign_keys.iter().position(meant).or_else(|| table.foreign_keys.iter().position(on))
}

/// The place of a check, by its name or else by its expression.
pub fn find_check(table: &Table, check: &Check) -> Option<usize> {
    let named = |found: &Check| check.name.is_some() && found.name == check.name;
    let same_expression = |found: &Check| found.expression == check.expression;
    table.checks.iter().position(named).or_else(|| table.checks.iter().position(same_expression))
}

/// The place of the constraint that an index of SQLite stands for, by the index' name.
pub fn find_unique(table: &Table, index: &str) -> Option<usize> {
    table.uniques.iter().position(|unique| unique_index(table, unique).name == index)
}

/// The unique index that stands for a constraint where a table cannot be given one. It is called as PostgreSQL calls the
/// constraint, however long the names are, so that a later migration finds the one or the other by this name.
#[must_use]
pub fn unique_index(table: &Table, unique: &Unique) -> Index {
    let automatic = || names::automatic(&table.name.name, &unique.columns.join("_"), "key");
    let name = unique.name.clone().unwrap_or_else(automatic);
    let columns = unique.columns.iter().map(|column| IndexColumn::new(column)).collect();
    Index { columns, ..Index::new(name, []).unique() }
}

/// The same with a number behind its name, as PostgreSQL gives one, where long names are cut to one that another index has.
fn numbered_unique_index(table: &Table, unique: &Unique) -> Index {
    let mut index = unique_index(table, unique);
    let is_taken = |index: &Index| {
        let mut others = table.indexes.iter();
        others.any(|other| other.name == index.name && other.columns != index.columns)
    };
    let mut number = 0;
    while unique.name.is_none() && is_taken(&index) {
        number += 1;
        let label = format!("key{number}");
        index.name = names::automatic(&table.name.name, &unique.columns.join("_"), &label);
    }
    index
}

/// Whether SQLite reads more of it than the columns.
fn is_special(unique: &Unique) -> bool {
    clause::lists_columns(&unique.clause) || clause::has_conflict(&unique.clause)
}

fn add_index(table: &mut Table, index: &Index) -> Result<(), PlanError> {
    if table.indexes.iter().any(|found| found.name == index.name) {
        return Err(exists(&table.name, format!("index `{}`", index.name)));
    }
    table.indexes.push(index.clone());
    Ok(())
}

fn drop_unique(table: &mut Table, columns: &[String]) -> Result<(), PlanError> {
    if let Some(place) = table.uniques.iter().position(|unique| unique.columns == columns) {
        table.uniques.remove(place);
        return Ok(());
    }
    let place = table.indexes.iter().position(|index| is_unique_on(index, columns));
    let what = || format!("unique constraint on `{}`", columns.join(", "));
    table.indexes.remove(place.ok_or_else(|| missing(&table.name, what()))?);
    Ok(())
}

/// Whether a plain unique index says the same as a unique constraint on these columns.
#[must_use]
pub fn is_unique_on(index: &Index, columns: &[String]) -> bool {
    index.unique && index.is_plain() && index.column_names().eq(columns.iter().map(String::as_str))
}

/// As PostgreSQL does: what names the column goes with it.
fn drop_column(table: &mut Table, name: &str) -> Result<(), PlanError> {
    let place = table.columns.iter().position(|column| column.name == name);
    table.columns.remove(place.ok_or_else(|| missing(&table.name, column(name)))?);
    let has = |columns: &[String]| columns.iter().any(|column| column == name);
    if table.primary_key.as_ref().is_some_and(|key| has(&key.columns)) {
        table.primary_key = None;
    }
    table.uniques.retain(|unique| !has(&unique.columns));
    table.foreign_keys.retain(|key| !has(&key.columns));
    table.checks.retain(|check| !mentions(&check.expression, name));
    table.indexes.retain(|index| {
        let expressions = index.columns.iter().filter(|column| column.expression);
        let mut texts = expressions.map(|column| &column.name).chain(&index.predicate);
        let named = index.column_names().any(|column| column == name) || has(&index.include);
        !named && !texts.any(|text| mentions(text, name))
    });
    Ok(())
}

/// Renames a column in everything of its own table.
///
/// # Errors
/// When there is no such column.
pub fn rename_column(table: &mut Table, from: &str, to: &str) -> Result<(), PlanError> {
    let renamed = find(table, from)?;
    to.clone_into(&mut renamed.name);
    let keys = table.primary_key.iter_mut().flat_map(|key| &mut key.columns);
    let uniques = table.uniques.iter_mut().flat_map(|unique| &mut unique.columns);
    let foreign = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    for name in keys.chain(uniques).chain(foreign).filter(|name| *name == from) {
        to.clone_into(name);
    }
    for check in &mut table.checks {
        check.expression = rename_in(&check.expression, from, to);
    }
    for generated in table.columns.iter_mut().filter_map(|column| column.generated.as_mut()) {
        generated.expression = rename_in(&generated.expression, from, to);
    }
    for index in &mut table.indexes {
        index.written = Written(None);
        for column in &mut index.columns {
            if column.expression {
                column.name = rename_in(&column.name, from, to);
            } else if column.name == from {
                to.clone_into(&mut column.name);
            }
        }
        index.include.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
        index.predicate = index.predicate.take().map(|text| rename_in(&text, from, to));
    }
    Ok(())
}

fn find<'a>(table: &'a mut Table, name: &str) -> Result<&'a mut Column, PlanError> {
    let owner = table.name.clone();
    table.find_mut(name).ok_or_else(|| missing(&owner, column(name)))
}

pub fn missing(table: &TableName, what: String) -> PlanError {
    PlanError::NoPart { table: table.clone(), what }
}

pub fn exists(table: &TableName, what: String) -> PlanError {
    PlanError::PartExists { table: table.clone(), what }
}
