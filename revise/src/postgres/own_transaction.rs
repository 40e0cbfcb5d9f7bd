//! Which operations cannot share a transaction.

use crate::{
    operation::Operation,
    schema::{DefaultValue, Index, Table, quote_text},
};

/// Whether operations have to be carried out step by step, without a transaction around all of them: an index is
/// created concurrently, or a value that is added to an enum is used in the same list, which PostgreSQL refuses until
/// the addition is committed.
#[must_use]
pub fn needs_own_transaction(operations: &[Operation]) -> bool {
    operations.iter().enumerate().any(|(place, operation)| match operation {
        Operation::CreateIndex { concurrently, .. } => *concurrently,
        Operation::AddEnumValue { value, .. } => {
            let later = operations.get(place + 1..).unwrap_or_default();
            later.iter().any(|operation| uses(operation, value))
        }
        _ => false,
    })
}

/// Whether an operation may have a value in it; one that is spelt like it and is another counts, too.
fn uses(operation: &Operation, value: &str) -> bool {
    let literal = quote_text(value);
    let in_text = |text: &String| text.contains(&literal) || names_element(text, value);
    let in_default = |default: &Option<DefaultValue>| is_in_default(default.as_ref(), value);
    match operation {
        Operation::CreateTable { table } => is_in_table(table, value),
        Operation::AddColumn { column, .. } => {
            let generated = column.generated.iter().any(|made| in_text(&made.expression));
            in_default(&column.default) || generated
        }
        Operation::AlterDefault { default, .. } => in_default(default),
        Operation::SetGenerated { generated, .. } => {
            generated.iter().any(|made| in_text(&made.expression))
        }
        Operation::AlterType { using, .. } => using.as_ref().is_some_and(in_text),
        Operation::Backfill { value, .. } => in_text(value),
        Operation::BackfillInBatches { set, condition, .. } => in_text(set) || in_text(condition),
        Operation::AddCheck { check, .. } => in_text(&check.expression),
        Operation::CreateIndex { index, .. } => is_in_index(index, value),
        Operation::CreateObject { object, .. } => in_text(&object.sql),
        Operation::CreateDatabaseObject { object, .. } => in_text(&object.sql),
        Operation::Sql { postgres, .. } => postgres.as_ref().is_some_and(in_text),
        Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterNull { .. }
        | Operation::SetIdentity { .. }
        | Operation::SetCollation { .. }
        | Operation::SetColumnClause { .. }
        | Operation::SetOptions { .. }
        | Operation::AddPrimaryKey { .. }
        | Operation::DropPrimaryKey { .. }
        | Operation::AddUnique { .. }
        | Operation::DropUnique { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::AddForeignKey { .. }
        | Operation::DropForeignKey { .. }
        | Operation::DropCheck { .. }
        | Operation::SetComment { .. }
        | Operation::CreateEnum { .. }
        | Operation::DropEnum { .. }
        | Operation::AddEnumValue { .. }
        | Operation::RenameEnumValue { .. }
        | Operation::RebuildEnum { .. }
        | Operation::DropDatabaseObject { .. }
        | Operation::DropObject { .. } => false,
    }
}

fn is_in_default(default: Option<&DefaultValue>, value: &str) -> bool {
    match default {
        Some(DefaultValue::Text(text)) => text == value || names_element(text, value),
        Some(DefaultValue::Sql(sql)) => {
            sql.contains(&quote_text(value)) || names_element(sql, value)
        }
        Some(DefaultValue::Number(_) | DefaultValue::Boolean(_) | DefaultValue::Now) | None => {
            false
        }
    }
}

/// Whether a text has an array in braces with the value in it.
fn names_element(text: &str, value: &str) -> bool {
    text.contains('{') && text.contains(value)
}

fn is_in_table(table: &Table, value: &str) -> bool {
    let literal = quote_text(value);
    let expressions = table.columns.iter().filter_map(|column| column.generated.as_ref());
    let checks = table.checks.iter().map(|check| &check.expression);
    table.columns.iter().any(|column| is_in_default(column.default.as_ref(), value))
        || table.indexes.iter().any(|index| is_in_index(index, value))
        || expressions
            .map(|made| &made.expression)
            .chain(checks)
            .any(|text| text.contains(&literal))
}

fn is_in_index(index: &Index, value: &str) -> bool {
    let literal = quote_text(value);
    let mut texts = index.columns.iter().map(|column| &column.name).chain(&index.predicate);
    texts.any(|text| text.contains(&literal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::Plan,
        schema::{Check, Column, Type},
    };

    #[test]
    fn a_value_that_is_added_and_used_needs_two_transactions() {
        let added = || Plan::new().add_enum_value("mood", "it's new", None);
        let kind = || Type::enumeration("mood");
        let column = || Column::new("mood", kind());
        let index = || Index::new("i", ["mood"]).predicate("mood = 'it''s new'::mood");
        for (plan, needs) in [
            (added(), false),
            (added().set_default("t", "mood", "it's new"), true),
            (added().set_default("t", "mood", "old"), false),
            (added().set_default("t", "moods", "{\"it's new\",old}"), true),
            (added().backfill("t", "mood", "'it''s new'"), true),
            (added().add_column("t", column()), false),
            (added().add_column("t", column().default("it's new")), true),
            (added().create_table(Table::new("t").column(column()).index(index())), true),
            (added().create_index("t", index()), true),
            (added().add_check("t", Check::new("mood <> 'it''s new'::mood")), true),
            (added().alter_type_using("t", "c", kind(), "'it''s new'"), true),
            (added().raw_sqlite("'it''s new'"), false),
            (Plan::new().set_default("t", "m", "it's new").with_last(added()), false),
            (Plan::new().create_index_concurrently("t", Index::new("i", ["a"])), true),
            (Plan::new().create_index("t", Index::new("i", ["a"])), false),
        ] {
            assert_eq!(needs_own_transaction(&plan.operations), needs, "{plan:?}");
        }
    }

    impl Plan {
        fn with_last(self, other: Self) -> Self {
            other.operations.into_iter().fold(self, Plan::with)
        }
    }
}
