//! A project's migrations and entities, and what can be asked about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use sea_orm::{DatabaseConnection, DbBackend};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use serde::Serialize;

use crate::{
    entities::Entities,
    error::{Error, Result},
    operation::Operation,
    runtime::{
        backup::Backup,
        batches::Filling,
        history::{Applied, History, State},
        replaced::Replacement,
        seeding::Seeds,
        shadow::{Migrations, Shadows},
        target::{Target, UrlStyle},
    },
};

/// How the command line is called in most projects.
pub(crate) const DEFAULT_PROGRAM: &str = "cargo run -p migration --";

/// The migrations and entities of a project: everything begins here.
///
/// ```no_run
/// # struct Migrator;
/// # impl sea_orm_migration::MigratorTrait for Migrator {
/// #     fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> { Vec::new() }
/// # }
/// fn main() -> std::process::ExitCode {
///     sea_revise::Revise::new::<Migrator>().entities(sea_revise::Entities::new()).main()
/// }
/// ```
pub struct Revise {
    pub(crate) migrations: Migrations,
    pub(crate) history: History,
    pub(crate) entities: Entities,
    pub(crate) style: UrlStyle,
    pub(crate) default_url: Option<String>,
    /// The variable of the environment that names the database.
    pub(crate) url_variable: String,
    pub(crate) program: String,
    pub(crate) backup: Backup,
    pub(crate) users_lock: Option<String>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) seeds: Seeds,
    rewrites: Vec<Rewrite>,
}

/// Makes other operations of those that a migration is to have.
type Rewrite = Box<dyn Fn(Vec<Operation>) -> Vec<Operation> + Send + Sync>;

/// Where a database stands in the history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// What was applied, oldest first.
    pub applied: Vec<Applied>,
    /// What was not, oldest first.
    pub pending: Vec<String>,
    /// What was applied and is not known here.
    pub missing: Vec<String>,
    /// What was not applied though something after it was.
    pub out_of_order: Vec<String>,
    /// What was begun and is not done.
    pub unfinished: Option<Applied>,
    /// Changes of rows in batches that are not done, of migrations that are.
    pub filling: Vec<Filling>,
    /// What counts as applied, because what it replaces was, or would if all of that was.
    pub replaced: Vec<Replacement>,
}

impl Status {
    /// The newest migration that was applied.
    #[must_use]
    pub fn current(&self) -> Option<&str> {
        self.applied.last().map(|applied| applied.revision.as_str())
    }

    /// Why nothing can be done, where the database is in the middle of what was squashed.
    pub(crate) fn obstacle(&self) -> Option<String> {
        self.replaced.iter().find_map(Replacement::obstacle)
    }

    /// The checksums of what was applied.
    pub(crate) fn recorded(&self) -> BTreeMap<String, String> {
        let checksum = |applied: &Applied| {
            let record = applied.record.as_ref()?;
            Some((applied.revision.clone(), record.checksum.clone()?))
        };
        self.applied.iter().filter_map(checksum).collect()
    }
}

