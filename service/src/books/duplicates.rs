//! Books that are probably one book: of one ISBN in two spellings, or of titles and authors that differ in spelling only.
//!
//! Every title is read, and a hash of it is held in memory. Nothing is changed: [`merges`](super::merges) does that.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use entity::book::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::Serialize;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use super::is_list_of_names;
use crate::{
    Book, DatabaseError,
    database::{FromRow, Reader, RowSource, Rows},
    error::{Error, Result},
    isbn,
    query::folded,
};

/// Groups of a page.
pub const MOST_GROUPS: usize = 1000;
/// Books of one query.
const PART: u16 = 2000;
/// Books of a group that are shown.
const MOST_SHOWN: usize = 100;
/// Searches at a time; each has 32 bytes of every book in memory.
static SEARCHES: Semaphore = Semaphore::const_new(2);

/// Words at the beginning of a title that say nothing of it.
const ARTICLES: [&str; 24] = [
    "the", "a", "an", "der", "die", "das", "ein", "eine", "le", "la", "les", "l", "un", "une",
    "el", "los", "las", "una", "il", "lo", "gli", "het", "de", "den",
];

/// Why books are one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Their ISBNs are spellings of one.
    Isbn,
    /// Their titles and first authors are the same but for case, accents, punctuation, articles and the order of names.
    Text,
}

/// Books that are probably one.
#[derive(Debug)]
pub struct Group {
    /// Why.
    pub reason: Reason,
    /// The books, the oldest first; at most a hundred.
    pub books: Vec<Book>,
}

/// What to look for, and which part of what is found.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Also books of one title that all have ISBNs of their own.
    pub editions: bool,
    /// Groups to pass over.
    pub offset: usize,
    /// Groups at most.
    pub limit: usize,
}

/// A part of the groups, in the order of their oldest books, and how many there are.
///
/// # Errors
/// [`DatabaseError::Busy`] while others search, and any database error.
pub async fn find(db: &Reader, options: Options) -> Result<(Vec<Group>, usize)> {
    let busy = |_| Error::Database(DatabaseError::Busy);
    let _one = SEARCHES.try_acquire().map_err(busy)?;
    let found = grouped(outlines(db).await?, options.editions);
    let total = found.len();
    let page: Vec<(Reason, Vec<i32>)> =
        found.into_iter().skip(options.offset).take(options.limit.min(MOST_GROUPS)).collect();
    let ids: Vec<i32> = page.iter().flat_map(|(_, ids)| ids).copied().collect();
    let mut books = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(PART.into()) {
        let rows = db.rows(Entity::find().filter(Column::Id.is_in(ids.iter().copied()))).await?;
        books.extend(rows.into_iter().map(|book| (book.id, book)));
    }
    let groups = page.into_iter().map(|(reason, ids)| Group {
        reason,
        books: ids.iter().filter_map(|id| books.remove(id)).collect(),
    });
    // A group of which all but one were deleted meanwhile is none.
    Ok((groups.filter(|group| group.books.len() > 1).collect(), total))
}

/// What is remembered of a book: what it has in common with its duplicates, and whether it has an ISBN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    reason: Reason,
    key: u64,
    id: i32,
    has_isbn: bool,
}

async fn outlines(db: &Reader) -> Result<Vec<Mark>> {
    let mut marks = Vec::new();
    let mut last = i32::MIN;
    loop {
        let part = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Title, Column::Subtitle, Column::Author, Column::Isbn])
            .filter(Column::Id.gt(last))
            .order_by_asc(Column::Id)
            .limit(u64::from(PART));
        let part = db.query::<Outline>(part.build(db.backend())).await?;
        let Some(end) = part.last() else { return Ok(marks) };
        last = end.id;
        part.iter().for_each(|outline| outline.add_to(&mut marks));
    }
}

/// The members of a book by which duplicates are recognised.
struct Outline {
    id: i32,
    title: String,
    subtitle: Option<String>,
    author: String,
    isbn: Option<String>,
}

impl FromRow for Outline {
    type Output = Self;

    const COLUMNS: usize = 5;

    fn read(row: &impl RowSource) -> Option<Self> {
        let (id, title, subtitle) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Some(Self { id, title, subtitle, author: row.get(3)?, isbn: row.get(4)? })
    }
}

impl Outline {
    fn add_to(&self, marks: &mut Vec<Mark>) {
        let Self { id, title, subtitle, author, isbn } = self;
        let has_isbn = isbn.is_some();
        let mut mark = |reason, key| marks.push(Mark { reason, key, id: *id, has_isbn });
        // A program that writes SQL may have stored another spelling.
        if let Some(isbn) = isbn.as_deref().and_then(|isbn| isbn::canonical(isbn).ok()) {
            mark(Reason::Isbn, hashed(&isbn, ""));
        }
        let author = author_key(author);
        mark(Reason::Text, hashed(&title_key(title), &author));
        // One catalogue has the subtitle in the title, another apart.
        if let Some(subtitle) = subtitle {
            mark(Reason::Text, hashed(&title_key(&format!("{title} {subtitle}")), &author));
        }
    }
}

