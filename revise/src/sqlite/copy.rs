//! Where the values of a rebuilt table come from: one expression for each column, in terms of the old rows.

use super::{
    declared::{Affinity, affinity, meaning},
    token::{mentions, tokens},
};
use crate::{
    operation::Operation,
    schema::{Column, DefaultValue, Table, Type, quote},
};
use sea_orm::DbBackend;

/// The expressions, and selects below them where an expression needs the result of another.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    columns: Vec<(String, String)>,
    below: Vec<Vec<(String, String)>>,
}

impl Values {
    /// Every column of a table as it is.
    pub(super) fn of(table: &Table) -> Self {
        let columns = table.columns.iter().map(|column| (column.name.clone(), quote(&column.name)));
        Self { columns: columns.collect(), below: Vec::new() }
    }

    /// Records an operation; `old` is the table before it.
    pub(super) fn note(&mut self, operation: &Operation, old: &Table) {
        match operation {
            Operation::AddColumn { column, .. } if column.generated.is_none() => {
                self.columns.push((column.name.clone(), given(column)));
            }
            Operation::DropColumn { column, .. } => self.columns.retain(|(name, _)| name != column),
            Operation::Backfill { column, value, .. } => {
                self.nest_for(value);
                let value = operand(value);
                self.change(column, |now| match now {
                    "NULL" => value,
                    now => format!("COALESCE({now}, {value})"),
                });
            }
            Operation::AlterType { column, using: Some(using), .. } => {
                self.nest_for(using);
                self.change(column, |_| operand(using));
            }
            Operation::AlterType { column, kind, using: None, .. } => {
                let Some(before) = old.find(column) else { return };
                self.change(column, |now| cast(now, &before.kind, kind));
            }
            _ => {}
        }
    }

    /// The expression of a column.
    pub(super) fn of_column(&self, column: &str) -> String {
        let found = self.columns.iter().find(|(name, _)| name == column);
        found.map_or_else(|| "NULL".to_owned(), |(_, expression)| expression.clone())
    }

    /// Whether a column that `old` has gets other values.
    pub(super) fn change_some(&self, old: &Table) -> bool {
        let changed =
            |(name, now): &(String, String)| old.find(name).is_some() && *now != quote(name);
        self.columns.iter().chain(self.below.iter().flatten()).any(changed)
    }

    /// What the expressions are selected from. `rowid` is a name of the rowid that has to be at hand.
    pub(super) fn source(&self, table: &str, rowid: Option<&str>) -> String {
        self.below.iter().fold(quote(table), |source, columns| {
            let columns =
                columns.iter().map(|(name, expression)| format!("{expression} AS {}", quote(name)));
            let rowid = rowid.map(|rowid| format!("{rowid} AS {rowid}"));
            let list = rowid.into_iter().chain(columns).collect::<Vec<_>>().join(", ");
            format!("(SELECT {list} FROM {source})")
        })
    }

    /// Where an expression names a column that was changed already, it has to see the changed value.
    fn nest_for(&mut self, expression: &str) {
        let sees =
            |(name, now): &(String, String)| *now != quote(name) && mentions(expression, name);
        if self.columns.iter().any(sees) {
            let plain = self.columns.iter().map(|(name, _)| (name.clone(), quote(name))).collect();
            self.below.push(std::mem::replace(&mut self.columns, plain));
        }
    }

    fn change(&mut self, column: &str, change: impl FnOnce(&str) -> String) {
        if let Some((_, now)) = self.columns.iter_mut().find(|(name, _)| name == column) {
            *now = change(now);
        }
    }
}

/// What the rows that are there get in a new column.
fn given(column: &Column) -> String {
    match &column.default {
        None => "NULL".to_owned(),
        Some(DefaultValue::Sql(expression)) => format!("({expression})"),
        Some(default) => default.to_sql(),
    }
}

/// A value as it can stand anywhere: a select has to be in parentheses.
pub(super) fn operand(value: &str) -> String {
    let selects = |token: &super::token::Token<'_>| token.is("SELECT") || token.is("WITH");
    match tokens(value).unwrap_or_default().first().is_some_and(selects) {
        true => format!("({value})"),
        false => value.to_owned(),
    }
}

/// Whether a value selects from tables.
pub(super) fn has_select(value: &str) -> bool {
    tokens(value).is_ok_and(|tokens| tokens.iter().any(|token| token.is("SELECT")))
}

/// Converts a value from one type to another, where SQLite keeps them differently, to what PostgreSQL's cast makes of it.
fn cast(value: &str, from: &Type, to: &Type) -> String {
    if value == "NULL" {
        return value.to_owned();
    }
    let (from, to_type) = (&meaning(from), &meaning(to));
    let (old, new) = (from.sql(DbBackend::Sqlite), to.sql(DbBackend::Sqlite));
    if let Some(converted) = converted(value, from, to_type) {
        return converted;
    }
    // A UUID is stored as bytes, whatever its column is called; bytes have no number or text in them.
    let bytes = affinity(&old) == Affinity::Blob || *from == Type::Uuid || *to_type == Type::Uuid;
    // Where a column takes both numbers and texts, it converts what is a number without losing the rest of a text.
    let either = affinity(&new) == Affinity::Numeric;
    if bytes || either || new.is_empty() || affinity(&old) == affinity(&new) {
        return value.to_owned();
    }
    format!("CAST({value} AS {new})")
}

/// What SQLite would cut off or leave as it is: numbers are rounded, half away from zero, moments lose what the new type has no room
/// for. Moments with a zone are taken in UTC.
fn converted(value: &str, from: &Type, to: &Type) -> Option<String> {
    let numbers = from.is_fractional() || from.is_integer();
    let only = |kinds: &str, converted: String| {
        format!("CASE WHEN typeof({value}) IN ({kinds}) THEN {converted} ELSE {value} END")
    };
    if to.is_integer() && from.is_fractional() {
        return Some(format!("CAST(round({value}) AS integer)"));
    }
    if let Some(scale) = to.rounds(from) {
        let rounded = format!("round(CAST({value} AS REAL), {scale})");
        return Some(if from.is_text() { rounded } else { only("'real', 'integer'", rounded) });
    }
    match to {
        Type::Boolean if numbers => Some(only("'real', 'integer'", format!("{value} <> 0"))),
        Type::Date if from.is_moment() => {
            Some(only("'text'", format!("coalesce(date({value}), {value})")))
        }
        Type::Time if from.is_moment() => {
            let zone = *from == Type::TimestampWithTimeZone;
            let time = if zone { format!("time({value})") } else { format!("substr({value}, 12)") };
            Some(only(
                "'text'",
                format!("CASE WHEN date({value}) IS NULL THEN {value} ELSE {time} END"),
            ))
        }
        _ => None,
    }
}
