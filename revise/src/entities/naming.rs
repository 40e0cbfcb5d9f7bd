//! How constraints and indexes are called to which neither an entity nor the list gives a name.

use std::collections::BTreeMap;

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

    /// Names what the entities leave without a name of its own.
    ///
    /// # Errors
    /// [`Error::Usage`] for a pattern that cannot be read, and for two of one name.
    pub(super) fn name(&self, schema: &mut Schema) -> Result<()> {
        let patterns =
            [&self.primary_key, &self.unique, &self.foreign_key, &self.check, &self.index];
        patterns.into_iter().flatten().try_for_each(|pattern| expect_readable(pattern))?;
        let mut taken = Taken::default();
        for table in schema.tables.values_mut() {
            self.name_keys(table);
            self.name_checks(table);
            self.name_indexes(table);
            taken.take_all(table)?;
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
        let is_free = |given: &String| !names::is_automatic_check(&table.name, given);
        let named = table.checks.iter().map(|check| {
            let of: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
            let of =
                of.into_iter().filter(|name| mentions(&check.expression, name)).collect::<Vec<_>>();
            let own = check.name.clone().filter(is_free);
            own.unwrap_or_else(|| filled(pattern, &table.name, &of, None))
        });
        let named: Vec<String> = named.collect();
        for (check, name) in table.checks.iter_mut().zip(named) {
            check.name = Some(name);
        }
    }

    fn name_indexes(&self, table: &mut Table) {
        let own = format!("idx-{}-", table.name.name);
        let columns = |index: &Index| index.column_names().map(str::to_owned).collect::<Vec<_>>();
        for index in table.indexes.iter_mut().filter(|index| index.name.starts_with(&own)) {
            let pattern = if index.unique { &self.unique } else { &self.index };
            if let Some(pattern) = pattern {
                index.name = filled(pattern, &table.name, &columns(index), None);
            }
        }
    }
}

/// The names that there are, and whose they are.
#[derive(Default)]
struct Taken(BTreeMap<(TableName, String), String>);

impl Taken {
    /// Indexes, keys and unique constraints share the names of a schema, foreign keys and checks those of a table.
    fn take_all(&mut self, table: &Table) -> Result<()> {
        let schema = TableName { name: String::new(), ..table.name.clone() };
        let key = table.primary_key.iter().filter_map(|key| key.name.as_ref());
        let uniques = table.uniques.iter().filter_map(|unique| unique.name.as_ref());
        let indexes = table.indexes.iter().map(|index| &index.name);
        for name in key.chain(uniques).chain(indexes) {
            self.take((&schema, name), &table.name)?;
        }
        let keys = table.foreign_keys.iter().filter_map(|key| key.name.as_ref());
        let checks = table.checks.iter().filter_map(|check| check.name.as_ref());
        keys.chain(checks).try_for_each(|name| self.take((&table.name, name), &table.name))
    }

    fn take(&mut self, (space, name): (&TableName, &String), table: &TableName) -> Result<()> {
        let cut = names::cut(name, names::MAX_BYTES).to_owned();
        match self.0.insert((space.clone(), cut), table.to_string()) {
            None => Ok(()),
            Some(other) => Err(Error::Usage(format!(
                "the naming convention gives the name `{name}` twice, to a constraint or an index of `{other}` and to one of `{table}`; \
                 put more of what they are made of into the pattern, or name one of them: `.index(…)` of the list, `fk_name` of a relation"
            ))),
        }
    }
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
