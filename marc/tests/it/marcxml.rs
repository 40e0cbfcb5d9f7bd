//! MARCXML as libraries send it, and XML that no library sends.

use bibliographic::{
    Entry, MarcRecord, ReadError, Reason, Record, Warning, marcxml::Reader, xml::Limits,
};

pub const COLLECTION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<collection xmlns="http://www.loc.gov/MARC21/slim">
 <record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">1</controlfield>
  <datafield tag="245" ind1="1" ind2="0"><subfield code="a">First &amp; last /</subfield>
   <subfield code="c">x</subfield></datafield></record>
 <record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">2</controlfield>
  <datafield tag="245" ind1="1" ind2="0"><subfield code="a">Second</subfield></datafield></record>
</collection>"#;

fn items(text: &str) -> Vec<Result<Entry<MarcRecord>, ReadError>> {
    Reader::new(text.as_bytes()).collect()
}

fn title(entry: &Entry<MarcRecord>) -> String {
    Record::from(&entry.record).title
}

/// What each record is: its title, or why there is none.
fn outcomes(bytes: &[u8]) -> Vec<String> {
    let outcome = |item: Result<Entry<MarcRecord>, ReadError>| match item {
        Ok(entry) => title(&entry),
        Err(error) => format!("{}: {}", error.number, error.reason),
    };
    Reader::new(bytes).map(outcome).collect()
}

fn record(title: &str) -> String {
    format!(
        "<record><leader/><datafield tag=\"245\"><subfield code=\"a\">{title}</subfield></datafield></record>"
    )
}

#[test]
fn a_collection_has_records_with_places() {
    let found = items(COLLECTION);
    let places: Vec<_> = found
        .iter()
        .flatten()
        .map(|entry| (entry.number, entry.offset as usize, title(entry)))
        .collect();
    let second = COLLECTION.rfind("<record>").unwrap();
    let first = COLLECTION.find("<record>").unwrap();
    assert_eq!(places, [(1, first, "First & last".to_owned()), (2, second, "Second".to_owned())]);
}

#[test]
fn namespaces_and_envelopes_do_not_matter() {
    let files = [
        record("A"),
        format!("<collection>{}</collection>", record("A")),
        format!(
            "<marc:collection xmlns:marc='http://www.loc.gov/MARC21/slim'>{}</marc:collection>",
            record("A")
        )
        .replace("<record", "<marc:record")
        .replace("</record", "</marc:record")
        .replace("<datafield", "<marc:datafield")
        .replace("</datafield", "</marc:datafield")
        .replace("<subfield", "<marc:subfield")
        .replace("</subfield", "</marc:subfield"),
        format!(
            "<OAI-PMH><ListRecords><record><header/><metadata>{}</metadata></record></ListRecords></OAI-PMH>",
            record("A")
        ),
        format!(
            "<zs:records><zs:record><zs:recordData>{}</zs:recordData></zs:record></zs:records>",
            record("A")
        ),
        format!(
            "\u{FEFF}<?xml version='1.0'?><!-- a comment --><!DOCTYPE collection SYSTEM 'marc.dtd'>{}",
            record("A")
        ),
    ];
    for file in files {
        assert_eq!(outcomes(file.as_bytes()), ["A"], "{file}");
        assert_eq!(
            bibliographic::Format::detect(file.as_bytes()),
            Some(bibliographic::Format::MarcXml),
            "{file}"
        );
    }
}

#[test]
fn texts_are_what_xml_says() {
    let cases = [
        ("A &lt; B &#38; C &#x26; D", "A < B & C & D"),
        ("<![CDATA[A < B & C]]>", "A < B & C"),
        ("Smith & Sons", "Smith & Sons"),
        ("caf&eacute; &ndash; d&eacute;j&agrave;", "café – déjà"),
        ("A<!-- no -->B", "AB"),
        ("cafe\u{301}", "café"),
        ("A\r\n  B", "A B"),
    ];
    for (text, expected) in cases {
        assert_eq!(outcomes(record(text).as_bytes()), [expected], "{text}");
    }
}

