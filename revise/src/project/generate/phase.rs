//! One change in two migrations: what programs of before and afterwards can both live with, and later the rest.

use std::collections::BTreeSet;

use crate::{
    diff::{DiffOptions, diff},
    error::{Error, Result},
    operation::{Operation, describe::describe},
    postgres,
    schema::{Column, ForeignKey, Schema, Table, TableName, expression::mentions, quote},
};

/// How many rows of a renamed column are copied at a time.
const BATCH: u32 = 1000;

/// Which part of a change is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// What the program of before can live with: nothing is dropped that it uses, and nothing asked of it that it does not give.
    Expand,
    /// The rest, when only the program of afterwards runs.
    Contract,
}

/// The part of a change that is written.
pub struct Part {
    phase: Option<Phase>,
    /// What it leads to.
    pub after: Schema,
    /// Of an expansion: what the whole change leads to, and how it is compared.
    whole: Option<(Schema, DiffOptions)>,
    copies: Vec<Copy>,
}

/// A column that gets another name: both are there until the contraction.
struct Copy {
    table: TableName,
    from: String,
    to: String,
}

impl Part {
    /// Of an expansion: the schema of before, widened by what the one of afterwards has more. The renames are taken out of `options`;
    /// tables that get another name wait for the contraction.
    pub fn new(
        phase: Option<Phase>,
        (before, mut after): (&Schema, Schema),
        options: &mut DiffOptions,
    ) -> Self {
        if phase != Some(Phase::Expand) {
            return Self { phase, after, whole: None, copies: Vec::new() };
        }
        let whole = Some((after.clone(), options.clone()));
        for (_, to) in std::mem::take(&mut options.table_renames) {
            after.tables.remove(&to);
            for table in after.tables.values_mut() {
                table.foreign_keys.retain(|key| key.references != to);
            }
        }
        let renames = std::mem::take(&mut options.column_renames).into_iter();
        let renames = renames.chain(std::mem::take(&mut options.rename_hints));
        let copies = renames
            .map(|(table, from, to)| Copy { table, from, to })
            .filter(|copy| {
                has(before, &copy.table, &copy.from) && !has(before, &copy.table, &copy.to)
            })
            .collect();
        Self { phase, after: widened_by(before, after), whole, copies }
    }

    /// Fills the columns that take over the values of others, and builds indexes of tables that are in use without keeping writers waiting.
    pub fn finish(&self, operations: &mut Vec<Operation>, before: &Schema) {
        operations.extend(self.copies.iter().map(|Copy { table, from, to }| {
            let (from, to) = (quote(from), quote(to));
            let set = format!("{to} = {from}");
            let condition = format!("{to} IS NULL AND {from} IS NOT NULL");
            Operation::BackfillInBatches { table: table.clone(), set, condition, size: BATCH }
        }));
        for operation in operations.iter_mut().filter(|_| self.phase.is_some()) {
            if let Operation::CreateIndex { table, concurrently, .. } = operation
                && before.tables.contains_key(table)
            {
                *concurrently = true;
            }
        }
    }

    /// Whether the migration runs in a transaction. A part that adds constraints to tables in use does not, so that PostgreSQL can
    /// compare the rows while others read and write them.
    pub fn fits_transaction(&self, operations: &[Operation], before: &Schema) -> bool {
        let is_online = |operation: &Operation| postgres::online(before, operation).is_some();
        let in_steps = self.phase.is_some() && operations.iter().any(is_online);
        !in_steps && !postgres::needs_own_transaction(operations)
    }

    /// Refuses to say that there is nothing to do where the other phase has something.
    ///
    /// # Errors
    /// [`Error::Stopped`] with what is left.
    pub fn expect_nothing_left(&self, before: &Schema) -> Result<()> {
        match self.left(before)? {
            None => Ok(()),
            Some(left) => Err(Error::Stopped(format!(
                "there is nothing to expand, because the program of before could not live with any of these changes: {left}; once it runs \
                 no more, write them with `--phase contract`"
            ))),
        }
    }

    /// What is left for the other phase, as a note.
    ///
    /// # Errors
    /// When the schemas cannot be compared.
    pub fn left_over(&self, reached: &Schema) -> Result<Option<String>> {
        Ok(self.left(reached)?.map(|left| format!("left for `--phase contract`: {left}")))
    }

