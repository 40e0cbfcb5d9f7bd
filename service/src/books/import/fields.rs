//! The fields of one record, in a buffer that is reused for the next.

use super::record::{Parsed, parse};

/// The fields of a record; the buffer is reused from one record to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Fields {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at `index`, from 0; `None` when there are fewer.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start =
            index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.bytes.get(start..end)
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

/// The fields of a record that spans all of `raw`; `None` when it is more than one record, or malformed.
pub fn fields_of(raw: &[u8], delimiter: u8) -> Option<Vec<Vec<u8>>> {
    let mut fields = Fields::default();
    let parsed = parse(raw, true, (delimiter, None), &mut fields);
    let whole = parsed == Parsed::Record(raw.len());
    let fields = (0..fields.len()).filter_map(|index| fields.get(index).map(<[u8]>::to_vec));
    whole.then(|| fields.collect())
}
