//! Pages of a list: filtered, searched and sorted by the database. Each page starts after the last row of the previous one
//! (keyset), so that the thousandth costs the same as the first and no row is seen twice.

mod indexed;
mod near;
mod parts;
mod ranked;

use std::{cell::LazyCell, iter, ops::RangeInclusive, sync::Arc};

use sea_executor::{Decode, Reader, Rows};
use sea_orm::{
    Condition, EntityTrait, QueryFilter, QuerySelect, Select, Value, sea_query::SelectStatement,
};

use crate::{
    cursor,
    error::{Error, Result},
    field::Field,
    filter,
    resource::Resource,
    search::{self, RANK, Search},
    sort::{self, Direction, Key, Part},
    substrings::{SubstringQuery, TrigramStatistics},
};
use ranked::{Ranked, rows, value};

/// The highest `limit` of a page.
pub const MAX_LIMIT: u64 = 10_000;
/// Rows of a small part. Parts grow while they are read: for a client that stops, few rows are in memory.
pub const SMALL_PART: u64 = 100;
/// The parameters of a list in addition to its filters.
pub const PARAMETERS: [&str; 6] = ["q", "sort", "limit", "cursor", "offset", "count"];

/// The request for a list, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    filters: Vec<(String, String)>,
    /// A filter that nests, as text, which takes less memory than what is read of it.
    nested: Option<Arc<str>>,
    q: Option<String>,
    sort: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    offset: Option<String>,
    count: Option<String>,
    /// Rows after the cursor that are skipped.
    skipped: u64,
    /// The cursor of the last row.
    until: Option<String>,
    /// Whether rows that nearly match are shown when the search finds none.
    or_near: bool,
}

/// A page of rows, and the cursors of its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// At most as many as the limit.
    pub rows: Vec<T>,
    /// Whether the list begins with it.
    pub is_first: bool,
    /// The page after; `None` when this is the last.
    pub next: Option<Start>,
    /// The page before; `None` when there is none.
    pub previous: Option<Start>,
    /// How many rows match the filters, if that was requested.
    pub total: Option<u64>,
    /// Whether no row matches the search, and these do nearly.
    pub is_near: bool,
    /// The cursor of the last row, if there is a next page.
    pub(crate) end: Option<String>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After, or before, a row.
    Cursor(String),
    /// After the given number of rows.
    Offset(u64),
}

/// The same, parsed.
enum PageStart {
    Beginning,
    Row(Vec<Option<Value>>, Direction),
    Offset(u64),
}

impl PageStart {
    /// The direction in which the rows are read.
    fn direction(&self) -> Direction {
        match self {
            Self::Row(_, direction) => *direction,
            Self::Beginning | Self::Offset(_) => Direction::Forward,
        }
    }
}

impl Listing {
    /// From the parameters of a query; a repeated filter adds a condition, but several values may be given in one parameter or
    /// by repeating it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one of the other parameters that is repeated.
    pub fn new(parameters: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut listing = Self::default();
        for (name, value) in parameters {
            let place = match name.as_str() {
                "q" => &mut listing.q,
                "sort" => &mut listing.sort,
                "limit" => &mut listing.limit,
                "cursor" => &mut listing.cursor,
                "offset" => &mut listing.offset,
                "count" => &mut listing.count,
                _ => {
                    let mut known = listing.filters.iter_mut();
                    match known.find(|(known, _)| *known == name && filter::takes_several(&name)) {
                        Some((_, values)) => *values = format!("{values},{value}"),
                        None => listing.filters.push((name, value)),
                    }
                    continue;
                }
            };
            if let ("sort", Some(keys)) = (name.as_str(), place.as_mut()) {
                *keys = format!("{keys},{value}");
                continue;
            }
            if place.replace(value).is_some() {
                return Err(Error::twice(&name));
            }
        }
        Ok(listing)
    }

    /// The same list of the rows that this filter, a JSON object, matches too.
    #[must_use]
    pub fn filtered(self, filter: &str) -> Self {
        Self { nested: Some(filter.into()), ..self }
    }

