//! Pages of a list: filtered, searched and sorted by the database, each page continuing behind the last row of the one
//! before (keyset), so that the thousandth costs what the first does and no row is seen twice.

mod indexed;
mod ranked;

use std::{cell::LazyCell, iter};

use sea_orm::{
    Condition, FromQueryResult, QueryFilter, QuerySelect, Select, Value, sea_query::SelectStatement,
};

use crate::{
    cursor,
    database::{Reader, Rows},
    error::{Error, Result},
    filter,
    resource::Resource,
    search::{self, RANK, Search},
    sort::{self, Direction, Key, Part},
    substrings::SubstringQuery,
    walk::SMALL_PART,
};
pub(crate) use ranked::id;
use ranked::{Ranked, rows, value};

/// The highest `limit` of a page.
pub const MAX_LIMIT: u64 = 10_000;
/// The parameters of a list beside its filters.
pub const PARAMETERS: [&str; 6] = ["q", "sort", "limit", "cursor", "offset", "count"];

/// What was asked of a list, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    filters: Vec<(String, String)>,
    q: Option<String>,
    sort: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    offset: Option<String>,
    count: Option<String>,
    /// Rows behind the cursor that are passed over.
    skipped: u64,
    /// The cursor of the last row.
    until: Option<String>,
}

/// A page of rows, and where its neighbours begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// At most as many as the limit.
    pub rows: Vec<T>,
    /// Whether the list begins with it.
    pub is_first: bool,
    /// The page behind; `None` when this is the last.
    pub next: Option<Start>,
    /// The page before; `None` when there is none.
    pub previous: Option<Start>,
    /// How many rows pass the filters, where that was asked for.
    pub total: Option<u64>,
    /// The cursor of the last row, where there is a page behind.
    pub(crate) end: Option<String>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Behind, or before, a row.
    Cursor(String),
    /// Behind so many rows.
    Offset(u64),
}

/// The same, read.
enum PageStart {
    Beginning,
    Row(Vec<Option<Value>>, Direction),
    Offset(u64),
}

impl PageStart {
    /// The way that the rows are walked.
    fn direction(&self) -> Direction {
        match self {
            Self::Row(_, direction) => *direction,
            Self::Beginning | Self::Offset(_) => Direction::Forward,
        }
    }
}

impl Listing {
    /// From the parameters of a query; a filter that stands twice is a condition twice, but several values may stand
    /// behind one name or one behind each of several.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one of the other parameters that stands twice.
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

