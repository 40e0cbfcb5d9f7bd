//! The header of a table: the names of its columns.

use super::{
    encoding::SAVE_AS_UTF_8,
    fields::Fields,
    record::{Broken, Record},
};
use crate::csv_escape::without_guard;

/// Columns of a table. No catalogue has as many, and a name costs more memory than its bytes in the file.
pub const MOST_COLUMNS: usize = 1000;

/// The names of the columns.
///
/// # Errors
/// When there are too many, or one is no text.
pub fn names(header: &Record<'_>) -> Result<Vec<String>, String> {
    let fields = header.fields.as_ref().map_err(|broken| match broken {
        Broken::Wider { expected } => format!(
            "the header has more than {expected} columns; leave out those that are no members of a book, or choose the `delimiter` of \
             the file"
        ),
        broken => format!("the header cannot be read: {broken}"),
    })?;
    let name = |place| {
        name(fields, place).ok_or_else(|| format!("the header is not UTF-8; {SAVE_AS_UTF_8}"))
    };
    (0..fields.len()).map(name).collect()
}

/// The name of one column; `None` if it is no text.
pub(super) fn name(fields: &Fields, place: usize) -> Option<String> {
    let name = std::str::from_utf8(fields.get(place)?).ok()?;
    // The table of rejected rows has guarded headers.
    Some(without_guard(name.trim()).trim().to_owned())
}
