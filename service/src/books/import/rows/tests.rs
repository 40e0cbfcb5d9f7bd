//! Rows of files as books.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::{
    Book,
    books::{
        NewBook,
        import::{columns::COLUMNS, encoding::Encoding},
    },
    noun::Noun,
};

fn options(format: Format, map: &[(&str, &str)]) -> Options {
    let map = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Options { format, map, ..Options::default() }
}

fn csv(map: &[(&str, &str)]) -> Options {
    options(Format::Csv(Table::default()), map)
}

fn read(text: &str) -> Vec<Result<Row, Rejected>> {
    let mut rows = Rows::new(text.as_bytes(), &csv(&[])).unwrap();
    std::iter::from_fn(|| rows.next().unwrap()).collect()
}

#[test]
fn what_is_exported_is_imported() {
    assert_eq!(COLUMNS.map(|(name, _)| name).as_slice(), Book::WRITTEN);
}

#[test]
fn headers_of_other_catalogues_are_understood() {
    let rows = read(
        "ISBN13,Authors,Original Publication Year,Title,Pages\n9780132350884,Martin,2008.0,Clean Code,464\n",
    );
    let [Ok(row)] = rows.as_slice() else { panic!("{rows:?}") };
    let NewBook { title, author, year, isbn, page_count, status, .. } = (*row.book).clone();
    assert_eq!(
        (title.as_str(), author.as_str(), status.as_str()),
        ("Clean Code", "Martin", "available")
    );
    assert_eq!((year, isbn.as_deref(), page_count), (Some(2008), Some("9780132350884"), Some(464)));
}

fn books(rows: Vec<Result<Row, Rejected>>) -> Vec<(NewBook, Vec<String>)> {
    rows.into_iter().map(Result::unwrap).map(|row| ((*row.book).clone(), row.warnings)).collect()
}

#[test]
fn of_several_columns_the_first_usable_value_of_each_row_counts() {
    let text = "Title,Author,Year Published,Original Publication Year,ISBN,ISBN13\n\
                A,x,2016,,,9780306406157\n\
                B,x,2016,1987,=\"0306406152\",9780132350884\n\
                C,x,2016,unknown,12,13\n";
    let seen = books(read(text));
    let values: Vec<_> = seen.iter().map(|(book, _)| (book.year, book.isbn.as_deref())).collect();
    assert_eq!(
        values,
        [
            (Some(2016), Some("9780306406157")),
            (Some(1987), Some("9780306406157")),
            (Some(2016), None)
        ]
    );
    assert_eq!(seen[2].1, ["isbn `12` has 2 digits, expected 10 or 13"]);

    let text = "\"t,t\",author,a,b\nA,x,9780306406157,\nB,x,9780306406157,0132350882\n";
    let map = [("isbn", "b, a"), ("title", "t,t")];
    let mut rows = Rows::new(text.as_bytes(), &csv(&map)).unwrap();
    let isbns: Vec<_> = std::iter::from_fn(|| rows.next().unwrap())
        .map(|row| row.unwrap().book.isbn.clone().unwrap())
        .collect();
    assert_eq!(isbns, ["9780306406157", "9780132350884"]);
}

