//! What needs what in a database, as its catalog says: a view the columns that it selects, a default its function.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A kind of object, and the names that tell one from others of the kind: `column t a`, `routine f integer`. Relations and types share
/// their names, and with them the kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Node(Vec<String>);

impl Node {
    /// A table, a view, a sequence, an index or a type.
    pub(crate) fn name(name: &str) -> Self {
        Self(["name", name].map(str::to_owned).into())
    }

    /// A part of a relation, or of a domain: its kind and its name.
    pub(crate) fn part(kind: &str, relation: &str, name: &str) -> Self {
        Self([kind, relation, name].map(str::to_owned).into())
    }

    /// The table, view or domain that it is or belongs to; no routine has one.
    pub(crate) fn relation(&self) -> Option<&str> {
        match self.0.as_slice() {
            [kind, ..] if kind == "routine" || kind == "statistics" => None,
            [_, relation, ..] => Some(relation),
            _ => None,
        }
    }

    fn rename(&mut self, relation: &str, to: &str) {
        if self.relation() == Some(relation)
            && let Some(name) = self.0.get_mut(1)
        {
            to.clone_into(name);
        }
    }

    fn rename_column(&mut self, table: &str, (from, to): (&str, &str)) {
        if let [kind, relation, column] = self.0.as_mut_slice()
            && (kind == "column" || kind == "default")
            && relation == table
            && column == from
        {
            to.clone_into(column);
        }
    }
}

/// What each object needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs(BTreeMap<Node, BTreeSet<Node>>);

impl Needs {
    /// Adds that one object needs another one.
    pub(crate) fn insert(&mut self, one: Node, other: Node) {
        self.0.entry(one).or_default().insert(other);
    }

    /// Every object that needs another one, with what it needs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Node, &BTreeSet<Node>)> {
        self.0.iter()
    }

    /// What an object needs itself.
    pub(crate) fn of(&self, node: &Node) -> impl Iterator<Item = &Node> {
        self.0.get(node).into_iter().flatten()
    }

    /// Whether an object needs another one of which this holds, itself or by way of others.
    pub(crate) fn reaches(&self, node: &Node, holds: &dyn Fn(&Node) -> bool) -> bool {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Node> = self.of(node).collect();
        while let Some(node) = next.pop() {
            if holds(node) {
                return true;
            }
            if seen.insert(node) {
                next.extend(self.of(node));
            }
        }
        false
    }

    /// Gives a relation another name, with its parts.
    pub(crate) fn rename(&mut self, relation: &str, to: &str) {
        self.each(&|node| node.rename(relation, to));
    }

    /// Gives a column another name, with its default.
    pub(crate) fn rename_column(&mut self, table: &str, names: (&str, &str)) {
        self.each(&|node| node.rename_column(table, names));
    }

    fn each(&mut self, change: &dyn Fn(&mut Node)) {
        let all = std::mem::take(&mut self.0);
        for (mut node, needed) in all {
            change(&mut node);
            for mut needed in needed {
                change(&mut needed);
                self.insert(node.clone(), needed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_is_followed_in_both_directions() {
        let column = |table: &str, name: &str| Node::part("column", table, name);
        let mut needs = Needs::default();
        needs.insert(Node::name("v"), column("t", "a"));
        needs.insert(Node::part("constraint", "t", "c"), column("t", "a"));
        needs.rename("t", "u");
        needs.rename_column("u", ("a", "b"));
        assert!(needs.reaches(&Node::name("v"), &|node| *node == column("u", "b")));
        assert!(
            needs.reaches(&Node::part("constraint", "u", "c"), &|node| *node == column("u", "b"))
        );
        assert!(!needs.reaches(&Node::name("v"), &|node| node.relation() == Some("t")));
    }
}
