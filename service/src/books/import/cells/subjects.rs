//! Subjects: all that the cells of a row name, in one cell or in several.

use super::{Cells, Reader, says, text};
use crate::{
    query::{clean, shortened},
    subjects::{LONGEST, MOST, SEPARATOR},
};

impl<C: Cells> Reader<'_, C> {
    /// The subjects of a row; `None` if it has none. A name that cannot be stored is a warning, and the others are stored.
    pub(super) fn subjects(&mut self, column: usize) -> Option<Vec<String>> {
        let (cells, mut found) = (self.cells, Found::default());
        for cell in cells.of(column) {
            match cell {
                Ok(cell) if cells.is_exact() => found.exact(&cell),
                Ok(cell) => found.read(&cell),
                Err(reason) => found.warn(reason),
            }
        }
        if found.is_empty()
            && let Some(default) = self.default(column)
        {
            found.read(default);
        }
        let Found { mut names, mut warning } = found;
        if names.len() > MOST {
            let count = names.len();
            names.truncate(MOST);
            warning = Some(format!("subjects has {count} names, at most {MOST} are stored"));
        }
        if let Some(filled) = self.filled.get_mut(column) {
            *filled = warning.is_some() || !names.is_empty();
        }
        if let Some(reason) = warning {
            self.warn(column, reason);
        }
        (!names.is_empty()).then_some(names)
    }
}

/// What was found in the cells of a row.
#[derive(Default)]
struct Found {
    /// Each once.
    names: Vec<String>,
    /// Why the first name that cannot be stored is none.
    warning: Option<String>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.warning.is_none()
    }

    fn warn(&mut self, reason: String) {
        self.warning.get_or_insert(reason);
    }

    /// Names as a file of our own has them.
    fn exact(&mut self, cell: &str) {
        cell.split(SEPARATOR).for_each(|name| self.add(&clean(name)));
    }

    /// Names as others write them: each on a line, or with semicolons between them, or as a list of Python.
    fn read(&mut self, cell: &str) {
        if !says(cell) {
            return;
        }
        match listed(cell.trim()) {
            Some(names) => names.for_each(|name| self.add(text::shown(name).trim())),
            None => cell.split('\n').flat_map(text::lines).for_each(|line| {
                let line = text::shown(line);
                line.split(SEPARATOR).for_each(|name| self.add(&clean(name)));
            }),
        }
    }

    fn add(&mut self, name: &str) {
        let length = name.chars().count();
        let shown = || shortened(name, 30);
        if name.contains(char::is_control) {
            self.warn(format!("subjects `{}` has a control character", shown()));
        } else if length > LONGEST {
            self.warn(format!(
                "subjects `{}` has {length} characters, at most {LONGEST} are stored",
                shown()
            ));
        } else if length > 0 && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }
}

/// The names in `['Gardens', "Children's books"]`.
fn listed(cell: &str) -> Option<impl Iterator<Item = &str>> {
    let names = cell.strip_prefix('[')?.strip_suffix(']')?;
    let is_quote = |c: char| matches!(c, '\'' | '"');
    names.starts_with(is_quote).then(|| {
        let names = names.split("',").flat_map(|names| names.split("\","));
        names.map(move |name| name.trim().trim_matches(is_quote))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str) -> (Vec<String>, Option<String>) {
        let mut found = Found::default();
        found.read(cell);
        (found.names, found.warning)
    }

    #[test]
    fn subjects_are_read_as_others_write_them() {
        for (cell, expected) in [
            ("Gardens; Rivers;Gardens;", &["Gardens", "Rivers"][..]),
            ("Gardens, American\n Rivers ", &["Gardens, American", "Rivers"]),
            ("Gardens<br/>R&amp;D; caf\u{e9}", &["Gardens", "R&D", "caf\u{e9}"]),
            ("['Gardens', \"Children's books\", 'a, b']", &["Gardens", "Children's books", "a, b"]),
            ("[Gardens]", &["[Gardens]"]),
            ("[]", &["[]"]),
            ("", &[]),
            ("N/A", &[]),
        ] {
            assert_eq!(
                read(cell),
                (expected.iter().map(|name| (*name).to_owned()).collect(), None),
                "{cell}"
            );
        }
        let (names, warning) = read(&format!("a; {}; b", "x".repeat(201)));
        assert_eq!(names, ["a", "b"]);
        assert!(warning.is_some_and(|reason| reason.contains("has 201 characters, at most 200")));
    }
}
