//! The proof of a draft: up, down and up again in a shadow with rows, and what should survive does.

use std::collections::BTreeSet;

use crate::{
    diff::{DiffOptions, diff},
    error::{Error, Result, explain},
    operation::Operation,
    runtime::{history::History, shadow::Shadow},
    schema::{Schema, Table, TableName},
};

/// Carries a draft up, down and up in the shadow that holds the schema before, `before`. Its ways are those there and back.
///
/// # Errors
/// [`Error::Stopped`] with what is wrong: a statement that fails, a schema that does not come back, rows that are lost.
pub async fn prove(
    shadow: &Shadow,
    history: &History,
    before: &Schema,
    (up, down): (&[Operation], &[Operation]),
) -> Result<()> {
    let touched = touched(before, up);
    // Rows are for the tables that change and those that they hang on; the others would only cost time.
    let mut seeded = before.clone();
    seeded.tables.retain(|name, _| touched.contains(name));
    let failed = |what: &str| {
        let what = format!("the generated migration {what}, so it was not written");
        move |error| Error::Stopped(format!("{what}: {}", explain(&error)))
    };
    let full = empty_of_unfit(&seeded, up, down);
    shadow.seed(&full, &[]).await.map_err(failed("cannot be tried with rows"))?;
    let survivors: Vec<Survivor> =
        full.tables.values().filter_map(|table| Survivor::of(table, up)).collect();
    let mut rows = Vec::with_capacity(survivors.len());
    for Survivor { before, .. } in &survivors {
        rows.push(before.rows(shadow).await?);
    }
    shadow.carry_out(up).await.map_err(failed("fails"))?;
    let first = history.without_own(shadow.read().await?);
    for (Survivor { before, after }, rows) in survivors.iter().zip(rows) {
        if after.rows(shadow).await? != rows {
            return Err(Error::Stopped(format!(
                "the generated migration changes rows of `{}` that it should keep, so it was not written",
                before.table
            )));
        }
    }
    shadow.carry_out(down).await.map_err(failed("cannot be reverted"))?;
    let back = history.without_own(shadow.read().await?);
    let mut lost = missing(shadow, &back, before)?;
    lost.retain(|operation| !forgiven(operation, up));
    expect_none(&lost, "does not come back to where it began")?;
    shadow.carry_out(up).await.map_err(failed("fails the second time"))?;
    let second = history.without_own(shadow.read().await?);
    expect_none(&missing(shadow, &second, &first)?, "does another thing the second time")
}

/// The tables that change, and all that their keys lead to.
fn touched(before: &Schema, up: &[Operation]) -> BTreeSet<TableName> {
    let mut touched: BTreeSet<TableName> =
        up.iter().flat_map(Operation::tables).filter(|table| table.schema.is_none()).collect();
    loop {
        let keys = before.tables.values().filter(|table| touched.contains(&table.name));
        let parents: Vec<TableName> = keys
            .flat_map(|table| &table.foreign_keys)
            .map(|key| key.references.clone())
            .filter(|parent| !touched.contains(parent))
            .collect();
        if parents.is_empty() {
            return touched;
        }
        touched.extend(parents);
    }
}

/// Leaves the tables empty whose made-up rows need not fit: those that get a rule that rows of today may break.
fn empty_of_unfit(seeded: &Schema, up: &[Operation], down: &[Operation]) -> Schema {
    let mut full = seeded.clone();
    for operation in up.iter().chain(down) {
        let unfit = matches!(
            operation,
            Operation::AlterType { .. }
                | Operation::AlterNull { nullable: false, .. }
                | Operation::AddCheck { .. }
                | Operation::AddUnique { .. }
                | Operation::CreateIndex { .. }
                | Operation::AddPrimaryKey { .. }
                | Operation::AddForeignKey { .. }
                | Operation::RebuildEnum { .. }
                | Operation::SetIdentity { .. }
        );
        if let (true, Some(table)) = (unfit, operation.table()) {
            full.tables.remove(table);
        }
        if let Operation::RebuildEnum { .. } = operation {
            full.tables.clear();
        }
    }
    // A child without its parent would have nothing to point at.
    loop {
        let orphans: Vec<TableName> = full
            .tables
            .values()
            .filter(|table| {
                table.foreign_keys.iter().any(|key| !full.tables.contains_key(&key.references))
            })
            .map(|table| table.name.clone())
            .collect();
        if orphans.is_empty() {
            return full;
        }
        for orphan in orphans {
            full.tables.remove(&orphan);
        }
    }
}

