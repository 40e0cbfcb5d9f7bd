//! Reads what a foreign key says: `REFERENCES` and all that may follow.

use super::key::{join, key_columns};
use crate::{
    schema::{Action, ForeignKey, TableName},
    sqlite::cursor::Cursor,
};

pub fn references(
    cursor: &mut Cursor<'_, '_>,
    columns: Vec<String>,
    name: Option<String>,
) -> Result<ForeignKey, String> {
    cursor.expect(&["REFERENCES"])?;
    let references = TableName::from(cursor.name()?);
    let referenced =
        if cursor.sees_mark("(") { key_columns(cursor.group()?)?.0 } else { Vec::new() };
    let mut key = ForeignKey { columns, referenced, name, ..ForeignKey::new([], references, []) };
    loop {
        if cursor.eat(&["ON", "DELETE"]) {
            key.on_delete = action(cursor)?;
        } else if cursor.eat(&["ON", "UPDATE"]) {
            key.on_update = action(cursor)?;
        } else if cursor.eat(&["ON", "INSERT"]) {
            key.clause = join([&key.clause, "ON INSERT", action(cursor)?.sql()]);
        } else if cursor.eat(&["MATCH"]) {
            key.clause = join([&key.clause, "MATCH", &cursor.name()?.to_ascii_uppercase()]);
        } else if let Some(deferrable) = deferrable(cursor) {
            defer(&mut key, &deferrable);
        } else {
            return Ok(key);
        }
    }
}

fn action(cursor: &mut Cursor<'_, '_>) -> Result<Action, String> {
    let actions =
        [Action::NoAction, Action::Restrict, Action::Cascade, Action::SetNull, Action::SetDefault];
    let found = actions.into_iter().find(|action| {
        let words: Vec<_> = action.sql().split(' ').collect();
        cursor.eat(&words)
    });
    found.ok_or_else(|| cursor.unexpected("an action"))
}

pub fn deferrable(cursor: &mut Cursor<'_, '_>) -> Option<String> {
    let not = cursor.eat(&["NOT", "DEFERRABLE"]);
    if !not && !cursor.eat(&["DEFERRABLE"]) {
        return None;
    }
    let initially = [["INITIALLY", "DEFERRED"], ["INITIALLY", "IMMEDIATE"]];
    let initially = initially.into_iter().find(|words| cursor.eat(words));
    let initially = initially.map(|words| words.join(" ")).unwrap_or_default();
    Some(join([if not { "NOT DEFERRABLE" } else { "DEFERRABLE" }, &initially]))
}

/// The last word about deferring counts, and a definition that is printed has room for one.
pub fn defer(key: &mut ForeignKey, deferrable: &str) {
    let earlier = ["NOT DEFERRABLE", "DEFERRABLE"].iter().find_map(|words| key.clause.find(words));
    key.clause.truncate(earlier.unwrap_or(key.clause.len()));
    key.clause = join([key.clause.trim_end(), deferrable]);
}
