//! Reads `CREATE TABLE` as SQLite keeps it, with all that its grammar allows.

mod key;
mod reference;

use std::collections::BTreeSet;

use self::{
    key::{join, key_columns},
    reference::{defer, deferrable, references},
};
use super::{
    cursor::Cursor,
    declared::{adjust_default, default, default_word, kind},
    index::collation,
    token::{Token, spelling, tokens, verbatim},
};
use crate::schema::{
    Check, Column, DefaultValue, Generated, Identity, PrimaryKey, Table, Type, Unique, Written,
    clause,
};

/// The table that a `CREATE TABLE` creates. The error says what cannot be read.
pub(super) fn table(sql: &str) -> Result<Table, String> {
    let tokens = tokens(sql)?;
    let mut cursor = Cursor::new(&tokens);
    cursor.expect(&["CREATE"])?;
    let _ = cursor.eat(&["TEMP"]) || cursor.eat(&["TEMPORARY"]);
    cursor.expect(&["TABLE"])?;
    cursor.eat(&["IF", "NOT", "EXISTS"]);
    let mut table = Table::new(cursor.qualified_name()?);
    let mut parts = Cursor::new(cursor.group()?);
    while parts.peek().is_some() {
        if is_constraint(&parts) {
            constraint(&mut parts, &mut table)?;
        } else {
            column(&mut parts, &mut table)?;
        }
        if !parts.eat_mark(",") && !is_constraint(&parts) && parts.peek().is_some() {
            return Err(parts.unexpected("`,`"));
        }
    }
    options(&mut cursor, &mut table)?;
    finish(&mut table)?;
    Ok(table)
}

/// A constraint of the table begins with a word that no column can be called without quotes.
fn is_constraint(cursor: &Cursor<'_, '_>) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"]
        .iter()
        .any(|keyword| cursor.sees(&[keyword]))
}

fn options(cursor: &mut Cursor<'_, '_>, table: &mut Table) -> Result<(), String> {
    while let Some(token) = cursor.peek() {
        if cursor.eat(&["WITHOUT", "ROWID"]) {
            table.options.push("WITHOUT ROWID".to_owned());
        } else if cursor.eat(&["STRICT"]) {
            table.options.push("STRICT".to_owned());
        } else if !(token.is_mark(",") || token.is_mark(";")) {
            return Err(cursor.unexpected("an option of the table"));
        } else {
            cursor.next();
        }
    }
    Ok(())
}

fn column(cursor: &mut Cursor<'_, '_>, table: &mut Table) -> Result<(), String> {
    let name = cursor.name()?;
    let declared = declared_type(cursor)?;
    let mut column = Column::new(name, kind(declared)).nullable();
    column.declared = false;
    column.written = Written(Some(verbatim(declared)));
    let mut named = None;
    while cursor.peek().is_some_and(|next| !next.is_mark(",")) {
        if cursor.eat(&["CONSTRAINT"]) {
            named = Some(cursor.name()?);
        } else if !about_value(cursor, &mut column)? {
            column_constraint(cursor, &mut column, named.take(), table)?;
        }
    }
    adjust_default(&mut column);
    table.columns.push(column);
    Ok(())
}

/// The tokens of a type: any number of names, with up to two numbers in parentheses.
fn declared_type<'t, 'a>(cursor: &mut Cursor<'t, 'a>) -> Result<&'t [Token<'a>], String> {
    const ENDS: [&str; 11] = [
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "AS",
        "DEFERRABLE",
    ];
    let all = cursor.rest();
    let goes_on = |cursor: &Cursor<'_, '_>| {
        let named = cursor.peek().is_some_and(|token| token.name().is_some());
        let ended = ENDS.iter().any(|end| cursor.sees(&[end]));
        named && !ended && !cursor.sees(&["GENERATED", "ALWAYS"])
    };
    while goes_on(cursor) {
        cursor.next();
    }
    if cursor.rest().len() < all.len() && cursor.sees_mark("(") {
        cursor.group()?;
    }
    Ok(all.get(..all.len() - cursor.rest().len()).unwrap_or_default())
}

