//! A column's default, in a form that both databases share where they share one.

use serde::{Serialize, Serializer};

use crate::schema::{expression::equivalent, quote_text};

/// What a row gets that names no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefaultValue {
    /// A text.
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// The time of the statement, `CURRENT_TIMESTAMP`.
    Now,
    /// Any other expression, in SQL, without parentheses around it.
    Sql(String),
}

impl DefaultValue {
    /// A number with the digits it is written with, such as `12.50`.
    #[must_use]
    pub fn number(digits: impl Into<String>) -> Self {
        Self::Number(digits.into())
    }

    /// An expression in SQL.
    #[must_use]
    pub fn sql(expression: impl Into<String>) -> Self {
        Self::Sql(expression.into())
    }

    /// As SQL writes it; an expression without parentheses.
    #[must_use]
    pub fn to_sql(&self) -> String {
        match self {
            Self::Text(text) => quote_text(text),
            Self::Number(number) => number.clone(),
            Self::Boolean(true) => "TRUE".to_owned(),
            Self::Boolean(false) => "FALSE".to_owned(),
            Self::Now => "CURRENT_TIMESTAMP".to_owned(),
            Self::Sql(expression) => expression.clone(),
        }
    }

    /// Whether both are the same value: `0.10` is `0.1`, and spaces in an expression mean nothing.
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => digits(one) == digits(other),
            (Self::Sql(one), Self::Sql(other)) => equivalent(one, other),
            _ => self == other || self.to_sql() == other.to_sql(),
        }
    }

    /// Whether it is the same for every row and at any time.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Number(_) | Self::Boolean(_))
    }
}

/// A number without the zeros and signs that mean nothing.
fn digits(number: &str) -> String {
    let number = number.trim().trim_start_matches('+');
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return format!("{sign}{number}");
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    match (whole, fraction) {
        ("", "") => "0".to_owned(),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    }
}

impl Serialize for DefaultValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_sql())
    }
}

impl From<&str> for DefaultValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for DefaultValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for DefaultValue {
    fn from(number: i64) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<i32> for DefaultValue {
    fn from(number: i32) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<f64> for DefaultValue {
    fn from(number: f64) -> Self {
        Self::Number(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_expressions_are_compared_by_what_they_mean() {
        let number = DefaultValue::number;
        for (one, other) in [("0.10", "0.1"), (".5", "0.5"), ("-0", "0"), ("+7", "7"), ("1.", "1")]
        {
            assert!(number(one).means(&number(other)), "{one} {other}");
        }
        for (one, other) in [("1", "10"), ("-1", "1"), ("1e5", "1e6"), ("0.1", "0.01")] {
            assert!(!number(one).means(&number(other)), "{one} {other}");
        }
        let sql = DefaultValue::sql;
        assert!(sql("datetime( 'now' )").means(&sql("datetime('now')")));
        assert!(!sql("datetime('now ')").means(&sql("datetime('now')")));
    }
}
