//! The rule about foreign keys whose columns no index begins with.

use super::{Finding, Linter, of};
use crate::{
    check::precondition::origin::Origin,
    schema::{ForeignKey, Schema, Table, TableName},
};

impl Linter {
    /// Looks at the schema that the plan leads to. What was so before the plan is not its fault.
    pub(super) fn look_at_indexes(&mut self, before: &Schema) {
        let mut found = Vec::new();
        for table in self.schema.tables.values() {
            for key in &table.foreign_keys {
                let old = self.origins.table(&table.name);
                if !is_indexed(table, &key.columns)
                    && !old.is_some_and(|old| was_without(before, old, key))
                {
                    found.push((table.name.clone(), key.clone()));
                }
            }
        }
        for (table, key) in found {
            self.foreign_key_without_index(&table, &key);
        }
    }

    fn foreign_key_without_index(&mut self, table: &TableName, key: &ForeignKey) {
        let columns = key.columns.join(", ");
        let list: Vec<String> = key.columns.iter().map(|column| format!("{column:?}")).collect();
        self.findings.push(Finding::of(
            "foreign-key-without-index",
            of(table, &columns),
            format!(
                "deleting a row of `{}` reads all of `{table}`: no index begins with `{columns}`",
                key.references
            ),
            format!(
                ".create_index({:?}, Index::new({:?}, [{}]))",
                table.to_string(),
                format!("idx-{}-{}", table.name, key.columns.join("-")),
                list.join(", ")
            ),
        ));
    }
}

/// Whether some index begins with these columns, in any order.
fn is_indexed(table: &Table, columns: &[String]) -> bool {
    let begins = |index: &[&str]| {
        index
            .get(..columns.len())
            .is_some_and(|start| columns.iter().all(|column| start.contains(&column.as_str())))
    };
    let all = |names: &[String]| begins(&names.iter().map(String::as_str).collect::<Vec<_>>());
    table.primary_key.as_ref().is_some_and(|key| all(&key.columns))
        || table.uniques.iter().any(|unique| all(&unique.columns))
        || table.indexes.iter().any(|index| {
            let sorted = index.method.as_ref().is_none_or(|method| method == "btree")
                || index.columns.len() == 1 && index.method.as_deref() == Some("hash");
            let names: Vec<&str> = index
                .columns
                .iter()
                .map(|column| if column.expression { "" } else { column.name.as_str() })
                .collect();
            sorted && index.predicate.is_none() && begins(&names)
        })
}

/// Whether the same key had no index before the plan.
fn was_without(before: &Schema, old: &Origin, key: &ForeignKey) -> bool {
    let Some(table) = old.table.as_ref().and_then(|name| before.table(name)) else { return false };
    let columns: Option<Vec<String>> =
        key.columns.iter().map(|column| old.original(column).map(str::to_owned)).collect();
    columns.is_some_and(|columns| {
        table.foreign_keys.iter().any(|key| key.columns == columns) && !is_indexed(table, &columns)
    })
}
