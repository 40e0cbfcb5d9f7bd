//! Operations as the cases write them: the kind and what it is about.

use sea_revise::operation::{DefinitionKind, Operation};

/// An operation's kind with its subject, such as `AddColumn(u.n)`, `AddUnique(u: email)`, `CreateIndex(u: idx-u-email)`
/// or `RenameColumn(book.author_id→writer_id)`.
pub fn label(operation: &Operation) -> String {
    use Operation as Op;
    match operation {
        Op::CreateTable { table } => format!("CreateTable({})", table.name),
        Op::DropTable { table, .. } => format!("DropTable({table})"),
        Op::RenameTable { from, to } => format!("RenameTable({from}→{to})"),
        Op::AddColumn { table, column } => format!("AddColumn({table}.{})", column.name),
        Op::DropColumn { table, column, .. } => format!("DropColumn({table}.{column})"),
        Op::RenameColumn { table, from, to } => format!("RenameColumn({table}.{from}→{to})"),
        Op::AlterType { table, column, .. } => format!("AlterType({table}.{column})"),
        Op::AlterNull { table, column, .. } => format!("AlterNull({table}.{column})"),
        Op::AlterDefault { table, column, .. } => format!("AlterDefault({table}.{column})"),
        Op::SetIdentity { table, column, .. } => format!("SetIdentity({table}.{column})"),
        Op::SetGenerated { table, column, .. } => format!("SetGenerated({table}.{column})"),
        Op::SetCollation { table, column, .. } => format!("SetCollation({table}.{column})"),
        Op::SetColumnClause { table, column, .. } => format!("SetColumnClause({table}.{column})"),
        Op::SetOptions { table, .. } => format!("SetOptions({table})"),
        Op::Backfill { table, column, .. } => format!("Backfill({table}.{column})"),
        Op::BackfillInBatches { table, .. } => format!("BackfillInBatches({table})"),
        Op::SetComment { table, column: Some(column), .. } => {
            format!("SetComment({table}.{column})")
        }
        Op::SetComment { table, column: None, .. } => format!("SetComment({table})"),
        Op::CreateEnum { name, .. } => format!("CreateEnum({name})"),
        Op::DropEnum { name, .. } => format!("DropEnum({name})"),
        Op::AddEnumValue { name, value, .. } => format!("AddEnumValue({name}: {value})"),
        Op::RenameEnumValue { name, from, to } => format!("RenameEnumValue({name}: {from}→{to})"),
        Op::RebuildEnum { name, .. } => format!("RebuildEnum({name})"),
        Op::CreateObject { kind, object, .. } => {
            format!("Create{}({})", object_kind(*kind), object.name)
        }
        Op::DropObject { kind, object, .. } => {
            format!("Drop{}({})", object_kind(*kind), object.name)
        }
        Op::CreateDatabaseObject { object, .. } => format!("CreateDatabaseObject({})", object.name),
        Op::DropDatabaseObject { object } => format!("DropDatabaseObject({})", object.name),
        Op::Sql { .. } => "Sql()".to_owned(),
        _ => label_of_key(operation),
    }
}

fn label_of_key(operation: &Operation) -> String {
    use Operation as Op;
    match operation {
        Op::AddPrimaryKey { table, .. } => format!("AddPrimaryKey({table})"),
        Op::DropPrimaryKey { table, .. } => format!("DropPrimaryKey({table})"),
        Op::AddUnique { table, unique } => {
            format!("AddUnique({table}: {})", unique.columns.join(", "))
        }
        Op::DropUnique { table, columns, .. } => {
            format!("DropUnique({table}: {})", columns.join(", "))
        }
        Op::CreateIndex { table, index, .. } => format!("CreateIndex({table}: {})", index.name),
        Op::DropIndex { table, index, .. } => format!("DropIndex({table}: {index})"),
        Op::RenameIndex { table, from, to } => format!("RenameIndex({table}: {from}→{to})"),
        Op::RenameConstraint { table, from, to } => {
            format!("RenameConstraint({table}: {from}→{to})")
        }
        Op::AddForeignKey { table, key } => format!("AddFk({table}: {})", key.columns.join(", ")),
        Op::DropForeignKey { table, columns, .. } => {
            format!("DropFk({table}: {})", columns.join(", "))
        }
        Op::AddCheck { table, .. } => format!("AddCheck({table})"),
        Op::DropCheck { table, .. } => format!("DropCheck({table})"),
        other => format!("{other:?}"),
    }
}

fn object_kind(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::View => "View",
        DefinitionKind::Trigger => "Trigger",
        _ => "Object",
    }
}
