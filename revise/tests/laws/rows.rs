//! The rows that a plan has to keep.

use std::collections::BTreeMap;

use sea_revise::{
    operation::Operation,
    schema::{Column, TableName},
};

use super::{expressions::names_in, pair::Pair, place::Place};

/// Rows by the name that their table has in `a`.
pub type Rows = BTreeMap<TableName, Vec<Vec<Option<String>>>>;

/// The columns whose values stay, by their names before and after.
pub struct Kept(Vec<Table>);

struct Table {
    before: TableName,
    after: TableName,
    columns: Vec<(String, String)>,
}

impl Kept {
    /// The columns of a pair that operations leave alone.
    pub fn new(pair: &Pair, up: &[Operation]) -> Self {
        let tables = pair.b.tables.iter().filter_map(|(after, table)| {
            let before = pair.old_table(after)?;
            let columns = table.columns.iter().filter_map(|column| {
                let old = pair.old_column(after, &column.name)?;
                let made = column.generated.iter().flat_map(|made| names_in(&made.expression));
                let mut values = made.chain([column.name.clone()]);
                let stays = !values.any(|name| is_changed(up, after, &name))
                    && stays_computed(pair, up, (after, column), &old);
                stays.then(|| (old, column.name.clone()))
            });
            Some(Table { before, after: after.clone(), columns: columns.collect() })
        });
        Self(tables.collect())
    }

    /// As they are under the old names.
    pub async fn before(&self, place: &Place) -> Rows {
        let mut rows = Rows::new();
        for table in &self.0 {
            let columns: Vec<String> = table.columns.iter().map(|(old, _)| old.clone()).collect();
            rows.insert(table.before.clone(), place.rows(&table.before, &columns).await);
        }
        rows
    }

    /// As they are under the new names.
    pub async fn after(&self, place: &Place) -> Rows {
        let mut rows = Rows::new();
        for table in &self.0 {
            let columns: Vec<String> = table.columns.iter().map(|(_, new)| new.clone()).collect();
            rows.insert(table.before.clone(), place.rows(&table.after, &columns).await);
        }
        rows
    }
}

/// Whether a column that was computed before has its values afterwards, and on the way back: all that it was computed
/// from stays, too.
fn stays_computed(
    pair: &Pair,
    up: &[Operation],
    (table, column): (&TableName, &Column),
    old: &str,
) -> bool {
    let before = pair.old_table(table).and_then(|before| pair.a.table(&before));
    let made = before.and_then(|before| before.find(old)?.generated.clone());
    let Some(made) = made.filter(|_| column.generated.is_none()) else { return true };
    let columns = pair.b.table(table).map(|after| after.columns.as_slice()).unwrap_or_default();
    names_in(&made.expression).iter().all(|name| {
        let now =
            columns.iter().find(|now| pair.old_column(table, &now.name).as_ref() == Some(name));
        now.is_some_and(|now| !is_changed(up, table, &now.name))
    })
}

fn is_changed(up: &[Operation], table: &TableName, column: &str) -> bool {
    up.iter().any(|operation| match operation {
        Operation::AddColumn { table: of, column: added } => of == table && added.name == column,
        Operation::AlterType { table: of, column: changed, .. }
        | Operation::SetGenerated { table: of, column: changed, generated: Some(_), .. }
        | Operation::Backfill { table: of, column: changed, .. } => {
            of == table && changed == column
        }
        Operation::RebuildEnum { map, .. } => !map.is_empty(),
        Operation::RenameEnumValue { .. } => true,
        _ => false,
    })
}