    /// The parameter that cuts a page out of the list, if there is one.
    pub(crate) fn asks_for_a_page(&self) -> Option<&'static str> {
        let parts = [
            ("limit", &self.limit),
            ("cursor", &self.cursor),
            ("offset", &self.offset),
            ("count", &self.count),
        ];
        parts.into_iter().find(|(_, written)| written.is_some()).map(|(name, _)| name)
    }

    /// The parameter that says more than which rows are meant, if there is one.
    pub(crate) fn asks_for_an_order_or_a_page(&self) -> Option<&'static str> {
        self.sort.as_ref().map(|_| "sort").or_else(|| self.asks_for_a_page())
    }

    /// Whether no row is left out.
    pub(crate) fn finds_everything(&self) -> bool {
        self.filters.is_empty() && self.q.as_deref().is_none_or(|q| q.trim().is_empty())
    }

    /// The condition that rows have to fulfil, and how well one fits the search, if there is one. `names` are the
    /// parameters beside the filters.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown parameter or a bad value.
    pub(crate) fn condition<E: Resource>(
        &self,
        query: &mut SubstringQuery,
        names: &[&str],
    ) -> Result<(Condition, Option<Key>)> {
        let filter_schema = E::filter_schema();
        let condition = filter::conditions(filter_schema, &self.filters, names, query)?;
        let q = self.q.as_deref().unwrap_or_default();
        Ok(match search::search(q, &filter_schema.searched, &id::<E>()?, query)? {
            Some(Search { condition: fits, rank }) => (condition.add(fits), Some(rank)),
            None => (condition, None),
        })
    }

    /// The same list, in this order where it asks for none.
    pub(crate) fn or_sorted_by(&self, sort: &str) -> Self {
        let sort = self.sort.clone().or_else(|| self.q.is_none().then(|| sort.to_owned()));
        Self { sort, ..self.clone() }
    }

    /// The same list, so many rows of it.
    pub(crate) fn part(&self, limit: u64) -> Self {
        Self { limit: Some(limit.to_string()), ..self.clone() }
    }

    /// The same list from a cursor on, which nobody counts again.
    pub(crate) fn behind(&self, cursor: String) -> Self {
        Self { cursor: Some(cursor), offset: None, count: None, ..self.clone() }
    }

    /// The same list without so many rows behind its cursor.
    pub(crate) fn skipping(&self, rows: u64) -> Self {
        Self { skipped: rows, ..self.clone() }
    }

    /// The same list up to the row of a cursor, and with it.
    pub(crate) fn until(&self, last: String) -> Self {
        Self { until: Some(last), ..self.clone() }
    }

    /// Whether it is the page before a row.
    pub(crate) fn leads_back(&self) -> bool {
        self.cursor.as_deref().is_some_and(cursor::leads_back)
    }

    /// The rows of `select` that pass the filters and are found by the search, a page of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown parameter or a bad value, and what the database says.
    pub(crate) async fn page<E: Resource>(
        &self,
        db: &Reader,
        select: Select<E>,
    ) -> Result<Page<E::Model>>
    where
        E::Model: FromQueryResult + Sync,
    {
        let (asked, condition, candidates) = self.read::<E>(db)?;
        let all = select.clone().filter(condition);
        let all = match candidates {
            Some(candidates) => indexed::joined(all, candidates),
            None => all,
        };
        let total = if asked.counts { Some(db.count(all.clone()).await?) } else { None };
        let (mut rows, direction) = self.indexed(db, select, all, &asked).await?;
        // One row more than asked for tells whether there is a next page.
        let more = rows.len() as u64 > asked.limit;
        rows.truncate(usize::try_from(asked.limit).unwrap_or(usize::MAX));
        if direction == Direction::Backward {
            rows.reverse();
        }
        let binding = LazyCell::new(|| self.binding(&asked.keys));
        let cursor = |row: Option<&Ranked<E::Model>>, direction| {
            let values: Vec<Value> =
                asked.keys.iter().map(|key| value::<E>(row?, key)).collect::<Option<_>>()?;
            Some(cursor::write(&binding, &values, direction))
        };
        let has_next = more || direction == Direction::Backward;
        let end = if has_next { cursor(rows.last(), Direction::Forward) } else { None };
        let before = || cursor(rows.first(), Direction::Backward).map(Start::Cursor);
        let behind = || end.clone().map(Start::Cursor);
        let (previous, next) = match asked.from {
            PageStart::Offset(offset) => (
                (offset > 0).then(|| Start::Offset(offset.saturating_sub(asked.limit))),
                more.then(|| Start::Offset(offset.saturating_add(asked.limit))),
            ),
            PageStart::Beginning => (None, behind()),
            PageStart::Row(_, Direction::Forward) => (before(), behind()),
            PageStart::Row(_, Direction::Backward) => {
                (if more { before() } else { None }, behind())
            }
        };
        let is_first = matches!(asked.from, PageStart::Beginning | PageStart::Offset(0));
        let rows = rows.into_iter().map(|ranked| ranked.row).collect();
        Ok(Page { rows, is_first, next, previous, total, end })
    }

    /// The rows from where the page begins, one more than asked for where there are as many, and the way they go.
    async fn rows<E: Resource>(
        &self,
        db: &Reader,
        select: Select<E>,
        asked: &Asked,
    ) -> Result<(Vec<Ranked<E::Model>>, Direction)>
    where
        E::Model: FromQueryResult,
    {
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
        let last = last.map(|last| sort::behind(&asked.keys, last, Direction::Forward).not());
        let select = select.filter(Condition::all().add_option(last));
        // To pass rows over or to rank them all parts have to be looked at.
        if skipped > 0 || asked.keys.iter().any(|key| key.name == RANK) {
            let behind = start.map(|values| sort::behind(&asked.keys, values, direction));
            let select = select.filter(Condition::all().add_option(behind));
            let mut select = select.offset(Some(skipped).filter(|rows| *rows > 0)).limit(most);
            sort::order(QuerySelect::query(&mut select), &asked.keys, direction);
            return Ok((rows(db, select, &asked.keys).await?, direction));
        }
        let mut found = Vec::new();
        let parts = sort::parts(&asked.keys, start, direction, db.backend());
        // The last part, mostly the only one, needs no copy.
        let selects = iter::repeat_n(select, parts.len());
        for (mut select, Part { condition, keys }) in selects.zip(parts) {
            let missing = most.saturating_sub(found.len() as u64);
            if missing > 0 {
                select = select.filter(condition).limit(missing);
                sort::order(QuerySelect::query(&mut select), &keys, direction);
                found.extend(rows(db, select, &asked.keys).await?);
            }
        }
        Ok((found, direction))
    }

    /// Reads everything before anything is asked of the database: what was asked, what its rows fulfil, and where an index
    /// tells them, which they may be.
    fn read<E: Resource>(
        &self,
        db: &Reader,
    ) -> Result<(Asked, Condition, Option<SelectStatement>)> {
        let mut query = SubstringQuery::among::<E>(db.backend(), db.statistics());
        let (condition, rank) = self.condition::<E>(&mut query, &PARAMETERS)?;
        let candidates = query.candidates();
        let id = id::<E>()?;
        let mut keys = sort::keys(self.sort.as_deref(), &E::filter_schema().fields, &id)?;
        for key in keys.iter_mut().filter(|key| candidates.is_some() && key.name == id.name) {
            key.expr = indexed::found_id();
        }
        if self.sort.is_none() {
            keys.splice(0..0, rank);
        }
        let asked = Asked {
            limit: self.limit(MAX_LIMIT)?,
            until: match &self.until {
                Some(last) => Some(cursor::read(last, &self.binding(&keys), &keys)?.0),
                None => None,
            },
            from: self.from(&keys)?,
            counts: self.counts()?,
            query,
            keys,
        };
        Ok((asked, condition, candidates))
    }

    /// Which list its cursors are of.
    fn binding(&self, keys: &[Key]) -> String {
        let filters = self.filters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        cursor::binding(keys, filters.chain(self.q.iter().map(|q| ("q", q.as_str()))))
    }

    fn from(&self, keys: &[Key]) -> Result<PageStart> {
        match (&self.cursor, &self.offset) {
            (None, None) => Ok(PageStart::Beginning),
            (Some(_), Some(_)) => Err(Error::parameter(
                "offset",
                "cursor and offset are two ways to say where a page begins; leave one out"
                    .to_owned(),
            )),
            (Some(cursor), None) => {
                let (values, direction) = cursor::read(cursor, &self.binding(keys), keys)?;
                Ok(PageStart::Row(values, direction))
            }
            (None, Some(written)) => match written.parse() {
                Ok(offset @ 0..=0x7fff_ffff) => Ok(PageStart::Offset(offset)),
                _ => Err(Error::parameter(
                    "offset",
                    format!("offset `{written}` is not between 0 and 2147483647"),
                )),
            },
        }
    }

    /// Whether the list asks for few rows, and so takes little memory. Without a limit it has `cap` rows.
    pub fn is_small(&self, cap: u64) -> bool {
        self.limit(cap).is_ok_and(|limit| limit <= SMALL_PART)
    }

    /// Rows of the page; `otherwise` where nobody said.
    pub(crate) fn limit(&self, otherwise: u64) -> Result<u64> {
        let Some(written) = &self.limit else { return Ok(otherwise) };
        match written.parse() {
            Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
            _ => Err(Error::parameter(
                "limit",
                format!("limit `{written}` is not between 1 and {MAX_LIMIT}"),
            )),
        }
    }

    fn counts(&self) -> Result<bool> {
        match self.count.as_deref() {
            None | Some("none") => Ok(false),
            Some("exact") => Ok(true),
            Some(other) => Err(Error::parameter(
                "count",
                format!("count `{other}` is neither `exact` nor `none`"),
            )),
        }
    }
}

/// What was asked of a list.
struct Asked {
    query: SubstringQuery,
    keys: Vec<Key>,
    limit: u64,
    from: PageStart,
    until: Option<Vec<Option<Value>>>,
    counts: bool,
}
