//! What uses a column or an enum, set aside while that changes, and put back.
//!
//! PostgreSQL refuses to change the type of what a view, a policy, a rule, a trigger, a publication or the body of a
//! function uses. The server is asked at that moment who they are, in whatever schema, so that nothing is guessed from
//! texts, and they come back with their owners, privileges, comments and all that belongs to them. What cannot be set
//! aside stops the change with its name.

use super::enums::Map;
use crate::schema::{TableName, checksum::checksum, quote, quote_text};

/// The block that finds out what to do, does the first half and keeps the second half in a setting of the session.
const BODY: &str = include_str!("dependents.sql");

/// A change, between its two halves.
pub struct Aside {
    /// Sets aside what is in the way.
    pub before: String,
    /// Puts it back.
    pub after: String,
}

impl Aside {
    /// For a change of a column's type.
    pub fn of_column(table: &TableName, column: &str) -> Self {
        let relation = format!("{}::regclass", quote_text(&table.quoted()));
        let what = format!("column `{column}` of `{table}`");
        Self::of(
            [("{relation}", relation), ("{column}", quote_text(column))],
            &what,
            KEPT,
            kept(KEPT),
        )
    }

    /// For an enum that is made anew; `map` says which values become which.
    pub fn of_enum(name: &str, map: &Map) -> Self {
        let kind = format!("{}::regtype", quote_text(&quote(name)));
        Self::of([("{type}", kind)], &format!("enum `{name}`"), KEPT, mapped(name, map))
    }

    /// For a view that is made anew, between being dropped and being made: all of it but its query, and what uses it.
    pub fn of_view(view: &TableName) -> Self {
        // Others are set aside in between.
        let setting = format!("{KEPT}_{}", checksum(view));
        let relation = format!("{}::regclass", quote_text(&view.quoted()));
        let put_back = kept(&setting);
        Self::of([("{view}", relation)], &format!("view `{view}`"), &setting, put_back)
    }

    fn of<const N: usize>(
        places: [(&str, String); N],
        what: &str,
        setting: &str,
        put_back: String,
    ) -> Self {
        let body =
            places.iter().fold(BODY.to_owned(), |body, (place, sql)| body.replace(place, sql));
        let body = body
            .replace("{relation}", "NULL::regclass")
            .replace("{column}", "NULL::name")
            .replace("{type}", "NULL::oid")
            .replace("{view}", "NULL::regclass")
            .replace("{kept}", &quote_text(setting))
            .replace("{what}", &quote_text(what));
        Self {
            before: format!(
                "DO $aside$ -- sets aside what uses the {what}, and keeps how to put it back\n{body}$aside$"
            ),
            after: format!(
                "DO $aside$ -- puts back what was set aside\nBEGIN EXECUTE {put_back}; PERFORM set_config({}, '', false); END\n$aside$",
                quote_text(setting)
            ),
        }
    }
}

/// The setting of the session that keeps how to put things back.
const KEPT: &str = "sea_revise.kept";

fn kept(setting: &str) -> String {
    format!("current_setting({})", quote_text(setting))
}

/// What was kept, with literals of the enum become the new ones, by way of texts that none of them is: what one pair
/// makes is not to be changed by the next one.
fn mapped(name: &str, map: &Map) -> String {
    let way = |number: usize| quote_text(&format!("\u{1}{number}\u{1}"));
    let marked = map.iter().enumerate().fold(kept(KEPT), |kept, (number, (from, _))| {
        let literal = escaped(&quote_text(from));
        let pattern =
            format!(r#"(?<!'){literal}(::((\w+|"[^"]+")\.)?("{0}"|{0}(?!\w)))"#, escaped(name));
        let to = quote_text(&format!("\u{1}{number}\u{1}\\1"));
        format!("regexp_replace({kept}, {}, {to}, 'g')", quote_text(&pattern))
    });
    map.iter().enumerate().fold(marked, |kept, (number, (_, to))| {
        format!("replace({kept}, {}, {})", way(number), quote_text(&quote_text(to)))
    })
}

/// A text as a regular expression that means just it.
fn escaped(text: &str) -> String {
    let plain = |next: &char| next.is_alphanumeric() || *next == '_' || !next.is_ascii();
    let mut escaped = String::with_capacity(text.len());
    for next in text.chars() {
        if !plain(&next) {
            escaped.push('\\');
        }
        escaped.push(next);
    }
    escaped
}
