//! Merges of books: their copies become those of one book, which takes what it had no value for, and they are deleted. A merge can be
//! undone until somebody changes the book.

use entity::{
    book, item,
    merge::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, IntoActiveModel, Iterable, ModelTrait, Order, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Value,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::BookChanges;
use crate::{
    Book, Precondition,
    database::{Changes, Reader, Rows},
    error::{Error, FieldError, Result},
    noun::{Listed, Members, Noun, not_found},
    now,
    query::{Listing, Page, Resource},
    restored::{Restored, follow},
    subjects,
};

/// Books that are merged at once.
const MOST_BOOKS: usize = 100;
/// Copies that are moved at once.
const MOST_ITEMS: u64 = 10_000;

static MERGES: Resource<Entity> =
    Resource::new("merge", "merges").hidden(&[Column::Before, Column::Merged, Column::BookVersion]);

/// A merge.
pub type Merge = Model;

impl Listed for Merge {
    fn resource() -> &'static Resource<Entity> {
        &MERGES
    }
}

/// The books to be merged into another one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BooksToMerge, example = json!({"books": [2, 3]}))]
pub struct NewMerge {
    /// Their ids. Where the book has no value, it takes that of the first of them.
    #[schema(min_items = 1, max_items = 100)]
    pub books: Vec<i32>,
}

/// A book that was merged into another one.
#[derive(Serialize, Deserialize)]
struct Merged<B> {
    book: B,
    items: Vec<i32>,
}

/// A book as it was, in the form of a change that gives it these values again.
#[derive(Serialize)]
struct Whole<'a> {
    id: i32,
    version: i32,
    created_at: chrono::DateTime<chrono::Utc>,
    #[serde(flatten)]
    members: Members<'a, Book>,
    subjects: Vec<String>,
}

impl<'a> Whole<'a> {
    fn of(book: &'a Book, subjects: Vec<String>) -> Self {
        let &Book { id, version, created_at, .. } = book;
        Self { id, version, created_at, members: Members(book), subjects }
    }
}

/// The merges, the newest first.
///
/// # Errors
/// [`Error::Invalid`] for a bad parameter, and any database error.
pub async fn list(db: &Reader, listing: &Listing) -> Result<Page<Merge>> {
    Ok(listing.or_sorted_by("-id").page(db, &MERGES, db.all::<Entity>()).await?)
}

/// One merge.
///
/// # Errors
/// [`Error::NotFound`], and any database error.
pub async fn find(db: &impl Rows, id: i32) -> Result<Merge> {
    db.by_id::<Entity>(id).await?.ok_or(not_found::<Merge>(id))
}

/// Merges other books into the one with this id.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Stale`], [`Error::Invalid`] for books that do not exist or that are too many, and any database error.
pub async fn create(
    db: &impl Changes,
    id: i32,
    precondition: &Precondition,
    new: &NewMerge,
) -> Result<Merge> {
    let (book, others) = involved(db, id, &new.books).await?;
    precondition.check("book", &book.row_version())?;
    let ids: Vec<i32> = others.iter().chain([&book]).map(|book| book.id).collect();
    let mut subjects = subjects::of_books(db, &ids).await?;
    let together: Vec<String> = subjects.concat();
    subjects::expect_room(&together)?;
    let before = Whole::of(&book, subjects.pop().unwrap_or_default());
    let mut merged = Vec::with_capacity(others.len());
    let mut moved = 0;
    for (other, subjects) in others.iter().zip(subjects) {
        let items = copies(db, other.id).await?;
        moved += items.len();
        merged.push(Merged { book: Whole::of(other, subjects), items });
    }
    subjects::set(db, id, &together).await?;
    point(db, item::Column::BookId.is_in(others.iter().map(|other| other.id)), id).await?;
    let gone = book::Entity::delete_many();
    let gone = gone.filter(book::Column::Id.is_in(others.iter().map(|other| other.id)));
    db.exec(gone.as_query()).await?;

    let mut row = book.clone().into_active_model();
    others.iter().for_each(|other| fill(&mut row, other));
    row.version = Set(book.version + 1);
    row.updated_at = Set(now());
    let version = db.update(row).await?.version;
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let merge = ActiveModel {
        id: NotSet,
        book_id: Set(id),
        book_version: Set(version),
        before: Set(serde_json::to_string(&before).map_err(Error::no_json)?),
        merged: Set(serde_json::to_string(&merged).map_err(Error::no_json)?),
        books: Set(number(others.len())),
        items: Set(number(moved)),
        created_at: Set(now()),
        undone_at: Set(None),
        version: Set(1),
    };
    Ok(db.insert(merge).await?)
}

