//! The operations that turn one schema into another. Pure: what it cannot know it asks, and it never guesses.

mod circles;
mod columns;
mod computed;
mod constraints;
mod crossed;
mod disturbed;
mod effect;
mod enums;
mod namesakes;
mod objects;
mod order;
mod rename;
mod silence;
mod spelling;
pub(crate) mod strangers;
mod succession;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;
use serde::Serialize;

pub use self::objects::ByHand;
pub use crate::entities::Said;

use crate::{
    error::PlanError,
    operation::{
        Operation,
        manifest::{Manifest, Stated},
    },
    schema::{Column, Schema, TableName},
};

/// A column, named with its table.
pub type ColumnName = (TableName, String);

/// How two schemas are compared.
#[derive(Clone, Debug)]
pub struct DiffOptions {
    /// The database that both were read from.
    pub backend: DbBackend,
    /// What counts as a difference.
    pub scope: DiffScope,
    /// Tables that were renamed, old name first.
    pub table_renames: Vec<(TableName, TableName)>,
    /// Columns that were renamed: the table's new name, the old name, the new name.
    pub column_renames: Vec<(TableName, String, String)>,
    /// As `column_renames`, from attributes that stay in the entities for ever; those that do not apply are passed over.
    pub rename_hints: Vec<(TableName, String, String)>,
    /// Renames that migrations have done: the table, the old name, the new name, which is empty for the table itself. Two columns
    /// that changed names with each other look as they did before.
    pub renamed: BTreeSet<(TableName, String, String)>,
    /// Take what looks like a rename for a drop and an addition.
    pub no_rename: bool,
    /// Tables (with an empty column) and columns that were asked about and are new.
    pub new: BTreeSet<ColumnName>,
    /// Values, as SQL, for the rows of columns that are NOT NULL from now on.
    pub values: BTreeMap<ColumnName, String>,
    /// Expressions, in SQL, that compute the new value of columns whose type changes.
    pub using: BTreeMap<ColumnName, String>,
    /// What dropped values of enums become: enum, old value, new value.
    pub enum_map: Vec<(String, String, String)>,
    /// Columns in which the database at hand has NULLs.
    pub with_nulls: BTreeSet<ColumnName>,
    /// What plans stated: what is gone from the entities since may be dropped again.
    pub stated: Manifest,
    /// What the entities say beyond what their tables show. [`DiffScope::Whole`] looks at nothing of it, and
    /// [`DiffScope::Entities`] only at what cannot be as it is written: relations that are no keys, entities of views.
    pub said: Said,
    /// Change primary keys to another kind of value, which only an empty table survives.
    pub force_rewrite: bool,
    /// Rename indexes that are built as wanted and called otherwise.
    pub strict_names: bool,
    /// Take varchars of different lengths for equal on SQLite, which does not enforce them.
    pub ignore_length: bool,
}

impl DiffOptions {
    /// Compares what entities know.
    #[must_use]
    pub fn new(backend: DbBackend) -> Self {
        Self {
            backend,
            scope: DiffScope::Entities,
            table_renames: Vec::new(),
            column_renames: Vec::new(),
            rename_hints: Vec::new(),
            renamed: BTreeSet::new(),
            no_rename: false,
            new: BTreeSet::new(),
            values: BTreeMap::new(),
            using: BTreeMap::new(),
            enum_map: Vec::new(),
            with_nulls: BTreeSet::new(),
            stated: Manifest::default(),
            said: Said::default(),
            force_rewrite: false,
            strict_names: false,
            ignore_length: false,
        }
    }

    /// Compares everything, and takes a rename only where it is named.
    #[must_use]
    pub fn whole(backend: DbBackend) -> Self {
        Self { scope: DiffScope::Whole, no_rename: true, ..Self::new(backend) }
    }
}

/// What counts as a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiffScope {
    /// What entities say, and what plans stated before. A default, a length, an action, a key, a unique or a table that neither
    /// of them ever mentioned is listed and left alone.
    Stated,
    /// What entities can say. Other indexes, checks, triggers and views are listed and left alone.
    Entities,
    /// Everything that the readers read.
    Whole,
}

/// What has to be known before there can be a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "question", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Question {
    /// Is `added` a new name of one of these tables?
    RenamedTable {
        /// The table that is new.
        added: TableName,
        /// Tables that are gone, and how similar they are, from 0 to 1; the best first.
        candidates: Vec<(TableName, f64)>,
    },
    /// Is `added` a new name of one of these columns?
    RenamedColumn {
        /// The table.
        table: TableName,
        /// The column that is new.
        added: String,
        /// Columns that are gone, and how similar they are, from 0 to 1; the best first.
        candidates: Vec<(String, f64)>,
    },
    /// Which value do the rows that are there get?
    Value {
        /// The table.
        table: TableName,
        /// The column that is NOT NULL from now on.
        column: String,
        /// Whether the column is new; otherwise it has NULLs.
        added: bool,
    },
    /// A primary key that changes to another kind of value.
    RewrittenKey {
        /// The table.
        table: TableName,
        /// The column of the key.
        column: String,
        /// Its type before.
        from: String,
        /// Its type afterwards.
        to: String,
    },
}

