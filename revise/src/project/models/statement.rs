//! The statements that sea-orm-codegen reads, of tables of the model.

use std::collections::BTreeSet;

use sea_orm::sea_query::{
    Alias, ColumnDef, ColumnType, ForeignKey as KeyStatement, ForeignKeyAction,
    Index as IndexStatement, IntoIden, RcOrArc, StringLen, Table as Statement,
    TableCreateStatement,
};

use crate::schema::{Action, Column, ForeignKey, Schema, Table, Type};

/// SQLite's type of an enum whose name is nowhere in the database.
pub(super) const ENUM_OF_SQLITE: &str = "enum_text";

/// The statement of a table.
pub(super) fn statement(table: &Table, schema: &Schema) -> TableCreateStatement {
    let mut statement = Statement::create();
    statement.table(Alias::new(&table.name.name));
    for column in &table.columns {
        statement.col(definition(table, column, schema));
    }
    if let Some(key) = &table.primary_key {
        let mut index = IndexStatement::create();
        for column in &key.columns {
            index.col(Alias::new(column));
        }
        statement.primary_key(&mut index);
    }
    for (place, columns) in uniques(table).into_iter().enumerate() {
        let mut index = IndexStatement::create();
        // A name becomes a value of `unique_key`.
        index.name(format!("{}_{}", columns.join("_"), place + 1)).unique();
        for column in &columns {
            index.col(Alias::new(column));
        }
        statement.index(&mut index);
    }
    for key in table.foreign_keys.iter().filter_map(|key| possible(table, key, schema)) {
        statement.foreign_key(&mut reference(table, &key));
    }
    statement.take()
}

fn definition(table: &Table, column: &Column, schema: &Schema) -> ColumnDef {
    let name = Alias::new(&column.name).into_iden();
    let mut definition = ColumnDef::new_with_type(name, kind(&column.kind, schema));
    if table.is_key(&column.name) || !column.nullable {
        definition.not_null();
    } else {
        definition.null();
    }
    if !column.identity.is_none() {
        definition.auto_increment();
    }
    definition
}

/// The columns that are unique together and that attributes of fields can say: a field is in one `unique_key` at most. Others are left to
/// silence.
fn uniques(table: &Table) -> Vec<Vec<String>> {
    let constraints = table.uniques.iter().map(|unique| unique.columns.clone());
    let indexes = table.indexes.iter().filter(|index| index.unique && index.is_plain());
    let indexes = indexes.map(|index| index.column_names().map(str::to_owned).collect());
    let mut all: Vec<Vec<String>> = constraints.chain(indexes).collect();
    // Those of one column first: they are said by a word of their own.
    all.sort_by_key(Vec::len);
    let mut said = BTreeSet::new();
    all.retain(|columns| {
        let is_free = columns.iter().all(|column| !said.contains(column));
        if is_free {
            said.extend(columns.iter().cloned());
        }
        is_free
    });
    all
}

/// A key between fields, with both of its ends in words.
fn possible(table: &Table, key: &ForeignKey, schema: &Schema) -> Option<ForeignKey> {
    let parent = schema.table(&key.references)?;
    let referenced = match key.referenced.as_slice() {
        // SQLite lets the primary key be meant without a word.
        [] => parent.primary_key.as_ref()?.columns.clone(),
        named => named.to_vec(),
    };
    let is_field = |table: &Table, name: &String| {
        table.find(name).is_some_and(|column| !is_ignored(&column.kind))
    };
    let is_possible = key.references.schema.is_none()
        && referenced.len() == key.columns.len()
        && key.columns.iter().all(|name| is_field(table, name))
        && referenced.iter().all(|name| is_field(parent, name));
    is_possible.then(|| ForeignKey { referenced, ..key.clone() })
}

