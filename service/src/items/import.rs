//! Items from files, such as the listing of a bookshop. Its columns are those of an export, or say in other words which store, book and
//! price there are.
//!
//! An item is met by its store, its name and its book. A row with a quantity is as many items.

use std::collections::{HashMap, HashSet};

use entity::{book, item, store};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select, sea_query::ExprTrait};

use super::{LONGEST_NAME, NewItem, price};
use crate::{
    Book, Item, Store,
    books::import::read_isbn,
    check::Check,
    database::Rows,
    error::Result,
    imports::{Cells, Layout, Line, Tabular},
    json::Price,
    noun::Noun,
    query::shortened,
};

/// Items that one row may stand for.
const MOST_COPIES: u32 = 1000;

impl Tabular for Item {
    const LAYOUT: Layout = Layout {
        headers: &[
            ("name", &["name", "item", "title", "book_title", "product", "titel"]),
            (
                "price",
                &["price", "unit_price", "list_price", "sale_price", "preis", "prix", "precio"],
            ),
            ("store", &["store", "store_name", "shop", "branch", "location", "filiale"]),
            ("store_id", &["store_id"]),
            ("isbn", &["isbn", "isbn13", "isbn_13", "ean", "isbn10", "isbn_10"]),
            ("book_title", &["book_title", "title", "titel"]),
            ("book_author", &["book_author", "author", "authors", "autor"]),
            ("book_year", &["book_year", "year", "jahr"]),
            ("book_id", &["book_id"]),
            ("quantity", &["quantity", "qty", "copies", "stock", "in_stock", "menge", "anzahl"]),
        ],
        needed: &[&["name"], &["price"], &["store", "store_id"]],
        copies: Some("quantity"),
    };
    type Key = (i32, String, Option<i32>);

    async fn read(
        db: &impl Rows,
        rows: &[&Cells],
    ) -> Result<Vec<std::result::Result<Line<Self>, String>>> {
        let stores = Stores::of(db, rows).await?;
        let books = Books::of(db, rows).await?;
        Ok(rows.iter().map(|cells| line(cells, &stores, &books)).collect())
    }

    fn alike(new: &[&NewItem]) -> Select<item::Entity> {
        let stores: HashSet<i32> = new.iter().map(|item| item.store_id).collect();
        let names: HashSet<&str> = new.iter().map(|item| item.name.as_str()).collect();
        let alike = item::Column::StoreId.is_in(stores).and(item::Column::Name.is_in(names));
        item::Entity::find().filter(alike).order_by_asc(item::Column::Id)
    }

    fn key(new: &NewItem) -> Self::Key {
        (new.store_id, new.name.clone(), new.book_id)
    }

    fn key_of(&self) -> Self::Key {
        (self.store_id, self.name.clone(), self.book_id)
    }
}

fn line(cells: &Cells, stores: &Stores, books: &Books) -> std::result::Result<Line<Item>, String> {
    let mut warnings = Vec::new();
    let price = price(cells, &mut warnings)?;
    let name = name(cells, &mut warnings);
    let new = NewItem {
        name,
        price: Price(price),
        store_id: stores.find(cells)?,
        book_id: books.find(cells, &mut warnings)?,
    };
    let new = new.check().map_err(|error| error.to_string())?;
    let copies = copies(cells)?;
    // A row without a book leaves the one that the item has: it is met by its book.
    let present = Item::MEMBERS.iter().map(|member| *member != "book_id").collect();
    Ok(Line { new, copies, present, warnings })
}

fn price(cells: &Cells, warnings: &mut Vec<String>) -> std::result::Result<Decimal, String> {
    let written = cells.get("price").ok_or("price is empty")?;
    let read = if cells.is_number("price") { price::exact } else { price::read };
    let price::Read { price, warning } = read(written)?;
    warnings.extend(warning);
    Ok(price)
}

/// The name, which is shortened if it is the title of a book and too long for a name.
fn name(cells: &Cells, warnings: &mut Vec<String>) -> String {
    let name = cells.get("name").unwrap_or_default();
    if name.chars().count() <= LONGEST_NAME || cells.get("book_title") != Some(name) {
        return name.to_owned();
    }
    let short: String = name.chars().take(LONGEST_NAME - 1).collect();
    warnings
        .push(format!("name `{}` is shortened to {LONGEST_NAME} characters", shortened(name, 40)));
    format!("{}…", short.trim_end())
}

fn copies(cells: &Cells) -> std::result::Result<u32, String> {
    let Some(written) = cells.get("quantity") else { return Ok(1) };
    let number = written.split_once('.').map_or(written, |(whole, decimals)| {
        if decimals.bytes().all(|byte| byte == b'0') { whole } else { written }
    });
    match number.parse() {
        Ok(copies @ 0..=MOST_COPIES) => Ok(copies),
        _ => {
            let shown = shortened(written, 20);
            Err(format!("quantity `{shown}` is not a whole number from 0 to {MOST_COPIES}"))
        }
    }
}

/// A whole number of a cell that names a row.
fn id(cells: &Cells, column: &str) -> std::result::Result<Option<i32>, String> {
    let Some(written) = cells.get(column) else { return Ok(None) };
    let id = written.parse().map(Some);
    id.map_err(|_| format!("{column} `{}` is not the id of a row", shortened(written, 20)))
}

