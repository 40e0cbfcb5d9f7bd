//! How views and triggers are dropped.

use crate::schema::{Schema, SqlDefinition, TableName, quote};

/// The statement that drops a view.
pub fn drop_view(schema: &Schema, name: &TableName) -> String {
    let stored = schema.views.get(name).is_some_and(|view| view.is_materialized());
    format!("DROP {}VIEW {}", if stored { "MATERIALIZED " } else { "" }, name.quoted())
}

/// The statement that drops a trigger.
pub fn drop_trigger(table: &TableName, trigger: &SqlDefinition) -> String {
    format!("DROP TRIGGER {} ON {}", quote(&trigger.name), table.quoted())
}
