//! Carries operations out: reads the schema, looks for rows that are in the way, and runs the statements.

mod children;
mod online;

use std::{collections::BTreeSet, sync::Arc};

use sea_orm::{ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, TransactionTrait};
use sea_orm_migration::SchemaManager;

use crate::{
    check::precondition::{self, Precondition},
    error::{clear, restate},
    operation::{
        Operation, Plan,
        batches::{self, is_later},
    },
    postgres::{self, SchemaScope},
    runtime::{
        batches::{in_place, note},
        breakage,
        context::ExecutionContext,
        tape::Entry,
    },
    schema::{Schema, Used, quote},
    sqlite,
};

impl Plan {
    /// Carries the plan out on the database of a migration.
    ///
    /// On SQLite a table is rebuilt where `ALTER TABLE` does not suffice. Dropping one for good that rows of other tables point at needs a
    /// connection with `foreign_keys` off, because that would delete or change them.
    ///
    /// # Errors
    /// When rows are in the way (NULLs, duplicates, orphans, values that do not fit), which is found before anything
    /// changes and reported with a count and examples; when the plan does not fit the schema; when a statement fails; when
    /// a trigger, a view or a full-text table of SQLite could not be used any more.
    pub async fn apply(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let inside_of = ExecutionContext::current();
        let is_alone = inside_of.is_none();
        let context = inside_of.unwrap_or_default();
        let earlier = context.record(&self)?;
        if context.records {
            return Ok(());
        }
        // The connection of a guarded shadow looks at each statement; those of a plan are looked at as a whole.
        let inside = context.guard.as_ref().map(|guard| guard.executor());
        let db = inside.as_ref().unwrap_or_else(|| manager.get_connection());
        let operations = database_names(&self.operations, db.get_database_backend());
        let done = async {
            if let Some(revision) = &context.notes_batches_for {
                let end = batches::end_of_first(&operations).map_err(DbErr::Migration)?;
                let (first, later) = operations.split_at_checked(end).unwrap_or((&operations, &[]));
                in_steps(db, first, earlier, &context).await?;
                return note(db, revision, (earlier + end, later)).await;
            }
            if !is_alone {
                return in_steps(db, &operations, earlier, &context).await;
            }
            // SeaORM's own migrator.
            let alike = |one: &Operation, next: &Operation| is_later(one) == is_later(next);
            for part in operations.chunk_by(alike) {
                match part.first().is_some_and(is_later) {
                    true => in_place(db, part).await?,
                    false => in_steps(db, part, earlier, &context).await?,
                }
            }
            Ok(())
        };
        done.await.map_err(|error| postgres::explained(error, &self.operations))
    }
}

/// The operations with the names that the database keeps.
pub(crate) fn database_names(operations: &[Operation], backend: DbBackend) -> Vec<Operation> {
    match backend {
        DbBackend::Postgres => operations.iter().map(postgres::shortened).collect(),
        _ => operations.to_vec(),
    }
}

/// Carries operations out on a connection, as far as may be in the transaction that is open there, and answers whether a
/// table of SQLite was dropped, be it for the moment that a rebuild takes.
///
/// # Errors
/// As [`Plan::apply`].
pub(crate) async fn carry_out<C: ConnectionTrait>(
    db: &C,
    operations: &[Operation],
    context: &ExecutionContext,
) -> Result<bool, DbErr> {
    if operations.is_empty() {
        return Ok(false);
    }
    match db.get_database_backend() {
        DbBackend::Sqlite => on_sqlite(db, operations, context).await,
        DbBackend::Postgres => on_postgres(db, operations, context).await.map(|()| false),
        other => Err(DbErr::Migration(format!("{other:?} is not supported"))),
    }
}

