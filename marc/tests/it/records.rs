//! What MARC fields say about a book.

use bibliographic::{Kind, Part, Role, SubjectKind, direct_name};

use crate::build::{Field, neutral};

/// Tags with their fields, in which `$` is the delimiter.
type Fields<'a> = &'a [(&'a str, &'a str)];

fn marc(fields: Fields<'_>) -> bibliographic::Record {
    let texts: Vec<_> =
        fields.iter().map(|(tag, text)| (*tag, text.replace('$', "\u{1F}"))).collect();
    let fields: Vec<Field<'_>> = texts.iter().map(|(tag, text)| (*tag, text.as_bytes())).collect();
    neutral(&fields)
}

#[test]
fn titles_lose_the_marks_between_their_subfields() {
    let cases = [
        ("10$aThe paper garden /$cAda Finch.", "The paper garden", None, ""),
        ("10$aThe paper garden :$ba story.", "The paper garden", Some("a story"), ""),
        ("10$aGarten =$bGarden : poems /$cx.", "Garten", Some("Garden : poems"), ""),
        ("00$aHistory.$nPart 2,$pThe war.", "History", None, "Part 2|The war"),
        ("00$aHistory.$nBd. 1.$nTeil 2,$pEnde.", "History", None, "Bd. 1||Teil 2|Ende"),
        ("00$aArt.$pPainting.", "Art", None, "|Painting"),
        ("10$aTales, etc. /$cx.", "Tales, etc.", None, ""),
        ("10$aAdventures of Mr.", "Adventures of Mr.", None, ""),
        ("10$aWho is J.D.?", "Who is J.D.?", None, ""),
        ("10$aLife in the U.S.A.", "Life in the U.S.A.", None, ""),
        ("10$aWaiting ...", "Waiting ...", None, ""),
        ("10$aMaking sense of C++ /$cx.", "Making sense of C++", None, ""),
        ("10$aA title:$bsloppy/$cx", "A title", Some("sloppy"), ""),
        ("10$a$bOnly the rest", "Only the rest", None, ""),
        ("10$pOnly a part", "Only a part", None, ""),
        ("10$kLetters,$f1901.", "Letters", None, ""),
    ];
    for (field, title, subtitle, parts) in cases {
        let record = marc(&[("245", field)]);
        let text = |part: &Part| {
            format!(
                "{}|{}",
                part.number.clone().unwrap_or_default(),
                part.name.clone().unwrap_or_default()
            )
        };
        let found = record.parts.iter().map(text).collect::<Vec<_>>().join("|");
        assert_eq!(
            (record.title.as_str(), record.subtitle.as_deref(), found.as_str()),
            (title, subtitle, parts),
            "{field}"
        );
    }
    assert_eq!(marc(&[("240", "10$aPlays.$kSelections")]).title, "Plays");
    let record = marc(&[("245", "00$aHistory.$nPart 2,$pThe war.")]);
    assert_eq!(record.title_with_parts(), "History. Part 2, The war");
}

#[test]
fn a_leader_that_omits_punctuation_is_believed() {
    let mut bytes = crate::build::record(
        'a',
        &[("245", b"10\x1FaWhat is it, Dr.\x1FbA play,"), ("260", b"  \x1Fbx :")],
    );
    bytes[18] = b'c';
    let record = bibliographic::Record::from(&crate::build::only(&bytes).record);
    assert_eq!(
        (record.title.as_str(), record.subtitle.as_deref()),
        ("What is it, Dr.", Some("A play,"))
    );
    // A mark after a space is one all the same.
    assert_eq!(record.publisher.as_deref(), Some("x"));
}