/// The book and the others, locked, the others in the order in which they are named.
async fn involved(db: &impl Changes, id: i32, others: &[i32]) -> Result<(Book, Vec<Book>)> {
    let refused = |code, detail: String| Err(Error::invalid("books", code, detail));
    if others.is_empty() {
        return refused(
            "empty",
            "books is empty; name those that are to be merged into this one".to_owned(),
        );
    }
    if others.len() > MOST_BOOKS {
        return refused(
            "too-many",
            format!("books has {} ids, at most {MOST_BOOKS} are merged at once", others.len()),
        );
    }
    let mut seen = std::collections::HashSet::from([id]);
    if let Some(again) = others.iter().find(|other| !seen.insert(**other)) {
        let detail = match *again == id {
            true => {
                format!("books has `{id}`, the book that the others are merged into; leave it out")
            }
            false => format!("books has `{again}` twice; leave one out"),
        };
        return refused("duplicate", detail);
    }
    let all = book::Entity::find().filter(book::Column::Id.is_in(seen));
    let all = db.rows(all.order_by(book::Column::Id, Order::Asc).lock_exclusive()).await?;
    let mut all: std::collections::HashMap<i32, Book> =
        all.into_iter().map(|book| (book.id, book)).collect();
    let book = all.remove(&id).ok_or(not_found::<Book>(id))?;
    let absent = others.iter().filter(|other| !all.contains_key(other)).map(|other| {
        FieldError::new(
            "books",
            "missing-row",
            format!("books has `{other}`, and no book has this id"),
        )
    });
    let absent: Vec<FieldError> = absent.collect();
    if !absent.is_empty() {
        return Err(Error::Invalid(absent.into()));
    }
    Ok((book, others.iter().filter_map(|other| all.remove(other)).collect()))
}

/// The copies of a book.
async fn copies(db: &impl Rows, book: i32) -> Result<Vec<i32>> {
    let copies = item::Entity::find()
        .select_only()
        .column(item::Column::Id)
        .filter(item::Column::BookId.eq(book))
        .order_by(item::Column::Id, Order::Asc)
        .limit(MOST_ITEMS + 1);
    let copies = db.ids(copies.as_query()).await?;
    if copies.len() as u64 > MOST_ITEMS {
        let detail = format!(
            "book {book} has more than {MOST_ITEMS} copies; move them with `PATCH /api/items?book_id={book}`"
        );
        return Err(Error::invalid("books", "too-many", detail));
    }
    Ok(copies)
}

/// Makes items copies of a book; how many.
async fn point(db: &impl Changes, which: Expr, book: i32) -> Result<u64> {
    let moved = item::Entity::update_many()
        .col_expr(item::Column::BookId, Expr::val(book))
        .col_expr(item::Column::Version, Expr::col(item::Column::Version).add(1_i32))
        .col_expr(item::Column::UpdatedAt, Expr::val(now()))
        .filter(which);
    Ok(db.exec(moved.as_query()).await?)
}