#[test]
fn an_optional_cell_never_costs_a_book_and_does_not_clear_what_is_stored() {
    let rows =
        read("title,author,year,pages,status,isbn\nA,x,n.d.,0,a status of many letters,B000\n");
    let [Ok(row)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(
        (row.book.year, row.book.page_count, row.book.status.as_str()),
        (None, None, "available")
    );
    assert_eq!(row.present[..6], [true, true, false, false, false, false]);
    assert!(row.has_unread);
    let warned = row.warnings.join("\n");
    for reason in ["year `n.d.`", "page_count `0`", "status `a status", "isbn `B000`"] {
        assert!(warned.contains(reason), "{warned}");
    }
}

#[test]
fn texts_are_what_a_reader_sees_but_our_own_files_are_taken_as_they_are() {
    let text = "title,author,isbn\n\"The  Garden\nA Novel\",Tom &amp; Ann,\n";
    let seen = books(read(text));
    assert_eq!(
        (seen[0].0.title.as_str(), seen[0].0.author.as_str()),
        ("The Garden A Novel", "Tom & Ann")
    );
    let text =
        "title,author,year,isbn,page_count,status\nThe  Garden,Tom &amp; Ann,79,,,available\n";
    let seen = books(read(text));
    assert_eq!(
        (seen[0].0.title.as_str(), seen[0].0.author.as_str()),
        ("The  Garden", "Tom &amp; Ann")
    );
    assert_eq!(seen[0].0.year, Some(79));
}

#[test]
fn objects_are_read_by_the_same_rules_and_other_members_are_named() {
    let read = |line: &str| {
        let mut rows = Rows::new(line.as_bytes(), &options(Format::Jsonl, &[])).unwrap();
        rows.next().unwrap().unwrap()
    };
    let line = r#"{"id":1,"title":1984,"author":"a","year":"c1949","isbn":"ISBN 0306406152","page_count":328.0,"version":2}"#;
    let NewBook { title, year, isbn, page_count, .. } = (*read(line).unwrap().book).clone();
    assert_eq!(
        (title.as_str(), year, isbn.as_deref(), page_count),
        ("1984", Some(1949), Some("9780306406157"), Some(328))
    );
    let row =
        read(r#"{"title":"a","author":"b","year":[1],"isbn":null,"page_count":true}"#).unwrap();
    let warned = [
        "year `[1]` is neither a text nor a number",
        "page_count `true` is neither a text nor a number",
        "there is no isbn",
    ];
    assert_eq!(row.warnings, warned);
    for (line, reason) in [
        (r#"{"title":"a"}"#, "author is empty"),
        (
            r#"{"title":"a","author":"b","titel":1}"#,
            "unknown field `titel`, expected one of `title`, `author`",
        ),
        (r#"{"title":"a","author":"b","title":"c"}"#, "duplicate field `title`"),
        (r#"{"title":["a"],"author":"b"}"#, "title `[\"a\"]` is neither a text nor a number"),
        (r#"["a","b"]"#, "expected a JSON object"),
        ("nonsense", "expected a JSON object"),
    ] {
        let found = read(line).unwrap_err().reason;
        assert!(found.contains(reason), "{line}: {found}");
    }
}

#[test]
fn a_missing_column_is_named_with_the_headers_that_are_there() {
    let open =
        |text: &str, map: &[(&str, &str)]| Rows::new(text.as_bytes(), &csv(map)).err().unwrap();
    assert_eq!(
        open("title,writer\n", &[]),
        "no header means `author`; name the one that does, as `author=HEADER` of a map, or what all rows have, as \
         `author=VALUE` of a default; the headers are `title`, `writer`"
    );
    assert!(open("title,writer\n", &[("author", "x")]).contains("no header `x`"));
    assert!(open("title,author\n", &[("shelf", "x")]).contains("`shelf` is no column of a book"));
    assert!(open("", &[]).contains("the file is empty"));
    assert!(open("\u{1}", &[]).contains("no header means `title`"));
}

/// A text in an encoding, with its byte order mark if it is one of UTF-16.
fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    match encoding {
        "utf-16le" => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf-8" => format!("\u{feff}{text}").into_bytes(),
        other => {
            encoding_rs::Encoding::for_label(other.as_bytes()).unwrap().encode(text).0.into_owned()
        }
    }
}

#[test]
fn files_of_spreadsheets_are_read_without_an_option() {
    let table = "title;author;year;isbn\r\nCafé;Zoë;2001;9780306406157\r\n;;;\r\n\r\nNaïve;José;1999;9780132350884\r\n;;;;;\r\n";
    for (encoding, delimiter, ends) in [
        ("utf-8", ";", "\r\n"),
        ("utf-16le", "\t", "\r\n"),
        ("utf-16be", "|", "\n"),
        ("windows-1252", ";", "\r\n"),
        ("windows-1252", ",", "\r"),
    ] {
        let table = encoded(&table.replace(';', delimiter).replace("\r\n", ends), encoding);
        let mut rows = Rows::new(table.as_slice(), &csv(&[])).unwrap();
        let seen = books(std::iter::from_fn(|| rows.next().unwrap()).collect());
        let titles: Vec<_> = seen
            .iter()
            .map(|(book, _)| (book.title.as_str(), book.author.as_str(), book.year))
            .collect();
        assert_eq!(
            titles,
            [("Café", "Zoë", Some(2001)), ("Naïve", "José", Some(1999))],
            "{encoding}"
        );
        assert_eq!(rows.empty_rows(), 2);
        let understood = rows.understood();
        assert_eq!(understood.encoding.name().to_lowercase(), encoding);
        assert_eq!(understood.columns[3], ("isbn", vec!["isbn".to_owned()]));
        assert_eq!(rows.place().bytes, table.len() as u64, "{encoding}");
    }
}

#[test]
fn a_workbook_is_refused_in_the_words_of_its_program() {
    let refused = Rows::new(b"PK\x03\x04xl/workbook.xml".as_slice(), &csv(&[])).err().unwrap();
    assert!(
        refused.contains("is a workbook") && refused.contains("\"CSV UTF-8\" in Excel"),
        "{refused}"
    );
}

#[test]
fn what_an_encoding_does_not_have_costs_its_row() {
    let mut table = encoded("title\tauthor\nA\tx\nB", "utf-16le");
    table.extend([0x3d, 0xd8]);
    table.extend(encoded("\tx\nC\tx\n", "utf-16le").split_off(2));
    let mut rows = Rows::new(table.as_slice(), &csv(&[])).unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| rows.next().unwrap()).collect();
    let [Ok(_), Err(rejected), Ok(_)] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(rejected.reason.contains("title has bytes that are not UTF-16LE"), "{rejected:?}");
}

proptest! {
    #[test]
    fn reading_goes_on_from_every_row_in_every_encoding(
        titles in prop::collection::vec("[a-zé€,\" \n]{1,8}", 1..8),
        encoding in prop::sample::select(&["utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-15"][..]),
        ends in prop::sample::select(&["\n", "\r\n", "\r"][..]),
    ) {
        let mut table = format!("a line above{ends}title,author{ends}");
        for title in &titles {
            table += &format!("\"x{}\",y{ends}{ends}", title.replace('"', "\"\""));
        }
        let table = encoded(&table, encoding);
        let given = Options { encoding: Some(Encoding::named(encoding).unwrap()), ..csv(&[]) };
        let mut rows = Rows::new(Cursor::new(&table), &given).unwrap();
        let settled = rows.understood().settle(given);
        let mut seen = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            seen.push((row.unwrap(), rows.place()));
        }
        prop_assert_eq!(seen.len(), titles.len());
        for (number, (_, place)) in seen.iter().enumerate() {
            let mut again = Rows::new(Cursor::new(&table), &settled).unwrap();
            again.go_to(*place).unwrap();
            for (row, place) in &seen[number + 1..] {
                let found = again.next().unwrap().unwrap().unwrap();
                prop_assert_eq!(&found.book.title, &row.book.title);
                prop_assert_eq!((found.line, found.number, again.place()), (row.line, row.number, *place));
            }
            prop_assert!(again.next().unwrap().is_none());
        }
        prop_assert_eq!(rows.place().bytes, table.len() as u64);
    }
}
