//! Rules that hold on both databases: lost values, broken programs, SQL that cannot be judged.

use sea_orm::DbBackend;

use super::{
    Finding, Linter,
    conversion::{Conversion, conversion},
    of,
};
use crate::{
    operation::{
        Operation,
        describe::{describe, spell},
    },
    schema::{Column, DefaultValue, TableName, Type},
};

impl Linter {
    pub(super) fn look_at_data(&mut self, operation: &Operation) {
        if operation.table().is_some_and(|table| !self.is_old(table)) {
            return;
        }
        match operation {
            Operation::DropTable { table, .. } => self.drop_table(table),
            Operation::DropColumn { table, column, .. }
                if !self.origins.is_added(table, column) =>
            {
                self.drop_column(table, column);
            }
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::RenameColumn { table, from, to } if !self.origins.is_added(table, from) => {
                self.rename_column(table, from, to);
            }
            Operation::AddColumn { table, column } => self.add_not_null(table, column),
            Operation::AlterNull { table, column, nullable: true }
                if !self.origins.is_added(table, column) =>
            {
                self.drop_not_null(table, column);
            }
            Operation::AlterType { .. } => self.narrow_type(operation),
            Operation::AddPrimaryKey { table, .. } | Operation::DropPrimaryKey { table, .. } => {
                self.change_primary_key(table);
            }
            Operation::Sql { sqlite, postgres } => {
                let sql = if self.backend == DbBackend::Sqlite { sqlite } else { postgres };
                self.raw_sql(sql.as_ref());
            }
            _ => {}
        }
    }

    fn drop_table(&mut self, table: &TableName) {
        self.findings.push(Finding::of(
            "drop-table",
            table.to_string(),
            format!("the rows of `{table}` are lost, `down` makes an empty table"),
            "first release a program that does not use the table, and drop it in a later migration, after a backup"
                .to_owned(),
        ));
    }

    fn drop_column(&mut self, table: &TableName, column: &str) {
        self.findings.push(Finding::of(
            "drop-column",
            of(table, column),
            format!("the values of `{column}` are lost, `down` makes an empty column"),
            "first release a program that does not use the column, and drop it in a later migration, after a backup"
                .to_owned(),
        ));
    }

    fn drop_not_null(&mut self, table: &TableName, column: &str) {
        self.findings.push(Finding::of(
            "drop-not-null",
            of(table, column),
            format!("a program that is still running does not expect NULL in `{column}`"),
            "first release a program that can read NULL, and migrate then".to_owned(),
        ));
    }

    /// Statements of the migration's own, where it has some for this database.
    fn raw_sql(&mut self, sql: Option<&String>) {
        if sql.is_none() {
            return;
        }
        let only = Operation::Sql { sqlite: sql.cloned(), postgres: sql.cloned() };
        self.findings.push(Finding::of(
            "raw-sql",
            "sql".to_owned(),
            format!("what this does is not checked: {}", describe(&only)),
            "use the typed operations where there is one, and try it on a copy of the database"
                .to_owned(),
        ));
    }

    fn rename_table(&mut self, from: &TableName, to: &TableName) {
        self.findings.push(Finding::of(
            "rename-table",
            from.to_string(),
            format!("a program that is still running asks for `{from}` and fails"),
            format!(
                "keep the old name as a view until the new program is released: CREATE VIEW {} AS SELECT * FROM {}",
                from.quoted(),
                to.quoted()
            ),
        ));
    }

    fn rename_column(&mut self, table: &TableName, from: &str, to: &str) {
        self.findings.push(Finding::of(
            "rename-column",
            of(table, from),
            format!("a program that is still running asks for `{from}` and fails"),
            format!(
                "expand and contract: add `{to}`, release a program that writes both, copy the values, release one \
                 that reads `{to}`, drop `{from}` in a later migration"
            ),
        ));
    }

    fn add_not_null(&mut self, table: &TableName, column: &Column) {
        let null = |default: &DefaultValue| default.to_sql().trim().eq_ignore_ascii_case("null");
        let valued = column.default.as_ref().is_some_and(|default| !null(default))
            || !column.identity.is_none()
            || column.generated.is_some();
        if column.nullable || valued {
            return;
        }
        let name = &column.name;
        self.findings.push(Finding::of(
            "add-not-null-without-default",
            of(table, name),
            format!("the rows that are in `{table}` have no value for `{name}`; it works while the table is empty only"),
            format!(
                "give it a default, or add it nullable, then .backfill({table:?}, {name:?}, …) and \
                 .set_not_null({table:?}, {name:?})",
                table = table.to_string()
            ),
        ));
    }

    /// A change of type that casts the values.
    fn narrow_type(&mut self, operation: &Operation) {
        let Operation::AlterType { table, column, kind: to, using: None, before } = operation
        else {
            return;
        };
        let Some(from) = self.type_of(table, column, before.as_ref()) else { return };
        if self.origins.is_added(table, column)
            || conversion(&from, to, self.backend) != Conversion::Narrow
        {
            return;
        }
        let kind = spell(to);
        self.findings.push(Finding::of(
            "narrow-type",
            of(table, column),
            format!(
                "`{column}` may have values that {kind} cannot hold, or holds otherwise than {} did",
                spell(&from)
            ),
            format!(
                "say how a value is computed with .alter_type_using(…), or add a second column of {kind} and drop \
                 the old one in a later migration"
            ),
        ));
    }

    /// The type of a column before the operation at hand.
    pub(super) fn type_of(
        &self,
        table: &TableName,
        column: &str,
        before: Option<&Type>,
    ) -> Option<Type> {
        let known = self.schema.table(table).and_then(|table| table.find(column));
        known.map(|column| &column.kind).or(before).cloned()
    }

    /// Dropping the old key and adding the new one is one change.
    fn change_primary_key(&mut self, table: &TableName) {
        let subject = table.to_string();
        let known = |rule: &str, about: &str| rule == "change-primary-key" && about == subject;
        if self.findings.iter().any(|finding| known(finding.rule, &finding.subject)) {
            return;
        }
        let message = format!(
            "rows of `{table}` are known by another key: foreign keys, caches and URLs keep the old one"
        );
        let safe = "expand and contract: add the new key as a unique column, point everything at it, change the primary \
                    key in a later migration";
        self.findings.push(Finding::of("change-primary-key", subject, message, safe.to_owned()));
    }
}
