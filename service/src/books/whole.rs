//! A book with its subjects, as it is in a file.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{Book, database::Rows, error::Result, noun::Noun, subjects};

/// A book, and the names of its subjects.
#[derive(Clone, Debug)]
pub struct WholeBook {
    pub book: Book,
    pub subjects: Vec<String>,
}

impl WholeBook {
    /// Adds to books what they are about.
    pub async fn all(db: &impl Rows, books: Vec<Book>) -> Result<Vec<Self>> {
        let ids: Vec<i32> = books.iter().map(|book| book.id).collect();
        let subjects = subjects::of_many_books(db, &ids).await?;
        let whole = books.into_iter().zip(subjects);
        Ok(whole.map(|(book, subjects)| Self { book, subjects }).collect())
    }
}

impl Serialize for WholeBook {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let mut members = to.serialize_struct("WholeBook", Book::WRITTEN.len())?;
        self.book.serialize_members(&mut members)?;
        members.serialize_field("subjects", &self.subjects)?;
        members.end()
    }
}