fn hashed(one: &str, other: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (one, other).hash(&mut hasher);
    hasher.finish()
}

/// The groups of marks with one key, in the order of the first books. A book is in one group.
fn grouped(mut marks: Vec<Mark>, editions: bool) -> Vec<(Reason, Vec<i32>)> {
    marks.sort_unstable();
    let mut groups: BTreeMap<i32, (Reason, Vec<i32>)> = BTreeMap::new();
    let mut group_of: HashMap<i32, i32> = HashMap::new();
    let alike = |one: &Mark, other: &Mark| (one.reason, one.key) == (other.reason, other.key);
    for same in marks.chunk_by(alike) {
        let of_editions = same.iter().all(|mark| mark.has_isbn);
        let [first, _, ..] = same else { continue };
        if first.reason == Reason::Text && of_editions && !editions {
            continue;
        }
        // Books that are in a group already bring it along.
        let known = same.iter().filter_map(|mark| group_of.get(&mark.id).copied());
        let known: Vec<i32> = known.collect();
        let mut all: Vec<i32> = same.iter().map(|mark| mark.id).collect();
        let mut reason = first.reason;
        for group in known {
            if let Some((other, ids)) = groups.remove(&group) {
                reason = reason.min(other);
                all.extend(ids);
            }
        }
        all.sort_unstable();
        all.dedup();
        let Some(oldest) = all.first().copied() else { continue };
        if all.len() > 1 {
            group_of.extend(all.iter().map(|id| (*id, oldest)));
            groups.insert(oldest, (reason, all));
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.iter_mut().for_each(|(_, ids)| ids.truncate(MOST_SHOWN));
    groups
}

/// The words of a title in small letters, without accents, punctuation and an article at the beginning.
fn title_key(title: &str) -> String {
    let words = words(title);
    let (first, rest) =
        words.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
    if ARTICLES.contains(&first) && !rest.is_empty() {
        return rest.join(" ");
    }
    if words.is_empty() { title.to_owned() } else { words.join(" ") }
}

/// The names of the first author in the order of the alphabet, without initials: `Martin, Robert C.` is `Robert C. Martin`.
fn author_key(author: &str) -> String {
    let is_list = is_list_of_names(author);
    let first = author.split([';', '\n', '&', '|']).next().unwrap_or(author);
    let first = if is_list { first.split(", ").next().unwrap_or(first) } else { first };
    let mut names = words(first);
    if names.iter().any(|name| name.chars().count() > 1) {
        names.retain(|name| name.chars().count() > 1);
    }
    names.sort_unstable();
    if names.is_empty() { author.to_owned() } else { names.join(" ") }
}

/// What a search compares too, word by word.
fn words(text: &str) -> Vec<String> {
    let folded = folded(&text.nfkc().collect::<String>()).to_lowercase();
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_authors_differ_in_spelling_only() {
        for (one, other) in [
            ("Clean Code", "clean code"),
            ("The Hobbit", "Hobbit"),
            ("Catch-22", "Catch 22"),
            ("L'Étranger", "L’etranger"),
            ("Straße", "Strasse"),
            ("Café nights: a novel", "Cafe\u{301} Nights — A Novel"),
            ("İstanbul", "istanbul"),
        ] {
            assert_eq!(title_key(one), title_key(other));
        }
        for (one, other) in
            [("The", "A"), ("War", "Peace"), ("東京", "京都"), ("?", "!"), ("C", "C++ 1")]
        {
            assert_ne!(title_key(one), title_key(other));
        }
        for (one, other) in [
            ("Robert C. Martin", "Martin, Robert C."),
            ("J. R. R. Tolkien", "J.R.R. Tolkien"),
            ("Erich Gamma, Richard Helm", "Gamma, Erich"),
            ("José Núñez; Ben Okoro", "Jose Nunez"),
        ] {
            assert_eq!(author_key(one), author_key(other));
        }
        assert_ne!(author_key("Ann Lee"), author_key("Ann Li"));
        assert_eq!(author_key("X"), "x");
    }

    fn mark(reason: Reason, key: u64, id: i32, has_isbn: bool) -> Mark {
        Mark { reason, key, id, has_isbn }
    }

    #[test]
    fn groups_are_disjoint_and_editions_are_no_duplicates() {
        use Reason::{Isbn, Text};
        let marks = vec![
            mark(Text, 1, 5, false),
            mark(Text, 1, 3, true),
            mark(Text, 2, 3, true),
            mark(Text, 2, 9, true),
            mark(Text, 3, 9, true),
            mark(Text, 3, 2, false),
            mark(Text, 4, 7, false),
            mark(Text, 4, 7, false),
            mark(Isbn, 8, 20, true),
            mark(Isbn, 8, 21, true),
        ];
        let three = vec![(Text, vec![2, 9]), (Text, vec![3, 5]), (Isbn, vec![20, 21])];
        assert_eq!(grouped(marks.clone(), false), three);
        assert_eq!(grouped(marks, true), [(Text, vec![2, 3, 5, 9]), (Isbn, vec![20, 21])]);
        assert_eq!(grouped(Vec::new(), true), []);
    }
}
