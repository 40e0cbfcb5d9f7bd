//! What several migrations rename, and with which values they fill columns, taken together.

use std::collections::BTreeMap;

use crate::{
    diff::DiffOptions,
    operation::Operation,
    schema::{Schema, TableName},
};

/// The names that tables and columns of a schema have in the end.
#[derive(Default)]
pub(super) struct Renames {
    /// The old name of each table by its new one.
    tables: BTreeMap<TableName, TableName>,
    /// The old name of each column by its table's new name and its own.
    columns: BTreeMap<(TableName, String), String>,
    values: BTreeMap<(TableName, String), String>,
    using: BTreeMap<(TableName, String), String>,
    enum_map: Vec<(String, String, String)>,
}

impl Renames {
    /// Follows operations from a schema on.
    pub fn of(before: &Schema, operations: &[Operation]) -> Self {
        let mut renames = Self::default();
        for table in before.tables.values() {
            renames.tables.insert(table.name.clone(), table.name.clone());
            for column in &table.columns {
                let key = (table.name.clone(), column.name.clone());
                renames.columns.insert(key, column.name.clone());
            }
        }
        operations.iter().for_each(|operation| renames.follow(operation));
        renames
    }

    fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::RenameColumn { table, from, to } => {
                let (old, new) = ((table.clone(), from.clone()), (table.clone(), to.clone()));
                move_key(&mut self.columns, &old, new.clone());
                move_key(&mut self.values, &old, new.clone());
                move_key(&mut self.using, &old, new);
            }
            Operation::DropTable { table, .. } => {
                self.tables.remove(table);
                self.columns.retain(|(of, _), _| of != table);
                self.values.retain(|(of, _), _| of != table);
                self.using.retain(|(of, _), _| of != table);
            }
            Operation::DropColumn { table, column, .. } => {
                let key = (table.clone(), column.clone());
                self.columns.remove(&key);
                self.values.remove(&key);
                self.using.remove(&key);
            }
            Operation::Backfill { table, column, value } => {
                self.values.insert((table.clone(), column.clone()), value.clone());
            }
            Operation::AlterType { table, column, using: Some(using), .. } => {
                self.using.insert((table.clone(), column.clone()), using.clone());
            }
            Operation::RenameEnumValue { name, from, to } => {
                self.enum_map.push((name.clone(), from.clone(), to.clone()));
            }
            Operation::RebuildEnum { name, map, .. } => {
                let map = map.iter().map(|(from, to)| (name.clone(), from.clone(), to.clone()));
                self.enum_map.extend(map);
            }
            _ => {}
        }
    }

    fn rename_table(&mut self, from: &TableName, to: &TableName) {
        if let Some(old) = self.tables.remove(from) {
            self.tables.insert(to.clone(), old);
        }
        let moved =
            |(of, name): &(TableName, String)| (of == from).then(|| (to.clone(), name.clone()));
        for map in [&mut self.columns, &mut self.values, &mut self.using] {
            let keys: Vec<_> = map.keys().filter(|key| moved(key).is_some()).cloned().collect();
            for key in keys {
                if let (Some(value), Some(new)) = (map.remove(&key), moved(&key)) {
                    map.insert(new, value);
                }
            }
        }
    }

    /// Lets a comparison know it.
    pub fn apply(self, options: &mut DiffOptions) {
        let tables = self.tables.into_iter().filter(|(new, old)| new != old);
        options.table_renames = tables.map(|(new, old)| (old, new)).collect();
        let columns = self.columns.into_iter().filter(|((_, new), old)| new != old);
        options.column_renames = columns.map(|((table, new), old)| (table, old, new)).collect();
        options.values = self.values;
        options.using = self.using;
        options.enum_map = self.enum_map;
    }
}

fn move_key(
    map: &mut BTreeMap<(TableName, String), String>,
    old: &(TableName, String),
    new: (TableName, String),
) {
    if let Some(value) = map.remove(old) {
        map.insert(new, value);
    }
}
