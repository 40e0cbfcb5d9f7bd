//! The texts of a record for each column, the best first.

use std::borrow::Cow;

use super::{cells::Cells, columns::COLUMNS};

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
        let members = members.filter_map(|((name, _), texts)| Some((*name, texts.first()?)));
        let object: serde_json::Map<String, serde_json::Value> =
            members.map(|(name, text)| (name.to_owned(), text.as_str().into())).collect();
        serde_json::Value::Object(object).to_string().into_bytes()
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
