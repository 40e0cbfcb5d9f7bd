//! Subjects: what books are about. A book is given their names, and they exist from the first book on.

use std::collections::{BTreeSet, HashMap};

use entity::{
    book_subject,
    subject::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, JoinType, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    RelationTrait, Select,
    sea_query::{OnConflict, SimpleExpr},
};

use crate::{
    Book, Subject,
    check::Rules,
    database::{Changes, FromRow, Reader, RowSource, Rows},
    error::{Error, FieldError, Result},
    noun::{Listed, not_found},
    query::{Listing, MAX_LIMIT, Page, Relation, Resource},
};

/// The longest name of a subject, in characters.
pub const LONGEST: usize = 200;
/// How one is written, as a regular expression: a line of text without `;`.
pub const PATTERN: &str =
    r"^[^;\x00-\x1f\x7f-\x9f]*[^;\s\x00-\x1f\x7f-\x9f][^;\x00-\x1f\x7f-\x9f]*$";
/// Subjects of a book.
pub(crate) const MOST: usize = 100;
/// Subjects of all rows of a page.
const MOST_OF_A_PAGE: u64 = 20 * MAX_LIMIT;
/// Rows and names of a statement: neither database has room for the values of many more.
const PART: usize = 1000;
/// What separates subjects where several are in one text. No name has it.
pub(crate) const SEPARATOR: char = ';';

pub(crate) static SUBJECTS: Resource<Entity> = Resource::new("subject", "subjects")
    .searched(&[Column::Name])
    .relations(|| vec![Relation::to::<Entity, _>("books", Book::resource())]);

impl Listed for Subject {
    fn resource() -> &'static Resource<Entity> {
        &SUBJECTS
    }
}

/// A page of the subjects.
///
/// # Errors
/// [`Error::Invalid`] for a bad parameter, and any database error.
pub async fn list(db: &Reader, listing: &Listing) -> Result<Page<Subject>> {
    Ok(listing.page(db, &SUBJECTS, db.all::<Entity>()).await?)
}

/// One subject.
///
/// # Errors
/// [`Error::NotFound`], and any database error.
pub async fn find(db: &impl Rows, id: i32) -> Result<Subject> {
    db.by_id::<Entity>(id).await?.ok_or(not_found::<Subject>(id))
}

/// The names of the subjects of each book, in the order of the alphabet.
///
/// # Errors
/// [`Error::Invalid`] when there are too many, and any database error.
pub async fn of_books(db: &impl Rows, books: &[i32]) -> Result<Vec<Vec<String>>> {
    let these = book_subject::Column::BookId.is_in(books.iter().copied());
    let all = named(these).order_by(Column::Name, Order::Asc).limit(MOST_OF_A_PAGE + 1);
    let all = db.query::<Named>(all.build(db.backend())).await?;
    if all.len() as u64 > MOST_OF_A_PAGE {
        let detail = format!(
            "the rows of this page have more than {MOST_OF_A_PAGE} subjects; request a smaller `limit`"
        );
        return Err(Error::Invalid(FieldError::parameter("include", "too-many", detail).into()));
    }
    Ok(of_each(books, all))
}

/// The same for any number of them, and in one order on both databases: files that are the same are so in every byte.
pub(crate) async fn of_many_books(db: &impl Rows, books: &[i32]) -> Result<Vec<Vec<String>>> {
    let mut all = Vec::new();
    for part in books.chunks(PART) {
        all.extend(db.query::<Named>(named(about(part)).build(db.backend())).await?);
    }
    let mut of_each = of_each(books, all);
    of_each.iter_mut().for_each(|names| names.sort_unstable());
    Ok(of_each)
}

/// The names of the subjects of some books.
fn named(which: SimpleExpr) -> Select<book_subject::Entity> {
    book_subject::Entity::find()
        .select_only()
        .column(book_subject::Column::BookId)
        .column_as(Column::Name, "name")
        .join(JoinType::InnerJoin, book_subject::Relation::Subject.def())
        .filter(which)
}

/// Links of books, and of those between them if these are few: a range costs a third of a list.
fn about(books: &[i32]) -> SimpleExpr {
    let (book, most) = (book_subject::Column::BookId, i32::try_from(2 * books.len()));
    match (books.iter().min(), books.iter().max(), most) {
        (Some(first), Some(last), Ok(most)) if last.saturating_sub(*first) < most => {
            book.between(*first, *last)
        }
        _ => book.is_in(books.iter().copied()),
    }
}

fn of_each(books: &[i32], named: Vec<(i32, String)>) -> Vec<Vec<String>> {
    let mut of_book: HashMap<i32, Vec<String>> = HashMap::new();
    for (book, name) in named {
        of_book.entry(book).or_default().push(name);
    }
    books.iter().map(|id| of_book.remove(id).unwrap_or_default()).collect()
}

