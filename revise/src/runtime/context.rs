//! The execution context of a plan: whether this is a shadow, where steps are recorded, and who observes statements.
//!
//! A migration is only asked for `up(manager)`, so the context of the plans inside is a task-local value.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use crate::{operation::Plan, runtime::history::Steps};

tokio::task_local! {
    static CONTEXT: Arc<ExecutionContext>;
}

/// Observes each statement before it runs.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

/// The context of a migration that runs.
#[derive(Default)]
pub(crate) struct ExecutionContext {
    /// In a shadow: what the schemas that migrations name are called there. Nothing is concurrent in it.
    pub shadow: Option<BTreeMap<String, String>>,
    /// Where a migration without a transaction notes how far it is.
    pub steps: Option<Steps>,
    /// Observes each statement.
    pub observer: Option<Observer>,
    plans: Mutex<Vec<Plan>>,
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

    /// Runs a migration in this context.
    pub async fn scope<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        CONTEXT.scope(Arc::clone(self), work).await
    }

    /// The context of the running task, if there is one.
    pub fn current() -> Option<Arc<Self>> {
        CONTEXT.try_with(Arc::clone).ok()
    }

    /// Records a plan, and answers how many operations came before it.
    pub fn record(&self, plan: &Plan) -> usize {
        let Ok(mut plans) = self.plans.lock() else { return 0 };
        let earlier = plans.iter().map(|plan| plan.operations.len()).sum();
        plans.push(plan.clone());
        earlier
    }

    /// The plans so far.
    pub fn plans(&self) -> Vec<Plan> {
        self.plans.lock().map(|plans| plans.clone()).unwrap_or_default()
    }

    pub fn observe(&self, statement: &str) {
        if let Some(observer) = &self.observer {
            observer(statement);
        }
    }
}
