//! One step from a schema to another, as data. A plan of them drives execution, SQL, generated code, lint and resume.

#![expect(
    missing_docs,
    reason = "the members of an operation say what they are by their names and types"
)]

pub mod apply;
pub(crate) mod batches;
pub mod describe;
pub mod manifest;
mod plan;
pub mod reverse;
mod subject;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::plan::Plan;
pub(crate) use self::subject::Subject;
pub use crate::error::PlanError;

use crate::schema::{
    Check, Column, DatabaseObject, DefaultValue, ForeignKey, Generated, Identity, Index,
    PrimaryKey, SqlDefinition, Table, TableName, Type, Unique,
};

/// One change of a schema. What is needed to take it back is carried in `before` and may be absent in a migration that
/// was written by hand; it is never needed to carry the operation out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Creates a table with its keys, constraints and indexes.
    CreateTable { table: Table },
    /// Drops a table and its rows.
    DropTable {
        table: TableName,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<Box<Table>>,
    },
    /// Gives a table another name.
    RenameTable { from: TableName, to: TableName },
    /// Adds a column, behind the others.
    AddColumn { table: TableName, column: Column },
    /// Drops a column and its values.
    DropColumn {
        table: TableName,
        column: String,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<Box<Column>>,
    },
    /// Gives a column another name.
    RenameColumn { table: TableName, from: String, to: String },
    /// Changes a column's type. `using` computes the new value from the old row; without it the value is cast.
    AlterType {
        table: TableName,
        column: String,
        #[serde(rename = "type")]
        kind: Type,
        #[serde(skip_serializing_if = "Option::is_none")]
        using: Option<String>,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<Type>,
    },
    /// Lets a column be NULL, or no longer.
    AlterNull { table: TableName, column: String, nullable: bool },
    /// Changes a column's default, or takes it away.
    AlterDefault {
        table: TableName,
        column: String,
        default: Option<DefaultValue>,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<DefaultValue>,
    },
    /// Changes whether the database numbers the rows.
    SetIdentity {
        table: TableName,
        column: String,
        identity: Identity,
        #[serde(rename = "was")]
        before: Identity,
    },
    /// Computes a column from the others of its row, or no longer: it keeps its values then.
    SetGenerated {
        table: TableName,
        column: String,
        generated: Option<Generated>,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<Generated>,
    },
    /// Compares the texts of a column by another collation, or by that of its type.
    SetCollation {
        table: TableName,
        column: String,
        collation: Option<String>,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    /// Changes the clause of a column that no other member says, such as `ON CONFLICT` (SQLite only).
    #[serde(rename = "set_extra")]
    SetColumnClause {
        table: TableName,
        column: String,
        #[serde(rename = "extra")]
        clause: String,
        #[serde(rename = "was", skip_serializing_if = "String::is_empty")]
        before: String,
    },
    /// Changes the options of a table, `STRICT` and `WITHOUT ROWID` (SQLite only).
    SetOptions {
        table: TableName,
        options: Vec<String>,
        #[serde(rename = "was", skip_serializing_if = "Vec::is_empty")]
        before: Vec<String>,
    },
    /// Gives a value, an expression in SQL, to the rows that have NULL in a column.
    Backfill { table: TableName, column: String, value: String },
    /// Changes rows after the migration, so many keys at a time and each time in a transaction of its own. `set` and `condition` are SQL.
    BackfillInBatches { table: TableName, set: String, condition: String, size: u32 },
    /// Adds a primary key.
    AddPrimaryKey { table: TableName, key: PrimaryKey },
    /// Drops the primary key.
    DropPrimaryKey {
        table: TableName,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<PrimaryKey>,
    },
    /// Adds a unique constraint; on SQLite a unique index.
    AddUnique { table: TableName, unique: Unique },
    /// Drops the unique constraint, or where there is none the unique index, on exactly these columns.
    DropUnique {
        table: TableName,
        columns: Vec<String>,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<Unique>,
    },
    /// Creates an index. `concurrently` needs a migration without a transaction, and means nothing on SQLite.
    CreateIndex {
        table: TableName,
        index: Index,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        concurrently: bool,
    },
    /// Drops an index; on PostgreSQL the unique constraint of this name, where SQLite has an index in its stead.
    DropIndex {
        table: TableName,
        index: String,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<Box<Index>>,
    },
    /// Gives an index another name.
    RenameIndex { table: TableName, from: String, to: String },
    /// Gives a primary key, a unique constraint, a foreign key or a check another name.
    RenameConstraint { table: TableName, from: String, to: String },
    /// Adds a foreign key.
    AddForeignKey { table: TableName, key: ForeignKey },
    /// Drops the foreign key on exactly these columns.
    DropForeignKey {
        table: TableName,
        columns: Vec<String>,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<Box<ForeignKey>>,
    },
    /// Adds a check constraint.
    AddCheck { table: TableName, check: Check },
    /// Drops a check constraint, found by its name or else by its expression.
    DropCheck { table: TableName, check: Check },
    /// Sets or takes away the comment of a column, or of the table (PostgreSQL only).
    SetComment {
        table: TableName,
        column: Option<String>,
        comment: Option<String>,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    /// Creates an enum type (PostgreSQL only).
    CreateEnum { name: String, values: Vec<String> },
    /// Drops an enum type (PostgreSQL only).
    DropEnum {
        name: String,
        #[serde(rename = "was", skip_serializing_if = "Vec::is_empty")]
        before: Vec<String>,
    },
    /// Adds a value to an enum type, before another one or else as the last (PostgreSQL only).
    AddEnumValue { name: String, value: String, before: Option<String> },
    /// Gives a value of an enum type another name (PostgreSQL only).
    RenameEnumValue { name: String, from: String, to: String },
    /// Recreates an enum type with these values, because PostgreSQL can neither drop nor reorder them. Rows that have
    /// a dropped value need a pair in `map`; a row without one stops the migration.
    RebuildEnum {
        name: String,
        values: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        map: Vec<(String, String)>,
        #[serde(rename = "was", skip_serializing_if = "Vec::is_empty")]
        before: Vec<String>,
    },
    /// Creates a view, or a trigger on `table`.
    CreateObject { kind: DefinitionKind, table: TableName, object: SqlDefinition },
    /// Drops a view, or a trigger on `table`.
    DropObject { kind: DefinitionKind, table: TableName, object: SqlDefinition },
    /// Creates an object that the model does not take apart, or replaces it (PostgreSQL only).
    #[serde(rename = "create_extra")]
    CreateDatabaseObject {
        #[serde(rename = "extra")]
        object: DatabaseObject,
        #[serde(rename = "was", skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    /// Drops an object that the model does not take apart (PostgreSQL only).
    #[serde(rename = "drop_extra")]
    DropDatabaseObject {
        #[serde(rename = "extra")]
        object: DatabaseObject,
    },
    /// SQL written by hand. Where only one database is named, the other one does nothing.
    Sql { sqlite: Option<String>, postgres: Option<String> },
}

/// What a [`Operation::CreateObject`] creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DefinitionKind {
    /// A view; `table` is its own name.
    View,
    /// A trigger of a table.
    Trigger,
}

/// The table that an operation changes, borrowed as the operation is.
macro_rules! own_table {
    ($operation:expr) => {
        match $operation {
            Operation::CreateTable { table: Table { name: table, .. } }
            | Operation::RenameTable { from: table, .. }
            | Operation::DropTable { table, .. }
            | Operation::AddColumn { table, .. }
            | Operation::DropColumn { table, .. }
            | Operation::RenameColumn { table, .. }
            | Operation::AlterType { table, .. }
            | Operation::AlterNull { table, .. }
            | Operation::AlterDefault { table, .. }
            | Operation::SetIdentity { table, .. }
            | Operation::SetGenerated { table, .. }
            | Operation::SetCollation { table, .. }
            | Operation::SetColumnClause { table, .. }
            | Operation::SetOptions { table, .. }
            | Operation::Backfill { table, .. }
            | Operation::BackfillInBatches { table, .. }
            | Operation::AddPrimaryKey { table, .. }
            | Operation::DropPrimaryKey { table, .. }
            | Operation::AddUnique { table, .. }
            | Operation::DropUnique { table, .. }
            | Operation::CreateIndex { table, .. }
            | Operation::DropIndex { table, .. }
            | Operation::RenameIndex { table, .. }
            | Operation::RenameConstraint { table, .. }
            | Operation::AddForeignKey { table, .. }
            | Operation::DropForeignKey { table, .. }
            | Operation::AddCheck { table, .. }
            | Operation::DropCheck { table, .. }
            | Operation::SetComment { table, .. }
            | Operation::CreateObject { table, .. }
            | Operation::DropObject { table, .. } => Some(table),
            Operation::CreateEnum { .. }
            | Operation::DropEnum { .. }
            | Operation::AddEnumValue { .. }
            | Operation::RenameEnumValue { .. }
            | Operation::RebuildEnum { .. }
            | Operation::CreateDatabaseObject { .. }
            | Operation::DropDatabaseObject { .. }
            | Operation::Sql { .. } => None,
        }
    };
}

/// What a table was called before operations that may have renamed it.
pub(crate) fn first_name<'a>(
    table: &TableName,
    operations: impl DoubleEndedIterator<Item = &'a Operation>,
) -> TableName {
    operations.rev().fold(table.clone(), |name, operation| match operation {
        Operation::RenameTable { from, to } if *to == name => from.clone(),
        _ => name,
    })
}

