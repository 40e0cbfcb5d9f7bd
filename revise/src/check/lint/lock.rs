//! Rules for PostgreSQL: what rewrites or reads a whole table while others wait for its lock.

use super::{
    Finding, Linter,
    conversion::{Conversion, conversion},
    of,
    volatile::volatile_call,
};
use crate::{
    operation::{Operation, describe::spell},
    schema::{Check, Column, ForeignKey, Index, TableName, Type, Unique, clause, quote, quote_all},
};

impl Linter {
    pub(super) fn look_at_locks(&mut self, operation: &Operation) {
        if operation.table().is_some_and(|table| !self.is_old(table)) {
            return;
        }
        match operation {
            Operation::AddColumn { table, column } => self.volatile_default(table, column),
            Operation::AlterType { table, column, kind, using, before } => {
                let from = self.type_of(table, column, before.as_ref());
                let free = |from: &Type| conversion(from, kind, self.backend) == Conversion::Free;
                if using.is_some() || !from.as_ref().is_some_and(free) {
                    self.change_type(table, column, kind);
                }
            }
            Operation::AlterNull { table, column, nullable: false } => self.set_not_null(table, column),
            Operation::AddForeignKey { table, key } => self.add_foreign_key(table, key),
            Operation::AddUnique { table, unique } => self.add_unique(table, unique),
            Operation::CreateIndex { table, index, concurrently: false } => {
                self.create_index(table, index);
            }
            Operation::AddCheck { table, check } => self.add_check(table, check),
            Operation::RebuildEnum { name, .. } => self.rebuild_enum(name),
            Operation::DropEnum { name, .. } => self.findings.push(Finding::of(
                "drop-enum",
                name.clone(),
                format!("a program that is still running casts its parameters to `{name}` and fails"),
                "drop the type in a later migration, when no program that knows it is running".to_owned(),
            )),
            Operation::RenameEnumValue { name, from, to } => self.findings.push(Finding::of(
                "rename-enum-value",
                name.clone(),
                format!("a program that is still running writes `{from}` and does not know `{to}`"),
                format!("add `{to}` as a second one, release, update the rows, take `{from}` away in a later migration"),
            )),
            Operation::AddEnumValue { name, value, .. } => self.findings.push(Finding::of(
                "add-enum-value",
                name.clone(),
                format!(
                    "`{value}` cannot be used in the transaction that adds it, nor be taken away again without a \
                     rebuild, and a program that is still running cannot read it"
                ),
                format!("release a program that can read `{value}` before one that writes it"),
            )),
            _ => {}
        }
    }

    fn volatile_default(&mut self, table: &TableName, column: &Column) {
        let call = column.default.as_ref().and_then(volatile_call);
        let why = if let Some(call) = call {
            format!("`{call}()` may answer differently for every row")
        } else if !column.identity.is_none() {
            "every row is given a number".to_owned()
        } else if column.generated.as_ref().is_some_and(|generated| generated.stored) {
            "the value of every row is computed and stored".to_owned()
        } else {
            return;
        };
        let name = &column.name;
        self.findings.push(Finding::of(
            "volatile-default",
            of(table, name),
            format!("{why}, so `{table}` is rewritten under ACCESS EXCLUSIVE, which blocks reads meanwhile"),
            format!(
                "add `{name}` nullable and without it, set the default for new rows with .set_default(…), and fill the \
                 old rows with .backfill_in_batches(…)"
            ),
        ));
    }

    fn change_type(&mut self, table: &TableName, column: &str, kind: &Type) {
        self.findings.push(Finding::of(
            "change-type",
            of(table, column),
            format!("`{table}` and its indexes are rewritten under ACCESS EXCLUSIVE, which blocks reads meanwhile"),
            format!(
                "add a second column of {}, release a program that writes both, copy the values with .backfill_in_batches(…), drop \
                 `{column}` in a later migration",
                spell(kind)
            ),
        ));
    }

    fn set_not_null(&mut self, table: &TableName, column: &str) {
        let found = self.schema.table(table);
        let nullable =
            found.and_then(|found| found.find(column)).is_none_or(|found| found.nullable);
        let proven = |check: &Check| proves_not_null(&check.expression, column);
        if !nullable || found.is_some_and(|found| found.checks.iter().any(proven)) {
            return;
        }
        let (quoted, check) = (table.quoted(), quote(&format!("{}_not_null", column)));
        self.findings.push(Finding::of(
            "set-not-null",
            of(table, column),
            format!("all rows of `{table}` are read under ACCESS EXCLUSIVE, which blocks all access meanwhile"),
            format!(
                "ALTER TABLE {quoted} ADD CONSTRAINT {check} CHECK ({} IS NOT NULL) NOT VALID; in the next migration \
                 ALTER TABLE {quoted} VALIDATE CONSTRAINT {check}, then .set_not_null(…), which reads nothing more, and \
                 drop the check",
                quote(column)
            ),
        ));
    }

