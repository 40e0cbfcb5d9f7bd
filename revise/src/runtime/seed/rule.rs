//! Unique rules that are still to come: rows that are made today must not repeat what they will forbid.

use sea_orm::{ConnectionTrait, DbErr};

use super::attempted;
use crate::{
    operation::Operation,
    schema::{
        IndexColumn, Schema, TableName,
        expression::{mentions, rename_in},
        quote,
    },
};

/// A unique index that later operations bring, by the names of today, without what is not there today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueRule {
    table: TableName,
    /// Where nothing is left, no two rows may be there.
    columns: Vec<IndexColumn>,
    predicate: Option<String>,
}

/// The rules that operations bring.
pub fn coming<'a>(operations: impl DoubleEndedIterator<Item = &'a Operation>) -> Vec<UniqueRule> {
    let mut rules: Vec<UniqueRule> = Vec::new();
    // From the end, so that each rule goes back through whatever comes before it.
    for operation in operations.rev() {
        if let Operation::CreateTable { table } = operation {
            rules.retain(|rule| rule.table != table.name);
        }
        rules.iter_mut().for_each(|rule| rule.go_back(operation));
        rules.extend(brought(operation));
    }
    rules
}

fn brought(operation: &Operation) -> Option<UniqueRule> {
    let plain =
        |columns: &[String]| columns.iter().map(|column| IndexColumn::new(column)).collect();
    let (table, columns, predicate) = match operation {
        Operation::AddUnique { table, unique } => (table, plain(&unique.columns), None),
        Operation::AddPrimaryKey { table, key } => (table, plain(&key.columns), None),
        Operation::CreateIndex { table, index, .. } if index.unique => {
            (table, index.columns.clone(), index.predicate.clone())
        }
        _ => return None,
    };
    Some(UniqueRule { table: table.clone(), columns, predicate })
}

impl UniqueRule {
    /// Makes it what it is before an operation.
    fn go_back(&mut self, operation: &Operation) {
        match operation {
            Operation::RenameTable { from, to } if *to == self.table => self.table = from.clone(),
            _ if operation.table() != Some(&self.table) => {}
            Operation::RenameColumn { from, to, .. } => self.rename(to, from),
            // What it holds afterwards is not known, or the same in every row.
            Operation::AddColumn { column, .. } => self.forget(&column.name),
            Operation::AlterType { column, .. }
            | Operation::SetGenerated { column, .. }
            | Operation::SetCollation { column, .. }
            | Operation::Backfill { column, .. } => self.forget(column),
            Operation::BackfillInBatches { set, .. } => self.forget_all(set),
            _ => {}
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        for part in &mut self.columns {
            if part.expression {
                part.name = rename_in(&part.name, from, to);
            } else if part.name == from {
                to.clone_into(&mut part.name);
            }
        }
        self.predicate = self.predicate.take().map(|text| rename_in(&text, from, to));
    }

    fn forget(&mut self, column: &str) {
        self.columns.retain(|part| match part.expression {
            true => !mentions(&part.name, column),
            false => part.name != column,
        });
        self.predicate = self.predicate.take().filter(|text| !mentions(text, column));
    }

    /// Forgets the columns that SQL names.
    fn forget_all(&mut self, sql: &str) {
        let names: Vec<String> = self.columns.iter().map(|part| part.name.clone()).collect();
        names.iter().filter(|name| mentions(sql, name)).for_each(|name| self.forget(name));
        self.predicate = None;
    }

    /// The statement that holds it.
    fn sql(&self, name: &str) -> String {
        let columns: Vec<String> = self.columns.iter().map(IndexColumn::sql).collect();
        let columns = if columns.is_empty() { "(1)".to_owned() } else { columns.join(", ") };
        let predicate = self.predicate.as_ref().map(|text| format!(" WHERE {text}"));
        format!(
            "CREATE UNIQUE INDEX {} ON {} ({columns}){}",
            quote(name),
            self.table.quoted(),
            predicate.unwrap_or_default()
        )
    }
}

/// Makes the database hold rules while rows are made, and answers the names of the indexes that do. Rows that are there already may
/// break one; then nothing can be done for it.
///
/// # Errors
/// When the connection fails.
pub async fn hold(
    db: &impl ConnectionTrait,
    schema: &Schema,
    rules: &[UniqueRule],
) -> Result<Vec<TableName>, DbErr> {
    let mut held = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let name = format!("sea_revise_rule_{number}");
        let known = schema.tables.contains_key(&rule.table);
        if known && attempted(db, &rule.sql(&name)).await?.is_some() {
            held.push(rule.table.renamed(name));
        }
    }
    Ok(held)
}

/// Takes the indexes away.
///
/// # Errors
/// When one cannot be dropped.
pub async fn release(db: &impl ConnectionTrait, held: &[TableName]) -> Result<(), DbErr> {
    for name in held {
        let drop = format!("DROP INDEX {}", name.quoted());
        if attempted(db, &drop).await?.is_none() {
            // Checks that wait for the end of the transaction keep PostgreSQL from it.
            attempted(db, "SET CONSTRAINTS ALL IMMEDIATE").await?;
            db.execute_unprepared(&drop).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::Plan,
        schema::{Column, Index, Table, Type, Unique},
    };

    #[test]
    fn a_rule_goes_back_to_the_names_of_today() {
        let index = Index::new("i", ["c", "d"]).unique().predicate("d > 0 OR c > 0");
        let plan = Plan::new()
            .add_unique("t", Unique::new(["title", "publisher"]))
            .rename_column("t", "a", "b")
            .rename_table("t", "u")
            .add_column("u", Column::new("d", Type::Integer).nullable())
            .rename_column("u", "b", "c")
            .create_index("u", index)
            .create_table(Table::new("new").column(Column::new("x", Type::Integer)))
            .add_unique("new", Unique::new(["x"]))
            .backfill("other", "y", "1")
            .add_unique("other", Unique::new(["y"]));
        let rules = coming(plan.operations.iter());
        let shown: Vec<String> = rules.iter().map(|rule| rule.sql("i")).collect();
        assert_eq!(
            shown,
            [
                "CREATE UNIQUE INDEX \"i\" ON \"other\" ((1))",
                "CREATE UNIQUE INDEX \"i\" ON \"t\" (\"a\")",
                "CREATE UNIQUE INDEX \"i\" ON \"t\" (\"title\", \"publisher\")",
            ]
        );
    }
}