#[test]
fn an_entity_that_is_not_known_stays_and_is_said() {
    let found = items(&record("A &company; B"));
    let entry = found[0].as_ref().unwrap();
    assert_eq!(title(entry), "A &company; B");
    assert_eq!(entry.warnings, [Warning::Characters { field: "subfield".to_owned(), count: 1 }]);
}

#[test]
fn a_document_that_declares_entities_is_refused() {
    let bomb =
        "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;'>]>";
    let found = items(&format!("{bomb}<collection>{}</collection>", record("&lol2;")));
    assert_eq!(found.len(), 1);
    let error = found[0].as_ref().unwrap_err();
    assert!(matches!(error.reason, Reason::DocumentType) && error.is_fatal(), "{error}");
}

#[test]
fn a_broken_record_costs_that_record() {
    let cases: [(&str, &str); 8] = [
        (
            "<record><leader/><datafield tag='245'><subfield code='a'>X</datafield></record>",
            "2: not well-formed XML: `</datafield>` ends `<subfield>`",
        ),
        (
            "<record><leader/></wrong></record>",
            "2: not well-formed XML: `</wrong>` ends `<record>`",
        ),
        (
            "<record><leader/><datafield tag='245'><subfield code='a'>X</subfield></datafield>",
            "2: not well-formed XML: the record has no end tag",
        ),
        (
            "<record><leader/><datafield tag=245><subfield code='a'>X</subfield></datafield></record>",
            "2: not well-formed XML: ",
        ),
        ("<record></record>", "2: no MARC 21 leader"),
        ("<record/>", "2: no MARC 21 leader"),
        (
            "<record><leader/><datafield tag='245' a='1' b='2' c='3' d='4'></datafield></record>",
            "2: more than 4 attributes",
        ),
        (
            "<record><leader/><a><b><c><d><e><f><g/></f></e></d></c></b></a></record>",
            "2: more than 6 elements in one another",
        ),
    ];
    let limits = Limits { depth: 6, attributes: 4, ..Limits::default() };
    for (broken, expected) in cases {
        let file = format!("<collection>{}{broken}{}</collection>", record("A"), record("B"));
        let found: Vec<_> = Reader::new(file.as_bytes()).with_limits(limits).collect();
        let [Ok(first), Err(error), Ok(last)] = &found[..] else { panic!("{broken}: {found:?}") };
        assert_eq!((title(first).as_str(), title(last).as_str()), ("A", "B"), "{broken}");
        assert!(
            format!("{}: {}", error.number, error.reason).starts_with(expected),
            "{broken}: {error}"
        );
        assert_eq!(error.offset as usize, "<collection>".len() + record("A").len(), "{broken}");
        assert!(!error.is_fatal());
    }
}

#[test]
fn an_empty_record_after_one_without_end_tag_is_not_forgotten() {
    let file = format!("<collection><record><leader/><record/>{}</collection>", record("B"));
    let expected =
        ["1: not well-formed XML: the record has no end tag", "2: no MARC 21 leader", "B"];
    assert_eq!(outcomes(file.as_bytes()), expected);
}

