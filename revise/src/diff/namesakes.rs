//! Constraints and indexes that both sides have, each under a name of its own, which is no difference. What is said of one, such as a
//! comment, is said of the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Work, effect::made};
use crate::operation::Operation;
use crate::schema::{
    InspectedObject, Node, Table,
    expression::{equivalent, rename_in},
    names,
};

/// The other objects of the schema afterwards, with the names that the schema before has for what they are about.
pub fn objects(work: &Work<'_>) -> Vec<InspectedObject> {
    let made: BTreeSet<Node> =
        work.phases.operations().flat_map(|operation| made(operation, work.after)).collect();
    let mut known = BTreeMap::new();
    for after in work.after.tables.values() {
        if let Some(before) = work.before.tables.get(&after.name) {
            known.extend(constraints(before, after));
            known.extend(indexes(before, after));
        }
    }
    known.retain(|node, _| !made.contains(node));
    work.after.objects.iter().map(|found| translated(found, &known)).collect()
}

/// What a constraint or an index is called afterwards and before.
type Known = BTreeMap<Node, (String, String)>;

fn translated(found: &InspectedObject, known: &Known) -> InspectedObject {
    let mut found = found.clone();
    let names = found.of.as_ref().filter(|_| found.kind.is_remark()).and_then(|of| known.get(of));
    let Some((from, to)) = names.filter(|(from, _)| found.table.as_ref() != Some(from)) else {
        return found;
    };
    let words = found.object.name.split(' ');
    let word = |word| if word == from { to.as_str() } else { word };
    found.object.name = words.map(word).collect::<Vec<_>>().join(" ");
    found.object.sql = rename_in(&found.object.sql, from, to);
    found.object.drop = rename_in(&found.object.drop, from, to);
    found.of = None;
    found
}

/// The renames that give constraints which stay the names that they have afterwards.
pub fn renames(work: &Work<'_>) -> Vec<Operation> {
    let made: BTreeSet<Node> =
        work.phases.operations().flat_map(|operation| made(operation, work.after)).collect();
    let stayed = work
        .after
        .tables
        .values()
        .filter_map(|after| Some((work.before.tables.get(&after.name)?, after)));
    let renamed = stayed.flat_map(|(before, after)| {
        let is_made = |name: &str| made.contains(&Node::part("constraint", &after.name.name, name));
        let pairs = pairs(before, after).into_iter().filter(move |(name, _)| !is_made(name));
        pairs.map(|(to, from)| Operation::RenameConstraint { table: after.name.clone(), from, to })
    });
    renamed.collect()
}

/// What constraints of one meaning are called afterwards and before, where that differs.
fn pairs(before: &Table, after: &Table) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    if let (Some(old), Some(new)) = (&before.primary_key, &after.primary_key)
        && old.columns == new.columns
    {
        pairs.push((names::primary_key(after), names::primary_key(before)));
    }
    for new in &after.uniques {
        let same =
            |old: &&crate::schema::Unique| old.columns == new.columns && old.clause == new.clause;
        if let Some(old) = before.uniques.iter().find(same) {
            pairs.push((names::unique(after, new), names::unique(before, old)));
        }
    }
    for new in &after.foreign_keys {
        if let Some(old) = before.foreign_keys.iter().find(|old| old.means(new)) {
            pairs.push((names::foreign_key(after, new), names::foreign_key(before, old)));
        }
    }
    for new in &after.checks {
        let mut same = before.checks.iter();
        if let Some(old) = same.find(|old| equivalent(&old.expression, &new.expression)) {
            pairs.push((names::check(after, new), names::check(before, old)));
        }
    }
    pairs.retain(|(from, to)| from != to);
    pairs
}

fn constraints(before: &Table, after: &Table) -> Known {
    let mut known = Known::new();
    for (from, to) in pairs(before, after) {
        let node = Node::part("constraint", &after.name.name, &from);
        // The index behind it is called alike.
        known.insert(Node::name(&from), (from.clone(), to.clone()));
        known.insert(node, (from, to));
    }
    known
}

fn indexes(before: &Table, after: &Table) -> Known {
    let has = |table: &Table, name: &str| table.indexes.iter().any(|index| index.name == name);
    let gone = before.indexes.iter().filter(|old| !has(after, &old.name));
    let gone: Vec<_> = gone.collect();
    let added = after.indexes.iter().filter(|new| !has(before, &new.name));
    let pairs = added.filter_map(|new| {
        let old = gone.iter().find(|old| old.means(new))?;
        Some((Node::name(&new.name), (new.name.clone(), old.name.clone())))
    });
    pairs.collect()
}
