//! Writes the next migration: the history against the entities, questions answered, and proven before it is believed.

mod apply;
mod ask;
mod draft;
mod phase;
mod prove;

use std::{collections::BTreeMap, sync::Arc};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use self::phase::Part;
pub(crate) use self::prove::prove;
pub use self::{
    ask::{Answer, sentence},
    draft::Draft,
    phase::Phase,
};
use crate::{
    check::lint::{Change, lint},
    diff::{DiffOptions, Difference, Question, diff},
    error::{Error, Result},
    operation::{Operation, Plan, batches, reverse::reverse},
    project::accepted::Accepted,
    runtime::{
        replay::Replay,
        revise::Revise,
        session::{Session, Use},
        shadow::Shadows,
        target::Target,
    },
    schema::{Schema, TableName, quote},
};

/// A draft, as the migration that it becomes after the next build.
pub(crate) struct Drafted {
    /// The revision.
    pub name: String,
    /// What it does.
    pub draft: Draft,
}

impl MigrationName for Drafted {
    fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Drafted {
    fn use_transaction(&self) -> Option<bool> {
        Some(self.draft.transaction)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan { operations: self.draft.up.clone() }.apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan { operations: self.draft.down.clone() }.apply(manager).await
    }
}

/// Answers questions.
pub type Ask = Arc<dyn Fn(&Question) -> Answer + Send + Sync>;

/// How a migration is generated.
#[derive(Clone, Default)]
pub struct GenerateOptions {
    /// `--rename`: tables `old:new` and columns `table.old:new`.
    pub renames: Vec<String>,
    /// Take what looks like a rename for a drop and an addition.
    pub no_rename: bool,
    /// `--default`: values as SQL, `table.column=value`.
    pub defaults: Vec<String>,
    /// `--using`: expressions as SQL, `table.column=expression`.
    pub using: Vec<String>,
    /// `--map`: what dropped values of enums become, `enum.old=new`.
    pub enum_map: Vec<String>,
    /// Tables to look at, when not at all; `*` stands for any letters of a name, `?` for one.
    pub only: Vec<String>,
    /// Tables to leave alone; `*` stands for any letters of a name, `?` for one.
    pub exclude: Vec<String>,
    /// Drop tables and columns without asking.
    pub allow_destructive: bool,
    /// Change primary keys to another kind of value.
    pub force_rewrite: bool,
    /// Rename indexes that are built as wanted and called otherwise.
    pub strict_names: bool,
    /// Take varchars of different lengths for equal on SQLite.
    pub ignore_length: bool,
    /// Take what the entities do not mention for a difference, also where no plan ever stated it.
    pub strict: bool,
    /// `--phase`: which part of the change is written; without it all of it.
    pub phase: Option<Phase>,
    /// Differences that are not to be written: those of the file beside the migrations.
    pub accepted: Accepted,
    /// Where shadows are made instead of in the database itself (PostgreSQL).
    pub shadow: Option<Target>,
    /// Answers questions; `None` without a terminal.
    pub ask: Option<Ask>,
    /// Agrees to a loss; `None` without a terminal.
    pub confirm: Option<crate::runtime::upgrade::Confirm>,
}

impl Revise {
    /// Finds what the entities ask for and the history does not do; `None` when that is nothing. The draft was proven:
    /// up, down and up again in a shadow with rows, and nothing is left to do afterwards.
    ///
    /// # Errors
    /// [`Error::NeedsAnswer`] for a question without an answer, [`Error::Stopped`] for an empty list of entities and for a
    /// draft that fails its proof.
    pub async fn draft(&self, target: &Target, options: &GenerateOptions) -> Result<Option<Draft>> {
        let drafting = Drafting { revise: self, target, options };
        let work = async |shadows: &Shadows| drafting.draft(shadows).await;
        self.with_shadows(target, options.shadow.as_ref(), work).await
    }

    pub(crate) fn diff_options(
        &self,
        backend: DbBackend,
        options: &GenerateOptions,
    ) -> Result<DiffOptions> {
        let mut diff = DiffOptions::new(backend);
        for rename in &options.renames {
            let bad = || {
                Error::Usage(format!(
                    "`{rename}` is no rename, expected `old:new` or `table.old:new`"
                ))
            };
            let (from, to) = rename.split_once(':').ok_or_else(bad)?;
            match from.rsplit_once('.') {
                None => diff.table_renames.push((from.into(), to.into())),
                Some((table, from)) => {
                    let to = to.rsplit_once('.').map_or(to, |(_, to)| to);
                    diff.column_renames.push((table_name(table), from.to_owned(), to.to_owned()));
                }
            }
        }
        diff.values = assignments(&options.defaults, "--default")?;
        diff.using = assignments(&options.using, "--using")?;
        for ((name, old), new) in assignments(&options.enum_map, "--map")? {
            diff.enum_map.push((name.to_string(), old, new));
        }
        diff.no_rename = options.no_rename;
        diff.force_rewrite = options.force_rewrite;
        diff.strict_names = options.strict_names;
        diff.ignore_length = options.ignore_length;
        Ok(diff)
    }
}

/// A draft in the making.
struct Drafting<'a> {
    revise: &'a Revise,
    target: &'a Target,
    options: &'a GenerateOptions,
}

