//! Database objects that the model does not take apart: created, replaced and dropped by their own SQL, or reported as
//! a change to make by hand.

use std::collections::BTreeSet;

use sea_orm::DbBackend;
use serde::Serialize;

use super::{
    Work,
    effect::{dropped, is_final, made},
    namesakes,
    order::Phase,
};
use crate::{
    operation::{DefinitionKind, Operation},
    postgres,
    schema::{InspectedObject, Node, ObjectKind, ReplaceMethod, expression::equivalent},
};

/// A difference that no operation carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByHand {
    /// What differs.
    pub name: String,
    /// What it is before; nothing where it is not there.
    pub before: Option<String>,
    /// What it should be; nothing where it should not be there.
    pub after: Option<String>,
}

/// Compares what both have. Comes last, because it looks at what the other operations take along.
pub fn compare(work: &mut Work<'_>) {
    if !work.whole() {
        return;
    }
    let (before, after) = (work.before.objects.clone(), namesakes::objects(work));
    let mut drops = Vec::new();
    // What others are a part of comes first, so that it is known what is recreated.
    let (parts, wholes): (Vec<_>, Vec<_>) = after.iter().partition(|found| found.of.is_some());
    for new in wholes {
        compare_one(work, find(&before, &new.object.name), new, (&mut drops, &BTreeSet::new()));
    }
    let mut renewed = renewed(work, &drops);
    let (remarks, parts): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|found| found.kind.is_remark());
    for new in parts {
        compare_one(work, find(&before, &new.object.name), new, (&mut drops, &renewed));
    }
    renewed.extend(recreated(work, &drops));
    for new in remarks {
        compare_one(work, find(&before, &new.object.name), new, (&mut drops, &renewed));
    }
    for old in before.iter().filter(|old| find(&after, &old.object.name).is_none()) {
        match old.change {
            ReplaceMethod::Never => work.found.by_hand.push(by_hand(Some(old), None)),
            ReplaceMethod::Recreate | ReplaceMethod::Replace | ReplaceMethod::Fixed => {
                drops.push(old.clone())
            }
        }
    }
    drop_all(work, drops);
}

fn find(objects: &[InspectedObject], name: &str) -> Option<InspectedObject> {
    objects.iter().find(|found| found.object.name == name).cloned()
}

/// Compares one object. What it is a part of may be recreated, and it is gone with it then.
fn compare_one(
    work: &mut Work<'_>,
    old: Option<InspectedObject>,
    new: &InspectedObject,
    (drops, renewed): (&mut Vec<InspectedObject>, &BTreeSet<Node>),
) {
    let same = old.as_ref().is_some_and(|old| is_same(work, old, new));
    let gone = new.of.as_ref().is_some_and(|of| renewed.contains(of));
    match (new.change, old) {
        (_, Some(_)) if same && !gone => {}
        (ReplaceMethod::Never, Some(_)) if same => {}
        (ReplaceMethod::Never, old) => work.found.by_hand.push(by_hand(old.as_ref(), Some(new))),
        (ReplaceMethod::Fixed, Some(old)) => {
            work.found.by_hand.push(by_hand(Some(&old), Some(new)))
        }
        (ReplaceMethod::Recreate, Some(old)) => {
            if !gone {
                drops.push(old);
            }
            create(work, new, None);
        }
        (ReplaceMethod::Replace, Some(old)) if is_recreated(work, &old, new) => {
            work.phases
                .push(phase_of(new.kind), Operation::DropDatabaseObject { object: old.object });
            create(work, new, None);
        }
        (ReplaceMethod::Replace, Some(old)) => create(work, new, Some(old.object.sql)),
        (ReplaceMethod::Recreate | ReplaceMethod::Replace | ReplaceMethod::Fixed, None) => {
            create(work, new, None)
        }
    }
}

/// Whether both texts say the same. PostgreSQL does not print every expression as it prints what it reads again.
fn is_same(work: &Work<'_>, old: &InspectedObject, new: &InspectedObject) -> bool {
    old.object.sql == new.object.sql
        // What is said of one that is called otherwise may have other quotes.
        || new.of != old.of && equivalent(&old.object.sql, &new.object.sql)
        || work.options.backend == DbBackend::Postgres
            && postgres::are_alike(&old.object.sql, &new.object.sql)
}

/// Whether a routine has to be dropped before the other one of its name and its arguments can be created: it cannot be replaced, or
/// what it needs is recreated itself.
fn is_recreated(work: &Work<'_>, old: &InspectedObject, new: &InspectedObject) -> bool {
    let Some(node) = old.node.as_ref().filter(|_| old.object.is_routine()) else { return false };
    !old.is_replaceable_by(new) || work.before.needs.reaches(node, &|needed| work.replaces(needed))
}

