//! Columns of a table that stayed.

use sea_orm::DbBackend;

use super::{ColumnName, Question, Work, computed, disturbed::Disturbed, enums, order::Phase};
use crate::{
    operation::{Operation, manifest::Stated},
    schema::{
        Check, Column, DefaultValue, Identity, Node, Table, TableName, Type,
        expression::{equivalent, mentions},
    },
    sqlite,
};

/// Compares the columns of a table. Columns whose values change are added to `disturbed`; parts that go with a column
/// are taken from `left`, so that they come again where they are still wanted.
pub fn compare(work: &mut Work<'_>, left: &mut Table, after: &Table, disturbed: &mut Disturbed) {
    let before = &left.clone();
    for column in &after.columns {
        match before.find(&column.name) {
            None => {
                add(work, &after.name, column.clone());
                number(work, after, column);
            }
            Some(old) => {
                change(work, after, (old, column), disturbed);
                computed::compare(work, before, after, (old, column));
                // A key of SQLite may be NULL that is not declared otherwise; an entity cannot say it.
                let key = before.is_key(&old.name) && after.is_key(&old.name) && !work.whole();
                if old.nullable != column.nullable && !key {
                    nullability(work, after, column);
                }
                comment(work, &after.name, old, column);
            }
        }
    }
    for column in before.columns.iter().filter(|column| after.find(&column.name).is_none()) {
        drop_column(work, left, column);
    }
    let (old, new) = (before.comment.clone(), after.comment.clone());
    let unknown = old.is_none() && !before.planned.0;
    let told = !(unknown && work.options.backend == DbBackend::Sqlite);
    if told && old != new && (new.is_some() || work.owns(&after.name, Stated::Comment(None))) {
        let table = after.name.clone();
        let operation = Operation::SetComment { table, column: None, comment: new, before: old };
        work.phases.push(Phase::Comments, operation);
    }
}

/// On SQLite a column numbers the rows once it is the key, and not before.
pub fn number(work: &mut Work<'_>, table: &Table, column: &Column) {
    let key = table.primary_key.as_ref().map(|key| key.columns.as_slice());
    let counts = matches!(column.identity, Identity::Automatic | Identity::Always);
    if counts && key == Some(std::slice::from_ref(&column.name)) {
        let operation = Operation::SetIdentity {
            table: table.name.clone(),
            column: column.name.clone(),
            identity: column.identity,
            before: Identity::Rowid,
        };
        work.phases.push(Phase::AddIdentities, operation);
    }
}

fn add(work: &mut Work<'_>, table: &TableName, column: Column) {
    let name = column.name.clone();
    let needs_value = !column.nullable
        && column.default.is_none()
        && column.identity == Identity::None
        && column.generated.is_none();
    let value = work.options.values.get(&(table.clone(), name.clone())).cloned();
    let comment = column.comment.clone();
    match value {
        _ if !needs_value => add_as_it_is(work, table, column),
        Some(value) => {
            add_as_it_is(work, table, column.nullable());
            fill(work, table, &name, value);
            alter_null(work, Phase::Columns, (table.clone(), name.clone()), false);
        }
        None if work.whole() => add_as_it_is(work, table, column),
        None => {
            let (table, column) = (table.clone(), name.clone());
            work.found.questions.push(Question::Value { table, column, added: true });
        }
    }
    if comment.is_some() {
        let (table, column) = (table.clone(), Some(name));
        let operation = Operation::SetComment { table, column, comment, before: None };
        work.phases.push(Phase::Comments, operation);
    }
}

fn add_as_it_is(work: &mut Work<'_>, table: &TableName, column: Column) {
    let column = Column { comment: None, ..column };
    let phase = if column.generated.is_some() { Phase::AddComputed } else { Phase::Columns };
    work.phases.push(phase, Operation::AddColumn { table: table.clone(), column });
}

