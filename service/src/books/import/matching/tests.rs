//! Which stored book a row is, by tables.

use std::io::Cursor;

use super::*;
use crate::books::import::{Options, RowReader, rows};

const ONE: &str = "9780132350884";
const OTHER: &str = "9780306406157";

/// Year, ISBN, and whether the import itself stored the book.
type Known = (Option<i32>, Option<&'static str>, bool);

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn book(id: i32, (year, isbn, is_new): Known) -> Book {
    let at = moment(if is_new { 20 } else { 10 });
    Book {
        id,
        title: "A".to_owned(),
        author: "x".to_owned(),
        year,
        isbn: isbn.map(str::to_owned),
        page_count: Some(id),
        status: "available".to_owned(),
        subtitle: None,
        publisher: None,
        language: None,
        description: None,
        series: None,
        series_number: None,
        created_at: at,
        updated_at: at,
        version: 1,
    }
}

fn whole(book: Book) -> WholeBook {
    WholeBook { book, subjects: Vec::new() }
}

fn stored(books: &[Known]) -> Stored {
    let mut stored = Stored::default();
    stored.put((1..).zip(books).map(|(id, known)| whole(book(id, *known))));
    stored
}

fn row(text: &str) -> Row {
    let text = format!("title,author,year,isbn,page_count\n{text}\n");
    let mut rows = rows::Rows::new(Cursor::new(text), &Options::default()).unwrap();
    rows.next().unwrap().unwrap().unwrap()
}

fn found(stored: &Stored, row: &Row) -> Option<i32> {
    stored.same(row).or_else(|| stored.alike(&row.book, moment(20))).map(|whole| whole.book.id)
}

#[test]
fn a_row_is_the_book_that_fits_if_there_is_one() {
    let plain = |year| (year, None, false);
    let with = |year, isbn| (year, Some(isbn), false);
    let (year, other) = (Some(2001), Some(2002));
    let cases: [(&str, &[Known], Option<i32>); 23] = [
        // Its ISBN counts before everything else.
        ("A,x,2001,9780132350884,", &[plain(year), with(other, ONE)], Some(2)),
        ("B,y,2001,9780132350884,", &[with(other, ONE)], Some(1)),
        // A book without an ISBN gets one, another edition does not.
        ("A,x,2001,9780132350884,", &[plain(year)], Some(1)),
        ("A,x,2001,9780132350884,", &[with(year, OTHER)], None),
        ("A,x,2001,9780132350884,", &[with(year, OTHER), plain(year)], Some(2)),
        ("A,x,2001,9780132350884,", &[plain(year), plain(year)], None),
        ("A,x,2001,9780132350884,", &[plain(other)], None),
        ("A,y,2001,9780132350884,", &[plain(year)], None),
        ("a,x,2001,9780132350884,", &[plain(year)], None),
        // Without an ISBN: as before the book without one, then the one with one.
        ("A,x,2001,,", &[with(year, ONE), plain(year)], Some(2)),
        ("A,x,2001,,", &[plain(year), plain(year)], Some(1)),
        ("A,x,2001,,2", &[plain(year), plain(year)], Some(2)),
        ("A,x,2001,9.78013E+12,", &[with(year, ONE)], Some(1)),
        ("A,x,2001,,", &[with(year, ONE), with(year, OTHER)], None),
        ("A,x,2001,,", &[with(other, ONE)], None),
        // A year that is missing on one side.
        ("A,x,,9780132350884,", &[plain(year)], Some(1)),
        ("A,x,2001,9780132350884,", &[plain(None)], Some(1)),
        ("A,x,2001,9780132350884,", &[plain(None), plain(year)], Some(2)),
        ("A,x,,9780132350884,", &[plain(year), plain(other)], None),
        ("A,x,,,", &[with(year, ONE)], Some(1)),
        ("A,x,,,", &[with(year, ONE), plain(other)], None),
        // What the file itself has stored is another of its books.
        ("A,x,2001,9780132350884,", &[(year, None, true)], None),
        ("A,x,2001,,", &[(year, Some(ONE), true), (year, None, true)], Some(2)),
    ];
    for (text, books, expected) in cases {
        assert_eq!(found(&stored(books), &row(text)), expected, "{text} {books:?}");
    }
}

#[test]
fn a_book_is_found_by_what_it_is_now() {
    let mut stored = stored(&[(Some(2001), None, false)]);
    stored.put([whole(book(1, (Some(2001), Some(ONE), false)))]);
    assert_eq!(found(&stored, &row("A,x,2001,9780306406157,")), None);
    assert_eq!(found(&stored, &row("A,x,2001,9780132350884,")), Some(1));
    let renamed = Book { title: "B".to_owned(), ..book(1, (Some(2001), Some(ONE), false)) };
    stored.put([whole(renamed)]);
    assert_eq!(found(&stored, &row("A,x,2001,,")), None);
    assert_eq!(found(&stored, &row("B,x,2001,,")), Some(1));
    assert_eq!(stored.into_books().len(), 1);
}
