//! SQLite puts names into quotes wherever it renames something, so a text that names what was renamed and named back is not what it
//! was. Before two schemas are compared, texts that say the same get one spelling.

use crate::{
    schema::{DefaultValue, Index, Schema, SqlDefinition, Table},
    sqlite::same_text,
};

/// Gives the texts of `before` the spelling of those of `after` that say the same.
pub fn adopt(before: &mut Schema, after: &Schema) {
    for (name, table) in &mut before.tables {
        if let Some(after) = after.tables.get(name) {
            adopt_table(table, after);
        }
    }
    for (name, view) in &mut before.views {
        if let Some(after) = after.views.get(name) {
            adopt_text(&mut view.sql, [&after.sql]);
        }
    }
    for found in &mut before.objects {
        let same = |other: &&crate::schema::InspectedObject| other.object.name == found.object.name;
        let sql = after.objects.iter().find(same).map(|other| &other.object.sql);
        adopt_text(&mut found.object.sql, sql);
    }
}

fn adopt_table(table: &mut Table, after: &Table) {
    for SqlDefinition { name, sql } in &mut table.triggers {
        let same = after.triggers.iter().filter(|other| other.name == *name);
        adopt_text(sql, same.map(|other| &other.sql));
    }
    for check in &mut table.checks {
        adopt_text(&mut check.expression, after.checks.iter().map(|other| &other.expression));
    }
    for column in &mut table.columns {
        let Some(after) = after.find(&column.name) else { continue };
        if let Some(generated) = &mut column.generated {
            let others = after.generated.iter().map(|other| &other.expression);
            adopt_text(&mut generated.expression, others);
        }
        if let (Some(DefaultValue::Sql(own)), Some(DefaultValue::Sql(other))) =
            (&mut column.default, &after.default)
        {
            adopt_text(own, [other]);
        }
    }
    for index in &mut table.indexes {
        let mut same = after.indexes.iter().filter(|other| other.name == index.name);
        if let Some(other) = same.next() {
            adopt_index(index, other);
        }
    }
}

fn adopt_index(index: &mut Index, after: &Index) {
    if let Some(predicate) = &mut index.predicate {
        adopt_text(predicate, &after.predicate);
    }
    for (part, other) in index.columns.iter_mut().zip(&after.columns) {
        if part.expression && other.expression {
            adopt_text(&mut part.name, [&other.name]);
        }
    }
}

fn adopt_text<'a>(text: &mut String, others: impl IntoIterator<Item = &'a String>) {
    if let Some(same) = others.into_iter().find(|other| same_text(text, other)) {
        same.clone_into(text);
    }
}
