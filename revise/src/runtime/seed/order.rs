//! In which order tables take rows.

use std::collections::BTreeSet;

use crate::schema::{Schema, Table, TableName};

/// The tables of a schema, each after those that it points at. In a circle the first to come is one whose keys into
/// the circle may be NULL.
pub fn parents_first(schema: &Schema) -> Vec<&Table> {
    let mut rest: Vec<&Table> = schema.tables.values().collect();
    let mut ordered: Vec<&Table> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let waiting: BTreeSet<&TableName> = rest.iter().map(|table| &table.name).collect();
        let free = |table: &&Table| !waits(table, &waiting, true);
        let loose = |table: &&Table| !waits(table, &waiting, false);
        let place = rest.iter().position(free).or_else(|| rest.iter().position(loose));
        ordered.push(rest.remove(place.unwrap_or_default()));
    }
    ordered
}

/// Whether a table points at another one that is still to come, with a key that is never NULL or, when `any`, at all.
fn waits(table: &Table, waiting: &BTreeSet<&TableName>, any: bool) -> bool {
    table.foreign_keys.iter().any(|key| {
        let nullable = |name: &String| table.find(name).is_some_and(|column| column.nullable);
        key.references != table.name
            && waiting.contains(&key.references)
            && (any || !key.columns.iter().any(nullable))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, ForeignKey, Type};

    fn table(name: &str, parents: &[(&str, bool)]) -> Table {
        parents.iter().fold(Table::new(name), |table, (parent, nullable)| {
            let column = Column::new(*parent, Type::Integer);
            let column = if *nullable { column.nullable() } else { column };
            table.column(column).foreign_key(ForeignKey::new([parent], *parent, ["id"]))
        })
    }

    #[test]
    fn parents_come_before_children() {
        for (tables, expected) in [
            (vec![table("a", &[("b", false)]), table("b", &[])], "b a"),
            (vec![table("a", &[("a", false)])], "a"),
            (vec![table("a", &[("b", false)]), table("b", &[("a", true)])], "b a"),
            (vec![table("a", &[("b", false)]), table("b", &[("a", false)])], "a b"),
            (vec![table("a", &[("gone", false)])], "a"),
        ] {
            let mut schema = Schema::default();
            tables.into_iter().for_each(|table| schema.insert(table));
            let names: Vec<&str> =
                parents_first(&schema).iter().map(|table| table.name.name.as_str()).collect();
            assert_eq!(names.join(" "), expected);
        }
    }
}
