//! The header of a table: the names of its columns.

use super::{
    encoding::SAVE_AS_UTF_8,
    fields::Fields,
    record::{Broken, Record},
};
use crate::{csv_escape::without_guard, query::shortened};

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

/// Headers that a message about a table repeats, and characters of each.
const MOST_SHOWN: usize = 20;
const LONGEST_SHOWN: usize = 40;

/// The place of a header that is named as it stands in the table.
///
/// # Errors
/// When there is none, with those that there are.
pub(crate) fn place(header: &str, names: &[String]) -> Result<usize, String> {
    let header = without_guard(header.trim());
    names.iter().position(|name| name == header).ok_or_else(|| {
        let (header, headers) = (shortened(header, LONGEST_SHOWN), shown(names));
        format!("the file has no header `{header}`; its headers are {headers}")
    })
}

/// `Publication Year`, `publication-year` and `publicationYear` are `publication_year`, and `Año` is `ano`.
pub(crate) fn plain(header: &str) -> String {
    let mut words = String::with_capacity(header.len());
    for c in header.chars() {
        if c.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push('_');
        }
        words.push(c);
    }
    let lower = words.to_lowercase();
    let plain = lower.chars().filter_map(|c| match c {
        ' ' | '-' | '\u{a0}' => Some('_'),
        'à'..='å' => Some('a'),
        'ç' => Some('c'),
        'è'..='ë' => Some('e'),
        'ì'..='ï' => Some('i'),
        'ñ' => Some('n'),
        'ò'..='ö' => Some('o'),
        'ù'..='ü' => Some('u'),
        'º' | '°' => None,
        // Accents that follow their letter.
        '\u{300}'..='\u{36f}' => None,
        c => Some(c),
    });
    plain.collect()
}

/// The first headers of a table, for a message.
pub(crate) fn shown(names: &[String]) -> String {
    let first = names.iter().take(MOST_SHOWN);
    let first = first.map(|name| format!("`{}`", shortened(name, LONGEST_SHOWN)));
    let first = first.collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST_SHOWN) {
        None | Some(0) => first,
        Some(more) => format!("{first} and {more} more"),
    }
}