/// What [`diff`] found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// The operations in an order that works on both databases. Not to be carried out while there are questions.
    pub operations: Vec<Operation>,
    /// What has to be answered first, through the [`DiffOptions`].
    pub questions: Vec<Question>,
    /// What differs though no operation can change it.
    pub by_hand: Vec<ByHand>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What is there, is none of the entities' business, and stays.
    pub unmanaged: Vec<String>,
}

impl Question {
    pub(crate) fn is_about_rename(&self) -> bool {
        matches!(self, Self::RenamedTable { .. } | Self::RenamedColumn { .. })
    }
}

/// Why there can be no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// A rename that was asked for and cannot be.
    #[error("{0}")]
    Rename(String),
    /// An attribute that names an old name while both are there, or a relation that does not say which column belongs to which.
    #[error("{0}")]
    Ambiguous(String),
    /// The operations do not fit the schema.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Finds the operations that turn `before` into `after`.
///
/// # Errors
/// When a rename is named that cannot be: its table or column is not there, or both names are.
pub fn diff(
    before: &Schema,
    after: &Schema,
    options: &DiffOptions,
) -> Result<Difference, DiffError> {
    let (resolved, filled);
    let whole = options.scope == DiffScope::Whole;
    let (before, after, left) = sides(before, after, options);
    let unmanaged = before.unmanaged.clone();
    let views = before.views.clone();
    let mut work = Work {
        before,
        after: &after,
        stated: options.stated.clone(),
        options,
        phases: order::Phases::default(),
        found: Difference::default(),
    };
    rename::tables(&mut work)?;
    rename::columns(&mut work)?;
    if options.backend == DbBackend::Sqlite {
        spelling::adopt(&mut work.before, &after);
    }
    if !whole {
        resolved = crossed::resolve(&work)?;
        filled = silence::fill(&mut work, &resolved);
        work.after = &filled;
    }
    enums::compare(&mut work);
    tables::compare(&mut work);
    objects::compare(&mut work);
    if options.strict_names {
        for rename in namesakes::renames(&work) {
            work.phases.push(order::Phase::AddConstraints, rename);
        }
    }
    let mut found = work.found;
    found.operations = work.phases.into_operations();
    if whole && options.backend == DbBackend::Postgres {
        found.operations = succession::in_order(found.operations, (&work.before, &after));
    }
    found.unmanaged.extend(unmanaged.into_iter().chain(left));
    if !whole {
        found.unmanaged.extend(views.iter().map(|(name, view)| {
            format!("{}view {name}", if view.is_materialized() { "materialized " } else { "" })
        }));
    }
    found.unmanaged.sort();
    found.unmanaged.dedup();
    Ok(found)
}

/// What is compared, and what is left out, in words.
fn sides(before: &Schema, after: &Schema, options: &DiffOptions) -> (Schema, Schema, Vec<String>) {
    if options.scope == DiffScope::Whole {
        // What a history states of SQLite is no difference between databases.
        let kept = |schema: &Schema| schema.clone().without_unkept(options.backend);
        return (kept(before), kept(after), Vec::new());
    }
    let (after, left) = strangers::leave_out(before, after, &options.said);
    (before.clone(), after, left)
}

/// A comparison under way.
struct Work<'a> {
    /// The schema before, with the renames applied.
    before: Schema,
    after: &'a Schema,
    /// What plans stated, by the names after the renames.
    stated: Manifest,
    options: &'a DiffOptions,
    phases: order::Phases,
    found: Difference,
}

impl Work<'_> {
    fn whole(&self) -> bool {
        self.options.scope == DiffScope::Whole
    }

    /// Whether what nobody stated is left alone.
    fn is_silent(&self) -> bool {
        self.options.scope == DiffScope::Stated
    }

    fn owns(&self, table: &TableName, part: Stated) -> bool {
        self.whole() || self.stated.states(table, part)
    }

    fn collation_differs(&self, before: &Column, after: &Column) -> bool {
        before.collation != after.collation && (self.whole() || after.collation.is_some())
    }
}

impl From<DiffError> for crate::error::Error {
    fn from(error: DiffError) -> Self {
        match error {
            DiffError::Rename(message) => Self::Usage(message),
            DiffError::Ambiguous(message) => Self::Stopped(message),
            DiffError::Plan(error) => Self::Plan(error),
        }
    }
}
