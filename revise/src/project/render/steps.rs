//! Operations as the plan's calls: one operation, one call.

use super::{
    literal::{array, list, option, sql, text},
    parts::{self, name},
};
use crate::operation::{DefinitionKind, Operation, Subject};

/// `.drop_column("books", "isbn")`.
pub(super) fn step(operation: &Operation) -> String {
    match operation.subject() {
        Subject::Table => table_step(operation),
        Subject::Column => column_step(operation),
        Subject::Constraint => constraint_step(operation),
        Subject::Object => object_step(operation),
    }
}

/// Changes of a table as a whole, and comments.
fn table_step(operation: &Operation) -> String {
    match operation {
        Operation::CreateTable { table } => call("create_table", &[parts::table(table)]),
        Operation::DropTable { table, .. } => call("drop_table", &[name(table)]),
        Operation::RenameTable { from, to } => call("rename_table", &[name(from), name(to)]),
        Operation::SetOptions { table, options, .. } => {
            call("set_options", &[name(table), list(options)])
        }
        Operation::SetComment { table, column: Some(column), comment, .. } => {
            call("comment_column", &[name(table), text(column), parts::comment(comment.as_ref())])
        }
        Operation::SetComment { table, column: None, comment, .. } => {
            call("comment_table", &[name(table), parts::comment(comment.as_ref())])
        }
        _ => String::new(),
    }
}

/// Changes of a column.
fn column_step(operation: &Operation) -> String {
    match operation {
        Operation::AddColumn { table, column } => {
            call("add_column", &[name(table), parts::column(column)])
        }
        Operation::DropColumn { table, column, .. } => {
            call("drop_column", &[name(table), text(column)])
        }
        Operation::RenameColumn { table, from, to } => {
            call("rename_column", &[name(table), text(from), text(to)])
        }
        Operation::AlterType { table, column, kind, using: None, .. } => {
            call("alter_type", &[name(table), text(column), parts::kind(kind)])
        }
        Operation::AlterType { table, column, kind, using: Some(using), .. } => {
            call("alter_type_using", &[name(table), text(column), parts::kind(kind), sql(using)])
        }
        Operation::AlterNull { table, column, nullable } => call(
            if *nullable { "drop_not_null" } else { "set_not_null" },
            &[name(table), text(column)],
        ),
        Operation::AlterDefault { table, column, default: Some(default), .. } => {
            call("set_default", &[name(table), text(column), parts::default(default)])
        }
        Operation::AlterDefault { table, column, default: None, .. } => {
            call("drop_default", &[name(table), text(column)])
        }
        Operation::SetIdentity { table, column, identity, before } => call(
            "set_identity",
            &[name(table), text(column), parts::identity(*before), parts::identity(*identity)],
        ),
        Operation::SetGenerated { table, column, generated: Some(made), .. } => {
            let (expression, stored) = (sql(&made.expression), made.stored.to_string());
            call("set_generated", &[name(table), text(column), expression, stored])
        }
        Operation::SetGenerated { table, column, generated: None, .. } => {
            call("drop_generated", &[name(table), text(column)])
        }
        Operation::SetCollation { table, column, collation, .. } => {
            call("set_collation", &[name(table), text(column), option(collation.as_deref())])
        }
        Operation::SetColumnClause { table, column, clause, .. } => {
            call("set_extra", &[name(table), text(column), text(clause)])
        }
        Operation::Backfill { table, column, value } => {
            call("backfill", &[name(table), text(column), sql(value)])
        }
        Operation::BackfillInBatches { .. } => batches_step(operation),
        _ => String::new(),
    }
}

fn batches_step(operation: &Operation) -> String {
    let Operation::BackfillInBatches { table, set, condition, size } = operation else {
        return String::new();
    };
    call("backfill_in_batches", &[name(table), sql(set), sql(condition), size.to_string()])
}

