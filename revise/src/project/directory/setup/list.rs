//! The list of entities in a program that a person may have edited. It is only ever added to, and every other byte stays.

use std::ops::Range;

const LIST: &str = "Entities::new()";

/// A list in a text: where more entities go.
pub(super) struct List {
    end: usize,
    /// What stands between two entries.
    between: String,
}

impl List {
    /// The list of a text; `None` where there is none, or more than one.
    pub fn of(text: &str) -> Option<Self> {
        let mut found = text.match_indices(LIST);
        let (start, _) = found.next().filter(|_| found.next().is_none())?;
        let mut list = Self { end: start + LIST.len(), between: String::new() };
        while let Some((gap, entity)) = entry(text, list.end) {
            list.between = text.get(list.end..gap)?.to_owned();
            list.end = entity.end + 1;
        }
        Some(list)
    }

    /// The text with more entities.
    pub fn extended(&self, text: &str, entities: &[&String]) -> String {
        let more = entities.iter().map(|entity| format!("{}.add({entity})", self.between));
        let (before, after) = text.split_at_checked(self.end).unwrap_or((text, ""));
        format!("{before}{}{after}", more.collect::<String>())
    }
}

/// Whether a program names an entity outside of its comments, by its path or by the end of it, as after `use entity::book`.
pub(super) fn is_named(text: &str, entity: &str) -> bool {
    let end = |path: &str, of: &str| of == path || of.ends_with(&format!("::{path}"));
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':')))
        .filter(|path| path.contains("::"))
        .any(|path| end(path, entity) || end(entity, path))
}

/// Where the next `.add(…)` begins after a place, and what is in its parentheses.
fn entry(text: &str, place: usize) -> Option<(usize, Range<usize>)> {
    let rest = text.get(place..)?;
    let start = place + rest.len() - rest.trim_start().len();
    let inner = start + ".add(".len();
    let closing = text.get(start..)?.strip_prefix(".add(")?.find(')')?;
    Some((start, inner..inner + closing))
}
