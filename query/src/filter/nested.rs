//! Filters as a JSON object: what parameters can say, and `and`, `or` and `not` around it.
//!
//! The members of an object are combined with AND: `{"year": {"gte": 1990, "lt": 2000}, "or": [{"name": "a"}, {"name": "b"}]}`.

use std::{collections::HashSet, fmt};

use sea_orm::{
    Condition,
    sea_query::{Expr, ExprTrait, Func},
};
use serde_json::Value;

use super::{Conditions, MOST_VALUES, Operator, json::Json, nearest};
use crate::{
    error::{Error, Result},
    field_errors::{FieldError, FieldErrors},
    kind::Kind,
    schema::FilterSchema,
    substrings::SubstringQuery,
};

/// How deep objects may be nested.
pub const DEEPEST: usize = 16;
/// Comparisons of one filter.
pub const MOST_COMPARISONS: usize = 500;

/// Reads a filter, a JSON object, into the condition that rows have to fulfil.
///
/// # Errors
/// [`Error::Invalid`] with the path of each member that is unknown or has a bad value.
pub fn condition(
    schema: &FilterSchema,
    filter: &str,
    query: &mut SubstringQuery,
) -> Result<Condition> {
    let filter: Json = serde_json::from_str(filter).map_err(|error| {
        let why = format!("the filter cannot be read: {error}; {}", too_deep());
        Error::invalid("filter", "malformed-json", why)
    })?;
    let mut reader = Reader { schema, comparisons: 0, broken: FieldErrors::default() };
    let condition = reader.object(&filter, &Path { outer: None, name: "filter", level: 0 }, query);
    match reader.broken {
        broken if broken.is_empty() => Ok(condition),
        broken => Err(Error::Invalid(broken)),
    }
}

/// Where a member is.
struct Path<'a> {
    outer: Option<&'a Path<'a>>,
    name: &'a str,
    /// Filters around it.
    level: usize,
}

impl<'a> Path<'a> {
    fn to(&'a self, name: &'a str) -> Self {
        Path { outer: Some(self), name, level: self.level }
    }

    /// The same of a filter in a filter.
    fn inner(self) -> Self {
        Path { level: self.level + 1, ..self }
    }
}

/// A JSON pointer (RFC 6901).
impl fmt::Display for Path<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            outer.fmt(to)?;
        }
        write!(to, "/{}", self.name.replace('~', "~0").replace('/', "~1"))
    }
}

struct Reader<'a> {
    schema: &'a FilterSchema,
    comparisons: usize,
    broken: FieldErrors,
}

/// What is compared with a column, and where it is written.
#[derive(Clone, Copy)]
struct Comparison<'p> {
    column: &'p str,
    operator: Operator,
    value: &'p Json,
    path: &'p Path<'p>,
}

impl<'a> Reader<'a> {
    fn refuse(&mut self, path: &Path<'_>, code: &'static str, why: &str) {
        let shown = crate::text::shortened(path.name, 40);
        let detail = format!("{shown}: {why}");
        self.broken.push(FieldError::parameter(&path.to_string(), code, detail));
    }

    /// Refuses members that are repeated.
    fn expect_once(&mut self, members: &[(String, Json)], path: &Path<'_>) {
        let mut seen = HashSet::new();
        for (name, _) in members {
            if !seen.insert(name) {
                self.refuse(&path.to(name), "duplicate-field", "it appears twice; remove one");
            }
        }
    }

    /// Whether there is anything left to read: what is too deep or too much is refused once, and the rest is not looked at.
    fn may_go_on(&self) -> bool {
        self.comparisons <= MOST_COMPARISONS
    }

    fn object(&mut self, filter: &Json, path: &Path<'_>, query: &mut SubstringQuery) -> Condition {
        let mut conditions = Conditions::new(query);
        let Json::Object(members) = filter else {
            self.refuse(path, "bad-value", &format!("{filter} is not an object"));
            return Condition::all();
        };
        if path.level > DEEPEST {
            self.refuse(path, "too-deep", &too_deep());
            return Condition::all();
        }
        self.expect_once(members, path);
        let mut nested = Condition::all();
        for (name, value) in members {
            if !self.may_go_on() {
                break;
            }
            let path = path.to(name);
            match name.as_str() {
                "and" => {
                    let all = self.list(value, &path, conditions.query);
                    nested = nested.add(all.into_iter().fold(Condition::all(), Condition::add));
                }
                "or" => {
                    let any = self.list(value, &path, &mut conditions.query.elsewhere());
                    nested = nested.add(any.into_iter().fold(Condition::any(), Condition::add));
                }
                "not" => {
                    let mut unsure = conditions.query.elsewhere();
                    let condition = self.object(value, &path.inner(), &mut unsure);
                    nested = nested.add(is_not(condition));
                }
                _ => self.column(value, &path, &mut conditions),
            }
        }
        conditions.all().add(nested)
    }