/// Changes of keys, constraints and indexes.
fn constraint_step(operation: &Operation) -> String {
    match operation {
        Operation::AddPrimaryKey { table, key } => {
            call("add_primary_key", &[name(table), parts::primary_key(key)])
        }
        Operation::DropPrimaryKey { table, .. } => call("drop_primary_key", &[name(table)]),
        Operation::AddUnique { table, unique } => {
            call("add_unique", &[name(table), parts::unique(unique)])
        }
        Operation::DropUnique { table, columns, .. } => {
            call("drop_unique", &[name(table), list(columns)])
        }
        Operation::CreateIndex { table, index, concurrently } => {
            let method = if *concurrently { "create_index_concurrently" } else { "create_index" };
            call(method, &[name(table), parts::index(index)])
        }
        Operation::DropIndex { table, index, .. } => {
            call("drop_index", &[name(table), text(index)])
        }
        Operation::RenameIndex { table, from, to } => {
            call("rename_index", &[name(table), text(from), text(to)])
        }
        Operation::RenameConstraint { table, from, to } => {
            call("rename_constraint", &[name(table), text(from), text(to)])
        }
        Operation::AddForeignKey { table, key } => {
            call("add_foreign_key", &[name(table), parts::foreign_key(key)])
        }
        Operation::DropForeignKey { table, columns, .. } => {
            call("drop_foreign_key", &[name(table), list(columns)])
        }
        Operation::AddCheck { table, check } => {
            call("add_check", &[name(table), parts::check(check)])
        }
        Operation::DropCheck { table, check } => {
            call("drop_check", &[name(table), parts::check(check)])
        }
        _ => String::new(),
    }
}

/// Changes of enums, views, triggers and other objects, and raw SQL.
fn object_step(operation: &Operation) -> String {
    match operation {
        Operation::CreateEnum { name, values } => call("create_enum", &[text(name), list(values)]),
        Operation::DropEnum { name, .. } => call("drop_enum", &[text(name)]),
        Operation::AddEnumValue { name, value, before } => {
            call("add_enum_value", &[text(name), text(value), option(before.as_deref())])
        }
        Operation::RenameEnumValue { name, from, to } => {
            call("rename_enum_value", &[text(name), text(from), text(to)])
        }
        Operation::RebuildEnum { name, values, map, .. } => {
            let pair = |(from, to): &(String, String)| format!("({}, {})", text(from), text(to));
            call("rebuild_enum", &[text(name), list(values), array(map.iter().map(pair))])
        }
        Operation::CreateObject { kind: DefinitionKind::View, table, object } => {
            call("create_view", &[name(table), sql(&object.sql)])
        }
        Operation::DropObject { kind: DefinitionKind::View, table, .. } => {
            call("drop_view", &[name(table)])
        }
        Operation::CreateObject { kind: DefinitionKind::Trigger, table, object } => {
            call("create_trigger", &[name(table), text(&object.name), sql(&object.sql)])
        }
        Operation::DropObject { kind: DefinitionKind::Trigger, table, object } => {
            call("drop_trigger", &[name(table), text(&object.name)])
        }
        Operation::CreateDatabaseObject { object, .. } => {
            call("create_extra", &[text(&object.name), sql(&object.sql), sql(&object.drop)])
        }
        Operation::DropDatabaseObject { object } => {
            call("drop_extra", &[text(&object.name), sql(&object.sql), sql(&object.drop)])
        }
        Operation::Sql { sqlite, postgres } => raw(sqlite.as_deref(), postgres.as_deref()),
        _ => String::new(),
    }
}

fn raw(sqlite: Option<&str>, postgres: Option<&str>) -> String {
    match (sqlite, postgres) {
        (Some(both), Some(postgres)) if both == postgres => call("raw_sql", &[sql(both)]),
        (Some(sqlite), Some(postgres)) => call("raw_sql_each", &[sql(sqlite), sql(postgres)]),
        (Some(sqlite), None) => call("raw_sqlite", &[sql(sqlite)]),
        (None, Some(postgres)) => call("raw_postgres", &[sql(postgres)]),
        // Does nothing on either.
        (None, None) => String::new(),
    }
}

fn call(method: &str, arguments: &[String]) -> String {
    format!(".{method}({})", arguments.join(", "))
}
