//! The status of a book, which is whether it can be borrowed. How far somebody has read it is none.

use super::{Cell, text};
use crate::{books::LONGEST_STATUS, query::shortened};

/// States of reading in small letters, with spaces for hyphens. What may also be a state of a copy, such as `completed`, is not here.
const OF_READING: [&str; 29] = [
    "to read",
    "want to read",
    "plan to read",
    "tbr",
    "read",
    "already read",
    "unread",
    "not read",
    "reading",
    "currently reading",
    "did not finish",
    "dnf",
    "gelesen",
    "ungelesen",
    "nicht gelesen",
    "zu lesen",
    "am lesen",
    "lese ich gerade",
    "lu",
    "non lu",
    "pas lu",
    "à lire",
    "a lire",
    "en cours de lecture",
    "leído",
    "no leído",
    "por leer",
    "leyendo",
    "quiero leer",
];

/// The status; `Err` for a state of reading.
pub fn read(written: &str) -> Cell<String> {
    let status = text::short("status", written, LONGEST_STATUS)?;
    let plain = status.as_deref().map(|status| status.to_lowercase().replace(['-', '_'], " "));
    match plain.filter(|plain| OF_READING.contains(&plain.as_str())) {
        None => Ok(status),
        Some(_) => Err(format!(
            "status `{}` says how far somebody has read the book, not whether it can be borrowed",
            shortened(written.trim(), 30)
        )),
    }
}

/// The line of a file of our own.
pub fn exact(written: &str) -> Cell<String> {
    text::exact("status", written, LONGEST_STATUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_reading_is_no_status() {
        for written in ["to-read", "Currently Reading", "did_not_finish", "Lu", "Gelesen"] {
            assert!(read(written).unwrap_err().contains("how far somebody has read"), "{written}");
            assert_eq!(exact(written), Ok(Some(written.to_owned())));
        }
        for written in ["lent", "Reading room", "on order", "completed"] {
            assert_eq!(read(written), Ok(Some(written.to_owned())));
        }
        assert_eq!(read(" "), Ok(None));
    }
}