impl Operation {
    /// The table that it changes, where it is one.
    #[must_use]
    pub fn table(&self) -> Option<&TableName> {
        own_table!(self)
    }

    /// Whether rows or values are lost.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        match self {
            Self::DropTable { .. } | Self::DropColumn { .. } => true,
            // What was computed before is only computed otherwise.
            Self::SetGenerated { generated: Some(_), before, .. } => before.is_none(),
            _ => false,
        }
    }

    /// As the file of a migration has it: what is needed to take it back stands in the file's own `down`.
    #[must_use]
    pub fn as_written(&self) -> Self {
        let mut written = self.clone();
        match &mut written {
            Self::DropTable { before, .. } => *before = None,
            Self::DropColumn { before, .. } => *before = None,
            Self::AlterType { before, .. } => *before = None,
            Self::AlterDefault { before, .. } => *before = None,
            Self::SetGenerated { before, .. } => *before = None,
            Self::DropPrimaryKey { before, .. } => *before = None,
            Self::DropUnique { before, .. } => *before = None,
            Self::DropIndex { before, .. } => *before = None,
            Self::DropForeignKey { before, .. } => *before = None,
            Self::SetCollation { before, .. }
            | Self::SetComment { before, .. }
            | Self::CreateDatabaseObject { before, .. } => *before = None,
            Self::SetColumnClause { before, .. } => before.clear(),
            Self::SetOptions { before, .. }
            | Self::DropEnum { before, .. }
            | Self::RebuildEnum { before, .. } => before.clear(),
            _ => {}
        }
        written
    }

    /// Every table that it names.
    #[must_use]
    pub fn tables(&self) -> Vec<TableName> {
        let mut copy = self.clone();
        let mut names = Vec::new();
        copy.each_table(&mut |name| names.push(name.clone()));
        names
    }

    /// Puts tables into other schemas: actual names by the names that the operation has.
    pub fn rename_schemas(&mut self, names: &BTreeMap<String, String>) {
        self.each_table(&mut |table| {
            if let Some(schema) = &mut table.schema
                && let Some(actual) = names.get(schema)
            {
                schema.clone_from(actual);
            }
        });
    }

    fn each_table(&mut self, visit: &mut dyn FnMut(&mut TableName)) {
        own_table!(&mut *self).into_iter().for_each(&mut *visit);
        match self {
            Self::CreateTable { table } => {
                table.foreign_keys.iter_mut().for_each(|key| visit(&mut key.references));
            }
            Self::RenameTable { to, .. } => visit(to),
            Self::AddForeignKey { key, .. } => visit(&mut key.references),
            _ => {}
        }
    }
}