/// The stores that rows name.
struct Stores {
    by_name: HashMap<String, i32>,
    ids: HashSet<i32>,
}

impl Stores {
    async fn of(db: &impl Rows, rows: &[&Cells]) -> Result<Self> {
        let names: HashSet<&str> = rows.iter().filter_map(|cells| cells.get("store")).collect();
        let ids: HashSet<i32> =
            rows.iter().filter_map(|cells| id(cells, "store_id").ok().flatten()).collect();
        let named = store::Column::Name.is_in(names).or(store::Column::Id.is_in(ids));
        let stores = store::Entity::find().filter(named).order_by_desc(store::Column::Id);
        let stores: Vec<Store> = db.rows(stores).await?;
        let ids = stores.iter().map(|store| store.id).collect();
        // Of several with one name the oldest.
        Ok(Self { by_name: stores.into_iter().map(|store| (store.name, store.id)).collect(), ids })
    }

    fn find(&self, cells: &Cells) -> std::result::Result<i32, String> {
        if let Some(id) = id(cells, "store_id")? {
            return match self.ids.contains(&id) {
                true => Ok(id),
                false => Err(format!("store_id `{id}` does not exist")),
            };
        }
        let name = cells.get("store").ok_or("store is empty")?;
        self.by_name.get(name).copied().ok_or_else(|| {
            let name = shortened(name, 80);
            format!("no store is called `{name}`; add it, or import the stores first")
        })
    }
}

/// The books that rows name.
struct Books {
    by_isbn: HashMap<String, i32>,
    by_text: HashMap<(String, String), Vec<Book>>,
    ids: HashSet<i32>,
}

impl Books {
    async fn of(db: &impl Rows, rows: &[&Cells]) -> Result<Self> {
        let isbns: HashSet<String> = rows.iter().filter_map(|cells| isbn_of(cells)?.ok()).collect();
        let titles: HashSet<&str> = rows
            .iter()
            .filter(|cells| cells.get("book_author").is_some())
            .filter_map(|cells| cells.get("book_title"))
            .collect();
        let ids: HashSet<i32> =
            rows.iter().filter_map(|cells| id(cells, "book_id").ok().flatten()).collect();
        let mut books =
            Self { by_isbn: HashMap::new(), by_text: HashMap::new(), ids: HashSet::new() };
        // One query for each index.
        let asked = [
            book::Column::Isbn.is_in(isbns),
            book::Column::Title.is_in(titles),
            book::Column::Id.is_in(ids),
        ];
        for filter in asked {
            let found = book::Entity::find().filter(filter).order_by_asc(book::Column::Id);
            for book in db.rows(found).await? {
                books.put(book);
            }
        }
        Ok(books)
    }

    fn put(&mut self, book: Book) {
        if !self.ids.insert(book.id) {
            return;
        }
        if let Some(isbn) = &book.isbn {
            self.by_isbn.insert(isbn.clone(), book.id);
        }
        self.by_text.entry((book.title.clone(), book.author.clone())).or_default().push(book);
    }

    /// The book of a row, if it names one; what it says of a book that does not exist is a warning.
    fn find(
        &self,
        cells: &Cells,
        warnings: &mut Vec<String>,
    ) -> std::result::Result<Option<i32>, String> {
        if let Some(id) = id(cells, "book_id")? {
            return match self.ids.contains(&id) {
                true => Ok(Some(id)),
                false => Err(format!("book_id `{id}` does not exist")),
            };
        }
        let by_isbn = match isbn_of(cells) {
            None => None,
            Some(Ok(isbn)) => match self.by_isbn.get(&isbn) {
                Some(id) => return Ok(Some(*id)),
                None => Some(format!("no book has the isbn `{isbn}`")),
            },
            Some(Err(why)) => Some(why),
        };
        let by_text = self.of_text(cells);
        if by_text.is_none() {
            warnings.extend(by_isbn.or_else(|| missing(cells)));
        }
        Ok(by_text)
    }

    /// The oldest book of the title, author and year of a row, first one without an ISBN, since one with an ISBN would be named by it.
    fn of_text(&self, cells: &Cells) -> Option<i32> {
        let (title, author) = (cells.get("book_title")?, cells.get("book_author")?);
        let year = cells.get("book_year").and_then(|year| year.parse::<i32>().ok());
        let books = self.by_text.get(&(title.to_owned(), author.to_owned()))?;
        let is_same = |book: &&Book| year.is_none() || book.year == year;
        let exact = |book: &&Book| book.year == year && book.isbn.is_none();
        let book = books.iter().find(exact).or_else(|| books.iter().find(is_same));
        book.map(|book| book.id)
    }
}

/// That no book has the title and author of a row, and its year.
fn missing(cells: &Cells) -> Option<String> {
    let (title, author) = (cells.get("book_title")?, cells.get("book_author")?);
    let (title, author) = (shortened(title, 80), shortened(author, 80));
    let year = cells.get("book_year").map(|year| format!(" of `{}`", shortened(year, 20)));
    let year = year.unwrap_or_default();
    Some(format!("no book is called `{title}` by `{author}`{year}"))
}

/// The ISBN of a row in its canonical form.
fn isbn_of(cells: &Cells) -> Option<std::result::Result<String, String>> {
    read_isbn(cells.get("isbn")?).transpose()
}
