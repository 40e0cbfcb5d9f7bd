//! What `REFERENCES` names in the text of a table.

use super::token::tokens;
use crate::schema::quote;

/// The text of a table, with another name for a table that its foreign keys point at; `None` for a text that cannot be read.
pub(crate) fn with_reference(sql: &str, from: &str, to: &str) -> Option<String> {
    let tokens = tokens(sql).ok()?;
    let mut changed = String::with_capacity(sql.len());
    let mut end = 0;
    for pair in tokens.windows(2) {
        let [word, name] = pair else { continue };
        let is_it = name.name().is_some_and(|name| name.eq_ignore_ascii_case(from));
        if word.is("REFERENCES") && is_it {
            changed.push_str(sql.get(end..name.start())?);
            changed.push_str(&quote(to));
            end = name.end();
        }
    }
    changed.push_str(sql.get(end..)?);
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_references_change() {
        let changed = |sql| with_reference(sql, "book", "b\"2").unwrap();
        for (sql, expected) in [
            ("a REFERENCES book (id)", "a REFERENCES \"b\"\"2\" (id)"),
            (
                "a references\n[Book] , b REFERENCES 'BOOK'",
                "a references\n\"b\"\"2\" , b REFERENCES \"b\"\"2\"",
            ),
            ("a REFERENCES /* x */ \"book\"(book)", "a REFERENCES /* x */ \"b\"\"2\"(book)"),
            (
                "book CHECK (book <> 'REFERENCES book') -- REFERENCES book",
                "book CHECK (book <> 'REFERENCES book') -- REFERENCES book",
            ),
            ("a REFERENCES books, \"REFERENCES\" book", "a REFERENCES books, \"REFERENCES\" book"),
        ] {
            assert_eq!(changed(sql), expected);
        }
        assert_eq!(with_reference("a REFERENCES 'book", "book", "b"), None);
    }
}