fn reference(table: &Table, key: &ForeignKey) -> sea_orm::sea_query::ForeignKeyCreateStatement {
    let mut statement = KeyStatement::create();
    statement.from_tbl(Alias::new(&table.name.name)).to_tbl(Alias::new(&key.references.name));
    for column in &key.columns {
        statement.from_col(Alias::new(column));
    }
    for column in &key.referenced {
        statement.to_col(Alias::new(column));
    }
    if let Some(action) = action(key.on_delete) {
        statement.on_delete(action);
    }
    if let Some(action) = action(key.on_update) {
        statement.on_update(action);
    }
    statement.take()
}

fn action(action: Action) -> Option<ForeignKeyAction> {
    match action {
        Action::NoAction => None,
        Action::Restrict => Some(ForeignKeyAction::Restrict),
        Action::Cascade => Some(ForeignKeyAction::Cascade),
        Action::SetNull => Some(ForeignKeyAction::SetNull),
        Action::SetDefault => Some(ForeignKeyAction::SetDefault),
    }
}

/// Whether SeaORM has no word for a type, so that the field is none of the columns.
pub(super) fn is_ignored(kind: &Type) -> bool {
    matches!(element(kind), Type::Other(spelling) if spelling != ENUM_OF_SQLITE)
}

/// The type of the elements of an array; any other type is its own.
pub(super) fn element(kind: &Type) -> &Type {
    match kind {
        Type::Array(inner) => element(inner),
        kind => kind,
    }
}

/// A type in SeaORM's words.
fn kind(kind: &Type, schema: &Schema) -> ColumnType {
    let length = |length: Option<u32>| length.map_or(StringLen::None, StringLen::N);
    match kind {
        Type::Char(length) => ColumnType::Char(*length),
        Type::Varchar(given) => ColumnType::String(length(*given)),
        Type::Text => ColumnType::Text,
        Type::TinyInteger => ColumnType::TinyInteger,
        Type::SmallInteger => ColumnType::SmallInteger,
        Type::Integer => ColumnType::Integer,
        Type::BigInteger => ColumnType::BigInteger,
        Type::TinyUnsigned => ColumnType::TinyUnsigned,
        Type::SmallUnsigned => ColumnType::SmallUnsigned,
        Type::Unsigned => ColumnType::Unsigned,
        Type::BigUnsigned => ColumnType::BigUnsigned,
        Type::Float => ColumnType::Float,
        Type::Double => ColumnType::Double,
        Type::Decimal(digits) => ColumnType::Decimal(*digits),
        // Only with digits sea-orm-codegen says that it is money.
        Type::Money(digits) => ColumnType::Money(digits.or(Some((0, 0)))),
        Type::Boolean => ColumnType::Boolean,
        Type::Date => ColumnType::Date,
        Type::Time => ColumnType::Time,
        // A field for SeaORM's `Timestamp` is in UTC, which the column does not say.
        Type::DateTime | Type::Timestamp => ColumnType::DateTime,
        Type::TimestampWithTimeZone => ColumnType::TimestampWithTimeZone,
        Type::Blob => ColumnType::Blob,
        Type::Binary(length) => ColumnType::Binary(*length),
        Type::VarBinary(given) => ColumnType::VarBinary(length(*given)),
        Type::Json => ColumnType::Json,
        Type::JsonBinary => ColumnType::JsonBinary,
        Type::Uuid => ColumnType::Uuid,
        Type::Enum(name) => enumeration(name, schema),
        Type::Array(inner) if !is_ignored(inner) => {
            ColumnType::Array(RcOrArc::new(self::kind(inner, schema)))
        }
        Type::Array(_) => ColumnType::custom(kind.sql(sea_orm::DbBackend::Postgres)),
        Type::Other(spelling) => ColumnType::custom(spelling.clone()),
    }
}

fn enumeration(name: &str, schema: &Schema) -> ColumnType {
    let values = schema.enums.get(name).map(Vec::as_slice).unwrap_or_default();
    let variants = values.iter().map(|value| Alias::new(value).into_iden()).collect();
    ColumnType::Enum { name: Alias::new(name).into_iden(), variants }
}
