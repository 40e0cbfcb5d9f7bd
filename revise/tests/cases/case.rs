//! What an acceptance case is made of: a database before, entities after, and what the tool has to make of it.
//!
//! The notation of an operation is [`crate::label::label`]'s. Whoever runs the cases checks the invariants too; a case says
//! only what differs from case to case.

use sea_orm::DbBackend;
use sea_revise::{
    Entities,
    schema::{Type, quote_text},
};

/// One case.
#[derive(Debug)]
pub struct Case {
    /// The number in the list of cases, and what it is about: `c01_create_table`. Seeds of other tools' bug lists begin
    /// with `seed_`.
    pub name: &'static str,
    /// Where it applies.
    pub backends: Backends,
    /// The database before.
    pub before: Sql,
    /// One after the other; each begins with what the one before it left behind.
    pub steps: Vec<Step>,
    /// Queries and the single text that they answer after the last step.
    pub holds: Vec<(Sql, &'static str)>,
    /// As `holds`, and true before, after the last step, and after taking all steps back too.
    pub kept: Vec<(Sql, &'static str)>,
    /// What `check -v` lists as unmanaged, by words that its lines contain: the same before and after.
    pub unmanaged: Vec<(Backends, &'static str)>,
}

/// Where a case applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backends {
    /// On SQLite and on PostgreSQL.
    Both,
    /// On SQLite.
    Sqlite,
    /// On PostgreSQL.
    Postgres,
}

/// A change of the entities and what comes of it.
#[derive(Debug)]
pub struct Step {
    /// The entities after the change.
    pub entities: fn() -> Entities,
    /// The flags of `migrate`; a flag and its value stand in one text with a space between, and the value may hold
    /// spaces. Repeating the command, as the invariants do, repeats the flags.
    pub flags: Vec<&'static str>,
    /// What `migrate`, then `upgrade`, has to do.
    pub expect: Expect,
}

/// What has to come of a step.
#[derive(Debug)]
pub enum Expect {
    /// No difference: no file is written, and `migrate` and `check` end with 0.
    Nothing,
    /// A migration with these operations.
    Plan {
        /// The operations of `up`, in this order.
        up: &'static [&'static str],
        /// The operations of `down`, in this order.
        down: &'static [&'static str],
        /// Whether up and then down loses rows, values or details of `before`. What the step itself brought is lost by
        /// any down, and does not count.
        lossy: bool,
    },
    /// No migration: exit 3, and a message that contains all of these.
    Question {
        /// Parts of the message.
        says: &'static [&'static str],
    },
    /// No migration: another exit code, and a message that contains all of these.
    Refused {
        /// The exit code.
        code: u8,
        /// Parts of the message.
        says: &'static [&'static str],
    },
    /// A migration that `upgrade` does not begin as long as rows are in its way.
    Unmet {
        /// The operations of `up`, in this order.
        up: &'static [&'static str],
        /// The operations of `down`, in this order.
        down: &'static [&'static str],
        /// Takes the rows out of the way; then `upgrade` succeeds.
        clean: Sql,
        /// Parts of the message with which `upgrade` stops.
        says: &'static [&'static str],
    },
}

/// SQL, the same for both databases or one for each. Several statements have a semicolon and a line end between them.
#[derive(Clone, Copy, Debug)]
pub enum Sql {
    /// The same for both.
    Both(&'static str),
    /// One for each.
    Each {
        /// SQLite's.
        sqlite: &'static str,
        /// PostgreSQL's.
        postgres: &'static str,
    },
}

impl Backends {
    /// The databases to run on.
    pub fn list(self) -> &'static [DbBackend] {
        match self {
            Self::Both => &[DbBackend::Sqlite, DbBackend::Postgres],
            Self::Sqlite => &[DbBackend::Sqlite],
            Self::Postgres => &[DbBackend::Postgres],
        }
    }
}

impl Sql {
    /// No statement at all.
    pub const NONE: Self = Self::Both("");

    /// The same for both databases.
    pub const fn both(sql: &'static str) -> Self {
        Self::Both(sql)
    }

    /// The SQL for one database, with what stands in braces expanded: `{pk}` is the definition of a numbering primary
    /// key as SeaORM writes it, `{decimal 8 2}`, `{timestamptz}` and `{jsonb}` are types, and `{text 50}` is a text of fifty
    /// letters that take two bytes each. Other braces stay.
    pub fn text(self, backend: DbBackend) -> String {
        let (mut rest, mut expanded) = (self.raw(backend), String::new());
        while let Some((start, inside, end)) = braces(rest) {
            expanded.push_str(start);
            match expand(inside, backend) {
                Some(text) => expanded.push_str(&text),
                None => expanded.push_str(&format!("{{{inside}}}")),
            }
            rest = end;
        }
        expanded + rest
    }

