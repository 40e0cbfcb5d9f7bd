//! `column__operator=value`: conditions on the columns of a [`Resource`](crate::resource::Resource), evaluated by the database.

mod json;
pub mod nested;
pub(crate) mod operator;

use sea_orm::{
    Condition, Value,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    error::{Error, Result},
    field::{Field, Relation},
    field_errors::FieldError,
    schema::{Column, FilterSchema},
    substrings::SubstringQuery,
    text::{Case, Place},
};
pub use operator::{Operator, takes_several};

/// Number of characters of a name that are compared with known ones.
const LONGEST_COMPARED: usize = 100;

/// Maximum number of conditions of a list; databases limit the depth of an expression.
const MOST_CONDITIONS: usize = 50;
/// Maximum length of a value in characters; databases limit the length of a pattern.
pub const LONGEST_VALUE: usize = 1000;
/// Maximum number of values in a list.
pub const MOST_VALUES: usize = 100;

/// The conditions of `parameters`, combined with AND, but for equality: a column that is named several times equals one of the
/// values. Conditions on one relation apply to the same related row.
///
/// # Errors
/// [`Error::Invalid`] for an unknown parameter, with the nearest known one, and for an invalid value: ignoring a misspelt filter
/// and returning everything would be dangerous.
pub fn conditions(
    filter_schema: &FilterSchema,
    parameters: &[(String, String)],
    other_names: &[&str],
    query: &mut SubstringQuery,
) -> Result<Condition> {
    if parameters.len() > MOST_CONDITIONS {
        let detail = format!(
            "{} filters are too many, at most {MOST_CONDITIONS} are allowed",
            parameters.len()
        );
        let broken = FieldError::parameter("query", "too-many-filters", detail);
        return Err(Error::Invalid(broken.into()));
    }
    let mut conditions = Conditions::new(query);
    let mut broken = Vec::new();
    for (place, (name, value)) in parameters.iter().enumerate() {
        let Some((column, operator)) = filter_schema.find(name) else {
            broken.push(unknown(name, filter_schema, other_names));
            continue;
        };
        let of_name = || parameters.iter().enumerate().filter(|(_, (other, _))| other == name);
        // What equals one of several values is named several times.
        let (operator, written) = match operator {
            Operator::Equals if of_name().next().is_some_and(|(first, _)| first < place) => {
                continue;
            }
            Operator::Equals if of_name().nth(1).is_some() => {
                (Operator::In, Ok(of_name().map(|(_, (_, value))| value.clone()).collect()))
            }
            other => (other, values(other, value)),
        };
        let added = written.and_then(|written| conditions.add(column, operator, &written));
        if let Err(why) = added {
            broken.push(FieldError::parameter(name, "bad-parameter", format!("{name} {why}")));
        }
    }
    if broken.is_empty() { Ok(conditions.all()) } else { Err(Error::Invalid(broken.into())) }
}

/// Conditions that are combined with AND. Those on one relation apply to the same related row.
struct Conditions<'a, 'q> {
    own: Vec<Expr>,
    related: Vec<(&'a Relation, Condition)>,
    /// Learns which texts the rows have to contain.
    query: &'q mut SubstringQuery,
}

impl<'a, 'q> Conditions<'a, 'q> {
    fn new(query: &'q mut SubstringQuery) -> Self {
        Self { own: Vec::new(), related: Vec::new(), query }
    }

    /// Adds a comparison; the error is to be appended to the name of the parameter.
    fn add(
        &mut self,
        (relation, field): Column<'a>,
        operator: Operator,
        written: &[String],
    ) -> std::result::Result<(), String> {
        let Some(relation) = relation else {
            self.own.push(condition(field, operator, written, self.query)?);
            return Ok(());
        };
        let condition = condition(field, operator, written, &mut self.query.elsewhere())?;
        if operator == Operator::Isnull && !field.nullable && written == ["true"] {
            // Every related row has a value, so there is none.
            self.own.push(Expr::exists(relation.rows().take()).not());
            return Ok(());
        }
        match self.related.iter_mut().find(|(one, _)| one.name == relation.name) {
            Some((_, all)) => *all = all.clone().add(condition),
            None => self.related.push((relation, Condition::all().add(condition))),
        }
        Ok(())
    }

