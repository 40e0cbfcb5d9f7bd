//! Names as PostgreSQL keeps them: it cuts off what is longer than 63 bytes, and says so in a notice only.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbErr;

use crate::{
    error::{clear, restate},
    operation::Operation,
    schema::{
        Check, Column, ForeignKey, Index, Table, TableName, Type,
        names::{MAX_BYTES, cut},
    },
};

/// The operation with the names that the server will have; otherwise a part would be missed that was read back.
pub fn shortened(operation: &Operation) -> Operation {
    let mut operation = operation.clone();
    each_name(&mut operation, &mut |name| name.truncate(cut(name, MAX_BYTES).len()));
    operation
}

/// An error, with what the names in it were before they were cut: two with the same beginning are one to the server.
pub fn explained(error: DbErr, operations: &[Operation]) -> DbErr {
    let text = clear(&error);
    let mut cuts = BTreeMap::<String, BTreeSet<String>>::new();
    for mut operation in operations.iter().cloned() {
        each_name(&mut operation, &mut |name| {
            let short = cut(name, MAX_BYTES);
            if short.len() < name.len() && text.contains(short) {
                cuts.entry(short.to_owned()).or_default().insert(format!("`{name}`"));
            }
        });
    }
    if cuts.is_empty() {
        return error;
    }
    let cuts = cuts.into_iter().map(|(short, names)| {
        let names = names.into_iter().collect::<Vec<_>>().join(" and ");
        format!("; PostgreSQL keeps {MAX_BYTES} bytes of a name, and of {names} that is `{short}`")
    });
    restate(&error, text + &cuts.collect::<String>())
}

/// What is done to a name.
type Visit<'a> = &'a mut dyn FnMut(&mut String);

/// Every name in an operation. What it drops is carried along for its way back, and not looked at.
fn each_name(operation: &mut Operation, visit: Visit<'_>) {
    match operation {
        Operation::CreateTable { table } => in_table(table, visit),
        Operation::RenameTable { from, to } => {
            [from, to].into_iter().for_each(|name| in_name(name, visit))
        }
        Operation::AddColumn { table, column } => {
            in_name(table, visit);
            in_column(column, visit);
        }
        Operation::AlterType { table, column, kind, .. } => {
            in_name(table, visit);
            visit(column);
            in_type(kind, visit);
        }
        Operation::DropTable { table, .. }
        | Operation::DropPrimaryKey { table, .. }
        | Operation::SetOptions { table, .. } => in_name(table, visit),
        Operation::DropColumn { table, column, .. }
        | Operation::AlterNull { table, column, .. }
        | Operation::AlterDefault { table, column, .. }
        | Operation::SetIdentity { table, column, .. }
        | Operation::SetGenerated { table, column, .. }
        | Operation::SetCollation { table, column, .. }
        | Operation::SetColumnClause { table, column, .. }
        | Operation::Backfill { table, column, .. }
        | Operation::DropIndex { table, index: column, .. } => {
            in_name(table, visit);
            visit(column);
        }
        Operation::RenameColumn { table, from, to } => {
            in_name(table, visit);
            [from, to].into_iter().for_each(&mut *visit);
        }
        Operation::SetComment { table, column, .. } => {
            in_name(table, visit);
            column.iter_mut().for_each(&mut *visit);
        }
        Operation::CreateObject { table, object, .. }
        | Operation::DropObject { table, object, .. } => {
            in_name(table, visit);
            visit(&mut object.name);
        }
        Operation::CreateEnum { name, .. }
        | Operation::DropEnum { name, .. }
        | Operation::AddEnumValue { name, .. }
        | Operation::RenameEnumValue { name, .. }
        | Operation::RebuildEnum { name, .. } => visit(name),
        _ => in_constraint(operation, visit),
    }
}

fn in_constraint(operation: &mut Operation, visit: Visit<'_>) {
    match operation {
        Operation::BackfillInBatches { table, .. } => in_name(table, visit),
        Operation::RenameIndex { table, from, to }
        | Operation::RenameConstraint { table, from, to } => {
            in_name(table, visit);
            [from, to].into_iter().for_each(&mut *visit);
        }
        Operation::AddPrimaryKey { table, key } => {
            in_name(table, visit);
            key.name.iter_mut().chain(&mut key.columns).for_each(&mut *visit);
        }
        Operation::AddUnique { table, unique } => {
            in_name(table, visit);
            unique.name.iter_mut().chain(&mut unique.columns).for_each(&mut *visit);
        }
        Operation::DropUnique { table, columns, .. }
        | Operation::DropForeignKey { table, columns, .. } => {
            in_name(table, visit);
            columns.iter_mut().for_each(&mut *visit);
        }
        Operation::CreateIndex { table, index, .. } => {
            in_name(table, visit);
            in_index(index, visit);
        }
        Operation::AddForeignKey { table, key } => {
            in_name(table, visit);
            in_foreign_key(key, visit);
        }
        Operation::AddCheck { table, check } | Operation::DropCheck { table, check } => {
            in_name(table, visit);
            in_check(check, visit);
        }
        _ => {}
    }
}

fn in_name(name: &mut TableName, visit: Visit<'_>) {
    name.schema.iter_mut().chain([&mut name.name]).for_each(&mut *visit);
}

fn in_type(kind: &mut Type, visit: Visit<'_>) {
    match kind {
        Type::Enum(name) => visit(name),
        Type::Array(element) => in_type(element, visit),
        _ => {}
    }
}

fn in_column(column: &mut Column, visit: Visit<'_>) {
    visit(&mut column.name);
    in_type(&mut column.kind, visit);
}

fn in_check(check: &mut Check, visit: Visit<'_>) {
    check.name.iter_mut().for_each(&mut *visit);
}

fn in_foreign_key(key: &mut ForeignKey, visit: Visit<'_>) {
    in_name(&mut key.references, visit);
    key.name.iter_mut().chain(&mut key.columns).chain(&mut key.referenced).for_each(&mut *visit);
}

fn in_index(index: &mut Index, visit: Visit<'_>) {
    [&mut index.name].into_iter().chain(&mut index.include).for_each(&mut *visit);
    let columns = index.columns.iter_mut().filter(|column| !column.expression);
    columns.for_each(|column| visit(&mut column.name));
}

fn in_table(table: &mut Table, visit: Visit<'_>) {
    in_name(&mut table.name, visit);
    table.columns.iter_mut().for_each(|column| in_column(column, visit));
    if let Some(key) = &mut table.primary_key {
        key.name.iter_mut().chain(&mut key.columns).for_each(&mut *visit);
    }
    for unique in &mut table.uniques {
        unique.name.iter_mut().chain(&mut unique.columns).for_each(&mut *visit);
    }
    table.foreign_keys.iter_mut().for_each(|key| in_foreign_key(key, visit));
    table.checks.iter_mut().for_each(|check| in_check(check, visit));
    table.indexes.iter_mut().for_each(|index| in_index(index, visit));
    table.triggers.iter_mut().for_each(|trigger| visit(&mut trigger.name));
}
