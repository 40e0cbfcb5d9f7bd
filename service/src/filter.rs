//! `column__operator=value`: conditions from an allow-list of columns, carried out by the database.

use std::str::FromStr;

use rust_decimal::Decimal;
use sea_orm::{
    Condition, DbBackend, EntityTrait, Value,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use crate::{
    error::{Error, FieldError, Result},
    isbn, text,
};

/// Conditions of one list; databases limit the depth of an expression.
const MOST_CONDITIONS: usize = 50;
/// Characters of a value; databases limit the length of a pattern.
const LONGEST_VALUE: usize = 1000;

/// What a column's values are written as in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number with at most two decimals.
    Money,
    /// An ISBN in any spelling.
    Isbn,
}

/// How a column is compared with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The same value; written without an operator.
    Equals,
    /// Any other value, or none.
    Ne,
    /// Greater.
    Gt,
    /// Greater or the same.
    Gte,
    /// Less.
    Lt,
    /// Less or the same.
    Lte,
    /// Contains the text, in any case.
    Icontains,
    /// `true`: has no value; `false`: has one.
    Isnull,
}

impl Operator {
    /// Every operator that a column of this kind takes, in the order in which they are documented.
    pub fn of(kind: Kind) -> &'static [Self] {
        use Operator::{Equals, Gt, Gte, Icontains, Isnull, Lt, Lte, Ne};
        match kind {
            Kind::Text => &[Equals, Ne, Icontains, Isnull],
            Kind::Isbn => &[Equals, Ne, Isnull],
            Kind::Integer | Kind::Money => &[Equals, Ne, Gt, Gte, Lt, Lte, Isnull],
        }
    }

    /// What stands behind the column's name in a parameter.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Equals => "",
            Self::Ne => "__ne",
            Self::Gt => "__gt",
            Self::Gte => "__gte",
            Self::Lt => "__lt",
            Self::Lte => "__lte",
            Self::Icontains => "__icontains",
            Self::Isnull => "__isnull",
        }
    }
}

/// A column that may be filtered by.
pub struct Filterable<E: EntityTrait> {
    /// Its name in a parameter.
    pub name: &'static str,
    /// The column.
    pub column: E::Column,
    /// What its values are.
    pub kind: Kind,
}

impl<E: EntityTrait> Filterable<E> {
    /// Every parameter that filters by this column, with its operator.
    pub fn parameters(&self) -> impl Iterator<Item = (String, Operator)> + '_ {
        Operator::of(self.kind)
            .iter()
            .map(|operator| (format!("{}{}", self.name, operator.suffix()), *operator))
    }

    fn condition(
        &self,
        operator: Operator,
        value: &str,
        backend: DbBackend,
    ) -> std::result::Result<SimpleExpr, String> {
        let column = Expr::col((E::default(), self.column));
        Ok(match operator {
            Operator::Equals => column.eq(self.bind(value)?),
            Operator::Ne => column.clone().ne(self.bind(value)?).or(column.is_null()),
            Operator::Gt => column.gt(self.bind(value)?),
            Operator::Gte => column.gte(self.bind(value)?),
            Operator::Lt => column.lt(self.bind(value)?),
            Operator::Lte => column.lte(self.bind(value)?),
            Operator::Icontains => text::contains_ignoring_case(column, value, backend),
            Operator::Isnull => match value {
                "true" => column.is_null(),
                "false" => column.is_not_null(),
                _ => return Err(format!("`{value}` is neither true nor false")),
            },
        })
    }

    /// The value in the column's own type: sqlx keeps a prepared statement by its text alone, so the same text with an
    /// i32 here and an i64 there would send the one where PostgreSQL expects the other.
    fn bind(&self, value: &str) -> std::result::Result<Value, String> {
        Ok(match self.kind {
            Kind::Text => text::clean(value).into_owned().into(),
            Kind::Isbn => {
                let canonical = isbn::canonical(value);
                canonical.map_err(|bad| bad.to_string().replacen("isbn ", "", 1))?.into()
            }
            Kind::Integer => i32::from_str(value)
                .map_err(|_| {
                    format!("`{value}` is not a whole number between {} and {}", i32::MIN, i32::MAX)
                })?
                .into(),
            Kind::Money => Decimal::from_str_exact(value)
                .map_err(|_| format!("`{value}` is not a number, such as 49.99"))?
                .into(),
        })
    }
}

/// The conditions that `parameters` ask for, all of which hold.
///
/// # Errors
/// [`Error::Invalid`] for a parameter that no filterable column has, with the nearest one, and for a value that does not
/// fit: a misspelt filter that returned everything would be dangerous.
pub fn conditions<E: EntityTrait>(
    columns: &[Filterable<E>],
    parameters: &[(String, String)],
    other_names: &[&str],
    backend: DbBackend,
) -> Result<Condition> {
    if parameters.len() > MOST_CONDITIONS {
        let detail = format!(
            "{} filters are too many, at most {MOST_CONDITIONS} are carried out",
            parameters.len()
        );
        return Err(Error::Invalid(vec![FieldError::parameter(
            "query",
            "too-many-filters",
            detail,
        )]));
    }
    let mut all = Condition::all();
    let mut broken = Vec::new();
    for (name, value) in parameters {
        let found = columns.iter().find_map(|column| {
            column
                .parameters()
                .find(|(parameter, _)| parameter == name)
                .map(|(_, operator)| (column, operator))
        });
        let Some((column, operator)) = found else {
            broken.push(unknown(name, columns, other_names));
            continue;
        };
        if value.contains('\0') {
            broken.push(bad(name, format!("{name} has a NUL byte; remove it")));
            continue;
        }
        if value.chars().count() > LONGEST_VALUE {
            broken.push(bad(
                name,
                format!("{name} is longer than {LONGEST_VALUE} characters; look for less"),
            ));
            continue;
        }
        match column.condition(operator, value, backend) {
            Ok(condition) => all = all.add(condition),
            Err(why) => broken.push(bad(name, format!("{name} {why}"))),
        }
    }
    if broken.is_empty() { Ok(all) } else { Err(Error::Invalid(broken)) }
}

fn bad(name: &str, detail: String) -> FieldError {
    FieldError::parameter(name, "bad-parameter", detail)
}

fn unknown<E: EntityTrait>(
    name: &str,
    columns: &[Filterable<E>],
    other_names: &[&str],
) -> FieldError {
    let known = columns
        .iter()
        .flat_map(|column| column.parameters().map(|(parameter, _)| parameter))
        .chain(other_names.iter().map(|name| (*name).to_owned()));
    let nearest = known
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    let detail = format!(
        "the parameter `{name}` does not exist{}",
        nearest.map(|nearest| format!("; the nearest one is `{nearest}`")).unwrap_or_default()
    );
    FieldError::parameter(name, "unknown-parameter", detail)
}

/// Every parameter that filters by one of `columns`, with its operator and the kind of its value.
pub fn parameters<E: EntityTrait>(columns: &[Filterable<E>]) -> Vec<(String, Operator, Kind)> {
    columns
        .iter()
        .flat_map(|column| {
            column.parameters().map(|(name, operator)| (name, operator, column.kind))
        })
        .collect()
}
