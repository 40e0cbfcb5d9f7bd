//! How constraints and indexes are called to which neither an entity nor the list gives a name.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::{Error, Result},
    schema::{ForeignKey, Index, Schema, Table, TableName, Unique, expression::mentions, names},
};

/// What stands for a part of a name.
const PARTS: [&str; 5] = ["table", "columns", "column", "references", "referenced"];

/// Patterns for the names of constraints and indexes to which neither an entity nor the list gives one.
///
/// In a pattern `{table}` stands for the table, `{columns}` for its columns with `_` between them, `{column}` for the first of
/// them, and for a foreign key `{references}` and `{referenced}` for the table and the columns that it points at. What has no pattern is
/// called as SeaORM and the database call it.
///
/// ```
/// use sea_revise::{Entities, Naming};
///
/// let naming = Naming::new()
///     .primary_key("pk_{table}")
///     .unique("uq_{table}_{columns}")
///     .foreign_key("fk_{table}_{columns}_{references}")
///     .check("ck_{table}_{columns}")
///     .index("ix_{table}_{columns}");
/// let entities = Entities::new().naming(naming);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Naming {
    primary_key: Option<String>,
    unique: Option<String>,
    foreign_key: Option<String>,
    check: Option<String>,
    index: Option<String>,
}

impl Naming {
    /// No patterns yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What primary keys are called.
    #[must_use]
    pub fn primary_key(mut self, pattern: impl Into<String>) -> Self {
        self.primary_key = Some(pattern.into());
        self
    }

    /// What unique constraints are called, and the unique indexes that stand for them.
    #[must_use]
    pub fn unique(mut self, pattern: impl Into<String>) -> Self {
        self.unique = Some(pattern.into());
        self
    }

    /// What foreign keys are called.
    #[must_use]
    pub fn foreign_key(mut self, pattern: impl Into<String>) -> Self {
        self.foreign_key = Some(pattern.into());
        self
    }

    /// What checks are called. Their columns are those that the expression names.
    #[must_use]
    pub fn check(mut self, pattern: impl Into<String>) -> Self {
        self.check = Some(pattern.into());
        self
    }

    /// What indexes are called.
    #[must_use]
    pub fn index(mut self, pattern: impl Into<String>) -> Self {
        self.index = Some(pattern.into());
        self
    }

    /// Names what the entities leave without a name of its own. `listed` are the indexes to which the list gives one.
    ///
    /// # Errors
    /// [`Error::Usage`] for a pattern that cannot be read, and for a name that would be given twice.
    pub(super) fn name(&self, schema: &mut Schema, listed: &[(TableName, Index)]) -> Result<()> {
        let patterns =
            [&self.primary_key, &self.unique, &self.foreign_key, &self.check, &self.index];
        patterns.into_iter().flatten().try_for_each(|pattern| expect_readable(pattern))?;
        let mut taken = Taken::default();
        for table in schema.tables.values_mut() {
            let own = names_of(table).into_iter().map(|(_, name)| name).collect();
            self.name_keys(table);
            self.name_checks(table);
            self.name_indexes(table, listed);
            taken.take_all(table, &own)?;
        }
        Ok(())
    }

    fn name_keys(&self, table: &mut Table) {
        let name = table.name.clone();
        if let (Some(pattern), Some(key)) = (&self.primary_key, &mut table.primary_key)
            && names::unnamed_primary_key(&name, key).name.is_none()
        {
            key.name = Some(filled(pattern, &name, &key.columns, None));
        }
        if let Some(pattern) = &self.unique {
            let unnamed = |one: &&mut Unique| names::unnamed_unique(&name, one).name.is_none();
            for unique in table.uniques.iter_mut().filter(unnamed) {
                unique.name = Some(filled(pattern, &name, &unique.columns, None));
            }
        }
        if let Some(pattern) = &self.foreign_key {
            let seaorm = |key: &ForeignKey| format!("fk-{}-{}", name.name, key.columns.join("-"));
            let own = |key: &ForeignKey| names::unnamed_key(&name, key).name;
            let unnamed = |key: &&mut ForeignKey| own(key).is_none_or(|own| own == seaorm(key));
            for key in table.foreign_keys.iter_mut().filter(unnamed) {
                key.name = Some(filled(pattern, &name, &key.columns, Some(key)));
            }
        }
    }

