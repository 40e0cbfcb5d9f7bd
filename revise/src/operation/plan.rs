//! What a migration does, written down step by step and carried out by [`Plan::apply`].

#![expect(
    clippy::too_many_arguments,
    reason = "a call in a migration names each part, and migrations that were written have to compile"
)]

mod definition;
mod rename;

use serde::Serialize;

use crate::{
    operation::{DefinitionKind, Operation},
    schema::{
        Check, Column, DatabaseObject, DefaultValue, ForeignKey, Identity, Index, PrimaryKey,
        SqlDefinition, Table, TableName, Type, Unique,
    },
};

/// Operations in the order in which they happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Plan {
    /// The operations.
    pub operations: Vec<Operation>,
}

impl Plan {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds any operation.
    #[must_use]
    pub fn with(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Creates a table with its keys, constraints and indexes.
    #[must_use]
    pub fn create_table(self, table: Table) -> Self {
        self.with(Operation::CreateTable { table })
    }

    /// Drops a table and its rows.
    #[must_use]
    pub fn drop_table(self, table: impl Into<TableName>) -> Self {
        self.with(Operation::DropTable { table: table.into(), before: None })
    }

    /// Adds a column after the others.
    #[must_use]
    pub fn add_column(self, table: impl Into<TableName>, column: Column) -> Self {
        self.with(Operation::AddColumn { table: table.into(), column })
    }

    /// Drops a column and its values.
    #[must_use]
    pub fn drop_column(self, table: impl Into<TableName>, column: &str) -> Self {
        let column = column.to_owned();
        self.with(Operation::DropColumn { table: table.into(), column, before: None })
    }

    /// Changes a column's type; its values are cast.
    #[must_use]
    pub fn alter_type(self, table: impl Into<TableName>, column: &str, kind: Type) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        self.with(Operation::AlterType { table, column, kind, using: None, before: None })
    }

    /// Changes a column's type; its values are computed from the old row by an expression in SQL.
    #[must_use]
    pub fn alter_type_using(
        self,
        table: impl Into<TableName>,
        column: &str,
        kind: Type,
        using: &str,
    ) -> Self {
        let (table, column, using) = (table.into(), column.to_owned(), Some(using.to_owned()));
        self.with(Operation::AlterType { table, column, kind, using, before: None })
    }

