//! The names that PostgreSQL gives to constraints without one, and how it cuts long names.
//!
//! They are guessed only where the model has no name. A schema that was read has every name, so this happens when a
//! constraint is created and dropped again in one list of operations.

use super::{Check, ForeignKey, PrimaryKey, Table, TableName, Unique, expression::mentions};

/// What PostgreSQL keeps of a name, in bytes.
pub const MAX_BYTES: usize = 63;

/// At most so many bytes of a text, and no character in halves.
pub fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The name of a table's primary key.
pub fn primary_key(table: &Table) -> String {
    let named = table.primary_key.as_ref().and_then(|key| key.name.clone());
    named.unwrap_or_else(|| automatic(&table.name.name, "", "pkey"))
}

/// The name of a unique constraint.
pub fn unique(table: &Table, unique: &Unique) -> String {
    let guess = || automatic(&table.name.name, &unique.columns.join("_"), "key");
    unique.name.clone().unwrap_or_else(guess)
}

/// The name of a foreign key.
pub fn foreign_key(table: &Table, key: &ForeignKey) -> String {
    let guess = || automatic(&table.name.name, &key.columns.join("_"), "fkey");
    key.name.clone().unwrap_or_else(guess)
}

/// The name of a check, which has the column in it when there is only one.
pub fn check(table: &Table, check: &Check) -> String {
    let guess = || {
        let mut columns =
            table.columns.iter().filter(|column| mentions(&check.expression, &column.name));
        let column = match (columns.next(), columns.next()) {
            (Some(only), None) => only.name.as_str(),
            _ => "",
        };
        automatic(&table.name.name, column, "check")
    };
    check.name.clone().unwrap_or_else(guess)
}

/// A name as the server makes it: joined with underscores, and the longer of the first two cut until all of it fits.
pub fn automatic(first: &str, second: &str, label: &str) -> String {
    let between = if second.is_empty() { 1 } else { 2 };
    let room = MAX_BYTES - label.len() - between;
    let (mut left, mut right) = (first.len(), second.len());
    while left + right > room {
        if left > right { left -= 1 } else { right -= 1 }
    }
    let (first, second) = (cut(first, left), cut(second, right));
    match second {
        "" => format!("{first}_{label}"),
        _ => format!("{first}_{second}_{label}"),
    }
}

/// Takes away the names that PostgreSQL gives by itself: written down they would only be noise.
pub fn without_automatic_names(table: &mut Table) {
    let name = table.name.clone();
    table.primary_key = table.primary_key.take().map(|key| unnamed_primary_key(&name, &key));
    for unique in &mut table.uniques {
        *unique = unnamed_unique(&name, unique);
    }
    for key in &mut table.foreign_keys {
        *key = unnamed_key(&name, key);
    }
    for check in &mut table.checks {
        check.name = check.name.take().filter(|given| !is_automatic_check(&name, given));
    }
}

/// A primary key without its name, where that is the one that PostgreSQL gives.
pub fn unnamed_primary_key(table: &TableName, key: &PrimaryKey) -> PrimaryKey {
    let given = automatic(&table.name, "", "pkey");
    PrimaryKey { name: key.name.clone().filter(|name| *name != given), ..key.clone() }
}

/// A unique constraint without its name, where that is the one that PostgreSQL gives.
pub fn unnamed_unique(table: &TableName, unique: &Unique) -> Unique {
    let given = automatic(&table.name, &unique.columns.join("_"), "key");
    Unique { name: unique.name.clone().filter(|name| *name != given), ..unique.clone() }
}

/// A foreign key without its name, where that is the one that PostgreSQL gives.
pub fn unnamed_key(table: &TableName, key: &ForeignKey) -> ForeignKey {
    let given = automatic(&table.name, &key.columns.join("_"), "fkey");
    ForeignKey { name: key.name.clone().filter(|name| *name != given), ..key.clone() }
}

/// Whether PostgreSQL gives a check this name.
pub fn is_automatic_check(table: &TableName, name: &str) -> bool {
    let rest = name.strip_prefix(table.name.as_str()).and_then(|rest| rest.strip_prefix('_'));
    rest.is_some_and(|rest| rest == "check" || rest.contains("_check"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Type};

    #[test]
    fn a_name_is_cut_as_the_server_cuts_it() {
        assert_eq!(automatic("book", "author_id", "fkey"), "book_author_id_fkey");
        assert_eq!(automatic("book", "", "pkey"), "book_pkey");
        let cut = automatic(&"t".repeat(63), &"c".repeat(10), "fkey");
        assert_eq!(cut, format!("{}_{}_fkey", "t".repeat(47), "c".repeat(10)));
        let cut = automatic(&"ä".repeat(31), "", "pkey");
        assert_eq!(cut, format!("{}_pkey", "ä".repeat(29)));
    }

    #[test]
    fn a_check_on_one_column_is_called_like_it() {
        let table = Table::new("book")
            .column(Column::new("price", Type::Integer))
            .column(Column::new("cost", Type::Integer));
        assert_eq!(check(&table, &Check::new("price >= 0")), "book_price_check");
        assert_eq!(check(&table, &Check::new("price >= cost")), "book_check");
        assert_eq!(check(&table, &Check::new("price >= 0").named("own")), "own");
    }
}
