//! A column that is computed from now on, or compared otherwise. PostgreSQL has no statement for the first before its version
//! 17, so the column is recreated, with all that depends on it.

use sea_orm::DbBackend;

use super::{
    alter::{alter, expect_free},
    create,
    dependents::Dependents,
};
use crate::{
    error::PlanError,
    schema::{
        Column, ForeignKey, Generated, Index, Schema, Table, expression::mentions, names, quote,
    },
};

/// The statements that let a column be computed, or no longer.
///
/// # Errors
/// When it is not stored, which PostgreSQL cannot do before its version 18.
pub fn computed(
    schema: &Schema,
    table: &Table,
    column: &Column,
    generated: Option<&Generated>,
) -> Result<Vec<String>, PlanError> {
    let Some(generated) = generated else {
        let before = column.generated.as_ref();
        return Ok(before
            .map(|_| alter(&table.name, &column.name, "DROP EXPRESSION"))
            .into_iter()
            .collect());
    };
    let wanted = Column { generated: Some(generated.clone()), default: None, ..column.clone() };
    let name = table.name.quoted();
    let Dependents { before, after } = Dependents::of_remade(&table.name, &column.name);
    let mut statements = vec![before];
    let inbound: Vec<(&Table, &ForeignKey)> = inbound(schema, table, &column.name).collect();
    statements.extend(inbound.iter().map(|(child, key)| {
        let constraint = quote(&names::foreign_key(child, key));
        format!("ALTER TABLE {} DROP CONSTRAINT {constraint}", child.name.quoted())
    }));
    // Its indexes and constraints go with it.
    statements.push(format!("ALTER TABLE {name} DROP COLUMN {}", quote(&column.name)));
    let definition = create::column(&table.name, &wanted)?;
    statements.push(format!("ALTER TABLE {name} ADD COLUMN {definition}"));
    statements.extend(parts(table, &column.name));
    let keys = inbound.iter().map(|(child, key)| (*child, *key));
    statements.extend(keys.map(|(child, key)| create::add(&child.name, &create::foreign_key(key))));
    let comment = column.comment.as_deref();
    statements
        .extend(comment.map(|text| create::comment(&table.name, Some(&column.name), Some(text))));
    statements.push(after);
    Ok(statements)
}

/// Keys of other tables that point at a column.
fn inbound<'a>(
    schema: &'a Schema,
    table: &'a Table,
    column: &'a str,
) -> impl Iterator<Item = (&'a Table, &'a ForeignKey)> {
    let keys = schema
        .tables
        .values()
        .flat_map(|child| child.foreign_keys.iter().map(move |key| (child, key)));
    keys.filter(move |(child, key)| {
        let own = child.name == table.name && key.columns.iter().any(|name| name == column);
        key.references == table.name && key.referenced.iter().any(|name| name == column) && !own
    })
}

/// The statements that give a table its parts that name a column.
fn parts(table: &Table, column: &str) -> Vec<String> {
    let has = |columns: &[String]| columns.iter().any(|name| name == column);
    let add = |definition: String| create::add(&table.name, &definition);
    let key = table.primary_key.iter().filter(|key| has(&key.columns));
    let mut parts: Vec<String> = key.map(|key| add(create::primary_key(key))).collect();
    let uniques = table.uniques.iter().filter(|unique| has(&unique.columns));
    parts.extend(uniques.map(|unique| add(create::unique(unique))));
    let indexes = table.indexes.iter().filter(|index| names_column(index, column));
    parts.extend(indexes.map(|index| match &index.written.0 {
        // As it was read, which says more than the model does.
        Some(written) => written.clone(),
        None => create::create_index(&table.name, index, false),
    }));
    let checks = table.checks.iter().filter(|check| mentions(&check.expression, column));
    parts.extend(checks.map(|check| add(create::check(check))));
    let keys = table.foreign_keys.iter().filter(|key| has(&key.columns));
    parts.extend(keys.map(|key| add(create::foreign_key(key))));
    parts
}

fn names_column(index: &Index, column: &str) -> bool {
    let expressions = index.columns.iter().filter(|part| part.expression).map(|part| &part.name);
    index.column_names().any(|name| name == column)
        || index.include.iter().any(|name| name == column)
        || expressions.chain(&index.predicate).any(|text| mentions(text, column))
}

/// The statements that let a column be compared by another collation.
///
/// # Errors
/// When another column is computed from it.
pub fn collated(
    table: &Table,
    column: &Column,
    collation: Option<&str>,
) -> Result<Vec<String>, PlanError> {
    if column.collation.as_deref() == collation {
        return Ok(Vec::new());
    }
    expect_free(table, column)?;
    let dependents = table.used.0.then(|| Dependents::of_column(&table.name, &column.name));
    let (before, after) =
        dependents.map(|dependents| (dependents.before, dependents.after)).unzip();
    let mut statements: Vec<String> = before.into_iter().collect();
    let kind = column.kind.sql(DbBackend::Postgres);
    let collation = collation.map(create::collate).unwrap_or_default();
    statements.push(alter(&table.name, &column.name, &format!("TYPE {kind}{collation}")));
    statements.extend(after);
    Ok(statements)
}
