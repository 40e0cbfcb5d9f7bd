//! Rows that a project wants to be there: put in by seeds, in the order of their list, each once and again when it has changed. What ran
//! stands in a table next to the history.

mod plan;
mod run;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use sea_orm_migration::async_trait;

pub use self::{
    plan::{SeedPlan, SeedState},
    run::SeedOptions,
};
use crate::schema::checksum::checksum;

/// The table of what ran.
pub const TABLE: &str = "sea_revise_seeds";

/// Rows that a project wants to be there. It runs in a transaction, together with the note that it did.
///
/// It has to be idempotent: one that has changed runs again, over the rows that it made before and those that people have changed since.
///
/// ```
/// use sea_revise::prelude::*;
/// # mod role { use sea_orm::entity::prelude::*;
/// # #[sea_orm::model] #[derive(Clone, Debug, PartialEq, DeriveEntityModel)] #[sea_orm(table_name = "role")]
/// # pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub name: String } impl ActiveModelBehavior for ActiveModel {} }
/// use sea_orm::{DatabaseTransaction, EntityTrait, Set, sea_query::OnConflict};
///
/// struct Roles;
///
/// #[async_trait::async_trait]
/// impl Seed for Roles {
///     fn name(&self) -> &str {
///         "roles"
///     }
///
///     fn source(&self) -> String {
///         "the role admin has the id 1".to_owned()
///     }
///
///     async fn run(&self, db: &DatabaseTransaction) -> Result<(), DbErr> {
///         let admin = role::ActiveModel { id: Set(1), name: Set("admin".to_owned()) };
///         let conflict = OnConflict::column(role::Column::Id).update_column(role::Column::Name).to_owned();
///         role::Entity::insert(admin).on_conflict(conflict).exec_without_returning(db).await.map(drop)
///     }
/// }
/// ```
#[async_trait::async_trait]
pub trait Seed: Send + Sync {
    /// What it is called, and noted as.
    fn name(&self) -> &str;

    /// A text that changes when what it does changes, such as its SQL or `include_str!` of its own file.
    fn source(&self) -> String;

    /// The environments that it is for; without any it is for each.
    fn environments(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether it runs once only: one that changed afterwards is named and does not run again.
    fn runs_once(&self) -> bool {
        false
    }

    /// Puts the rows in, where they are not there.
    async fn run(&self, db: &DatabaseTransaction) -> Result<(), DbErr>;
}

/// Seeds, in the order in which they run.
#[derive(Default)]
pub struct Seeds(pub(crate) Vec<Box<dyn Seed>>);

impl Seeds {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a seed, to run after those before.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "a list is extended; it is not mistaken for a sum"
    )]
    pub fn add(mut self, seed: impl Seed + 'static) -> Self {
        self.0.push(Box::new(seed));
        self
    }
}

/// A seed in SQL.
#[derive(Clone, Debug)]
pub struct SqlSeed {
    name: String,
    sql: String,
    environments: Vec<String>,
    once: bool,
}

impl SqlSeed {
    /// A seed with this name that runs these statements, such as `INSERT … ON CONFLICT DO NOTHING`, on both databases.
    #[must_use]
    pub fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { name: name.into(), sql: sql.into(), environments: Vec::new(), once: false }
    }

    /// Is for these environments only.
    #[must_use]
    pub fn only_in<const N: usize>(mut self, environments: [&str; N]) -> Self {
        self.environments = environments.map(str::to_owned).to_vec();
        self
    }

    /// Runs once only, also when it has changed.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }
}

#[async_trait::async_trait]
impl Seed for SqlSeed {
    fn name(&self) -> &str {
        &self.name
    }

    fn source(&self) -> String {
        self.sql.clone()
    }

    fn environments(&self) -> Vec<String> {
        self.environments.clone()
    }

    fn runs_once(&self) -> bool {
        self.once
    }

    async fn run(&self, db: &DatabaseTransaction) -> Result<(), DbErr> {
        db.execute_unprepared(&self.sql).await.map(drop)
    }
}

/// What a seed is known by.
fn checksum_of(seed: &dyn Seed) -> String {
    checksum(&seed.source())
}