    fn left(&self, reached: &Schema) -> Result<Option<String>> {
        let Some((after, options)) = &self.whole else { return Ok(None) };
        // Both names of a column are there now.
        let options =
            DiffOptions { no_rename: true, column_renames: Vec::new(), ..options.clone() };
        let left = diff(reached, after, &options)?.operations;
        let words: Vec<String> = left.iter().map(describe).collect();
        Ok((!words.is_empty()).then(|| words.join("; ")))
    }
}

/// Forgets the renames of columns that an earlier expansion has begun: both names are there.
pub fn forget_begun(before: &Schema, options: &mut DiffOptions) {
    options.column_renames.retain(|(table, _, to)| !has(before, table, to));
}

fn has(schema: &Schema, table: &TableName, column: &str) -> bool {
    schema.table(table).is_some_and(|table| table.find(column).is_some())
}

/// The schema of before with what the one of afterwards has more.
fn widened_by(before: &Schema, mut schema: Schema) -> Schema {
    for (name, old) in &before.tables {
        let widened = schema.tables.get(name).map_or_else(|| old.clone(), |new| widened(old, new));
        schema.tables.insert(name.clone(), widened);
    }
    for (name, values) in &before.enums {
        let all = schema.enums.entry(name.clone()).or_default();
        // One that is only added keeps its place among the others.
        if !values.iter().all(|value| all.contains(value)) {
            let new: Vec<String> =
                all.iter().filter(|value| !values.contains(value)).cloned().collect();
            *all = values.iter().cloned().chain(new).collect();
        }
    }
    schema.views.extend(before.views.clone());
    schema
}

/// What a table is while both programs run.
fn widened(old: &Table, new: &Table) -> Table {
    let mut table = Table { name: old.name.clone(), ..new.clone() };
    table.columns = old.columns.iter().map(|column| kept(column, new.find(&column.name))).collect();
    let added: Vec<Column> = new
        .columns
        .iter()
        .filter(|column| old.find(&column.name).is_none())
        .map(optional)
        .collect();
    let fresh: BTreeSet<&str> = added.iter().map(|column| column.name.as_str()).collect();
    let is_about_fresh =
        |columns: &[String]| columns.iter().any(|name| fresh.contains(name.as_str()));
    table.primary_key.clone_from(&old.primary_key);
    table.options.clone_from(&old.options);
    // A rule that goes is one that the program of afterwards may break; a new one may be broken by that of before.
    table.uniques.retain(|unique| {
        is_about_fresh(&unique.columns)
            || old.uniques.iter().any(|one| one.columns == unique.columns)
            || old
                .indexes
                .iter()
                .any(|index| index.unique && index.column_names().eq(&unique.columns))
    });
    let key =
        |key: &ForeignKey| match old.foreign_keys.iter().find(|one| one.columns == key.columns) {
            Some(same) => Some(same.clone()),
            None => is_about_fresh(&key.columns).then(|| key.clone()),
        };
    table.foreign_keys = new.foreign_keys.iter().filter_map(key).collect();
    table.checks.retain(|check| {
        let about = fresh.iter().any(|name| mentions(&check.expression, name));
        about || old.checks.iter().any(|one| one.expression == check.expression)
    });
    table.indexes.retain(|index| {
        let columns: Vec<String> = index.column_names().map(str::to_owned).collect();
        !index.unique || is_about_fresh(&columns) || old.indexes.iter().any(|one| one.means(index))
    });
    let left = old.indexes.iter().filter(|index| {
        !index.unique && !new.indexes.iter().any(|one| one.means(index) || one.name == index.name)
    });
    table.indexes.extend(left.cloned());
    table.columns.extend(added);
    table
}

/// A column that stays as it is; what only one of the programs gives may be missing.
fn kept(old: &Column, new: Option<&Column>) -> Column {
    let mut column = old.clone();
    match new {
        Some(new) => {
            column.nullable |= new.nullable;
            column.default = new.default.clone().or(column.default);
            column.comment.clone_from(&new.comment);
        }
        None => return optional(old),
    }
    column
}

/// A column that one of the programs does not know, and gives no value.
fn optional(column: &Column) -> Column {
    let is_given =
        column.default.is_some() || column.generated.is_some() || !column.identity.is_none();
    Column { nullable: column.nullable || !is_given, ..column.clone() }
}
