//! Tables as programs write them, and what is found in their first bytes.

use proptest::prelude::*;

use super::{
    super::{Options, text_rows::columns},
    *,
};

fn find(sample: &str, given: Table, map: &[(&str, &str)]) -> Dialect {
    let map = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let options = Options { map, ..Options::default() };
    Dialect::find(sample.as_bytes(), true, &given, &|names| columns(names, &options))
}

fn dialect(delimiter: u8, skip_lines: u64) -> Dialect {
    Dialect { delimiter, line_ends: LineEnds::Lf, skip_lines }
}

#[test]
fn delimiters_and_lines_above_the_header_are_found() {
    for (sample, expected) in [
        ("title,author\nA,x\n", dialect(b',', 0)),
        ("title;author\r\nA;x\r\n", dialect(b';', 0)),
        ("title\tauthor\nA\tx\n", dialect(b'\t', 0)),
        ("title|author\nA|x\n", dialect(b'|', 0)),
        ("\n\ntitle;author\nA;x\n", dialect(b';', 0)),
        ("sep=;\r\ntitle;author\r\nA;x\r\n", dialect(b';', 1)),
        ("\"SEP=|\"\ntitle|author\nA|x\n", dialect(b'|', 1)),
        ("sep=\t\ntitle\tauthor\nA\tx\n", dialect(b'\t', 1)),
        ("sep=,\n\ntitle,author\nA,x\n", dialect(b',', 2)),
        ("My books\n12.5.2026; \"all\n\ntitle;author;year\nA;x;2001\n", dialect(b';', 3)),
        ("\"title\",\"author\"", dialect(b',', 0)),
        // The one with which more columns are ours.
        ("title;author;year,isbn\n", dialect(b';', 0)),
        // No header is known: the delimiter of all rows alike.
        ("Titel;Verfasser\nA, b;x\nB;y\n", dialect(b';', 0)),
        ("Titel\nA\n", dialect(b',', 0)),
        ("", dialect(b',', 0)),
    ] {
        assert_eq!(find(sample, Table::default(), &[]), expected, "{sample:?}");
    }
}

#[test]
fn what_is_given_is_not_looked_for() {
    let given = |delimiter: Option<u8>, skip_lines: Option<u64>| Table {
        delimiter,
        skip_lines,
        ..Table::default()
    };
    let sample = "a\ntitle,author;x\nb\ntitle;author\n";
    assert_eq!(find(sample, Table::default(), &[]), dialect(b';', 3));
    assert_eq!(find(sample, given(Some(b';'), Some(1)), &[]), dialect(b';', 1));
    assert_eq!(find(sample, given(Some(b','), None), &[]), dialect(b',', 0));
    assert_eq!(find(sample, given(None, Some(3)), &[]), dialect(b';', 3));
    let map = [("title", "T"), ("author", "A")];
    assert_eq!(find("x\nT|A|b\n", Table::default(), &map), dialect(b'|', 1));
    let settled = Table::from(dialect(b'|', 1));
    assert_eq!(find("x\nT|A|b\n", settled, &map), dialect(b'|', 1));
}

#[test]
fn line_ends_are_carriage_returns_only_where_no_line_feeds_are() {
    for (sample, ends) in [
        ("title,author\rA,x\r", LineEnds::Cr),
        ("title,author\r\"two\nlines\",x\r", LineEnds::Cr),
        ("title,author\r\nA,x\r\n", LineEnds::Lf),
        ("title,author\n\"A\rB\",x\n", LineEnds::Lf),
        ("title,author\n", LineEnds::Lf),
    ] {
        let found = find(sample, Table::default(), &[]);
        assert_eq!(
            (found.line_ends, found.delimiter, found.skip_lines),
            (ends, b',', 0),
            "{sample:?}"
        );
    }
    let cut = Dialect::find(b"title,author\r", false, &Table::default(), &|names| {
        columns(names, &Options::default())
    });
    assert_eq!(cut.line_ends, LineEnds::Lf);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(sample in "[a,;|\t\"\r\n=]{0,40}|\\PC{0,40}", is_whole: bool) {
        Dialect::find(sample.as_bytes(), is_whole, &Table::default(), &|names| columns(names, &Options::default()));
    }
}
