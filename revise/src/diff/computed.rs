//! Columns that are computed, or were.

use super::{Work, order::Phase};
use crate::{
    operation::Operation,
    schema::{
        Column, Generated, Node, Table,
        expression::{equivalent, mentions},
    },
};

/// Compares how a column is computed before and after.
pub fn compare(work: &mut Work<'_>, before: &Table, after: &Table, (old, new): (&Column, &Column)) {
    let set = |generated: Option<&Generated>, before: Option<&Generated>| Operation::SetGenerated {
        table: after.name.clone(),
        column: new.name.clone(),
        generated: generated.cloned(),
        before: before.cloned(),
    };
    match (&old.generated, &new.generated) {
        (None, None) => {}
        (None, Some(new_made)) => work.phases.push(Phase::AddComputed, set(Some(new_made), None)),
        // An entity cannot say that a column is computed.
        (Some(old_made), None) if work.whole() => {
            work.phases.push(Phase::DropFirst, set(None, Some(old_made)));
        }
        (Some(_), None) => {}
        (Some(old_made), Some(new_made)) => {
            let moves = moves(work, before, after, old_made)
                || types_move(work, old, new)
                || work.loses_routine(&Node::part("column", &after.name.name, &new.name));
            if moves {
                work.phases.push(Phase::DropFirst, set(None, Some(old_made)));
            }
            if moves
                || old_made.stored != new_made.stored
                || !equivalent(&old_made.expression, &new_made.expression)
            {
                work.phases.push(Phase::AddComputed, set(Some(new_made), Some(old_made)));
            }
        }
    }
}

/// Whether a column changes that another is computed from: PostgreSQL refuses that as long as it is.
fn moves(work: &Work<'_>, before: &Table, after: &Table, made: &Generated) -> bool {
    let named = before.columns.iter().filter(|old| mentions(&made.expression, &old.name));
    let mut pairs = named.filter_map(|old| Some((old, after.find(&old.name)?)));
    pairs.any(|(old, new)| types_move(work, old, new))
}

fn types_move(work: &Work<'_>, old: &Column, new: &Column) -> bool {
    !old.kind.looks_like(&new.kind, work.options.backend) || work.collation_differs(old, new)
}
