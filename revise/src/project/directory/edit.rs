//! Insertions into a text and the lines that they touch.

use std::ops::Range;

/// A range of a text and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextEdit {
    pub(super) at: Range<usize>,
    pub(super) text: String,
}

impl TextEdit {
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { at: at..at, text: text.into() }
    }

    pub(super) fn remove(at: Range<usize>) -> Self {
        Self { at, text: String::new() }
    }
}

/// The text after the edits, which do not overlap. Of two at one place the first comes first.
pub(super) fn apply(source: &str, mut edits: Vec<TextEdit>) -> String {
    edits.sort_by_key(|edit| edit.at.start);
    let mut text = String::with_capacity(source.len());
    let mut done = 0;
    for edit in &edits {
        text.push_str(part(source, done..edit.at.start));
        text.push_str(&edit.text);
        done = edit.at.end;
    }
    text + part(source, done..source.len())
}

/// A part of a text; nothing where the range is none.
pub(super) fn part(source: &str, range: Range<usize>) -> &str {
    source.get(range).unwrap_or_default()
}

/// How the lines of a text end.
pub(super) fn newline(source: &str) -> &'static str {
    let first = source.split_inclusive('\n').next();
    if first.is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" }
}

/// Where the line of a position begins.
pub(super) fn line_start(source: &str, position: usize) -> usize {
    part(source, 0..position).rfind('\n').map_or(0, |newline| newline + 1)
}

/// The blanks at the beginning of a position's line.
pub(super) fn indentation(source: &str, position: usize) -> &str {
    let line = part(source, line_start(source, position)..source.len());
    let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..blanks).unwrap_or_default()
}

/// Where something that belongs after a position goes: after a comment on the same line; at the position itself where
/// more than a comment follows.
pub(super) fn line_end(source: &str, position: usize) -> usize {
    let rest = part(source, position..source.len());
    let line = rest.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let content = line.trim();
    let only_comment = content.is_empty()
        || content.starts_with("//")
        || (content.starts_with("/*")
            && content.find("*/").is_some_and(|end| end + 2 == content.len()));
    if only_comment { position + line.len() } else { position }
}

/// The lines of a range with their ends, where nothing but a comment after it is on them.
pub(super) fn whole_lines(source: &str, range: Range<usize>) -> Option<Range<usize>> {
    let start = line_start(source, range.start);
    let end = line_end(source, range.end);
    let after = part(source, end..source.len());
    let newline = ["\r\n", "\n"].into_iter().find(|newline| after.starts_with(newline));
    if !part(source, start..range.start).trim().is_empty() {
        return None;
    }
    match newline {
        Some(newline) => Some(start..end + newline.len()),
        // The last line has no end of its own, so it takes the one before.
        None if after.is_empty() => Some(without_newline(part(source, 0..start)).len()..end),
        None => None,
    }
}

/// Takes lines out, and one of two blank lines that would then follow each other or end the file.
pub(super) fn remove_lines(source: &str, lines: Range<usize>) -> TextEdit {
    let before = part(source, 0..lines.start);
    let after = part(source, lines.end..source.len());
    let blank_before = before.is_empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n");
    let blank_after = ["\r\n", "\n"].into_iter().find(|newline| after.starts_with(newline));
    let newline_after = source.ends_with('\n');
    match blank_after {
        Some(newline) if blank_before => TextEdit::remove(lines.start..lines.end + newline.len()),
        None if after.is_empty() && (blank_before || !newline_after) => {
            TextEdit::remove(without_newline(before).len()..lines.end)
        }
        _ => TextEdit::remove(lines),
    }
}

fn without_newline(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_line_is_after_its_comment() {
        for (source, expected) in [
            ("a, // x\nb", 7),
            ("a, // x\r\nb", 7),
            ("a,  \nb", 4),
            ("a, /* x */\n", 10),
            ("a, /* x */ b\n", 2),
            ("a, b\n", 2),
            ("a, /* x\n */", 2),
            ("a,", 2),
        ] {
            assert_eq!(line_end(source, 2), expected, "{source:?}");
        }
    }

    #[test]
    fn edits_apply_in_their_order() {
        let edits =
            vec![TextEdit::insert(3, "x"), TextEdit::remove(0..1), TextEdit::insert(3, "y")];
        assert_eq!(apply("abc", edits), "bcxy");
    }
}
