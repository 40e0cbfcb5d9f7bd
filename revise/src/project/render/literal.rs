//! Texts, lists and numbers as Rust writes them.

/// A string literal on one line. Raw where quotes or backslashes would need escapes.
pub(super) fn text(text: &str) -> String {
    if text.contains(['"', '\\']) && !text.chars().any(needs_escape) {
        raw(text)
    } else {
        escaped(text)
    }
}

/// A string literal of SQL, whose lines stay lines.
pub(super) fn sql(sql: &str) -> String {
    // A blank at the end of a line would be lost in the next editor that strips them.
    let readable = |line: &str| !line.ends_with(' ') && !line.chars().any(needs_escape);
    if sql.contains('\n') && sql.split('\n').all(readable) { raw(sql) } else { text(sql) }
}

/// An array of string literals.
pub(super) fn list(texts: &[String]) -> String {
    array(texts.iter().map(|text| self::text(text)))
}

/// An array of anything.
pub(super) fn array(elements: impl Iterator<Item = String>) -> String {
    format!("[{}]", elements.collect::<Vec<_>>().join(", "))
}

/// `Some("x")` or `None`.
pub(super) fn option(text: Option<&str>) -> String {
    text.map_or_else(|| "None".to_owned(), |text| format!("Some({})", self::text(text)))
}

/// A number as a literal that is the same number again, where there is one. Fractions have none: `12.50` is not `12.5`.
pub(super) fn integer(digits: &str) -> Option<String> {
    let number: i64 = digits.parse().ok()?;
    if number.to_string() != digits {
        return None;
    }
    let short = i32::try_from(number).is_ok();
    Some(if short { digits.to_owned() } else { format!("{digits}_i64") })
}

fn raw(text: &str) -> String {
    let after_quotes =
        text.split('"').skip(1).map(|rest| rest.bytes().take_while(|byte| *byte == b'#').count());
    let hashes = match after_quotes.max() {
        None => String::new(),
        Some(run) => "#".repeat(run + 1),
    };
    // Rust knows no more of them.
    if hashes.len() > 255 {
        return escaped(text);
    }
    format!("r{hashes}\"{text}\"{hashes}")
}

fn escaped(text: &str) -> String {
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\0' => literal.push_str("\\0"),
            other if needs_escape(other) => literal.extend(other.escape_unicode()),
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

/// Invisible characters, and those that turn the direction of writing, which rustc refuses in a literal.
pub(super) fn needs_escape(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_literals_that_read_well() {
        let cases = [
            ("", r#""""#),
            ("naïve 書", r#""naïve 書""#),
            ("o'clock", r#""o'clock""#),
            ("say \"hi\"", "r#\"say \"hi\"\"#"),
            (r"a\b", r#"r"a\b""#),
            ("\"#", "r##\"\"#\"##"),
            ("\"\n", r#""\"\n""#),
            ("a\r\n\t\0", r#""a\r\n\t\0""#),
            ("\u{7f}\u{202e}\u{feff}", r#""\u{7f}\u{202e}\u{feff}""#),
            ("e\u{301}", "\"e\u{301}\""),
        ];
        for (given, expected) in cases {
            assert_eq!(text(given), expected);
            let read: syn::LitStr = syn::parse_str(expected).unwrap();
            assert_eq!(read.value(), given);
        }
    }

    #[test]
    fn sql_of_several_lines_keeps_its_lines() {
        assert_eq!(sql("SELECT 1"), r#""SELECT 1""#);
        assert_eq!(sql("SELECT 1\nFROM a"), "r\"SELECT 1\nFROM a\"");
        assert_eq!(sql("SELECT \"a\"\nFROM b\n"), "r#\"SELECT \"a\"\nFROM b\n\"#");
        assert_eq!(sql("SELECT 1 \nFROM a"), r#""SELECT 1 \nFROM a""#);
        assert_eq!(sql("a\r\nb"), r#""a\r\nb""#);
    }

    #[test]
    fn only_numbers_that_survive_become_literals() {
        let cases = [
            ("7", Some("7")),
            ("-7", Some("-7")),
            ("5000000000", Some("5000000000_i64")),
            ("-9223372036854775808", Some("-9223372036854775808_i64")),
            ("9223372036854775808", None),
            ("007", None),
            ("+7", None),
            ("-0", None),
            ("1.5", None),
            ("", None),
        ];
        for (given, expected) in cases {
            assert_eq!(integer(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn more_hashes_than_rust_knows_are_escaped() {
        let given = format!("\"{}", "#".repeat(300));
        let read: syn::LitStr = syn::parse_str(&text(&given)).unwrap();
        assert_eq!(read.value(), given);
    }
}
