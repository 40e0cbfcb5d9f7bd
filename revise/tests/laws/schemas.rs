//! Random schemas.

use sea_orm::DbBackend;
use sea_revise::schema::{
    Action, Check, Column, ForeignKey, Identity, Index, IndexColumn, PrimaryKey, Schema, Table,
    TableName, Type, Unique,
};

use super::{
    expressions::{computed, condition, generated},
    kinds,
    names::Names,
    random::Random,
    repair::repair,
};

/// Makes schemas and parts of them.
pub struct Maker {
    pub random: Random,
    pub backend: DbBackend,
    pub names: Names,
}

const VALUES: [&str; 6] = ["a", "b", "it's", "ü 世", "Z \"z\"", "new"];

impl Maker {
    pub fn new(seed: u64, backend: DbBackend) -> Self {
        Self { random: Random::new(seed), backend, names: Names::default() }
    }

    /// A schema of up to five tables.
    pub fn schema(&mut self) -> Schema {
        let mut schema = Schema::default();
        for _ in 0..self.random.below(3) {
            let (name, values) = (self.enum_name(), self.enum_values());
            schema.enums.insert(name, values);
        }
        for _ in 0..self.random.between(1, 5) {
            let table = self.table(&schema);
            schema.insert(table);
        }
        for _ in 0..self.random.below(5) {
            self.add_foreign_key(&mut schema);
        }
        repair(&mut schema, self.backend);
        schema
    }

    /// A name of an enum. A call of a function that is called like a type would be a cast to it.
    pub fn enum_name(&mut self) -> String {
        loop {
            let name = self.names.fresh(&mut self.random);
            if !["lower", "length", "abs"].contains(&name.as_str()) {
                return name;
            }
        }
    }

    /// Values of an enum.
    pub fn enum_values(&mut self) -> Vec<String> {
        self.random.some(&VALUES, 4).into_iter().map(str::to_owned).collect()
    }

    /// A table without foreign keys.
    pub fn table(&mut self, schema: &Schema) -> Table {
        let mut table = Table::new(self.names.fresh(&mut self.random));
        let mut names = Names::default();
        for _ in 0..self.random.between(1, 6) {
            let column = self.column(&mut names, schema);
            table.columns.push(column);
        }
        self.key(&mut table, &mut names);
        if self.random.percent(10)
            && let Some((kind, text, stored)) = generated(&mut self.random, &table, self.backend)
        {
            let name = names.fresh(&mut self.random);
            table.columns.push(Column::new(name, kind).nullable().generated(text, stored));
        }
        for _ in 0..self.random.below(3) {
            self.add_unique(&mut table);
            self.add_index(&mut table, schema);
        }
        for _ in 0..self.random.below(3) {
            self.add_check(&mut table, schema);
        }
        if self.backend == DbBackend::Sqlite {
            if self.random.percent(40) {
                table.options = self.options();
            }
        } else if self.random.percent(20) {
            table.comment = self.comment();
        }
        table
    }

    /// Options of a table of SQLite.
    pub fn options(&mut self) -> Vec<String> {
        let all: [&[&str]; 4] =
            [&[], &["STRICT"], &["WITHOUT ROWID"], &["STRICT", "WITHOUT ROWID"]];
        let options = *self.random.pick(&all).unwrap();
        options.iter().copied().map(str::to_owned).collect()
    }

    /// A name that no column of the table has.
    pub fn column_name(&mut self, table: &Table) -> String {
        loop {
            let mut names = Names::default();
            let mut name = names.fresh(&mut self.random);
            if self.random.percent(50) {
                name = format!(
                    "{}{}",
                    name.chars().take(20).collect::<String>(),
                    self.random.below(99)
                );
            }
            if !table.columns.iter().any(|column| column.name.to_lowercase() == name.to_lowercase())
            {
                return name;
            }
        }
    }

    /// A column.
    pub fn column(&mut self, names: &mut Names, schema: &Schema) -> Column {
        let enums: Vec<String> = schema.enums.keys().cloned().collect();
        let kind = kinds::any(&mut self.random, self.backend, &enums);
        let mut column = Column::new(names.fresh(&mut self.random), kind);
        column.nullable = self.random.percent(50);
        if self.random.percent(40) {
            column.default = self.default(&column.kind, schema);
        }
        if self.random.percent(12) {
            column.collation = self.collation(&column.kind);
        }
        if self.backend == DbBackend::Postgres && self.random.percent(15) {
            column.comment = self.comment();
        }
        column
    }

    /// A default.
    pub fn default(
        &mut self,
        kind: &Type,
        schema: &Schema,
    ) -> Option<sea_revise::schema::DefaultValue> {
        let values = values_of(schema, kind);
        kinds::default(&mut self.random, kind, self.backend, &values)
    }

    /// A collation.
    pub fn collation(&mut self, kind: &Type) -> Option<String> {
        kinds::collation(&mut self.random, kind, self.backend).map(str::to_owned)
    }

    /// A comment.
    pub fn comment(&mut self) -> Option<String> {
        let all = ["what it's for", "日本 \"quoted\"", "two\nlines", "back\\slash"];
        self.random.pick(&all).map(|text| (*text).to_owned())
    }