    fn add_foreign_key(&mut self, table: &TableName, key: &ForeignKey) {
        if clause::is_not_valid(&key.clause) {
            return;
        }
        let subject = of(table, &key.columns.join(", "));
        let name = key.name.clone().unwrap_or_else(|| part_name(table, &key.columns, "fkey"));
        let definition = format!(
            "FOREIGN KEY ({}) REFERENCES {} …",
            quote_all(&key.columns),
            key.references.quoted()
        );
        self.findings.push(Finding::of(
            "add-foreign-key",
            subject,
            format!(
                "`{table}` and `{}` take no writes (SHARE ROW EXCLUSIVE) while all rows are compared",
                key.references
            ),
            not_valid(table, &name, &definition),
        ));
    }

    fn add_unique(&mut self, table: &TableName, unique: &Unique) {
        let (columns, quoted) = (quote_all(&unique.columns), table.quoted());
        let name = unique.name.clone().unwrap_or_else(|| part_name(table, &unique.columns, "key"));
        let name = quote(&name);
        self.findings.push(Finding::of(
            "add-unique",
            of(table, &unique.columns.join(", ")),
            format!("`{table}` cannot be read or written (ACCESS EXCLUSIVE) while the index is built"),
            format!(
                "in a migration without a transaction: CREATE UNIQUE INDEX CONCURRENTLY {name} ON {quoted} ({columns}); \
                 then ALTER TABLE {quoted} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
            ),
        ));
    }

    fn create_index(&mut self, table: &TableName, index: &Index) {
        let columns: Vec<&str> = index.columns.iter().map(|column| column.name.as_str()).collect();
        self.findings.push(Finding::of(
            "create-index",
            of(table, &columns.join(", ")),
            format!("`{table}` cannot be written (SHARE) while `{}` is built", index.name),
            "use .create_index_concurrently(…) in a migration of its own without a transaction"
                .to_owned(),
        ));
    }

    fn add_check(&mut self, table: &TableName, check: &Check) {
        if clause::ends_not_valid(&check.expression) {
            return;
        }
        let name = check.name.clone().unwrap_or_else(|| part_name(table, &[], "check"));
        self.findings.push(Finding::of(
            "add-check",
            table.to_string(),
            format!("all rows of `{table}` are read under ACCESS EXCLUSIVE, which blocks all access meanwhile"),
            not_valid(table, &name, &format!("CHECK ({})", check.expression)),
        ));
    }

    fn rebuild_enum(&mut self, name: &str) {
        let uses = |kind: &Type| match kind {
            Type::Enum(found) => found == name,
            Type::Array(element) => **element == Type::Enum(name.to_owned()),
            _ => false,
        };
        let users = self.schema.tables.values().filter(|table| self.is_old(&table.name));
        let users = users.filter(|table| table.columns.iter().any(|column| uses(&column.kind)));
        let users: Vec<String> = users.map(|table| format!("`{}`", table.name)).collect();
        if users.is_empty() {
            return;
        }
        self.findings.push(Finding::of(
            "rebuild-enum",
            name.to_owned(),
            format!("{} rewritten under ACCESS EXCLUSIVE, which blocks reads meanwhile", is_are(&users)),
            "leave the value in the type and refuse it by a CHECK that is added NOT VALID, or do it while no program needs \
             the tables"
                .to_owned(),
        ));
    }
}

fn is_are(names: &[String]) -> String {
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

/// The two steps in which a constraint is added without reading the table under a lock.
fn not_valid(table: &TableName, name: &str, definition: &str) -> String {
    let (table, name) = (table.quoted(), quote(name));
    format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID, and in the next migration ALTER TABLE {table} \
         VALIDATE CONSTRAINT {name}"
    )
}

/// As PostgreSQL names a constraint that has no name.
fn part_name(table: &TableName, columns: &[String], ending: &str) -> String {
    let mut parts = vec![table.name.clone()];
    parts.extend(columns.iter().cloned());
    parts.push(ending.to_owned());
    parts.join("_")
}

/// Whether a check says that a column is not null, in which case PostgreSQL 12 and later read no rows.
fn proves_not_null(expression: &str, column: &str) -> bool {
    let bare = expression.trim().trim_matches(|mark| mark == '(' || mark == ')');
    let Some((name, rest)) = bare.split_at_checked(bare.len().saturating_sub(" is not null".len()))
    else {
        return false;
    };
    rest.eq_ignore_ascii_case(" is not null") && (name == column || name == quote(column))
}
