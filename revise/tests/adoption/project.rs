//! A project at one moment: its history, its entities and its database.

use sea_orm::DbBackend;
use sea_revise::{
    Entities, GenerateOptions, Revise, UpgradeOptions,
    diff::{DiffOptions, diff},
    operation::{Operation, describe::describe},
    project::{Checked, generate::Draft},
    schema::Schema,
};

use crate::{history::History, place::Place};

/// Both kinds of database.
pub const BOTH: [DbBackend; 2] = [DbBackend::Sqlite, DbBackend::Postgres];

/// A project.
pub struct Project {
    pub history: History,
    pub entities: fn() -> Entities,
    pub place: Place,
}

impl Project {
    /// A project whose database is at head; `None` where there is no such database.
    pub async fn new(
        backend: DbBackend,
        history: History,
        entities: fn() -> Entities,
    ) -> Option<Self> {
        let place = Place::new(backend).await?;
        let project = Self { history, entities, place };
        project.upgrade().await;
        Some(project)
    }

    /// The engine over it.
    pub fn revise(&self) -> Revise {
        let history = self.history.clone();
        Revise::of(move || history.migrations()).entities((self.entities)()).program("migration")
    }

    /// Applies what is left.
    pub async fn upgrade(&self) {
        self.go("head").await;
    }

    /// Takes the newest migrations back.
    pub async fn downgrade(&self, count: usize) {
        self.go(&format!("-{count}")).await;
    }

    async fn go(&self, target: &str) {
        let db = self.place.connect().await;
        let options = UpgradeOptions {
            target: target.to_owned(),
            allow_data_loss: true,
            ..UpgradeOptions::default()
        };
        let revise = self.revise();
        let done = match target.starts_with('-') {
            true => revise.downgrade(&db, &self.place.target(), &options).await,
            false => revise.upgrade_at(&db, &self.place.target(), &options).await,
        };
        db.close().await.expect("the connection can be closed");
        done.unwrap_or_else(|error| panic!("{target}: {error}"));
    }

    /// What `check` finds.
    pub async fn check(&self) -> Checked {
        self.check_with(&GenerateOptions::default()).await
    }

    /// What `check` finds with these flags.
    pub async fn check_with(&self, options: &GenerateOptions) -> Checked {
        let checked = self.revise().check(&self.place.target(), options).await;
        checked.unwrap_or_else(|error| panic!("check: {error}"))
    }

    /// What `migrate` would write.
    pub async fn draft(&self) -> Option<Draft> {
        self.draft_with(&GenerateOptions::default()).await
    }

    /// What `migrate` would write with these flags, besides that it may lose rows.
    pub async fn draft_with(&self, options: &GenerateOptions) -> Option<Draft> {
        let options = GenerateOptions { allow_destructive: true, ..options.clone() };
        let drafted = self.revise().draft(&self.place.target(), &options).await;
        drafted.unwrap_or_else(|error| panic!("migrate: {error}"))
    }

    /// Expects that nothing differs, and answers what is left alone.
    pub async fn expect_quiet(&self) -> Vec<String> {
        let checked = self.check().await;
        let (models, drift) = (lines(&checked.models), lines(&checked.drift));
        let told = format!("models {models:?}, {:?}, drift {drift:?}", checked.questions);
        assert!(checked.verdict().is_ok(), "{:?}: {told}", self.place.backend);
        assert!(self.draft().await.is_none());
        checked.unmanaged
    }

    /// Expects that nothing differs, and that these are left alone, by words that their lines contain.
    pub async fn expect_left_alone(&self, words: &[&str]) {
        let left = self.expect_quiet().await;
        for words in words {
            let backend = self.place.backend;
            assert!(left.iter().any(|line| line.contains(words)), "{backend:?} {words}: {left:?}");
        }
    }

    /// Expects that `migrate` writes these operations and no others, and that `check` finds the same.
    pub async fn expect(&self, operations: &[&str]) -> Draft {
        let draft = self.draft().await.unwrap_or_else(|| panic!("{operations:?}: nothing to do"));
        assert_eq!(lines(&draft.up), operations, "{:?}", self.place.backend);
        let checked = self.check().await;
        assert_eq!(checked.verdict().expect_err("a difference").exit_code(), 5);
        assert_eq!(lines(&checked.models), operations);
        draft
    }

    /// Expects these operations, applies them, and expects that nothing is left to do.
    pub async fn migrate(&mut self, operations: &[&str]) -> Draft {
        let draft = self.expect(operations).await;
        let name = format!("m20260101_{:06}_generated", self.history.len());
        self.history = self.history.clone().draft(&name, &draft);
        self.upgrade().await;
        self.expect_quiet().await;
        draft
    }

    /// As [`Project::migrate`], then all the way back and there again.
    pub async fn migrate_and_return(&mut self, operations: &[&str]) {
        let before = self.place.schema().await;
        self.migrate(operations).await;
        let after = self.place.schema().await;
        self.downgrade(1).await;
        self.expect_same(&before, operations).await;
        self.upgrade().await;
        self.expect_same(&after, operations).await;
    }

    async fn expect_same(&self, expected: &Schema, operations: &[&str]) {
        let found = self.place.schema().await;
        let whole = DiffOptions::whole(self.place.backend);
        let left = diff(&found, expected, &whole).expect("schemas of one database").operations;
        // What a dropped column held is gone, so it comes back as one that takes NULL.
        let given_back = |operation: &&Operation| {
            let dropped = operations.iter().any(|line| line.starts_with("drop column"));
            !(dropped && matches!(operation, Operation::AlterNull { nullable: false, .. }))
        };
        let left: Vec<Operation> = left.iter().filter(given_back).cloned().collect();
        assert!(left.is_empty(), "{operations:?}: {:?}", lines(&left));
    }
}

/// Operations in words.
pub fn lines(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(describe).collect()
}
