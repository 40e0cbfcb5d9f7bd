//! The rule for SQLite: what can only be done by copying the whole table.

use sea_orm::DbBackend;

use super::{Finding, Linter};
use crate::{
    operation::{Operation, describe::describe},
    schema::{Column, Table, expression::mentions},
};

impl Linter {
    pub(super) fn look_at_rebuilds(&mut self, operation: &Operation) {
        let Some(name) = operation.table() else { return };
        let Some(table) = self.schema.table(name) else { return };
        let original = self.origins.table(name).and_then(|origin| origin.table.clone());
        let Some(original) = original else { return };
        if !is_rebuild(table, operation) || !self.rebuilt.insert(original) {
            return;
        }
        self.findings.push(Finding::of(
            "rebuild-of-large-table",
            name.to_string(),
            format!("{}: SQLite copies all of `{name}` for it, which blocks writes meanwhile", describe(operation)),
            "plan for the time and for free space of twice the table, and put all changes of the table into this one \
             migration, which copies it once"
                .to_owned(),
        ));
    }
}

fn is_rebuild(table: &Table, operation: &Operation) -> bool {
    let find = |column: &str| table.find(column);
    match operation {
        Operation::AddColumn { column, .. } => is_added_by_rebuild(column),
        Operation::DropColumn { column, .. } => is_dropped_by_rebuild(table, column),
        Operation::AlterType { column, kind, .. } => {
            find(column).is_none_or(|found| !found.kind.looks_like(kind, DbBackend::Sqlite))
        }
        Operation::AlterNull { column, nullable, .. } => {
            find(column).is_none_or(|found| found.nullable != *nullable)
        }
        Operation::DropUnique { columns, .. } => {
            table.uniques.iter().any(|unique| unique.columns == *columns)
        }
        Operation::AlterDefault { .. }
        | Operation::SetIdentity { .. }
        | Operation::SetGenerated { .. }
        | Operation::SetCollation { .. }
        | Operation::SetColumnClause { .. }
        | Operation::SetOptions { .. }
        | Operation::AddPrimaryKey { .. }
        | Operation::DropPrimaryKey { .. }
        | Operation::AddForeignKey { .. }
        | Operation::DropForeignKey { .. }
        | Operation::AddCheck { .. }
        | Operation::DropCheck { .. }
        | Operation::RenameConstraint { .. } => true,
        Operation::CreateTable { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::Backfill { .. }
        | Operation::BackfillInBatches { .. }
        | Operation::AddUnique { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::SetComment { .. }
        | Operation::CreateEnum { .. }
        | Operation::DropEnum { .. }
        | Operation::AddEnumValue { .. }
        | Operation::RenameEnumValue { .. }
        | Operation::RebuildEnum { .. }
        | Operation::CreateObject { .. }
        | Operation::DropObject { .. }
        | Operation::CreateDatabaseObject { .. }
        | Operation::DropDatabaseObject { .. }
        | Operation::Sql { .. } => false,
    }
}

/// `ADD COLUMN` takes no default that has to be computed once there are rows, and no stored value.
fn is_added_by_rebuild(column: &Column) -> bool {
    column.default.as_ref().is_some_and(|default| !default.is_constant())
        || column.generated.as_ref().is_some_and(|generated| generated.stored)
        || !column.identity.is_none()
}

/// `DROP COLUMN` takes no column that something else of the table's definition names.
fn is_dropped_by_rebuild(table: &Table, column: &str) -> bool {
    let names = |columns: &[String]| columns.iter().any(|name| name == column);
    let computed = table.columns.iter().filter_map(|column| column.generated.as_ref());
    table.is_key(column)
        || table.uniques.iter().any(|unique| names(&unique.columns))
        || table.foreign_keys.iter().any(|key| names(&key.columns))
        || table.checks.iter().any(|check| mentions(&check.expression, column))
        || computed.into_iter().any(|generated| mentions(&generated.expression, column))
}
