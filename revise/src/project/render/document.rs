//! What stands above a migration: what it does, what it follows, and where a person has to decide.

use super::{RevisionFile, literal::needs_escape};

/// Where the operations come from.
pub(super) const GENERATED: &str = "Generated from the entities: read it before you apply it.";

const WIDTH: usize = 100;

/// The `//!` lines of a file.
pub(super) fn head(draft: &RevisionFile<'_>) -> String {
    let place = match draft.after {
        Some(before) => format!("Follows `{before}`."),
        None => "The first revision.".to_owned(),
    };
    let origin =
        if draft.up.is_empty() && draft.down.is_empty() { "Written by hand." } else { GENERATED };
    let mut paragraphs = vec![sentence(draft.message), format!("{place} {origin}")];
    paragraphs.extend(draft.notes.iter().map(|note| format!("Note: {note}")));
    let paragraphs = paragraphs.iter().map(|paragraph| wrap(paragraph)).collect::<Vec<_>>();
    paragraphs.join("//!\n")
}

/// A message with a capital at its start and a full stop at its end.
fn sentence(message: &str) -> String {
    let message = clean(message);
    let mut characters = message.chars();
    let Some(first) = characters.next() else {
        return "A revision.".to_owned();
    };
    // Otherwise the rest of the paragraph would belong to a list or a heading.
    let escape = if starts_block(&message) && first.is_ascii_punctuation() { "\\" } else { "" };
    let stop = if message.ends_with(['.', '!', '?', '…', ':']) { "" } else { "." };
    format!("{escape}{}{}{stop}", first.to_uppercase(), characters.as_str())
}

/// One line without what a comment cannot hold.
fn clean(text: &str) -> String {
    let visible =
        text.chars().map(|character| if needs_escape(character) { ' ' } else { character });
    let visible = visible.collect::<String>();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a paragraph, each with its `//!`.
fn wrap(paragraph: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("//!");
    let mut length = line.len();
    for word in clean(paragraph).split(' ') {
        let word_length = word.chars().count();
        if length > 3 && length + 1 + word_length > WIDTH && !starts_block(word) {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("//!");
            length = line.len();
        }
        line.push(' ');
        line.push_str(word);
        length += 1 + word_length;
    }
    lines.push_str(&line);
    lines.push('\n');
    lines
}

/// Whether Markdown reads more than a word in it at the start of a line.
fn starts_block(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    let number = word.trim_end_matches(['.', ')']);
    word.starts_with(['#', '>', '|', '`', '~', '='])
        || word.chars().all(|character| matches!(character, '-' | '+' | '*' | '_'))
        || (number != word
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_sentences() {
        let cases = [
            ("add page_count to books", "Add page_count to books."),
            ("Add it. ", "Add it."),
            ("why?", "Why?"),
            ("über\r\n  alles\t\u{202e}x", "Über alles x."),
            ("ßa", "SSa."),
            ("  ", "A revision."),
            ("# title", "\\# title."),
            ("- a", "\\- a."),
            ("2 tables", "2 tables."),
        ];
        for (given, expected) in cases {
            assert_eq!(sentence(given), expected);
        }
    }

    #[test]
    fn long_paragraphs_are_wrapped_and_no_line_becomes_a_list() {
        let words = "word ".repeat(19);
        let text = wrap(&format!("{words}- {words}1. {}", "x".repeat(120)));
        let lines = text.lines().collect::<Vec<_>>();
        assert_eq!(lines.len(), 3, "{text}");
        for line in lines {
            let inner = line.strip_prefix("//! ").unwrap();
            assert!(!starts_block(inner), "{text}");
        }
    }
}
