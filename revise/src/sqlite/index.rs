//! Reads `CREATE INDEX`, and writes it.

use super::{
    cursor::{Cursor, split},
    token::{Token, TokenKind, bare, spelling, tokens, verbatim},
};
use crate::{
    error::PlanError,
    schema::{Index, IndexColumn, Table, TableName, Written, quote},
};

/// The table's name and the index that a `CREATE INDEX` creates. The error says what cannot be read.
pub(super) fn index(sql: &str) -> Result<(String, Index), String> {
    let tokens = tokens(sql)?;
    let mut cursor = Cursor::new(&tokens);
    cursor.expect(&["CREATE"])?;
    let unique = cursor.eat(&["UNIQUE"]);
    cursor.expect(&["INDEX"])?;
    cursor.eat(&["IF", "NOT", "EXISTS"]);
    let mut index = Index { unique, ..Index::new(cursor.qualified_name()?, []) };
    cursor.expect(&["ON"])?;
    let table = cursor.name()?;
    for part in split(cursor.group()?) {
        index.columns.push(index_column(part)?);
    }
    if cursor.eat(&["WHERE"]) {
        let condition = cursor.rest();
        let end = condition.iter().position(|token| token.is_mark(";")).unwrap_or(condition.len());
        index.predicate = Some(spelling(condition.get(..end).unwrap_or_default()));
    } else if cursor.peek().is_some_and(|token| !token.is_mark(";")) {
        return Err(cursor.unexpected("`WHERE`"));
    }
    index.written = Written(Some(sql.to_owned()));
    Ok((table, index))
}

fn index_column(part: &[Token<'_>]) -> Result<IndexColumn, String> {
    let (part, descending) = match part {
        [part @ .., last] if last.is("DESC") => (part, true),
        [part @ .., last] if last.is("ASC") => (part, false),
        part => (part, false),
    };
    let (part, clause) = match part {
        [part @ .., keyword, name] if keyword.is("COLLATE") => {
            let name = name.name().ok_or_else(|| "expected a collation".to_owned())?;
            (part, format!("COLLATE {}", collation_sql(&name)))
        }
        part => (part, String::new()),
    };
    let column = match bare(part) {
        [] => return Err("an index on nothing".to_owned()),
        [one] if one.name().is_some() => {
            let name = one.name().unwrap_or_default();
            IndexColumn { expression: false, ..IndexColumn::new(&name) }
        }
        expression => IndexColumn::expression(&verbatim(expression)),
    };
    Ok(IndexColumn { descending, clause, ..column })
}

/// Gives the columns of an index the spelling of the table; what names none of them is an expression.
pub(super) fn normalize(index: &mut Index, table: &Table) {
    for part in index.columns.iter_mut().filter(|part| !part.expression) {
        match table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&part.name)) {
            Some(column) => part.name.clone_from(&column.name),
            None => {
                *part = IndexColumn { expression: true, name: quote(&part.name), ..part.clone() }
            }
        }
    }
}

/// The name of a collation: SQLite's own in capitals, others as they are.
pub(super) fn collation(name: &str) -> String {
    let own = ["BINARY", "NOCASE", "RTRIM"];
    let found = own.into_iter().find(|own| own.eq_ignore_ascii_case(name));
    found.unwrap_or(name).to_owned()
}

/// A collation as SQL writes it: in quotes where it needs them.
pub(super) fn collation_sql(name: &str) -> String {
    let plain = matches!(tokens(name).as_deref(), Ok([one]) if one.kind == TokenKind::Word);
    if plain { collation(name) } else { quote(name) }
}

/// The statement that creates an index: as it was written, as long as it still says the same.
///
/// # Errors
/// When SQLite has no such index.
pub(super) fn create_index(table: &TableName, wanted: &Index) -> Result<String, PlanError> {
    if let Some(written) = &wanted.written.0 {
        let same =
            |(on, index): (String, Index)| on.eq_ignore_ascii_case(&table.name) && index == *wanted;
        if index(written).is_ok_and(same) || wanted.columns == unread(written) {
            return Ok(written.clone());
        }
    }
    if wanted.method.as_deref().is_some_and(|method| !method.eq_ignore_ascii_case("btree")) {
        return Err(PlanError::Unsupported(format!(
            "index `{}`: sqlite has B-tree indexes only; create it in `raw_postgres`",
            wanted.name
        )));
    }
    let mut columns = Vec::new();
    for column in &wanted.columns {
        if !(column.clause.is_empty() || column.clause.to_ascii_uppercase().starts_with("COLLATE "))
        {
            return Err(PlanError::Unsupported(format!(
                "index `{}`: sqlite has no operator class `{}`; create it in `raw_postgres`",
                wanted.name, column.clause
            )));
        }
        // SQLite has one order of NULLs for each direction and knows no other.
        columns.push(IndexColumn { nulls_first: None, ..column.clone() }.sql());
    }
    let unique = if wanted.unique { "UNIQUE " } else { "" };
    let (name, table) = (quote(&wanted.name), quote(&table.name));
    let condition =
        wanted.predicate.as_ref().map(|text| format!(" WHERE {text}")).unwrap_or_default();
    Ok(format!("CREATE {unique}INDEX {name} ON {table} ({}){condition}", columns.join(", ")))
}

/// What stands for the columns of an index whose definition cannot be read: it is repeated, and equals no other.
pub(super) fn unread(sql: &str) -> Vec<IndexColumn> {
    vec![IndexColumn::expression(sql)]
}