    fn name_checks(&self, table: &mut Table) {
        let Some(pattern) = &self.check else { return };
        let (name, columns) = (&table.name, &table.columns);
        for check in &mut table.checks {
            if check.name.as_ref().is_none_or(|own| names::is_automatic_check(name, own)) {
                let named = columns.iter().map(|column| column.name.clone());
                let named: Vec<String> =
                    named.filter(|column| mentions(&check.expression, column)).collect();
                check.name = Some(filled(pattern, name, &named, None));
            }
        }
    }

    /// SeaORM begins the names of indexes alike, and so may the list, which has said what it wants.
    fn name_indexes(&self, table: &mut Table, listed: &[(TableName, Index)]) {
        let name = &table.name;
        let is_listed = |index: &Index| {
            listed.iter().any(|(table, listed)| table == name && listed.name == index.name)
        };
        let seaorm = format!("idx-{}-", name.name);
        let unnamed = |index: &&mut Index| index.name.starts_with(&seaorm) && !is_listed(index);
        for index in table.indexes.iter_mut().filter(unnamed) {
            let pattern = if index.unique { &self.unique } else { &self.index };
            if let Some(pattern) = pattern {
                let columns: Vec<String> = index.column_names().map(str::to_owned).collect();
                index.name = filled(pattern, name, &columns, None);
            }
        }
    }
}

/// The names of a table's constraints and indexes, each with the place in which it has to be the only one: those of indexes, keys and
/// unique constraints in the schema, those of foreign keys and checks in the table.
fn names_of(table: &Table) -> Vec<(TableName, String)> {
    let schema = TableName { name: String::new(), ..table.name.clone() };
    let key = table.primary_key.iter().filter_map(|key| key.name.clone());
    let uniques = table.uniques.iter().filter_map(|unique| unique.name.clone());
    let indexes = table.indexes.iter().map(|index| index.name.clone());
    let keys = table.foreign_keys.iter().filter_map(|key| key.name.clone());
    let checks = table.checks.iter().filter_map(|check| check.name.clone());
    let of_schema = key.chain(uniques).chain(indexes).map(|name| (schema.clone(), name));
    of_schema.chain(keys.chain(checks).map(|name| (table.name.clone(), name))).collect()
}

/// The names that there are, with their tables, and whether the convention gave them.
#[derive(Default)]
struct Taken(BTreeMap<(TableName, String), (TableName, bool)>);

impl Taken {
    /// Takes the names of a table, which had `own` before.
    fn take_all(&mut self, table: &Table, own: &BTreeSet<String>) -> Result<()> {
        for (place, name) in names_of(table) {
            let is_given = !own.contains(&name);
            let cut = names::cut(&name, names::MAX_BYTES).to_owned();
            let taken = self.0.insert((place, cut), (table.name.clone(), is_given));
            if let Some((other, _)) = taken.filter(|(_, was_given)| is_given || *was_given) {
                return Err(twice(&name, (&other, &table.name)));
            }
        }
        Ok(())
    }
}

fn twice(name: &str, (one, other): (&TableName, &TableName)) -> Error {
    Error::Usage(format!(
        "the naming convention gives the name `{name}` twice, to a constraint or an index of `{one}` and to one of `{other}`; put more \
         of what they are made of into the pattern, or name one of them: `.index(…)` of the list, `fk_name` of a relation"
    ))
}

fn expect_readable(pattern: &str) -> Result<()> {
    let mut rest = pattern;
    while let Some((_, after)) = rest.split_once('{') {
        let (part, left) = after.split_once('}').unwrap_or((after, ""));
        if !PARTS.contains(&part) || !after.contains('}') {
            return Err(Error::Usage(format!(
                "`{{{part}}}` of the naming convention `{pattern}` is no part of a name; they are {}",
                PARTS.map(|part| format!("`{{{part}}}`")).join(", ")
            )));
        }
        rest = left;
    }
    Ok(())
}

fn filled(
    pattern: &str,
    table: &TableName,
    columns: &[String],
    key: Option<&ForeignKey>,
) -> String {
    let referenced = key.map(|key| key.referenced.join("_")).unwrap_or_default();
    let references = key.map(|key| key.references.name.clone()).unwrap_or_default();
    pattern
        .replace("{table}", &table.name)
        .replace("{columns}", &columns.join("_"))
        .replace("{column}", columns.first().map(String::as_str).unwrap_or_default())
        .replace("{references}", &references)
        .replace("{referenced}", &referenced)
}