async fn on_sqlite<C: ConnectionTrait>(
    db: &C,
    operations: &[Operation],
    context: &ExecutionContext,
) -> Result<bool, DbErr> {
    breakage::note(db, operations, context).await?;
    let mut drops = false;
    let mut touched = BTreeSet::new();
    for (place, segment) in sqlite::segments(operations).into_iter().enumerate() {
        let mut before = sqlite::read(db).await?;
        before.broken = Used(context.faults_before().is_some_and(|faults| !faults.is_empty()));
        if place == 0 {
            expect_in_script(&before, operations, context);
            stop_at_rows(db, &before, operations).await?;
        }
        let script = sqlite::script(&before, segment)?;
        if script.dropped.is_empty() {
            run(db, &script.statements, |sql| context.observe_planned(sql)).await?;
            continue;
        }
        drops = true;
        touched.extend(segment.iter().filter_map(Operation::table).cloned());
        children::run_safely(db, (&before, segment), &script, context).await?;
    }
    if !touched.is_empty() {
        let children = children::expect_keys_whole(db, &touched).await?;
        context.write_down(|| children::whole_in_script(&children));
    }
    breakage::expect_none_after_plan(db, context).await?;
    Ok(drops)
}

async fn on_postgres<C: ConnectionTrait>(
    db: &C,
    operations: &[Operation],
    context: &ExecutionContext,
) -> Result<(), DbErr> {
    let mut operations = operations.to_vec();
    if let Some(schemas) = &context.shadow {
        operations.iter_mut().for_each(|operation| operation.rename_schemas(schemas));
    }
    let names_schema =
        operations.iter().flat_map(Operation::tables).any(|name| name.schema.is_some());
    let before = match context.known.as_ref().filter(|_| !names_schema) {
        Some(known) => known.clone(),
        None => postgres::read(db, &scope_of(db, &operations).await?).await?,
    };
    if let Some(tape) = &context.tape {
        let statements = match operations.as_slice() {
            [only] if context.stepwise => postgres::online(&before, only),
            _ => None,
        };
        let statements = match statements {
            Some(online) => online.statements(),
            None => postgres::statements(&before, &operations)?,
        };
        let named = statements.into_iter().map(|sql| context.real_names(sql));
        named.for_each(|sql| tape.add(Entry::Planned(sql)));
    }
    if context.shadow.is_some() {
        operations = in_one_transaction(operations, before.clone());
    }
    if let Some(guard) = &context.guard {
        let statements = postgres::statements(&before, &operations)?;
        statements.iter().try_for_each(|sql| guard.expect_inside(sql))?;
    }
    stop_at_rows(db, &before, &operations).await?;
    run(db, &postgres::statements(&before, &operations)?, |sql| context.observe(sql)).await
}

/// Runs statements, each after it was reported.
async fn run<C: ConnectionTrait>(
    db: &C,
    statements: &[String],
    observe: impl Fn(&str),
) -> Result<(), DbErr> {
    for sql in statements {
        observe(sql);
        db.execute_unprepared(sql).await.map_err(|error| at(sql, error))?;
    }
    Ok(())
}

/// The operations without what cannot be in one transaction, such as a shadow is. A value that was added to an enum
/// could not be used there, so the enum is recreated.
pub(crate) fn in_one_transaction(operations: Vec<Operation>, mut schema: Schema) -> Vec<Operation> {
    let one = |operation: Operation| {
        schema.apply_enum(&operation);
        match operation {
            Operation::CreateIndex { table, index, .. } => {
                Operation::CreateIndex { table, index, concurrently: false }
            }
            Operation::AddEnumValue { name, .. } => {
                let values = schema.enums.get(&name).cloned().unwrap_or_default();
                Operation::RebuildEnum { name, values, map: Vec::new(), before: Vec::new() }
            }
            other => other,
        }
    };
    operations.into_iter().map(one).collect()
}

async fn stop_at_rows<C: ConnectionTrait>(
    db: &C,
    before: &Schema,
    operations: &[Operation],
) -> Result<(), DbErr> {
    let wanted = precondition::preconditions(before, operations, db.get_database_backend());
    let unmet = precondition::unmet(db, &wanted).await?;
    if unmet.is_empty() { Ok(()) } else { Err(DbErr::Migration(unmet.join("\n"))) }
}