/// Gives a book the values of another one that it has none for; the number in a series only if both are of one series.
fn fill(row: &mut book::ActiveModel, from: &Book) {
    let is_null = |value: &Value| *value == value.as_null();
    let series = row.series.clone().take().flatten();
    let other_series = series.is_some() && series != from.series;
    for column in book::Column::iter() {
        if other_series && matches!(column, book::Column::SeriesNumber) {
            continue;
        }
        let value = from.get(column);
        if row.get(column).into_value().as_ref().is_none_or(is_null) && !is_null(&value) {
            row.set(column, value);
        }
    }
}

/// Undoes a merge: the books are there again with their ids, and the copies that are still those of the book are theirs. One that was
/// undone stays so.
///
/// # Errors
/// [`Error::NotFound`] also for a book that was deleted since, [`Error::Stale`] if it was changed since, [`Error::Duplicate`] if another
/// book has the ISBN of one by now, and any database error.
pub async fn undo(db: &impl Changes, id: i32) -> Result<Merge> {
    let merge =
        db.row(Entity::find_by_id(id).lock_exclusive()).await?.ok_or(not_found::<Merge>(id))?;
    if merge.undone_at.is_some() {
        return Ok(merge);
    }
    let merged: Vec<Merged<BookChanges>> = stored(&merge.merged)?;
    let before: BookChanges = stored(&merge.before)?;
    let book = undoable(db, &merge, &merged).await?;
    // First the book, which may have the ISBN of one of them.
    let (book_id, version) = (book.id, book.version + 1);
    let was = before.version.unwrap_or_default();
    let mut restored = vec![Restored { id: book_id, was, version }];
    let mut row = book.into_active_model();
    Book::apply(&before, &mut row);
    row.version = Set(version);
    row.updated_at = Set(now());
    db.update(row).await?;
    Book::change_related(db, book_id, &before).await?;
    for Merged { book, items } in &merged {
        let (Some(other), Some(was)) = (book.id, book.version) else { continue };
        restored.push(Restored { id: other, was, version: was + 1 });
        let mut row = book::ActiveModel {
            id: Set(other),
            created_at: Set(book.created_at.unwrap_or_else(now)),
            updated_at: Set(now()),
            version: Set(was + 1),
            ..Default::default()
        };
        Book::apply(book, &mut row);
        db.exec(book::Entity::insert(row).as_query()).await?;
        Book::change_related(db, other, book).await?;
        for items in items.chunks(500) {
            let theirs = item::Column::Id.is_in(items.iter().copied());
            point(db, theirs.and(item::Column::BookId.eq(book_id)), other).await?;
        }
    }
    follow::<Book>(db, &restored).await?;
    let next = merge.version + 1;
    let mut row = merge.into_active_model();
    row.undone_at = Set(Some(now()));
    row.version = Set(next);
    Ok(db.update(row).await?)
}

fn stored<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T> {
    let unreadable = |error| Error::internal(format!("a merge is unreadable: {error}"));
    serde_json::from_str(json).map_err(unreadable)
}

/// The book that others were merged into, locked.
async fn undoable(
    db: &impl Changes,
    merge: &Merge,
    merged: &[Merged<BookChanges>],
) -> Result<Book> {
    let (id, book) = (merge.id, merge.book_id);
    let ids = merged.iter().filter_map(|merged| merged.book.id);
    let taken = book::Entity::find().select_only().column(book::Column::Id);
    let taken = taken.filter(book::Column::Id.is_in(ids));
    if let [taken, ..] = db.ids(taken.as_query()).await?.as_slice() {
        let detail = format!("merge {id} cannot be undone: there is a new book {taken} by now");
        return Err(Error::invalid("", "changed-since", detail));
    }
    let stored = db.row(book::Entity::find_by_id(book).lock_exclusive()).await?;
    let stored = stored.ok_or(not_found::<Book>(book))?;
    if stored.version != merge.book_version {
        let (given, current) = (format!("merge {id}"), stored.version);
        return Err(Error::Stale { what: "book", given, id: book, current });
    }
    Ok(stored)
}
