//! The fields of one record, in a buffer that is reused for the next.

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

    /// Whether all fields are empty, or white space.
    pub fn is_blank(&self) -> bool {
        self.bytes.trim_ascii_start().is_empty()
    }

    /// Leaves out empty fields at the end, so that there are as many as given; false if there are not as many.
    pub(super) fn shorten(&mut self, width: usize) -> bool {
        let length = width.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        if length != Some(self.bytes.len()) {
            return false;
        }
        self.ends.truncate(width);
        true
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
