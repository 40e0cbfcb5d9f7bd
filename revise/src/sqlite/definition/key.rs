//! Reads the columns of a key.

use crate::{
    schema::quote,
    sqlite::{
        cursor::{Cursor, split},
        index::collation_sql,
        token::Token,
    },
};

/// The columns of a key, and where the list says more than names, the list as it has to be repeated.
pub fn key_columns(list: &[Token<'_>]) -> Result<(Vec<String>, String), String> {
    let mut names = Vec::new();
    let mut listed = Vec::new();
    for part in split(list) {
        let mut cursor = Cursor::new(part);
        let name = cursor.name()?;
        let mut written = quote(&name);
        if cursor.eat(&["COLLATE"]) {
            written = format!("{written} COLLATE {}", collation_sql(&cursor.name()?));
        }
        if cursor.eat(&["DESC"]) {
            written.push_str(" DESC");
        } else {
            cursor.eat(&["ASC"]);
        }
        if cursor.peek().is_some() {
            return Err(cursor.unexpected("the end of a column in a key"));
        }
        names.push(name);
        listed.push(written);
    }
    let plain = listed.iter().zip(&names).all(|(listed, name)| *listed == quote(name));
    let listed = if plain { String::new() } else { format!("({})", listed.join(", ")) };
    Ok((names, listed))
}

/// What a key says beyond its columns, of parts that may be empty.
pub fn join<const N: usize>(parts: [&str; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
