//! The order of operations: first what others wait for, parents before children, drops before what takes their name.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    operation::Operation,
    schema::{Table, TableName},
};

/// When an operation happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    DropDatabaseObjects,
    /// By the names that their texts have: they come back when these are there again.
    DropObjects,
    Rename,
    DropForeignKeys,
    /// Only where something new takes a name that a table holds which goes, or an enum loses a default of it.
    DropTablesFirst,
    /// A key that counts is one until here, and from [`Phase::AddIdentities`] on.
    DropIdentities,
    DropConstraints,
    /// What stands in the way: of the columns that a computed one is computed from, or of a value that an enum loses.
    DropFirst,
    Enums,
    FirstObjects,
    CreateTables,
    Columns,
    AddComputed,
    DropColumns,
    AddConstraints,
    AddIdentities,
    AddForeignKeys,
    TableObjects,
    DropTables,
    DropFirstObjects,
    DropEnums,
    Comments,
    CreateObjects,
    LastObjects,
}

/// Operations, sorted by when they happen and otherwise in the order in which they were found.
#[derive(Debug, Default)]
pub struct Phases(BTreeMap<Phase, Vec<Operation>>);

impl Phases {
    /// Adds an operation after those of its phase.
    pub fn push(&mut self, phase: Phase, operation: Operation) {
        let operations = self.0.entry(phase).or_default();
        if !operations.contains(&operation) {
            operations.push(operation);
        }
    }

    /// Those that there are so far.
    pub fn operations(&self) -> impl DoubleEndedIterator<Item = &Operation> {
        self.0.values().flatten()
    }

    /// All of them.
    pub fn into_operations(self) -> Vec<Operation> {
        self.0.into_values().flatten().collect()
    }
}

/// Tables with parents before their children. Where keys form a circle, one of the tables comes without the keys that
/// close it, which are returned separately.
pub fn parents_first(tables: Vec<&Table>) -> Vec<(Table, Vec<crate::schema::ForeignKey>)> {
    let mut waiting: BTreeMap<&TableName, &Table> =
        tables.into_iter().map(|table| (&table.name, table)).collect();
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: BTreeSet<&TableName> = waiting.keys().copied().collect();
        let waits = |table: &Table| {
            table
                .foreign_keys
                .iter()
                .any(|key| key.references != table.name && names.contains(&key.references))
        };
        let free = waiting.iter().find(|(_, table)| !waits(table)).map(|(name, _)| *name);
        let Some(next) = free.or_else(|| in_circle(&waiting)) else { break };
        let Some(table) = waiting.remove(next) else { break };
        let mut table = table.clone();
        let (now, later) = std::mem::take(&mut table.foreign_keys).into_iter().partition(|key| {
            key.references == table.name || !waiting.contains_key(&key.references)
        });
        table.foreign_keys = now;
        sorted.push((table, later));
    }
    sorted
}

/// The first table that is itself part of a circle, and not only after one.
fn in_circle<'a>(waiting: &BTreeMap<&'a TableName, &'a Table>) -> Option<&'a TableName> {
    let reaches_itself = |start: &TableName| {
        let mut seen = BTreeSet::new();
        let mut next = vec![start];
        while let Some(name) = next.pop() {
            let keys = waiting.get(name).map(|table| table.foreign_keys.as_slice());
            for key in keys.unwrap_or_default() {
                if key.references == *start && name != start {
                    return true;
                }
                if seen.insert(&key.references) {
                    next.push(&key.references);
                }
            }
        }
        false
    };
    let circle = waiting.keys().find(|name| reaches_itself(name));
    circle.or_else(|| waiting.keys().next()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ForeignKey;

    fn table(name: &str, parents: &[&str]) -> Table {
        parents.iter().fold(Table::new(name), |table, parent| {
            table.foreign_key(ForeignKey::new([*parent], *parent, ["id"]))
        })
    }

    fn order(tables: &[Table]) -> Vec<String> {
        parents_first(tables.iter().collect())
            .into_iter()
            .map(|(table, later)| match later.as_slice() {
                [] => table.name.to_string(),
                later => {
                    let later: Vec<_> =
                        later.iter().map(|key| key.references.to_string()).collect();
                    format!("{} then {}", table.name, later.join(" "))
                }
            })
            .collect()
    }

    #[test]
    fn parents_come_first_and_circles_are_cut_once() {
        assert_eq!(order(&[table("a", &["b"]), table("b", &[])]), ["b", "a"]);
        assert_eq!(order(&[table("a", &["a"])]), ["a"]);
        assert_eq!(order(&[table("a", &["b"]), table("b", &["a"])]), ["a then b", "b"]);
        let after = [table("a", &["c"]), table("b", &["c"]), table("c", &["b"])];
        assert_eq!(order(&after), ["b then c", "c", "a"]);
        assert_eq!(order(&[table("a", &["elsewhere"])]), ["a"]);
    }
}
