//! The foreign keys that relations of entities ask for.

use std::collections::BTreeSet;

use sea_orm::{
    DbBackend,
    sea_query::{ForeignKeyAction, TableCreateStatement},
};

use super::statements::name_of;
use crate::schema::{Action, ForeignKey};

/// The foreign keys of an entity's statement, without those that are crossed.
pub(super) fn keys(statement: &TableCreateStatement, backend: DbBackend) -> Vec<ForeignKey> {
    written_keys(statement, backend).into_iter().filter(|key| !is_crossed(key)).collect()
}

/// The foreign keys that no database can have, because they point at a column twice. sea-orm-codegen 1.x writes them for keys of
/// several columns of PostgreSQL: each column with each referenced one.
pub(super) fn crossed_keys(
    statement: &TableCreateStatement,
    backend: DbBackend,
) -> Vec<ForeignKey> {
    written_keys(statement, backend).into_iter().filter(is_crossed).collect()
}

fn is_crossed(key: &ForeignKey) -> bool {
    let distinct: BTreeSet<&String> = key.referenced.iter().collect();
    distinct.len() < key.referenced.len()
}

/// The foreign keys of an entity's statement, each pair of columns once.
pub(super) fn written_keys(
    statement: &TableCreateStatement,
    backend: DbBackend,
) -> Vec<ForeignKey> {
    let action = |action: Option<ForeignKeyAction>| match action {
        Some(ForeignKeyAction::Restrict) => Action::Restrict,
        Some(ForeignKeyAction::Cascade) => Action::Cascade,
        Some(ForeignKeyAction::SetNull) => Action::SetNull,
        Some(ForeignKeyAction::SetDefault) => Action::SetDefault,
        _ => Action::NoAction,
    };
    let keys = statement.get_foreign_key_create_stmts().iter();
    let keys = keys.map(|key| key.get_foreign_key());
    keys.map(|key| {
        let (columns, referenced) = distinct_pairs(key.get_columns(), key.get_ref_columns());
        ForeignKey {
            columns,
            references: key
                .get_ref_table()
                .map(|table| name_of(table, backend))
                .unwrap_or_default(),
            referenced,
            on_delete: action(key.get_on_delete()),
            on_update: action(key.get_on_update()),
            name: key.get_name().map(str::to_owned),
            clause: String::new(),
        }
    })
    .collect()
}

fn distinct_pairs(columns: Vec<String>, referenced: Vec<String>) -> (Vec<String>, Vec<String>) {
    if columns.len() != referenced.len() {
        return (columns, referenced);
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in columns.into_iter().zip(referenced) {
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs.into_iter().unzip()
}
