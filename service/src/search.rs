//! `q=`: rows that have every word of a text somewhere in the columns that are searched, the best first.
//!
//! What a person types is never read as a language: every character of it is looked for as it is.

use sea_orm::{
    Condition, Value,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use crate::{
    error::{Error, Result},
    kind::Kind,
    resource::Field,
    sort::Key,
    substrings::SubstringQuery,
    text::{Case, Place},
};

/// Words of one search; databases limit the depth of an expression.
const MOST_WORDS: usize = 20;
/// Characters of one search; databases limit the length of a pattern.
const LONGEST: usize = 1000;

/// The name of the order by how well a row fits.
pub const RANK: &str = "search rank";

/// A search that is to be carried out.
#[derive(Debug)]
pub struct Search {
    /// Rows that are found.
    pub condition: Condition,
    /// How well a row fits: the less the better.
    pub rank: Key,
}

/// The search for a text; `None` when there is nothing to look for.
///
/// # Errors
/// [`Error::Invalid`] for a text that is too long or cannot be stored in a database.
pub fn search(
    written: &str,
    searched: &[Field],
    id: &Field,
    query: &mut SubstringQuery,
) -> Result<Option<Search>> {
    if written.contains('\0') {
        return Err(Error::parameter("q", "q has a NUL byte; remove it".to_owned()));
    }
    if written.chars().count() > LONGEST {
        return Err(Error::parameter(
            "q",
            format!("q is longer than {LONGEST} characters; look for less"),
        ));
    }
    let words: Vec<&str> = written.split_whitespace().collect();
    if words.len() > MOST_WORDS {
        return Err(Error::parameter(
            "q",
            format!("q has {} words, at most {MOST_WORDS} are looked for", words.len()),
        ));
    }
    if words.is_empty() {
        return Ok(None);
    }
    let mut condition = Condition::all();
    for word in &words {
        condition = condition.add(anywhere(word, searched, Place::Anywhere, query));
    }
    // An ISBN may be written with spaces.
    let number = searched.iter().filter(|field| field.kind == Kind::Isbn);
    let numbers = number.filter_map(|field| Some(field.expr().eq(Kind::Isbn.read(written).ok()?)));
    let condition = numbers.fold(Condition::any().add(condition), Condition::add);
    let condition =
        Condition::all().add(condition).add_option(narrow(written, searched, id, query));
    // Of rows that are found already.
    let rank = rank(&words.join(" "), searched, &query.clone().by_scanning());
    Ok(Some(Search { condition, rank }))
}

/// Notes the words for the index. Where one may be a number too, rows with that number are candidates beside those of the
/// index, and the condition that says so is returned.
fn narrow(
    written: &str,
    searched: &[Field],
    id: &Field,
    query: &mut SubstringQuery,
) -> Option<Expr> {
    let (numbers, texts): (Vec<&Field>, Vec<&Field>) =
        searched.iter().partition(|field| field.kind == Kind::Isbn);
    let readings = |field: &Field| {
        let written = written.split_whitespace().chain([written]);
        let values: Vec<Value> =
            written.filter_map(|written| field.kind.read(written).ok()).collect();
        (!values.is_empty()).then(|| field.expr().is_in(values))
    };
    let numbers: Vec<Expr> = numbers.into_iter().filter_map(readings).collect();
    let mut beside = query.clone();
    let noted = if numbers.is_empty() { query } else { &mut beside };
    for word in written.split_whitespace() {
        noted.note(&texts, word, Case::Ignored);
    }
    if numbers.is_empty() {
        return None;
    }
    let indexed = id.expr().in_subquery(beside.candidates()?);
    Some(numbers.into_iter().fold(indexed, ExprTrait::or))
}

fn anywhere(needle: &str, searched: &[Field], place: Place, query: &SubstringQuery) -> Condition {
    let found = searched.iter().filter_map(|field| match field.kind {
        Kind::Isbn => Some(field.expr().eq(Kind::Isbn.read(needle).ok()?)),
        _ => Some(query.matches(field, needle, (place, Case::Ignored))),
    });
    found.fold(Condition::any(), Condition::add)
}

/// A whole column is better than its beginning, that better than its middle, that better than words here and there; and
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
    }
}