/// Reads what a column's definition says about its values, if that comes next.
fn about_value(cursor: &mut Cursor<'_, '_>, column: &mut Column) -> Result<bool, String> {
    if cursor.eat(&["NOT", "NULL"]) {
        column.nullable = false;
        column.clause = on_conflict(cursor)?;
    } else if cursor.eat(&["NULL"]) {
        on_conflict(cursor)?;
    } else if cursor.eat(&["DEFAULT"]) {
        column.default = default_clause(cursor)?;
    } else if cursor.eat(&["COLLATE"]) {
        // BINARY is what a column has that says nothing.
        let name = collation(&cursor.name()?);
        column.collation = (name != "BINARY").then_some(name);
    } else if cursor.eat(&["GENERATED", "ALWAYS", "AS"]) || cursor.eat(&["AS"]) {
        let expression = spelling(cursor.group()?);
        let stored = cursor.eat(&["STORED"]);
        let _ = stored || cursor.eat(&["VIRTUAL"]);
        column.generated = Some(Generated { expression, stored });
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn default_clause(cursor: &mut Cursor<'_, '_>) -> Result<Option<DefaultValue>, String> {
    if cursor.sees_mark("(") {
        return Ok(default(cursor.group()?));
    }
    let value = cursor.rest();
    if cursor.eat_mark("-") || cursor.eat_mark("+") {
        cursor.next();
        return Ok(default(value.get(..2).unwrap_or_default()));
    }
    let token = cursor.next().ok_or_else(|| cursor.unexpected("a default"))?;
    Ok(default_word(token))
}

fn column_constraint(
    cursor: &mut Cursor<'_, '_>,
    column: &mut Column,
    name: Option<String>,
    table: &mut Table,
) -> Result<(), String> {
    let columns = vec![column.name.clone()];
    if cursor.eat(&["PRIMARY", "KEY"]) {
        // Only here `DESC` keeps an integer from being a name of the rowid.
        let descending = cursor.eat(&["DESC"]);
        let _ = descending || cursor.eat(&["ASC"]);
        let order = if descending { "DESC" } else { "" };
        let clause = join([order, &on_conflict(cursor)?]);
        if cursor.eat(&["AUTOINCREMENT"]) {
            column.identity = Identity::Automatic;
        }
        set_key(table, PrimaryKey { name, columns, clause })
    } else if cursor.eat(&["UNIQUE"]) {
        let clause = on_conflict(cursor)?;
        table.uniques.push(Unique { columns, name, clause });
        Ok(())
    } else if cursor.eat(&["CHECK"]) {
        table.checks.push(Check { expression: spelling(cursor.group()?), name });
        on_conflict(cursor).map(drop)
    } else if cursor.sees(&["REFERENCES"]) {
        table.foreign_keys.push(references(cursor, columns, name)?);
        Ok(())
    } else if let Some(deferrable) = deferrable(cursor) {
        // SQLite gives it to the last foreign key, and overlooks it where there is none.
        if let Some(key) = table.foreign_keys.last_mut() {
            defer(key, &deferrable);
        }
        Ok(())
    } else {
        Err(cursor.unexpected("a constraint"))
    }
}

fn constraint(cursor: &mut Cursor<'_, '_>, table: &mut Table) -> Result<(), String> {
    let name = if cursor.eat(&["CONSTRAINT"]) { Some(cursor.name()?) } else { None };
    if cursor.eat(&["PRIMARY", "KEY"]) {
        let list = cursor.group()?;
        let (list, automatic) = match list {
            [list @ .., last] if last.is("AUTOINCREMENT") => (list, true),
            list => (list, false),
        };
        let (columns, listed) = key_columns(list)?;
        if let ([only], true) = (columns.as_slice(), automatic) {
            let found =
                table.columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(only));
            found.ok_or_else(|| format!("no column `{only}`"))?.identity = Identity::Automatic;
        }
        set_key(table, PrimaryKey { name, columns, clause: join([&listed, &on_conflict(cursor)?]) })
    } else if cursor.eat(&["UNIQUE"]) {
        let (columns, listed) = key_columns(cursor.group()?)?;
        let clause = join([&listed, &on_conflict(cursor)?]);
        table.uniques.push(Unique { columns, name, clause });
        Ok(())
    } else if cursor.eat(&["CHECK"]) {
        table.checks.push(Check { expression: spelling(cursor.group()?), name });
        // SQLite reads it and does nothing with it.
        on_conflict(cursor).map(drop)
    } else if cursor.eat(&["FOREIGN", "KEY"]) {
        let (columns, _) = key_columns(cursor.group()?)?;
        table.foreign_keys.push(references(cursor, columns, name)?);
        Ok(())
    } else if name.is_some() {
        // A name without a constraint is a constraint to SQLite, and does nothing.
        Ok(())
    } else {
        Err(cursor.unexpected("a constraint"))
    }
}

fn set_key(table: &mut Table, key: PrimaryKey) -> Result<(), String> {
    match table.primary_key.replace(key) {
        None => Ok(()),
        Some(_) => Err("a second primary key".to_owned()),
    }
}

/// The `ON CONFLICT` that may follow; `ABORT` is what happens anyway.
fn on_conflict(cursor: &mut Cursor<'_, '_>) -> Result<String, String> {
    if !cursor.eat(&["ON", "CONFLICT"]) {
        return Ok(String::new());
    }
    let action = cursor.name()?.to_ascii_uppercase();
    Ok(if action == "ABORT" { String::new() } else { format!("ON CONFLICT {action}") })
}

/// Gives the columns that keys name the spelling of their definitions, and says what the primary key means for them.
fn finish(table: &mut Table) -> Result<(), String> {
    let names: Vec<_> = table.columns.iter().map(|column| column.name.clone()).collect();
    let keys = table.primary_key.iter_mut().flat_map(|key| &mut key.columns);
    let uniques = table.uniques.iter_mut().flat_map(|unique| &mut unique.columns);
    let foreign = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    for named in keys.chain(uniques).chain(foreign) {
        let found = names.iter().find(|name| name.eq_ignore_ascii_case(named));
        found.ok_or_else(|| format!("no column `{named}`"))?.clone_into(named);
    }
    drop_repeated(&mut table.uniques);
    let alias = alias(table).map(|column| column.name.clone());
    let Some(key) = &mut table.primary_key else { return Ok(()) };
    if alias.is_some() && clause::lists_columns(&key.clause) {
        // The order of a rowid is its own.
        key.clause =
            key.clause.split_once(')').map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default();
    }
    // Only by an old mistake of SQLite's that cannot be fixed any more.
    let takes_null = alias.is_none() && table.options.is_empty();
    for column in table.columns.iter_mut().filter(|column| key.columns.contains(&column.name)) {
        column.nullable &= takes_null;
        if column.identity.is_none() && alias.as_ref() == Some(&column.name) {
            column.identity = Identity::Rowid;
        }
    }
    Ok(())
}

/// SQLite makes one index of constraints that say the same.
fn drop_repeated(uniques: &mut Vec<Unique>) {
    let mut known = BTreeSet::new();
    uniques.retain(|unique| known.insert((unique.columns.clone(), unique.clause.clone())));
}

/// The column that is a name of the rowid.
pub(super) fn alias(table: &Table) -> Option<&Column> {
    let key = table.primary_key.as_ref()?;
    let [only] = key.columns.as_slice() else { return None };
    let rowid = !table.options.iter().any(|option| option == "WITHOUT ROWID");
    let column = table.find(only)?;
    let integer = match &column.written.0 {
        Some(written) => written.eq_ignore_ascii_case("integer"),
        None => column.kind.looks_like(&Type::Integer, sea_orm::DbBackend::Sqlite),
    };
    (rowid && integer && !clause::is_descending(&key.clause)).then_some(column)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_table_is_refused_with_a_reason() {
        for (sql, reason) in [
            ("CREATE VIEW v AS SELECT 1", "expected TABLE at `VIEW`"),
            ("CREATE TABLE t", "expected `(` at the end"),
            ("CREATE TABLE t (a", "a parenthesis is not closed"),
            ("CREATE TABLE t (a 'open)", "a quote is not closed: `'open)`"),
            ("CREATE TABLE t (a PRIMARY KEY, b PRIMARY KEY)", "a second primary key"),
            ("CREATE TABLE t (a, UNIQUE (b))", "no column `b`"),
            ("CREATE TABLE t (a FROBNICATE NOT)", "expected a constraint at `NOT`"),
            ("CREATE TABLE t (a) WITH WINGS", "expected an option of the table at `WITH`"),
        ] {
            assert_eq!(table(sql).unwrap_err(), reason, "{sql}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(
            words in prop::collection::vec("[a-zA-Z(),'\"\\[\\]`.;+-]{1,5}|[A-Z]{2,9}|PRIMARY KEY|DEFAULT|REFERENCES", 0..20),
        ) {
            let text = words.join(" ");
            drop(table(&text));
            drop(table(&format!("CREATE TABLE t ({text}")));
            drop(table(&format!("CREATE TABLE t ({text})")));
            drop(crate::sqlite::index::index(&format!("CREATE INDEX i ON t ({text}) {text}")));
        }
    }
}
