//! A change or deletion of every row that filters find, in one statement, and only when they are as many as the caller
//! expects.
//!
//! On PostgreSQL the count and the change see one snapshot; a change that collides with another begins again. SQLite has
//! one writer. So what was counted is what is changed.

use std::marker::PhantomData;

use sea_executor::{Changes, Rows, Tx};
use sea_orm::{
    ActiveModelTrait, Condition, DbBackend, EntityTrait, Iterable, QueryFilter, QueryTrait, Value,
    sea_query::{BinOper, Expr, ExprTrait},
};

use crate::{
    error::{Error, Result, Unconfirmed},
    field_errors::FieldError,
    page::Listing,
    resource::Resource,
    substrings::{SubstringQuery, TrigramStatistics},
};

/// The parameters of a change of many rows other than its filters.
pub const BULK_PARAMETERS: [&str; 3] = ["q", "confirm", "all"];

/// Which rows a change is for, as written, and how many they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    listing: Listing,
    confirm: Option<u64>,
}

/// What became of the rows that were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Rows that the filters find.
    pub found: u64,
    /// Those of them that were not so already.
    pub changed: u64,
}

impl Selection {
    /// From the parameters of a query.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a parameter that stands twice or belongs to a list, for a bad value, and when there is no
    /// filter and no `all=true`.
    pub fn new(parameters: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let (mut confirm, mut all, mut rest) = (None, None, Vec::new());
        for (name, value) in parameters {
            let place = match name.as_str() {
                "confirm" => &mut confirm,
                "all" => &mut all,
                _ => {
                    rest.push((name, value));
                    continue;
                }
            };
            if place.replace(value).is_some() {
                return Err(Error::twice(&name));
            }
        }
        let listing = Listing::new(rest)?;
        if let Some(name) = listing.asks_for_an_order_or_a_page() {
            let detail = format!(
                "{name} is for lists; a bulk request applies to every matching row, leave it out"
            );
            return Err(Error::parameter(name, detail));
        }
        let refused = |name, detail: &str| Err(Error::parameter(name, detail));
        match (all.as_deref(), listing.finds_everything()) {
            (None, false) | (Some("true"), true) => Ok(()),
            (None, true) => {
                refused("query", "there is no filter; add one, or `all=true` for every row")
            }
            (Some("true"), false) => {
                refused("all", "all=true means every row; leave it out, or the filters")
            }
            (Some(other), _) => refused(
                "all",
                &format!("all `{other}` is not `true`; leave it out where there are filters"),
            ),
        }?;
        let number = |written: String| {
            written.parse().map_err(|_| {
                let detail = format!("confirm `{written}` is not a number of rows, such as 3");
                Error::parameter("confirm", detail)
            })
        };
        Ok(Self { listing, confirm: confirm.map(number).transpose()? })
    }

    /// Passes when as many rows were found as the caller expects.
    fn agrees_with(&self, found: u64, (one, many): (&str, &'static str)) -> Result<()> {
        match self.confirm {
            Some(confirmed) if confirmed == found => Ok(()),
            Some(confirmed) => {
                Err(Error::Unconfirmed(Unconfirmed { what: many, confirmed, found }))
            }
            None => {
                let rows =
                    if found == 1 { format!("{one} matches") } else { format!("{many} match") };
                let detail = format!(
                    "confirm is missing; {found} {rows}, and nothing was changed: repeat with confirm={found} to confirm"
                );
                let missing = FieldError::parameter("confirm", "missing-parameter", detail);
                Err(Error::Invalid(missing.into()))
            }
        }
    }

    /// The rows of a resource that are selected, if they are as many as the caller expects. It has to be the first thing in its
    /// transaction.
    ///
    /// # Errors
    /// [`Error::Unconfirmed`], [`Error::Invalid`] for a bad parameter or a number that is not confirmed, and any database error.
    pub async fn confirmed<E: EntityTrait>(
        &self,
        tx: &Tx,
        resource: &Resource<E>,
    ) -> Result<Confirmed<E>> {
        let backend = tx.backend();
        let statistics = tx.extension::<TrigramStatistics>();
        let mut query = SubstringQuery::among(resource.substrings, backend, &statistics);
        let (condition, _) = self.listing.condition(resource, &mut query, &BULK_PARAMETERS)?;
        let candidates = query.candidates();
        let id = resource.id()?.expr();
        let condition = condition.add_option(candidates.map(|rows| id.in_subquery(rows)));
        if backend == DbBackend::Postgres {
            tx.execute_raw("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
        }
        let found = tx.count(E::find().filter(condition.clone())).await?;
        self.agrees_with(found, resource.noun)?;
        Ok(Confirmed { condition, found, entity: PhantomData })
    }
}

/// The rows that a change is for, counted and confirmed.
pub struct Confirmed<E: EntityTrait> {
    condition: Condition,
    found: u64,
    entity: PhantomData<E>,
}

impl<E: EntityTrait> Confirmed<E> {
    /// Gives the rows the values that `row` has, where they differ; those that are changed get the values of `also` too.
    ///
    /// # Errors
    /// Any database error.
    pub async fn update(
        self,
        tx: &Tx,
        row: &E::ActiveModel,
        also: impl IntoIterator<Item = (E::Column, Expr)>,
    ) -> Result<Changed> {
        let found = self.found;
        let given: Vec<(E::Column, Value)> = E::Column::iter()
            .filter_map(|column| Some((column, row.get(column).into_value()?)))
            .collect();
        if given.is_empty() {
            return Ok(Changed { found, changed: 0 });
        }
        let mut differs = Condition::any();
        let mut update = E::update_many();
        for (column, value) in given {
            let stored = Expr::col((E::default(), column));
            differs =
                differs.add(stored.binary(BinOper::Custom("IS DISTINCT FROM"), value.clone()));
            update = update.col_expr(column, Expr::val(value));
        }
        for (column, value) in also {
            update = update.col_expr(column, value);
        }
        let changed = tx.exec(update.filter(self.condition).filter(differs).as_query()).await?;
        Ok(Changed { found, changed })
    }

    /// Deletes the rows, and tells how many there were. What hangs on them goes as with one.
    ///
    /// # Errors
    /// Any database error.
    pub async fn delete(self, tx: &Tx) -> Result<u64> {
        Ok(tx.exec(E::delete_many().filter(self.condition).as_query()).await?)
    }
}
