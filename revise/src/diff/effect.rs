//! What an operation makes and drops, as others know it that need it.

use crate::{
    operation::{
        DefinitionKind, Operation,
        apply::parts::{find_check, find_key},
    },
    schema::{Check, Column, Node, ObjectKind, ReplaceMethod, Schema, Table, TableName, names},
};

/// What is not there any more after an operation, or not as it was. `before` is the schema before all of them.
pub fn dropped(operation: &Operation, before: &Schema) -> Vec<Node> {
    let table = |name: &TableName| before.tables.get(name);
    match operation {
        Operation::DropTable { table, .. } => vec![Node::name(&table.name)],
        Operation::DropColumn { table, column, .. }
        | Operation::AlterType { table, column, .. }
        | Operation::SetGenerated { table, column, .. }
        | Operation::SetCollation { table, column, .. } => {
            vec![part("column", table, column), part("default", table, column)]
        }
        Operation::AlterDefault { table, column, before: Some(_), .. }
        | Operation::SetIdentity { table, column, .. } => vec![part("default", table, column)],
        Operation::DropPrimaryKey { table: name, .. } => {
            table(name).map(|table| key(name, &names::primary_key(table))).unwrap_or_default()
        }
        Operation::DropUnique { table: name, columns, .. } => {
            let found = table(name).and_then(|table| {
                let unique = table.uniques.iter().find(|unique| unique.columns == *columns)?;
                Some(key(name, &names::unique(table, unique)))
            });
            found.unwrap_or_default()
        }
        Operation::DropForeignKey { table: name, columns, before: meant } => {
            let found = table(name).and_then(|table| {
                let place = find_key(table, columns, meant.as_deref())?;
                let name = names::foreign_key(table, table.foreign_keys.get(place)?);
                Some(part("constraint", &table.name, &name))
            });
            found.into_iter().collect()
        }
        Operation::DropCheck { table: name, check } => {
            check_of(table(name), check).into_iter().collect()
        }
        Operation::DropIndex { index, .. } => vec![Node::name(index)],
        Operation::DropObject { kind: DefinitionKind::Trigger, table, object } => {
            // It is dropped before its table is renamed.
            let own = before.tables.values().find(|table| table.triggers.contains(object));
            let table = own.map_or(table, |own| &own.name);
            object_of(DefinitionKind::Trigger, table, &object.name)
        }
        Operation::DropObject { kind, table, object } => object_of(*kind, table, &object.name),
        Operation::DropEnum { name, .. } => vec![Node::name(name)],
        Operation::DropDatabaseObject { object } => object_node(before, &object.name),
        Operation::CreateDatabaseObject { object, before: Some(_) } => {
            object_node(before, &object.name)
        }
        _ => Vec::new(),
    }
}

/// What is there after an operation, or is not what it was. `after` is the schema after all of them.
pub fn made(operation: &Operation, after: &Schema) -> Vec<Node> {
    let table = |name: &TableName| after.tables.get(name);
    match operation {
        Operation::CreateTable { table } => vec![Node::name(&table.name.name)],
        Operation::AddColumn { table, column: Column { name: column, .. } }
        | Operation::AlterType { table, column, .. }
        | Operation::SetGenerated { table, column, .. }
        | Operation::SetCollation { table, column, .. } => {
            vec![part("column", table, column), part("default", table, column)]
        }
        Operation::AlterDefault { table, column, default: Some(_), .. }
        | Operation::SetIdentity { table, column, .. } => vec![part("default", table, column)],
        Operation::AddPrimaryKey { table: name, .. } => {
            table(name).map(|table| key(name, &names::primary_key(table))).unwrap_or_default()
        }
        Operation::AddUnique { table: name, unique } => {
            let found = table(name).and_then(|table| {
                let mut uniques = table.uniques.iter();
                let same = uniques.find(|found| found.columns == unique.columns)?;
                Some(key(name, &names::unique(table, same)))
            });
            found.unwrap_or_default()
        }
        Operation::AddForeignKey { table: name, key } => {
            let found = table(name).and_then(|table| {
                let place = find_key(table, &key.columns, Some(key))?;
                let name = names::foreign_key(table, table.foreign_keys.get(place)?);
                Some(part("constraint", &table.name, &name))
            });
            found.into_iter().collect()
        }
        Operation::AddCheck { table: name, check } => {
            check_of(table(name), check).into_iter().collect()
        }
        Operation::CreateIndex { index, .. } => vec![Node::name(&index.name)],
        Operation::RenameIndex { to, .. } => vec![Node::name(to)],
        Operation::RenameConstraint { table, to, .. } => key(table, to),
        Operation::CreateObject { kind, table, object } => object_of(*kind, table, &object.name),
        Operation::CreateEnum { name, .. } => vec![Node::name(name)],
        Operation::CreateDatabaseObject { object, .. } => object_node(after, &object.name),
        _ => Vec::new(),
    }
}

/// Whether what an operation drops is really gone, and not only changed.
pub fn is_final(operation: &Operation) -> bool {
    match operation {
        Operation::DropTable { .. }
        | Operation::DropColumn { .. }
        | Operation::DropPrimaryKey { .. }
        | Operation::DropUnique { .. }
        | Operation::DropForeignKey { .. }
        | Operation::DropCheck { .. }
        | Operation::DropIndex { .. }
        | Operation::DropObject { .. }
        | Operation::DropEnum { .. }
        | Operation::DropDatabaseObject { .. } => true,
        Operation::AlterDefault { default, .. } => default.is_none(),
        _ => false,
    }
}

fn part(kind: &str, table: &TableName, name: &str) -> Node {
    Node::part(kind, &table.name, name)
}

/// A key, and the index behind it.
fn key(table: &TableName, name: &str) -> Vec<Node> {
    vec![part("constraint", table, name), Node::name(name)]
}

fn check_of(table: Option<&Table>, check: &Check) -> Option<Node> {
    let table = table?;
    let found = table.checks.get(find_check(table, check)?)?;
    Some(part("constraint", &table.name, &names::check(table, found)))
}

fn object_of(kind: DefinitionKind, table: &TableName, name: &str) -> Vec<Node> {
    match kind {
        DefinitionKind::View => vec![Node::name(&table.name)],
        DefinitionKind::Trigger => vec![part("trigger", table, name)],
    }
}

/// An object, and the domain that it is a part of: the catalog knows no parts of one.
fn object_node(schema: &Schema, name: &str) -> Vec<Node> {
    let found = schema.objects.iter().find(|found| found.object.name == name);
    let Some(found) = found.filter(|found| found.change != ReplaceMethod::Never) else {
        return Vec::new();
    };
    let domain = found.of.iter().filter(|_| found.kind == ObjectKind::DomainPart);
    found.node.iter().chain(domain).cloned().collect()
}
