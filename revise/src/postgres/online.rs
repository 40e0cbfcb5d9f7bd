//! Constraints and indexes that are added to tables in use: in statements that are committed one by one, none of which keeps readers or
//! writers waiting while rows are read.

use super::{
    alter::alter,
    create::{self, with_clause},
};
use crate::{
    operation::Operation,
    schema::{Check, ForeignKey, Index, IndexColumn, Schema, Table, TableName, clause, quote},
};

/// The longest name that PostgreSQL keeps whole, in bytes.
const LONGEST_NAME: usize = 63;

/// The statements of an operation. A process that was killed between them goes on where it stopped, so each can be told from the
/// constraint or index that the first one makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Online {
    /// What the first statement makes.
    pub made: Made,
    /// Its name.
    pub name: String,
    /// Makes it, without a look at the rows or without a lock against writers.
    pub add: String,
    /// Looks at the rows, where the last statements would do it under a lock.
    pub validate: Option<String>,
    /// Go together with the note that the operation is done.
    pub last: Vec<String>,
}

impl Online {
    /// All of them, in their order.
    #[must_use]
    pub fn statements(self) -> Vec<String> {
        [self.add].into_iter().chain(self.validate).chain(self.last).collect()
    }
}

/// What the first statement makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// A constraint that does not hold for the rows that are there.
    Constraint,
    /// An index, built concurrently.
    Index(Index),
}

/// How an operation is carried out on a table in use; `None` where it needs no other form, or there is none.
#[must_use]
pub fn online(before: &Schema, operation: &Operation) -> Option<Online> {
    if let Operation::CreateIndex { table, index, concurrently: true } = operation {
        return Some(concurrent(table, index.clone(), Vec::new()));
    }
    // Partitioned tables, which take none of this, are not in the schema.
    let table = before.table(operation.table()?)?;
    let online = match operation {
        Operation::AddForeignKey { key, .. } if !clause::is_not_valid(&key.clause) => {
            let name = key.name.clone().unwrap_or_else(|| part_name(table, &key.columns, "fkey"));
            let key = ForeignKey { name: Some(name.clone()), ..key.clone() };
            not_valid(&table.name, name, &create::foreign_key(&key))
        }
        Operation::AddCheck { check, .. } if !clause::ends_not_valid(&check.expression) => {
            let name = check.name.clone().unwrap_or_else(|| part_name(table, &[], "check"));
            let check = Check { name: Some(name.clone()), ..check.clone() };
            not_valid(&table.name, name, &create::check(&check))
        }
        // What an index includes besides would be lost.
        Operation::AddUnique { unique, .. } if !unique.clause.contains("INCLUDE") => {
            let name =
                unique.name.clone().unwrap_or_else(|| part_name(table, &unique.columns, "key"));
            let (nulls, rest) = create::nulls_of(unique);
            let mut index = Index::new(&name, []).unique().extra(nulls);
            index.columns = unique.columns.iter().map(|column| IndexColumn::new(column)).collect();
            let quoted = quote(&name);
            let constraint = format!("CONSTRAINT {quoted} UNIQUE USING INDEX {quoted}");
            let constraint = create::add(&table.name, &with_clause(constraint, rest));
            concurrent(&table.name, index, vec![constraint])
        }
        Operation::AlterNull { column, nullable: false, .. } => not_null(table, column)?,
        _ => return None,
    };
    (online.name.len() <= LONGEST_NAME).then_some(online)
}

fn concurrent(table: &TableName, index: Index, last: Vec<String>) -> Online {
    let (name, add) = (index.name.clone(), create::create_index(table, &index, true));
    Online { made: Made::Index(index), name, add, validate: None, last }
}

fn not_valid(table: &TableName, name: String, definition: &str) -> Online {
    Online {
        made: Made::Constraint,
        add: format!("{} NOT VALID", create::add(table, definition)),
        validate: None,
        last: vec![validate(table, &name)],
        name,
    }
}

/// PostgreSQL reads no rows for NOT NULL where a check says it already. `None` where one does.
fn not_null(table: &Table, column: &str) -> Option<Online> {
    let name = part_name(table, &[column.to_owned()], "not_null");
    // The one of this name was left by a process that was killed.
    let mut others = table.checks.iter().filter(|check| check.name.as_ref() != Some(&name));
    let is_proven = others.any(|check| proves_not_null(&check.expression, column));
    if is_proven || !table.find(column)?.nullable {
        return None;
    }
    let (of, quoted) = (&table.name, quote(&name));
    let definition = format!("CONSTRAINT {quoted} CHECK ({} IS NOT NULL)", quote(column));
    Some(Online {
        made: Made::Constraint,
        add: format!("{} NOT VALID", create::add(of, &definition)),
        validate: Some(validate(of, &name)),
        last: vec![
            alter(of, column, "SET NOT NULL"),
            format!("ALTER TABLE {} DROP CONSTRAINT {quoted}", of.quoted()),
        ],
        name,
    })
}

fn validate(table: &TableName, name: &str) -> String {
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", table.quoted(), quote(name))
}

/// As PostgreSQL names a constraint that has no name.
fn part_name(table: &Table, columns: &[String], ending: &str) -> String {
    let mut parts = vec![table.name.name.clone()];
    parts.extend(columns.iter().cloned());
    parts.push(ending.to_owned());
    parts.join("_")
}

/// Whether a check says that a column is not null, in which case PostgreSQL 12 and later read no rows.
#[must_use]
pub fn proves_not_null(expression: &str, column: &str) -> bool {
    let bare = expression.trim().trim_matches(|mark| mark == '(' || mark == ')');
    let Some((name, rest)) = bare.split_at_checked(bare.len().saturating_sub(" is not null".len()))
    else {
        return false;
    };
    rest.eq_ignore_ascii_case(" is not null") && (name == column || name == quote(column))
}