    /// Refuses NULL in a column. Rows that have NULL stop the migration; see [`Plan::backfill`].
    #[must_use]
    pub fn set_not_null(self, table: impl Into<TableName>, column: &str) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        self.with(Operation::AlterNull { table, column, nullable: false })
    }

    /// Lets a column be NULL.
    #[must_use]
    pub fn drop_not_null(self, table: impl Into<TableName>, column: &str) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        self.with(Operation::AlterNull { table, column, nullable: true })
    }

    /// Gives a column a default, for rows that come later.
    #[must_use]
    pub fn set_default(
        self,
        table: impl Into<TableName>,
        column: &str,
        default: impl Into<DefaultValue>,
    ) -> Self {
        let (table, column, default) = (table.into(), column.to_owned(), Some(default.into()));
        self.with(Operation::AlterDefault { table, column, default, before: None })
    }

    /// Takes a column's default away.
    #[must_use]
    pub fn drop_default(self, table: impl Into<TableName>, column: &str) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        self.with(Operation::AlterDefault { table, column, default: None, before: None })
    }

    /// Changes whether the database numbers the rows.
    #[must_use]
    pub fn set_identity(
        self,
        table: impl Into<TableName>,
        column: &str,
        before: Identity,
        identity: Identity,
    ) -> Self {
        let (table, column) = (table.into(), column.to_owned());
        self.with(Operation::SetIdentity { table, column, identity, before })
    }

    /// Gives a value, an expression in SQL, to the rows that have NULL in a column.
    #[must_use]
    pub fn backfill(self, table: impl Into<TableName>, column: &str, value: &str) -> Self {
        let (table, column, value) = (table.into(), column.to_owned(), value.to_owned());
        self.with(Operation::Backfill { table, column, value })
    }

    /// Changes the rows of a table once the migration is done, so many keys at a time: `set` and `condition` are the SQL after `SET` and
    /// `WHERE` (an empty condition means every row). Comes last in its migration.
    ///
    /// `upgrade` runs it without the lock for schema changes and outside of the migration's transaction. How far it is stands in the
    /// database, and the next `upgrade` goes on after the last batch. Rows that are added meanwhile are not looked at again. In a `down`
    /// and in a shadow it is one statement; nothing is taken back unless the `down` says how.
    #[must_use]
    pub fn backfill_in_batches(
        self,
        table: impl Into<TableName>,
        set: &str,
        condition: &str,
        size: u32,
    ) -> Self {
        let (table, set, condition) = (table.into(), set.to_owned(), condition.to_owned());
        self.with(Operation::BackfillInBatches { table, set, condition, size })
    }

    /// Adds a primary key.
    #[must_use]
    pub fn add_primary_key(self, table: impl Into<TableName>, key: PrimaryKey) -> Self {
        self.with(Operation::AddPrimaryKey { table: table.into(), key })
    }

    /// Drops the primary key.
    #[must_use]
    pub fn drop_primary_key(self, table: impl Into<TableName>) -> Self {
        self.with(Operation::DropPrimaryKey { table: table.into(), before: None })
    }

    /// Adds a unique constraint, which SQLite keeps as a unique index.
    #[must_use]
    pub fn add_unique(self, table: impl Into<TableName>, unique: Unique) -> Self {
        self.with(Operation::AddUnique { table: table.into(), unique })
    }

    /// Drops the unique constraint, or else the unique index, on exactly these columns.
    #[must_use]
    pub fn drop_unique<const N: usize>(
        self,
        table: impl Into<TableName>,
        columns: [&str; N],
    ) -> Self {
        let columns = columns.map(str::to_owned).to_vec();
        self.with(Operation::DropUnique { table: table.into(), columns, before: None })
    }

    /// Creates an index.
    #[must_use]
    pub fn create_index(self, table: impl Into<TableName>, index: Index) -> Self {
        self.with(Operation::CreateIndex { table: table.into(), index, concurrently: false })
    }

    /// Creates an index without blocking writers. The migration has to run without a transaction.
    #[must_use]
    pub fn create_index_concurrently(self, table: impl Into<TableName>, index: Index) -> Self {
        self.with(Operation::CreateIndex { table: table.into(), index, concurrently: true })
    }

    /// Drops an index.
    #[must_use]
    pub fn drop_index(self, table: impl Into<TableName>, index: &str) -> Self {
        let index = index.to_owned();
        self.with(Operation::DropIndex { table: table.into(), index, before: None })
    }

    /// Adds a foreign key. Rows that point at nothing stop the migration.
    #[must_use]
    pub fn add_foreign_key(self, table: impl Into<TableName>, key: ForeignKey) -> Self {
        self.with(Operation::AddForeignKey { table: table.into(), key })
    }

    /// Drops the foreign key on exactly these columns.
    #[must_use]
    pub fn drop_foreign_key<const N: usize>(
        self,
        table: impl Into<TableName>,
        columns: [&str; N],
    ) -> Self {
        let columns = columns.map(str::to_owned).to_vec();
        self.with(Operation::DropForeignKey { table: table.into(), columns, before: None })
    }

    /// Adds a check constraint. Rows that fail it stop the migration.
    #[must_use]
    pub fn add_check(self, table: impl Into<TableName>, check: Check) -> Self {
        self.with(Operation::AddCheck { table: table.into(), check })
    }

    /// Drops a check constraint, found by its name or else by its expression.
    #[must_use]
    pub fn drop_check(self, table: impl Into<TableName>, check: Check) -> Self {
        self.with(Operation::DropCheck { table: table.into(), check })
    }

    /// Sets a column's comment, or takes it away.
    #[must_use]
    pub fn comment_column(
        self,
        table: impl Into<TableName>,
        column: &str,
        comment: Option<&str>,
    ) -> Self {
        let (column, comment) = (Some(column.to_owned()), comment.map(str::to_owned));
        self.with(Operation::SetComment { table: table.into(), column, comment, before: None })
    }

    /// Sets a table's comment, or takes it away.
    #[must_use]
    pub fn comment_table(self, table: impl Into<TableName>, comment: Option<&str>) -> Self {
        let comment = comment.map(str::to_owned);
        self.with(Operation::SetComment {
            table: table.into(),
            column: None,
            comment,
            before: None,
        })
    }

    /// Creates an enum type; nothing on SQLite.
    #[must_use]
    pub fn create_enum<const N: usize>(self, name: &str, values: [&str; N]) -> Self {
        let values = values.map(str::to_owned).to_vec();
        self.with(Operation::CreateEnum { name: name.to_owned(), values })
    }

    /// Drops an enum type; nothing on SQLite.
    #[must_use]
    pub fn drop_enum(self, name: &str) -> Self {
        self.with(Operation::DropEnum { name: name.to_owned(), before: Vec::new() })
    }

    /// Adds a value to an enum type, before another one or else as the last; nothing on SQLite.
    #[must_use]
    pub fn add_enum_value(self, name: &str, value: &str, before: Option<&str>) -> Self {
        let (name, value, before) = (name.to_owned(), value.to_owned(), before.map(str::to_owned));
        self.with(Operation::AddEnumValue { name, value, before })
    }

    /// Gives a value of an enum type another name; on SQLite, nothing.
    #[must_use]
    pub fn rename_enum_value(self, name: &str, from: &str, to: &str) -> Self {
        let (name, from, to) = (name.to_owned(), from.to_owned(), to.to_owned());
        self.with(Operation::RenameEnumValue { name, from, to })
    }

    /// Makes an enum type anew with these values; `map` says what dropped values become. Nothing on SQLite.
    #[must_use]
    pub fn rebuild_enum<const N: usize, const M: usize>(
        self,
        name: &str,
        values: [&str; N],
        map: [(&str, &str); M],
    ) -> Self {
        let values = values.map(str::to_owned).to_vec();
        let map = map.map(|(from, to)| (from.to_owned(), to.to_owned())).to_vec();
        self.with(Operation::RebuildEnum { name: name.to_owned(), values, map, before: Vec::new() })
    }

    /// Creates a view; `sql` is the whole statement.
    #[must_use]
    pub fn create_view(self, name: impl Into<TableName>, sql: &str) -> Self {
        let table = name.into();
        let object = SqlDefinition { name: table.name.clone(), sql: sql.to_owned() };
        self.with(Operation::CreateObject { kind: DefinitionKind::View, table, object })
    }

    /// Drops a view.
    #[must_use]
    pub fn drop_view(self, name: impl Into<TableName>) -> Self {
        let table = name.into();
        let object = SqlDefinition { name: table.name.clone(), sql: String::new() };
        self.with(Operation::DropObject { kind: DefinitionKind::View, table, object })
    }

    /// Creates a trigger on a table; `sql` is the whole statement.
    #[must_use]
    pub fn create_trigger(self, table: impl Into<TableName>, name: &str, sql: &str) -> Self {
        let object = SqlDefinition { name: name.to_owned(), sql: sql.to_owned() };
        self.with(Operation::CreateObject {
            kind: DefinitionKind::Trigger,
            table: table.into(),
            object,
        })
    }

    /// Drops a trigger of a table.
    #[must_use]
    pub fn drop_trigger(self, table: impl Into<TableName>, name: &str) -> Self {
        let object = SqlDefinition { name: name.to_owned(), sql: String::new() };
        self.with(Operation::DropObject {
            kind: DefinitionKind::Trigger,
            table: table.into(),
            object,
        })
    }

    /// Creates an object that the model does not take apart, such as a function, or replaces it; nothing on SQLite.
    #[must_use]
    pub fn create_extra(self, name: &str, sql: &str, drop: &str) -> Self {
        self.with(Operation::CreateDatabaseObject {
            object: DatabaseObject::new(name, sql, drop),
            before: None,
        })
    }

    /// Drops such an object; `sql` creates it again. Nothing on SQLite.
    #[must_use]
    pub fn drop_extra(self, name: &str, sql: &str, drop: &str) -> Self {
        self.with(Operation::DropDatabaseObject { object: DatabaseObject::new(name, sql, drop) })
    }

    /// Runs SQL on both databases.
    #[must_use]
    pub fn raw_sql(self, sql: &str) -> Self {
        let sql = Some(sql.to_owned());
        self.with(Operation::Sql { sqlite: sql.clone(), postgres: sql })
    }

    /// Runs SQL of its own on each database, as one step.
    #[must_use]
    pub fn raw_sql_each(self, sqlite: &str, postgres: &str) -> Self {
        let (sqlite, postgres) = (Some(sqlite.to_owned()), Some(postgres.to_owned()));
        self.with(Operation::Sql { sqlite, postgres })
    }

    /// Runs SQL on SQLite only.
    #[must_use]
    pub fn raw_sqlite(self, sql: &str) -> Self {
        self.with(Operation::Sql { sqlite: Some(sql.to_owned()), postgres: None })
    }

    /// Runs SQL on PostgreSQL only.
    #[must_use]
    pub fn raw_postgres(self, sql: &str) -> Self {
        self.with(Operation::Sql { sqlite: None, postgres: Some(sql.to_owned()) })
    }
}
