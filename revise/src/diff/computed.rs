//! Columns that are computed, or were.

use super::{
    Work,
    columns::{collation_differs, names},
    order::Phase,
};
use crate::{
    column::{Column, Generated},
    expression::alike,
    operation::Operation,
    table::Table,
};

/// Compares how a column is computed before and after.
pub fn compare(work: &mut Work<'_>, before: &Table, after: &Table, (old, new): (&Column, &Column)) {
    let set = |generated: Option<&Generated>, was: Option<&Generated>| Operation::SetGenerated {
        table: after.name.clone(),
        column: new.name.clone(),
        generated: generated.cloned(),
        was: was.cloned(),
    };
    match (&old.generated, &new.generated) {
        (None, None) => {}
        (None, Some(made)) => work.phases.push(Phase::AddComputed, set(Some(made), None)),
        // An entity cannot say that a column is computed.
        (Some(was), None) if work.whole() => {
            work.phases.push(Phase::DropFirst, set(None, Some(was)));
        }
        (Some(_), None) => {}
        (Some(was), Some(made)) => {
            let moves = moves(work, before, after, was) || types_move(work, old, new);
            if moves {
                work.phases.push(Phase::DropFirst, set(None, Some(was)));
            }
            if moves || was.stored != made.stored || !alike(&was.expression, &made.expression) {
                work.phases.push(Phase::AddComputed, set(Some(made), Some(was)));
            }
        }
    }
}

/// Whether a column changes that another is computed from: PostgreSQL refuses that as long as it is.
fn moves(work: &Work<'_>, before: &Table, after: &Table, made: &Generated) -> bool {
    let named = before.columns.iter().filter(|old| names(&made.expression, &old.name));
    let mut pairs = named.filter_map(|old| Some((old, after.find(&old.name)?)));
    pairs.any(|(old, new)| types_move(work, old, new))
}

fn types_move(work: &Work<'_>, old: &Column, new: &Column) -> bool {
    !old.kind.looks_like(&new.kind, work.options.backend) || collation_differs(work, old, new)
}
