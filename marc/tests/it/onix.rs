//! Products of ONIX 3, with reference names and with short tags.

use bibliographic::{Format, Kind, ReadError, Reason, Record, Role, SubjectKind, onix::Reader};

pub const REFERENCE: &str = include_str!("onix/reference.xml");

pub const SHORT: &str = include_str!("onix/short.xml");

fn only(text: &str) -> Record {
    let mut items: Vec<_> = Reader::new(text.as_bytes()).collect();
    assert_eq!(items.len(), 1, "{items:?}");
    let entry = items.remove(0).unwrap();
    assert_eq!(entry.warnings, []);
    entry.record
}

/// A product with these parts of its descriptive detail, and of the rest.
fn product(detail: &str, rest: &str) -> String {
    let id = "<RecordReference>1</RecordReference>";
    format!(
        "<ONIXMessage><Product>{id}<DescriptiveDetail>{detail}</DescriptiveDetail>{rest}</Product></ONIXMessage>"
    )
}

#[test]
fn a_product_with_reference_names() {
    let record = only(REFERENCE);
    assert_eq!(record.control_number.as_deref(), Some("com.example.1"));
    assert_eq!(
        (record.title.as_str(), record.subtitle.as_deref()),
        ("The Paper Garden", Some("A Story"))
    );
    assert_eq!(record.title_with_parts(), "The Paper Garden. Book 2");
    assert_eq!(
        record.isbns.iter().map(|isbn| isbn.text.as_str()).collect::<Vec<_>>(),
        ["9780306406157", "0306406152"]
    );
    let contributors: Vec<_> = record
        .contributors
        .iter()
        .map(|one| (one.name.as_str(), one.direct_name(), one.kind))
        .collect();
    let expected = [
        ("Ada Finch", "Ada Finch", Kind::Person),
        ("Okafor, Ben", "Ben Okafor", Kind::Person),
        ("Vincent van Berg", "Vincent van Berg", Kind::Person),
        ("The Garden Club", "The Garden Club", Kind::Corporate),
    ];
    assert_eq!(contributors, expected.map(|(name, direct, kind)| (name, direct.to_owned(), kind)));
    assert_eq!(record.contributors[0].roles, [Role::Author, Role::Illustrator]);
    assert_eq!(
        record.authors().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["Ada Finch", "Vincent van Berg"]
    );
    assert_eq!(record.edition.as_deref(), Some("2"));
    assert_eq!(record.languages, ["eng"]);
    assert_eq!(record.pages.as_deref(), Some("448"));
    let subjects: Vec<_> =
        record.subjects.iter().map(|subject| (subject.text.as_str(), subject.kind)).collect();
    let keyword = SubjectKind::Keyword;
    assert_eq!(
        subjects,
        [("Fiction", SubjectKind::Topic), ("gardens", keyword), ("paper", keyword)]
    );
    assert_eq!(record.description.as_deref(), Some("One & only.\n\nTwo."));
    assert_eq!(
        (record.publisher.as_deref(), record.place.as_deref()),
        (Some("Tree"), Some("London"))
    );
    assert_eq!(record.year.as_deref(), Some("2020-03-05"));
    assert_eq!(record.series[0].name, "Green classics");
    assert_eq!(record.series[0].number.as_deref(), Some("4"));
}

#[test]
fn short_tags_say_the_same() {
    assert_eq!(only(SHORT), only(REFERENCE));
    for text in [SHORT, REFERENCE] {
        assert_eq!(Format::detect(text.as_bytes()), Some(Format::Onix));
    }
}

#[test]
fn dates_are_what_their_format_says() {
    let cases = [
        ("<Date dateformat='00'>20200305</Date>", "2020-03-05"),
        ("<Date dateformat='01'>202003</Date>", "2020-03"),
        ("<Date dateformat='05'>2020</Date>", "2020"),
        ("<Date dateformat='02'>202012</Date>", "2020"),
        ("<Date dateformat='13'>20200305T1200</Date>", "2020-03-05"),
        ("<Date dateformat='12'>Spring 2020</Date>", "Spring 2020"),
        ("<Date dateformat='25'>1441</Date>", "1441 AH"),
        ("<Date>20200305</Date>", "2020-03-05"),
        ("<Date>2020</Date>", "2020"),
        ("<Date>n.d.</Date>", "n.d."),
        ("<DateFormat>01</DateFormat><Date>202003</Date>", "2020-03"),
    ];
    for (date, expected) in cases {
        let date = format!(
            "<PublishingDate><PublishingDateRole>01</PublishingDateRole>{date}</PublishingDate>"
        );
        let record = only(&product("", &format!("<PublishingDetail>{date}</PublishingDetail>")));
        assert_eq!(record.year.as_deref(), Some(expected), "{date}");
    }
}