/// Subjects as one text.
pub(crate) fn joined(names: &[String]) -> String {
    names.join("; ")
}

/// The id of a book, and the name of one of its subjects.
struct Named;

impl FromRow for Named {
    type Output = (i32, String);

    const COLUMNS: usize = 2;

    fn read(row: &impl RowSource) -> Option<(i32, String)> {
        Some((row.get(0)?, row.get(1)?))
    }
}

/// Gives a book these subjects and no others; whether it had others.
pub(crate) async fn set(db: &impl Changes, book: i32, names: &[String]) -> Result<bool> {
    let stored = of_books(db, &[book]).await?.concat();
    if are_same(&stored, names) {
        return Ok(false);
    }
    give(db, &[(book, names)]).await?;
    Ok(true)
}

/// Gives each of several books these subjects and no others.
pub(crate) async fn give(db: &impl Changes, given: &[(i32, &[String])]) -> Result<()> {
    for part in given.chunks(PART) {
        let books = part.iter().map(|(book, _)| *book);
        let others = book_subject::Entity::delete_many();
        let others = others.filter(book_subject::Column::BookId.is_in(books));
        db.exec(others.as_query()).await?;
    }
    add(db, given).await
}

/// Gives books that have no subjects these.
pub(crate) async fn add(db: &impl Changes, given: &[(i32, &[String])]) -> Result<()> {
    let names = given.iter().flat_map(|(_, names)| names.iter().map(String::as_str));
    let ids = ids_of(db, names.collect()).await?;
    let links = given.iter().flat_map(|(book, names)| names.iter().map(move |name| (*book, name)));
    let mut rows = Vec::new();
    for (book, name) in links {
        let subject = ids.get(name.as_str()).copied().ok_or_else(|| {
            Error::collision("another session deleted a subject that is given to a book")
        })?;
        rows.push(book_subject::ActiveModel { book_id: Set(book), subject_id: Set(subject) });
    }
    while !rows.is_empty() {
        let part = rows.split_off(rows.len().saturating_sub(PART));
        let linked = book_subject::Entity::insert_many(part).on_conflict(nothing());
        db.exec(linked.as_query()).await?;
    }
    Ok(())
}

/// Whether two lists have the same names.
pub(crate) fn are_same(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect()
}

/// The ids of subjects by their names. Those that there are not are added.
async fn ids_of(db: &impl Changes, names: BTreeSet<&str>) -> Result<HashMap<String, i32>> {
    let mut ids = HashMap::with_capacity(names.len());
    let names: Vec<&str> = names.into_iter().collect();
    for part in names.chunks(PART) {
        ids.extend(find_all(db, part).await?);
        let new: Vec<&str> = part.iter().copied().filter(|name| !ids.contains_key(*name)).collect();
        if new.is_empty() {
            continue;
        }
        let rows = new.iter().map(|name| ActiveModel { id: NotSet, name: Set((*name).to_owned()) });
        db.exec(Entity::insert_many(rows).on_conflict(nothing()).as_query()).await?;
        ids.extend(find_all(db, &new).await?);
    }
    Ok(ids)
}

async fn find_all(db: &impl Rows, names: &[&str]) -> Result<impl Iterator<Item = (String, i32)>> {
    let found = Entity::find().filter(Column::Name.is_in(names.iter().copied()));
    Ok(db.rows(found).await?.into_iter().map(|Subject { id, name, .. }| (name, id)))
}

fn nothing() -> OnConflict {
    OnConflict::new().do_nothing().to_owned()
}

/// Brings the names of subjects into the form that is stored, each once.
pub(crate) fn check(rules: &mut Rules, field: &str, names: &mut Vec<String>) {
    for name in names.iter_mut() {
        rules.line(field, name, LONGEST);
        if name.contains(SEPARATOR) {
            let shown = crate::query::shortened(name, 30);
            rules.broken(
                field,
                "separator",
                format!("{field} `{shown}` has a `{SEPARATOR}`; make two of it"),
            );
        }
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    if names.len() > MOST {
        let detail = format!("{field} has {} names, at most {MOST} are stored", names.len());
        rules.broken(field, "too-many", detail);
    }
}

/// Refuses to give a book the subjects of several ones if they are too many for one.
pub(crate) fn expect_room(together: &[String]) -> Result<()> {
    let count = together.iter().collect::<BTreeSet<_>>().len();
    if count <= MOST {
        return Ok(());
    }
    let detail =
        format!("the books have {count} subjects together, at most {MOST} are stored; remove some");
    Err(Error::invalid("books", "too-many", detail))
}

/// Refuses to give subjects to many books at once, which is one statement about their own columns.
pub(crate) fn expect_none(is_given: bool) -> Result<()> {
    if !is_given {
        return Ok(());
    }
    let detail = "subjects cannot be given to many books at once; change each by its id";
    Err(Error::invalid("subjects", "one-by-one", detail))
}
