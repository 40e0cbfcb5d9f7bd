//! Cuts a text into statements; those inside of a trigger are a part of it.

use super::{
    cursor::Cursor,
    token::{Token, tokens},
};

/// The statements of a text, without the semicolons between them, and without the comments there. The error says what is wrong.
pub(crate) fn statements(sql: &str) -> Result<Vec<&str>, String> {
    let tokens = tokens(sql)?;
    let mut found = Vec::new();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let (statement, after) = rest.split_at(length(rest));
        if let (Some(first), Some(last)) = (statement.first(), statement.last()) {
            found.extend(sql.get(first.start()..last.end()));
        }
        rest = after.split_first().map_or(after, |(_, after)| after);
    }
    Ok(found)
}

/// The word that a statement begins with, in capitals.
pub(crate) fn first_word(statement: &str) -> String {
    let tokens = tokens(statement).unwrap_or_default();
    tokens.first().map(|token| token.text.to_ascii_uppercase()).unwrap_or_default()
}

/// How many tokens the first statement has.
fn length(tokens: &[Token<'_>]) -> usize {
    let trigger = is_trigger(tokens);
    // In a trigger: whether its body has begun, and how many CASE are open in it.
    let (mut body, mut cases) = (false, 0_usize);
    for (place, token) in tokens.iter().enumerate() {
        if token.is_mark(";") && !body {
            return place;
        }
        if trigger && token.is("BEGIN") {
            body = true;
        } else if token.is("CASE") {
            cases += 1;
        } else if token.is("END") && cases > 0 {
            cases -= 1;
        } else if token.is("END") {
            body = false;
        }
    }
    tokens.len()
}

fn is_trigger(tokens: &[Token<'_>]) -> bool {
    let mut cursor = Cursor::new(tokens);
    cursor.eat(&["CREATE"]) && {
        let _ = cursor.eat(&["TEMP"]) || cursor.eat(&["TEMPORARY"]);
        cursor.eat(&["TRIGGER"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_statements_and_not_inside_of_them() {
        let trigger = "CREATE TEMP TRIGGER r AFTER INSERT ON t WHEN CASE new.a WHEN 1 THEN 0 END BEGIN\n\
            UPDATE t SET a = CASE a WHEN 1 THEN 2 END; SELECT ';';\nEND";
        let sql =
            format!("/* a; */ BEGIN;;{trigger};\nCREATE TABLE \"x;y\" (a) -- no; end\n;commit");
        let expected = ["BEGIN", trigger, "CREATE TABLE \"x;y\" (a)", "commit"];
        let found: Vec<&str> = statements(&sql).unwrap();
        assert_eq!(found, expected);
        assert_eq!(first_word("attach 'x'"), "ATTACH");
        assert!(statements("SELECT 'open").is_err() && statements(" ; ").unwrap().is_empty());
    }
}
