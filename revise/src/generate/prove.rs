//! The proof of a draft: up, down and up again in a shadow with rows, and what should survive does.

use std::collections::BTreeMap;

use crate::{
    diff::{Options, diff},
    error::{Error, Result},
    history::History,
    operation::Operation,
    schema::{Schema, TableName},
    shadow::Shadow,
};

type Rows = BTreeMap<TableName, Vec<Vec<Option<String>>>>;

/// Carries a draft up, down and up in the shadow that holds the schema before, `before`.
///
/// # Errors
/// [`Error::Stopped`] with what is wrong: a statement that fails, a schema that does not come back, rows that are lost.
pub async fn prove(
    shadow: &Shadow,
    history: &History,
    before: &Schema,
    up: &[Operation],
    down: &[Operation],
) -> Result<()> {
    let touched = touched(before, up);
    // Rows are for the tables that change and those that they hang on; the others would only cost time.
    let mut seeded = before.clone();
    seeded.tables.retain(|name, _| touched.contains(name));
    let failed = |what: &str| {
        let what = format!("the generated migration {what}, so it was not written");
        move |error| Error::Stopped(format!("{what}: {error}"))
    };
    let full = empty_of_unfit(&seeded, up, down);
    shadow.seed(&full).await.map_err(failed("cannot be tried with rows"))?;
    let rows = rows(shadow, before, up, &full).await?;
    shadow.carry_out(up).await.map_err(failed("fails"))?;
    let first = history.without_own(shadow.read().await?);
    expect_rows(shadow, &rows, up, "up").await?;
    shadow.carry_out(down).await.map_err(failed("cannot be taken back"))?;
    let back = history.without_own(shadow.read().await?);
    expect_same(&back, before, shadow, up, "does not come back to where it began")?;
    shadow.carry_out(up).await.map_err(failed("fails the second time"))?;
    let second = history.without_own(shadow.read().await?);
    expect_same(&second, &first, shadow, &[], "does another thing the second time")
}

/// The tables that change, and all that their keys lead to.
fn touched(before: &Schema, up: &[Operation]) -> std::collections::BTreeSet<TableName> {
    let mut touched: std::collections::BTreeSet<TableName> =
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

/// The rows of the columns that stay as they are.
async fn rows(shadow: &Shadow, before: &Schema, up: &[Operation], full: &Schema) -> Result<Rows> {
    let mut rows = Rows::new();
    for table in full.tables.keys() {
        let columns = kept(before, up, table);
        if columns.is_empty() {
            continue;
        }
        let found = shadow.rows(table, &columns).await;
        rows.insert(table.clone(), found.map_err(Error::database("cannot read rows of a shadow"))?);
    }
    Ok(rows)
}

/// The columns of a table that are neither dropped nor changed in their values.
fn kept(before: &Schema, up: &[Operation], table: &TableName) -> Vec<String> {
    let Some(found) = before.tables.get(table) else { return Vec::new() };
    let changes = |name: &str| {
        up.iter().any(|operation| match operation {
            Operation::DropTable { table: gone, .. } => gone == table,
            Operation::DropColumn { table: of, column, .. }
            | Operation::AlterType { table: of, column, .. }
            | Operation::Backfill { table: of, column, .. } => of == table && column == name,
            Operation::Sql { .. } => true,
            _ => false,
        })
    };
    let columns = found.columns.iter().map(|column| column.name.clone());
    columns.filter(|name| !changes(name)).collect()
}

async fn expect_rows(shadow: &Shadow, rows: &Rows, up: &[Operation], way: &str) -> Result<()> {
    for (table, expected) in rows {
        let mut now = table.clone();
        for operation in up {
            if let Operation::RenameTable { from, to } = operation
                && *from == now
            {
                now = to.clone();
            }
        }
        let columns = renamed(table, &now, up, expected, shadow).await?;
        let Some(columns) = columns else { continue };
        let found = shadow.rows(&now, &columns).await;
        let found = found.map_err(Error::database("cannot read rows of a shadow"))?;
        if found != *expected {
            return Err(Error::Stopped(format!(
                "the generated migration changes rows of `{table}` on the way {way} that it should keep, so it was not written"
            )));
        }
    }
    Ok(())
}

/// The kept columns under their new names; `None` when the table is gone.
async fn renamed(
    before: &TableName,
    now: &TableName,
    up: &[Operation],
    expected: &[Vec<Option<String>>],
    shadow: &Shadow,
) -> Result<Option<Vec<String>>> {
    let schema = shadow.read().await?;
    let Some(table) = schema.tables.get(now) else { return Ok(None) };
    let width = expected.first().map_or(0, Vec::len);
    let mut old_names: Vec<(String, String)> = Vec::new();
    for column in &table.columns {
        let mut name = column.name.clone();
        for operation in up.iter().rev() {
            if let Operation::RenameColumn { table, from, to } = operation
                && (table == now || table == before)
                && *to == name
            {
                name.clone_from(from);
            }
        }
        old_names.push((name, column.name.clone()));
    }
    let added = |name: &str| {
        up.iter().any(|operation| {
            matches!(operation, Operation::AddColumn { table, column } if table == now && column.name == name)
        })
    };
    let changed = |name: &str| {
        up.iter().any(|operation| match operation {
            Operation::AlterType { table, column, .. }
            | Operation::Backfill { table, column, .. } => table == now && column == name,
            _ => false,
        })
    };
    old_names.retain(|(_, name)| !added(name) && !changed(name));
    let columns: Vec<String> = old_names.into_iter().map(|(_, name)| name).collect();
    Ok(Some(columns).filter(|columns| columns.len() == width))
}

fn expect_same(
    found: &Schema,
    expected: &Schema,
    shadow: &Shadow,
    up: &[Operation],
    what: &str,
) -> Result<()> {
    let mut options = Options::whole(shadow.backend());
    options.no_rename = true;
    let left = diff(found, expected, &options)?;
    let left: Vec<String> = left
        .operations
        .iter()
        .filter(|operation| !forgiven(operation, up))
        .map(crate::describe::describe)
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(Error::Stopped(format!(
        "the generated migration {what}, so it was not written; it lacks: {}",
        left.join("; ")
    )))
}

/// A column that was NOT NULL without a default comes back as one that takes NULL; its values are gone.
fn forgiven(operation: &Operation, up: &[Operation]) -> bool {
    let Operation::AlterNull { table, column, nullable: false } = operation else { return false };
    up.iter().any(|operation| {
        matches!(operation, Operation::DropColumn { table: of, column: gone, .. } if of == table && gone == column)
    })
}
