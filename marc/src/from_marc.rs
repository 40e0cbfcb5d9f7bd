//! What a MARC 21 record says about a book.

use crate::{
    Field, Isbn, MarcRecord, Part, Record, Series, Subject, SubjectKind,
    contributors::contributors,
    text::{Punctuation, some, unbracketed},
    unique,
};

impl From<&MarcRecord> for Record {
    fn from(marc: &MarcRecord) -> Self {
        record(marc)
    }
}

fn record(marc: &MarcRecord) -> Record {
    let marks = if marc.leader_at(18) == b'c' { Punctuation::Omitted } else { Punctuation::Isbd };
    let mut record = Record { contributors: contributors(marc, marks), ..Record::default() };
    for field in marc.fields() {
        match &field.tag_bytes() {
            b"001" if record.control_number.is_none() => {
                record.control_number = some(field.value())
            }
            b"020" => isbns(field, marks, &mut record.isbns),
            b"245" if record.title.is_empty() => title(field, marks, &mut record),
            b"250" if record.edition.is_none() => {
                record.edition = field.subfield('a').and_then(|text| as_written(text, marks))
            }
            b"300" if record.pages.is_none() => {
                record.pages = field.subfield('a').and_then(|text| as_written(text, marks))
            }
            b"520" => description(field, &mut record.description),
            b"650" => subject(field, marks, SubjectKind::Topic, &mut record.subjects),
            b"651" => subject(field, marks, SubjectKind::Place, &mut record.subjects),
            b"653" => keywords(field, marks, &mut record.subjects),
            _ => {}
        }
    }
    other_title(marc, marks, &mut record);
    publication(marc, marks, &mut record);
    languages(marc, &mut record);
    record.series = series(marc, marks);
    record
}

/// A text without the punctuation of its subfield, if there is any.
pub(crate) fn stripped(text: Option<&str>, marks: Punctuation) -> Option<String> {
    let text = some(text?)?;
    Some(marks.strip(&text).to_owned()).filter(|text| !text.is_empty())
}

/// Without the mark of the next subfield; a full stop is mostly that of an abbreviation.
fn as_written(text: &str, marks: Punctuation) -> Option<String> {
    let text = marks.strip_mark(text);
    some(if marks == Punctuation::Isbd { text.trim_end_matches(',') } else { text })
}

/// A record without a title of its own is named by its uniform title, or by another one.
fn other_title(marc: &MarcRecord, marks: Punctuation, record: &mut Record) {
    for tag in ["240", "130", "740", "246"] {
        if record.title.is_empty()
            && let Some(field) = marc.field(tag)
        {
            title(field, marks, record);
        }
    }
}

fn title(field: Field<'_>, marks: Punctuation, record: &mut Record) {
    let mut rest: Vec<String> = Vec::new();
    for (code, value) in field.subfields() {
        let Some(text) = stripped(Some(value), marks) else { continue };
        match code {
            'a' if record.title.is_empty() => record.title = text,
            'a' | 'b' => rest.push(text),
            'n' => record.parts.push(Part { number: Some(text), name: None }),
            'p' => match record.parts.last_mut().filter(|part| part.name.is_none()) {
                Some(part) => part.name = Some(text),
                None => record.parts.push(Part { number: None, name: Some(text) }),
            },
            _ => {}
        }
    }
    record.subtitle = Some(rest.join(" : ")).filter(|rest| !rest.is_empty());
    // A title must have some text; records of parts, and of archives, have it elsewhere.
    if record.title.is_empty() {
        let named = record.parts.first_mut().and_then(|part| part.name.take());
        let other = || {
            field
                .subfields()
                .find(|(code, _)| matches!(code, 'k' | 'f' | 'g'))
                .map(|(_, value)| value)
        };
        let text = record.subtitle.take().or(named).or_else(|| stripped(other(), marks));
        record.title = text.unwrap_or_default();
        record.parts.retain(|part| part.number.is_some() || part.name.is_some());
    }
}

fn isbns(field: Field<'_>, marks: Punctuation, isbns: &mut Vec<Isbn>) {
    for (code, value) in field.subfields() {
        let Some(text) = some(marks.strip_mark(value)) else { continue };
        match code {
            'a' | 'z' => isbns.push(Isbn { text, qualifiers: Vec::new(), cancelled: code == 'z' }),
            'q' => {
                if let Some(isbn) = isbns.last_mut() {
                    isbn.qualifiers.push(text);
                }
            }
            _ => {}
        }
    }
}

fn description(field: Field<'_>, description: &mut Option<String>) {
    let parts: Vec<_> = field
        .subfields()
        .filter(|(code, _)| matches!(code, 'a' | 'b'))
        .map(|(_, value)| value)
        .collect();
    let Some(text) = some(&parts.join(" ")) else { return };
    match description {
        Some(before) => {
            before.push_str("\n\n");
            before.push_str(&text);
        }
        None => *description = Some(text),
    }
}

fn subject(field: Field<'_>, marks: Punctuation, kind: SubjectKind, subjects: &mut Vec<Subject>) {
    let is_part = |code: &char| matches!(code, 'a' | 'b' | 'v' | 'x' | 'y' | 'z');
    let parts = field.subfields().filter(|(code, _)| is_part(code));
    let parts: Vec<_> = parts.filter_map(|(_, value)| stripped(Some(value), marks)).collect();
    add(Subject { text: parts.join(" -- "), kind }, subjects);
}