impl Work<'_> {
    /// Whether this is a routine that cannot be replaced, so that what uses it is set aside meanwhile.
    pub(super) fn replaces(&self, node: &Node) -> bool {
        let is =
            |found: &&InspectedObject| found.node.as_ref() == Some(node) && found.call.is_some();
        let old = self.before.objects.iter().find(is);
        let new = self.after.objects.iter().find(is);
        old.zip(new).is_some_and(|(old, new)| !old.is_replaceable_by(new))
    }

    /// Whether a default or a computed column needs a routine that cannot be replaced.
    pub(super) fn loses_routine(&self, node: &Node) -> bool {
        self.before.needs.of(node).any(|needed| self.replaces(needed))
    }
}

fn drop_all(work: &mut Work<'_>, mut drops: Vec<InspectedObject>) {
    drops.sort_by_key(|found| std::cmp::Reverse(found.kind));
    let gone = gone(work, &drops);
    for found in drops {
        // What is said of an object goes with it.
        let said = found.kind.is_remark() || found.kind == ObjectKind::DomainPart;
        if said && found.of.as_ref().is_some_and(|of| gone.contains(of)) {
            continue;
        }
        let phase =
            if found.kind.is_part() { Phase::DropDatabaseObjects } else { Phase::DropFirstObjects };
        let drop = match work.options.backend {
            DbBackend::Sqlite => Operation::Sql { sqlite: Some(found.object.drop), postgres: None },
            _ => Operation::DropDatabaseObject { object: found.object },
        };
        work.phases.push(phase, drop);
    }
}

fn phase_of(kind: ObjectKind) -> Phase {
    // A function of a table's rows needs the table.
    match kind {
        kind if kind.is_before_tables() => Phase::FirstObjects,
        kind if kind.is_of_tables() => Phase::TableObjects,
        _ => Phase::LastObjects,
    }
}

fn create(work: &mut Work<'_>, found: &InspectedObject, before: Option<String>) {
    let object = found.object.clone();
    let create = match work.options.backend {
        // The operation is PostgreSQL's.
        DbBackend::Sqlite => Operation::Sql { sqlite: Some(object.sql), postgres: None },
        _ => Operation::CreateDatabaseObject { object, before },
    };
    work.phases.push(phase_of(found.kind), create);
}

fn by_hand(before: Option<&InspectedObject>, after: Option<&InspectedObject>) -> ByHand {
    let text = |found: Option<&InspectedObject>| found.map(|found| found.object.sql.clone());
    let name = after.or(before).map(|found| found.object.name.clone());
    ByHand { name: name.unwrap_or_default(), before: text(before), after: text(after) }
}

/// What goes, with all that is said of it, though it may come again.
fn gone(work: &Work<'_>, drops: &[InspectedObject]) -> BTreeSet<Node> {
    let finally = work.phases.operations().filter(|operation| is_final(operation));
    let mut gone: BTreeSet<Node> =
        finally.flat_map(|operation| dropped(operation, &work.before)).collect();
    // A view, and a routine that cannot be replaced, come back with it.
    let whole = work.phases.operations().filter(|operation| comes_back_whole(work, operation));
    for node in whole.flat_map(|operation| made(operation, work.after)) {
        gone.remove(&node);
    }
    gone.extend(drops.iter().filter_map(|found| found.node.clone()));
    gone
}

/// Whether PostgreSQL is asked for all that belongs to an object that is recreated.
fn comes_back_whole(work: &Work<'_>, operation: &Operation) -> bool {
    work.options.backend == DbBackend::Postgres
        && matches!(
            operation,
            Operation::CreateObject { kind: DefinitionKind::View, .. }
                | Operation::CreateDatabaseObject { .. }
        )
}

/// Parts of tables that are dropped and recreated: what is said of them, such as a comment, goes with them.
fn renewed(work: &Work<'_>, drops: &[InspectedObject]) -> BTreeSet<Node> {
    let mut again: BTreeSet<Node> = recreated(work, drops);
    let parts = work.phases.operations().filter(|operation| !comes_back_whole(work, operation));
    again.extend(parts.flat_map(|operation| made(operation, work.after)));
    gone(work, drops).intersection(&again).cloned().collect()
}

/// Objects that are dropped and created again.
fn recreated(work: &Work<'_>, drops: &[InspectedObject]) -> BTreeSet<Node> {
    let again = |found: &&InspectedObject| find(&work.after.objects, &found.object.name).is_some();
    drops.iter().filter(again).filter_map(|found| found.node.clone()).collect()
}
