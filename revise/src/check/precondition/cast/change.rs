//! The values that a cast changes and does not refuse: fractions that are rounded, digits that a float has no room for, times of a
//! day that a date loses. On SQLite the copy of a rebuild does what is counted here.

use super::postgres::{DATE, NUMBER};
use crate::schema::{Type, quote, quote_text};

/// The condition on SQLite, which keeps any value in any column.
pub fn on_sqlite(column: &str, from: &Type, to: &Type) -> Option<String> {
    let name = quote(column);
    if to.is_integer() && from.is_fractional() {
        return Some(format!("{name} IS NOT CAST(round({name}) AS integer)"));
    }
    if let Some(scale) = to.rounds(from) {
        let number = format!("CAST({name} AS REAL)");
        let kinds = if from.is_text() { "'text', 'real'" } else { "'real'" };
        return Some(format!(
            "typeof({name}) IN ({kinds}) AND {number} <> round({number}, {scale})"
        ));
    }
    let numbers = from.is_integer() || from.is_fractional();
    match to {
        Type::Float | Type::Double | Type::Decimal(_) if from.is_integer() => {
            Some(format!("typeof({name}) = 'integer' AND {name} <> CAST({name} AS REAL)"))
        }
        Type::Boolean if numbers => {
            Some(format!("typeof({name}) IN ('integer', 'real') AND {name} NOT IN (0, 1)"))
        }
        Type::Date if from.is_moment() => Some(format!(
            "typeof({name}) = 'text' AND strftime('%H:%M:%f', {name}) <> '00:00:00.000'"
        )),
        Type::Time if from.is_moment() => {
            Some(format!("typeof({name}) = 'text' AND date({name}) IS NOT NULL"))
        }
        _ => None,
    }
}

/// The condition on PostgreSQL.
pub fn on_postgres(column: &str, from: &Type, to: &Type) -> Option<String> {
    let name = quote(column);
    let number = format!("CAST({name} AS numeric)");
    if to.is_integer() && from.is_fractional() {
        return Some(format!("{number} <> round({number})"));
    }
    if let Some(scale) = to.rounds(from) {
        return Some(match from.is_text() {
            true => {
                let text = format!("CAST({name} AS text)");
                let number = format!("CAST({text} AS numeric)");
                looks_like(&text, NUMBER, &format!("{number} <> round({number}, {scale})"))
            }
            false => format!("{number} <> round({number}, {scale})"),
        });
    }
    let numbers =
        from.is_integer() || matches!(from, Type::Float | Type::Double | Type::Decimal(_));
    match to {
        Type::Float | Type::Double => to_float(&name, from, to),
        Type::Boolean if numbers => Some(format!("{name} NOT IN (0, 1)")),
        Type::Date if from.is_moment() => {
            let moment = moment(&name, from);
            Some(format!("{moment} <> date_trunc('day', {moment})"))
        }
        // The day is gone, whatever the time is.
        Type::Time if from.is_moment() => Some("TRUE".to_owned()),
        Type::Date if from.is_text() => {
            let text = format!("CAST({name} AS text)");
            let timed = format!("^[[:space:]]*{DATE}(t|[[:space:]]+)[0:.]*[1-9]");
            Some(format!("{text} ~* {}", quote_text(&timed)))
        }
        _ => None,
    }
}

/// A moment without a zone, as the cast takes it.
fn moment(name: &str, from: &Type) -> String {
    match from {
        Type::TimestampWithTimeZone => format!("({name} AT TIME ZONE 'UTC')"),
        _ => name.to_owned(),
    }
}

fn looks_like(text: &str, pattern: &str, condition: &str) -> String {
    format!("CASE WHEN {text} ~* {} THEN {condition} ELSE FALSE END", quote_text(pattern))
}

/// Digits that a float has no room for: numbers are compared as they are written. What is beyond its range is refused by the cast.
fn to_float(name: &str, from: &Type, to: &Type) -> Option<String> {
    let smaller = match from {
        Type::Double => *to == Type::Float,
        Type::Decimal(_) => true,
        from => from.is_integer(),
    };
    let (kind, least, most) = match to {
        Type::Float => ("real", "1.2e-38", "3.4e38"),
        _ => ("double precision", "2.3e-308", "1.7e308"),
    };
    let written = |value: &str| format!("CAST(CAST({value} AS text) AS numeric)");
    let cast = written(&format!("CAST({name} AS {kind})"));
    let condition = format!("{cast} <> {}", written(name));
    smaller.then(|| {
        format!("CASE WHEN abs({name}) BETWEEN {least} AND {most} THEN {condition} ELSE FALSE END")
    })
}
