//! Files that are written by the laws: what was read as an export, and a row that fits a table.

use std::collections::BTreeSet;

use sea_orm::{ActiveModelTrait, TryIntoModel};

use super::{File, Options};
use crate::{
    Book,
    books::{
        NewBook, WholeBook,
        import::{
            Format,
            columns::Columns,
            fields::Fields,
            header,
            record::{Parsed, parse},
        },
    },
    exports::{self, Table},
    noun::Noun,
};

/// What was read is exported, and read as the same once more.
pub fn expect_alike_when_exported(books: &[NewBook]) {
    for (written, read) in [
        (exports::Format::Csv(Table::default()), Format::default()),
        (exports::Format::Csv(Table { delimiter: b';', bom: true }), Format::default()),
        (exports::Format::Jsonl, Format::Jsonl),
    ] {
        let Some(file) = exported(books, written) else {
            assert!(books.is_empty(), "a book cannot be exported");
            return;
        };
        let options = Options { format: read, ..Options::default() };
        let again = File::read(&file, &options).map(|file| file.rows).unwrap_or_default();
        assert_eq!(again.len(), books.len(), "rows of an export");
        for (book, row) in books.iter().zip(again) {
            let outcome = row.outcome.map(|(book, _, warnings)| (settled(&book), warnings));
            let warnings = book.isbn.is_none().then(|| "there is no isbn".to_owned());
            assert_eq!(outcome, Ok((settled(book), warnings.into_iter().collect())));
        }
    }
}

/// A book with the subjects that it has when it is stored: each once, in an order.
fn settled(book: &NewBook) -> NewBook {
    let subjects: BTreeSet<String> = book.subjects.iter().flatten().cloned().collect();
    NewBook { subjects: Some(subjects.into_iter().collect()), ..book.clone() }
}

fn exported(books: &[NewBook], format: exports::Format) -> Option<Vec<u8>> {
    let mut writer = exports::Writer::new::<Book>(format, Vec::new()).ok()?;
    for book in books {
        let mut row = Book::row(book, crate::now());
        row.set(Book::ID, 1.into());
        row.set(Book::VERSION, 1.into());
        let subjects = settled(book).subjects.unwrap_or_default();
        writer.write::<Book>(&WholeBook { book: row.try_into_model().ok()?, subjects }).ok()?;
    }
    writer.finish().ok()
}

/// A row of a table with a header, with `zz` as title and author; `None` if the table has no place for them.
pub fn good_row(header: &[u8], options: &Options) -> Option<String> {
    let Format::Csv(table) = options.format else { return None };
    let delimiter = table.delimiter.filter(|byte| *byte != b'z')?;
    let mut fields = Fields::default();
    let Parsed::Record(_) = parse(header, true, (delimiter, None), &mut fields) else {
        return None;
    };
    let names: Option<Vec<String>> =
        (0..fields.len()).map(|at| header::name(&fields, at)).collect();
    let columns = Columns::find(&names?, options).ok()?;
    let title = columns.of(0).first()?;
    let authors = columns.of(1);
    let cell = |at: usize| if at == *title || authors.first() == Some(&at) { "zz" } else { "" };
    let cells: Vec<&str> = (0..fields.len()).map(cell).collect();
    Some(cells.join(&char::from(delimiter).to_string()))
}
