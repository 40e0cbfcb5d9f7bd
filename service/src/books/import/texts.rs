//! The texts of a record for each column, the best first.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    cells::Cells,
    columns::{COLUMNS, SUBJECTS},
};

/// For each of [`COLUMNS`] what a record says of it.
pub(super) struct Texts(pub [Vec<String>; COLUMNS.len()]);

impl Texts {
    /// Of which columns it says something.
    pub fn present(&self) -> [bool; COLUMNS.len()] {
        self.0.each_ref().map(|texts| !texts.is_empty())
    }

    /// As a JSON object, in which it can be corrected and imported again.
    pub fn object(&self) -> Vec<u8> {
        let members = COLUMNS.iter().zip(&self.0);
        let members = members.enumerate().filter_map(|(column, ((name, _), texts))| {
            let value = match column {
                SUBJECTS if !texts.is_empty() => Value::from(texts.as_slice()),
                _ => Value::from(texts.first()?.as_str()),
            };
            Some(((*name).to_owned(), value))
        });
        Value::Object(members.collect()).to_string().into_bytes()
    }
}

impl Cells for Texts {
    fn is_exact(&self) -> bool {
        false
    }

    fn of(&self, column: usize) -> impl Iterator<Item = Result<Cow<'_, str>, String>> {
        let texts = self.0.get(column).into_iter().flatten();
        texts.map(|text| Ok(Cow::Borrowed(text.as_str())))
    }
}
