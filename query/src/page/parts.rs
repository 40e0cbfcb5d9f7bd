//! Lists that are parts of another list.

use super::Listing;
use crate::cursor;

impl Listing {
    /// The same list, in this order if none was requested.
    pub fn or_sorted_by(&self, sort: &str) -> Self {
        let sort = self.sort.clone().or_else(|| self.q.is_none().then(|| sort.to_owned()));
        Self { sort, ..self.clone() }
    }

    /// The text of the search, and the same list without it.
    pub(crate) fn split_search(&self) -> (Option<&str>, Self) {
        (self.q.as_deref(), Self { q: None, ..self.clone() })
    }

    /// The same list, with the given number of rows.
    pub(crate) fn part(&self, limit: u64) -> Self {
        Self { limit: Some(limit.to_string()), ..self.clone() }
    }

    /// The same list from a cursor on, without counting again.
    pub(crate) fn after(&self, cursor: String) -> Self {
        Self { cursor: Some(cursor), offset: None, count: None, ..self.clone() }
    }

    /// The same list without the given number of rows after its cursor.
    pub(crate) fn skipping(&self, rows: u64) -> Self {
        Self { skipped: rows, ..self.clone() }
    }

    /// The same list up to and including the row of a cursor.
    pub(crate) fn until(&self, last: String) -> Self {
        Self { until: Some(last), ..self.clone() }
    }

    /// Whether it is the page before a row.
    pub(crate) fn leads_back(&self) -> bool {
        self.cursor.as_deref().is_some_and(cursor::leads_back)
    }
}