impl Revise {
    /// The migrations of a migrator, as SeaORM has it.
    #[must_use]
    pub fn new<M: MigratorTrait + 'static>() -> Self {
        Self::of(M::migrations).history_table(M::migration_table_name().to_string())
    }

    /// Any list of migrations, oldest first.
    pub fn of<F>(migrations: F) -> Self
    where
        F: Fn() -> Vec<Box<dyn MigrationTrait>> + Send + Sync + 'static,
    {
        Self {
            migrations: Arc::new(migrations),
            history: History { table: "seaql_migrations".to_owned() },
            entities: Entities::new(),
            style: UrlStyle::default(),
            default_url: None,
            url_variable: "DATABASE_URL".to_owned(),
            program: DEFAULT_PROGRAM.to_owned(),
            backup: Backup::default(),
            users_lock: None,
            directory: None,
            seeds: Seeds::new(),
            rewrites: Vec::new(),
        }
    }

    /// The name of SeaORM's table of versions, where it is not the usual one.
    #[must_use]
    pub fn history_table(mut self, name: impl Into<String>) -> Self {
        self.history.table = name.into();
        self
    }

    /// The entities that the migrations should lead to.
    #[must_use]
    pub fn entities(mut self, entities: Entities) -> Self {
        self.entities = entities;
        self
    }

    /// How paths of SQLite URLs are written.
    #[must_use]
    pub fn url_style(mut self, style: UrlStyle) -> Self {
        self.style = style;
        self
    }

    /// The database when neither `--database-url` nor `DATABASE_URL` names one.
    #[must_use]
    pub fn default_url(mut self, url: impl Into<String>) -> Self {
        self.default_url = Some(url.into());
        self
    }

    /// How the command line is called, for messages that say what to type.
    #[must_use]
    pub fn program(mut self, program: impl Into<String>) -> Self {
        self.program = program.into();
        self
    }

    /// When a SQLite file is copied before it is changed, where the command line does not say.
    #[must_use]
    pub fn backup(mut self, backup: Backup) -> Self {
        self.backup = backup;
        self
    }

    /// The end of the name of the file next to a SQLite file, such as `.lock`, on which the project's other programs hold
    /// a lock of the operating system (`File::try_lock`) for as long as they use the database. The command line takes it
    /// for as long as it changes the database, and refuses while another program holds it, with the line that this one wrote into it.
    #[must_use]
    pub fn users_lock(mut self, suffix: impl Into<String>) -> Self {
        self.users_lock = Some(suffix.into());
        self
    }

    /// The folder of the migrations where the command line does not say, best an absolute one (`env!("CARGO_MANIFEST_DIR")`). Without it
    /// it is looked for. A crate with the migrations of several databases has to say it.
    #[must_use]
    pub fn directory(mut self, folder: impl Into<PathBuf>) -> Self {
        self.directory = Some(folder.into());
        self
    }

    /// The rows that the project wants to be there, in the order in which they are put in.
    #[must_use]
    pub fn seeds(mut self, seeds: Seeds) -> Self {
        self.seeds = seeds;
        self
    }

    /// Changes the operations of migrations that `migrate` is about to write: leaves some out, puts others in, gives them other
    /// forms. It is called with what the entities differ in, when they do, and after those that were given before.
    ///
    /// What it makes of them is proven like any draft. What it leaves out is no difference for `check` and `status` either; `diff` shows
    /// it. It sees each difference again and again, so the same operations always have to become the same ones.
    ///
    /// ```
    /// # use sea_revise::{Revise, operation::Operation};
    /// # let revise = Revise::of(Vec::new);
    /// let revise = revise.rewrite(|mut operations| {
    ///     for operation in &mut operations {
    ///         if let Operation::CreateIndex { concurrently, .. } = operation {
    ///             *concurrently = true;
    ///         }
    ///     }
    ///     operations
    /// });
    /// ```
    #[must_use]
    pub fn rewrite<F>(mut self, rewrite: F) -> Self
    where
        F: Fn(Vec<Operation>) -> Vec<Operation> + Send + Sync + 'static,
    {
        self.rewrites.push(Box::new(rewrite));
        self
    }

    /// The operations that a migration is to have instead of these.
    pub(crate) fn rewritten(&self, operations: Vec<Operation>) -> Vec<Operation> {
        let rewrite = |operations: Vec<Operation>, rewrite: &Rewrite| match operations.is_empty() {
            true => operations,
            false => rewrite(operations),
        };
        self.rewrites.iter().fold(operations, rewrite)
    }

    /// The names of the migrations, oldest first.
    #[must_use]
    pub fn revisions(&self) -> Vec<String> {
        (self.migrations)().iter().map(|migration| migration.name().to_owned()).collect()
    }

    /// The newest migration.
    #[must_use]
    pub fn head(&self) -> Option<String> {
        self.revisions().pop()
    }

    /// Where a database stands. Writes nothing.
    ///
    /// # Errors
    /// When the database does not answer, or its history cannot be read.
    pub async fn status(&self, db: &DatabaseConnection) -> Result<Status> {
        let applied = self.history.applied(db).await?;
        let filling = self.history.fillings(db, &applied).await?;
        let status = self.status_of(applied, db.get_database_backend()).await;
        Ok(Status { filling, ..status })
    }

    /// Where a database stands in which this is noted.
    pub(crate) async fn status_of(&self, mut noted: Vec<Applied>, backend: DbBackend) -> Status {
        let known = self.revisions();
        let replaced = self.replace(&mut noted, backend).await;
        let mut status = Status { replaced, ..Status::default() };
        for entry in noted {
            let state = entry.record.as_ref().map(|record| record.state);
            if state.is_some_and(|state| state != State::Applied) {
                status.unfinished = Some(entry.clone());
            }
            if entry.applied_at.is_none() {
                continue;
            }
            if !known.contains(&entry.revision) {
                status.missing.push(entry.revision.clone());
            }
            status.applied.push(entry);
        }
        let done: BTreeSet<&str> =
            status.applied.iter().map(|applied| applied.revision.as_str()).collect();
        let last = known.iter().rposition(|name| done.contains(name.as_str()));
        for (place, name) in
            known.iter().enumerate().filter(|(_, name)| !done.contains(name.as_str()))
        {
            status.pending.push(name.clone());
            if last.is_some_and(|last| place < last) {
                status.out_of_order.push(name.clone());
            }
        }
        // In the order of this program; what it does not know comes first.
        let place = |applied: &Applied| known.iter().position(|name| *name == applied.revision);
        status.applied.sort_by_key(place);
        status
    }

    /// Works with shadows for a database of this kind, and takes away what was made for them, also after an error.
    pub(crate) async fn with_shadows<T>(
        &self,
        target: &Target,
        given: Option<&Target>,
        work: impl AsyncFnOnce(&Shadows) -> Result<T>,
    ) -> Result<T> {
        let shadows = self.shadows(target, given)?;
        let done = work(&shadows).await;
        shadows.close().await;
        done
    }

    /// Where shadows for a database of this kind come from; they have to be closed.
    pub(crate) fn shadows(&self, target: &Target, given: Option<&Target>) -> Result<Shadows> {
        match (target, given) {
            (_, Some(given)) if given.backend() != target.backend() => Err(Error::Usage(format!(
                "the shadow {given} is another kind of database than {target}"
            ))),
            (Target::Postgres(_), given) => Ok(Shadows::on(target, given, &self.migrations)),
            (Target::Memory | Target::File(_), _) => Ok(Shadows::in_memory()),
        }
    }

    /// The schemas besides the connection's own that entities name.
    pub(crate) fn schemas(&self, target: &Target) -> BTreeSet<String> {
        self.entities.statements(target.backend()).schemas()
    }
}
