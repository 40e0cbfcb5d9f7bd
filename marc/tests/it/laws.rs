//! Laws over random values.

use bibliographic::{
    Contributor, Format, Isbn, Kind, Part, Record, Records, Role, Series, Subject, SubjectKind,
    marc21, marcxml,
};
use proptest::{collection::vec, option, prelude::*};

/// A text as records have them: composed, with single spaces and without control characters.
fn text() -> impl Strategy<Value = String> {
    "[A-Za-zäéßŁ中א0-9.,:;/=+&<>\"'()\\[\\]-]{1,8}( [A-Za-zé中0-9.,:;/=+&<>'-]{1,6}){0,3}"
}

/// A text without the mark between the parts of a subject heading.
fn heading() -> impl Strategy<Value = String> {
    "[A-Za-zé0-9(),.]{1,8}( -- [A-Za-zé]{1,8}[.,]?){0,2}"
}

fn contributor() -> impl Strategy<Value = Contributor> {
    let kind = prop_oneof![Just(Kind::Person), Just(Kind::Corporate), Just(Kind::Meeting)];
    let role = prop_oneof![
        Just(Role::Author),
        Just(Role::Editor),
        Just(Role::Translator),
        Just(Role::Illustrator),
        Just(Role::Other("bnd".to_owned())),
        Just(Role::Other("Sponsor of the edition".to_owned())),
    ];
    let roles = vec(role, 0..3).prop_map(|mut roles| {
        let mut seen = Vec::new();
        roles.retain(|role| {
            !seen.contains(role) && {
                seen.push(role.clone());
                true
            }
        });
        roles
    });
    (text(), kind, any::<bool>(), option::of(text()), option::of(text()), roles).prop_map(
        |(name, kind, inverted, titles, dates, roles)| {
            let is_person = kind == Kind::Person;
            let inverted = is_person && inverted && name.contains(',');
            let (titles, dates) = if is_person { (titles, dates) } else { (None, None) };
            Contributor { name, kind, inverted, titles, dates, roles }
        },
    )
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        heading().prop_map(|text| Subject { text, kind: SubjectKind::Topic }),
        heading().prop_map(|text| Subject { text, kind: SubjectKind::Place }),
        text().prop_map(|text| Subject { text, kind: SubjectKind::Keyword }),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        text().prop_map(|number| Part { number: Some(number), name: None }),
        (text(), text()).prop_map(|(number, name)| Part { number: Some(number), name: Some(name) }),
    ]
}

fn isbn() -> impl Strategy<Value = Isbn> {
    (text(), vec(text(), 0..2), any::<bool>()).prop_map(|(text, qualifiers, cancelled)| Isbn {
        text,
        qualifiers,
        cancelled,
    })
}

fn unique<T: PartialEq>(values: Vec<T>) -> Vec<T> {
    let mut seen: Vec<T> = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

prop_compose! {
    fn record()(
        title in text(),
        texts in vec(option::of(text()), 5),
        parts in vec(part(), 0..3),
        contributors in vec(contributor(), 0..4),
        isbns in vec(isbn(), 0..3),
        year in option::of(prop_oneof!["c?(1[5-9]|20)[0-9]{2}", "\\[(18|19)[0-9]{2}\\?\\]", Just("n.d".to_owned())]),
        languages in vec(prop_oneof!["[a-z]{3}", "[a-z]{2}", Just("und".to_owned())], 0..3),
        subjects in vec(subject(), 0..4),
        series in vec((text(), option::of(text())), 0..3),
        paragraphs in vec(text(), 0..3),
    ) -> Record {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().flatten();
        let mut contributors = contributors;
        let mut seen = Vec::new();
        contributors.retain(|new| {
            let key = (new.name.clone(), new.dates.clone());
            !seen.contains(&key) && { seen.push(key); true }
        });
        Record {
            control_number: next(),
            title,
            subtitle: next(),
            parts,
            contributors,
            isbns,
            edition: next(),
            place: next(),
            publisher: next(),
            year,
            pages: Some("xii, 300 p.".to_owned()),
            languages: unique(languages),
            subjects: unique(subjects),
            series: series.into_iter().map(|(name, number)| Series { name, number }).collect(),
            description: Some(paragraphs.join("\n\n")).filter(|text| !text.is_empty()),
        }
    }
}

/// Gives out a few bytes at a time.
struct Slow<'a> {
    rest: &'a [u8],
    step: usize,
}

impl std::io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.step.min(buffer.len());
        std::io::Read::read(&mut self.rest, &mut buffer[..count])
    }
}