#[test]
fn what_is_too_long_costs_its_record() {
    let long = "x".repeat(5000);
    let cases = [
        record(&long),
        record(&format!("<![CDATA[{long}<]]>")),
        record(&format!("<!--{long}<record>-->")),
        record(&format!("<?a {long}<record>?>")),
        record(&format!("<a b='{long}'/>")),
        record(&format!("{long}&amp;{long}")),
    ];
    let limits = Limits { text: 1000, ..Limits::default() };
    for broken in cases {
        let file = format!("<collection>{}{broken}{}</collection>", record("A"), record("B"));
        let found: Vec<_> = Reader::new(file.as_bytes()).with_limits(limits).collect();
        let [Ok(_), Err(error), Ok(last)] = &found[..] else {
            panic!("{}: {found:?}", &broken[..120])
        };
        assert!(matches!(error.reason, Reason::Limit { limit: 1000, .. }), "{error}");
        assert_eq!(title(last), "B");
    }
    let many = record(&"<a/>".repeat(300));
    let limits = Limits { elements: 100, ..Limits::default() };
    let file = format!("<collection>{many}{}</collection>", record("B"));
    let found: Vec<_> = Reader::new(file.as_bytes()).with_limits(limits).collect();
    assert!(
        matches!(
            &found[..],
            [Err(ReadError { reason: Reason::Limit { limit: 100, .. }, .. }), Ok(_)]
        ),
        "{found:?}"
    );
    let limits = Limits { record: 4000, ..Limits::default() };
    let much = record(&"<a>ten bytes.</a>".repeat(300));
    let file = format!("<collection>{much}{}</collection>", record("B"));
    let found: Vec<_> = Reader::new(file.as_bytes()).with_limits(limits).collect();
    assert!(
        matches!(
            &found[..],
            [Err(ReadError { reason: Reason::Limit { limit: 4000, .. }, .. }), Ok(_)]
        ),
        "{found:?}"
    );
}

#[test]
fn encodings_of_documents() {
    let declared = |encoding: &str| {
        format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{}", record("Café – “naïve” 😀"))
    };
    let little: Vec<u8> = declared("UTF-16").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = declared("UTF-16").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let files = [
        declared("UTF-8").into_bytes(),
        declared("utf8").into_bytes(),
        little.clone(),
        [vec![0xFF, 0xFE], little].concat(),
        [vec![0xFE, 0xFF], big].concat(),
    ];
    for file in files {
        assert_eq!(outcomes(&file), ["Café – “naïve” 😀"]);
    }
    let latin: Vec<u8> = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{}", record("Café"))
        .chars()
        .map(|c| c as u8)
        .collect();
    assert_eq!(outcomes(&latin), ["Café"]);
    let found = items("<?xml version='1.0' encoding='shift_jis'?><record/>");
    assert!(
        matches!(&found[..], [Err(ReadError { reason: Reason::Encoding(name), .. })] if name == "shift_jis"),
        "{found:?}"
    );
    // It claims nothing, and is Windows-1252.
    let found: Vec<_> = Reader::new([record("Caf").as_bytes(), b""].concat().as_slice()).collect();
    assert_eq!(found.len(), 1);
    let broken: Vec<u8> = record("Caf\u{E9}").chars().map(|c| c as u8).collect();
    let found: Vec<_> = Reader::new(broken.as_slice()).collect();
    let entry = found[0].as_ref().unwrap();
    assert_eq!(title(entry), "Café");
    assert_eq!(entry.warnings.len(), 1);
}

#[test]
fn a_document_that_ends_early_has_the_records_before() {
    let end = COLLECTION.rfind("Second").unwrap();
    let found = outcomes(&COLLECTION.as_bytes()[..end]);
    assert_eq!(found, ["First & last", "2: the file ends within the record"]);
    let found = outcomes(&COLLECTION.as_bytes()[..end - 4]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(outcomes(b"").is_empty());
    assert!(outcomes(b"<collection/>").is_empty());
    assert_eq!(outcomes(b"title,author\nA,B\n"), ["1: not well-formed XML: there is no element"]);
    assert_eq!(outcomes(&[b"<collection>", "<a>".repeat(100).as_bytes()].concat()).len(), 1);
}

#[test]
fn fields_without_what_they_need_are_said() {
    let file = "<record><controlfield>1</controlfield><datafield ind1='1'><subfield code='a'>x</subfield></datafield>\
        <datafield tag='500'/><datafield tag='501'><subfield>y</subfield><subfield code='a'>z</subfield></datafield></record>";
    let found = items(file);
    let said: Vec<_> =
        found[0].as_ref().unwrap().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "controlfield: left out, since it has no tag",
            "datafield: left out, since it has no tag",
            "500: left out, since it has no subfields",
            "501: left out, since it has no code of a subfield",
        ]
    );
}
