//! `q=`: rows that contain every word of a text in the searched columns, the best match first.
//!
//! User input is never parsed as a query language: every character is matched literally.

use sea_orm::{
    Condition, Value,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use crate::{
    error::{Error, Result},
    field::Field,
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
    let mut condition = Condition::all();
    for word in &words {
        condition = condition.add(anywhere(word, searched, Place::Anywhere, query));
    }
    // A code may be written with spaces.
    let codes = searched.iter().filter(|field| is_code(field));
    let codes = codes.filter_map(|field| Some(field.expr().eq(field.kind.read(written).ok()?)));
    let condition = codes.fold(Condition::any().add(condition), Condition::add);
    let condition =
        Condition::all().add(condition).add_option(narrow(written, searched, id, query));
    // For rows that are already found.
    let rank = rank(&words.join(" "), searched, &query.clone().by_scanning());
    Ok(Some(Search { condition, rank }))
}

fn is_code(field: &Field) -> bool {
    matches!(field.kind, Kind::Code(_))
}

/// Adds the words to the query of the index. If one may also be a code, rows with that code are candidates in addition to
/// those of the index, and the condition for them is returned.
fn narrow(
    written: &str,
    searched: &[Field],
    id: &Field,
    query: &mut SubstringQuery,
) -> Option<Expr> {
    let (codes, texts): (Vec<&Field>, Vec<&Field>) =
        searched.iter().partition(|field| is_code(field));
    let readings = |field: &Field| {
        let written = written.split_whitespace().chain([written]);
        let values: Vec<Value> =
            written.filter_map(|written| field.kind.read(written).ok()).collect();
        (!values.is_empty()).then(|| field.expr().is_in(values))
    };
    let codes: Vec<Expr> = codes.into_iter().filter_map(readings).collect();
    let mut separate = query.clone();
    let noted = if codes.is_empty() { query } else { &mut separate };
    for word in written.split_whitespace() {
        noted.note(&texts, word, Case::Ignored);
    }
    if codes.is_empty() {
        return None;
    }
    let indexed = id.expr().in_subquery(separate.candidates()?);
    Some(codes.into_iter().fold(indexed, ExprTrait::or))
}

fn anywhere(needle: &str, searched: &[Field], place: Place, query: &SubstringQuery) -> Condition {
    let found = searched.iter().filter_map(|field| match field.kind {
        Kind::Code(_) => Some(field.expr().eq(field.kind.read(needle).ok()?)),
        _ => Some(query.matches(field, needle, (place, Case::Ignored))),
    });
    found.fold(Condition::any(), Condition::add)
}

/// A match of a whole column ranks before one at its beginning, that before one in its middle, that before separate words; and
/// the first column weighs more than the others.
fn rank(needle: &str, searched: &[Field], query: &SubstringQuery) -> Key {
    let (first, rest) = searched.split_at(searched.len().min(1));
    let mut ranks = CaseStatement::new();
    let mut rank = 0;
    for place in [Place::Whole, Place::Start, Place::Anywhere] {
        for fields in [first, rest].into_iter().filter(|fields| !fields.is_empty()) {
            ranks = ranks.case(anywhere(needle, fields, place, query), rank);
            rank += 1;
        }
    }
    Key {
        name: RANK.to_owned(),
        expr: ranks.finally(rank).into(),
        kind: Kind::Integer,
        descending: false,
        nullable: false,
        relation: None,
    }
}
