//! The operators of filters, and how parameters name them: `column__operator`, or `column` for equality.

use crate::kind::Kind;

/// How a column is compared with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal; written without an operator.
    Equals,
    /// Not equal, or NULL.
    Ne,
    /// One of several values.
    In,
    /// None of several values, or NULL.
    Notin,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Between two values, both included.
    Between,
    /// Contains the text.
    Contains,
    /// Contains the text, ignoring case.
    Icontains,
    /// Begins with the text.
    Startswith,
    /// Begins with the text, ignoring case.
    Istartswith,
    /// Ends with the text.
    Endswith,
    /// `true`: is NULL; `false`: is not NULL.
    Isnull,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 15] = [
        Self::Equals,
        Self::Ne,
        Self::In,
        Self::Notin,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::Between,
        Self::Contains,
        Self::Icontains,
        Self::Startswith,
        Self::Istartswith,
        Self::Endswith,
        Self::Isnull,
    ];

    /// The operator of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }

    /// Every operator that a column of this kind supports, in the order in which they are documented.
    pub fn of(kind: Kind) -> &'static [Self] {
        use Operator::{Between, Equals, Gt, Gte, In, Isnull, Lt, Lte, Ne, Notin};
        match kind {
            Kind::Text => &Self::ALL,
            Kind::Isbn => &[Equals, Ne, In, Notin, Isnull],
            Kind::Boolean => &[Equals, Ne, Isnull],
            Kind::Integer
            | Kind::BigInteger
            | Kind::Double
            | Kind::Decimal
            | Kind::Date
            | Kind::Timestamp => &[Equals, Ne, In, Notin, Gt, Gte, Lt, Lte, Between, Isnull],
        }
    }

    /// Whether the value is a list separated by commas.
    pub fn takes_several(self) -> bool {
        matches!(self, Self::In | Self::Notin | Self::Between)
    }

    /// The name in a nested filter, and in a parameter after the column and two underscores, where equality has none.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "eq",
            Self::Ne => "ne",
            Self::In => "in",
            Self::Notin => "notin",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Between => "between",
            Self::Contains => "contains",
            Self::Icontains => "icontains",
            Self::Startswith => "startswith",
            Self::Istartswith => "istartswith",
            Self::Endswith => "endswith",
            Self::Isnull => "isnull",
        }
    }

    /// Whether a column of this kind can be compared in this way.
    pub fn fits(self, kind: Kind) -> bool {
        Self::of(kind).contains(&self)
    }
}

/// The column and the operator that a parameter names.
pub fn of_parameter(name: &str) -> Option<(&str, Operator)> {
    match name.rsplit_once("__") {
        None => Some((name, Operator::Equals)),
        // Equality is written without an operator.
        Some((_, "eq")) => None,
        Some((column, operator)) => Some((column, Operator::named(operator)?)),
    }
}

/// Whether the value of the parameter is a list separated by commas, so that the parameter may also be repeated.
pub fn takes_several(name: &str) -> bool {
    of_parameter(name).is_some_and(|(_, operator)| operator.takes_several())
}
