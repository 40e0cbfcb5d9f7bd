//! Rows with nearly the words of a search that found none: each word with a typo or two.

use sea_executor::{Decode, Reader, Rows};
use sea_orm::{
    EntityTrait, IdenStatic, Iterable, ModelTrait, QueryFilter, QueryOrder, Select, Value,
    sea_query::ExprTrait,
};

use super::{Asked, Listing, PARAMETERS};
use crate::{
    error::Result,
    field::Field,
    folding,
    kind::Kind,
    substrings::{SubstringQuery, TrigramStatistics},
};

/// Rows that are returned at most.
const MOST: usize = 20;
/// Texts that are compared: the title and the author of a book.
const TEXTS: usize = 2;
/// Words of a text that are compared.
const MOST_WORDS: usize = 50;

impl Listing {
    /// The same list, of which rows that nearly match are shown when `q` finds none.
    #[must_use]
    pub fn or_near(self) -> Self {
        Self { or_near: true, ..self }
    }

    /// The rows of `select` that pass the filters and whose texts have nearly the words of the search, the nearest first. Words of
    /// fewer than four letters have no typo, those of fewer than eight have one.
    pub(super) async fn nearly<E: Decode>(
        &self,
        db: &Reader,
        select: Select<E>,
        asked: &Asked<'_, E>,
    ) -> Result<Vec<E::Model>> {
        let resource = asked.resource;
        let searched = &resource.schema().searched;
        let texts =
            searched.iter().filter(|field| field.kind == Kind::Text && field.folded.is_some());
        let texts: Vec<&Field> = texts.take(TEXTS).collect();
        let q = self.q.as_deref().unwrap_or_default();
        let words = words(q);
        let wrong: Vec<&str> =
            words.iter().map(String::as_str).filter(|word| typos(word) > 0).collect();
        let statistics = db.extension::<TrigramStatistics>();
        let mut query = SubstringQuery::among(resource.substrings, db.backend(), &statistics);
        let (false, Some(similar)) = (wrong.is_empty(), query.similar(&texts, &wrong)) else {
            return Ok(Vec::new());
        };
        let ids = db.for_searches().ids(&similar).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let filters = Self { q: None, ..self.clone() };
        let (condition, _) = filters.condition(resource, &mut query, &PARAMETERS)?;
        let among = select.filter(condition).filter(asked.id.expr().is_in(ids));
        let rows = db.rows(among.order_by_asc(asked.id.expr())).await?;
        let distance = |row: &E::Model| {
            let texts = texts.iter().filter_map(|field| text::<E>(row, field));
            let texts: Vec<String> = texts.flat_map(|text| self::words(&text)).collect();
            words.iter().map(|word| nearest(word, &texts)).sum::<Option<usize>>()
        };
        let mut near: Vec<(usize, E::Model)> =
            rows.into_iter().filter_map(|row| Some((distance(&row)?, row))).collect();
        near.sort_by_key(|(distance, _)| *distance);
        near.truncate(MOST.min(usize::try_from(asked.limit).unwrap_or(MOST)));
        Ok(near.into_iter().map(|(_, row)| row).collect())
    }
}

/// The words of a text, folded, at most [`MOST_WORDS`].
fn words(text: &str) -> Vec<String> {
    let parts = text.split_whitespace().flat_map(folding::parts).map(folding::folded);
    let trimmed = parts.map(|part| part.trim_matches(|c: char| !c.is_alphanumeric()).to_owned());
    trimmed.filter(|part| !part.is_empty()).take(MOST_WORDS).collect()
}

/// The text of a row in a column.
fn text<E: EntityTrait>(row: &E::Model, field: &Field) -> Option<String> {
    let column = E::Column::iter().find(|column| column.as_str() == field.column.to_string())?;
    match row.get(column) {
        Value::String(text) => text,
        _ => None,
    }
}

/// The number of letters of a word that may be wrong, left out, added, or exchanged with the next one.
fn typos(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// The typos that are between a word and the nearest of some others; `None` if they are too many.
fn nearest(word: &str, others: &[String]) -> Option<usize> {
    let (most, length) = (typos(word), word.chars().count());
    let distances = others.iter().filter_map(|other| {
        if other.contains(word) {
            return Some(0);
        }
        let fits = most > 0 && other.chars().count().abs_diff(length) <= most;
        fits.then(|| strsim::osa_distance(word, other)).filter(|distance| *distance <= most)
    });
    distances.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_have_as_many_typos_as_their_length_allows() {
        let words = words("The Hobbit – J.R.R. Tolkien’s Ærenprijs");
        assert_eq!(words, ["the", "hobbit", "j.r.r", "tolkiens", "aerenprijs"]);
        for (word, expected) in [
            ("hobbit", Some(0)),
            ("obbi", Some(0)),
            ("hobit", Some(1)),
            ("hobitt", None),
            ("hobbitt", Some(1)),
            ("hibbot", None),
            ("teh", None),
            ("tolkeins", Some(1)),
            ("tolkeinz", Some(2)),
            ("erenpris", Some(2)),
            ("zzzzzzzz", None),
        ] {
            assert_eq!(nearest(word, &words), expected, "{word}");
        }
    }
}