    fn all(self) -> Condition {
        let own = self.own.into_iter().fold(Condition::all(), Condition::add);
        self.related.into_iter().fold(own, |all, (relation, condition)| {
            all.add(Expr::exists(relation.rows().cond_where(condition).take()))
        })
    }
}

/// The values of a parameter as they are written: one, or several with commas between them.
fn values(operator: Operator, value: &str) -> std::result::Result<Vec<String>, String> {
    match operator.takes_several() {
        true => split(value),
        false => Ok(vec![value.to_owned()]),
    }
}

fn condition(
    field: &Field,
    operator: Operator,
    each: &[String],
    query: &mut SubstringQuery,
) -> std::result::Result<Expr, String> {
    if each.iter().any(|value| value.contains('\0')) {
        return Err("has a NUL byte; remove it".to_owned());
    }
    each.iter().try_for_each(|value| expect_short(value))?;
    let value = each.first().map_or("", String::as_str);
    let spans = || -> std::result::Result<Vec<(Value, Value)>, String> {
        each.iter().map(|value| field.kind.span(value)).collect()
    };
    let column = field.expr();
    let (first, last) = (
        || Ok::<_, String>(field.kind.span(value)?.0),
        || Ok::<_, String>(field.kind.span(value)?.1),
    );
    let mut matches = |place, case| {
        query.note(&[field], value, case);
        query.matches(field, value, (place, case))
    };
    Ok(match operator {
        Operator::Equals | Operator::In => one_of(&column, spans()?),
        Operator::Ne | Operator::Notin => one_of(&column, spans()?).not().or(column.is_null()),
        Operator::Gt => column.gt(last()?),
        Operator::Gte => column.gte(first()?),
        Operator::Lt => column.lt(first()?),
        Operator::Lte => column.lte(last()?),
        Operator::Between => match spans()?.as_slice() {
            [(low, _), (_, high)] => column.between(low.clone(), high.clone()),
            found => {
                let written = each.join(",");
                let found = found.len();
                return Err(format!("`{written}` has {found} values, expected two, such as `1,9`"));
            }
        },
        Operator::Contains => matches(Place::Anywhere, Case::Exact),
        Operator::Icontains => matches(Place::Anywhere, Case::Ignored),
        Operator::Matches => {
            query.note(&[field], value, Case::Ignored);
            query.has(&[field], value, Place::Anywhere)
        }
        Operator::Startswith => matches(Place::Start, Case::Exact),
        Operator::Istartswith => matches(Place::Start, Case::Ignored),
        Operator::Endswith => matches(Place::End, Case::Exact),
        Operator::Isnull => match value {
            "true" => column.is_null(),
            "false" => column.is_not_null(),
            _ => return Err(format!("`{value}` is neither true nor false")),
        },
    })
}

/// Whether a column has one of several values, each of which may stand for all between two.
fn one_of(column: &Expr, spans: Vec<(Value, Value)>) -> Expr {
    let (single, wide): (Vec<_>, Vec<_>) =
        spans.into_iter().partition(|(first, last)| first == last);
    let mut single: Vec<Value> = single.into_iter().map(|(value, _)| value).collect();
    let mut any = wide.into_iter().map(|(first, last)| column.clone().between(first, last));
    let single = match single.len() {
        0 => any.next(),
        1 => single.pop().map(|value| column.clone().eq(value)),
        _ => Some(column.clone().is_in(single)),
    };
    // Without a value nothing is found.
    any.fold(single.unwrap_or_else(|| Expr::Constant(false.into())), ExprTrait::or)
}

/// Values separated by commas; a value that contains a comma is enclosed in double quotes, as in CSV.
fn split(written: &str) -> std::result::Result<Vec<String>, String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    let mut characters = written.chars().peekable();
    while let Some(next) = characters.next() {
        let Some(last) = values.last_mut() else { break };
        match next {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => last.push('"'),
            '"' if quoted || last.is_empty() => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            other => last.push(other),
        }
    }
    if quoted {
        return Err(format!("`{written}` has a double quote that is not closed"));
    }
    if values.len() > MOST_VALUES {
        return Err(too_many(values.len()));
    }
    Ok(values)
}

