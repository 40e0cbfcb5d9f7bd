//! Columns of SeaORM's statements, without what sea-query panics at or a database refuses.

use sea_orm::{
    DbBackend,
    sea_query::{ColumnDef, ColumnType, DynIden, IntoIden},
};

use super::type_of;
use crate::schema::Type;

/// A column as this database can have it. sea-query panics on SQLite where a type is PostgreSQL's alone, so our own spelling stands
/// in for it. `said` is the type that the entity says, which the statement hides.
pub(super) fn spelt(column: &ColumnDef, said: Option<&Type>, backend: DbBackend) -> ColumnDef {
    let only_elsewhere = |kind: &ColumnType| {
        matches!(
            kind,
            ColumnType::Array(_)
                | ColumnType::Interval(_, _)
                | ColumnType::Vector(_)
                | ColumnType::Cidr
                | ColumnType::Inet
                | ColumnType::MacAddr
                | ColumnType::LTree
                | ColumnType::Bit(_)
                | ColumnType::VarBit(_)
                | ColumnType::Year
        )
    };
    let mut spelt = numbered(column, backend);
    let year = matches!(column.get_column_type(), Some(ColumnType::Year));
    if let Some(kind) = column.get_column_type()
        && only_elsewhere(kind)
        && (backend == DbBackend::Sqlite || year)
    {
        spelt.custom(type_of(kind).sql(backend));
    }
    if let Some(kind) = said.filter(|kind| backend == DbBackend::Postgres && is_bare(kind)) {
        spelt.custom(kind.sql(backend));
    }
    spelt
}

/// Whether a type is an enum of PostgreSQL, or an array of one, whose name SeaORM writes without quotes.
fn is_bare(kind: &Type) -> bool {
    match kind {
        Type::Enum(name) => !name.contains('.'),
        Type::Array(element) => is_bare(element),
        _ => false,
    }
}

/// SeaORM takes every primary key for numbered, of whatever type it is, unless it says `auto_increment = false` or is a `String` or
/// a `Uuid` by name. Only integers can be.
fn numbered(column: &ColumnDef, backend: DbBackend) -> ColumnDef {
    let spec = column.get_column_spec();
    let mut numbered = column.clone();
    match column.get_column_type() {
        _ if !spec.auto_increment => {}
        Some(ColumnType::Integer | ColumnType::BigInteger) => {}
        Some(ColumnType::SmallInteger) if backend != DbBackend::Sqlite => {}
        Some(
            ColumnType::SmallInteger
            | ColumnType::TinyInteger
            | ColumnType::TinyUnsigned
            | ColumnType::SmallUnsigned
            | ColumnType::Unsigned
            | ColumnType::BigUnsigned,
        ) if backend == DbBackend::Sqlite => drop(numbered.integer()),
        Some(ColumnType::TinyInteger | ColumnType::TinyUnsigned) => drop(numbered.small_integer()),
        Some(ColumnType::SmallUnsigned) => drop(numbered.integer()),
        Some(ColumnType::Unsigned | ColumnType::BigUnsigned) => drop(numbered.big_integer()),
        Some(_) | None => return without_numbers(column),
    }
    numbered
}

/// A column with all that SeaORM says of it besides that it is numbered.
fn without_numbers(column: &ColumnDef) -> ColumnDef {
    let spec = column.get_column_spec();
    let name: DynIden = column.get_column_name().into_iden();
    let mut plain = match column.get_column_type() {
        Some(kind) => ColumnDef::new_with_type(name, kind.clone()),
        None => ColumnDef::new(name),
    };
    if spec.nullable == Some(false) {
        plain.not_null();
    }
    if spec.unique {
        plain.unique_key();
    }
    if spec.primary_key {
        plain.primary_key();
    }
    if let Some(default) = &spec.default {
        plain.default(default.clone());
    }
    if let Some(comment) = &spec.comment {
        plain.comment(comment);
    }
    if let Some(extra) = &spec.extra {
        plain.extra(extra);
    }
    plain
}
