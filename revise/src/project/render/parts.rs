//! Tables and their parts as the builders' calls.

use super::literal::{array, integer, list, option, sql, text};
use crate::schema::{
    Action, Check, Column, DefaultValue, ForeignKey, Identity, Index, IndexColumn, PrimaryKey,
    Table, TableName, Type, Unique,
};

/// `"books"` or `("Sys", "Order Items")`.
pub(super) fn name(name: &TableName) -> String {
    match &name.schema {
        Some(schema) => format!("({}, {})", text(schema), text(&name.name)),
        None => text(&name.name),
    }
}

pub(super) fn table(table: &Table) -> String {
    let mut code = format!("Table::new({})", name(&table.name));
    let mut add = |method: &str, argument: String| code.push_str(&format!(".{method}({argument})"));
    for part in &table.columns {
        add("column", column(part));
    }
    if let Some(key) = &table.primary_key {
        let plain = key.name.is_none() && key.clause.is_empty();
        add("primary_key", if plain { list(&key.columns) } else { primary_key(key) });
    }
    for part in &table.uniques {
        add("unique", unique(part));
    }
    for part in &table.foreign_keys {
        add("foreign_key", foreign_key(part));
    }
    for part in &table.checks {
        add("check", check(part));
    }
    for part in &table.indexes {
        add("index", index(part));
    }
    for part in &table.triggers {
        add("trigger", format!("{}, {}", text(&part.name), sql(&part.sql)));
    }
    if let Some(comment) = &table.comment {
        add("comment", text(comment));
    }
    for part in &table.options {
        add("option", text(part));
    }
    code
}

pub(super) fn column(column: &Column) -> String {
    let mut code = format!("Column::new({}, {})", text(&column.name), kind(&column.kind));
    if column.nullable {
        code.push_str(".nullable()");
    }
    if let Some(default) = &column.default {
        code.push_str(&format!(".default({})", self::default(default)));
    }
    code.push_str(match column.identity {
        Identity::None => "",
        Identity::Rowid => ".identity_rowid()",
        Identity::Automatic => ".identity()",
        Identity::Always => ".identity_always()",
    });
    if let Some(generated) = &column.generated {
        code.push_str(&format!(".generated({}, {})", sql(&generated.expression), generated.stored));
    }
    if let Some(collation) = &column.collation {
        code.push_str(&format!(".collation({})", text(collation)));
    }
    if let Some(comment) = &column.comment {
        code.push_str(&format!(".comment({})", text(comment)));
    }
    code + &clause(&column.clause)
}

pub(super) fn kind(kind: &Type) -> String {
    let variant = match kind {
        Type::Char(length) => with("Char", length.as_ref()),
        Type::Varchar(length) => with("Varchar", length.as_ref()),
        Type::VarBinary(length) => with("VarBinary", length.as_ref()),
        Type::Decimal(size) => with_size("Decimal", *size),
        Type::Money(size) => with_size("Money", *size),
        Type::Binary(length) => format!("Binary({length})"),
        Type::Enum(name) => format!("enumeration({})", text(name)),
        Type::Array(element) => format!("array({})", self::kind(element)),
        Type::Other(spelling) => format!("other({})", text(spelling)),
        Type::Text
        | Type::TinyInteger
        | Type::SmallInteger
        | Type::Integer
        | Type::BigInteger
        | Type::TinyUnsigned
        | Type::SmallUnsigned
        | Type::Unsigned
        | Type::BigUnsigned
        | Type::Float
        | Type::Double
        | Type::Boolean
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Timestamp
        | Type::TimestampWithTimeZone
        | Type::Blob
        | Type::Json
        | Type::JsonBinary
        | Type::Uuid => format!("{kind:?}"),
    };
    format!("Type::{variant}")
}

fn with(variant: &str, length: Option<&u32>) -> String {
    length.map_or_else(|| format!("{variant}(None)"), |length| format!("{variant}(Some({length}))"))
}

fn with_size(variant: &str, size: Option<(u32, u32)>) -> String {
    match size {
        Some((precision, scale)) => format!("{variant}(Some(({precision}, {scale})))"),
        None => format!("{variant}(None)"),
    }
}

pub(super) fn default(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Text(value) => text(value),
        DefaultValue::Number(digits) => {
            integer(digits).unwrap_or_else(|| format!("DefaultValue::number({})", text(digits)))
        }
        DefaultValue::Boolean(value) => value.to_string(),
        DefaultValue::Now => "DefaultValue::Now".to_owned(),
        DefaultValue::Sql(expression) => format!("DefaultValue::sql({})", sql(expression)),
    }
}

pub(super) fn identity(identity: Identity) -> String {
    format!("Identity::{identity:?}")
}

pub(super) fn primary_key(key: &PrimaryKey) -> String {
    let code = format!("PrimaryKey::new({})", list(&key.columns));
    code + &named(key.name.as_deref()) + &clause(&key.clause)
}

pub(super) fn unique(unique: &Unique) -> String {
    let code = format!("Unique::new({})", list(&unique.columns));
    code + &named(unique.name.as_deref()) + &clause(&unique.clause)
}

pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let (columns, referenced) = (list(&key.columns), list(&key.referenced));
    let mut code = format!("ForeignKey::new({columns}, {}, {referenced})", name(&key.references));
    for (method, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        if action != Action::NoAction {
            code.push_str(&format!(".{method}(Action::{action:?})"));
        }
    }
    code + &named(key.name.as_deref()) + &clause(&key.clause)
}

pub(super) fn check(check: &Check) -> String {
    format!("Check::new({})", sql(&check.expression)) + &named(check.name.as_deref())
}

pub(super) fn index(index: &Index) -> String {
    let plain = |column: &&IndexColumn| **column == IndexColumn::new(&column.name);
    let first = index.columns.iter().take_while(plain).collect::<Vec<_>>();
    let names = array(first.iter().map(|column| text(&column.name)));
    let mut code = format!("Index::new({}, {names})", text(&index.name));
    for column in index.columns.iter().skip(first.len()) {
        code.push_str(&format!(".column({})", index_column(column)));
    }
    if index.unique {
        code.push_str(".unique()");
    }
    if let Some(method) = &index.method {
        code.push_str(&format!(".method({})", text(method)));
    }
    if !index.include.is_empty() {
        code.push_str(&format!(".include({})", list(&index.include)));
    }
    if !index.clause.is_empty() {
        code.push_str(&format!(".extra({})", text(&index.clause)));
    }
    if let Some(predicate) = &index.predicate {
        code.push_str(&format!(".predicate({})", sql(predicate)));
    }
    code
}

fn index_column(column: &IndexColumn) -> String {
    let mut code = if column.expression {
        format!("IndexColumn::expression({})", sql(&column.name))
    } else {
        format!("IndexColumn::new({})", text(&column.name))
    };
    if column.descending {
        code.push_str(".descending()");
    }
    if let Some(first) = column.nulls_first {
        code.push_str(&format!(".nulls_first({first})"));
    }
    code + &clause(&column.clause)
}

/// What a comment becomes: `Some("…")` or `None`.
pub(super) fn comment(comment: Option<&String>) -> String {
    option(comment.map(String::as_str))
}

fn named(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(".named({})", text(name)))
}

fn clause(clause: &str) -> String {
    if clause.is_empty() { String::new() } else { format!(".extra({})", text(clause)) }
}
