//! The text of a record: its bytes decide about the encoding, and the leader where they could be several.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::parse::Place;
use crate::{
    Encoding, MarcRecord, Warning,
    marc::{DELIMITER, Span},
    marc8, unique,
};

/// The characters of Windows-1252 at 80 to 9F; the five that it lacks are the control characters of ISO 8859-1.
pub(crate) const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The record with its fields as text in Unicode's composed form (NFC).
pub(super) fn decode(
    leader: &[u8],
    bytes: &[u8],
    places: &[Place],
    warnings: &mut Vec<Warning>,
) -> MarcRecord {
    let claimed = if leader.get(9) == Some(&b'a') { Encoding::Utf8 } else { Encoding::Marc8 };
    let start = places.iter().map(|place| place.start).min().unwrap_or_default();
    let end = places.iter().map(|place| place.end).max().unwrap_or_default();
    let data = bytes.get(start..end).unwrap_or_default();
    let is_marc8 = escapes(data) || (claimed == Encoding::Marc8 && refers(data));
    if let Ok(text) = str::from_utf8(data)
        && !is_marc8
        && let Some(spans) = spans(text, places, start)
        && (text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes)
    {
        if claimed != Encoding::Utf8 && !text.is_ascii() {
            warnings.push(Warning::Encoding { claimed, used: Encoding::Utf8 });
        }
        return MarcRecord::from_parts(leader, text.to_owned(), spans);
    }
    let legacy = legacy(claimed, bytes, places);
    by_field(leader, bytes, places, &mut Choice { claimed, legacy, warnings })
}

/// Whether there are escape sequences.
fn escapes(bytes: &[u8]) -> bool {
    memchr::memchr(marc8::ESCAPE, bytes).is_some()
}

/// Whether there are characters that MARC-8 refers to by their numbers.
fn refers(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"&#x").is_some()
}

fn spans(text: &str, places: &[Place], start: usize) -> Option<Vec<Span>> {
    let span = |place: &Place| {
        let (start, end) = (place.start - start, place.end - start);
        text.get(start..end).map(|_| Span { tag: place.tag, start, end })
    };
    places.iter().map(span).collect()
}

/// The encoding of the fields that are not UTF-8. Both candidates can read almost any byte; but a diacritic of MARC-8 comes before a
/// letter, and some bytes have no meaning in it.
fn legacy(claimed: Encoding, bytes: &[u8], places: &[Place]) -> Encoding {
    let fields = || places.iter().filter_map(|place| bytes.get(place.start..place.end));
    if fields().any(escapes) {
        return Encoding::Marc8;
    }
    // Fields in other scripts say nothing here: where their escape sequences are missing, they look like neither.
    let latin = places.iter().filter(|place| &place.tag != b"880");
    let mut foreign = latin
        .filter_map(|place| bytes.get(place.start..place.end))
        .filter(|field| str::from_utf8(field).is_err());
    if claimed == Encoding::Utf8 {
        return if foreign.all(marc8::is_typical) { Encoding::Marc8 } else { Encoding::Latin1 };
    }
    let (fits, misfits) =
        foreign.map(marc8::evidence).fold((0, 0), |sum, found| (sum.0 + found.0, sum.1 + found.1));
    if misfits > fits { Encoding::Latin1 } else { Encoding::Marc8 }
}

struct Choice<'a> {
    claimed: Encoding,
    legacy: Encoding,
    warnings: &'a mut Vec<Warning>,
}

fn by_field(leader: &[u8], bytes: &[u8], places: &[Place], choice: &mut Choice<'_>) -> MarcRecord {
    let mut text = String::with_capacity(bytes.len());
    let mut spans = Vec::with_capacity(places.len());
    let mut buffer = String::new();
    for place in places {
        buffer.clear();
        let field = bytes.get(place.start..place.end).unwrap_or_default();
        let unmapped = append(field, choice, &mut buffer);
        if unmapped > 0 {
            let field = String::from_utf8_lossy(&place.tag).into_owned();
            choice.warnings.push(Warning::Characters { field, count: unmapped });
        }
        let start = text.len();
        compose(&buffer, &mut text);
        spans.push(Span { tag: place.tag, start, end: text.len() });
    }
    MarcRecord::from_parts(leader, text, spans)
}

/// Appends the characters of a field, and returns how many could not be mapped.
fn append(field: &[u8], choice: &mut Choice<'_>, out: &mut String) -> usize {
    let is_marc8 = escapes(field) || (choice.claimed == Encoding::Marc8 && refers(field));
    let (used, unmapped) = match str::from_utf8(field) {
        Ok(text) if !(text.is_ascii() && is_marc8) => {
            out.push_str(text);
            if text.is_ascii() {
                return 0;
            }
            (Encoding::Utf8, 0)
        }
        Err(_) if !is_marc8 && is_cut_utf8(field) => {
            out.push_str(&String::from_utf8_lossy(field));
            (
                Encoding::Utf8,
                field.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count(),
            )
        }
        _ if choice.legacy == Encoding::Latin1 && !is_marc8 => {
            out.extend(field.iter().map(|byte| latin1(*byte)));
            (Encoding::Latin1, 0)
        }
        _ => (Encoding::Marc8, marc8::decode(field, out)),
    };
    if used != choice.claimed {
        unique::add(Warning::Encoding { claimed: choice.claimed, used }, choice.warnings);
    }
    unmapped
}

/// Whether a field is UTF-8 in which bytes are missing: it has more whole characters of several bytes than broken ones.
fn is_cut_utf8(field: &[u8]) -> bool {
    let (mut whole, mut broken) = (0, 0);
    for chunk in field.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

/// The character of a byte of ISO 8859-1 or Windows-1252.
pub(crate) fn latin1(byte: u8) -> char {
    let extra = byte.checked_sub(0x80).and_then(|index| WINDOWS_1252.get(usize::from(index)));
    extra.copied().unwrap_or(byte.into())
}

/// Appends the text in composed form. A mark at the start of a subfield must not join the subfield's code.
fn compose(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.push_str(text);
        return;
    }
    let mut parts = text.split(DELIMITER);
    push_composed(parts.next().unwrap_or_default(), out);
    for part in parts {
        out.push(DELIMITER);
        let mut chars = part.chars();
        out.extend(chars.next());
        push_composed(chars.as_str(), out);
    }
}

fn push_composed(text: &str, out: &mut String) {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        out.push_str(text);
    } else {
        out.extend(text.nfc());
    }
}
