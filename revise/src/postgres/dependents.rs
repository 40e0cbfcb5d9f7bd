//! Views and triggers that stand in the way when a column changes its type.
//!
//! PostgreSQL refuses to change what a view or a trigger uses. Who uses what is taken from their text, so that more may
//! be found than there is; they are dropped and made anew, which does no harm.

use std::collections::BTreeSet;

use crate::{
    expression::mentions,
    schema::{Object, Schema, TableName, quote},
    table::Table,
};

/// What is dropped before a change and made anew after it.
#[derive(Debug, Default)]
pub struct Dependents<'a> {
    views: BTreeSet<&'a TableName>,
    triggers: Vec<(&'a TableName, &'a Object)>,
}

impl<'a> Dependents<'a> {
    /// Adds what uses a column, and what uses that.
    pub fn add(&mut self, schema: &'a Schema, table: &'a Table, column: &str) {
        for trigger in table.triggers.iter().filter(|trigger| mentions(&trigger.sql, column)) {
            if !self.triggers.contains(&(&table.name, trigger)) {
                self.triggers.push((&table.name, trigger));
            }
        }
        for (name, view) in &schema.views {
            let uses = mentions(&view.sql, column) || view.sql.contains('*');
            if uses && mentions(&view.sql, &table.name.name) {
                self.views.insert(name);
            }
        }
        loop {
            let (known, before) = (self.views.clone(), self.views.len());
            let on_known = |view: &Object| known.iter().any(|name| mentions(&view.sql, &name.name));
            let found = schema.views.iter().filter(|(_, view)| on_known(view));
            self.views.extend(found.map(|(name, _)| name));
            if self.views.len() == before {
                return;
            }
        }
    }

    /// The statements to run before the change, and those to run after it.
    pub fn statements(&self, schema: &'a Schema) -> (Vec<String>, Vec<String>) {
        let views = in_order(schema, self.views.clone());
        let drop_views = views.iter().rev().map(|(name, _)| drop_view(name));
        let drop_triggers =
            self.triggers.iter().map(|(table, trigger)| drop_trigger(table, trigger));
        let before = drop_views.chain(drop_triggers).collect();
        let triggers = self.triggers.iter().map(|(_, trigger)| trigger.sql.clone());
        let after = triggers.chain(views.iter().map(|(_, view)| view.sql.clone())).collect();
        (before, after)
    }
}

/// Views, each behind those that it is made of.
pub fn in_order<'a>(
    schema: &'a Schema,
    mut waiting: BTreeSet<&'a TableName>,
) -> Vec<(&'a TableName, &'a Object)> {
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

/// The statement that drops a view.
pub fn drop_view(name: &TableName) -> String {
    format!("DROP VIEW {}", name.quoted())
}

/// The statement that drops a trigger.
pub fn drop_trigger(table: &TableName, trigger: &Object) -> String {
    format!("DROP TRIGGER {} ON {}", quote(&trigger.name), table.quoted())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{column::Column, column_type::Type};

    fn schema() -> Schema {
        let mut schema = Schema::default();
        let column = Column::new("price", Type::Integer);
        schema.insert(Table::new("book").column(column));
        for (name, query) in [
            ("a_first", "SELECT price FROM cheap"),
            ("cheap", "SELECT book.price FROM book"),
            ("everything", "SELECT * FROM book"),
            ("titles", "SELECT book.title FROM book"),
        ] {
            let sql = format!("CREATE VIEW {name} AS {query}");
            schema.views.insert(name.into(), Object { name: name.to_owned(), sql });
        }
        schema
    }

    #[test]
    fn views_are_dropped_before_those_they_are_made_of_and_made_after_them() {
        let schema = schema();
        let mut dependents = Dependents::default();
        dependents.add(&schema, &schema.tables[&TableName::from("book")], "price");
        let (before, after) = dependents.statements(&schema);
        let dropped = ["DROP VIEW \"everything\"", "DROP VIEW \"a_first\"", "DROP VIEW \"cheap\""];
        assert_eq!(before, dropped);
        assert_eq!(
            after,
            [
                "CREATE VIEW cheap AS SELECT book.price FROM book",
                "CREATE VIEW a_first AS SELECT price FROM cheap",
                "CREATE VIEW everything AS SELECT * FROM book",
            ]
        );
    }
}
