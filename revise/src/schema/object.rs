//! Objects of a database that the model does not take apart: a function, a policy, a sequence, a setting of a table. Each
//! has a name and the SQL that creates and drops it.

use serde::{Deserialize, Serialize};

use super::needs::Node;

/// An object of a database, as the SQL that creates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseObject {
    /// What it is and what it is called: `function f(integer)`, `policy own of table book`.
    pub name: String,
    /// The statements that create it.
    pub sql: String,
    /// The statement that drops it.
    pub drop: String,
}

impl DatabaseObject {
    /// An object of this name, with the statements that create and drop it.
    #[must_use]
    pub fn new(name: &str, sql: &str, drop: &str) -> Self {
        Self { name: name.to_owned(), sql: sql.to_owned(), drop: drop.to_owned() }
    }
}

/// How the name of a virtual table of SQLite begins.
const VIRTUAL_TABLE: &str = "virtual table ";

impl DatabaseObject {
    /// A virtual table of SQLite, which no operation creates or drops.
    pub(crate) fn virtual_table(name: &str, sql: &str) -> Self {
        Self::new(&format!("{VIRTUAL_TABLE}{name}"), sql, "")
    }

    /// The name of the table, where it is a virtual table of SQLite.
    pub(crate) fn virtual_table_name(&self) -> Option<&str> {
        self.name.strip_prefix(VIRTUAL_TABLE)
    }

    /// The name and the types of the arguments, as SQL writes them, where it is a function or a procedure.
    pub(crate) fn signature(&self) -> Option<&str> {
        let words = ["DROP FUNCTION ", "DROP PROCEDURE "];
        words.into_iter().find_map(|word| self.drop.strip_prefix(word))
    }

    /// The name, as SQL writes it, where it is a sequence.
    pub(crate) fn sequence(&self) -> Option<&str> {
        self.drop.strip_prefix("DROP SEQUENCE ")
    }

    /// Whether an expression may call it or cast to it.
    pub(crate) fn may_be_called(&self) -> bool {
        let types = ["domain ", "composite type "];
        self.is_routine() || types.iter().any(|word| self.name.starts_with(word))
    }

    /// Whether it is a function or a procedure: only these are created by a statement that replaces the one of its name.
    pub(crate) fn is_routine(&self) -> bool {
        self.sql.starts_with("CREATE OR REPLACE")
    }
}

/// An object as it was read from a database, with what operations may do to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InspectedObject {
    /// The object.
    #[serde(flatten)]
    pub object: DatabaseObject,
    /// Its kind, which says when it is created.
    pub kind: ObjectKind,
    /// How it is replaced by another one of its name.
    pub change: ReplaceMethod,
    /// What others know it by, where they need it.
    #[serde(default)]
    pub node: Option<Node>,
    /// What it is a part of, and goes with: a comment, a setting.
    #[serde(default)]
    pub of: Option<Node>,
    /// The table or view that it belongs to.
    #[serde(default)]
    pub table: Option<String>,
    /// How it is called, where it is a routine.
    #[serde(default)]
    pub call: Option<Call>,
}

impl InspectedObject {
    /// An object that nothing else is known of.
    pub(crate) fn new(object: DatabaseObject, kind: ObjectKind, change: ReplaceMethod) -> Self {
        Self { object, kind, change, node: None, of: None, table: None, call: None }
    }

    /// The same as a part of a table.
    pub(crate) fn of_table(mut self, name: &str) -> Self {
        self.table = Some(name.to_owned());
        self
    }

    /// The same as a part of a view.
    pub(crate) fn of_view(self, name: &str) -> Self {
        Self { of: Some(Node::name(name)), ..self.of_table(name) }
    }

    /// Whether `CREATE OR REPLACE` makes another one of it. PostgreSQL refuses to change the result, to rename an argument that
    /// has a name, and to take a default away.
    pub(crate) fn is_replaceable_by(&self, other: &Self) -> bool {
        let (Some(old), Some(new)) = (&self.call, &other.call) else { return true };
        let mut names = old.names.iter().enumerate();
        let named =
            |(place, name): (usize, &String)| name.is_empty() || new.names.get(place) == Some(name);
        old.result == new.result && old.defaults <= new.defaults && names.all(named)
    }
}

/// How a routine is called, and what it answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Call {
    /// What it answers.
    pub result: String,
    /// The names of its arguments; empty where one has none.
    pub names: Vec<String>,
    /// How many of them may be left out.
    pub defaults: u32,
}

/// The kinds of database objects, in the order in which they are created; they are dropped in the opposite one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectKind {
    /// A domain.
    Domain,
    /// A default, a check or the NOT NULL of a domain.
    DomainPart,
    /// A composite type.
    CompositeType,
    /// A range type, a collation, an operator and the like.
    OtherType,
    /// A sequence that belongs to no column.
    Sequence,
    /// A function, a procedure or an aggregate that needs no table.
    Routine,
    /// A routine that takes or answers the rows of a table.
    TableRoutine,
    /// A setting of a table, or the numbering of one of its columns.
    TableSetting,
    /// A constraint that the model does not have, such as an exclusion.
    Constraint,
    /// A setting of a column or an index.
    PartSetting,
    /// Extended statistics.
    Statistics,
    /// Whether a trigger is enabled.
    TriggerState,
    /// Row level security and the replica identity of a table.
    TableSecurity,
    /// A routine that takes or answers the rows of a view.
    ViewRoutine,
    /// A trigger, an index or a rule of a view.
    ViewPart,
    /// A setting of a materialized view or of an index of one, or the default of a view's column.
    ViewSetting,
    /// A policy of row level security.
    Policy,
    /// A comment on another object.
    Comment,
    /// A partition, an inherited or a foreign table; on SQLite a virtual table, or a definition that cannot be read.
    OtherTable,
}

impl ObjectKind {
    /// Whether tables may need it: it is created before and dropped after them.
    #[must_use]
    pub fn is_before_tables(self) -> bool {
        self < Self::TableRoutine
    }

    /// Whether it needs tables and no views.
    #[must_use]
    pub fn is_of_tables(self) -> bool {
        !self.is_before_tables() && self < Self::TriggerState
    }

    /// Whether it belongs to a table or a view, and goes with it.
    #[must_use]
    pub fn is_part(self) -> bool {
        self >= Self::TableSetting
    }

    /// Whether it says something about what it is a part of, and nothing else needs it.
    #[must_use]
    pub fn is_remark(self) -> bool {
        matches!(
            self,
            Self::TableSetting
                | Self::PartSetting
                | Self::TriggerState
                | Self::TableSecurity
                | Self::ViewSetting
                | Self::Comment
        )
    }
}

/// How an object is replaced by another one of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplaceMethod {
    /// It is dropped and created again.
    Recreate,
    /// The statement that makes it replaces what is there.
    Replace,
    /// It is not, because others depend on it; it can be created and dropped.
    Fixed,
    /// No operation creates, replaces or drops it; its SQL is a description.
    Never,
}
