//! The contributors of a MARC 21 record, from its main and added entries.

use crate::{
    Contributor, Field, Kind, MarcRecord, Role,
    from_marc::{is_code, stripped},
    text::{Punctuation, some, unbracketed},
    unique,
};

/// The main entry first, then the added ones. An entry for another work is none, unless the book has no others: then those of
/// the works in it are its contributors.
pub(crate) fn contributors(marc: &MarcRecord, marks: Punctuation) -> Vec<Contributor> {
    let found = entries(marc, marks, |field| field.subfield('t').is_none());
    if found.is_empty() {
        entries(marc, marks, |field| field.indicators()[1] == '2')
    } else {
        found
    }
}

fn entries(
    marc: &MarcRecord,
    marks: Punctuation,
    is_one: fn(&Field<'_>) -> bool,
) -> Vec<Contributor> {
    let mut found: Vec<Contributor> = Vec::new();
    let entries =
        |first: u8| marc.fields().filter(move |field| field.tag_bytes().first() == Some(&first));
    for field in entries(b'1').chain(entries(b'7')).filter(is_one) {
        let Some(contributor) = contributor(field, marks) else { continue };
        let is_same = |known: &&mut Contributor| {
            known.name == contributor.name && known.dates == contributor.dates
        };
        match unique::last(&mut found).iter_mut().find(is_same) {
            Some(known) => {
                contributor.roles.into_iter().for_each(|role| unique::add(role, &mut known.roles))
            }
            None => found.push(contributor),
        }
    }
    found
}

fn contributor(field: Field<'_>, marks: Punctuation) -> Option<Contributor> {
    let kind = match &field.tag_bytes() {
        b"100" | b"700" | b"720" => Kind::Person,
        b"110" | b"710" => Kind::Corporate,
        b"111" | b"711" => Kind::Meeting,
        _ => return None,
    };
    let mut contributor = Contributor { kind, ..Contributor::default() };
    let mut name = Vec::new();
    // A meeting's $e is a part of its name, and its role stands in $j.
    let role = if kind == Kind::Meeting { 'j' } else { 'e' };
    for (code, value) in field.subfields() {
        match code {
            'a' | 'b' => name.push(value),
            'e' | 'n' | 'd' | 'c' if kind == Kind::Meeting => name.push(value),
            'n' if kind == Kind::Corporate => name.push(value),
            'c' if kind == Kind::Person && contributor.titles.is_none() => {
                contributor.titles = stripped(Some(value), marks)
            }
            'd' if kind == Kind::Person && contributor.dates.is_none() => {
                contributor.dates = stripped(Some(value), marks)
            }
            '4' => {
                let code = some(value).map(|code| Role::from_code(&code));
                code.into_iter().for_each(|role| unique::add(role, &mut contributor.roles));
            }
            _ if code == role => {
                let term = stripped(Some(value), marks).map(|term| Role::from_term(&term));
                term.into_iter().for_each(|role| unique::add(role, &mut contributor.roles));
            }
            _ => {}
        }
    }
    let name = stripped(Some(&name.join(" ")), marks)?;
    contributor.name = match marks {
        Punctuation::Omitted => name,
        Punctuation::Isbd => {
            stripped(Some(unbracketed(name.trim_end_matches("[from old catalog]"))), marks)?
        }
    };
    let forename = matches!(field.indicators()[0], '0' | '3') || field.tag() == "720";
    contributor.inverted = kind == Kind::Person && !forename && contributor.name.contains(',');
    Some(contributor)
}

/// The subfield in which a role is written: a code if it has one.
pub(crate) fn role_subfield(role: &Role, kind: Kind) -> (char, String) {
    match (role, role.code()) {
        (_, Some(code)) => ('4', code.to_owned()),
        (Role::Other(code), None) if is_code(code) => ('4', code.clone()),
        (other, None) => (if kind == Kind::Meeting { 'j' } else { 'e' }, other.term().to_owned()),
    }
}
