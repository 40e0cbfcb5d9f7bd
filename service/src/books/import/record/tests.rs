//! Records as the `csv` crate parses them, and malformed ones that affect no other.

use proptest::prelude::*;

use super::{super::cost, *};

type Rows = Vec<(u64, Result<Vec<String>, Broken>)>;

fn read(text: &[u8], width: Option<usize>) -> Rows {
    let mut records = Records::new(Source::new(text), b',');
    if let Some(width) = width {
        records.expect_width(width);
    }
    rows(records)
}

fn rows(mut records: Records<&[u8]>) -> Rows {
    let mut rows = Vec::new();
    while let Some(record) = records.next().unwrap() {
        let fields = record.fields.map(|fields| {
            (0..fields.len())
                .map(|i| String::from_utf8_lossy(fields.get(i).unwrap()).into_owned())
                .collect()
        });
        rows.push((record.line, fields));
    }
    rows
}

fn row(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, Broken>) {
    (line, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
}

#[test]
fn well_formed_records_are_read_as_rfc_4180_says() {
    let cases: [(&str, Rows); 6] = [
        ("a,b\nc,d\n", vec![row(1, &["a", "b"]), row(2, &["c", "d"])]),
        ("a,b\r\nc,d", vec![row(1, &["a", "b"]), row(2, &["c", "d"])]),
        ("\"a,\"\"1\"\"\",\"\"\r\n", vec![row(1, &["a,\"1\"", ""])]),
        ("\"two\nlines\",x\ny,z\n", vec![row(1, &["two\nlines", "x"]), row(3, &["y", "z"])]),
        ("\n\na\n\n", vec![row(3, &["a"])]),
        ("5\" disk,\n", vec![row(1, &["5\" disk", ""])]),
    ];
    for (text, rows) in cases {
        assert_eq!(read(text.as_bytes(), None), rows, "{text:?}");
    }
}

#[test]
fn a_broken_record_costs_one_line() {
    let narrow = Err(Broken::Narrower { found: 1, expected: 2 });
    let wide = || Err(Broken::Wider { expected: 2 });
    let cases: [(&str, Rows); 5] = [
        ("\"open,b\nc,d\n", vec![(1, Err(Broken::Unclosed)), row(2, &["c", "d"])]),
        (
            "\"open,b\nc,d\n\"e, f\",g\n",
            vec![(1, Err(Broken::Unclosed)), row(2, &["c", "d"]), row(3, &["e, f", "g"])],
        ),
        ("\"a\"b,c\nd,e\n", vec![(1, Err(Broken::AfterQuote)), row(2, &["d", "e"])]),
        ("a\nb,c\nd,e,f\n", vec![(1, narrow), row(2, &["b", "c"]), (3, wide())]),
        // The quote of line 2 closes the one of line 1: too many fields, so line 2 is read separately.
        (
            "\"a,b\nc,\"d\",e\nf,g",
            vec![(1, Err(Broken::Unclosed)), (2, wide()), row(3, &["f", "g"])],
        ),
    ];
    for (text, rows) in cases {
        assert_eq!(read(text.as_bytes(), Some(2)), rows, "{text:?}");
    }
}

#[test]
fn a_line_is_mended_where_its_fields_can_be_determined() {
    let narrow = |found| Err(Broken::Narrower { found, expected: 3 });
    let wide = || Err(Broken::Wider { expected: 3 });
    let cases: [(&str, Rows); 23] = [
        // Quotes that are not doubled.
        ("\"The \"Real\" Book\",b,c\n", vec![row(1, &["The \"Real\" Book", "b", "c"])]),
        ("\"Real\" Book,b,c\n", vec![row(1, &["\"Real\" Book", "b", "c"])]),
        ("\"\"Real\", Book\",b,c", vec![(1, Err(Broken::AfterQuote))]),
        ("a,\"x \"y\", z\",\"c \"\"d\"\"\"\r\n", vec![(1, Err(Broken::AfterQuote))]),
        ("a,\"x \"y\" z\",\"c, \"\"d\"\"\"\r\n", vec![row(1, &["a", "x \"y\" z", "c, \"d\""])]),
        // Quotes after a backslash.
        ("\"Peggy \\\"x\\\", y\",b,\"c\\\\\"\n", vec![row(1, &["Peggy \"x\", y", "b", "c\\\\"])]),
        ("\"open,b,c\nd,e,f\n", vec![(1, Err(Broken::Unclosed)), row(2, &["d", "e", "f"])]),
        ("\"a\"b,c\n", vec![(1, Err(Broken::AfterQuote))]),
        ("\"a\"b,c,d,e\n", vec![(1, Err(Broken::AfterQuote))]),
        // Empty fields more, or fewer that nobody reads.
        ("a,b,c,,\nd,e,f,,\n", vec![row(1, &["a", "b", "c"]), row(2, &["d", "e", "f"])]),
        ("a,\"b\n\",c,\nd,e,f,\n", vec![row(1, &["a", "b\n", "c"]), row(3, &["d", "e", "f"])]),
        ("a,b,c,\nd,e,f\n", vec![(1, wide()), row(2, &["d", "e", "f"])]),
        ("1,Powers, Stephen,\n", vec![row(1, &["1", "Powers, Stephen", ""])]),
        ("a,b,c,\n", vec![(1, wide())]),
        ("a,b,c,d\n", vec![(1, Err(Broken::Wider { expected: 3 }))]),
        ("a,b\n", vec![row(1, &["a", "b"])]),
        ("a\n", vec![(1, narrow(1))]),
        ("a,\"b\nc\"\n", vec![(1, narrow(2)), (2, narrow(1))]),
        (",,,,,\n", vec![]),
        // Commas without quotes.
        ("1,Powers, Stephen,1999\n", vec![row(1, &["1", "Powers, Stephen", "1999"])]),
        ("A, b, c,d,\"e, f\"\n", vec![row(1, &["A, b, c", "d", "e, f"])]),
        ("1, Powers, Stephen,1999\n", vec![(1, Err(Broken::Wider { expected: 3 }))]),
        ("1,Powers,Stephen,1999\n", vec![(1, Err(Broken::Wider { expected: 3 }))]),
    ];
    for (text, expected) in cases {
        let text = format!("x,y,z\n{text}");
        let mut records = Records::new(Source::new(text.as_bytes()), b',');
        records.header(3).unwrap();
        records.line = 1;
        records.expect_rows(3, 2);
        assert_eq!(rows(records), expected, "{text:?}");
    }
}

#[test]
fn ten_megabytes_in_one_cell_cost_one_line_and_no_memory() {
    for quote in ["", "\""] {
        let giant = "x".repeat(10 << 20);
        let text = format!("a,b\n{quote}{giant}{quote},b\nc,d\n");
        let mut records = Records::new(Source::new(text.as_bytes()), b',');
        let mut seen = Vec::new();
        while let Some(record) = records.next().unwrap() {
            seen.push((record.line, record.fields.map(Fields::len)));
        }
        assert_eq!(seen, [(1, Ok(2)), (2, Err(Broken::TooLong)), (3, Ok(2))]);
        assert!(records.buffer.capacity() < 6 * LONGEST, "{}", records.buffer.capacity());
    }
}

proptest! {
    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        table in (1usize..4).prop_flat_map(|width| {
            prop::collection::vec(prop::collection::vec("[a\",\r\n é]{0,6}", width), 1..8)
        })
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for fields in &table {
            writer.write_record(fields).unwrap();
        }
        let text = writer.into_inner().unwrap();
        // A record of one empty field is written as a pair of quotes, so no row is mistaken for an empty line.
        let found: Vec<_> = read(&text, Some(table[0].len())).into_iter().map(|(_, fields)| fields).collect();
        prop_assert_eq!(found, table.into_iter().map(Ok).collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_make_it_panic_or_lose_a_line(bytes in prop::collection::vec(prop::sample::select(&b"a,\"\r\n\xff"[..]), 0..60)) {
        let mut records = Records::new(Source::new(&bytes[..]), b',');
        let mut taken = 0;
        while let Some(record) = records.next().unwrap() {
            taken += record.raw.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count();
        }
        prop_assert_eq!(taken, bytes.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count());
    }

    #[test]
    fn what_is_mended_has_the_width_of_the_header_and_no_line_is_lost(
        bytes in prop::collection::vec(prop::sample::select(&b"aaa,,\"\" \\\r\n\xff"[..]), 0..80),
        width in 1usize..4,
    ) {
        let mut records = Records::new(Source::new(&bytes[..]), b',');
        records.expect_rows(width, 1);
        let mut place = records.place();
        while let Some(record) = records.next().unwrap() {
            if let Ok(fields) = record.fields {
                prop_assert!(fields.len() == width || record.mended.is_some());
            }
            prop_assert!(!record.raw.is_empty());
            prop_assert!(records.place() > place);
            place = records.place();
        }
        prop_assert_eq!(records.place().0, bytes.len() as u64);
    }
}

#[test]
fn broken_quotes_cost_a_bounded_time_for_each_byte() {
    for line in [
        "\"A \"b\" c\",x\n".to_owned(),
        "\"a,x\n".to_owned(),
        "\"\\\\\\\"\\,x\n".to_owned(),
        // Each line closes the quote of the one before, and opens one.
        "a\",\"\n".to_owned(),
        // No quote of a long line closes any of its fields.
        format!("{}\"\"\n", "\"x\"y,".repeat(850)),
        format!("{}\"\"\n", "\"x\"y,".repeat(150_000)),
    ] {
        let width = if line.len() < 100 { 2 } else { 900 };
        let text = line.repeat((1 << 20) / line.len() + 1);
        let read = |text: &[u8]| {
            let mut records = Records::new(Source::new(text), b',');
            records.expect_rows(width, 1);
            while records.next().unwrap().is_some() {}
        };
        let Some(a_byte) = cost::of_a_byte(text.as_bytes(), read) else { return };
        println!("{line:.20}: {a_byte} ns a byte");
        assert!(a_byte < 2500, "{line:.20}: {a_byte} ns a byte");
    }
}
