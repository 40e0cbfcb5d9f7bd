//! Pages of a list: in the order of the id, each page continuing behind the last row of the one before (keyset).

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ModelTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, Value,
};

use crate::{
    error::{Error, FieldError, Result},
    filter::{self, Filterable},
};

/// Rows of a page that names no `limit`, and the highest limit.
pub const MAX_LIMIT: u64 = 10_000;

/// What was asked of a list, as written: filters, `limit` and `cursor`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    filters: Vec<(String, String)>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// A page of rows, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// At most as many as the limit.
    pub rows: Vec<T>,
    /// The `cursor` of the next page; `None` when this is the last.
    pub next: Option<String>,
}

impl Listing {
    /// From the parameters of a query; one that stands twice is a condition twice.
    pub fn new(parameters: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut listing = Self::default();
        for (name, value) in parameters {
            match name.as_str() {
                "limit" => listing.limit = Some(value),
                "cursor" => listing.cursor = Some(value),
                _ => listing.filters.push((name, value)),
            }
        }
        listing
    }

    /// The rows of `select` that pass the filters, a page of them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown parameter or a bad value, and what the database says.
    pub(crate) async fn page<E: EntityTrait>(
        &self,
        db: &impl ConnectionTrait,
        select: Select<E>,
        columns: &[Filterable<E>],
        id: E::Column,
    ) -> Result<Page<E::Model>> {
        let backend = db.get_database_backend();
        let filters = filter::conditions(columns, &self.filters, &["limit", "cursor"], backend)?;
        let (limit, after) = (self.limit()?, self.after()?);
        let behind = after.map_or(Condition::all(), |after| Condition::all().add(id.gt(after)));
        let mut rows =
            select.filter(filters).filter(behind).order_by_asc(id).limit(limit + 1).all(db).await?;
        // One row more than asked for tells whether there is a next page.
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = match rows.last().filter(|_| more).map(|row| row.get(id)) {
            Some(Value::Int(Some(last))) => Some(last.to_string()),
            _ => None,
        };
        Ok(Page { rows, next })
    }

    fn limit(&self) -> Result<u64> {
        let Some(written) = &self.limit else { return Ok(MAX_LIMIT) };
        match written.parse() {
            Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
            _ => Err(bad("limit", format!("limit `{written}` is not between 1 and {MAX_LIMIT}"))),
        }
    }

    fn after(&self) -> Result<Option<i32>> {
        let Some(written) = &self.cursor else { return Ok(None) };
        match written.parse() {
            Ok(after @ 0..) => Ok(Some(after)),
            _ => {
                Err(bad("cursor", format!("cursor `{written}` is not one that a Link header gave")))
            }
        }
    }
}

fn bad(name: &str, detail: String) -> Error {
    Error::Invalid(vec![FieldError::parameter(name, "bad-parameter", detail)])
}