impl Drafting<'_> {
    async fn draft(&self, shadows: &Shadows) -> Result<Option<Draft>> {
        let Self { revise, target, options } = *self;
        let entities = shadows.of_entities(&revise.entities).await?;
        let migrations = (revise.migrations)();
        let mut replay = Replay::run(shadows, &migrations, &revise.schemas(target)).await?;
        let all = replay.schema(&revise.history).await?;
        revise.expect_tables(target, options, [&entities, &all]).await?;
        let after = revise.scoped(entities, options);
        let before = revise.scoped(all.clone(), options);
        let diff_options = revise.diff_options(target.backend(), options)?;
        let mut diff_options = revise.beside_entities(diff_options, &replay.manifest, options);
        if options.phase == Some(Phase::Expand) {
            phase::forget_begun(&before, &mut diff_options);
            self.answer_renames((&before, &after), &mut diff_options)?;
        }
        let part = Part::new(options.phase, (&before, after), &mut diff_options);
        let mut found = self.answered(&before, &part.after, diff_options).await?;
        part.finish(&mut found.operations, &before);
        options.accepted.take_from(&mut found.operations, target.backend());
        found.operations = revise.rewritten(found.operations);
        batches::end_of_first(&found.operations).map_err(Error::Stopped)?;
        if found.operations.is_empty() {
            replay.close().await;
            part.expect_nothing_left(&before)?;
            return Ok(None);
        }
        self.agree(&found.operations)?;
        let back = reverse(&before, &found.operations, target.backend())?;
        let ways = (found.operations.as_slice(), back.operations.as_slice());
        prove(&replay.shadow, &revise.history, &all, ways).await?;
        replay.follow(&found.operations).await?;
        let reached = revise.scoped(replay.schema(&revise.history).await?, options);
        self.expect_done(&reached, &part.after, &replay)?;
        replay.close().await;
        let transaction = part.fits_transaction(&found.operations, &before);
        let change = Change { operations: &found.operations, in_steps: !transaction };
        let findings = lint(&before, change, target.backend());
        let mut notes = found.notes;
        notes.extend(back.notes);
        notes.extend(part.left_over(&reached)?);
        Ok(Some(Draft {
            up: found.operations,
            down: back.operations,
            notes,
            findings,
            before: all,
            transaction,
            unmanaged: found.unmanaged,
        }))
    }

    /// Compares until there is nothing left to ask.
    async fn answered(
        &self,
        before: &Schema,
        after: &Schema,
        mut diff_options: DiffOptions,
    ) -> Result<Difference> {
        loop {
            let found = diff(before, after, &diff_options)?;
            if self.answers_first(&found.questions, &mut diff_options)? {
                continue;
            }
            let nulls = with_nulls(self.target, &found.operations, &diff_options).await;
            if nulls.is_empty() {
                return Ok(found);
            }
            diff_options.with_nulls.extend(nulls);
        }
    }

    /// Asks what was renamed, and nothing else: an expansion drops nothing, so that its own difference has no such question.
    fn answer_renames(
        &self,
        (before, after): (&Schema, &Schema),
        options: &mut DiffOptions,
    ) -> Result<()> {
        loop {
            let mut questions = diff(before, after, options)?.questions;
            questions.retain(Question::is_about_rename);
            if !self.answers_first(&questions, options)? {
                return Ok(());
            }
        }
    }

    /// Asks the first of several questions, where there is one, and takes the answer.
    fn answers_first(&self, questions: &[Question], options: &mut DiffOptions) -> Result<bool> {
        let Some(first) = questions.first() else { return Ok(false) };
        let Some(ask) = &self.options.ask else {
            return Err(ask::unanswered(questions, &self.revise.program));
        };
        ask::take(options, first, ask(first))?;
        Ok(true)
    }

    /// Goes on only with consent where something is lost.
    fn agree(&self, operations: &[Operation]) -> Result<()> {
        let losses: Vec<String> = operations
            .iter()
            .filter(|operation| operation.is_destructive())
            .map(crate::operation::describe::describe)
            .collect();
        if losses.is_empty() || self.options.allow_destructive {
            return Ok(());
        }
        let losses = losses.join("; ");
        match &self.options.confirm {
            Some(confirm)
                if confirm(&format!("this migration loses data: {losses}. Write it?")) =>
            {
                Ok(())
            }
            _ => Err(Error::NeedsAnswer(format!(
                "this migration would lose data: {losses}; nothing was written. Say `--allow-destructive` when that is meant, \
                 or `--exclude TABLE` for a table that is none of this program's"
            ))),
        }
    }

    /// The second difference has to be empty: what is generated twice was not understood.
    fn expect_done(&self, reached: &Schema, after: &Schema, replay: &Replay) -> Result<()> {
        let backend = replay.shadow.backend();
        let mut again =
            self.revise.beside_entities(DiffOptions::new(backend), &replay.manifest, self.options);
        again.no_rename = true;
        again.ignore_length = self.options.ignore_length;
        let found = diff(reached, after, &again)?;
        if let Some(question) = found.questions.first() {
            return Err(Error::Stopped(format!(
                "the generated migration does not lead to the entities, so it was not written; left to answer: {}",
                sentence(question)
            )));
        }
        let mut left = found.operations;
        self.options.accepted.take_from(&mut left, backend);
        // What is put into every migration is nothing that is left to do.
        let mut rewritten = self.revise.rewritten(left.clone());
        rewritten.retain(|operation| left.contains(operation));
        let left = rewritten;
        match left.as_slice() {
            [] => Ok(()),
            left => {
                let left: Vec<String> =
                    left.iter().map(crate::operation::describe::describe).collect();
                Err(Error::Stopped(format!(
                    "the generated migration does not lead to the entities, so it was not written; still to do: {}",
                    left.join("; ")
                )))
            }
        }
    }
}