/// Columns of a table whose values a plan leaves alone, by their names before and after it.
#[derive(Debug, PartialEq, Eq)]
struct Survivor {
    before: Part,
    after: Part,
}

/// Columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    table: TableName,
    columns: Vec<String>,
}

impl Part {
    async fn rows(&self, shadow: &Shadow) -> Result<Vec<Vec<Option<String>>>> {
        let rows = shadow.rows(&self.table, &self.columns).await;
        rows.map_err(Error::database("cannot read rows of a shadow"))
    }
}

impl Survivor {
    /// `None` when nothing of the table is sure to stay as it is.
    fn of(table: &Table, up: &[Operation]) -> Option<Self> {
        let mut now = table.name.clone();
        let mut columns: Vec<(String, String)> =
            table.columns.iter().map(|column| (column.name.clone(), column.name.clone())).collect();
        for operation in up {
            match operation {
                Operation::DropTable { table, .. } if *table == now => return None,
                Operation::Sql { .. } => return None,
                Operation::BackfillInBatches { table, .. } if *table == now => return None,
                Operation::RenameTable { from, to } if *from == now => now = to.clone(),
                Operation::RenameColumn { table, from, to } if *table == now => {
                    let renamed = columns.iter_mut().filter(|(_, name)| name == from);
                    renamed.for_each(|(_, name)| name.clone_from(to));
                }
                Operation::DropColumn { table, column, .. }
                | Operation::AlterType { table, column, .. }
                | Operation::SetGenerated { table, column, generated: Some(_), .. }
                | Operation::Backfill { table, column, .. }
                    if *table == now =>
                {
                    columns.retain(|(_, name)| name != column);
                }
                _ => {}
            }
        }
        let (before, after): (Vec<String>, Vec<String>) = columns.into_iter().unzip();
        let part = |table: &TableName, columns| Part { table: table.clone(), columns };
        let survivor = Self { before: part(&table.name, before), after: part(&now, after) };
        Some(survivor).filter(|survivor| !survivor.before.columns.is_empty())
    }
}

/// What a schema lacks to be the one that is expected.
fn missing(shadow: &Shadow, found: &Schema, expected: &Schema) -> Result<Vec<Operation>> {
    Ok(diff(found, expected, &DiffOptions::whole(shadow.backend()))?.operations)
}

/// Refuses a draft after which something is missing.
fn expect_none(missing: &[Operation], what: &str) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<String> = missing.iter().map(crate::operation::describe::describe).collect();
    Err(Error::Stopped(format!(
        "the generated migration {what}, so it was not written; it lacks: {}",
        missing.join("; ")
    )))
}

/// A column that was NOT NULL without a default comes back as one that takes NULL; its values are gone.
fn forgiven(operation: &Operation, up: &[Operation]) -> bool {
    let Operation::AlterNull { table, column, nullable: false } = operation else { return false };
    up.iter().any(|operation| {
        matches!(operation, Operation::DropColumn { table: of, column: gone, .. } if of == table && gone == column)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::Plan,
        schema::{Column, Type},
    };

    #[test]
    fn what_stays_is_found_under_its_new_names_and_what_changes_is_left_out() {
        let column = |name| Column::new(name, Type::Integer);
        let table = Table::new("t").column(column("a")).column(column("b")).column(column("c"));
        let plan = Plan::new()
            .rename_table("t", "u")
            .rename_column("u", "a", "x")
            .rename_column("u", "b", "y")
            .alter_type("u", "y", Type::Text)
            .drop_column("other", "x")
            .add_column("u", column("a"));
        let part = |table: &str, columns: [&str; 2]| Part {
            table: table.into(),
            columns: columns.map(str::to_owned).to_vec(),
        };
        let survivor = Survivor { before: part("t", ["a", "c"]), after: part("u", ["x", "c"]) };
        assert_eq!(Survivor::of(&table, &plan.operations), Some(survivor));
        assert_eq!(Survivor::of(&table, &Plan::new().drop_table("t").operations), None);
    }
}
