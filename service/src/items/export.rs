//! Items as they are exported: with the name of their store and what is known of their book instead of ids.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{books_of, stores_of};
use crate::{
    Book, Item, csv_escape::Cell, database::Rows, error::Result, exports::Exported,
    json::price_as_number,
};

/// An item, the name of its store, and its book as it can be found elsewhere.
#[derive(Debug, Serialize)]
pub struct WholeItem {
    name: String,
    #[serde(serialize_with = "price_as_number")]
    price: Decimal,
    store: String,
    isbn: Option<String>,
    book_title: Option<String>,
    book_author: Option<String>,
    book_year: Option<i32>,
}

impl Exported for Item {
    type Whole = WholeItem;
    const COLUMNS: &'static [&'static str] =
        &["name", "price", "store", "isbn", "book_title", "book_author", "book_year"];

    async fn whole(db: &impl Rows, items: Vec<Self>) -> Result<Vec<WholeItem>> {
        let stores = stores_of(db, &items).await?;
        let books = books_of(db, &items).await?;
        let parents = stores.into_iter().zip(books);
        // An item whose store was deleted just now is deleted too.
        let whole = items.into_iter().zip(parents).filter_map(|(item, (store, book))| {
            let (title, author, year, isbn) = book.map_or((None, None, None, None), |book| {
                let Book { title, author, year, isbn, .. } = book;
                (Some(title), Some(author), year, isbn)
            });
            Some(WholeItem {
                name: item.name,
                price: item.price,
                store: store?.name,
                isbn,
                book_title: title,
                book_author: author,
                book_year: year,
            })
        });
        Ok(whole.collect())
    }

    fn cells(item: &WholeItem) -> Vec<Cow<'_, str>> {
        let WholeItem { name, price, store, isbn, book_title, book_author, book_year } = item;
        let mut price = *price;
        price.rescale(2);
        vec![
            name.cell(),
            price.to_string().into(),
            store.cell(),
            isbn.cell(),
            book_title.cell(),
            book_author.cell(),
            book_year.cell(),
        ]
    }

    fn members(item: &WholeItem) -> impl Serialize {
        item
    }
}
