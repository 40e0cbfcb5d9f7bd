//! Makes parts of a table from the rows of the catalog.

use super::{
    catalog::{ColumnRow, ConstraintRow, IndexColumnRow, IndexRow, RelationRow},
    default,
    scope::SchemaScope,
    spelling,
};
use crate::schema::{
    Action, Check, Column, ForeignKey, Generated, Identity, Index, IndexColumn, MATERIALIZED_VIEW,
    SqlDefinition, TableName, Type, Unique, Written, clause::NULLS_NOT_DISTINCT, quote, quote_all,
};

/// A view, as the statement that creates it.
pub fn view(name: &TableName, row: &RelationRow) -> SqlDefinition {
    let options = row.options.as_ref().map(|options| format!(" WITH ({options})"));
    let query = row.view.as_deref().unwrap_or_default().trim().trim_end_matches(';');
    let word = if row.kind == "m" { MATERIALIZED_VIEW } else { "CREATE VIEW" };
    let sql = format!("{word} {}{} AS {query}", name.quoted(), options.unwrap_or_default());
    SqlDefinition { name: name.name.clone(), sql }
}

/// A column.
pub fn column(row: ColumnRow, scope: &SchemaScope) -> Column {
    let kind = kind(&row, scope);
    let expression = row.expression.as_deref();
    let generated = expression.filter(|_| row.generated == "s").map(|expression| Generated {
        expression: spelling::normalized(spelling::without_parentheses(expression)),
        stored: true,
    });
    let numbered = row.serial
        && expression.is_some_and(|expression| {
            expression.starts_with("nextval('") && expression.ends_with("'::regclass)")
        });
    let identity = match row.identity.as_str() {
        "a" => Identity::Always,
        "d" => Identity::Automatic,
        _ if numbered => Identity::Automatic,
        _ => Identity::None,
    };
    let default = expression
        .filter(|_| generated.is_none() && !numbered)
        .and_then(|expression| default::parse(&spelling::signed(expression), &row.kind, &kind));
    Column {
        nullable: !row.not_null,
        declared: false,
        written: Written(Some(row.kind)),
        default,
        identity,
        generated,
        collation: row.collation,
        comment: row.comment,
        ..Column::new(row.name, kind)
    }
}

fn kind(row: &ColumnRow, scope: &SchemaScope) -> Type {
    match &row.enumeration {
        Some(name) if row.type_schema == scope.own => {
            let kind = Type::enumeration(name);
            if row.array { Type::array(kind) } else { kind }
        }
        _ => match (scope.others.get(&row.type_schema), row.kind.strip_prefix(&row.type_prefix)) {
            (Some(schema), Some(name)) => Type::other(format!("{}.{name}", quote(schema))),
            _ => spelling::kind(&row.kind),
        },
    }
}

/// The columns of a primary key or a unique constraint, and what else it says.
pub fn key(row: &ConstraintRow) -> (Vec<String>, String) {
    let include = row.include.as_ref().map(|columns| format!("INCLUDE ({})", quote_all(columns)));
    let nulls = row.nulls_not_distinct.then(|| NULLS_NOT_DISTINCT.to_owned());
    let clause = joined([nulls, include, deferrable(row)]);
    (row.columns.clone().unwrap_or_default(), clause)
}

/// A unique constraint.
pub fn unique(row: ConstraintRow) -> Unique {
    let (columns, clause) = key(&row);
    Unique { columns, name: Some(row.name), clause }
}

/// A foreign key.
pub fn foreign_key(row: ConstraintRow, scope: &SchemaScope) -> ForeignKey {
    let clause = joined([
        row.full.then(|| "MATCH FULL".to_owned()),
        row.some_columns.clone(),
        deferrable(&row),
        (!row.valid).then(|| "NOT VALID".to_owned()),
    ]);
    let schema = row.target_schema.unwrap_or_default();
    ForeignKey {
        columns: row.columns.unwrap_or_default(),
        references: scope.name(&schema, &row.target.unwrap_or_default()),
        referenced: row.referenced.unwrap_or_default(),
        on_delete: action(&row.on_delete),
        on_update: action(&row.on_update),
        name: Some(row.name),
        clause,
    }
}

fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn deferrable(row: &ConstraintRow) -> Option<String> {
    let initially = if row.deferred { " INITIALLY DEFERRED" } else { "" };
    row.deferrable.then(|| format!("DEFERRABLE{initially}"))
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A check constraint.
pub fn check(row: ConstraintRow) -> Check {
    let expression = row.expression.unwrap_or_default();
    let expression = spelling::normalized(spelling::without_parentheses(&expression));
    Check { expression, name: Some(row.name) }
}

/// An index.
pub fn index(row: IndexRow) -> Index {
    let (included, columns): (Vec<_>, Vec<_>) =
        row.columns.into_iter().partition(|column| column.included);
    let nulls = row.written.contains(") NULLS NOT DISTINCT");
    let predicate = row.predicate.as_deref().map(spelling::without_parentheses);
    Index {
        columns: columns.into_iter().map(index_column).collect(),
        unique: row.unique,
        invalid: !row.valid,
        method: (row.method != "btree").then_some(row.method),
        include: included.into_iter().map(|column| column.name).collect(),
        predicate: predicate.map(spelling::normalized),
        clause: if nulls { NULLS_NOT_DISTINCT.to_owned() } else { String::new() },
        written: Written(Some(row.written)),
        ..Index::new(row.name, [])
    }
}

fn index_column(row: IndexColumnRow) -> IndexColumn {
    let collation = row.collation.map(|collation| format!("COLLATE {collation}"));
    let descending = row.option & 1 != 0;
    let nulls_first = row.option & 2 != 0;
    let name = match row.expression {
        true => spelling::normalized(spelling::without_parentheses(&row.name)),
        false => row.name,
    };
    IndexColumn {
        name,
        expression: row.expression,
        descending,
        nulls_first: (nulls_first != descending).then_some(nulls_first),
        clause: joined([collation, row.class]),
    }
}
