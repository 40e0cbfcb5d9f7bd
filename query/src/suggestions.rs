//! Suggestions while a search is typed: values of some columns that begin with a text, then those that contain it.

use sea_executor::{Decode, Reader, Rows, Tallies};
use sea_orm::{
    QuerySelect, QueryTrait,
    sea_query::{Expr, Order, Query},
};

use crate::{
    error::{Error, Result},
    field::Field,
    page::Listing,
    resource::Resource,
    text::Place,
};

/// The parameters of suggestions in addition to filters.
pub const SUGGESTION_PARAMETERS: [&str; 2] = ["q", "limit"];
/// Suggestions of one request.
pub const MOST_SUGGESTIONS: u64 = 50;
/// Rows of a column that are looked at: of a text that more rows have, the first ones are enough.
const LOOKED_AT: u64 = 1000;
/// Maximum length of the text in characters.
const LONGEST: usize = 100;

/// A value that a search may be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The column.
    pub column: &'static str,
    /// Its value.
    pub value: String,
}

impl Listing {
    /// At most `most` values of the suggested columns that contain the text of `q` as a search finds it: first those that begin with
    /// it, and of these the frequent ones. Only rows that pass the filters are looked at.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown parameter, a bad value, or without a text; and any database error.
    pub async fn suggestions<E: Decode>(
        &self,
        db: &Reader,
        resource: &Resource<E>,
        most: u64,
    ) -> Result<Vec<Suggestion>> {
        let (text, filters) = self.split_search();
        let text = expect_text(text)?;
        let mut found: Vec<Suggestion> = Vec::new();
        if text.is_empty() {
            filters.every_row(db, resource, (&SUGGESTION_PARAMETERS, None))?;
            return Ok(found);
        }
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        let fields = resource.suggested.iter().filter_map(|column| resource.field(*column));
        let fields: Vec<Field> = fields.collect();
        for place in [Place::Start, Place::Anywhere] {
            for field in &fields {
                if found.len() >= limit {
                    return Ok(found);
                }
                // Those that begin with it are among those that contain it.
                let values = filters.values(db, resource, ((field, text, place), most)).await?;
                for value in values {
                    let more = Suggestion { column: field.name, value };
                    if !found.contains(&more) && found.len() < limit {
                        found.push(more);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The values of a column that contain a text, the most frequent first.
    async fn values<E: Decode>(
        &self,
        db: &Reader,
        resource: &Resource<E>,
        (sought, most): ((&Field, &str, Place), u64),
    ) -> Result<Vec<String>> {
        let (field, text, place) = sought;
        let sought = Some((field, text, place));
        let rows = self.every_row(db, resource, (&SUGGESTION_PARAMETERS, sought))?;
        let rows = rows.select_only().expr_as(field.expr(), "value").limit(LOOKED_AT);
        let counted = Expr::cust("COUNT(*)");
        let values = Query::select()
            .column("value")
            .expr_as(counted.clone(), "rows")
            .from_subquery(rows.into_query(), "found")
            .group_by_col("value")
            .order_by_expr(counted, Order::Desc)
            .order_by("value", Order::Asc)
            .limit(most)
            .take();
        let found = db.query::<Tallies>(db.backend().build(&values)).await?;
        Ok(found.into_iter().filter_map(|(value, _)| value).collect())
    }
}

fn expect_text(q: Option<&str>) -> Result<&str> {
    let refused = |why: &str| Err(Error::parameter("q", format!("q {why}")));
    match q {
        None => {
            refused("is missing; it is what the values begin with or contain, such as `q=mart`")
        }
        Some(text) if text.contains('\0') => refused("has a NUL byte; remove it"),
        Some(text) if text.chars().count() > LONGEST => {
            refused(&format!("is longer than {LONGEST} characters; shorten it"))
        }
        Some(text) => Ok(text.trim()),
    }
}