/// The columns that become NOT NULL and have NULLs in the database at hand, if there is one.
async fn with_nulls(
    target: &Target,
    operations: &[Operation],
    options: &DiffOptions,
) -> Vec<(TableName, String)> {
    let changed = operations.iter().filter_map(|operation| match operation {
        Operation::AlterNull { table, column, nullable: false } => {
            Some((table.clone(), column.clone()))
        }
        _ => None,
    });
    let asked: Vec<_> = changed
        .filter(|name| !options.with_nulls.contains(name) && !options.values.contains_key(name))
        .collect();
    if asked.is_empty() || matches!(target, Target::Memory) {
        return Vec::new();
    }
    // The database at hand is only looked at for advice; a migration is generated without one too.
    let Ok(session) = Session::open(target, Use::Read).await else { return Vec::new() };
    let mut found = Vec::new();
    for (table, column) in asked {
        let old = old_column(options, &table, &column);
        let name = quote(&old);
        let sql = format!(
            "SELECT count(*) FROM {} WHERE {name} IS NULL",
            old_table(options, &table).quoted()
        );
        let row = session.db.query_one_raw(Statement::from_string(session.backend(), sql)).await;
        let count = row.ok().flatten().and_then(|row| row.try_get_by_index::<i64>(0).ok());
        if count.is_some_and(|count| count > 0) {
            found.push((table, column));
        }
    }
    session.close().await;
    found
}

fn old_table(options: &DiffOptions, table: &TableName) -> TableName {
    let renamed = options.table_renames.iter().find(|(_, to)| to == table);
    renamed.map_or_else(|| table.clone(), |(from, _)| from.clone())
}

fn old_column(options: &DiffOptions, table: &TableName, column: &str) -> String {
    let renames = options.column_renames.iter().chain(&options.rename_hints);
    let renamed = renames.into_iter().find(|(of, _, to)| of == table && to == column);
    renamed.map_or_else(|| column.to_owned(), |(_, from, _)| from.clone())
}

/// `schema.table` or `table`.
pub(crate) fn table_name(written: &str) -> TableName {
    match written.split_once('.') {
        Some((schema, name)) => (schema, name).into(),
        None => written.into(),
    }
}

fn assignments(written: &[String], flag: &str) -> Result<BTreeMap<(TableName, String), String>> {
    let mut read = BTreeMap::new();
    for assignment in written {
        let parts = assignment.split_once('=').and_then(|(name, value)| {
            let (table, column) = name.rsplit_once('.')?;
            Some((table, column, value))
        });
        let Some((table, column, value)) = parts else {
            return Err(Error::Usage(format!(
                "`{assignment}` is no value for {flag}, expected `table.column=value`"
            )));
        };
        read.insert((table_name(table), column.to_owned()), value.to_owned());
    }
    Ok(read)
}
