//! Books as they are exported: without ids and times, so that what is imported elsewhere and exported again is the same bytes; and
//! as records of libraries.

use std::borrow::Cow;

use bibliographic::{Contributor, Isbn, Record, Series, Subject};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{WholeBook, is_list_of_names};
use crate::{
    Book, csv_escape::guarded, database::Rows, error::Result, exports::Exported, language,
    noun::Noun, subjects,
};

/// Bytes of a paragraph of a description in a record: a field of MARC 21 has 9 999.
const LONGEST_PARAGRAPH: usize = 9_000;

impl Exported for Book {
    type Whole = WholeBook;
    const COLUMNS: &'static [&'static str] = Self::WRITTEN;
    const HAS_RECORDS: bool = true;

    async fn whole(db: &impl Rows, books: Vec<Self>) -> Result<Vec<WholeBook>> {
        WholeBook::all(db, books).await
    }

    fn cells(WholeBook { book, subjects }: &WholeBook) -> Vec<Cow<'_, str>> {
        let mut cells = Noun::cells(book);
        cells.push(guarded(&subjects::joined(subjects)).into_owned().into());
        cells
    }

    fn members(whole: &WholeBook) -> impl Serialize {
        whole
    }

    fn record(whole: &WholeBook) -> Option<Record> {
        Some(record(whole))
    }
}

/// A book as libraries hold it.
fn record(WholeBook { book, subjects }: &WholeBook) -> Record {
    Record {
        title: book.title.clone(),
        contributors: authors(&book.author).map(contributor).collect(),
        isbns: book
            .isbn
            .iter()
            .map(|isbn| Isbn { text: isbn.clone(), ..Isbn::default() })
            .collect(),
        year: book.year.map(|year| year.to_string()),
        pages: book.page_count.map(|pages| format!("{pages} pages")),
        subtitle: book.subtitle.clone(),
        publisher: book.publisher.clone(),
        languages: book.language.iter().map(|tag| language::of_libraries(tag)).collect(),
        description: book.description.as_deref().map(summary),
        series: book.series.iter().map(|name| series(name, book.series_number)).collect(),
        subjects: subjects.iter().map(|name| subject(name)).collect(),
        ..Record::default()
    }
}

/// A description as records have it: lines without breaks, each of which fits a field.
fn summary(description: &str) -> String {
    let mut paragraphs = vec![String::new()];
    let words = description.split("\n\n").map(|text| text.split_whitespace().flat_map(pieces));
    for words in words {
        paragraphs.push(String::new());
        for word in words {
            match paragraphs.last_mut() {
                Some(last) if last.is_empty() => last.push_str(word),
                Some(last) if last.len() + word.len() < LONGEST_PARAGRAPH => {
                    last.push(' ');
                    last.push_str(word);
                }
                _ => paragraphs.push(word.to_owned()),
            }
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

/// A word, in several pieces if it is longer than a paragraph.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let end = rest.floor_char_boundary(LONGEST_PARAGRAPH);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn series(name: &str, number: Option<Decimal>) -> Series {
    let number = number.map(|number| number.normalize().to_string());
    Series { name: name.to_owned(), number }
}

fn subject(name: &str) -> Subject {
    Subject { text: name.to_owned(), ..Subject::default() }
}

fn contributor(name: &str) -> Contributor {
    Contributor { name: name.to_owned(), ..Contributor::default() }
}

/// The names in a list of authors.
fn authors(list: &str) -> impl Iterator<Item = &str> {
    let separator = if is_list_of_names(list) { ", " } else { "\n" };
    list.split(separator)
}

#[cfg(test)]
mod tests {
    use entity::book::Column;
    use sea_orm::{IdenStatic, Iterable};

    use super::*;

    #[test]
    fn a_description_is_paragraphs_that_fit_a_field() {
        for (description, expected) in [
            ("One.", "One."),
            ("One\ntwo\tthree", "One two three"),
            ("One.\n\n\nTwo.\n\n\n\n", "One.\n\nTwo."),
            ("  ", ""),
        ] {
            assert_eq!(summary(description), expected);
        }
        for long in ["é".repeat(10_000), "word ".repeat(2_000), format!("{} b", "a".repeat(9_000))]
        {
            let summary = summary(&long);
            assert!(summary.split("\n\n").all(|text| text.len() <= LONGEST_PARAGRAPH));
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(letters(&summary), letters(&long));
        }
    }

    #[test]
    fn every_column_is_exported_but_what_the_server_keeps_of_a_row() {
        let kept = ["id", "created_at", "updated_at", "version"];
        let stored = Column::iter().map(|column| column.as_str());
        let expected: Vec<_> = stored.filter(|name| !kept.contains(name)).collect();
        assert_eq!(Book::MEMBERS, expected);
    }
}
