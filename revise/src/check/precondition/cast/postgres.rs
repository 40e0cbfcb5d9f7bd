//! PostgreSQL: what a cast of a type to another would refuse, or cut off, which an explicit cast to `varchar(n)` does.
//! Texts are judged by regular expressions, because only version 16 can be asked whether a text is valid.

use sea_orm::DbBackend;

use super::{Unfit, cannot_hold};
use crate::{
    check::precondition::fit::{digits, integer_range, is_fractional, is_longer, text_length},
    schema::{Type, quote, quote_text},
};

const WHOLE: &str = "^[[:space:]]*[-+]?[0-9]+[[:space:]]*$";
pub const NUMBER: &str =
    "^[[:space:]]*[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)(e[-+]?[0-9]+)?[[:space:]]*$";
const NUMBER_OR_NOT: &str = "^[[:space:]]*([-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)(e[-+]?[0-9]+)?|nan|[-+]?inf(inity)?)[[:space:]]*$";
/// Every unique beginning of true, false, yes, no, on and off.
const BOOLEAN: &str =
    "^[[:space:]]*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0)[[:space:]]*$";
const UUID: &str = "^[{]?[0-9a-f]{4}(-?[0-9a-f]{4}){7}[}]?$";
/// The ends of an object or an array; only the cast can tell what is between them.
const JSON: &str = concat!(
    r#"(?c)^[[:space:]]*([{][[:space:]]*(".*)?[}]|[[].*[]]|"([^"\\]|\\.)*"|"#,
    "-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?|true|false|null)[[:space:]]*$"
);
pub const DATE: &str = "[0-9]{4,6}-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])";
const TIME: &str = "([01]?[0-9]|2[0-4]):[0-5][0-9](:([0-5][0-9]|60)([.][0-9]+)?)?";
const ZONE: &str = "[[:space:]]*(z|utc|[-+][0-9]{1,2}(:?[0-9]{2})?)?";

pub fn unfit(column: &str, from: &Type, to: &Type, values: Option<&[&str]>) -> Option<Unfit> {
    let name = quote(column);
    let text = format!("CAST({name} AS text)");
    let holds = |condition: String| Unfit { condition, problem: cannot_hold(column, to) };
    if let Some(length) = text_length(to) {
        let length = length.filter(|length| is_longer(from, *length))?;
        return Some(Unfit {
            condition: format!("length({text}) > {length}"),
            problem: format!("have more than {length} characters in `{column}`"),
        });
    }
    if let (Some(values), Type::Varchar(_) | Type::Char(_) | Type::Text | Type::Enum(_)) =
        (values, from)
    {
        let values: Vec<String> = values.iter().map(|value| quote_text(value)).collect();
        let list = if values.is_empty() { "NULL".to_owned() } else { values.join(", ") };
        return Some(holds(format!("({text} IN ({list})) IS NOT TRUE")));
    }
    let from_text = text_length(from).is_some();
    if let Some((least, most)) = integer_range(to, DbBackend::Postgres) {
        let inside = format!("BETWEEN {least} AND {most}");
        if from_text {
            return Some(holds(unless(
                &text,
                WHOLE,
                &format!("CAST({text} AS numeric) NOT {inside}"),
            )));
        }
        if let Some(range) = integer_range(from, DbBackend::Postgres) {
            let narrow = range.0 < least || range.1 > most;
            return narrow.then(|| holds(format!("{name} NOT {inside}")));
        }
        return is_fractional(from)
            .then(|| holds(format!("round(CAST({name} AS numeric)) NOT {inside}")));
    }
    if let Type::Decimal(Some(_)) = to {
        return decimal(&name, &text, from, to).map(holds);
    }
    if from_text {
        pattern(to).map(|pattern| holds(format!("{text} !~* {}", quote_text(&pattern))))
    } else {
        None
    }
}

/// The digits before the point count; those after it are rounded, which is no reason to stop.
fn decimal(name: &str, text: &str, from: &Type, to: &Type) -> Option<String> {
    let (whole, scale) = digits(to)?;
    let limit = format!("1{}", "0".repeat(usize::try_from(whole).unwrap_or_default()));
    let beyond = |value: &str| format!("abs(round(CAST({value} AS numeric), {scale})) >= {limit}");
    if text_length(from).is_some() {
        return Some(unless(text, NUMBER, &beyond(text)));
    }
    // Rounding may need one more digit: 9.99 becomes 10.0.
    let fits =
        digits(from).is_some_and(|(most, digits)| most < whole || most == whole && digits <= scale);
    let number = is_fractional(from) || integer_range(from, DbBackend::Postgres).is_some();
    (number && !fits).then(|| beyond(name))
}

/// A text that does not look right, or is right and meets a condition. CASE keeps the condition from the wrong ones.
fn unless(text: &str, pattern: &str, condition: &str) -> String {
    format!("CASE WHEN {text} ~* {} THEN {condition} ELSE TRUE END", quote_text(pattern))
}

/// What a text looks like that a type can be cast from.
fn pattern(to: &Type) -> Option<String> {
    let spaced = |inner: &str| format!("^[[:space:]]*{inner}[[:space:]]*$");
    Some(match to {
        Type::Decimal(None) | Type::Float | Type::Double => NUMBER_OR_NOT.to_owned(),
        Type::Boolean => BOOLEAN.to_owned(),
        Type::Uuid => UUID.to_owned(),
        Type::Json | Type::JsonBinary => JSON.to_owned(),
        Type::Date | Type::DateTime | Type::Timestamp | Type::TimestampWithTimeZone => {
            spaced(&format!("(-?infinity|epoch|{DATE}((t|[[:space:]]+){TIME}{ZONE})?)"))
        }
        Type::Time => spaced(&format!("{TIME}{ZONE}")),
        _ => return None,
    })
}
