//! Subjects: what books are about. A book is given their names, and they exist from the first book on.

use std::collections::{BTreeSet, HashMap};

use entity::{
    book_subject,
    subject::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, JoinType, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    RelationTrait,
    sea_query::{ExprTrait, OnConflict},
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
const MOST: usize = 100;
/// Subjects of all rows of a page.
const MOST_OF_A_PAGE: u64 = 20 * MAX_LIMIT;
/// What separates subjects where several are in one text.
const SEPARATOR: char = ';';

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
    let named = book_subject::Entity::find()
        .select_only()
        .column(book_subject::Column::BookId)
        .column_as(Column::Name, "name")
        .join(JoinType::InnerJoin, book_subject::Relation::Subject.def())
        .filter(book_subject::Column::BookId.is_in(books.iter().copied()))
        .order_by(Column::Name, Order::Asc)
        .limit(MOST_OF_A_PAGE + 1);
    let all = db.query::<Named>(named.build(db.backend())).await?;
    if all.len() as u64 > MOST_OF_A_PAGE {
        let detail = format!(
            "the rows of this page have more than {MOST_OF_A_PAGE} subjects; request a smaller `limit`"
        );
        return Err(Error::Invalid(FieldError::parameter("include", "too-many", detail).into()));
    }
    let mut of_book: HashMap<i32, Vec<String>> = HashMap::new();
    for (book, name) in all {
        of_book.entry(book).or_default().push(name);
    }
    Ok(books.iter().map(|id| of_book.remove(id).unwrap_or_default()).collect())
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
    let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let stored = of_books(db, &[book]).await?.concat();
    if stored.iter().map(String::as_str).collect::<BTreeSet<_>>() == wanted {
        return Ok(false);
    }
    let links = book_subject::Column::BookId.eq(book);
    let ids = ids_of(db, &wanted).await?;
    let others = links.and(book_subject::Column::SubjectId.is_not_in(ids.iter().copied()));
    db.exec(book_subject::Entity::delete_many().filter(others).as_query()).await?;
    if !ids.is_empty() {
        let links = ids.into_iter().map(|subject| book_subject::ActiveModel {
            book_id: Set(book),
            subject_id: Set(subject),
        });
        let linked = book_subject::Entity::insert_many(links).on_conflict(nothing());
        db.exec(linked.as_query()).await?;
    }
    Ok(true)
}

/// The ids of subjects, which are added where there are none.
async fn ids_of(db: &impl Changes, names: &BTreeSet<&str>) -> Result<Vec<i32>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = Entity::find().select_only().column(Column::Id);
    let found = found.filter(Column::Name.is_in(names.iter().copied()));
    let ids = db.ids(found.as_query()).await?;
    if ids.len() == names.len() {
        return Ok(ids);
    }
    let new = names.iter().map(|name| ActiveModel { id: NotSet, name: Set((*name).to_owned()) });
    db.exec(Entity::insert_many(new).on_conflict(nothing()).as_query()).await?;
    Ok(db.ids(found.as_query()).await?)
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
