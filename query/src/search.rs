//! `q=`: rows that contain every word of a text in the searched columns, the best match first.
//!
//! User input is never parsed as a query language: every character is matched literally.

use sea_orm::{
    Condition, DbBackend, Value,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use crate::{
    error::{Error, Result},
    field::Field,
    folding,
    kind::Kind,
    sort::Key,
    substrings::SubstringQuery,
    text::{Case, Place},
};

/// Maximum number of words in a search; databases limit the depth of an expression.
const MOST_WORDS: usize = 20;
/// Maximum length of a search in characters; databases limit the length of a pattern.
const LONGEST: usize = 1000;

/// The name of the order by rank.
pub const RANK: &str = "search rank";

/// A search to be run.
#[derive(Debug)]
pub struct Search {
    /// The condition on the rows.
    pub condition: Condition,
    /// The rank of a row: lower is better.
    pub rank: Key,
}

/// The search for a text; `None` when there is nothing to search for.
///
/// # Errors
/// [`Error::Invalid`] for a text that is too long or that a database cannot store.
pub fn search(
    written: &str,
    searched: &[Field],
    id: &Field,
    query: &mut SubstringQuery,
) -> Result<Option<Search>> {
    let refused = |why: String| Err(Error::parameter("q", format!("q {why}")));
    if written.contains('\0') {
        return refused("has a NUL byte; remove it".to_owned());
    }
    if written.chars().count() > LONGEST {
        return refused(format!("is longer than {LONGEST} characters; shorten it"));
    }
    let words: Vec<&str> = written.split_whitespace().collect();
    if words.len() > MOST_WORDS {
        return refused(format!("has {} words, at most {MOST_WORDS} are allowed", words.len()));
    }
    if words.is_empty() {
        return Ok(None);
    }
    if searched.is_empty() {
        return refused("has nothing to search: these rows have no texts; leave it out".to_owned());
    }
    let columns = Columns::of(searched);
    let parts = columns.parts(&words);
    let mut condition = Condition::all();
    for (word, parts) in words.iter().zip(&parts) {
        let all = parts.iter().map(|part| query.has(&columns.texts, part, Place::Anywhere));
        let all = all.fold(Condition::all(), Condition::add);
        condition =
            condition.add(columns.codes(word).fold(Condition::any().add(all), Condition::add));
    }
    // A code may be written with spaces.
    let condition = columns.codes(written).fold(Condition::any().add(condition), Condition::add);
    let narrow = narrow(written, (&columns, &parts.concat()), id, query);
    let condition = Condition::all().add(condition).add_option(narrow);
    // For rows that are already found.
    let rank = rank(&words.join(" "), searched, &query.clone().by_scanning());
    Ok(Some(Search { condition, rank }))
}

/// The searched columns.
struct Columns<'a> {
    codes: Vec<&'a Field>,
    texts: Vec<&'a Field>,
}

impl<'a> Columns<'a> {
    fn of(searched: &'a [Field]) -> Self {
        let is_code = |field: &&Field| matches!(field.kind, Kind::Code(_));
        let (codes, texts) = searched.iter().partition(is_code);
        Self { codes, texts }
    }

    /// The parts of each word: those that dashes connect if texts are searched without regard to dashes, unless they are too many.
    fn parts<'w>(&self, words: &[&'w str]) -> Vec<Vec<&'w str>> {
        let cut = |word: &&'w str| match folding::parts(word).collect::<Vec<_>>() {
            none if none.is_empty() => vec![*word],
            parts => parts,
        };
        let folds = self.texts.iter().any(|field| field.folded.is_some());
        let parts: Vec<Vec<&str>> = words.iter().filter(|_| folds).map(cut).collect();
        match parts.iter().map(Vec::len).sum::<usize>() {
            1..=MOST_WORDS => parts,
            _ => words.iter().map(|word| vec![*word]).collect(),
        }
    }

    /// Conditions on the codes, each of which a text may be.
    fn codes(&self, written: &str) -> impl Iterator<Item = Expr> {
        self.codes.iter().filter_map(|field| Some(field.expr().eq(field.kind.read(written).ok()?)))
    }
}

/// Adds the words to the query of the index. If one may also be a code, rows with that code are candidates in addition to
/// those of the index, and the condition for them is returned.
fn narrow(
    written: &str,
    (columns, parts): (&Columns<'_>, &[&str]),
    id: &Field,
    query: &mut SubstringQuery,
) -> Option<Expr> {
    let readings = |field: &&Field| {
        let written = written.split_whitespace().chain([written]);
        let values: Vec<Value> =
            written.filter_map(|written| field.kind.read(written).ok()).collect();
        (!values.is_empty()).then(|| field.expr().is_in(values))
    };
    let codes: Vec<Expr> = columns.codes.iter().filter_map(readings).collect();
    let mut separate = query.clone();
    let noted = if codes.is_empty() { query } else { &mut separate };
    for part in parts {
        noted.note(&columns.texts, part, Case::Ignored);
    }
    if codes.is_empty() {
        return None;
    }
    let indexed = id.expr().in_subquery(separate.candidates()?);
    Some(codes.into_iter().fold(indexed, ExprTrait::or))
}

/// A match of a whole column ranks before one at its beginning, that before one in its middle, that before separate words; and
/// the first column weighs more than the others.
fn rank(needle: &str, searched: &[Field], query: &SubstringQuery) -> Key {
    let ranks = |has: &dyn Fn(&[&Field], Place) -> Expr| ranks(searched, needle, has);
    let row = query.row(&Columns::of(searched).texts, needle);
    let (ranks, last) = match row {
        Some(row) if query.backend == DbBackend::Postgres => {
            let (folded, last) = ranks(&|texts, place| row.has(texts, place));
            return key(row.select(folded.finally(last).into()));
        }
        // Most rows have the needle as it is.
        Some(row) => {
            let (plain, _) = ranks(&|texts, place| query.plain(texts, &row.needle, place));
            let (folded, last) = ranks(&|texts, place| row.has(texts, place));
            (plain, row.select(folded.finally(last).into()))
        }
        None => {
            let (ranks, last) = ranks(&|texts, place| query.has(texts, needle, place));
            (ranks, last.into())
        }
    };
    key(ranks.finally(last).into())
}

/// The order by a rank.
fn key(rank: Expr) -> Key {
    Key {
        name: RANK.to_owned(),
        expr: rank,
        kind: Kind::Integer,
        descending: false,
        nullable: false,
        relation: None,
    }
}

/// The ranks but the last one, where `has` is whether one of the texts has the needle at a place.
fn ranks(
    searched: &[Field],
    needle: &str,
    has: &dyn Fn(&[&Field], Place) -> Expr,
) -> (CaseStatement, i32) {
    let (first, rest) = searched.split_at(searched.len().min(1));
    let mut ranks = CaseStatement::new();
    let mut rank = 0;
    for place in [Place::Whole, Place::Start, Place::Anywhere] {
        for fields in [first, rest].into_iter().filter(|fields| !fields.is_empty()) {
            let columns = Columns::of(fields);
            let codes = columns.codes(needle).fold(Condition::any(), Condition::add);
            let texts = (!columns.texts.is_empty()).then(|| has(&columns.texts, place));
            ranks = ranks.case(codes.add_option(texts), rank);
            rank += 1;
        }
    }
    (ranks, rank)
}