#[test]
fn deleted_records_and_those_of_other_types_are_not_books() {
    let title: Field<'_> = ("245", b"10\x1FaX");
    let with = |position: usize, byte: u8, fields: &[Field<'_>]| {
        let mut bytes = crate::build::record('a', fields);
        bytes[position] = byte;
        bytes
    };
    let cases = [
        (with(5, b'd', &[title]), Some("the source has withdrawn it")),
        (with(5, b'c', &[title]), None),
        (
            with(6, b'z', &[("100", b"1 \x1FaX")]),
            Some("not a bibliographic record, but one of type `z`"),
        ),
        (with(6, b'x', &[title]), None),
        (
            with(5, b'n', &[("200", b"1 \x1FaX\x1FfY")]),
            Some("a UNIMARC record; only MARC 21 is supported"),
        ),
        (with(6, b't', &[("100", b"1 \x1FaX")]), None),
    ];
    for (bytes, expected) in cases {
        let item = bibliographic::Records::new(bibliographic::Format::Marc21, bytes.as_slice())
            .next()
            .unwrap();
        assert_eq!(item.err().map(|error| error.reason.to_string()).as_deref(), expected);
    }
}

#[test]
fn contributors_stand_in_order_with_their_roles() {
    let record = marc(&[
        ("100", "1 $aFinch, Ada J.,$d1950-$eauthor."),
        ("245", "10$aX"),
        ("700", "1 $aOkafor, Ben,$cSir,$etranslator.$4trl$4ill"),
        ("700", "12$aBrontë, Emily.$tWuthering Heights."),
        ("700", "0 $aJohn Paul$bII,$cPope,$d1920-2005,$4http://id.loc.gov/vocabulary/relators/aui"),
        ("700", "1 $aFinch, Ada J.,$d1950-$eillustrator."),
        ("710", "2 $aGarden Club.$bPress Office,$eHerausgeber."),
        ("711", "2 $aMeeting of Gardeners$n(3rd :$d1999 :$cParis),$jsponsor."),
        ("720", "  $aBen Okafor$eeditor"),
        ("730", "0 $aA uniform title."),
    ]);
    let found: Vec<_> = record
        .contributors
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.direct_name(),
                one.kind,
                one.roles.iter().map(Role::term).collect::<Vec<_>>().join("+"),
            )
        })
        .collect();
    let expected = [
        ("Finch, Ada J.", "Ada J. Finch", Kind::Person, "author+illustrator"),
        ("Okafor, Ben", "Ben Okafor", Kind::Person, "translator+illustrator"),
        ("John Paul II", "John Paul II", Kind::Person, "aui"),
        ("Garden Club. Press Office", "Garden Club. Press Office", Kind::Corporate, "editor"),
        (
            "Meeting of Gardeners (3rd : 1999 : Paris)",
            "Meeting of Gardeners (3rd : 1999 : Paris)",
            Kind::Meeting,
            "sponsor",
        ),
        ("Ben Okafor", "Ben Okafor", Kind::Person, "editor"),
    ];
    assert_eq!(
        found,
        expected.map(|(name, direct, kind, roles)| (
            name,
            direct.to_owned(),
            kind,
            roles.to_owned()
        ))
    );
    assert_eq!(record.contributors[0].dates.as_deref(), Some("1950-"));
    assert_eq!(record.contributors[1].titles.as_deref(), Some("Sir"));
    assert_eq!(record.authors().count(), 1);
}

#[test]
fn works_in_a_book_without_authors_name_its_contributors() {
    let record = marc(&[
        ("245", "00$aTwo plays"),
        ("700", "12$aShaw, G. B.$tCandida."),
        ("700", "1 $aOther, A.$tRelated work."),
    ]);
    assert_eq!(
        record.contributors.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["Shaw, G. B."]
    );
}

#[test]
fn names_are_turned() {
    let cases = [
        ("Finch, Ada", "Ada Finch"),
        ("King, Martin Luther, Jr.", "Martin Luther King, Jr."),
        ("Plato", "Plato"),
        ("Berg, Vincent van den", "Vincent van den Berg"),
        ("Finch,", "Finch"),
        ("", ""),
        (", x", ", x"),
    ];
    for (name, expected) in cases {
        assert_eq!(direct_name(name), expected, "{name}");
    }
}