/// Writes down what a script on SQLite has to look for in the rows: PostgreSQL does it by itself.
fn expect_in_script(before: &Schema, operations: &[Operation], context: &ExecutionContext) {
    let Some(tape) = &context.tape else { return };
    let message =
        |one: &Precondition| format!("rows of `{}` {}; {}", one.table, one.problem, one.hint);
    for one in precondition::preconditions(before, operations, DbBackend::Sqlite) {
        tape.add(Entry::Expect { message: message(&one), count: one.count });
    }
    for one in precondition::losses(before, operations, DbBackend::Sqlite) {
        tape.add(Entry::Agree { message: message(&one), count: one.count });
    }
}

/// Carries operations out. Where the migration goes in steps, one by one, each with the note that it is done; those that
/// were done before are passed over. `earlier` is the number of operations in the migration's plans before this one.
async fn in_steps(
    db: &DatabaseExecutor<'_>,
    operations: &[Operation],
    earlier: usize,
    context: &Arc<ExecutionContext>,
) -> Result<(), DbErr> {
    let Some(steps) = &context.steps else {
        if !context.stepwise {
            return carry_out(db, operations, context).await.map(drop);
        }
        for (place, operation) in operations.iter().enumerate() {
            carry_out(db, std::slice::from_ref(operation), context).await?;
            context.write_down(|| Entry::Step(earlier + place + 1));
        }
        return Ok(());
    };
    let done = steps.done.saturating_sub(earlier);
    if let Some(left) = operations.get(done..).filter(|left| !left.is_empty()) {
        // What is in the way of a later step is found before the first one is committed.
        stop_before_steps(db, left).await?;
    }
    for (place, operation) in operations.iter().enumerate() {
        let step = earlier + place + 1;
        if step <= steps.done {
            continue;
        }
        if db.get_database_backend() == DbBackend::Postgres
            && online::carried_out(db, operation, (steps, step), context).await?
        {
            continue;
        }
        #[expect(clippy::disallowed_methods, reason = "a step and its record are one transaction")]
        let transaction = db.begin().await?;
        carry_out(&transaction, std::slice::from_ref(operation), context).await?;
        steps.note(&transaction, step).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Looks for rows in the way of steps that are still to come.
async fn stop_before_steps(db: &DatabaseExecutor<'_>, left: &[Operation]) -> Result<(), DbErr> {
    let before = schema_of(db, left).await?;
    stop_at_rows(db, &before, left).await
}

/// The schema that operations are about.
pub(crate) async fn schema_of<C: ConnectionTrait>(
    db: &C,
    operations: &[Operation],
) -> Result<Schema, DbErr> {
    match db.get_database_backend() {
        DbBackend::Sqlite => sqlite::read(db).await,
        _ => postgres::read(db, &scope_of(db, operations).await?).await,
    }
}

/// The connection's schema, and those that operations name.
async fn scope_of<C: ConnectionTrait>(
    db: &C,
    operations: &[Operation],
) -> Result<SchemaScope, DbErr> {
    let mut scope = SchemaScope::of_connection(db).await?;
    let named = operations.iter().flat_map(Operation::tables);
    for schema in named.filter_map(|table| table.schema) {
        scope.others.insert(schema.clone(), schema);
    }
    Ok(scope)
}

/// A statement's error with the beginning of the statement, and with what can be done where SQLite names what still needs a column.
fn at(sql: &str, error: DbErr) -> DbErr {
    let first = sql.lines().next().unwrap_or_default();
    let shown: String = first.chars().take(200).collect();
    match error {
        error @ (DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => error,
        error => {
            let text = clear(&error);
            let named =
                ["error in trigger ", "error in view "].iter().any(|own| text.starts_with(own));
            let way = if named {
                "; drop it before the change and create it again after it, in one migration"
            } else {
                ""
            };
            restate(&error, format!("{text}{way}\nin: {shown}"))
        }
    }
}

/// Runs a statement that belongs to the engine itself.
pub(crate) async fn execute<C: ConnectionTrait>(db: &C, sql: &str) -> Result<(), DbErr> {
    db.execute_unprepared(sql).await.map(drop)
}

/// `SET LOCAL search_path` to these schemas.
pub(crate) fn search_path(schemas: &[String]) -> String {
    let names: Vec<String> = schemas.iter().map(|name| quote(name)).collect();
    format!("SET LOCAL search_path = {}", names.join(", "))
}