fn keywords(field: Field<'_>, marks: Punctuation, subjects: &mut Vec<Subject>) {
    let terms = field.subfields().filter(|(code, _)| *code == 'a');
    for text in terms.filter_map(|(_, value)| stripped(Some(value), marks)) {
        add(Subject { text, kind: SubjectKind::Keyword }, subjects);
    }
}

/// The same heading of several lists is one subject.
fn add(subject: Subject, subjects: &mut Vec<Subject>) {
    if !subject.text.is_empty() {
        unique::add(subject, subjects);
    }
}

/// The field of publication: `264` with the second indicator 1, else `260`, else another `264`.
fn publication(marc: &MarcRecord, marks: Punctuation, record: &mut Record) {
    let is_publication = |field: &Field<'_>| field.indicators()[1] == '1';
    let fields: Vec<_> =
        marc.fields_of("264").filter(is_publication).chain(marc.fields_of("260")).collect();
    let others = marc.fields_of("264").filter(|field| !is_publication(field));
    let fields: Vec<_> = fields.into_iter().chain(others).collect();
    if let Some(field) =
        fields.iter().find(|field| field.subfield('a').or(field.subfield('b')).is_some())
    {
        let text = |code| {
            let text = stripped(field.subfield(code), marks)?;
            some(if marks == Punctuation::Isbd { unbracketed(&text) } else { &text })
        };
        record.place = text('a');
        record.publisher = text('b');
    }
    let dates = fields.iter().flat_map(Field::subfields).filter(|(code, _)| *code == 'c');
    let dates: Vec<_> = dates.filter_map(|(_, value)| stripped(Some(value), marks)).collect();
    let coded = marc
        .field("008")
        .and_then(|field| positions(field.value(), 7, 4))
        .filter(|date| has_year(date) && date != "0000");
    let written = dates.iter().find(|date| has_year(date)).cloned();
    record.year = written.or(coded).or_else(|| dates.first().cloned());
}

/// Whether a text has four digits in a row.
pub(crate) fn has_year(text: &str) -> bool {
    year(text).is_some()
}

/// The first four digits in a row.
pub(crate) fn year(text: &str) -> Option<&str> {
    let position =
        text.as_bytes().windows(4).position(|four| four.iter().all(u8::is_ascii_digit))?;
    text.get(position..position + 4)
}

/// Whether a text is a code of three small letters, as MARC's lists have them.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn languages(marc: &MarcRecord, record: &mut Record) {
    for field in marc.fields_of("041") {
        for value in
            field.subfields().filter(|(code, _)| *code == 'a').filter_map(|(_, value)| some(value))
        {
            // Old records have the codes of several languages in one subfield.
            let joined = value.len() > 3
                && value.len() % 3 == 0
                && value.bytes().all(|byte| byte.is_ascii_lowercase());
            if joined && field.indicators()[1] != '7' {
                let codes = value.as_bytes().chunks(3).filter_map(|code| str::from_utf8(code).ok());
                codes.for_each(|code| unique::add(code.to_owned(), &mut record.languages));
            } else {
                unique::add(value, &mut record.languages);
            }
        }
    }
    if record.languages.is_empty()
        && let Some(code) = marc.field("008").and_then(|field| coded_language(field.value()))
    {
        record.languages.push(code);
    }
}

/// The code at position 35, or that far from the end where positions before it are missing.
fn coded_language(value: &str) -> Option<String> {
    let from_end =
        || value.chars().count().checked_sub(5).filter(|start| (30..=40).contains(start));
    let at =
        |start: usize| positions(value, start, 3).filter(|code| is_code(code) && code != "und");
    at(35).or_else(|| at(from_end()?))
}

/// Characters of a fixed field; some programs write them with spaces of two bytes.
fn positions(value: &str, start: usize, count: usize) -> Option<String> {
    let text: String = value.chars().skip(start).take(count).collect();
    (text.chars().count() == count).then_some(text)
}

/// Series as they are written on the book, or else as they are traced.
fn series(marc: &MarcRecord, marks: Punctuation) -> Vec<Series> {
    let mut found = Vec::new();
    let written = marc.fields().filter(|field| matches!(&field.tag_bytes(), b"490" | b"440"));
    written.for_each(|field| add_series(field, marks, &mut found));
    if found.is_empty() {
        let traced = marc
            .fields()
            .filter(|field| matches!(&field.tag_bytes(), b"800" | b"810" | b"811" | b"830"));
        traced.for_each(|field| add_series(field, marks, &mut found));
    }
    found
}

fn add_series(field: Field<'_>, marks: Punctuation, found: &mut Vec<Series>) {
    let start = found.len();
    let name = if field.tag().starts_with('8') && field.tag() != "830" { 't' } else { 'a' };
    for (code, value) in field.subfields() {
        let Some(text) = stripped(Some(value), marks) else { continue };
        if code == name {
            found.push(Series { name: text, number: None });
        } else if let Some(series) = found.get_mut(start..).and_then(<[_]>::last_mut) {
            match code {
                'v' if series.number.is_none() => series.number = Some(text),
                'n' | 'p' if field.tag() != "490" => {
                    series.name.push_str(". ");
                    series.name.push_str(&text);
                }
                _ => {}
            }
        }
    }
}
