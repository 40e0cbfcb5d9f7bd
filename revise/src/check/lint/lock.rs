//! Rules for PostgreSQL: what rewrites or reads a whole table while others wait for its lock.

use super::{
    Finding, Linter,
    conversion::{Conversion, conversion},
    of,
    volatile::volatile_call,
};
use crate::{
    operation::{Operation, describe::spell},
    postgres::{Made, online, proves_not_null},
    schema::{Check, Column, ForeignKey, Index, TableName, Type, Unique, clause},
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
            Operation::AlterNull { nullable: false, .. }
            | Operation::AddForeignKey { .. }
            | Operation::AddUnique { .. }
            | Operation::AddCheck { .. } => self.look_at_constraint(operation),
            Operation::CreateIndex { table, index, concurrently: false } => {
                self.create_index(table, index);
            }
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

    fn look_at_constraint(&mut self, operation: &Operation) {
        let online = online(&self.schema, operation);
        if self.in_steps && online.is_some() {
            return;
        }
        let safe = match online.map(|online| online.made) {
            Some(Made::Index(_)) => {
                "let `use_transaction` of the migration be `Some(false)`: then the index is built concurrently, and becomes the constraint"
            }
            Some(Made::Constraint) => {
                "let `use_transaction` of the migration be `Some(false)`: then it is added NOT VALID, and the rows are read while others \
                 read and write them"
            }
            None => "do it while no program needs the table",
        };
        match operation {
            Operation::AlterNull { table, column, .. } => self.set_not_null(table, column, safe),
            Operation::AddForeignKey { table, key } => self.add_foreign_key(table, key, safe),
            Operation::AddUnique { table, unique } => self.add_unique(table, unique, safe),
            Operation::AddCheck { table, check } => self.add_check(table, check, safe),
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

    fn set_not_null(&mut self, table: &TableName, column: &str, safe: &str) {
        let found = self.schema.table(table);
        let nullable =
            found.and_then(|found| found.find(column)).is_none_or(|found| found.nullable);
        let proven = |check: &Check| proves_not_null(&check.expression, column);
        if !nullable || found.is_some_and(|found| found.checks.iter().any(proven)) {
            return;
        }
        self.findings.push(Finding::of(
            "set-not-null",
            of(table, column),
            format!("all rows of `{table}` are read under ACCESS EXCLUSIVE, which blocks all access meanwhile"),
            safe.to_owned(),
        ));
    }

    fn add_foreign_key(&mut self, table: &TableName, key: &ForeignKey, safe: &str) {
        if clause::is_not_valid(&key.clause) {
            return;
        }
        self.findings.push(Finding::of(
            "add-foreign-key",
            of(table, &key.columns.join(", ")),
            format!(
                "`{table}` and `{}` take no writes (SHARE ROW EXCLUSIVE) while all rows are compared",
                key.references
            ),
            safe.to_owned(),
        ));
    }

    fn add_unique(&mut self, table: &TableName, unique: &Unique, safe: &str) {
        self.findings.push(Finding::of(
            "add-unique",
            of(table, &unique.columns.join(", ")),
            format!(
                "`{table}` cannot be read or written (ACCESS EXCLUSIVE) while the index is built"
            ),
            safe.to_owned(),
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

    fn add_check(&mut self, table: &TableName, check: &Check, safe: &str) {
        if clause::ends_not_valid(&check.expression) {
            return;
        }
        self.findings.push(Finding::of(
            "add-check",
            table.to_string(),
            format!("all rows of `{table}` are read under ACCESS EXCLUSIVE, which blocks all access meanwhile"),
            safe.to_owned(),
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
