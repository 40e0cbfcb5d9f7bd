//! Refuses a change of SQLite that would break a trigger, a view or a full-text table without a word.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    operation::Operation,
    runtime::context::{BreakageCheck, ExecutionContext},
    sqlite::{self, Faults},
};

/// Before a plan runs: notes what is broken already, which is no reason to stop.
///
/// # Errors
/// When the database does not answer.
pub async fn note<C: ConnectionTrait>(
    db: &C,
    operations: &[Operation],
    context: &ExecutionContext,
) -> Result<(), DbErr> {
    let concerns = match context.breakage_check() {
        // What is broken already keeps SQLite itself from dropping a column.
        BreakageCheck::Never => |one: &Operation| matches!(one, Operation::DropColumn { .. }),
        BreakageCheck::AfterPlan | BreakageCheck::BeforeCommit => may_break,
    };
    if context.faults_before().is_some() || !operations.iter().any(concerns) {
        return Ok(());
    }
    context.note_faults(Some(sqlite::faults(db).await?));
    Ok(())
}

/// After a plan ran: refuses what it broke, unless somebody else asks before the transaction ends.
///
/// # Errors
/// With the name of each object that is broken now, and what can be done.
pub async fn expect_none_after_plan<C: ConnectionTrait>(
    db: &C,
    context: &ExecutionContext,
) -> Result<(), DbErr> {
    if context.breakage_check() != BreakageCheck::AfterPlan {
        return Ok(());
    }
    expect_none(db, context, &BTreeSet::new()).await?;
    context.note_faults(None);
    Ok(())
}

/// Refuses what is broken now and was not before; what is `forgiven` is mended by a later migration.
///
/// # Errors
/// With the name of each object that is broken, and what can be done.
pub async fn expect_none<C: ConnectionTrait>(
    db: &C,
    context: &ExecutionContext,
    forgiven: &BTreeSet<String>,
) -> Result<(), DbErr> {
    let Some(before) = context.faults_before() else { return Ok(()) };
    let now: Faults = sqlite::faults(db).await?;
    let broken: Vec<String> = now
        .since(&before)
        .filter(|fault| !forgiven.contains(&fault.subject))
        .map(|fault| format!("{}; {}", fault.sentence(), fault.resolution()))
        .collect();
    if broken.is_empty() { Ok(()) } else { Err(DbErr::Migration(broken.join("\n"))) }
}

/// Whether triggers, views or full-text tables that are there may need what it changes. What SQL of somebody's own does is theirs.
pub fn may_break(operation: &Operation) -> bool {
    let other = matches!(
        operation,
        Operation::CreateTable { .. }
            | Operation::CreateObject { .. }
            | Operation::Backfill { .. }
            | Operation::BackfillInBatches { .. }
            | Operation::SetComment { .. }
    );
    operation.table().is_some() && !other
}