/// Drops a column, and first what names it: PostgreSQL would take that along without a word, and SQLite refuse.
fn drop_column(work: &mut Work<'_>, left: &mut Table, column: &Column) {
    let table = left.name.clone();
    let mut remaining = Vec::new();
    for index in std::mem::take(&mut left.indexes) {
        let carried = index.include.contains(&column.name);
        let condition = index.predicate.iter().any(|text| mentions(text, &column.name));
        let computed = index.columns.iter().filter(|part| part.expression);
        let computed = computed.into_iter().any(|part| mentions(&part.name, &column.name));
        if !index.column_names().any(|name| name == column.name)
            && !carried
            && !condition
            && !computed
        {
            remaining.push(index);
            continue;
        }
        let shared = index.columns.len() > 1 || !index.is_plain();
        if shared {
            work.found.notes.push(format!(
                "index `{}` of `{table}` goes with the column `{}`, which it names",
                index.name, column.name
            ));
        }
        let (table, index, before) = (table.clone(), index.name.clone(), Some(Box::new(index)));
        work.phases.push(Phase::DropConstraints, Operation::DropIndex { table, index, before });
    }
    left.indexes = remaining;
    let (checks, remaining): (Vec<Check>, Vec<Check>) = std::mem::take(&mut left.checks)
        .into_iter()
        .partition(|check| mentions(&check.expression, &column.name));
    left.checks = remaining;
    for check in checks {
        let table = table.clone();
        work.phases.push(Phase::DropConstraints, Operation::DropCheck { table, check });
    }
    let (name, before) = (column.name.clone(), Some(Box::new(column.clone())));
    let first = column.generated.is_some() || enums::loses_default(work, column);
    let phase = if first { Phase::DropFirst } else { Phase::DropColumns };
    work.phases.push(phase, Operation::DropColumn { table, column: name, before });
}

fn change(
    work: &mut Work<'_>,
    table: &Table,
    (before, after): (&Column, &Column),
    disturbed: &mut Disturbed,
) {
    let (name, column) = (&table.name, &after.name);
    let differ = types_differ(work, before, after);
    let respelt = !differ && respelt(work, table, before, after);
    let first = differ && loses_collation(work, before, after);
    if first {
        collation(work, name, before, after);
    }
    if differ || respelt {
        // A key stays where its values stay comparable.
        let numbers = before.kind.is_integer() && after.kind.is_integer();
        let texts = is_varying(&before.kind) && is_varying(&after.kind);
        if !numbers
            && !texts
            && before.kind.sql(work.options.backend) != after.kind.sql(work.options.backend)
        {
            disturbed.column(name, column);
        }
        if table.is_key(column) && other_kind(&before.kind, &after.kind) && !work.whole() {
            return rewrite_key(work, name, before, after);
        }
        // The values of a computed column are computed, and not cast.
        let made = before.generated.as_ref().and(after.generated.as_ref());
        let phase = if made.is_some() { Phase::AddComputed } else { Phase::Columns };
        let given = work.options.using.get(&(name.clone(), column.clone())).cloned();
        let using = made.map(|made| made.expression.clone()).or(given);
        let [before, kind] = [(before, respelt), (after, work.whole())].map(|(side, is_exact)| {
            if is_exact { exact(work, table, side, respelt) } else { side.kind.clone() }
        });
        let (table, column, before) = (name.clone(), column.clone(), Some(before));
        let operation = Operation::AlterType { table, column, kind, using, before };
        work.phases.push(phase, operation);
    }
    if !first && work.collation_differs(before, after) {
        collation(work, name, before, after);
    }
    clause(work, name, before, after);
    identity(work, name, before, after);
    default(work, name, before, after);
}

/// Whether a key of SQLite's becomes a name of the rowid, or is none any more, by nothing but the spelling of its type.
fn respelt(work: &Work<'_>, table: &Table, before: &Column, after: &Column) -> bool {
    work.whole()
        && work.options.backend == DbBackend::Sqlite
        && before.identity.is_none() != after.identity.is_none()
        && table.is_key(&after.name)
        && before.written.0.as_deref().map(str::to_lowercase)
            != after.written.0.as_deref().map(str::to_lowercase)
}

