//! Values that a plan changes without a word.

use sea_orm::DbBackend;

use super::{Precondition, cast::Cast, origin::Origins, source::Source};
use crate::{
    operation::{Operation, describe::spell},
    schema::{Schema, TableName, Type, quote},
};

/// The rows with a value that a cast of the plan changes.
pub fn losses(before: &Schema, operations: &[Operation], backend: DbBackend) -> Vec<Precondition> {
    let mut origins = Origins::new(before, backend);
    let mut found = Vec::new();
    for operation in operations {
        if let Operation::AlterType { table, column, kind, using: None, .. } = operation {
            let source = Source::new(before, &origins, (table, backend));
            found.extend(source.and_then(|source| changed(&source, table, (column, kind))));
        }
        origins.record(operation);
    }
    found
}

fn changed(
    source: &Source<'_>,
    table: &TableName,
    (column, to): (&str, &Type),
) -> Option<Precondition> {
    let origin = source.column(column).filter(|origin| origin.is_unchanged())?;
    let known = source.table.find(origin.name.as_deref()?)?;
    if known.generated.is_some() {
        return None;
    }
    let condition = Cast { column, from: &known.kind, to }.changed(source.backend)?;
    let kind = spell(to);
    Some(source.rows(
        &format!("{} IS NOT NULL AND {condition}", quote(column)),
        format!("have a value in `{column}` that {kind} has no room for"),
        format!("it is rounded or cut off, unless it is said how a {kind} is made of it: --using {table}.{column}=…"),
    ))
}