    /// Gives a table a primary key, or none.
    pub fn key(&mut self, table: &mut Table, names: &mut Names) {
        table.primary_key = None;
        let columns: Vec<String> = match self.random.below(20) {
            0..=2 => return,
            3..=12 => {
                let name = names.fresh(&mut self.random);
                let mut column = Column::new(&name, Type::Integer);
                let all = [Type::Integer, Type::Integer, Type::BigInteger, Type::SmallInteger];
                column.kind = self.random.pick(&all).unwrap().clone();
                let all =
                    [Identity::None, Identity::Automatic, Identity::Automatic, Identity::Always];
                column.identity = *self.random.pick(&all).unwrap();
                table.columns.insert(0, column);
                vec![name]
            }
            13..=15 => {
                let name = names.fresh(&mut self.random);
                table.columns.insert(0, Column::new(&name, kinds::of_key(&mut self.random)));
                vec![name]
            }
            _ => {
                let fit = |column: &&Column| column.generated.is_none();
                let all: Vec<String> =
                    table.columns.iter().filter(fit).map(|column| column.name.clone()).collect();
                self.random.some(&all, 3)
            }
        };
        let name = self.random.percent(20).then(|| self.names.fresh_part(&mut self.random));
        table.primary_key = Some(PrimaryKey { name, columns, clause: String::new() });
    }

    pub fn add_unique(&mut self, table: &mut Table) {
        let all: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let columns = self.random.some(&all, 3);
        let name = self.random.percent(40).then(|| self.names.fresh_part(&mut self.random));
        table.uniques.push(Unique { columns, name, clause: String::new() });
    }

    pub fn add_check(&mut self, table: &mut Table, schema: &Schema) {
        let values = |kind: &Type| values_of(schema, kind);
        if let Some(expression) = condition(&mut self.random, table, &values) {
            let name = self.random.percent(50).then(|| self.names.fresh_part(&mut self.random));
            table.checks.push(Check { expression, name });
        }
    }

    pub fn add_index(&mut self, table: &mut Table, schema: &Schema) {
        let name = self.names.fresh_part(&mut self.random);
        let index = self.index(table, schema, name);
        table.indexes.push(index);
    }

    /// An index of a name.
    pub fn index(&mut self, table: &Table, schema: &Schema, name: String) -> Index {
        let all: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let mut index = Index::new(name, []);
        for name in self.random.some(&all, 3) {
            let mut column = IndexColumn::new(&name);
            column.descending = self.random.percent(20);
            let kind = table.find(&name).map(|found| found.kind.clone());
            if self.random.percent(12)
                && let Some(name) = kind.and_then(|kind| self.collation(&kind))
            {
                column.clause = match self.backend {
                    DbBackend::Sqlite => format!("COLLATE {name}"),
                    _ => format!("COLLATE {}", sea_revise::schema::quote(&name)),
                };
            }
            if self.backend == DbBackend::Postgres && self.random.percent(10) {
                column.nulls_first = Some(!column.descending);
            }
            index.columns.push(column);
        }
        if self.random.percent(20)
            && let Some(text) = computed(&mut self.random, table)
        {
            index.columns.push(IndexColumn::expression(&text));
        }
        if self.random.percent(20) {
            let values = |kind: &Type| values_of(schema, kind);
            index.predicate = condition(&mut self.random, table, &values);
        }
        index.unique = self.random.percent(30);
        index
    }

    /// Adds a key from one table to another, or to itself, with columns of its own where none fit.
    pub fn add_foreign_key(&mut self, schema: &mut Schema) {
        let names: Vec<TableName> = schema.tables.keys().cloned().collect();
        let (child, parent) =
            (self.random.pick(&names).unwrap().clone(), self.random.pick(&names).unwrap().clone());
        let parent = schema.tables[&parent].clone();
        let keys: Vec<Vec<String>> = parent
            .primary_key
            .iter()
            .map(|key| key.columns.clone())
            .chain(parent.uniques.iter().map(|unique| unique.columns.clone()))
            .collect();
        let Some(referenced) = self.random.pick(&keys).cloned() else { return };
        let mut table = schema.tables[&child].clone();
        let Some(columns) = self.key_columns(&mut table, &parent, &referenced) else { return };
        let key = ForeignKey {
            columns,
            references: parent.name,
            referenced,
            ..ForeignKey::new([], "", [])
        };
        table.foreign_keys.push(self.with_actions(key));
        schema.insert(table);
    }

    /// The columns of a key that points at `referenced`; those that are missing are added to the table.
    fn key_columns(
        &mut self,
        table: &mut Table,
        parent: &Table,
        referenced: &[String],
    ) -> Option<Vec<String>> {
        let mut columns = Vec::new();
        for target in referenced {
            let target = parent.find(target)?;
            let fit = |column: &&Column| {
                column.kind == target.kind
                    && column.generated.is_none()
                    && !columns.contains(&column.name)
            };
            let found: Vec<String> =
                table.columns.iter().filter(fit).map(|column| column.name.clone()).collect();
            let reuse = self.random.percent(40);
            match self.random.pick(&found) {
                Some(name) if reuse => columns.push(name.clone()),
                _ => {
                    let name = self.column_name(table);
                    let mut column = Column::new(&name, target.kind.clone());
                    column.nullable = self.random.percent(60);
                    table.columns.push(column);
                    columns.push(name);
                }
            }
        }
        Some(columns)
    }

    fn with_actions(&mut self, mut key: ForeignKey) -> ForeignKey {
        let actions = [
            Action::NoAction,
            Action::Restrict,
            Action::Cascade,
            Action::SetNull,
            Action::SetDefault,
        ];
        key.on_delete = *self.random.pick(&actions).unwrap();
        key.on_update = *self.random.pick(&actions).unwrap();
        key.name = self.random.percent(30).then(|| self.names.fresh_part(&mut self.random));
        if self.random.percent(10) {
            "DEFERRABLE INITIALLY DEFERRED".clone_into(&mut key.clause);
        }
        key
    }
}

/// The values of an enum type, or none.
pub fn values_of(schema: &Schema, kind: &Type) -> Vec<String> {
    match kind {
        Type::Enum(name) => schema.enums.get(name).cloned().unwrap_or_default(),
        _ => Vec::new(),
    }
}
