//! Enum types.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;

use super::{DiffScope, Work, order::Phase};
use crate::{
    operation::Operation,
    schema::{Column, Schema, Table, Type},
};

/// Enum types and their values.
type Enums = BTreeMap<String, Vec<String>>;

/// Compares the enum types and their values.
pub fn compare(work: &mut Work<'_>) {
    let after = work.after;
    for (name, values) in &after.enums {
        let name = name.clone();
        match work.before.enums.get(&name).cloned() {
            None if is_there_already(work, &name) => {}
            None => {
                let values = values.clone();
                work.phases.push(Phase::Enums, Operation::CreateEnum { name, values });
            }
            Some(old) if old == *values => {}
            Some(old) => change(work, &name, old, values),
        }
    }
    let (used_before, used_after) = (used(&work.before), used(after));
    for (name, values) in work.before.enums.clone() {
        let unused = used_before.contains(&name) && !used_after.contains(&name);
        if after.enums.contains_key(&name) {
            continue;
        }
        let nobodys = work.is_silent() && !work.stated.states_enum(&name);
        if (unused && !nobodys) || work.options.scope == DiffScope::Whole {
            work.phases.push(Phase::DropEnums, Operation::DropEnum { name, before: values });
        } else {
            work.found.unmanaged.push(format!("enum {name}"));
        }
    }
}

/// Whether a column of SQLite is of this enum already, whose type no database there shows: whatever made the column has made the type
/// too, where there is one.
fn is_there_already(work: &Work<'_>, name: &str) -> bool {
    let backend = work.options.backend;
    let of_enum = |old: &Column, table: &Table| {
        let new = table.find(&old.name).filter(|new| enum_of(&new.kind) == Some(name));
        new.is_some_and(|new| old.kind.looks_like(&new.kind, backend))
    };
    let mut pairs = work
        .before
        .tables
        .values()
        .filter_map(|table| Some((table, work.after.tables.get(&table.name)?)));
    backend == DbBackend::Sqlite
        && pairs.any(|(old, new)| old.columns.iter().any(|column| of_enum(column, new)))
}

fn change(work: &mut Work<'_>, name: &str, mut old: Vec<String>, values: &[String]) {
    let map: Vec<(String, String)> = work
        .options
        .enum_map
        .iter()
        .filter(|(of, _, _)| of == name)
        .map(|(_, from, to)| (from.clone(), to.clone()))
        .collect();
    let original = old.clone();
    for (from, to) in &map {
        if !values.contains(from) && values.contains(to) && !old.contains(to) {
            let (name, from, to) = (name.to_owned(), from.clone(), to.clone());
            old.iter_mut().filter(|value| **value == from).for_each(|value| value.clone_from(&to));
            work.phases.push(Phase::Enums, Operation::RenameEnumValue { name, from, to });
        }
    }
    let common: Vec<&String> = values.iter().filter(|value| old.contains(value)).collect();
    if common.iter().copied().eq(&old) {
        for (place, value) in values.iter().enumerate().filter(|(_, value)| !old.contains(value)) {
            let before = values.iter().skip(place).find(|next| old.contains(next)).cloned();
            let (name, value) = (name.to_owned(), value.clone());
            work.phases.push(Phase::Enums, Operation::AddEnumValue { name, value, before });
        }
        return;
    }
    let dropped = |from: &String| original.contains(from) && !values.contains(from);
    let map = map.into_iter().filter(|(from, to)| dropped(from) && original.contains(to)).collect();
    let (name, values) = (name.to_owned(), values.to_vec());
    work.phases.push(Phase::Enums, Operation::RebuildEnum { name, values, map, before: old });
}

/// Whether the default of a column is a value that its enum will not have any more, so that it has to go before.
pub fn loses_default(work: &Work<'_>, column: &Column) -> bool {
    loses_value(column, (&work.before.enums, &work.after.enums))
}

/// As [`loses_default`], from the enums before and after.
pub fn loses_value(column: &Column, (before, after): (&Enums, &Enums)) -> bool {
    let (Some(default), Some(name)) = (&column.default, enum_of(&column.kind)) else {
        return false;
    };
    let (Some(had), Some(has)) = (before.get(name), after.get(name)) else {
        return false;
    };
    // An array has it among others.
    let default = default.to_sql().replace("''", "'");
    had.iter().any(|value| !has.contains(value) && default.contains(value))
}

/// The enums that columns are of.
fn used(schema: &Schema) -> BTreeSet<String> {
    let columns = schema.tables.values().flat_map(|table| &table.columns);
    columns.filter_map(|column| enum_of(&column.kind)).map(str::to_owned).collect()
}

/// The enum that a type is of.
pub fn enum_of(kind: &Type) -> Option<&str> {
    match kind {
        Type::Enum(name) => Some(name),
        Type::Array(element) => enum_of(element),
        _ => None,
    }
}
