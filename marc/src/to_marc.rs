//! A record as MARC 21 fields. The leader says that there is no punctuation between subfields, so that texts stay as they are.

use crate::{
    Contributor, Kind, MarcRecord, Record, Role, SubjectKind, WriteError,
    contributors::role_subfield,
    from_marc::{is_code, year},
    text::Punctuation,
};

/// Subfields under construction, with their texts as they are written.
type Subfields = Vec<(char, String)>;

/// The fields that hold what the record says.
pub(crate) fn marc(record: &Record) -> Result<MarcRecord, WriteError> {
    let mut marc = Marc { record: MarcRecord::new() };
    if let Some(number) = &record.control_number {
        check("001", number)?;
        marc.record.push_control("001", number);
    }
    marc.record.push_control("008", &fixed(record));
    for isbn in &record.isbns {
        let mut subfields = vec![(if isbn.cancelled { 'z' } else { 'a' }, isbn.text.clone())];
        subfields.extend(isbn.qualifiers.iter().map(|text| ('q', text.clone())));
        marc.push("020", [' ', ' '], subfields)?;
    }
    marc.languages(&record.languages)?;
    let mut contributors = record.contributors.iter();
    let main = contributors.next().filter(|first| first.is_author());
    if let Some(main) = main {
        marc.contributor(main, '1')?;
    }
    marc.title(record, main.is_some())?;
    marc.push("250", [' ', ' '], one('a', record.edition.as_ref()))?;
    let mut published = one('a', record.place.as_ref());
    published.extend(one('b', record.publisher.as_ref()));
    published.extend(one('c', record.year.as_ref()));
    marc.push("264", [' ', '1'], published)?;
    marc.push("300", [' ', ' '], one('a', record.pages.as_ref()))?;
    for series in &record.series {
        let mut subfields = vec![('a', series.name.clone())];
        subfields.extend(one('v', series.number.as_ref()));
        marc.push("490", ['0', ' '], subfields)?;
    }
    for paragraph in record.description.iter().flat_map(|text| text.split("\n\n")) {
        marc.push("520", [' ', ' '], vec![('a', paragraph.to_owned())])?;
    }
    marc.subjects(record)?;
    for contributor in record.contributors.iter().skip(usize::from(main.is_some())) {
        marc.contributor(contributor, '7')?;
    }
    Ok(marc.record)
}

impl TryFrom<&Record> for MarcRecord {
    type Error = WriteError;

    /// The fields that hold what the record says.
    ///
    /// # Errors
    /// If a text has control characters, with the tag of the field.
    fn try_from(record: &Record) -> Result<Self, WriteError> {
        marc(record)
    }
}

fn one(code: char, text: Option<&String>) -> Subfields {
    text.map(|text| (code, text.clone())).into_iter().collect()
}

struct Marc {
    record: MarcRecord,
}

impl Marc {
    /// Subfields without text are left out, and a field without subfields too.
    fn push(
        &mut self,
        tag: &str,
        indicators: [char; 2],
        mut subfields: Subfields,
    ) -> Result<(), WriteError> {
        subfields.retain(|(_, text)| !text.is_empty());
        for (code, text) in &mut subfields {
            check(tag, text)?;
            if !matches!((tag, *code), ("041" | "520", _) | (_, '4')) {
                *text = Punctuation::Omitted.protect(text).into_owned();
            }
        }
        if !subfields.is_empty() {
            let subfields = subfields.iter().map(|(code, text)| (*code, text.as_str()));
            self.record.push_data(tag, indicators, subfields);
        }
        Ok(())
    }

    /// One language with a code of MARC stands in `008` already.
    fn languages(&mut self, languages: &[String]) -> Result<(), WriteError> {
        let coded = languages.iter().all(|language| is_code(language));
        match languages {
            [] => return Ok(()),
            [only] if coded && only != "und" => return Ok(()),
            _ => {}
        }
        let mut subfields: Subfields =
            languages.iter().map(|language| ('a', language.clone())).collect();
        if !coded {
            let short = languages.iter().all(|language| language.len() == 2);
            subfields.push(('2', if short { "iso639-1" } else { "rfc5646" }.to_owned()));
        }
        self.push("041", [' ', if coded { ' ' } else { '7' }], subfields)
    }

    fn contributor(&mut self, contributor: &Contributor, hundreds: char) -> Result<(), WriteError> {
        let mut subfields = vec![('a', contributor.name.clone())];
        subfields.extend(one('c', contributor.titles.as_ref()));
        subfields.extend(one('d', contributor.dates.as_ref()));
        subfields.extend(
            contributor.roles.iter().map(|role: &Role| role_subfield(role, contributor.kind)),
        );
        let (tens, form) = match contributor.kind {
            Kind::Person => ("00", if contributor.inverted { '1' } else { '0' }),
            Kind::Corporate => ("10", '2'),
            Kind::Meeting => ("11", '2'),
        };
        self.push(&format!("{hundreds}{tens}"), [form, ' '], subfields)
    }

    fn title(&mut self, record: &Record, has_main_entry: bool) -> Result<(), WriteError> {
        let mut subfields = vec![('a', record.title.clone())];
        subfields.extend(one('b', record.subtitle.as_ref()));
        for part in &record.parts {
            subfields.extend(one('n', part.number.as_ref()));
            subfields.extend(one('p', part.name.as_ref()));
        }
        self.push("245", [if has_main_entry { '1' } else { '0' }, '0'], subfields)
    }

    fn subjects(&mut self, record: &Record) -> Result<(), WriteError> {
        for subject in &record.subjects {
            if subject.kind == SubjectKind::Keyword {
                self.push("653", [' ', ' '], vec![('a', subject.text.clone())])?;
                continue;
            }
            let parts = subject.text.split(" -- ").enumerate();
            let subfields = parts
                .map(|(index, text)| (if index == 0 { 'a' } else { 'x' }, text.to_owned()))
                .collect();
            let tag = if subject.kind == SubjectKind::Place { "651" } else { "650" };
            // The list that a heading is from is not known.
            self.push(tag, [' ', '4'], subfields)?;
        }
        Ok(())
    }
}

/// Control characters are no text in any of the formats.
fn check(tag: &str, text: &str) -> Result<(), WriteError> {
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(WriteError::ControlCharacter { tag: tag.to_owned(), code: c.into() }),
        None => Ok(()),
    }
}

/// The forty positions of field 008: the year and the language, and a fill character for what is not known.
fn fixed(record: &Record) -> String {
    let year = record.year.as_deref().and_then(year).unwrap_or("uuuu");
    let kind = if year == "uuuu" { 'n' } else { 's' };
    let date2 = if kind == 'n' { "uuuu" } else { "    " };
    let language =
        record.languages.first().filter(|language| is_code(language)).map_or("und", String::as_str);
    format!("000000{kind}{year}{date2}xx |||||||||||||||||{language} d")
}
