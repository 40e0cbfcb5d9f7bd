//! Takes away from a schema what no database would take, so that it can be changed without care.

use std::collections::BTreeSet;

use sea_orm::DbBackend;
use sea_revise::schema::{Column, ForeignKey, Identity, PrimaryKey, Schema, Table, Type};

use super::{
    expressions::names_in,
    kinds::{Class, class, is_collatable, is_indexable},
};

/// Makes a schema valid by taking parts away.
pub fn repair(schema: &mut Schema, backend: DbBackend) {
    let enums: BTreeSet<String> = schema.enums.keys().cloned().collect();
    for table in schema.tables.values_mut() {
        columns(table, &enums, backend);
        primary_key(table, backend);
        uniques(table, backend);
        expressions(table);
    }
    let parents = schema.clone();
    for table in schema.tables.values_mut() {
        let own = table.clone();
        let mut known: Vec<Vec<String>> = Vec::new();
        table.foreign_keys.retain(|key| {
            // Two keys of the same columns cannot be told apart by those that drop one.
            let new = !known.contains(&key.columns);
            known.push(key.columns.clone());
            new && is_whole(&own, key, &parents, backend)
        });
    }
}

fn columns(table: &mut Table, enums: &BTreeSet<String>, backend: DbBackend) {
    for column in &mut table.columns {
        let element = match &column.kind {
            Type::Array(element) => element,
            kind => kind,
        };
        if let Type::Enum(name) = element
            && !enums.contains(name)
        {
            column.kind = Type::Text;
            column.default = None;
        }
        if !is_collatable(&column.kind, backend) {
            column.collation = None;
        }
        if column.generated.is_some() {
            column.default = None;
            column.identity = Identity::None;
        }
    }
    let names: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
        .map(|column| column.name.clone())
        .collect();
    table.columns.retain(|column| {
        let used = column.generated.iter().flat_map(|made| names_in(&made.expression));
        used.into_iter().all(|name| names.contains(&name))
    });
    if backend == DbBackend::Sqlite {
        table.comment = None;
        table.columns.iter_mut().for_each(|column| column.comment = None);
    }
}

fn primary_key(table: &mut Table, backend: DbBackend) {
    let fit = |column: &Column| column.generated.is_none() && is_indexable(&column.kind, backend);
    let whole = |key: &PrimaryKey| {
        let columns: Vec<_> = key.columns.iter().filter_map(|name| table.find(name)).collect();
        !columns.is_empty() && columns.len() == key.columns.len() && columns.into_iter().all(fit)
    };
    if !table.primary_key.as_ref().is_some_and(whole) {
        table.primary_key = None;
    }
    let bare = table.options.iter().any(|option| option == "WITHOUT ROWID");
    if bare && table.primary_key.is_none() {
        let first = table.columns.iter().find(|column| fit(column)).unwrap().name.clone();
        table.primary_key =
            Some(PrimaryKey { name: None, columns: vec![first], clause: String::new() });
    }
    let key = table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    for column in &mut table.columns {
        let counts = match backend {
            DbBackend::Sqlite => column.kind.sql(backend) == "integer" && !bare,
            _ => class(&column.kind) == Class::Whole,
        };
        if key != [column.name.clone()] || !counts {
            column.identity = Identity::None;
        }
        if !column.identity.is_none() {
            column.default = None;
        }
        column.nullable &= !key.contains(&column.name);
    }
}

fn uniques(table: &mut Table, backend: DbBackend) {
    let own = table.clone();
    let fit = |name: &str| own.find(name).is_some_and(|column| is_indexable(&column.kind, backend));
    let mut known: BTreeSet<Vec<String>> = BTreeSet::new();
    // SQLite cannot rename a column of such a key where a unique constraint has it, too.
    let bare = table.options.iter().any(|option| option == "WITHOUT ROWID");
    table.uniques.retain(|unique| !(bare && unique.columns.iter().any(|name| own.is_key(name))));
    table.uniques.retain(|unique| {
        unique.columns.iter().all(|name| fit(name)) && known.insert(unique.columns.clone())
    });
    table.indexes.retain(|index| {
        let plain: Vec<String> = index.column_names().map(str::to_owned).collect();
        let new = !(index.unique && index.is_plain()) || known.insert(plain.clone());
        new && plain.iter().all(|name| fit(name)) && !index.columns.is_empty()
    });
    for part in table.indexes.iter_mut().flat_map(|index| &mut index.columns) {
        let column = own.find(&part.name).filter(|_| !part.expression);
        if column.is_some_and(|column| !is_collatable(&column.kind, backend)) {
            part.clause.clear();
        }
    }
}

fn expressions(table: &mut Table) {
    let names: BTreeSet<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let known = |text: &String| names_in(text).iter().all(|name| names.contains(name));
    let mut seen = BTreeSet::new();
    table.checks.retain(|check| known(&check.expression) && seen.insert(check.expression.clone()));
    table.indexes.retain(|index| {
        let computed = index.columns.iter().filter(|column| column.expression);
        computed.map(|column| &column.name).chain(&index.predicate).all(known)
    });
}

/// Whether a key leads from columns that are there to the primary key or to unique columns of the same types.
fn is_whole(table: &Table, key: &ForeignKey, schema: &Schema, backend: DbBackend) -> bool {
    let Some(parent) = schema.table(&key.references) else { return false };
    let primary = parent.primary_key.iter().map(|key| &key.columns);
    let mut keys = primary.chain(parent.uniques.iter().map(|unique| &unique.columns));
    let alike = |(own, target): (&String, &String)| {
        let (Some(own), Some(target)) = (table.find(own), parent.find(target)) else {
            return false;
        };
        let plain = |column: &Column| column.generated.is_none();
        plain(own) && plain(target) && own.kind.looks_like(&target.kind, backend)
    };
    keys.any(|columns| *columns == key.referenced)
        && key.columns.iter().zip(&key.referenced).all(alike)
}
