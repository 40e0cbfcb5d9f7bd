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
            places.push(Place { tag: [t, a, g], start, end });
        }
        // Fields that overlap would make more text than the record has.
        (sum <= record.len() - base).then_some(Self { places })
    }

    /// The tags of the directory with the fields in the order of their positions, if there are as many.
    fn in_order(record: &[u8]) -> Option<Self> {
        let length = memchr::memchr(FIELD_END, record.get(LEADER..)?)?;
        let (before, fields) = record.split_at_checked(LEADER + length)?;
        let fields = fields.get(1..)?;
        let fields = fields.strip_suffix(&[RECORD_END]).unwrap_or(fields);
        let fields = fields.strip_suffix(&[FIELD_END]).unwrap_or(fields);
        let lengths: Vec<_> = fields.split(|byte| *byte == FIELD_END).map(<[u8]>::len).collect();
        let tags = tags_by_count(before, &lengths).or_else(|| tags_by_length(before, &lengths))?;
        let mut start = before.len() + 1;
        let places = tags.into_iter().zip(lengths).map(|(tag, length)| {
            let place = Place { tag, start, end: start + length };
            start += length + 1;
            place
        });
        Some(Self { places: places.collect() })
    }

    /// The position after the last field and its terminator.
    pub(super) fn end(&self) -> usize {
        self.places.iter().map(|place| place.end + 1).max().unwrap_or_default()
    }
}

/// The tags of a directory with as many entries as there are fields. Where a byte of the leader is missing, or one too many, the
/// directory starts elsewhere.
fn tags_by_count(before: &[u8], lengths: &[usize]) -> Option<Vec<[u8; 3]>> {
    let start = before.len().checked_sub(lengths.len() * ENTRY)?;
    let entries = before.get(start..)?.as_chunks::<ENTRY>().0;
    if start != LEADER && !(start.abs_diff(LEADER) < 4 && describe(entries, lengths)) {
        return None;
    }
    let mut tags = Vec::with_capacity(entries.len());
    for &[t, a, g, ref positions @ ..] in entries {
        tags.push((number(positions.get(4..)?), [t, a, g]));
    }
    // The order of the entries is that of the fields, unless their positions say so more often.
    let mut sorted = tags.clone();
    sorted.sort_by_key(|(position, _)| position.unwrap_or(usize::MAX));
    let fitting = |tags: &[(Option<usize>, [u8; 3])]| {
        let mut position = 0;
        let fields = tags.iter().zip(lengths).filter(|((start, _), length)| {
            let fits = *start == Some(position);
            position += **length + 1;
            fits
        });
        fields.count()
    };
    let tags = if fitting(&sorted) > fitting(&tags) { sorted } else { tags };
    Some(tags.into_iter().map(|(_, tag)| tag).collect())
}

/// Whether entries describe fields of these lengths, one after another.
fn describe(entries: &[[u8; ENTRY]], lengths: &[usize]) -> bool {
    let mut position = 0;
    entries.iter().zip(lengths).all(|(entry, length)| {
        let expected = format!("{:04}{position:05}", length + 1);
        position += length + 1;
        entry.get(3..) == Some(expected.as_bytes())
    })
}

/// The tags of a directory whose lengths and positions may have more digits than the format has room for.
fn tags_by_length(before: &[u8], lengths: &[usize]) -> Option<Vec<[u8; 3]>> {
    let mut rest = before.get(LEADER..)?;
    let mut position = 0;
    let mut tags = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (tag, after) = rest.split_first_chunk::<3>()?;
        rest = after.strip_prefix(format!("{:04}{position:05}", length + 1).as_bytes())?;
        position += length + 1;
        tags.push(*tag);
    }
    rest.is_empty().then_some(tags)
}

/// The record that the bytes are, its terminator included.
pub(super) fn record(bytes: &[u8], warnings: &mut Vec<Warning>) -> Result<MarcRecord, Reason> {
    let leader = bytes.get(..LEADER).ok_or(Reason::Leader)?;
    let mut directory = match Directory::exact(bytes) {
        Some(directory) => directory,
        None => {
            let broken = if looks_like_leader(bytes) { Reason::Directory } else { Reason::Leader };
            let directory = Directory::in_order(bytes).ok_or(broken)?;
            warnings.push(Warning::Directory);
            directory
        }
    };
    for place in &mut directory.places {
        if !place.tag.iter().all(u8::is_ascii_alphanumeric) {
            place.tag =
                place.tag.map(|byte| if byte.is_ascii_alphanumeric() { byte } else { b'?' });
            let field = String::from_utf8_lossy(&place.tag).into_owned();
            warnings.push(Warning::Field { field, lacks: "tag of letters and digits" });
        }
    }
    let record = encoding::decode(leader, bytes, &directory.places, warnings);
    let lacking =
        record.fields().filter(|field| !field.is_control() && !field.value().contains('\u{1F}'));
    warnings.extend(
        lacking.map(|field| Warning::Field { field: field.tag().to_owned(), lacks: "subfields" }),
    );
    Ok(record)
}
