//! Views in the order in which they can be created.

use std::collections::BTreeSet;

use super::{Schema, SqlDefinition, TableName, expression::mentions};

/// Views, each after those that it selects from.
pub fn in_order<'a>(
    schema: &'a Schema,
    mut waiting: BTreeSet<&'a TableName>,
) -> Vec<(&'a TableName, &'a SqlDefinition)> {
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let waits = |name: &TableName| {
            let others = || waiting.iter().filter(|other| **other != name);
            schema
                .views
                .get(name)
                .is_some_and(|view| others().any(|other| mentions(&view.sql, &other.name)))
        };
        // A circle is none: a column is called like a view.
        let next = waiting.iter().find(|name| !waits(name)).or_else(|| waiting.first()).copied();
        let Some(next) = next else { break };
        waiting.remove(next);
        sorted.extend(schema.views.get_key_value(next));
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_comes_after_those_that_it_selects_from() {
        let mut schema = Schema::default();
        for (name, query) in [
            ("a_first", "SELECT price FROM cheap"),
            ("cheap", "SELECT book.price FROM book"),
            ("everything", "SELECT * FROM a_first"),
        ] {
            let sql = format!("CREATE VIEW {name} AS {query}");
            schema.views.insert(name.into(), SqlDefinition { name: name.to_owned(), sql });
        }
        let sorted = in_order(&schema, schema.views.keys().collect());
        let names: Vec<&str> = sorted.iter().map(|(name, _)| name.name.as_str()).collect();
        assert_eq!(names, ["cheap", "a_first", "everything"]);
    }
}
