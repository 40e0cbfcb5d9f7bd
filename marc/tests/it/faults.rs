//! What is wrong with a record costs at most that record.

use bibliographic::{ReadError, Reason, Warning};

use crate::build::{Item, read, record, titled, titles};

/// What happens to the record between two good ones.
enum Fate {
    /// It is read, with these warnings.
    Mended(&'static [Warning]),
    /// It is an error with this text.
    Rejected(&'static str),
}
use Fate::{Mended, Rejected};

const LENGTH: Warning = Warning::Length;
const DIRECTORY: Warning = Warning::Directory;
const TERMINATOR: Warning = Warning::Terminator;

fn changed(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = titled(2);
    change(&mut bytes);
    bytes
}

fn set(position: usize, text: &'static str) -> Vec<u8> {
    changed(|bytes| bytes[position..position + text.len()].copy_from_slice(text.as_bytes()))
}

fn without(position: usize) -> Vec<u8> {
    let mut bytes = titled(2);
    bytes.remove(position);
    bytes
}

type Fault = (&'static str, Vec<u8>, Fate);

/// Wrong lengths and addresses.
fn numbers() -> Vec<Fault> {
    vec![
        ("nothing", titled(2), Mended(&[])),
        ("a length that is too large", set(0, "99999"), Mended(&[LENGTH])),
        ("a length that is too small", set(0, "00030"), Mended(&[LENGTH])),
        ("a length of zero", set(0, "00000"), Mended(&[LENGTH])),
        ("a length that is no number", set(0, "0x1zz"), Mended(&[LENGTH])),
        ("a base address outside", set(12, "99999"), Mended(&[DIRECTORY])),
        ("a base address of zero", set(12, "00000"), Mended(&[DIRECTORY])),
        ("a base address that is no number", set(12, "     "), Mended(&[DIRECTORY])),
        ("a field length that points outside", set(27, "9999"), Mended(&[DIRECTORY])),
        ("a field position that points outside", set(31, "99999"), Mended(&[DIRECTORY])),
        ("a field position that is no number", set(31, "abcde"), Mended(&[DIRECTORY])),
        ("a field length of zero", set(27, "0000"), Mended(&[DIRECTORY])),
    ]
}

/// Wrong bytes between fields and records, and no records.
fn separators() -> Vec<Fault> {
    let length = titled(2).len();
    let title_end = titled(2).iter().position(|byte| *byte == b'y').unwrap() + 11;
    vec![
        ("a leader that lacks a byte", without(6), Mended(&[LENGTH, DIRECTORY])),
        (
            "a directory that lacks a byte",
            without(50),
            Rejected("the directory does not fit the fields"),
        ),
        (
            "a directory without an end",
            set(60, " "),
            Rejected("the directory does not fit the fields"),
        ),
        (
            "a field without terminator",
            changed(|bytes| bytes[title_end] = b' '),
            Rejected("the directory does not fit the fields"),
        ),
        (
            "a last field without terminator",
            changed(|bytes| bytes[length - 2] = b' '),
            Mended(&[DIRECTORY]),
        ),
        ("a terminator within a field", changed(|bytes| bytes[title_end - 3] = 0x1D), Mended(&[])),
        (
            "another byte as record terminator",
            changed(|bytes| bytes[length - 1] = b'\n'),
            Mended(&[TERMINATOR]),
        ),
        ("no record terminator", without(length - 1), Mended(&[TERMINATOR])),
        ("a line end after it", changed(|bytes| bytes.extend(b"\r\n")), Mended(&[])),
        ("two terminators", changed(|bytes| bytes.push(0x1D)), Mended(&[])),
        (
            "a leader only",
            titled(2)[..24].iter().copied().chain([0x1D]).collect(),
            Rejected("the directory does not fit the fields"),
        ),
        ("text", b"This is no record.\x1D".to_vec(), Rejected("no MARC 21 leader")),
        (
            "a page of text",
            [b"Not a record. ".repeat(50), vec![0x1D]].concat(),
            Rejected("no MARC 21 leader"),
        ),
        (
            "too much",
            [&titled(2)[..60], "x".repeat(3 << 20).as_bytes(), b"\x1E\x1D"].concat(),
            Rejected("longer than 2097152 bytes"),
        ),
    ]
}

#[test]
fn a_fault_costs_at_most_its_record() {
    for (name, middle, fate) in numbers().into_iter().chain(separators()) {
        let file = [titled(1), middle.clone(), titled(3)].concat();
        let items = read(&file);
        assert_eq!(items.len(), 3, "{name}: {items:?}");
        let places: Vec<_> = items.iter().map(place).collect();
        let start = titled(1).len() as u64;
        assert_eq!(places[..2], [(1, 0), (2, start)], "{name}");
        assert_eq!(places[2].0, 3, "{name}");
        assert!(places[2].1 >= start + middle.len() as u64 - 3, "{name}: {places:?}");
        match (&items[1], fate) {
            (Ok(entry), Mended(warnings)) => assert_eq!(entry.warnings, warnings, "{name}"),
            (Err(error), Rejected(reason)) => {
                assert_eq!(error.reason.to_string(), reason, "{name}")
            }
            (item, _) => panic!("{name}: {item:?}"),
        }
        let found = titles(&file);
        assert_eq!(
            (found.first().unwrap().as_str(), found.last().unwrap().as_str()),
            ("Title 1", "Title 3"),
            "{name}"
        );
        if let [_, middle, _] = &found[..] {
            assert!(middle.starts_with("Title 2"), "{name}: {middle}");
        }
    }
}

fn place(item: &Item) -> (u64, u64) {
    match item {
        Ok(entry) => (entry.number, entry.offset),
        Err(error) => (error.number, error.offset),
    }
}

#[test]
fn an_empty_file_has_no_records() {
    for bytes in ["", "\n", "\r\n\r\n", "   \n", "\u{FEFF}", "\u{1A}"] {
        assert!(read(bytes.as_bytes()).is_empty(), "{bytes:?}");
    }
}

#[test]
fn a_byte_order_mark_and_lines_between_records_are_passed_over() {
    let file =
        [b"\xEF\xBB\xBF".to_vec(), titled(1), b"\r\n".to_vec(), titled(2), b"\n\n\x1A".to_vec()]
            .concat();
    assert_eq!(titles(&file), ["Title 1", "Title 2"]);
}

#[test]
fn a_file_that_ends_within_a_record_has_the_ones_before() {
    let file = [titled(1), titled(2)].concat();
    for end in titled(1).len() + 1..file.len() - 1 {
        let items = read(&file[..end]);
        assert_eq!(items.len(), 2, "{end}");
        let Err(ReadError { number: 2, reason: Reason::Truncated | Reason::Leader, .. }) =
            &items[1]
        else {
            panic!("{end}: {:?}", items[1]);
        };
    }
    // Only the terminator is missing.
    assert_eq!(titles(&file[..file.len() - 1]), ["Title 1", "Title 2"]);
}

#[test]
fn a_source_that_fails_is_the_last_item() {
    struct Failing(usize);
    impl std::io::Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let bytes = titled(1);
            if self.0 == bytes.len() {
                return Err(std::io::Error::other("unplugged"));
            }
            buffer[0] = bytes[self.0];
            self.0 += 1;
            Ok(1)
        }
    }
    let items: Vec<_> = bibliographic::marc21::Reader::new(Failing(0)).collect();
    assert_eq!(items.len(), 2, "{items:?}");
    assert!(items[0].is_ok());
    let error = items[1].as_ref().unwrap_err();
    assert!(error.is_fatal());
    assert!(error.to_string().contains("unplugged"), "{error}");
}

#[test]
fn records_longer_than_the_format_allows_are_read_in_order() {
    let copies: Vec<Vec<u8>> =
        (0..4000).map(|copy| format!("  \x1Fb{copy:040}").into_bytes()).collect();
    let mut fields: Vec<(&str, &[u8])> = vec![("001", b"7"), ("245", b"00\x1FaA serial.")];
    fields.extend(copies.iter().map(|copy| ("952", copy.as_slice())));
    let mut bytes = record('a', &fields);
    assert!(bytes.len() > 200_000);
    // The length has more digits than room.
    bytes.remove(0);
    bytes.splice(..5, *b"99999");
    let items = read(&[bytes, titled(2)].concat());
    let entry = items[0].as_ref().unwrap();
    assert_eq!(entry.record.fields_of("952").count(), 4000);
    assert_eq!(
        entry
            .record
            .fields_of("952")
            .last()
            .unwrap()
            .subfield('b')
            .unwrap()
            .trim_start_matches('0'),
        "3999"
    );
    assert_eq!(items.len(), 2);
}

#[test]
fn a_directory_cannot_make_more_text_than_there_is() {
    // A thousand entries for the same field of 4000 bytes.
    let field = [b"  \x1Fa".as_slice(), &[b'x'; 3995]].concat();
    let entries = "500400000000".repeat(1000);
    let base = 24 + entries.len() + 1;
    let mut bytes = format!("{:05}nam a22{base:05} a 4500{entries}\x1E", base + 4001).into_bytes();
    bytes.extend(field);
    bytes.extend(b"\x1E\x1D");
    let items = read(&[bytes, titled(2)].concat());
    assert!(matches!(items[0], Err(ReadError { reason: Reason::Directory, .. })), "{:?}", items[0]);
    assert!(items[1].is_ok());
}

#[test]
fn a_limit_of_ones_own_is_kept() {
    let file =
        [record('a', &[("500", &[b'x'; 9000])]), [b'y'; 150_000].to_vec(), vec![0x1D], titled(3)]
            .concat();
    let items: Vec<_> =
        bibliographic::marc21::Reader::new(file.as_slice()).with_limit(100_000).collect();
    assert!(
        matches!(items[1], Err(ReadError { reason: Reason::TooLong { limit: 100_000 }, .. })),
        "{items:?}"
    );
    assert!(items[2].is_ok());
}

#[test]
fn tags_that_are_no_tags_are_kept_and_said() {
    let mut bytes = titled(1);
    bytes[49] = b' ';
    let entry = crate::build::only(&bytes);
    assert_eq!(
        entry.record.fields().map(|field| field.tag().to_owned()).collect::<Vec<_>>(),
        ["001", "245", "3?0"]
    );
    assert_eq!(entry.warnings.len(), 1, "{:?}", entry.warnings);
}

#[test]
fn a_file_is_known_by_its_fields_where_its_leader_is_wrong() {
    use bibliographic::Format;
    let mut bytes = titled(1);
    bytes[10..12].copy_from_slice(b"00");
    bytes[20..24].copy_from_slice(b"    ");
    assert_eq!(Format::detect(&bytes), Some(Format::Marc21));
    assert_eq!(titles(&bytes), ["Title 1"]);
    for text in ["12345,Title,Author\n", "{\"a\": 1}", "", "<html><body/></html>"] {
        assert_eq!(Format::detect(text.as_bytes()), None, "{text}");
    }
}
