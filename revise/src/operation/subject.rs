//! What an operation changes: the groups by which long matches over all operations are split.

use super::Operation;

/// What an operation changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A table as a whole, or a comment.
    Table,
    /// A column.
    Column,
    /// A key, a constraint or an index.
    Constraint,
    /// An enum, a view, a trigger or another object, or what raw SQL changes.
    Object,
}

impl Operation {
    /// What it changes. Without `_`, so that no operation is left out.
    pub(crate) fn subject(&self) -> Subject {
        match self {
            Self::CreateTable { .. }
            | Self::DropTable { .. }
            | Self::RenameTable { .. }
            | Self::SetOptions { .. }
            | Self::SetComment { .. } => Subject::Table,
            Self::AddColumn { .. }
            | Self::DropColumn { .. }
            | Self::RenameColumn { .. }
            | Self::AlterType { .. }
            | Self::AlterNull { .. }
            | Self::AlterDefault { .. }
            | Self::SetIdentity { .. }
            | Self::SetGenerated { .. }
            | Self::SetCollation { .. }
            | Self::SetColumnClause { .. }
            | Self::Backfill { .. }
            | Self::BackfillInBatches { .. } => Subject::Column,
            Self::AddPrimaryKey { .. }
            | Self::DropPrimaryKey { .. }
            | Self::AddUnique { .. }
            | Self::DropUnique { .. }
            | Self::CreateIndex { .. }
            | Self::DropIndex { .. }
            | Self::RenameIndex { .. }
            | Self::RenameConstraint { .. }
            | Self::AddForeignKey { .. }
            | Self::DropForeignKey { .. }
            | Self::AddCheck { .. }
            | Self::DropCheck { .. } => Subject::Constraint,
            Self::CreateEnum { .. }
            | Self::DropEnum { .. }
            | Self::AddEnumValue { .. }
            | Self::RenameEnumValue { .. }
            | Self::RebuildEnum { .. }
            | Self::CreateObject { .. }
            | Self::DropObject { .. }
            | Self::CreateDatabaseObject { .. }
            | Self::DropDatabaseObject { .. }
            | Self::Sql { .. } => Subject::Object,
        }
    }
}
