//! Names as PostgreSQL keeps them: it cuts off what is longer than 63 bytes, and says so in a notice only.

use crate::{
    column::Column,
    column_type::Type,
    key::{Check, ForeignKey, Index},
    operation::Operation,
    schema::TableName,
    table::Table,
};

/// What PostgreSQL keeps of a name, in bytes.
pub const LENGTH: usize = 63;

/// At most so many bytes of a text, and no character in halves.
pub fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The operation with the names that the server will have; otherwise a part would be missed that was read back.
pub fn shortened(operation: &Operation) -> Operation {
    let mut operation = operation.clone();
    match &mut operation {
        Operation::CreateTable { table } => in_table(table),
        Operation::RenameTable { from, to } => [from, to].into_iter().for_each(in_name),
        Operation::AddColumn { table, column } => {
            in_name(table);
            in_column(column);
        }
        Operation::AlterType { table, column, kind, .. } => {
            in_name(table);
            short(column);
            in_type(kind);
        }
        Operation::DropTable { table, .. }
        | Operation::DropPrimaryKey { table, .. }
        | Operation::SetOptions { table, .. } => in_name(table),
        Operation::DropColumn { table, column, .. }
        | Operation::AlterNull { table, column, .. }
        | Operation::AlterDefault { table, column, .. }
        | Operation::SetIdentity { table, column, .. }
        | Operation::SetGenerated { table, column, .. }
        | Operation::SetCollation { table, column, .. }
        | Operation::SetExtra { table, column, .. }
        | Operation::Backfill { table, column, .. }
        | Operation::DropIndex { table, index: column, .. } => {
            in_name(table);
            short(column);
        }
        Operation::RenameColumn { table, from, to }
        | Operation::RenameIndex { table, from, to } => {
            in_name(table);
            [from, to].into_iter().for_each(short);
        }
        Operation::SetComment { table, column, .. } => {
            in_name(table);
            column.iter_mut().for_each(short);
        }
        Operation::CreateObject { table, object, .. }
        | Operation::DropObject { table, object, .. } => {
            in_name(table);
            short(&mut object.name);
        }
        Operation::CreateEnum { name, .. }
        | Operation::DropEnum { name, .. }
        | Operation::AddEnumValue { name, .. }
        | Operation::RenameEnumValue { name, .. }
        | Operation::RebuildEnum { name, .. } => short(name),
        _ => in_constraint(&mut operation),
    }
    operation
}

fn in_constraint(operation: &mut Operation) {
    match operation {
        Operation::AddPrimaryKey { table, key } => {
            in_name(table);
            key.name.iter_mut().chain(&mut key.columns).for_each(short);
        }
        Operation::AddUnique { table, unique } => {
            in_name(table);
            unique.name.iter_mut().chain(&mut unique.columns).for_each(short);
        }
        Operation::DropUnique { table, columns, .. }
        | Operation::DropForeignKey { table, columns, .. } => {
            in_name(table);
            columns.iter_mut().for_each(short);
        }
        Operation::CreateIndex { table, index, .. } => {
            in_name(table);
            in_index(index);
        }
        Operation::AddForeignKey { table, key } => {
            in_name(table);
            in_foreign_key(key);
        }
        Operation::AddCheck { table, check } | Operation::DropCheck { table, check } => {
            in_name(table);
            in_check(check);
        }
        _ => {}
    }
}

fn short(name: &mut String) {
    let length = cut(name, LENGTH).len();
    name.truncate(length);
}

fn in_name(name: &mut TableName) {
    name.schema.iter_mut().chain([&mut name.name]).for_each(short);
}

fn in_type(kind: &mut Type) {
    match kind {
        Type::Enum(name) => short(name),
        Type::Array(element) => in_type(element),
        _ => {}
    }
}

fn in_column(column: &mut Column) {
    short(&mut column.name);
    in_type(&mut column.kind);
}

fn in_check(check: &mut Check) {
    check.name.iter_mut().for_each(short);
}

fn in_foreign_key(key: &mut ForeignKey) {
    in_name(&mut key.references);
    key.name.iter_mut().chain(&mut key.columns).chain(&mut key.referenced).for_each(short);
}

fn in_index(index: &mut Index) {
    [&mut index.name].into_iter().chain(&mut index.include).for_each(short);
    let columns = index.columns.iter_mut().filter(|column| !column.expression);
    columns.for_each(|column| short(&mut column.name));
}

fn in_table(table: &mut Table) {
    in_name(&mut table.name);
    table.columns.iter_mut().for_each(in_column);
    if let Some(key) = &mut table.primary_key {
        key.name.iter_mut().chain(&mut key.columns).for_each(short);
    }
    for unique in &mut table.uniques {
        unique.name.iter_mut().chain(&mut unique.columns).for_each(short);
    }
    table.foreign_keys.iter_mut().for_each(in_foreign_key);
    table.checks.iter_mut().for_each(in_check);
    table.indexes.iter_mut().for_each(in_index);
    table.triggers.iter_mut().for_each(|trigger| short(&mut trigger.name));
}
