//! Facets: how many rows of a list have each value of a column, the most frequent values first.
//!
//! What can be counted is data of the [`Resource`]: columns of the rows and of related rows, and numbers in steps, such as decades.

use sea_executor::{Decode, Reader, Rows, Tallies};
use sea_orm::{
    EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, IntoCondition, NullOrdering, Order},
};
use serde_json::Value as Json;

use crate::{
    error::{Error, Result},
    field::Field,
    filter::nearest,
    kind::Kind,
    page::Listing,
    resource::Resource,
    schema::Column,
    substrings::{SubstringQuery, TrigramStatistics},
    text::{Case, Place},
};

/// The parameters of facets in addition to filters.
pub const FACET_PARAMETERS: [&str; 3] = ["q", "facet", "limit"];
/// Facets of one request; each is a query.
pub const MOST_FACETS: usize = 5;
/// Values of a facet.
pub const MOST_FACET_VALUES: u64 = 100;

/// What the rows of a list can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facet {
    /// What it is called in a query.
    pub name: &'static str,
    column: &'static str,
    step: Option<i32>,
}

/// A value, and how many rows have it; `null` stands for those that have none.
pub type Tally = (Json, u64);

impl Facet {
    /// The values of a column: `year`, or `store.name` through a relation.
    #[must_use]
    pub const fn of(column: &'static str) -> Self {
        Self { name: column, column, step: None }
    }

    /// The whole numbers of a column, in steps: with 10, `1990` stands for 1990 to 1999.
    #[must_use]
    pub const fn steps(name: &'static str, column: &'static str, step: i32) -> Self {
        Self { name, column, step: Some(step) }
    }

    /// The kind of its values; `None` for a column that the rows do not have.
    pub fn kind<E: EntityTrait>(&self, resource: &Resource<E>) -> Option<Kind> {
        self.column_in(resource).map(|(_, field)| field.kind)
    }

    fn column_in<'a, E: EntityTrait>(&self, resource: &'a Resource<E>) -> Option<Column<'a>> {
        resource.schema().column(self.column)
    }

    fn value(&self, column: Expr) -> Expr {
        let Some(step) = self.step else { return column };
        // Division rounds toward zero, and years before the common era are negative.
        let number = |number: i32| Expr::Constant(number.into());
        let above = column.clone().modulo(number(step)).add(number(step)).modulo(number(step));
        column.sub(above)
    }
}

/// A column and the text that it has to contain.
pub(crate) type Sought<'a> = (&'a Field, &'a str, Place);

impl Listing {
    /// How many rows of the list have which values of the facets that `names` has, at most `most` values of each.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown facet or parameter or a bad value, and any database error.
    pub async fn facets<E: Decode>(
        &self,
        db: &Reader,
        resource: &Resource<E>,
        (names, most): (&[String], u64),
    ) -> Result<Vec<(&'static str, Vec<Tally>)>> {
        let facets = named(resource, names)?;
        let rows = self.every_row(db, resource, (&FACET_PARAMETERS, None))?;
        let mut counted = Vec::with_capacity(facets.len());
        for facet in facets {
            counted.push((facet.name, tallies(db, resource, (rows.clone(), facet), most).await?));
        }
        Ok(counted)
    }

    /// The rows of the list in no order, of which a column has to contain a text if one is given. `names` are the parameters in
    /// addition to the filters.
    pub(crate) fn every_row<E: Decode>(
        &self,
        db: &Reader,
        resource: &Resource<E>,
        (names, sought): (&[&str], Option<Sought<'_>>),
    ) -> Result<Select<E>> {
        if let Some(name) = self.asks_for_an_order_or_a_page() {
            let detail = format!("{name} is for lists of rows; leave it out");
            return Err(Error::parameter(name, detail));
        }
        let statistics = db.extension::<TrigramStatistics>();
        let mut query = SubstringQuery::among(resource.substrings, db.backend(), &statistics);
        let (mut condition, _) = self.condition(resource, &mut query, names)?;
        if let Some((field, text, place)) = sought {
            query.note(&[field], text, Case::Ignored);
            condition = condition.add(query.has(&[field], text, place));
        }
        let id = resource.id()?.expr();
        let found = query.candidates().map(|rows| id.in_subquery(rows));
        Ok(E::find().filter(condition.add_option(found).into_condition()))
    }
}

/// The facets of these names, each once.
fn named<'a, E: EntityTrait>(
    resource: &'a Resource<E>,
    names: &[String],
) -> Result<Vec<&'a Facet>> {
    let refused = |why: String| Err(Error::parameter("facet", format!("facet {why}")));
    if names.len() > MOST_FACETS {
        return refused(format!("has {} names, at most {MOST_FACETS} are allowed", names.len()));
    }
    let mut facets: Vec<&Facet> = Vec::with_capacity(names.len());
    for name in names {
        let Some(facet) = resource.facets.iter().find(|facet| facet.name == name) else {
            let known = resource.facets.iter().map(|facet| facet.name.to_owned());
            let shown = crate::text::shortened(name, 40);
            return refused(format!("`{shown}` does not exist here{}", nearest(name, known)));
        };
        if facets.contains(&facet) {
            return refused(format!("`{name}` appears twice; remove one"));
        }
        facets.push(facet);
    }
    if facets.is_empty() {
        let known: Vec<&str> = resource.facets.iter().map(|facet| facet.name).collect();
        return refused(format!("is missing; it is one of `{}`, or several", known.join("`, `")));
    }
    Ok(facets)
}

async fn tallies<E: Decode>(
    db: &Reader,
    resource: &Resource<E>,
    (mut rows, facet): (Select<E>, &Facet),
    most: u64,
) -> Result<Vec<Tally>> {
    let missing = || Error::parameter("facet", format!("facet `{}` has no column", facet.name));
    let (relation, field) = facet.column_in(resource).ok_or_else(missing)?;
    if let Some(relation) = relation {
        relation.join(QuerySelect::query(&mut rows));
    }
    let value = facet.value(field.expr());
    // A row that is related to several is joined several times.
    let is_repeated = relation.is_some_and(|relation| !relation.is_to_one());
    let id = resource.id()?.expr();
    let counted = || match is_repeated {
        true => id.clone().count_distinct(),
        false => Expr::cust("COUNT(*)"),
    };
    let mut counts = rows
        .select_only()
        .expr_as(value.clone().cast_as("text"), "value")
        .expr_as(counted(), "rows")
        .limit(most);
    QuerySelect::query(&mut counts)
        .add_group_by([value.clone()])
        .order_by_expr(counted(), Order::Desc)
        .order_by_expr_with_nulls(value, Order::Asc, NullOrdering::Last);
    let found = db.query::<Tallies>(counts.build(db.backend())).await?;
    let tally = |(value, rows): (Option<String>, i64)| {
        (json(field.kind, value), u64::try_from(rows).unwrap_or_default())
    };
    Ok(found.into_iter().map(tally).collect())
}

/// A value as JSON has it.
fn json(kind: Kind, value: Option<String>) -> Json {
    let Some(text) = value else { return Json::Null };
    match kind {
        Kind::Text | Kind::Code(_) | Kind::Date | Kind::Timestamp => text.into(),
        Kind::Boolean => matches!(text.as_str(), "true" | "1").into(),
        Kind::Integer | Kind::BigInteger | Kind::Double | Kind::Decimal(_) => {
            text.parse::<serde_json::Number>().map_or(Json::Null, Json::Number)
        }
    }
}
