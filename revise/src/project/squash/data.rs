//! What migrations do to rows.

use sea_orm::DbBackend;
use sea_orm_migration::MigrationTrait;

use crate::{
    error::{Error, Result},
    operation::{Operation, describe::describe},
    runtime::{
        recording::{Recording, record, texts},
        tape::{inlined, words},
    },
};

/// A step that changes rows.
#[derive(Clone, Debug)]
pub(super) struct DataStep {
    revision: String,
    step: Step,
}

#[derive(Clone, Debug)]
enum Step {
    /// One of a plan.
    Planned(Box<Operation>),
    /// A statement of its own, as it is on each database.
    Own { sqlite: String, postgres: String },
    /// What depends on an answer, or differs between the databases.
    Code(String),
}

impl DataStep {
    /// Whether it may bring rows: a backfill only changes those that are there.
    pub fn may_insert(&self) -> bool {
        let Step::Planned(planned) = &self.step else { return true };
        matches!(planned.as_ref(), Operation::Sql { .. })
    }

    /// Whether operations do it already. `inserted` says whether other steps bring rows into tables that are new.
    pub fn is_done_by(&self, operations: &[Operation], inserted: bool) -> bool {
        let Step::Planned(planned) = &self.step else { return false };
        let (table, column) = match planned.as_ref() {
            Operation::Backfill { table, column, .. } => (table, Some(column)),
            Operation::BackfillInBatches { table, .. } => (table, None),
            _ => return false,
        };
        operations.iter().any(|one| match one {
            Operation::Backfill { table: of, column: name, .. } => {
                of == table && Some(name) == column
            }
            // It has no rows before.
            Operation::CreateTable { table: made } => !inserted && made.name == *table,
            _ => false,
        })
    }

    /// Such as ``UPDATE book SET … (`m1`)``.
    pub fn words(&self) -> String {
        let what = match &self.step {
            Step::Planned(operation) => describe(operation),
            Step::Own { sqlite, .. } => sqlite.split_whitespace().collect::<Vec<_>>().join(" "),
            Step::Code(sql) => sql.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        format!("{what} (`{}`)", self.revision)
    }

    /// The operation that does it.
    ///
    /// # Errors
    /// Where it is code.
    pub fn kept(self) -> Result<Operation> {
        match self.step {
            Step::Planned(operation) => Ok(*operation),
            Step::Own { sqlite, postgres } => {
                Ok(Operation::Sql { sqlite: Some(sqlite), postgres: Some(postgres) })
            }
            Step::Code(sql) => Err(Error::Stopped(format!(
                "`{}` reads before it writes, or does another thing on each database (`{sql}`), so `--data keep` cannot keep it; leave it \
                 out with `--data drop`, and write it into the new migration by hand",
                self.revision
            ))),
        }
    }
}

/// What a migration does to rows, with what its plans do. What cannot be told is a step of its own.
pub(super) async fn data_steps(
    migration: &dyn MigrationTrait,
    operations: &[Operation],
) -> Vec<DataStep> {
    let revision = migration.name().to_owned();
    let step = |step: Step| DataStep { revision: revision.clone(), step };
    let planned = operations.iter().filter(|one| changes_rows(one));
    let mut steps: Vec<DataStep> =
        planned.map(|one| step(Step::Planned(Box::new(one.clone())))).collect();
    let sqlite = record(migration, DbBackend::Sqlite).await;
    let postgres = record(migration, DbBackend::Postgres).await;
    let (ours, theirs) = (changing(&sqlite), changing(&postgres));
    let whole = sqlite.whole && postgres.whole && ours.len() == theirs.len();
    let unread = "it reads before it writes".to_owned();
    if whole {
        let pairs = ours.into_iter().zip(theirs);
        steps.extend(pairs.map(|(sqlite, postgres)| step(Step::Own { sqlite, postgres })));
    } else {
        let longer = if ours.len() < theirs.len() { theirs } else { ours };
        steps.push(step(Step::Code(if longer.is_empty() { unread } else { longer.join("; ") })));
    }
    steps
}

fn changing(recording: &Recording) -> Vec<String> {
    let texts = recording.statements.iter().flat_map(|one| texts(&inlined(one)));
    texts.filter(|sql| !says_schema(sql)).collect()
}

fn changes_rows(operation: &Operation) -> bool {
    match operation {
        Operation::Backfill { .. } | Operation::BackfillInBatches { .. } => true,
        Operation::Sql { sqlite, postgres } => {
            let both = sqlite.iter().chain(postgres);
            both.flat_map(|sql| texts(sql)).any(|sql| !says_schema(&sql))
        }
        _ => false,
    }
}

/// Whether a statement only makes the schema what it is, so that the difference has it, or asks for it.
fn says_schema(sql: &str) -> bool {
    let words = words(sql);
    let first = words.first().map(String::as_str);
    match first {
        None => true,
        Some(
            "CREATE" | "ALTER" | "DROP" | "COMMENT" | "PRAGMA" | "ANALYZE" | "REINDEX" | "SET"
            | "GRANT" | "REVOKE" | "SAVEPOINT" | "RELEASE",
        ) => true,
        Some("SELECT") => !words.iter().any(|word| word == "SETVAL" || word == "NEXTVAL"),
        Some(_) => false,
    }
}