    /// The parameter that selects a page of the list, if there is one.
    pub fn asks_for_a_page(&self) -> Option<&'static str> {
        let parts = [
            ("limit", &self.limit),
            ("cursor", &self.cursor),
            ("offset", &self.offset),
            ("count", &self.count),
        ];
        parts.into_iter().find(|(_, written)| written.is_some()).map(|(name, _)| name)
    }

    /// The parameter that does more than select rows, if there is one.
    pub(crate) fn asks_for_an_order_or_a_page(&self) -> Option<&'static str> {
        self.sort.as_ref().map(|_| "sort").or_else(|| self.asks_for_a_page())
    }

    /// Whether no row is excluded.
    pub(crate) fn finds_everything(&self) -> bool {
        self.filters.is_empty() && self.q.as_deref().is_none_or(|q| q.trim().is_empty())
    }

    /// The condition on the rows, and the rank of a row in the search, if there is one. `names` are the parameters in addition
    /// to the filters.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown parameter or a bad value.
    pub(crate) fn condition<E: EntityTrait>(
        &self,
        resource: &Resource<E>,
        query: &mut SubstringQuery,
        names: &[&str],
    ) -> Result<(Condition, Option<Key>)> {
        let filter_schema = resource.schema();
        let mut condition = filter::conditions(filter_schema, &self.filters, names, query)?;
        if let Some(nested) = &self.nested {
            condition = condition.add(filter::nested::condition(filter_schema, nested, query)?);
        }
        let q = self.q.as_deref().unwrap_or_default();
        Ok(match search::search(q, &filter_schema.searched, &resource.id()?, query)? {
            Some(Search { condition: fits, rank }) => (condition.add(fits), Some(rank)),
            None => (condition, None),
        })
    }

    /// The rows of `select` that match the filters and the search, one page of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown parameter or a bad value, and any database error.
    pub async fn page<E: Decode>(
        &self,
        db: &Reader,
        resource: &Resource<E>,
        select: Select<E>,
    ) -> Result<Page<E::Model>> {
        let (asked, condition, candidates) = self.read(db, resource)?;
        let all = select.clone().filter(condition);
        let all = match candidates {
            Some(candidates) => indexed::joined(all, candidates),
            None => all,
        };
        let total = if asked.counts { Some(db.count(all.clone()).await?) } else { None };
        let near = (self.or_near && self.q.is_some()).then(|| select.clone());
        let (mut rows, direction) = self.indexed(db, (select, all), &asked).await?;
        // One row more than requested shows whether there is a next page.
        let more = rows.len() as u64 > asked.limit;
        rows.truncate(usize::try_from(asked.limit).unwrap_or(usize::MAX));
        if direction == Direction::Backward {
            rows.reverse();
        }
        let binding = LazyCell::new(|| self.binding(&asked.keys));
        let cursor = |row: Option<&Ranked<E::Model>>, direction| {
            let values: Vec<Value> =
                asked.keys.iter().map(|key| value(resource, row?, key)).collect::<Option<_>>()?;
            Some(cursor::write(&binding, &values, direction))
        };
        let has_next = more || direction == Direction::Backward;
        let end = if has_next { cursor(rows.last(), Direction::Forward) } else { None };
        let before = || cursor(rows.first(), Direction::Backward).map(Start::Cursor);
        let after = || end.clone().map(Start::Cursor);
        let (previous, next) = match asked.from {
            PageStart::Offset(offset) => (
                (offset > 0).then(|| Start::Offset(offset.saturating_sub(asked.limit))),
                more.then(|| Start::Offset(offset.saturating_add(asked.limit))),
            ),
            PageStart::Beginning => (None, after()),
            PageStart::Row(_, Direction::Forward) => (before(), after()),
            PageStart::Row(_, Direction::Backward) => (if more { before() } else { None }, after()),
        };
        let is_first = matches!(asked.from, PageStart::Beginning | PageStart::Offset(0));
        let mut rows: Vec<_> = rows.into_iter().map(|ranked| ranked.row).collect();
        let near = near.filter(|_| rows.is_empty() && matches!(asked.from, PageStart::Beginning));
        let mut is_near = false;
        if let Some(select) = near {
            rows = Box::pin(self.nearly(db, select, &asked)).await?;
            is_near = !rows.is_empty();
        }
        Ok(Page { rows, is_first, next, previous, total, is_near, end })
    }

    /// The rows from the start of the page, one more than requested if there are enough, and their direction.
    async fn rows<E: Decode>(
        &self,
        db: &Reader,
        select: Select<E>,
        asked: &Asked<'_, E>,
    ) -> Result<(Vec<Ranked<E::Model>>, Direction)> {
        let direction = asked.from.direction();
        let start = match &asked.from {
            PageStart::Row(values, _) => Some(values.as_slice()),
            PageStart::Beginning | PageStart::Offset(_) => None,
        };
        let skipped = match asked.from {
            PageStart::Offset(offset) => offset,
            PageStart::Beginning | PageStart::Row(..) => self.skipped,
        };
        let most = asked.limit + 1;
        let last = asked.until.as_ref();
        let last = last.map(|last| sort::after(&asked.keys, last, Direction::Forward).not());
        let select = select.filter(Condition::all().add_option(last));
        // To skip or to rank rows all parts have to be read.
        if skipped > 0 || asked.keys.iter().any(|key| key.name == RANK) {
            let after = start.map(|values| sort::after(&asked.keys, values, direction));
            let select = select.filter(Condition::all().add_option(after));
            let mut select = select.offset(Some(skipped).filter(|rows| *rows > 0)).limit(most);
            sort::order(QuerySelect::query(&mut select), &asked.keys, direction);
            return Ok((rows(db, select, asked).await?, direction));
        }
        let mut found = Vec::new();
        let parts = sort::parts(&asked.keys, start, direction, db.backend());
        // The last part, usually the only one, needs no copy.
        let selects = iter::repeat_n(select, parts.len());
        for (mut select, Part { condition, keys }) in selects.zip(parts) {
            let missing = most.saturating_sub(found.len() as u64);
            if missing > 0 {
                select = select.filter(condition).limit(missing);
                sort::order(QuerySelect::query(&mut select), &keys, direction);
                found.extend(rows(db, select, asked).await?);
            }
        }
        Ok((found, direction))
    }

    /// Parses everything before the database is queried: the request, the conditions on its rows, and the candidates if an index
    /// provides them.
    fn read<'a, E: EntityTrait>(
        &self,
        db: &Reader,
        resource: &'a Resource<E>,
    ) -> Result<(Asked<'a, E>, Condition, Option<SelectStatement>)> {
        let statistics = db.extension::<TrigramStatistics>();
        let mut query = SubstringQuery::among(resource.substrings, db.backend(), &statistics);
        let (condition, rank) = self.condition(resource, &mut query, &PARAMETERS)?;
        let candidates = query.candidates();
        let id = resource.id()?;
        let mut keys = sort::keys(self.sort.as_deref(), resource.schema(), &id)?;
        let rank = rank.filter(|_| self.sort.is_none());
        // With a rank SQLite would merge the candidates with all rows, if it could sort by two columns of the result.
        if candidates.is_some() && rank.is_none() {
            keys.iter_mut()
                .filter(|key| key.name == id.name)
                .for_each(|key| key.expr = indexed::found_id());
        }
        keys.splice(0..0, rank);
        let asked = Asked {
            limit: self.limit(MAX_LIMIT)?,
            until: match &self.until {
                Some(last) => Some(cursor::read(last, &self.binding(&keys), &keys)?.0),
                None => None,
            },
            from: self.from(&keys)?,
            counts: self.counts()?,
            resource,
            id,
            query,
            keys,
        };
        Ok((asked, condition, candidates))
    }

    /// The list that its cursors belong to.
    fn binding(&self, keys: &[Key]) -> String {
        let filters = self.filters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let nested = self.nested.iter().map(|nested| ("filter", &**nested));
        let search = self.q.iter().map(|q| ("q", q.as_str()));
        cursor::binding(keys, filters.chain(nested).chain(search))
    }

    fn from(&self, keys: &[Key]) -> Result<PageStart> {
        match (&self.cursor, &self.offset) {
            (None, None) => Ok(PageStart::Beginning),
            (Some(_), Some(_)) => Err(Error::parameter(
                "offset",
                "cursor and offset are two ways to set where a page begins; remove one".to_owned(),
            )),
            (Some(cursor), None) => {
                let (values, direction) = cursor::read(cursor, &self.binding(keys), keys)?;
                Ok(PageStart::Row(values, direction))
            }
            (None, Some(written)) => {
                Ok(PageStart::Offset(within("offset", written, 0..=0x7fff_ffff)?))
            }
        }
    }

    /// Whether the list returns few rows, and so takes little memory. Without a limit it has `cap` rows.
    pub fn is_small(&self, cap: u64) -> bool {
        self.limit(cap).is_ok_and(|limit| limit <= SMALL_PART)
    }

    /// Rows of the page; `otherwise` if none was requested.
    pub(crate) fn limit(&self, otherwise: u64) -> Result<u64> {
        let written = self.limit.as_ref();
        written.map_or(Ok(otherwise), |written| within("limit", written, 1..=MAX_LIMIT))
    }

    fn counts(&self) -> Result<bool> {
        match self.count.as_deref() {
            None | Some("none") => Ok(false),
            Some("exact") => Ok(true),
            Some(other) => {
                let detail = format!("count `{other}` is neither `exact` nor `none`");
                Err(Error::parameter("count", detail))
            }
        }
    }
}

/// The number that a parameter is.
fn within(name: &str, written: &str, range: RangeInclusive<u64>) -> Result<u64> {
    let number = written.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = range.into_inner();
        Error::parameter(name, format!("{name} `{written}` is not between {least} and {most}"))
    })
}

/// A parsed request for a list.
struct Asked<'a, E: EntityTrait> {
    resource: &'a Resource<E>,
    id: Field,
    query: SubstringQuery,
    keys: Vec<Key>,
    limit: u64,
    from: PageStart,
    until: Option<Vec<Option<Value>>>,
    counts: bool,
}
