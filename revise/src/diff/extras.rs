//! What else two databases have: made, replaced and dropped by its own SQL, or said in words where no operation can.

use std::collections::BTreeSet;

use sea_orm::DbBackend;
use serde::Serialize;

use super::{Work, order::Phase};
use crate::{
    expression::mentions,
    extra::{Change, Found},
    operation::Operation,
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

/// Types, sequences and functions have lower ranks: tables may need them.
const TABLES: u8 = 60;

/// What needs views and triggers has this rank and higher ones.
const VIEWS: u8 = 80;

/// Compares what both have. Comes last, because it looks at what the other operations take along.
pub fn compare(work: &mut Work<'_>) {
    if !work.whole() {
        return;
    }
    let (before, after) = (work.before.extras.clone(), &work.after.extras);
    let renewed = renewed(work);
    let taken_along = |found: &Found| {
        found.rank >= TABLES && renewed.iter().any(|part| mentions(&found.extra.sql, part))
    };
    let find = |extras: &[Found], name: &str| {
        extras.iter().find(|found| found.extra.name == name).cloned()
    };
    let mut drops = Vec::new();
    for new in after {
        let old = find(&before, &new.extra.name);
        let same = old.as_ref().is_some_and(|old| old.extra.sql == new.extra.sql);
        match (new.change, old) {
            (_, Some(_)) if same && !taken_along(new) => {}
            (Change::Never, Some(_)) if same => {}
            (Change::Never, old) => work.found.by_hand.push(by_hand(old.as_ref(), Some(new))),
            (Change::Fixed, Some(old)) => work.found.by_hand.push(by_hand(Some(&old), Some(new))),
            (Change::Renew, Some(old)) => {
                drops.push(old);
                create(work, new, None);
            }
            (Change::Replace, Some(old)) => create(work, new, Some(old.extra.sql)),
            (Change::Renew | Change::Replace | Change::Fixed, None) => create(work, new, None),
        }
    }
    for old in before.iter().filter(|old| find(after, &old.extra.name).is_none()) {
        match old.change {
            Change::Never => work.found.by_hand.push(by_hand(Some(old), None)),
            Change::Renew | Change::Replace | Change::Fixed => drops.push(old.clone()),
        }
    }
    drops.sort_by_key(|found| std::cmp::Reverse(found.rank));
    for found in drops {
        let phase = if found.rank < TABLES { Phase::DropFirstExtras } else { Phase::DropExtras };
        let drop = match work.options.backend {
            DbBackend::Sqlite => Operation::Sql { sqlite: Some(found.extra.drop), postgres: None },
            _ => Operation::DropExtra { extra: found.extra },
        };
        work.phases.push(phase, drop);
    }
}

fn create(work: &mut Work<'_>, found: &Found, before: Option<String>) {
    // A function of a table's rows needs the table.
    let phase = match found.rank {
        0..50 => Phase::FirstExtras,
        50..VIEWS => Phase::TableExtras,
        _ => Phase::LastExtras,
    };
    let extra = found.extra.clone();
    let create = match work.options.backend {
        // Extras of migrations are PostgreSQL's.
        DbBackend::Sqlite => Operation::Sql { sqlite: Some(extra.sql), postgres: None },
        _ => Operation::CreateExtra { extra, before },
    };
    work.phases.push(phase, create);
}

fn by_hand(before: Option<&Found>, after: Option<&Found>) -> ByHand {
    let text = |found: Option<&Found>| found.map(|found| found.extra.sql.clone());
    let name = after.or(before).map(|found| found.extra.name.clone());
    ByHand { name: name.unwrap_or_default(), before: text(before), after: text(after) }
}

/// Parts that are dropped and made anew: what is said about them, such as a comment, goes with them.
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