/// A valid file, and where its records are.
fn file(count: usize) -> Vec<Vec<u8>> {
    (1..=count).map(crate::build::titled).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_as_marc21_is_read_again(records in vec(record(), 1..4)) {
        let mut writer = marc21::Writer::new(Vec::new());
        for record in &records {
            writer.write(record).unwrap();
        }
        let bytes = writer.into_inner();
        prop_assert_eq!(Format::detect(&bytes), Some(Format::Marc21));
        let entries: Vec<_> = Records::new(Format::Marc21, bytes.as_slice()).map(Result::unwrap).collect();
        prop_assert!(entries.iter().all(|entry| entry.warnings.is_empty()), "{:?}", entries);
        prop_assert_eq!(entries.into_iter().map(|entry| entry.record).collect::<Vec<_>>(), records);
    }

    #[test]
    fn what_is_written_as_marcxml_is_read_again(records in vec(record(), 1..4)) {
        let mut writer = marcxml::Writer::new(Vec::new());
        for record in &records {
            writer.write(record).unwrap();
        }
        let bytes = writer.finish().unwrap();
        prop_assert_eq!(Format::detect(&bytes), Some(Format::MarcXml));
        let entries: Vec<_> = Records::new(Format::MarcXml, bytes.as_slice()).map(Result::unwrap).collect();
        prop_assert!(entries.iter().all(|entry| entry.warnings.is_empty()), "{:?}", entries);
        prop_assert_eq!(entries.into_iter().map(|entry| entry.record).collect::<Vec<_>>(), records);
    }

    #[test]
    fn the_size_of_reads_does_not_matter(step in 1..50_usize, cut in 0.0..1.0_f64, index in 0..5_usize) {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let files = [
            (Format::Marc21, file(3).concat()),
            (Format::MarcXml, crate::marcxml::COLLECTION.into()),
            (Format::MarcXml, utf16(&crate::marcxml::COLLECTION.replace("Second", "日本語 😀"))),
            (Format::Onix, crate::onix::REFERENCE.into()),
            (Format::Onix, crate::onix::SHORT.replace("Tree", "Trée\u{2014}").into_bytes()),
        ];
        let (format, bytes) = &files[index];
        let bytes = &bytes[..(cut * 2.0 * bytes.len() as f64).min(bytes.len() as f64) as usize];
        let whole: Vec<_> = Records::new(*format, bytes).map(|item| format!("{item:?}")).collect();
        let slow: Vec<_> = Records::new(*format, Slow { rest: bytes, step }).map(|item| format!("{item:?}")).collect();
        prop_assert_eq!(slow, whole);
    }

    #[test]
    fn any_bytes_are_read_to_their_end(bytes in vec(any::<u8>(), 0..2000)) {
        for format in [Format::Marc21, Format::MarcXml, Format::Onix] {
            prop_assert!(Records::new(format, bytes.as_slice()).count() <= bytes.len() + 1);
        }
    }

    #[test]
    fn any_marks_of_the_formats_are_read_to_their_end(
        parts in vec(prop_oneof![
            Just("<record>"), Just("</record>"), Just("<Product>"), Just("</Product>"), Just("<leader>"), Just("<![CDATA["),
            Just("]]>"), Just("<!--"), Just("-->"), Just("<!DOCTYPE a "), Just("["), Just(">"), Just("&"), Just(";"), Just("&#x1F;"),
            Just("<a b='"), Just("'/>"), Just("\u{1D}"), Just("\u{1E}"), Just("\u{1F}a"), Just("00714cam a2200205 a 4500"),
            Just("001001300000"), Just("\u{1B}$1"), Just("\u{1B}(N"), Just("é"), Just("x"), Just("<?xml encoding='utf-16'?>"),
        ], 0..60)
    ) {
        let text = parts.concat();
        for format in [Format::Marc21, Format::MarcXml, Format::Onix] {
            prop_assert!(Records::new(format, text.as_bytes()).count() <= text.len() + 1);
        }
    }

    #[test]
    fn any_bytes_in_a_field_are_text(coding in prop_oneof![Just('a'), Just(' ')], mut bytes in vec(any::<u8>(), 0..200)) {
        bytes.retain(|byte| !matches!(byte, 0x1D..=0x1F));
        let field = [b"10\x1Fa", bytes.as_slice()].concat();
        let entry = crate::build::only(&crate::build::record(coding, &[("245", &field)]));
        prop_assert!(entry.record.field("245").unwrap().subfield('a').is_some());
        // What was read can be written, unless it has an escape character.
        if !entry.record.field("245").unwrap().value().contains('\u{1B}') {
            let mut writer = marc21::Writer::new(Vec::new());
            writer.write_marc(&entry.record).unwrap();
            let again = crate::build::only(&writer.into_inner());
            prop_assert!(again.record.fields().eq(entry.record.fields()));
        }
    }

    #[test]
    fn a_mutation_costs_at_most_its_record_and_its_neighbours(
        at in 0.0..1.0_f64, removed in 0..40_usize, inserted in vec(any::<u8>(), 0..40)
    ) {
        let records = file(7);
        let mut bytes = records.concat();
        let start = (at * bytes.len() as f64) as usize;
        let end = (start + removed).min(bytes.len());
        bytes.splice(start..end, inserted);
        crate::mutations::check_neighbours(&records, &bytes, start, end.max(start + 1) - 1)?;
    }
}
