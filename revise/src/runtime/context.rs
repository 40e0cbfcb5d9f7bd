//! The execution context of a plan: whether this is a shadow, where steps are recorded, and who observes statements.
//!
//! A migration is only asked for `up(manager)`, so the context of the plans inside is a task-local value.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::DbErr;
use sea_orm_migration::{MigrationTrait, SchemaManager};

use crate::{
    operation::{Plan, batches},
    runtime::{
        caught::caught,
        history::Steps,
        shadow::guard::Guard,
        tape::{Entry, Tape},
    },
    schema::{Schema, quote},
    sqlite::Faults,
};

/// What SeaORM's `down` says that was not written.
const NO_DOWN: &str = "We Don't Do That Here";

tokio::task_local! {
    static CONTEXT: Arc<ExecutionContext>;
}

/// Observes each statement before it runs.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

/// When a change of SQLite is refused that breaks a trigger, a view or a full-text table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BreakageCheck {
    /// After each plan.
    #[default]
    AfterPlan,
    /// Before the transaction is committed, by whoever began it: a later plan may mend what an earlier one breaks.
    BeforeCommit,
    /// Never.
    Never,
}

/// What was broken before the first plan that may break something, once there was one.
#[derive(Default)]
struct Breakage {
    check: BreakageCheck,
    before: Option<Faults>,
}

/// The context of a migration that runs.
#[derive(Default)]
pub(crate) struct ExecutionContext {
    /// In a shadow: what the schemas that migrations name are called there. Nothing is concurrent in it.
    pub shadow: Option<BTreeMap<String, String>>,
    /// Where a migration without a transaction notes how far it is.
    pub steps: Option<Steps>,
    /// Observes each statement.
    pub observer: Option<Observer>,
    /// In a shadow: the schema that operations begin with, where it was read before.
    pub known: Option<Schema>,
    /// In a shadow inside of the database itself: what its statements go through.
    pub guard: Option<Arc<Guard>>,
    /// The migration whose changes in batches are noted, to be carried out when it is done.
    pub notes_batches_for: Option<String>,
    /// Whether the migration is taken back.
    goes_down: AtomicBool,
    /// In a shadow: what writes down what a script needs.
    pub tape: Option<Arc<Tape>>,
    /// Whether plans go step by step though this is a shadow, because a script has to.
    pub stepwise: bool,
    /// Whether there is no database, and plans are only recorded.
    pub records: bool,
    plans: Mutex<Vec<Plan>>,
    replaced: Mutex<Vec<String>>,
    is_baseline: AtomicBool,
    breakage: Mutex<Breakage>,
}

impl ExecutionContext {
    /// In a shadow, where schemas have other names.
    pub fn shadow(names: BTreeMap<String, String>, observer: Observer) -> Self {
        Self { shadow: Some(names), observer: Some(observer), ..Self::default() }
    }

    /// In a real database.
    pub fn live(steps: Option<Steps>, observer: Observer) -> Self {
        Self { steps, observer: Some(observer), ..Self::default() }
    }

    /// Without a database.
    pub fn recording() -> Self {
        Self { records: true, ..Self::default() }
    }

    /// Runs a migration in this context. A panic is an error that says what the panic said.
    pub async fn up(
        self: &Arc<Self>,
        migration: &dyn MigrationTrait,
        manager: &SchemaManager<'_>,
    ) -> Result<(), DbErr> {
        caught(CONTEXT.scope(Arc::clone(self), migration.up(manager))).await
    }

    /// Takes a migration back in this context, as [`ExecutionContext::up`] runs it.
    pub async fn down(
        self: &Arc<Self>,
        migration: &dyn MigrationTrait,
        manager: &SchemaManager<'_>,
    ) -> Result<(), DbErr> {
        self.goes_down.store(true, Ordering::Relaxed);
        match caught(CONTEXT.scope(Arc::clone(self), migration.down(manager))).await {
            Err(DbErr::Migration(words)) if words == NO_DOWN => Err(DbErr::Migration(
                "it has no `down`; write one, or go back with a backup".to_owned(),
            )),
            done => done,
        }
    }

    /// The context of the running task, if there is one.
    pub fn current() -> Option<Arc<Self>> {
        CONTEXT.try_with(Arc::clone).ok()
    }

    /// Records a plan, and answers how many operations came before it.
    ///
    /// # Errors
    /// When something comes after a change in batches.
    pub fn record(&self, plan: &Plan) -> Result<usize, DbErr> {
        let Ok(mut plans) = self.plans.lock() else { return Ok(0) };
        let earlier = plans.iter().map(|plan| plan.operations.len()).sum();
        plans.push(plan.clone());
        let notes = self.notes_batches_for.is_some();
        if notes || self.shadow.is_some() && !self.goes_down.load(Ordering::Relaxed) {
            let whole: Vec<_> = plans.iter().flat_map(|plan| plan.operations.clone()).collect();
            batches::end_of_first(&whole).map_err(DbErr::Migration)?;
        }
        Ok(earlier)
    }

    /// Notes that the migration replaces others.
    pub fn note_replaced(&self, revisions: &[String]) {
        let Ok(mut replaced) = self.replaced.lock() else { return };
        for name in revisions {
            if !replaced.contains(name) {
                replaced.push(name.clone());
            }
        }
    }

    /// The migrations that it replaces.
    pub fn replaced(&self) -> Vec<String> {
        self.replaced.lock().map(|replaced| replaced.clone()).unwrap_or_default()
    }

    /// Notes that the migration creates what was there before it.
    pub fn note_baseline(&self) {
        self.is_baseline.store(true, Ordering::Relaxed);
    }

    /// Whether the migration creates what was there before it.
    pub fn is_baseline(&self) -> bool {
        self.is_baseline.load(Ordering::Relaxed)
    }

    /// The plans so far.
    pub fn plans(&self) -> Vec<Plan> {
        self.plans.lock().map(|plans| plans.clone()).unwrap_or_default()
    }

    /// Says when breakage is looked for.
    pub fn check_breakage(&self, check: BreakageCheck) {
        if let Ok(mut breakage) = self.breakage.lock() {
            breakage.check = check;
        }
    }

    pub fn breakage_check(&self) -> BreakageCheck {
        self.breakage.lock().map(|breakage| breakage.check).unwrap_or_default()
    }

    /// What was broken before; `None` as long as nothing could break.
    pub fn faults_before(&self) -> Option<Faults> {
        self.breakage.lock().ok().and_then(|breakage| breakage.before.clone())
    }

    /// Notes what is broken, or that it is not known any more.
    pub fn note_faults(&self, faults: Option<Faults>) {
        if let Ok(mut breakage) = self.breakage.lock() {
            breakage.before = faults;
        }
    }

    pub fn observe(&self, statement: &str) {
        if let Some(observer) = &self.observer {
            observer(statement);
        }
    }

    /// Observes a statement of a plan, and writes it down.
    pub fn observe_planned(&self, statement: &str) {
        self.observe(statement);
        self.write_down(|| Entry::Planned(statement.to_owned()));
    }

    /// A statement of a shadow with the names that schemas have in the real database.
    pub fn real_names(&self, sql: String) -> String {
        let renamed = self.shadow.iter().flatten().filter(|(name, actual)| name != actual);
        renamed.fold(sql, |sql, (name, actual)| sql.replace(&quote(actual), &quote(name)))
    }

    /// Writes down what a script needs, where one is wanted.
    pub fn write_down(&self, entry: impl FnOnce() -> Entry) {
        if let Some(tape) = &self.tape {
            tape.add(entry());
        }
    }
}
