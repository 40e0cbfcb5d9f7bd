//! The list of entities in a program that a person may have edited. It is only ever added to, and every other byte stays.

use std::ops::Range;

const LIST: &str = "Entities::new()";

/// A list in a text: the entities that it names, and where more of them go.
pub(super) struct List {
    pub entities: Vec<String>,
    end: usize,
    /// What stands between two entries.
    between: String,
}

impl List {
    /// The list of a text; `None` where there is none, or more than one.
    pub fn of(text: &str) -> Option<Self> {
        let mut found = text.match_indices(LIST);
        let (start, _) = found.next().filter(|_| found.next().is_none())?;
        let mut list =
            Self { entities: Vec::new(), end: start + LIST.len(), between: String::new() };
        while let Some((gap, entity)) = entry(text, list.end) {
            list.between = text.get(list.end..gap)?.to_owned();
            list.entities.push(text.get(entity.clone())?.trim().trim_end_matches(',').to_owned());
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

/// Where the next `.add(…)` begins after a place, and what is in its parentheses.
fn entry(text: &str, place: usize) -> Option<(usize, Range<usize>)> {
    let rest = text.get(place..)?;
    let start = place + rest.len() - rest.trim_start().len();
    let inner = start + ".add(".len();
    let closing = text.get(start..)?.strip_prefix(".add(")?.find(')')?;
    Some((start, inner..inner + closing))
}
