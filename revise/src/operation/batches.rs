//! Changes of rows in batches: the statement that changes them all, and where in a migration they may be.

use super::Operation;

/// The statement that changes all rows, or those in a `range` of keys. `table` is a name in SQL.
#[must_use]
pub(crate) fn update(table: &str, (set, condition): (&str, &str), range: &str) -> String {
    let condition = match condition.trim() {
        "" => String::new(),
        condition => format!("({condition})"),
    };
    let parts = [range, condition.as_str()];
    let wanted = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let clause = if wanted.is_empty() { "" } else { " WHERE " };
    format!("UPDATE {table} SET {set}{clause}{}", wanted.join(" AND "))
}

/// Whether an operation is carried out after the migration.
pub(crate) fn is_later(operation: &Operation) -> bool {
    matches!(operation, Operation::BackfillInBatches { .. })
}

/// Where the operations of a migration end that are carried out before it is done.
///
/// # Errors
/// With a sentence, when others come after those that are carried out later.
pub(crate) fn end_of_first(operations: &[Operation]) -> Result<usize, String> {
    let end = operations.iter().position(is_later).unwrap_or(operations.len());
    let (_, later) = operations.split_at(end);
    if let Some(next) = later.iter().find(|operation| !is_later(operation)) {
        return Err(format!(
            "`{}` comes after a change in batches, which is only done when the migration is; write it into the next migration",
            super::describe::describe(next)
        ));
    }
    for operation in later {
        if let Operation::BackfillInBatches { table, set, size, .. } = operation
            && (*size == 0 || set.trim().is_empty())
        {
            let what = if *size == 0 { "batches of 0 rows" } else { "nothing after SET" };
            return Err(format!(
                "a change of `{table}` in batches has {what}, expected 1 row or more and what they become"
            ));
        }
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Plan;

    #[test]
    fn what_comes_after_batches_is_refused() {
        let plan = Plan::new().raw_sql("x").backfill_in_batches("a", "b = 1", "", 5);
        assert_eq!(end_of_first(&plan.operations), Ok(1));
        let twice = plan.backfill_in_batches("c", "d = 1", "d IS NULL", 5);
        assert_eq!(end_of_first(&twice.operations), Ok(1));
        let error = end_of_first(&twice.set_not_null("c", "d").operations).unwrap_err();
        assert!(error.contains("`c.d: not null` comes after a change in batches"), "{error}");
        for (set, size, says) in [("b = 1", 0, "batches of 0 rows"), (" ", 1, "nothing after SET")]
        {
            let plan = Plan::new().backfill_in_batches("a", set, "", size);
            let error = end_of_first(&plan.operations).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_condition_is_one_whole() {
        assert_eq!(update("t", ("a = 1", ""), ""), "UPDATE t SET a = 1");
        assert_eq!(update("t", ("a = 1", "b OR c"), ""), "UPDATE t SET a = 1 WHERE (b OR c)");
        assert_eq!(
            update("t", ("a = 1", "b OR c"), "(id) > (5)"),
            "UPDATE t SET a = 1 WHERE (id) > (5) AND (b OR c)"
        );
    }
}