#[test]
fn extents_other_than_pages_are_no_pages() {
    let extent = |kind: &str, value: &str, unit: &str| {
        format!(
            "<Extent><ExtentType>{kind}</ExtentType><ExtentValue>{value}</ExtentValue><ExtentUnit>{unit}</ExtentUnit></Extent>"
        )
    };
    let cases = [
        (extent("09", "600", "05"), None),
        (extent("00", "600", "05"), None),
        (extent("22", "3", "19") + &extent("11", "300", "03"), Some("300")),
        (extent("07", "320", "03") + &extent("11", "300", "03"), Some("300")),
        (extent("10", "310", "03"), Some("310")),
        (extent("05", "312", "03") + &extent("03", "12", "03"), Some("312")),
    ];
    for (detail, expected) in cases {
        assert_eq!(only(&product(&detail, "")).pages.as_deref(), expected, "{detail}");
    }
}

#[test]
fn titles_and_names_in_other_shapes() {
    let element = |text: &str| {
        format!(
            "<TitleDetail><TitleType>01</TitleType><TitleElement>{text}</TitleElement></TitleDetail>"
        )
    };
    let level = "<TitleElementLevel>01</TitleElementLevel>";
    let cases = [
        (format!("{level}<NoPrefix/><TitleWithoutPrefix>Gardens</TitleWithoutPrefix>"), "Gardens"),
        (
            format!(
                "{level}<TitlePrefix>L’</TitlePrefix><TitleWithoutPrefix>étranger</TitleWithoutPrefix>"
            ),
            "L’étranger",
        ),
        ("<TitleText>No level</TitleText>".to_owned(), "No level"),
        (format!("{level}<PartNumber>Volume 3</PartNumber>"), "Volume 3"),
    ];
    for (text, expected) in cases {
        assert_eq!(only(&product(&element(&text), "")).title, expected, "{text}");
    }
    let names = [
        ("01", Some("Unknown")),
        ("02", Some("Anonymous")),
        ("03", None),
        ("04", Some("Various")),
        ("05", None),
    ];
    for (code, expected) in names {
        let detail = format!(
            "<Contributor><ContributorRole>A01</ContributorRole><UnnamedPersons>{code}</UnnamedPersons></Contributor>"
        );
        let record = only(&product(&detail, ""));
        assert_eq!(record.contributors.first().map(|one| one.name.as_str()), expected, "{code}");
    }
}

#[test]
fn descriptions_become_paragraphs() {
    let cases = [
        ("<Text>Plain\n\nand plain</Text>", "Plain\n\nand plain"),
        ("<Text textformat='06'>a &lt;b&gt; c</Text>", "a <b> c"),
        ("<Text textformat='02'>&lt;b&gt;A&lt;/b&gt; &amp;lt; B&lt;br/&gt;C</Text>", "A < B\n\nC"),
        ("<Text><![CDATA[<ul><li>A</li><li>B &eacute; &#233;</li></ul>]]></Text>", "A\n\nB é é"),
        ("<Text>1 &lt; 2 and 3 &gt; 2 &amp; so</Text>", "1 < 2 and 3 > 2 & so"),
        ("<Text textformat='05'><p>A</p>B<br/>C</Text>", "A\n\nB\n\nC"),
    ];
    for (text, expected) in cases {
        let content = format!(
            "<CollateralDetail><TextContent><TextType>03</TextType>{text}</TextContent></CollateralDetail>"
        );
        let record = only(&product("", &content));
        assert_eq!(record.description.as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn products_that_are_no_books_to_import_say_why() {
    let withdrawn = "<Product><RecordReference>1</RecordReference><NotificationType>05</NotificationType></Product>";
    let old = "<Product><RecordReference>2</RecordReference><Title><TitleText>Old</TitleText></Title></Product>";
    let block = "<Product><RecordReference>3</RecordReference><NotificationType>04</NotificationType></Product>";
    let broken = "<Product><RecordReference>3</RecordReference><DescriptiveDetail></Product>";
    let good = "<Product><RecordReference>4</RecordReference><DescriptiveDetail/></Product>";
    let file = format!("<ONIXMessage>{withdrawn}{old}{block}{broken}{good}</ONIXMessage>");
    let found: Vec<_> = Reader::new(file.as_bytes()).collect();
    let [Err(first), Err(second), Err(block), Err(third), Ok(last)] = &found[..] else {
        panic!("{found:?}")
    };
    assert!(matches!(first, ReadError { number: 1, reason: Reason::Withdrawn, .. }), "{first}");
    assert!(matches!(second, ReadError { number: 2, reason: Reason::NotOnix3, .. }), "{second}");
    assert!(matches!(block, ReadError { number: 3, reason: Reason::NoDescription, .. }), "{block}");
    assert!(matches!(third, ReadError { number: 4, reason: Reason::Element(_), .. }), "{third}");
    assert_eq!(last.record.control_number.as_deref(), Some("4"));
}
