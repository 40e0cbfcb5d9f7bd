//! One entry more or less in a list of migrations. Every other byte stays, except for the blanks of a list that no longer
//! fits on its line, or does again: those are what rustfmt would make of it.

use std::ops::Range;

use super::{
    body::{Element, List, Place},
    edit::{TextEdit, indentation, line_end, line_start, newline, part, whole_lines},
};

/// The width up to which rustfmt keeps a list on one line by default.
const WIDTH: usize = 60;

/// An entry that is put in.
pub(super) struct NewEntry<'a> {
    /// The expression.
    pub text: &'a str,
    /// What comes after its comma, on the same line.
    pub comment: &'a str,
    /// The statement that pushes it, where it was in one before.
    pub statement: Option<&'a str>,
}

/// What is between the brackets.
struct Vector<'a> {
    inner: Range<usize>,
    entries: Vec<&'a Element>,
}

impl<'a> Vector<'a> {
    fn of(list: &'a List) -> Option<Self> {
        let inner = list.brackets.clone()?;
        let entries = list.elements.iter().filter(|element| element.statement.is_none());
        Some(Self { inner, entries: entries.collect() })
    }
}

/// Puts an entry after the last one.
pub(super) fn insert(source: &str, list: &List, new: &NewEntry<'_>) -> Option<Vec<TextEdit>> {
    match (&list.place, Vector::of(list)) {
        (Place::Brackets, Some(vector)) => Some(insert_between(source, &vector, new)),
        (Place::Brackets, None) => None,
        (Place::Nothing(range), _) => {
            let vector = Vector { inner: range.clone(), entries: Vec::new() };
            let whole = Layout::of(source, &vector);
            let text = match width(&[new.text]) <= WIDTH {
                true => new.text.to_owned(),
                false => whole.rewrite(&[new.text]).text,
            };
            Some(vec![TextEdit { at: range.clone(), text: format!("vec![{text}]") }])
        }
        (Place::Push { list, after }, _) => {
            // An attribute cannot stand before an argument.
            if new.statement.is_none() && new.text.starts_with('#') {
                return None;
            }
            let statement = match new.statement {
                Some(statement) => statement.to_owned(),
                None => format!("{list}.push({});", new.text),
            };
            let line = format!("{}{}", newline(source), indentation(source, *after));
            let comment = new.comment;
            Some(vec![TextEdit::insert(
                line_end(source, *after),
                format!("{line}{statement}{comment}"),
            )])
        }
    }
}

fn insert_between(source: &str, vector: &Vector<'_>, new: &NewEntry<'_>) -> Vec<TextEdit> {
    let NewEntry { text: entry, comment, .. } = *new;
    let layout = Layout::of(source, vector);
    let Some(before) = vector.entries.last() else {
        return vec![layout.first(entry, comment)];
    };
    if !layout.lines {
        let mut texts = layout.texts();
        texts.push(entry);
        if !layout.comments && width(&texts) > WIDTH {
            return vec![layout.rewrite(&texts)];
        }
        return vec![TextEdit::insert(before.range.end, format!(", {entry}"))];
    }
    let line = format!("{}{}{entry}", layout.newline, layout.indentation);
    match before.comma {
        Some(comma) => {
            vec![TextEdit::insert(line_end(source, comma), format!("{line},{comment}"))]
        }
        None => vec![
            TextEdit::insert(before.range.end, ","),
            TextEdit::insert(line_end(source, before.range.end), line + comment),
        ],
    }
}

/// Takes an entry out, with the comment on its line.
pub(super) fn remove(source: &str, list: &List, place: usize) -> Option<Vec<TextEdit>> {
    let entry = list.elements.get(place)?;
    if let Some(statement) = &entry.statement {
        let lines = whole_lines(source, statement.clone()).unwrap_or_else(|| statement.clone());
        return Some(vec![TextEdit::remove(lines)]);
    }
    Vector::of(list).map(|vector| remove_between(source, &vector, (place, entry)))
}

