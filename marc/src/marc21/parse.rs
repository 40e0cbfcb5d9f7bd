//! A record from its bytes. Where the directory is wrong, but as long as there are fields, these are taken in their order.

use super::{ENTRY, FIELD_END, LEADER, RECORD_END, encoding, reader::looks_like_leader};
use crate::{MarcRecord, Reason, Warning};

/// Where a field stands: its tag, and its bytes without the terminator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) tag: [u8; 3],
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The places of all fields.
pub(super) struct Directory {
    places: Vec<Place>,
}

/// The number that a run of ASCII digits is.
pub(super) fn number(digits: &[u8]) -> Option<usize> {
    digits.iter().try_fold(0_usize, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
    })
}

impl Directory {
    /// The directory as it stands, if every entry of it points to a field with its terminator.
    pub(super) fn exact(record: &[u8]) -> Option<Self> {
        let base = number(record.get(12..17)?)?;
        let entries = record.get(LEADER..base.checked_sub(1)?)?;
        if record.get(base - 1) != Some(&FIELD_END) || entries.len() % ENTRY != 0 {
            return None;
        }
        let mut places = Vec::with_capacity(entries.len() / ENTRY);
        let mut sum = 0;
        for entry in entries.as_chunks::<ENTRY>().0 {
            let &[t, a, g, ref positions @ ..] = entry;
            let (length, position) = positions.split_at_checked(4)?;
            let (length, start) = (number(length)?, base + number(position)?);
            let end = (start + length).checked_sub(1)?;
            if record.get(end) != Some(&FIELD_END) || end < start {
                return None;
            }
            sum += length;
            places.push(Place { tag: tag([t, a, g])?, start, end });
        }
        // Fields that overlap would make more text than the record has.
        (sum <= record.len() - base).then_some(Self { places })
    }

    /// The tags of the directory with the fields in the order of their positions, if there are as many.
    fn in_order(record: &[u8]) -> Option<Self> {
        let rest = record.get(LEADER..)?;
        let length = memchr::memchr(FIELD_END, rest)?;
        let (entries, odd) = rest.get(..length)?.as_chunks::<ENTRY>();
        if !odd.is_empty() {
            return None;
        }
        let mut tags = Vec::with_capacity(entries.len());
        for &[t, a, g, ref positions @ ..] in entries {
            tags.push((number(positions.get(4..)?), tag([t, a, g])?));
        }
        let mut starts: Vec<_> = tags.iter().map(|(start, _)| *start).collect();
        starts.sort_unstable();
        starts.dedup();
        if starts.len() == tags.len() && !starts.contains(&None) {
            tags.sort_by_key(|(start, _)| *start);
        }
        let mut start = LEADER + length + 1;
        let fields = record.get(start..)?;
        let fields = fields.strip_suffix(&[RECORD_END]).unwrap_or(fields);
        let fields = fields.strip_suffix(&[FIELD_END]).unwrap_or(fields);
        let mut places = Vec::with_capacity(tags.len());
        let mut tags = tags.into_iter();
        for field in fields.split(|byte| *byte == FIELD_END) {
            let (_, tag) = tags.next()?;
            places.push(Place { tag, start, end: start + field.len() });
            start += field.len() + 1;
        }
        tags.next().is_none().then_some(Self { places })
    }

    /// The position after the last field and its terminator.
    pub(super) fn end(&self) -> usize {
        self.places.iter().map(|place| place.end + 1).max().unwrap_or_default()
    }
}

fn tag(bytes: [u8; 3]) -> Option<[u8; 3]> {
    bytes.iter().all(u8::is_ascii_alphanumeric).then_some(bytes)
}

/// The record that the bytes are, its terminator included.
pub(super) fn record(bytes: &[u8], warnings: &mut Vec<Warning>) -> Result<MarcRecord, Reason> {
    let leader = bytes.get(..LEADER).ok_or(Reason::Leader)?;
    let directory = match Directory::exact(bytes) {
        Some(directory) => directory,
        None => {
            let broken = if looks_like_leader(bytes) { Reason::Directory } else { Reason::Leader };
            let directory = Directory::in_order(bytes).ok_or(broken)?;
            warnings.push(Warning::Directory);
            directory
        }
    };
    let record = encoding::decode(leader, bytes, &directory.places, warnings);
    let lacking =
        record.fields().filter(|field| !field.is_control() && !field.value().contains('\u{1F}'));
    warnings.extend(
        lacking.map(|field| Warning::Field { field: field.tag().to_owned(), lacks: "subfields" }),
    );
    Ok(record)
}
