//! Expressions over columns. Every column stands in quotes, so that it can be found again without reading SQL.

use sea_orm::DbBackend;
use sea_revise::schema::{Column, Table, Type, quote, quote_text};

use super::{
    kinds::{Class, class, is_number},
    random::Random,
};

/// A condition on one or two columns of a table.
pub fn condition(
    random: &mut Random,
    table: &Table,
    values: &dyn Fn(&Type) -> Vec<String>,
) -> Option<String> {
    let columns: Vec<&Column> = table.columns.iter().collect();
    let column = *random.pick(&columns)?;
    let name = quote(&column.name);
    let numbers: Vec<&&Column> = columns
        .iter()
        .filter(|other| other.name != column.name && class(&other.kind) == Class::Whole)
        .collect();
    if class(&column.kind) == Class::Whole && random.percent(30) {
        let other = quote(&random.pick(&numbers)?.name);
        return Some(format!("{name} < {other} OR {name} >= {other}"));
    }
    let all: Vec<String> = match class(&column.kind) {
        _ if is_number(&column.kind) => vec![
            format!("{name} > 0"),
            format!("{name} >= -5 AND {name} < 1000"),
            format!("{name} + 1 <> 7"),
            format!("{name} IN (1, 2, 3)"),
            format!("{name} BETWEEN 0 AND 100"),
        ],
        Class::Text => vec![
            format!("length({name}) > 0"),
            format!("{name} <> 'it''s \"x\"'"),
            format!("lower({name}) <> 'null' OR {name} IS NULL"),
            format!("{name} LIKE '%'"),
            format!("{name} IN ('a', 'b', 'x')"),
        ],
        Class::Enum => {
            let values = values(&column.kind);
            let value = random.pick(&values)?;
            vec![format!("{name} <> {}", quote_text(value))]
        }
        _ => vec![format!("{name} IS NOT NULL"), format!("NOT ({name} IS NULL)")],
    };
    random.pick(&all).cloned()
}

/// An expression that an index may be sorted by.
pub fn computed(random: &mut Random, table: &Table) -> Option<String> {
    let fit = |column: &&Column| {
        is_number(&column.kind) || matches!(column.kind, Type::Text | Type::Varchar(_))
    };
    let columns: Vec<&Column> = table.columns.iter().filter(fit).collect();
    let column = random.pick(&columns)?;
    let name = quote(&column.name);
    let all = match class(&column.kind) {
        Class::Text => [format!("lower({name})"), format!("upper({name})")],
        _ => [format!("abs({name})"), format!("{name} + 1")],
    };
    random.pick(&all).cloned()
}

/// The type and the expression of a computed column.
pub fn generated(
    random: &mut Random,
    table: &Table,
    backend: DbBackend,
) -> Option<(Type, String, bool)> {
    let fit = |column: &&Column| {
        column.generated.is_none() && matches!(column.kind, Type::Integer | Type::Text)
    };
    let columns: Vec<&Column> = table.columns.iter().filter(fit).collect();
    let column = random.pick(&columns)?;
    let name = quote(&column.name);
    let text = column.kind.clone();
    let all = match class(&column.kind) {
        Class::Text => [
            (text.clone(), format!("upper({name})")),
            (text, format!("{name} || 'it''s'")),
            (Type::Integer, format!("length({name})")),
        ],
        _ => [
            (Type::Integer, format!("{name} * 2")),
            (Type::Integer, format!("{name} % 7")),
            (Type::Text, format!("CASE WHEN {name} > 1 THEN 'many' END")),
        ],
    };
    let (kind, expression) = random.pick(&all)?.clone();
    let stored = backend != DbBackend::Sqlite || random.percent(50);
    Some((kind, expression, stored))
}

/// The names in quotes.
pub fn names_in(expression: &str) -> Vec<String> {
    pieces(expression).into_iter().filter_map(|(quoted, text)| quoted.then_some(text)).collect()
}

/// The expression with another name for a column.
pub fn rename_in(expression: &str, from: &str, to: &str) -> String {
    let renamed = pieces(expression).into_iter().map(|(quoted, text)| match quoted {
        true if text == from => quote(to),
        true => quote(&text),
        false => text,
    });
    renamed.collect()
}

/// Names without their quotes, and what is between them.
fn pieces(expression: &str) -> Vec<(bool, String)> {
    let mut pieces = vec![(false, String::new())];
    let mut inside = None;
    for letter in expression.chars() {
        match (inside, letter) {
            (None, '"') => {
                // A quote in a name is two quotes, which look like a name that begins where another one ends.
                match pieces.as_slice() {
                    [.., (true, _), (false, between)] if between.is_empty() => {
                        pieces.pop();
                        pieces.last_mut().unwrap().1.push('"');
                    }
                    _ => pieces.push((true, String::new())),
                }
                inside = Some('"');
            }
            (Some('"'), '"') => {
                pieces.push((false, String::new()));
                inside = None;
            }
            (None, '\'') => {
                inside = Some('\'');
                pieces.last_mut().unwrap().1.push(letter);
            }
            (Some('\''), '\'') => {
                inside = None;
                pieces.last_mut().unwrap().1.push(letter);
            }
            _ => pieces.last_mut().unwrap().1.push(letter),
        }
    }
    pieces
}

/// Every expression of a table.
pub fn of_table(table: &mut Table) -> Vec<&mut String> {
    let checks = table.checks.iter_mut().map(|check| &mut check.expression);
    let generated = table.columns.iter_mut().filter_map(|column| column.generated.as_mut());
    let generated = generated.map(|generated| &mut generated.expression);
    let indexes = table.indexes.iter_mut().flat_map(|index| {
        let columns = index.columns.iter_mut().filter(|column| column.expression);
        columns.map(|column| &mut column.name).chain(index.predicate.as_mut())
    });
    checks.chain(generated).chain(indexes).collect()
}

/// Takes away every part of a table that has an expression with the column in it.
pub fn drop_expressions(table: &mut Table, column: &str) {
    let names = |text: &String| names_in(text).iter().any(|name| name == column);
    table.checks.retain(|check| !names(&check.expression));
    table
        .columns
        .retain(|found| !found.generated.as_ref().is_some_and(|made| names(&made.expression)));
    table.indexes.retain(|index| {
        let computed = index.columns.iter().filter(|column| column.expression);
        !computed.map(|column| &column.name).chain(&index.predicate).any(names)
    });
}