fn too_many(values: usize) -> String {
    format!("has {values} values, at most {MOST_VALUES} are allowed")
}

fn expect_short(value: &str) -> std::result::Result<(), String> {
    match value.chars().count() > LONGEST_VALUE {
        true => Err(format!("is longer than {LONGEST_VALUE} characters; shorten it")),
        false => Ok(()),
    }
}

fn unknown(name: &str, filter_schema: &FilterSchema, other_names: &[&str]) -> FieldError {
    let parameters = filter_schema.parameters().into_iter().map(|parameter| parameter.name);
    let known = parameters.chain(other_names.iter().map(|name| (*name).to_owned()));
    let advice = match of_other_services(name).filter(|(ours, _)| other_names.contains(ours)) {
        Some((_, advice)) => format!("; {advice}"),
        None => nearest(name, known),
    };
    let detail = format!("the parameter `{name}` does not exist{advice}");
    FieldError::parameter(name, "unknown-parameter", detail)
}

/// The parameter of a list that other services call otherwise, and what to do about it.
fn of_other_services(name: &str) -> Option<(&'static str, &'static str)> {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).take(20);
    Some(match letters.collect::<String>().to_ascii_lowercase().as_str() {
        "page" | "pagenumber" | "pageno" | "pageindex" => (
            "limit",
            "pages have no numbers: `limit` is how many rows one has, and the next one begins at an `offset`, or at the `cursor` that \
             the header `Link` leads to",
        ),
        "perpage" | "pagesize" | "pagelimit" | "size" | "take" | "top" | "first" | "maxresults" => {
            ("limit", "the rows of a page are its `limit`")
        }
        "skip" | "start" | "from" | "startindex" | "pageoffset" => {
            ("offset", "the rows to pass over are the `offset`")
        }
        "after" | "before" | "startingafter" | "pagetoken" | "nextpagetoken" | "pagecursor" => {
            ("cursor", "the next page is where the header `Link` leads to, by its `cursor`")
        }
        "order" | "orderby" | "ordering" | "sortby" | "sortorder" => {
            ("sort", "the order is `sort`, with `-` the greatest first, such as `sort=-id`")
        }
        "search" | "query" | "keyword" | "keywords" | "text" => {
            ("q", "the words of a search are `q`")
        }
        _ => return None,
    })
}

/// The end of a sentence about an unknown name.
pub fn nearest(name: &str, known: impl Iterator<Item = String>) -> String {
    // The rest of a long name adds nothing, and comparing takes time for each of its letters.
    let end = name.char_indices().nth(LONGEST_COMPARED).map_or(name.len(), |(end, _)| end);
    let name = name.get(..end).unwrap_or(name);
    let likeness = |known: &String| strsim::jaro_winkler(known, name);
    let nearest = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.map(|nearest| format!("; the nearest one is `{nearest}`")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_at_commas_outside_of_quotes() {
        for (written, expected) in [
            ("a", Ok(vec!["a"])),
            ("a,b", Ok(vec!["a", "b"])),
            ("\"Martin, Robert\",Knuth", Ok(vec!["Martin, Robert", "Knuth"])),
            ("\"a\"\"b\",5\"", Ok(vec!["a\"b", "5\""])),
            (",", Ok(vec!["", ""])),
            ("\"open", Err("`\"open` has a double quote that is not closed")),
        ] {
            let expected =
                expected.map(|values| values.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(split(written), expected.map_err(str::to_owned), "{written}");
        }
        assert!(split(&",".repeat(100)).unwrap_err().contains("101 values"));
    }
}
