//! Tables that need what needs them: a check by a function of the table's rows. Such a part is made after the table, and goes before it.

use super::{Work, order::Phase};
use crate::{
    operation::{DefinitionKind, Operation, apply::parts::find_check},
    schema::{Check, DefaultValue, Index, Node, Schema, SqlDefinition, Table, names},
};

/// The parts of a table that close a circle.
struct Parts {
    checks: Vec<Check>,
    indexes: Vec<Index>,
    defaults: Vec<(String, DefaultValue)>,
    triggers: Vec<SqlDefinition>,
}

/// Takes such parts out of a new table, and adds them later.
pub fn add_later(work: &mut Work<'_>, table: &mut Table) {
    let Parts { checks, indexes, defaults, .. } = cut(table, work.after);
    let name = || table.name.clone();
    let mut later: Vec<Operation> = Vec::new();
    later.extend(defaults.into_iter().map(|(column, default)| {
        let (table, default) = (name(), Some(default));
        Operation::AlterDefault { table, column, default, before: None }
    }));
    later.extend(checks.into_iter().map(|check| Operation::AddCheck { table: name(), check }));
    later.extend(indexes.into_iter().map(|index| {
        let table = name();
        Operation::CreateIndex { table, index, concurrently: false }
    }));
    later.into_iter().for_each(|operation| work.phases.push(Phase::AddConstraints, operation));
}

/// Takes such parts out of a table that goes, and drops them before it.
pub fn drop_first(work: &mut Work<'_>, table: &mut Table) {
    let Parts { checks, indexes, defaults, triggers } = cut(table, &work.before);
    let name = || table.name.clone();
    let mut first: Vec<Operation> = Vec::new();
    first.extend(triggers.into_iter().map(|object| {
        let (kind, table) = (DefinitionKind::Trigger, name());
        Operation::DropObject { kind, table, object }
    }));
    first.extend(checks.into_iter().map(|check| Operation::DropCheck { table: name(), check }));
    first.extend(indexes.into_iter().map(|index| {
        let (table, name) = (name(), index.name.clone());
        Operation::DropIndex { table, index: name, before: Some(Box::new(index)) }
    }));
    first.extend(defaults.into_iter().map(|(column, default)| {
        let (table, before) = (name(), Some(default));
        Operation::AlterDefault { table, column, default: None, before }
    }));
    first.into_iter().for_each(|operation| work.phases.push(Phase::DropConstraints, operation));
}

fn cut(table: &mut Table, schema: &Schema) -> Parts {
    let (own, needs) = (table.name.name.clone(), &schema.needs);
    let is_own = |node: &Node| node.relation() == Some(own.as_str());
    let closes = |node: &Node| {
        needs.of(node).any(|needed| !is_own(needed) && needs.reaches(needed, &is_own))
    };
    // The table at hand may have lost its automatic names.
    let known = schema.tables.get(&table.name).cloned().unwrap_or_else(|| table.clone());
    let check_closes = |check: &Check| {
        let found = find_check(&known, check).and_then(|place| known.checks.get(place));
        closes(&Node::part("constraint", &own, &names::check(&known, found.unwrap_or(check))))
    };
    let index_closes = |index: &Index| closes(&Node::name(&index.name));
    let (checks, now) = std::mem::take(&mut table.checks).into_iter().partition(check_closes);
    table.checks = now;
    let (indexes, now) = std::mem::take(&mut table.indexes).into_iter().partition(index_closes);
    table.indexes = now;
    let trigger_closes =
        |trigger: &SqlDefinition| closes(&Node::part("trigger", &own, &trigger.name));
    let (triggers, now) = std::mem::take(&mut table.triggers).into_iter().partition(trigger_closes);
    table.triggers = now;
    let mut defaults = Vec::new();
    for column in &mut table.columns {
        if closes(&Node::part("default", &own, &column.name))
            && let Some(default) = column.default.take()
        {
            defaults.push((column.name.clone(), default));
        }
    }
    Parts { checks, indexes, defaults, triggers }
}