fn remove_between(
    source: &str,
    vector: &Vector<'_>,
    (place, entry): (usize, &Element),
) -> Vec<TextEdit> {
    let layout = Layout::of(source, vector);
    let mut texts = layout.texts();
    texts.remove(place);
    if layout.lines && !layout.comments && texts.len() < 2 && width(&texts) <= WIDTH {
        return vec![TextEdit { at: vector.inner.clone(), text: texts.concat() }];
    }
    let before = place.checked_sub(1).and_then(|before| vector.entries.get(before));
    let end = entry.comma.unwrap_or(entry.range.end);
    if !layout.lines {
        let next = vector.entries.get(place + 1);
        return vec![TextEdit::remove(match (before, next) {
            (_, Some(next)) => entry.range.start..next.range.start,
            (Some(before), None) => before.range.end..entry.range.end,
            (None, None) => entry.range.start..end,
        })];
    }
    // The comma before it was added with it.
    let comma = match (before, entry.comma) {
        (Some(before), None) => before.comma.map(|comma| TextEdit::remove(comma - 1..comma)),
        _ => None,
    };
    let lines = match (whole_lines(source, entry.range.start..end), &comma) {
        (Some(lines), _) => TextEdit::remove(lines),
        // `a,\n b]`
        (None, Some(comma)) if part(source, comma.at.end..entry.range.start).trim().is_empty() => {
            return vec![TextEdit::remove(comma.at.start..entry.range.end)];
        }
        (None, _) => TextEdit::remove(entry.range.start..end),
    };
    comma.into_iter().chain([lines]).collect()
}

/// The comment after an entry on its line, with the blanks before it.
pub(super) fn comment<'a>(source: &'a str, list: &List, entry: &Element) -> &'a str {
    let whole = entry.statement.as_ref().map(|statement| statement.end);
    let start = whole.or(entry.comma).unwrap_or(entry.range.end);
    let end = line_end(source, start);
    let end = match (&list.brackets, whole) {
        (Some(inner), None) => end.min(inner.end),
        _ => end,
    };
    part(source, start..end).trim_end()
}

fn width(texts: &[&str]) -> usize {
    let between = texts.len().saturating_sub(1) * 2;
    texts.iter().map(|text| text.chars().count()).sum::<usize>() + between
}

/// How a list is written.
struct Layout<'a> {
    source: &'a str,
    vector: &'a Vector<'a>,
    /// Whether it has more than one line.
    lines: bool,
    comments: bool,
    newline: &'static str,
    /// Of the line that the list begins on.
    base: &'a str,
    /// Of an entry.
    indentation: String,
}

impl<'a> Layout<'a> {
    fn of(source: &'a str, vector: &'a Vector<'a>) -> Self {
        let base = indentation(source, vector.inner.start);
        let step = if base.contains('\t') { "\t" } else { "    " };
        let own_line = vector.entries.iter().rev().map(|entry| {
            let start = line_start(source, entry.range.start);
            part(source, start..entry.range.start)
        });
        let own_line = own_line.into_iter().find(|before| before.trim().is_empty());
        let lines = part(source, vector.inner.clone()).contains('\n');
        let mut done = vector.inner.start;
        let mut comments = false;
        for entry in &vector.entries {
            comments |= part(source, done..entry.range.start).contains('/');
            done = entry.range.end;
        }
        comments |= part(source, done..vector.inner.end).contains('/');
        let indentation = match own_line {
            Some(blanks) if lines => blanks.to_owned(),
            _ => format!("{base}{step}"),
        };
        Self { source, vector, lines, comments, newline: newline(source), base, indentation }
    }

    fn texts(&self) -> Vec<&'a str> {
        self.vector.entries.iter().map(|entry| part(self.source, entry.range.clone())).collect()
    }

    /// The whole list, one entry a line.
    fn rewrite(&self, texts: &[&str]) -> TextEdit {
        let (newline, indentation) = (self.newline, &self.indentation);
        let lines = texts.iter().map(|text| format!("{newline}{indentation}{text},"));
        let text = lines.collect::<String>() + newline + self.base;
        TextEdit { at: self.vector.inner.clone(), text }
    }

    /// The first entry of an empty list, after the comments in it.
    fn first(&self, entry: &str, comment: &str) -> TextEdit {
        let inner = &self.vector.inner;
        let (newline, indentation) = (self.newline, &self.indentation);
        let end = inner.start + part(self.source, inner.clone()).trim_end().len();
        match (self.lines, self.comments) {
            (true, _) => TextEdit::insert(end, format!("{newline}{indentation}{entry},{comment}")),
            (false, true) => TextEdit::insert(end, format!(" {entry}")),
            (false, false) if width(&[entry]) <= WIDTH => {
                TextEdit { at: inner.clone(), text: entry.to_owned() }
            }
            (false, false) => self.rewrite(&[entry]),
        }
    }
}