/// The type as the other side has it; on SQLite by its own name where that is not ours.
fn exact(work: &Work<'_>, table: &Table, column: &Column, respelt: bool) -> Type {
    // A strict table has names of its own, which ours become.
    let strict = table.options.iter().any(|option| option == "STRICT");
    let ours = if strict { sqlite::stores_equivalently } else { sqlite::spells };
    let written = column.written.0.as_ref().filter(|_| work.options.backend == DbBackend::Sqlite);
    match written {
        Some(written) if respelt || !ours(written, &column.kind) => Type::other(written),
        _ => column.kind.clone(),
    }
}

/// Whether a column of PostgreSQL loses its collation with its type. That has to be said before: on the way back the type that has a
/// collation has to be there first.
fn loses_collation(work: &Work<'_>, before: &Column, after: &Column) -> bool {
    let is_lost = work.whole() || !after.kind.is_text();
    work.options.backend == DbBackend::Postgres
        && before.collation.is_some()
        && after.collation.is_none()
        && is_lost
}

/// An entity says a collation only where it says something.
fn collation(work: &mut Work<'_>, table: &TableName, before: &Column, after: &Column) {
    // The type of a computed column changes in that phase, and this belongs to it.
    let made = before.generated.is_some() && after.generated.is_some();
    let phase = if made { Phase::AddComputed } else { Phase::Columns };
    let operation = Operation::SetCollation {
        table: table.clone(),
        column: after.name.clone(),
        collation: after.collation.clone(),
        before: before.collation.clone(),
    };
    work.phases.push(phase, operation);
}

/// What happens on a conflict, which SQLite's columns say and entities cannot.
fn clause(work: &mut Work<'_>, table: &TableName, before: &Column, after: &Column) {
    let same = equivalent(&before.clause, &after.clause);
    if !same && work.whole() && work.options.backend == DbBackend::Sqlite {
        let (table, column) = (table.clone(), after.name.clone());
        let (clause, before) = (after.clause.clone(), before.clause.clone());
        work.phases
            .push(Phase::Columns, Operation::SetColumnClause { table, column, clause, before });
    }
}

fn default(work: &mut Work<'_>, table: &TableName, before: &Column, after: &Column) {
    let alter = |default: &Option<DefaultValue>, before: &Option<DefaultValue>| {
        let (table, column) = (table.clone(), after.name.clone());
        Operation::AlterDefault { table, column, default: default.clone(), before: before.clone() }
    };
    // A function that cannot be replaced is dropped, and its default with it.
    let moves = before.default.is_some()
        && work.loses_routine(&Node::part("default", &table.name, &after.name))
        && (types_differ(work, before, after)
            || !same_default(before.default.as_ref(), after.default.as_ref()));
    if moves || enums::loses_default(work, before) {
        work.phases.push(Phase::DropFirst, alter(&None, &before.default));
        if after.default.is_some() {
            work.phases.push(Phase::Columns, alter(&after.default, &None));
        }
    } else if !same_default(before.default.as_ref(), after.default.as_ref()) {
        work.phases.push(Phase::Columns, alter(&after.default, &before.default));
    }
}

fn same_default(before: Option<&DefaultValue>, after: Option<&DefaultValue>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => before.means(after),
        (before, after) => before == after,
    }
}

pub fn types_differ(work: &Work<'_>, before: &Column, after: &Column) -> bool {
    let backend = work.options.backend;
    let lengths = (&before.kind, &after.kind);
    if let (Type::Varchar(_), Type::Varchar(_)) = lengths
        && work.options.ignore_length
        && backend == DbBackend::Sqlite
    {
        return false;
    }
    let declared = before.declared && after.declared && before.kind != after.kind;
    declared || !before.kind.looks_like(&after.kind, backend)
}

fn nullability(work: &mut Work<'_>, table: &Table, after: &Column) {
    let (key, table) = (table.is_key(&after.name), &table.name);
    let name = (table.clone(), after.name.clone());
    if after.generated.is_some() {
        return alter_null(work, Phase::AddComputed, name, after.nullable);
    }
    if after.nullable && key {
        // Whatever makes it a key makes it NOT NULL.
        return alter_null(work, Phase::AddIdentities, name, true);
    }
    if !after.nullable {
        match work.options.values.get(&name).cloned() {
            Some(value) => fill(work, table, &after.name, value),
            None if work.options.with_nulls.contains(&name) && !work.whole() => {
                let (table, column) = name.clone();
                work.found.questions.push(Question::Value { table, column, added: false });
                return;
            }
            None => {}
        }
    }
    alter_null(work, Phase::Columns, name, after.nullable);
}

