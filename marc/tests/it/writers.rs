//! What is written is valid, and what cannot be written is said.

use bibliographic::{Format, MarcRecord, Record, Records, WriteError, marc21, marcxml};

fn titled(title: &str) -> Record {
    Record { title: title.to_owned(), ..Record::default() }
}

#[test]
fn a_record_of_marc21_has_a_valid_leader_and_directory() {
    let mut writer = marc21::Writer::new(Vec::new());
    let record = Record {
        year: Some("c1987".to_owned()),
        languages: vec!["eng".to_owned()],
        ..titled("Été")
    };
    writer.write(&record).unwrap();
    let bytes = writer.into_inner();
    let number = |range| str::from_utf8(&bytes[range]).unwrap().parse::<usize>().unwrap();
    assert_eq!(number(0..5), bytes.len());
    assert_eq!(&bytes[5..12], b"nam a22");
    assert_eq!(&bytes[17..24], b" c 4500");
    let base = number(12..17);
    assert_eq!(bytes[base - 1], 0x1E);
    let mut expected = 0;
    for entry in (24..base - 1).step_by(12) {
        let (length, start) = (number(entry + 3..entry + 7), number(entry + 7..entry + 12));
        assert_eq!(start, expected);
        assert_eq!(bytes[base + start + length - 1], 0x1E);
        expected += length;
    }
    assert_eq!(base + expected + 1, bytes.len());
    let fixed = marc21::Reader::new(bytes.as_slice())
        .next()
        .unwrap()
        .unwrap()
        .record
        .field("008")
        .unwrap()
        .value()
        .to_owned();
    assert_eq!(fixed.len(), 40);
    assert_eq!((&fixed[7..11], &fixed[35..38]), ("1987", "eng"));
}

#[test]
fn what_does_not_fit_is_an_error_that_names_the_field_and_leaves_nothing() {
    let mut writer = marc21::Writer::new(Vec::new());
    writer.write(&titled("A")).unwrap();
    let long = Record { description: Some("x".repeat(10_000)), ..titled("B") };
    let error = writer.write(&long).unwrap_err();
    assert!(
        matches!(&error, WriteError::FieldTooLong { tag, length: 10_005, limit: 9_999 } if tag == "520"),
        "{error}"
    );
    assert_eq!(error.to_string(), "field 520 has 10005 bytes, MARC 21 allows 9999");
    let many =
        Record { description: Some(vec!["x".repeat(9_000); 12].join("\n\n")), ..titled("C") };
    let error = writer.write(&many).unwrap_err();
    assert!(
        matches!(&error, WriteError::RecordTooLong { tag, limit: 99_999, .. } if tag == "520"),
        "{error}"
    );
    for (title, code) in [("a\u{1D}b", 0x1D), ("a\u{1F}b", 0x1F), ("a\nb", 0x0A), ("a\u{0}b", 0)] {
        let error = writer.write(&titled(title)).unwrap_err();
        assert!(
            matches!(&error, WriteError::ControlCharacter { tag, code: found } if tag == "245" && *found == code),
            "{error}"
        );
    }
    let mut odd = MarcRecord::new();
    odd.push_control("1", "x");
    assert!(matches!(writer.write_marc(&odd), Err(WriteError::Tag { .. })));
    writer.write(&titled("D")).unwrap();
    assert_eq!(crate::build::titles(&writer.into_inner()), ["A", "D"]);
}

#[test]
fn the_longest_fields_and_records_are_written() {
    let mut writer = marc21::Writer::new(Vec::new());
    let full = "x".repeat(9_999 - 5);
    writer.write(&Record { description: Some(full.clone()), ..titled("A") }).unwrap();
    let mut marc = MarcRecord::new();
    for _ in 0..9 {
        marc.push_data("520", [' ', ' '], [('a', full.as_str())]);
    }
    let used = 24 + 10 * 12 + 1 + 9 * 9_999 + 1;
    marc.push_control("009", &"y".repeat(99_999 - used - 1));
    writer.write_marc(&marc).unwrap();
    marc.push_control("009", "");
    assert!(matches!(writer.write_marc(&marc), Err(WriteError::RecordTooLong { .. })));
    let items = crate::build::read(&writer.into_inner());
    assert!(
        items.iter().all(|item| item.as_ref().is_ok_and(|entry| entry.warnings.is_empty())),
        "{items:?}"
    );
    assert_eq!(items.len(), 2);
}

#[test]
fn marcxml_escapes_and_ends() {
    let mut writer = marcxml::Writer::new(Vec::new());
    writer.write(&titled("<b> & \"c\" 'd' ]]>")).unwrap();
    assert!(writer.write(&titled("\u{8}")).is_err());
    let mut odd = MarcRecord::new();
    odd.push_data("500", [' ', ' '], [('a', "\u{FFFE}")]);
    assert!(matches!(writer.write_marc(&odd), Err(WriteError::ControlCharacter { .. })));
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<collection xmlns=\"http://www.loc.gov/MARC21/slim\">\n";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("</collection>\n"), "{text}");
    let titles: Vec<_> = Records::new(Format::MarcXml, text.as_bytes())
        .map(|item| item.unwrap().record.title)
        .collect();
    assert_eq!(titles, ["<b> & \"c\" 'd' ]]>"]);
    let empty = marcxml::Writer::new(Vec::new()).finish().unwrap();
    assert_eq!(Records::new(Format::MarcXml, empty.as_slice()).count(), 0);
}

#[test]
fn what_is_written_can_be_sent_in_parts() {
    let mut writer = marcxml::Writer::new(Vec::new());
    let mut sent = Vec::new();
    for title in ["A", "B"] {
        writer.write(&titled(title)).unwrap();
        sent.append(writer.get_mut());
    }
    sent.append(&mut writer.finish().unwrap());
    let read =
        Records::new(Format::MarcXml, sent.as_slice()).map(|item| item.unwrap().record.title);
    assert_eq!(read.collect::<Vec<_>>(), ["A", "B"]);
}

#[test]
fn separators_in_a_value_do_not_become_fields() {
    let mut marc = MarcRecord::new();
    marc.push_data("245", ['1', '0'], [('a', "x\u{1F}by\u{1E}z\u{1D}")]);
    assert_eq!(
        marc.field("245").unwrap().subfields().collect::<Vec<_>>(),
        [('a', "x\u{FFFD}by\u{FFFD}z\u{FFFD}")]
    );
}

#[test]
fn every_field_of_marc21_survives_marcxml() {
    let mut marc = MarcRecord::new();
    marc.set_leader("01234cas a2200385 i 4500");
    marc.push_control("001", "  7 ");
    marc.push_data("245", ['1', '4'], [('a', "The é /"), ('c', ""), ('9', " x ")]);
    let mut writer = marcxml::Writer::new(Vec::new());
    writer.write_marc(&marc).unwrap();
    let xml = writer.finish().unwrap();
    let read = marcxml::Reader::new(xml.as_slice()).next().unwrap().unwrap().record;
    assert!(read.fields().eq(marc.fields()));
    assert_eq!(&read.leader()[5..9], "cas ");
}
