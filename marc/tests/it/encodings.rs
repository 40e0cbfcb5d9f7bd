//! Texts in the encoding that their bytes are in, whatever the leader says.

use bibliographic::{Encoding, Record, Warning};

use crate::build::{only, record};

/// The text of a subfield in a record whose leader has `coding` at position 9, and what is said of it.
fn text(coding: char, bytes: &[u8]) -> (String, Vec<Warning>) {
    let field = [b"10\x1Fa", bytes].concat();
    let entry = only(&record(coding, &[("001", b"1"), ("245", &field)]));
    (entry.record.field("245").unwrap().subfield('a').unwrap().to_owned(), entry.warnings)
}

fn marc8(bytes: &[u8]) -> String {
    let (text, warnings) = text(' ', bytes);
    assert_eq!(warnings, [], "{text}");
    text
}

#[test]
fn diacritics_of_marc8_come_before_their_letter() {
    let cases: [(&[u8], &str); 12] = [
        (b"caf\xE2e", "café"),
        (b"\xE8Uber M\xE8uller", "Über Müller"),
        (b"Dvo\xE9r\xE2ak", "Dvořák"),
        (b"fa\xF0cade", "façade"),
        (b"\xEAAngstr\xE8om", "Ångström"),
        (b"se\xE4nor", "señor"),
        // Two marks over one letter, in the order in which they are written.
        (b"Vi\xF2\xE3et", "Việt"),
        (b"Vi\xE3\xF2et", "Việt"),
        // A mark that no letter has with it.
        (b"Tsum hundert\xF2s\xF2n", "Tsum hundertṣṇ"),
        (b"\xE5a\xE5e\xE5x", "āēx\u{304}"),
        // Ligatures reach over two letters.
        (b"Istori\xEBi\xECa", "Istorii\u{361}a"),
        (b"\xFAn\xFBg", "n\u{360}g"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(marc8(bytes), expected, "{bytes:02X?}");
    }
}

#[test]
fn letters_of_ansel_are_letters() {
    let cases: [(&[u8], &str); 4] = [
        (b"\xA1\xA2\xA3\xA4\xA5\xA6\xA7\xA8\xA9\xAA\xAB\xAC\xAD\xAE", "ŁØĐÞÆŒʹ·♭®±ƠƯʼ"),
        (b"\xB0\xB1\xB2\xB3\xB4\xB5\xB6\xB7\xB8\xB9\xBA\xBC\xBD", "ʻłøđþæœʺı£ðơư"),
        (b"\xC0\xC1\xC2\xC3\xC4\xC5\xC6\xC7\xC8", "°ℓ℗©♯¿¡ß€"),
        (b"\x88The \x89end\x8D\x8E", "\u{98}The \u{9C}end\u{200D}\u{200C}"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(marc8(bytes), expected, "{bytes:02X?}");
    }
}

#[test]
fn escape_sequences_call_up_other_sets() {
    let cases: [(&[u8], &str); 11] = [
        (b"\x1Bga\x1Bs-rays and \x1Bgb\x1Bs", "α-rays and β"),
        (b"H\x1Bb2\x1BsO", "H₂O"),
        (b"10\x1Bp-15\x1Bs m", "10⁻¹⁵ m"),
        (b"\x1B(NPRIWET\x1B(B!", "привет!"),
        (b"\x1B,NPRIWET\x1B,B!", "привет!"),
        // The upper half.
        (b"\x1B)N\xF0\xF2\xF2\x1B)!E", "ПРР"),
        (b"\x1B(Sabd", "αβγ"),
        (b"\x1B(2`ab", "אבג"),
        (b"\x1B(3GH", "اب"),
        (b"\x1B(Ba \x1B)!Ecaf\xE2e", "a café"),
        // A character that no set has.
        (b"a &#x4E2D; b &#x2019; &#xZZ; &amp;", "a 中 b ’ &#xZZ; &amp;"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(marc8(bytes), expected, "{bytes:02X?}");
    }
}

#[test]
fn sets_end_with_their_subfield() {
    let entry = only(&record(' ', &[("245", b"10\x1Fa\x1B(NMIR\x1Fbworld")]));
    let field = entry.record.field("245").unwrap();
    assert_eq!(field.subfields().collect::<Vec<_>>(), [('a', "мир"), ('b', "world")]);
}

#[test]
fn what_cannot_be_mapped_is_replaced_and_counted() {
    let cases: [(&[u8], &str, usize); 5] = [
        // Three bytes a character.
        (b"x \x1B$1!0B!0C\x1B(B y", "x \u{FFFD}\u{FFFD} y", 2),
        (b"\x1B$1!0", "\u{FFFD}", 1),
        (b"\x1B(Yab", "\u{FFFD}\u{FFFD}", 2),
        (b"lonely \x1B", "lonely \u{FFFD}", 1),
        (b"\x1Bg!", "\u{FFFD}", 1),
    ];
    for (bytes, expected, count) in cases {
        let (text, warnings) = text(' ', bytes);
        assert_eq!(text, expected, "{bytes:02X?}");
        assert_eq!(
            warnings,
            [Warning::Characters { field: "245".to_owned(), count }],
            "{bytes:02X?}"
        );
    }
}

#[test]
fn validity_decides_about_the_encoding() {
    use Encoding::{Latin1, Marc8, Utf8};
    let cases: [(char, &[u8], &str, Option<Encoding>); 14] = [
        ('a', "café".as_bytes(), "café", None),
        ('a', "cafe\u{301}".as_bytes(), "café", None),
        (' ', "café".as_bytes(), "café", Some(Utf8)),
        (' ', "日本語".as_bytes(), "日本語", Some(Utf8)),
        ('a', b"caf\xE9 M\xFCller", "café Müller", Some(Latin1)),
        ('a', b"\x93quoted\x94 \x96 5 \x80", "“quoted” – 5 €", Some(Latin1)),
        (' ', b"Gr\xFC\xDFe aus K\xF6ln.", "Grüße aus Köln.", Some(Latin1)),
        (' ', b"le caf\xE9 d\xE9j\xE0 vu", "le café déjà vu", Some(Latin1)),
        (' ', b"caf\xE2e", "café", None),
        ('a', b"\x1B(NMIR\x1B(B", "мир", Some(Marc8)),
        ('a', b"caf\xE2e \xB92.99, fa\xF0cade", "café £2.99, façade", Some(Marc8)),
        ('a', b"m\xE3e", "mãe", Some(Latin1)),
        ('a', b"plain", "plain", None),
        (' ', b"plain", "plain", None),
    ];
    for (coding, bytes, expected, used) in cases {
        let (text, warnings) = text(coding, bytes);
        let claimed = if coding == 'a' { Utf8 } else { Marc8 };
        let expected_warnings: Vec<_> =
            used.map(|used| Warning::Encoding { claimed, used }).into_iter().collect();
        assert_eq!(
            (text.as_str(), warnings),
            (expected, expected_warnings),
            "{coding} {bytes:02X?}"
        );
    }
}

#[test]
fn a_text_that_was_cut_within_a_character_stays_utf8() {
    let (text, warnings) = text('a', b"\xC3\x89tudes \xC3\xA0 la caf\xC3");
    assert_eq!(text, "Études à la caf\u{FFFD}");
    assert_eq!(warnings, [Warning::Characters { field: "245".to_owned(), count: 1 }]);
}

#[test]
fn fields_of_one_record_may_differ() {
    let utf8 = "10\u{1F}aÉtude".as_bytes();
    let entry = only(&record(
        'a',
        &[("245", utf8), ("500", b"  \x1Fa\xC9tude"), ("653", "  \u{1F}aétude".as_bytes())],
    ));
    let texts: Vec<_> =
        entry.record.fields().filter_map(|field| field.subfield('a').map(str::to_owned)).collect();
    assert_eq!(texts, ["Étude", "Étude", "étude"]);
    assert_eq!(entry.warnings.len(), 1, "{:?}", entry.warnings);
}

#[test]
fn a_mark_at_the_start_of_a_subfield_leaves_its_code_alone() {
    let entry = only(&record('a', &[("245", "10\u{1F}a\u{301}e\u{301}".as_bytes())]));
    assert_eq!(entry.record.field("245").unwrap().subfield('a'), Some("\u{301}é"));
}

#[test]
fn control_characters_do_not_reach_a_record() {
    let entry = only(&record(
        'a',
        &[("245", "10\u{1F}a\u{98}The \u{9C}big\u{0}\t  book\u{A0}/".as_bytes())],
    ));
    assert_eq!(Record::from(&entry.record).title, "The big book");
    // What stood on both sides of one is one text.
    let entry =
        only(&record('a', &[("245", "10\u{1F}ae\u{8}\u{301}te\u{315}\u{1}\u{323}".as_bytes())]));
    assert_eq!(Record::from(&entry.record).title, "éte\u{323}\u{315}".replace("e\u{323}", "ẹ"));
}