pub fn alter_null(work: &mut Work<'_>, phase: Phase, (table, column): ColumnName, nullable: bool) {
    work.phases.push(phase, Operation::AlterNull { table, column, nullable });
}

fn fill(work: &mut Work<'_>, table: &TableName, column: &str, value: String) {
    let (table, column) = (table.clone(), column.to_owned());
    work.phases.push(Phase::Columns, Operation::Backfill { table, column, value });
}

fn identity(work: &mut Work<'_>, table: &TableName, before: &Column, after: &Column) {
    let same = match work.whole() {
        true => before.identity == after.identity,
        // Ids come out of themselves on SQLite, with AUTOINCREMENT or without.
        false => before.identity.is_none() == after.identity.is_none(),
    };
    // A rowid is what SQLite makes of any integer key; it comes and goes with the key.
    let rowid = |identity| matches!(identity, Identity::None | Identity::Rowid);
    if same || (rowid(before.identity) && rowid(after.identity)) {
        return;
    }
    let operation = Operation::SetIdentity {
        table: table.clone(),
        column: after.name.clone(),
        identity: after.identity,
        before: before.identity,
    };
    // What numbers is an integer, takes no NULL, and on SQLite is the primary key.
    let phase = if after.identity.is_none() { Phase::DropIdentities } else { Phase::AddIdentities };
    work.phases.push(phase, operation);
}

/// Keys of another kind: every row that points at one would have to learn the new value.
fn rewrite_key(work: &mut Work<'_>, table: &TableName, before: &Column, after: &Column) {
    if !work.options.force_rewrite {
        let (table, column) = (table.clone(), after.name.clone());
        let spelt = |column: &Column| column.kind.sql(DbBackend::Postgres);
        let (from, to) = (spelt(before), spelt(after));
        return work.found.questions.push(Question::RewrittenKey { table, column, from, to });
    }
    identity(work, table, before, after);
    if work.options.backend != DbBackend::Sqlite && before.default.is_some() {
        let (table, column, before) = (table.clone(), after.name.clone(), before.default.clone());
        let operation = Operation::AlterDefault { table, column, default: None, before };
        work.phases.push(Phase::Columns, operation);
    }
    let operation = Operation::AlterType {
        table: table.clone(),
        column: after.name.clone(),
        kind: after.kind.clone(),
        // On purpose: a key cannot be NULL, so this fails as soon as there is one row.
        using: Some(crate::operation::reverse::no_value(&after.kind)),
        before: Some(before.kind.clone()),
    };
    work.phases.push(Phase::Columns, operation);
}

fn comment(work: &mut Work<'_>, table: &TableName, before: &Column, after: &Column) {
    let stated = Stated::Comment(Some(after.name.clone()));
    let owned = after.comment.is_some() || work.owns(table, stated);
    // SQLite does not tell of one on a column that no plan made.
    let unknown = !before.planned.0 && before.comment.is_none();
    let owned = owned && !(unknown && work.options.backend == DbBackend::Sqlite);
    if before.comment != after.comment && owned {
        let (table, column) = (table.clone(), Some(after.name.clone()));
        let (comment, before) = (after.comment.clone(), before.comment.clone());
        let operation = Operation::SetComment { table, column, comment, before };
        work.phases.push(Phase::Comments, operation);
    }
}

fn is_varying(kind: &Type) -> bool {
    matches!(kind, Type::Varchar(_) | Type::Text)
}

/// Whether values of one type mean nothing in the other: numbers, texts and the rest are three worlds.
fn other_kind(before: &Type, after: &Type) -> bool {
    let world = |kind: &Type| match kind {
        _ if kind.is_integer() => 0,
        Type::Char(_) | Type::Varchar(_) | Type::Text => 1,
        Type::Uuid => 2,
        Type::Blob | Type::Binary(_) | Type::VarBinary(_) => 3,
        _ => 4,
    };
    world(before) != world(after)
}
