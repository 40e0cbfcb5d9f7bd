//! SQLite: a cast never fails. A text that is no number becomes 0, without a word, so that such texts are found here;
//! and a value that programs cannot read in the new type is found too. Lengths are not enforced, but a length that is
//! declared is meant: what PostgreSQL would refuse is refused here as well.

use sea_orm::DbBackend;

use super::{Unfit, cannot_hold};
use crate::{
    check::precondition::fit::{integer_range, is_fractional, is_longer, text_length},
    schema::{Type, quote},
};

const DAY: &str = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]";
const MINUTE: &str = "[0-2][0-9]:[0-5][0-9]";

pub fn unfit(column: &str, from: &Type, to: &Type) -> Option<Unfit> {
    let name = quote(column);
    let text = format!("trim({name})");
    if let Some(length) = text_length(to) {
        let length = length.filter(|length| is_longer(from, *length))?;
        return Some(Unfit {
            condition: format!("length({name}) > {length}"),
            problem: format!("have more than {length} characters in `{column}`"),
        });
    }
    let condition = match text_length(from) {
        Some(_) => from_text(&name, &text, to),
        None => from_number(&name, from, to),
    };
    condition.map(|condition| Unfit { condition, problem: cannot_hold(column, to) })
}

fn from_text(name: &str, text: &str, to: &Type) -> Option<String> {
    if let Some(range) = integer_range(to, DbBackend::Sqlite) {
        let (least, most) = range;
        return Some(format!(
            "CASE typeof({name}) WHEN 'text' THEN NOT ({}) WHEN 'blob' THEN TRUE ELSE {name} NOT BETWEEN {least} AND {most} END",
            is_whole(text, range)
        ));
    }
    if is_fractional(to) {
        return Some(format!(
            "CASE typeof({name}) WHEN 'text' THEN NOT ({}) WHEN 'blob' THEN TRUE ELSE FALSE END",
            is_number(text)
        ));
    }
    let plain = format!("replace({text}, '-', '')");
    // SQLite makes 30 February the first of March, and nothing of a month that is none.
    let day = format!("substr({text}, 1, 10)");
    let no_day = format!("date({day}) IS NOT {day}");
    let unfit = match to {
        Type::Boolean => format!("{text} NOT IN ('0', '1')"),
        Type::Date => format!("({text} NOT GLOB '{DAY}' OR {no_day})"),
        Type::DateTime | Type::Timestamp | Type::TimestampWithTimeZone => {
            format!("({text} NOT GLOB '{DAY}[ T]{MINUTE}*' OR {no_day})")
        }
        Type::Time => format!("{text} NOT GLOB '{MINUTE}*'"),
        Type::Uuid => format!("(length({plain}) <> 32 OR {plain} GLOB '*[^0-9a-fA-F]*')"),
        Type::Json | Type::JsonBinary => format!("NOT json_valid({name})"),
        _ => return None,
    };
    Some(format!("typeof({name}) = 'text' AND {unfit}"))
}

fn from_number(name: &str, from: &Type, to: &Type) -> Option<String> {
    let (least, most) = integer_range(to, DbBackend::Sqlite)?;
    let narrow = match integer_range(from, DbBackend::Sqlite) {
        Some(range) => range.0 < least || range.1 > most,
        None => is_fractional(from),
    };
    narrow.then(|| {
        format!("typeof({name}) IN ('integer', 'real') AND {name} NOT BETWEEN {least} AND {most}")
    })
}

/// Whether a text is a whole number between two others.
fn is_whole(text: &str, (least, most): (i64, i64)) -> String {
    // A cast to a 64-bit integer stops at its ends.
    let inside = if most == i64::MAX {
        format!("CAST({text} AS REAL) BETWEEN {least}.0 AND {most}.0")
    } else {
        format!("CAST({text} AS INTEGER) BETWEEN {least} AND {most}")
    };
    format!(
        "({text} GLOB '[0-9]*' OR {text} GLOB '[-+][0-9]*') AND substr({text}, 2) NOT GLOB '*[^0-9]*' AND {inside}"
    )
}

/// Whether a text is a number: digits with at most one sign and one point, or as JSON writes one, with an exponent.
fn is_number(text: &str) -> String {
    format!(
        "({text} GLOB '*[0-9]*' AND {text} NOT GLOB '*[^-+.0-9]*' AND substr({text}, 2) NOT GLOB '*[-+]*' \
         AND {text} NOT GLOB '*.*.*') OR CASE WHEN json_valid({text}) THEN json_type({text}) IN ('integer', 'real') \
         ELSE FALSE END"
    )
}
