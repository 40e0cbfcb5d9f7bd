//! Database objects that the model does not take apart: created, replaced and dropped by their own SQL, or reported as
//! a change to make by hand.

use std::collections::BTreeSet;

use sea_orm::DbBackend;
use serde::Serialize;

use super::{Work, order::Phase};
use crate::{
    operation::Operation,
    schema::{InspectedObject, ReplaceMethod, expression::mentions},
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
    let (before, after) = (work.before.objects.clone(), &work.after.objects);
    let renewed = renewed(work);
    let taken_along = |found: &InspectedObject| {
        found.kind.is_part() && renewed.iter().any(|part| mentions(&found.object.sql, part))
    };
    let find = |objects: &[InspectedObject], name: &str| {
        objects.iter().find(|found| found.object.name == name).cloned()
    };
    let mut drops = Vec::new();
    for new in after {
        let old = find(&before, &new.object.name);
        let same = old.as_ref().is_some_and(|old| old.object.sql == new.object.sql);
        match (new.change, old) {
            (_, Some(_)) if same && !taken_along(new) => {}
            (ReplaceMethod::Never, Some(_)) if same => {}
            (ReplaceMethod::Never, old) => {
                work.found.by_hand.push(by_hand(old.as_ref(), Some(new)))
            }
            (ReplaceMethod::Fixed, Some(old)) => {
                work.found.by_hand.push(by_hand(Some(&old), Some(new)))
            }
            (ReplaceMethod::Recreate, Some(old)) => {
                drops.push(old);
                create(work, new, None);
            }
            (ReplaceMethod::Replace, Some(old)) => create(work, new, Some(old.object.sql)),
            (ReplaceMethod::Recreate | ReplaceMethod::Replace | ReplaceMethod::Fixed, None) => {
                create(work, new, None)
            }
        }
    }
    for old in before.iter().filter(|old| find(after, &old.object.name).is_none()) {
        match old.change {
            ReplaceMethod::Never => work.found.by_hand.push(by_hand(Some(old), None)),
            ReplaceMethod::Recreate | ReplaceMethod::Replace | ReplaceMethod::Fixed => {
                drops.push(old.clone())
            }
        }
    }
    drop_all(work, drops);
}

fn drop_all(work: &mut Work<'_>, mut drops: Vec<InspectedObject>) {
    drops.sort_by_key(|found| std::cmp::Reverse(found.kind));
    for found in drops {
        let phase =
            if found.kind.is_part() { Phase::DropDatabaseObjects } else { Phase::DropFirstObjects };
        let drop = match work.options.backend {
            DbBackend::Sqlite => Operation::Sql { sqlite: Some(found.object.drop), postgres: None },
            _ => Operation::DropDatabaseObject { object: found.object },
        };
        work.phases.push(phase, drop);
    }
}

fn create(work: &mut Work<'_>, found: &InspectedObject, before: Option<String>) {
    // A function of a table's rows needs the table.
    let phase = match found.kind {
        kind if kind.is_before_tables() => Phase::FirstObjects,
        kind if kind.is_of_tables() => Phase::TableObjects,
        _ => Phase::LastObjects,
    };
    let object = found.object.clone();
    let create = match work.options.backend {
        // The operation is PostgreSQL's.
        DbBackend::Sqlite => Operation::Sql { sqlite: Some(object.sql), postgres: None },
        _ => Operation::CreateDatabaseObject { object, before },
    };
    work.phases.push(phase, create);
}

fn by_hand(before: Option<&InspectedObject>, after: Option<&InspectedObject>) -> ByHand {
    let text = |found: Option<&InspectedObject>| found.map(|found| found.object.sql.clone());
    let name = after.or(before).map(|found| found.object.name.clone());
    ByHand { name: name.unwrap_or_default(), before: text(before), after: text(after) }
}

/// Parts that are dropped and recreated: what belongs to them, such as a comment, goes with them.
fn renewed(work: &Work<'_>) -> BTreeSet<String> {
    let (mut gone, mut made) = (BTreeSet::new(), BTreeSet::new());
    for operation in work.phases.operations() {
        match operation {
            Operation::DropIndex { index, .. } => drop(gone.insert(index.clone())),
            Operation::CreateIndex { index, .. } => drop(made.insert(index.name.clone())),
            Operation::DropColumn { column, .. } => drop(gone.insert(column.clone())),
            Operation::AddColumn { column, .. } => drop(made.insert(column.name.clone())),
            Operation::DropObject { object, .. } => drop(gone.insert(object.name.clone())),
            Operation::CreateObject { object, .. } => drop(made.insert(object.name.clone())),
            _ => {}
        }
    }
    gone.intersection(&made).cloned().collect()
}
