//! What the clause of a column, a key, a constraint or an index says. It is stored as it is written, and read only here.

/// Whether a foreign key need not hold for the rows that are there.
pub fn is_not_valid(clause: &str) -> bool {
    clause.to_uppercase().contains("NOT VALID")
}

/// Whether an expression of a check ends with the clause that it need not hold for the rows that are there.
pub fn ends_not_valid(expression: &str) -> bool {
    expression.to_uppercase().trim_end().ends_with("NOT VALID")
}

/// Whether a constraint is checked at the end of the transaction.
pub fn is_deferred(clause: &str) -> bool {
    clause.to_uppercase().contains("INITIALLY DEFERRED")
}

/// Whether a foreign key with some NULLs counts as a violation.
pub fn matches_full(clause: &str) -> bool {
    clause.to_uppercase().contains("MATCH FULL")
}

/// Whether two NULLs count as equal in a unique constraint or a unique index.
pub fn compares_nulls(clause: &str) -> bool {
    clause.to_uppercase().contains(NULLS_NOT_DISTINCT)
}

/// The words by which a unique constraint or index compares NULLs.
pub const NULLS_NOT_DISTINCT: &str = "NULLS NOT DISTINCT";

/// Whether it says what SQLite does on a conflict.
pub fn has_conflict(clause: &str) -> bool {
    clause.contains("ON CONFLICT")
}

/// Whether it is nothing but what SQLite does on a conflict.
pub fn is_conflict(clause: &str) -> bool {
    clause.starts_with("ON CONFLICT")
}

/// Whether a primary key of SQLite is sorted downwards, which makes it no name of the rowid.
pub fn is_descending(clause: &str) -> bool {
    clause.starts_with("DESC")
}

/// Whether a key of SQLite lists its columns in the clause, because it says more of them than their names.
pub fn lists_columns(clause: &str) -> bool {
    clause.starts_with('(')
}

/// Whether a column of an index is compared by a collation of its own.
pub fn is_collation(clause: &str) -> bool {
    clause.trim_start().to_uppercase().starts_with("COLLATE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_is_read_in_any_case_where_a_person_may_write_it() {
        assert!(is_not_valid("not valid") && is_not_valid("NOT VALID DEFERRABLE"));
        assert!(ends_not_valid("a > 0) not valid ") && !ends_not_valid("a <> 'NOT VALID'"));
        assert!(is_deferred("DEFERRABLE initially deferred") && !is_deferred("DEFERRABLE"));
        assert!(matches_full("match full") && compares_nulls("nulls not distinct"));
        assert!(is_collation(" collate \"C\"") && !is_collation("text_ops"));
    }

    #[test]
    fn a_clause_of_sqlite_is_read_as_it_stands_in_the_database() {
        assert!(is_conflict("ON CONFLICT FAIL") && has_conflict("DESC ON CONFLICT FAIL"));
        assert!(is_descending("DESC ON CONFLICT FAIL") && lists_columns("(\"a\" DESC)"));
    }
}