#[test]
fn isbns_stay_as_they_are_written() {
    let record = marc(&[
        ("020", "  $a9780306406157 (pbk.) :$c$9.99"),
        ("020", "  $a0306406152$q(hardcover)$qacid-free ;$z0306406153"),
        ("020", "  $z978-0-306-40615-8 (ebook)"),
    ]);
    let found: Vec<_> = record
        .isbns
        .iter()
        .map(|isbn| (isbn.text.as_str(), isbn.qualifiers.join("+"), isbn.cancelled))
        .collect();
    let expected = [
        ("9780306406157 (pbk.)", "", false),
        ("0306406152", "(hardcover)+acid-free", false),
        ("0306406153", "", true),
        ("978-0-306-40615-8 (ebook)", "", true),
    ];
    assert_eq!(
        found,
        expected.map(|(text, qualifiers, cancelled)| (text, qualifiers.to_owned(), cancelled))
    );
}

#[test]
fn the_year_is_the_first_that_there_is() {
    let coded = ("008", "870101s1986    xxu           000 1 eng d");
    let cases: [(Fields<'_>, Option<&str>); 11] = [
        (&[("260", "  $aLondon :$bTor,$cc1987.")], Some("c1987")),
        (&[("264", " 1$c[1987?]"), ("264", " 4$c©1985")], Some("[1987?]")),
        (&[("264", " 4$c©1985"), ("264", " 1$c1987-")], Some("1987-")),
        (&[("264", " 4$c©1985"), ("264", " 1$c[date not identified]")], Some("©1985")),
        (&[coded, ("260", "  $c[n.d.]")], Some("1986")),
        (&[("260", "  $c[n.d.]")], Some("[n.d.]")),
        (&[coded], Some("1986")),
        (&[("008", "870101nuuuuuuuuxxu           000 1 eng d")], None),
        (&[("008", "870101|||||||||xxu")], None),
        (&[("008", "8701")], None),
        (&[("260", "  $cMay 1987, c1986.")], Some("May 1987, c1986")),
    ];
    for (fields, expected) in cases {
        assert_eq!(marc(fields).year.as_deref(), expected, "{fields:?}");
    }
}

#[test]
fn publication_and_extent() {
    let record = marc(&[
        ("250", "  $a2nd ed., rev."),
        ("260", "  $a[London :$bWiley & Sons, Inc.,$c1987]"),
        ("300", "  $axii, 300 p., [8] p. of plates :$bill. ;$c24 cm +$e1 CD"),
    ]);
    assert_eq!(record.edition.as_deref(), Some("2nd ed., rev."));
    assert_eq!(
        (record.place.as_deref(), record.publisher.as_deref()),
        (Some("London"), Some("Wiley & Sons, Inc."))
    );
    assert_eq!(record.pages.as_deref(), Some("xii, 300 p., [8] p. of plates"));
    for (field, expected) in [
        ("  $a448 p. ;", "448 p."),
        ("  $a1 v. +", "1 v."),
        ("  $a448 pages", "448 pages"),
        ("  $a27 p.,", "27 p."),
    ] {
        assert_eq!(marc(&[("300", field)]).pages.as_deref(), Some(expected), "{field}");
    }
}

#[test]
fn languages_are_codes() {
    let coded = ("008", "870101s1986    xxu           000 1 eng d");
    let cases: [(Fields<'_>, &[&str]); 8] = [
        (&[coded], &["eng"]),
        (&[coded, ("041", "1 $aeng$afre$hger")], &["eng", "fre"]),
        (&[("041", "0 $aengfreger")], &["eng", "fre", "ger"]),
        (&[("041", " 7$aen$2iso639-1")], &["en"]),
        (&[("041", " 7$agerman$2local")], &["german"]),
        (&[("008", "870101s1986    xxu           000 1 ||| d")], &[]),
        (&[("008", "870101s1986    xxu           000 1 und d")], &[]),
        // A byte is missing, and spaces of two bytes.
        (&[("008", "870101s1986\u{A0}\u{A0}\u{A0}\u{A0}xxu          000 1 eng d")], &["eng"]),
    ];
    for (fields, expected) in cases {
        assert_eq!(marc(fields).languages, expected, "{fields:?}");
    }
}

#[test]
fn subjects_series_and_summaries() {
    let record = marc(&[
        ("490", "1 $aGreen classics ;$v4"),
        ("520", "  $aFirst part.$bMore of it."),
        ("520", "  $aSecond."),
        ("650", " 0$aGardens$zEngland$xHistory."),
        ("650", " 7$aGardens$zEngland$xHistory.$2fast"),
        ("651", " 0$aParis (France)"),
        ("653", "  $apaper$agardens"),
        ("830", " 0$aGreen classics (London) ;$v4."),
    ]);
    assert_eq!(record.series.len(), 1);
    assert_eq!(
        (record.series[0].name.as_str(), record.series[0].number.as_deref()),
        ("Green classics", Some("4"))
    );
    assert_eq!(record.description.as_deref(), Some("First part. More of it.\n\nSecond."));
    let subjects: Vec<_> =
        record.subjects.iter().map(|subject| (subject.text.as_str(), subject.kind)).collect();
    let expected = [
        ("Gardens -- England -- History", SubjectKind::Topic),
        ("Paris (France)", SubjectKind::Place),
        ("paper", SubjectKind::Keyword),
        ("gardens", SubjectKind::Keyword),
    ];
    assert_eq!(subjects, expected);
    let traced = marc(&[("830", " 0$aMemoirs.$nSeries 2,$pHistory ;$vno. 12.")]);
    assert_eq!(
        (traced.series[0].name.as_str(), traced.series[0].number.as_deref()),
        ("Memoirs. Series 2. History", Some("no. 12"))
    );
    let old = marc(&[("440", " 0$aPenguin books ;$v7")]);
    assert_eq!(old.series[0].name, "Penguin books");
}

/// A test of work that must not grow with the square of a record: it would not end.
#[test]
fn records_of_absurd_length_are_read() {
    let field =
        |tag: &'static str, parts: Vec<String>| (tag, parts.concat().replace('$', "\u{1F}"));
    let name = |number: usize| ("700", format!("1 \u{1F}aName {number}"));
    let mut fields: Vec<_> = (0..40_000).map(name).collect();
    fields.push(field("700", (0..50_000).map(|number| format!("$aX$er{number}")).collect()));
    fields.push(field("653", (0..50_000).map(|number| format!("$ak{number}")).collect()));
    fields.push(field("830", (0..50_000).map(|_| "$ax$px".to_owned()).collect()));
    fields.push(field("041", (0..50_000).map(|number| format!("$a{number}")).collect()));
    let fields: Vec<Field<'_>> = fields.iter().map(|(tag, text)| (*tag, text.as_bytes())).collect();
    for part in fields.chunks(30_000) {
        let mut bytes = crate::build::record('a', part);
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        bytes.splice(..digits, *b"99999");
        let digits = bytes[12..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        bytes.splice(12..12 + digits, *b"99999");
        let record = bibliographic::Record::from(&crate::build::only(&bytes).record);
        assert!(record.contributors.len() >= 10_000);
    }
}

#[test]
fn marks_without_end_are_read() {
    let marks = [b"10\x1Faa".as_slice(), &[0xE2; 200_000], b"b", &[0xEC; 200_000]].concat();
    let mut bytes = crate::build::record(' ', &[("245", &marks)]);
    bytes.splice(..6, *b"99999");
    let entry = crate::build::only(&bytes);
    assert!(entry.record.field("245").is_some_and(|field| field.value().len() > 400_000));
}
