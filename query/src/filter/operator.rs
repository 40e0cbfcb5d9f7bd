//! The operators of filters, and how parameters name them: `column__operator`, or `column` for equality.

use crate::kind::Kind;

/// Writes the operators with their names.
macro_rules! operators {
    ($($(#[$about:meta])* $operator:ident $name:literal,)*) => {
        /// How a column is compared with the value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operator {
            $($(#[$about])* $operator,)*
        }

        impl Operator {
            /// Every operator.
            pub const ALL: &'static [Self] = &[$(Self::$operator),*];

            /// The name in a nested filter, and in a parameter after the column and two underscores, where equality has none.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$operator => $name,)*
                }
            }
        }
    };
}

operators! {
    /// Equal; written without an operator.
    Equals "eq",
    /// Not equal, or NULL.
    Ne "ne",
    /// One of several values.
    In "in",
    /// None of several values, or NULL.
    Notin "notin",
    /// Greater.
    Gt "gt",
    /// Greater or equal.
    Gte "gte",
    /// Less.
    Lt "lt",
    /// Less or equal.
    Lte "lte",
    /// Between two values, both included.
    Between "between",
    /// Contains the text.
    Contains "contains",
    /// Contains the text, ignoring case.
    Icontains "icontains",
    /// Contains the text, as a search does: ignoring case, and where texts are folded also accents, apostrophes and dashes.
    Matches "matches",
    /// Begins with the text.
    Startswith "startswith",
    /// Begins with the text, ignoring case.
    Istartswith "istartswith",
    /// Ends with the text.
    Endswith "endswith",
    /// `true`: is NULL; `false`: is not NULL.
    Isnull "isnull",
}

impl Operator {
    /// The operator of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.name() == name)
    }

    /// Every operator that a column of this kind supports, in the order in which they are documented.
    pub fn of(kind: Kind) -> &'static [Self] {
        use Operator::{Between, Equals, Gt, Gte, In, Isnull, Lt, Lte, Ne, Notin};
        match kind {
            Kind::Text => Self::ALL,
            Kind::Code(_) => &[Equals, Ne, In, Notin, Isnull],
            Kind::Boolean => &[Equals, Ne, Isnull],
            Kind::Integer
            | Kind::BigInteger
            | Kind::Double
            | Kind::Decimal(_)
            | Kind::Date
            | Kind::Timestamp => &[Equals, Ne, In, Notin, Gt, Gte, Lt, Lte, Between, Isnull],
        }
    }

    /// Whether the value is a list separated by commas.
    pub fn takes_several(self) -> bool {
        matches!(self, Self::In | Self::Notin | Self::Between)
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
