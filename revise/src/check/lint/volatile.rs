//! Whether PostgreSQL has to compute a default for every row.

use crate::schema::DefaultValue;

/// Functions that answer the same within a statement, so that `ADD COLUMN` computes them once.
const STABLE: [&str; 14] = [
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtime",
    "localtimestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "timezone",
    "date_trunc",
    "lower",
    "upper",
    "coalesce",
];

/// Words in front of a parenthesis that call nothing.
const NO_CALLS: [&str; 18] = [
    "array",
    "cast",
    "varchar",
    "char",
    "character",
    "varying",
    "bpchar",
    "numeric",
    "decimal",
    "bit",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "float",
    "and",
    "or",
    "in",
];

/// The first function of a default that may answer differently for every row. A function that is not known to be
/// stable counts as one.
pub fn volatile_call(default: &DefaultValue) -> Option<String> {
    match default {
        DefaultValue::Sql(expression) => calls(expression)
            .into_iter()
            .find(|name| !STABLE.contains(&name.as_str()) && !NO_CALLS.contains(&name.as_str())),
        DefaultValue::Text(_)
        | DefaultValue::Number(_)
        | DefaultValue::Boolean(_)
        | DefaultValue::Now => None,
    }
}

/// The names in front of parentheses, in small letters.
fn calls(expression: &str) -> Vec<String> {
    let mut calls = Vec::new();
    let mut name = String::new();
    let mut ended = false;
    let mut quoted = false;
    for character in expression.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                name.clear();
            }
            _ if quoted => {}
            '(' => {
                if !name.is_empty() {
                    calls.push(std::mem::take(&mut name));
                }
            }
            _ if character.is_whitespace() => ended = true,
            _ if character.is_alphanumeric() || character == '_' => {
                if std::mem::take(&mut ended) {
                    name.clear();
                }
                name.extend(character.to_lowercase());
            }
            // A schema in front of the name, or its quotes.
            '"' => {}
            _ => name.clear(),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_evaluated_for_every_row_are_found() {
        for (expression, call) in [
            ("random()", Some("random")),
            ("gen_random_uuid()", Some("gen_random_uuid")),
            ("public.\"next\"()", Some("next")),
            ("clock_timestamp ()", Some("clock_timestamp")),
            ("1 + nextval('a(b)'::regclass)", Some("nextval")),
            ("now()", None),
            ("date_trunc('day', now())", None),
            ("CURRENT_DATE", None),
            ("CURRENT_TIMESTAMP(3)", None),
            ("'random()'::text", None),
            ("'it''s (x)'::character varying(20)", None),
            ("'1'::numeric(10, 2)", None),
            ("ARRAY[]::text[]", None),
            ("(1 + 2)", None),
        ] {
            let found = volatile_call(&DefaultValue::sql(expression));
            assert_eq!(found.as_deref(), call, "{expression}");
        }
        assert_eq!(volatile_call(&DefaultValue::Now), None);
    }
}
