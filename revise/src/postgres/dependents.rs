//! What depends on a column or an enum: dropped while that changes, and restored after it.
//!
//! PostgreSQL refuses to change the type of what a view, a policy, a rule, a trigger, a publication or the body of a
//! function uses. The server is asked at that moment who they are, in whatever schema, so that nothing is guessed from
//! texts, and they come back with their owners, privileges, comments and all that belongs to them. What cannot be
//! restored stops the change with its name.

use crate::schema::{TableName, checksum::checksum, quote, quote_text};

/// The block that finds the dependents, drops them and stores the statements that restore them in a setting of the session.
const BODY: &str = include_str!("dependents.sql");

/// What old values of an enum become.
pub type Map = [(String, String)];

/// The statements around a change.
pub struct Dependents {
    /// Drops the dependents.
    pub before: String,
    /// Restores them.
    pub after: String,
}

impl Dependents {
    /// For a change of a column's type.
    pub fn of_column(table: &TableName, column: &str) -> Self {
        Self::of_changed(table, column, false)
    }

    /// For a column that is dropped and added again: also what goes with it and the model does not have, such as comments on its
    /// constraints.
    pub fn of_remade(table: &TableName, column: &str) -> Self {
        Self::of_changed(table, column, true)
    }

    fn of_changed(table: &TableName, column: &str, remade: bool) -> Self {
        let relation = format!("{}::regclass", quote_text(&table.quoted()));
        let what = format!("column `{column}` of `{table}`");
        let places = [
            ("{relation}", relation),
            ("{column}", quote_text(column)),
            ("{remade}", remade.to_string()),
        ];
        Self::of(places, &what, SETTING, current(SETTING))
    }

    /// For a routine that is recreated, by its name and the types of its arguments: all of it but its definition, and what uses it.
    pub fn of_routine(signature: &str) -> Self {
        // Dependents of others may be stored in between.
        let setting = format!("{SETTING}_{}", checksum(&signature));
        let routine = format!("{}::regprocedure", quote_text(signature));
        let restore = current(&setting);
        Self::of([("{routine}", routine)], &format!("`{signature}`"), &setting, restore)
    }

    /// For an enum that is recreated; `map` says which values become which.
    pub fn of_enum(name: &str, map: &Map) -> Self {
        let kind = format!("{}::regtype", quote_text(&quote(name)));
        Self::of([("{type}", kind)], &format!("enum `{name}`"), SETTING, mapped(name, map))
    }

    /// For a view that is recreated: all of it but its query, and what uses it.
    pub fn of_view(view: &TableName) -> Self {
        // Dependents of others are stored in between.
        let setting = format!("{SETTING}_{}", checksum(view));
        let relation = format!("{}::regclass", quote_text(&view.quoted()));
        let restore = current(&setting);
        Self::of([("{view}", relation)], &format!("view `{view}`"), &setting, restore)
    }

    fn of<const N: usize>(
        places: [(&str, String); N],
        what: &str,
        setting: &str,
        restore: String,
    ) -> Self {
        let body =
            places.iter().fold(BODY.to_owned(), |body, (place, sql)| body.replace(place, sql));
        let body = body
            .replace("{relation}", "NULL::regclass")
            .replace("{column}", "NULL::name")
            .replace("{type}", "NULL::oid")
            .replace("{view}", "NULL::regclass")
            .replace("{routine}", "NULL::oid")
            .replace("{remade}", "false")
            .replace("{setting}", &quote_text(setting))
            .replace("{what}", &quote_text(what));
        Self {
            before: format!(
                "DO $dependents$ -- drops what uses the {what}, and stores how to restore it\n{body}$dependents$"
            ),
            after: format!(
                "DO $dependents$ -- restores what was dropped\nBEGIN EXECUTE {restore}; \
                 PERFORM set_config({}, '', false); END\n$dependents$",
                quote_text(setting)
            ),
        }
    }
}

/// The setting of the session with the statements that restore them.
const SETTING: &str = "sea_revise.restore";

fn current(setting: &str) -> String {
    format!("current_setting({})", quote_text(setting))
}

/// The stored statements, with literals of the enum replaced by the new ones, by way of texts that none of them is: what one pair
/// makes is not to be changed by the next one.
fn mapped(name: &str, map: &Map) -> String {
    let marker = |number: usize| quote_text(&format!("\u{1}{number}\u{1}"));
    let marked = map.iter().enumerate().fold(current(SETTING), |text, (number, (from, _))| {
        let literal = escaped(&quote_text(from));
        let pattern =
            format!(r#"(?<!'){literal}(::((\w+|"[^"]+")\.)?("{0}"|{0}(?!\w)))"#, escaped(name));
        let to = quote_text(&format!("\u{1}{number}\u{1}\\1"));
        format!("regexp_replace({text}, {}, {to}, 'g')", quote_text(&pattern))
    });
    map.iter().enumerate().fold(marked, |text, (number, (_, to))| {
        format!("replace({text}, {}, {})", marker(number), quote_text(&quote_text(to)))
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