    fn list(
        &mut self,
        value: &Json,
        path: &Path<'_>,
        query: &mut SubstringQuery,
    ) -> Vec<Condition> {
        let Json::Array(filters) = value else {
            self.refuse(path, "bad-value", &format!("{value} is not an array of filters"));
            return Vec::new();
        };
        if filters.is_empty() {
            self.refuse(path, "empty", "the array is empty; leave it out");
        }
        let mut conditions = Vec::new();
        for (place, filter) in filters.iter().enumerate() {
            if !self.may_go_on() {
                break;
            }
            let place = place.to_string();
            conditions.push(self.object(filter, &path.to(&place).inner(), query));
        }
        conditions
    }

    /// The comparisons of the column that is the last name of the path: a value that it equals, or an object of operators.
    fn column(&mut self, value: &Json, path: &Path<'_>, conditions: &mut Conditions<'a, '_>) {
        let column = path.name;
        match value {
            Json::Object(operators) if operators.is_empty() => {
                self.refuse(path, "empty", "there is no operator, such as `{\"gte\": 1}`");
            }
            Json::Object(operators) => {
                self.expect_once(operators, path);
                for (name, value) in operators {
                    let path = path.to(name);
                    match Operator::named(name) {
                        Some(operator) => {
                            let comparison = Comparison { column, operator, value, path: &path };
                            self.compare(comparison, conditions);
                        }
                        None => {
                            let known = Operator::ALL.iter().map(|one| one.name().to_owned());
                            let nearest = nearest(name, known);
                            let why = format!("there is no such operator{nearest}");
                            self.refuse(&path, "unknown-field", &why);
                        }
                    }
                }
            }
            value => {
                let comparison = Comparison { column, operator: Operator::Equals, value, path };
                self.compare(comparison, conditions);
            }
        }
    }

    fn compare(&mut self, comparison: Comparison<'_>, conditions: &mut Conditions<'a, '_>) {
        let Comparison { column, operator, value, path } = comparison;
        self.comparisons += 1;
        if !self.may_go_on() {
            let why = format!("a filter has at most {MOST_COMPARISONS} comparisons; split it");
            return self.refuse(path, "too-many-filters", &why);
        }
        let Some((relation, field)) = self.schema.column(column) else {
            let known = self.schema.columns().map(|(name, _)| name);
            let why = format!("there is no such column{}", nearest(column, known));
            return self.refuse(path, "unknown-field", &why);
        };
        if !operator.fits(field.kind) {
            return self.refuse(path, "unknown-field", "its values cannot be compared in this way");
        }
        let is_null = Json::Plain(Value::Bool(operator == Operator::Equals));
        let (operator, value) = match (operator, value) {
            (Operator::Equals | Operator::Ne, Json::Plain(Value::Null)) => {
                (Operator::Isnull, &is_null)
            }
            other => other,
        };
        let kind = if operator == Operator::Isnull { Kind::Boolean } else { field.kind };
        let written = if operator.takes_several() {
            several(kind, value)
        } else {
            one(kind, value).map(|value| vec![value])
        };
        let added =
            written.and_then(|written| conditions.add((relation, field), operator, &written));
        if let Err(why) = added {
            self.refuse(path, "bad-value", &why);
        }
    }
}

fn too_deep() -> String {
    format!("filters are nested at most {DEEPEST} deep; split this one")
}

fn several(kind: Kind, value: &Json) -> std::result::Result<Vec<String>, String> {
    match value {
        Json::Array(values) if values.len() > MOST_VALUES => Err(super::too_many(values.len())),
        Json::Array(values) => values.iter().map(|value| one(kind, value)).collect(),
        other => Err(format!("{other} is not an array of values")),
    }
}

/// A value as a parameter spells it.
fn one(kind: Kind, value: &Json) -> std::result::Result<String, String> {
    let plain = match value {
        Json::Plain(plain) => plain,
        Json::Object(_) | Json::Array(_) => &Value::Null,
    };
    let (expected, written) = match kind {
        Kind::Text | Kind::Code(_) | Kind::Date | Kind::Timestamp => {
            ("a string", plain.as_str().map(str::to_owned))
        }
        Kind::Integer | Kind::BigInteger | Kind::Double | Kind::Decimal(_) => {
            ("a number", plain.as_number().map(|number| whole(kind, number)))
        }
        Kind::Boolean => ("true or false", plain.as_bool().map(|truth| truth.to_string())),
    };
    written.ok_or_else(|| format!("{value} is not {expected}"))
}

/// JSON has no whole numbers of its own: `2008.0` is the same number as `2008`.
fn whole(kind: Kind, number: &serde_json::Number) -> String {
    let written = number.to_string();
    match (kind, written.strip_suffix(".0")) {
        (Kind::Integer | Kind::BigInteger, Some(whole)) => whole.to_owned(),
        _ => written,
    }
}

/// True for rows of which the condition is not true, also where it is unknown because a value is missing.
fn is_not(condition: Condition) -> Expr {
    Expr::from(Func::coalesce([Expr::from(condition), Expr::Constant(false.into())])).not()
}