    fn raw(self, backend: DbBackend) -> &'static str {
        match (self, backend) {
            (Self::Both(sql), _) => sql,
            (Self::Each { sqlite, .. }, DbBackend::Sqlite) => sqlite,
            (Self::Each { postgres, .. }, _) => postgres,
        }
    }
}

fn braces(sql: &str) -> Option<(&str, &str, &str)> {
    let (start, rest) = sql.split_once('{')?;
    let (inside, end) = rest.split_once('}')?;
    Some((start, inside, end))
}

fn expand(inside: &str, backend: DbBackend) -> Option<String> {
    let words: Vec<&str> = inside.split(' ').collect();
    let kind = match words.as_slice() {
        ["pk"] if backend == DbBackend::Sqlite => {
            return Some("\"id\" integer NOT NULL PRIMARY KEY AUTOINCREMENT".to_owned());
        }
        ["pk"] => {
            return Some("\"id\" integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY".to_owned());
        }
        ["text", length] => return Some(quote_text(&"é".repeat(length.parse().ok()?))),
        ["decimal", precision, scale] => {
            Type::Decimal(Some((precision.parse().ok()?, scale.parse().ok()?)))
        }
        ["timestamptz"] => Type::TimestampWithTimeZone,
        ["jsonb"] => Type::JsonBinary,
        _ => return None,
    };
    Some(kind.sql(backend))
}

impl Case {
    /// A case without steps yet.
    pub fn new(name: &'static str, backends: Backends, before: Sql) -> Self {
        let (steps, holds, kept, unmanaged) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { name, backends, before, steps, holds, kept, unmanaged }
    }

    /// Adds a step.
    pub fn step(mut self, entities: fn() -> Entities, expect: Expect) -> Self {
        self.steps.push(Step { entities, flags: Vec::new(), expect });
        self
    }

    /// Adds a step with flags.
    pub fn step_with(
        mut self,
        entities: fn() -> Entities,
        flags: &[&'static str],
        expect: Expect,
    ) -> Self {
        self.steps.push(Step { entities, flags: flags.to_vec(), expect });
        self
    }

    /// Says what a query answers after the last step.
    pub fn holds(mut self, query: Sql, answer: &'static str) -> Self {
        self.holds.push((query, answer));
        self
    }

    /// Says what a query answers before, after, and when everything was reverted.
    pub fn keeps(mut self, query: Sql, answer: &'static str) -> Self {
        self.kept.push((query, answer));
        self
    }

    /// Says what is listed as unmanaged.
    pub fn unmanaged(mut self, backends: Backends, words: &'static str) -> Self {
        self.unmanaged.push((backends, words));
        self
    }
}

impl Expect {
    /// A migration whose down gives everything back.
    pub fn plan(up: &'static [&'static str], down: &'static [&'static str]) -> Self {
        Self::Plan { up, down, lossy: false }
    }

    /// A migration whose down cannot give everything back.
    pub fn lossy(up: &'static [&'static str], down: &'static [&'static str]) -> Self {
        Self::Plan { up, down, lossy: true }
    }
}

/// Writes a module with a SeaORM entity. With a table's name it has the numbering key `id` and the fields in braces;
/// with attributes in parentheses it has only the fields in braces.
macro_rules! entity {
    ($module:ident $table:literal { $($fields:tt)* }) => {
        crate::case::entity!($module (table_name = $table) {
            #[sea_orm(primary_key)]
            pub id: i32,
            $($fields)*
        });
    };
    ($module:ident ($($attributes:tt)*) { $($fields:tt)* }) => {
        #[expect(dead_code, reason = "SeaORM's macros write more than the cases use")]
        mod $module {
            use sea_orm::entity::prelude::*;

            // The compiler counts nothing as dead that hangs on other things, so this fulfils the expectation.
            const DEAD: () = ();

            #[sea_orm::model]
            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm($($attributes)*)]
            pub struct Model {
                $($fields)*
            }

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

/// The entities of a list of modules, as a function.
macro_rules! entities {
    ($($module:ident),* $(,)?) => {
        || sea_revise::Entities::new()$(.add($module::Entity))*
    };
}

pub(crate) use {entities, entity};
