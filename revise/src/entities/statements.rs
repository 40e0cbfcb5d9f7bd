//! SeaORM's own statements, taken apart as far as a shadow needs it: keys that point at tables to come, tables of other
//! schemas, and types that only PostgreSQL has.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    DbBackend,
    sea_query::{
        ForeignKeyAction, IndexCreateStatement, IntoIden, SchemaName, Table as Statement,
        TableCreateStatement, TableName as QualifiedName, TableRef,
    },
};

use super::{Entity, columns, keys::keys, made_up, split_comment};
use crate::schema::{Action, ForeignKey, Index, Schema, TableName, quote, quote_all, quote_text};

/// What creates the entities' tables in an empty database.
pub(crate) struct Statements {
    entities: Vec<Entity>,
    indexes: Vec<(TableName, Index)>,
    backend: DbBackend,
}

impl Statements {
    pub(super) fn new(
        entities: Vec<Entity>,
        indexes: Vec<(TableName, Index)>,
        backend: DbBackend,
    ) -> Self {
        Self { entities, indexes, backend }
    }

    /// The schemas that entities name, besides the connection's own. SQLite has none.
    pub fn schemas(&self) -> BTreeSet<String> {
        let names = self.entities.iter().map(|entity| table_name(&entity.table, self.backend));
        names.filter_map(|name| name.schema).collect()
    }

    /// Tables that keys point at and that are no entities, with the keys that have to be there.
    pub fn stubs(&self) -> BTreeMap<TableName, BTreeSet<Vec<String>>> {
        let known: BTreeSet<TableName> =
            self.entities.iter().map(|entity| table_name(&entity.table, self.backend)).collect();
        let mut stubs: BTreeMap<TableName, BTreeSet<Vec<String>>> = BTreeMap::new();
        for key in self.entities.iter().flat_map(|entity| keys(&entity.table, self.backend)) {
            if !known.contains(&key.references) {
                stubs.entry(key.references).or_default().insert(key.referenced);
            }
        }
        stubs
    }

    /// The statements, in an order that needs no key before its table. `schema` says how a schema is called in the
    /// shadow.
    pub fn sql(&self, schema: &dyn Fn(&str) -> String) -> Vec<String> {
        let mapped = |name: &TableName| TableName {
            schema: name.schema.as_deref().map(schema),
            name: name.name.clone(),
        };
        let mut sql = self.enums();
        let postgres = self.backend == DbBackend::Postgres;
        if postgres {
            sql.extend(self.stub_tables(&mapped));
        }
        for entity in &self.entities {
            let name = mapped(&table_name(&entity.table, self.backend));
            let keys = if postgres { Vec::new() } else { self.keys_of(entity) };
            sql.push(self.backend.build(&table(entity, &name, keys, self.backend)).sql);
        }
        for entity in &self.entities {
            let name = mapped(&table_name(&entity.table, self.backend));
            let indexes = entity.indexes.iter().map(|index| on_table(index, &name));
            sql.extend(indexes.map(|index| self.backend.build(&index).sql));
        }
        for (table, index) in &self.indexes {
            let table =
                TableName { schema: table.schema.clone().filter(|_| postgres), ..table.clone() };
            sql.push(claimed(&mapped(&table), index, postgres));
        }
        if postgres {
            sql.extend(self.keys_and_comments(&mapped));
        }
        sql
    }

    /// Keys stand on unique constraints and indexes, of whichever entity, so they come after all of them.
    fn keys_and_comments(&self, mapped: &dyn Fn(&TableName) -> TableName) -> Vec<String> {
        let uniques = made_up::uniques(&self.entities, &self.indexes, self.backend);
        let mut sql: Vec<String> =
            uniques.iter().map(|unique| unique.sql(&mapped(&unique.table))).collect();
        for entity in &self.entities {
            let name = mapped(&table_name(&entity.table, self.backend));
            let keys = self.keys_of(entity).into_iter();
            let keys = keys.map(|key| ForeignKey { references: mapped(&key.references), ..key });
            sql.extend(keys.map(|key| add_key(&name, &key)));
            sql.extend(comments(&entity.table, &name));
        }
        sql
    }

    /// The keys of an entity. Relations that lead the same way are one key.
    fn keys_of(&self, entity: &Entity) -> Vec<ForeignKey> {
        let mut distinct: Vec<ForeignKey> = Vec::new();
        for key in keys(&entity.table, self.backend) {
            let same = |other: &ForeignKey| {
                (&other.columns, &other.references, &other.referenced)
                    == (&key.columns, &key.references, &key.referenced)
            };
            if !distinct.iter().any(same) {
                distinct.push(key);
            }
        }
        distinct
    }

    /// Takes out of a shadow what was only made so that the entities' keys could be.
    pub fn without_made_up(&self, schema: &mut Schema) {
        for stub in self.stubs().keys() {
            schema.tables.remove(stub);
        }
        for table in schema.tables.values_mut() {
            table.uniques.retain(|unique| !made_up::is_made_up(unique));
        }
        let refused = self.entities.iter().flat_map(|entity| self.refused_keys(entity, schema));
        let refused: Vec<String> = refused.collect();
        schema.unmanaged.extend(refused);
    }

    /// The keys of an entity that the database did not take, in words.
    fn refused_keys(&self, entity: &Entity, schema: &Schema) -> Vec<String> {
        let name = table_name(&entity.table, self.backend);
        let Some(table) = schema.table(&name) else { return Vec::new() };
        let is_there = |key: &ForeignKey| {
            let alike = |found: &ForeignKey| {
                (&found.columns, &found.references) == (&key.columns, &key.references)
            };
            table.foreign_keys.iter().any(alike)
        };
        let refused = self.keys_of(entity).into_iter().filter(|key| !is_there(key));
        let words = |key: ForeignKey| {
            let (columns, referenced) = (key.columns.join(", "), key.referenced.join(", "));
            format!("relation {name}({columns}) → {}({referenced}), of other types", key.references)
        };
        refused.map(words).collect()
    }

    /// A table that two entities have.
    pub fn repeated(&self) -> Option<TableName> {
        let mut seen = BTreeSet::new();
        let mut names = self.entities.iter().map(|entity| table_name(&entity.table, self.backend));
        names.find(|name| !seen.insert(name.clone()))
    }

    fn enums(&self) -> Vec<String> {
        if self.backend != DbBackend::Postgres {
            return Vec::new();
        }
        let enums: BTreeMap<&String, &Vec<String>> = self
            .entities
            .iter()
            .flat_map(|entity| &entity.enums)
            .map(|(name, values)| (name, values))
            .collect();
        let values = |values: &[String]| {
            values.iter().map(|value| quote_text(value)).collect::<Vec<_>>().join(", ")
        };
        let create = |name: &str, all: &[String]| {
            format!("CREATE TYPE {} AS ENUM ({})", quote(name), values(all))
        };
        enums.into_iter().map(|(name, all)| create(name, all)).collect()
    }

    /// A key to a table that is no entity must not find the real one outside of the shadow.
    fn stub_tables(&self, mapped: &dyn Fn(&TableName) -> TableName) -> Vec<String> {
        let mut sql = Vec::new();
        for (table, keys) in self.stubs() {
            let mut definitions = Vec::new();
            for column in keys.iter().flatten().collect::<BTreeSet<_>>() {
                let kind = self.referring_type(&table, column);
                definitions.push(format!("{} {kind}", quote(column)));
            }
            definitions.extend(keys.iter().map(|key| format!("UNIQUE ({})", quote_all(key))));
            let table = mapped(&table).quoted();
            sql.push(format!("CREATE TABLE {table} ({})", definitions.join(", ")));
        }
        sql
    }

    fn referring_type(&self, table: &TableName, column: &str) -> String {
        let found = self.entities.iter().find_map(|entity| {
            let keys = keys(&entity.table, self.backend);
            let key = keys.into_iter().find(|key| key.references == *table)?;
            let place = key.referenced.iter().position(|name| name == column)?;
            let own = key.columns.get(place)?;
            entity.types.iter().find(|(name, _)| name == own).map(|(_, kind)| kind.clone())
        });
        found.map_or_else(|| "integer".to_owned(), |kind| kind.sql(self.backend))
    }
}

/// The name that an entity's statement gives its table.
pub(super) fn table_name(statement: &TableCreateStatement, backend: DbBackend) -> TableName {
    statement.get_table_name().map(|table| name_of(table, backend)).unwrap_or_default()
}

pub(super) fn name_of(table: &TableRef, backend: DbBackend) -> TableName {
    let TableRef::Table(QualifiedName(schema, name), _) = table else {
        return TableName::default();
    };
    let schema = schema.as_ref().filter(|_| backend != DbBackend::Sqlite);
    let schema = schema.map(|SchemaName(_, schema)| schema.to_string());
    TableName { schema, name: name.to_string() }
}

fn reference(name: &TableName) -> TableRef {
    let schema = name.schema.as_ref().map(|schema| SchemaName::from(schema.clone().into_iden()));
    TableRef::Table(QualifiedName(schema, name.name.clone().into_iden()), None)
}

/// The statement with another name and other keys, and without what SQLite cannot spell.
fn table(
    entity: &Entity,
    name: &TableName,
    keys: Vec<ForeignKey>,
    backend: DbBackend,
) -> TableCreateStatement {
    let mut table = Statement::create();
    table.table(reference(name));
    for column in entity.table.get_columns() {
        let name = column.get_column_name();
        let said = entity.types.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind);
        table.col(columns::spelt(column, said, backend));
    }
    for index in entity.table.get_indexes() {
        table.primary_key(&mut index.clone());
    }
    for key in keys {
        table.foreign_key(&mut inline(name, &key));
    }
    if let Some(extra) = entity.table.get_extra() {
        table.extra(extra.clone());
    }
    table.take()
}

fn inline(table: &TableName, key: &ForeignKey) -> sea_orm::sea_query::ForeignKeyCreateStatement {
    let action = |action: Action| match action {
        Action::NoAction => None,
        Action::Restrict => Some(ForeignKeyAction::Restrict),
        Action::Cascade => Some(ForeignKeyAction::Cascade),
        Action::SetNull => Some(ForeignKeyAction::SetNull),
        Action::SetDefault => Some(ForeignKeyAction::SetDefault),
    };
    let mut statement = sea_orm::sea_query::ForeignKey::create();
    statement.from_tbl(reference(table)).to_tbl(reference(&key.references));
    if let Some(name) = &key.name {
        statement.name(name);
    }
    for column in &key.columns {
        statement.from_col(column.clone());
    }
    for column in &key.referenced {
        statement.to_col(column.clone());
    }
    if let Some(action) = action(key.on_delete) {
        statement.on_delete(action);
    }
    if let Some(action) = action(key.on_update) {
        statement.on_update(action);
    }
    statement
}

fn on_table(index: &IndexCreateStatement, table: &TableName) -> IndexCreateStatement {
    let mut index = index.clone();
    index.table(reference(table));
    index
}

fn add_key(table: &TableName, key: &ForeignKey) -> String {
    let name = key.name.as_ref().map(|name| format!("CONSTRAINT {} ", quote(name)));
    let sql = format!(
        "ALTER TABLE {} ADD {}FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
        table.quoted(),
        name.unwrap_or_default(),
        quote_all(&key.columns),
        key.references.quoted(),
        quote_all(&key.referenced),
        key.on_delete.sql(),
        key.on_update.sql(),
    );
    // A relation only for queries may connect types that no foreign key can.
    format!(
        "DO $sea_revise$ BEGIN {sql}; EXCEPTION WHEN datatype_mismatch THEN NULL; END $sea_revise$"
    )
}

/// sea-query writes no comments for PostgreSQL.
fn comments(statement: &TableCreateStatement, table: &TableName) -> Vec<String> {
    let mut sql = Vec::new();
    if let Some(comment) = statement.get_comment() {
        sql.push(format!("COMMENT ON TABLE {} IS {}", table.quoted(), quote_text(comment)));
    }
    for column in statement.get_columns() {
        let comment = column.get_column_spec().comment.as_deref().unwrap_or_default();
        if let (Some(comment), _) = split_comment(comment) {
            let column = quote(&column.get_column_name());
            let comment = quote_text(comment);
            sql.push(format!("COMMENT ON COLUMN {}.{column} IS {comment}", table.quoted()));
        }
    }
    sql
}

/// Gives a table of SQLite, which keeps none, the comments of its entity.
pub(super) fn add_comments(table: &mut crate::schema::Table, statement: &TableCreateStatement) {
    table.comment = statement.get_comment().cloned();
    for column in statement.get_columns() {
        let comment = column.get_column_spec().comment.as_deref().unwrap_or_default();
        if let Some(found) = table.find_mut(&column.get_column_name()) {
            found.comment = split_comment(comment).0.map(str::to_owned);
        }
    }
}

fn claimed(table: &TableName, index: &Index, postgres: bool) -> String {
    let columns: Vec<String> = index.columns.iter().map(crate::schema::IndexColumn::sql).collect();
    let method = index.method.as_ref().filter(|_| postgres);
    let method = method.map(|method| format!(" USING {method}")).unwrap_or_default();
    let include = match index.include.as_slice() {
        [_, ..] if postgres => format!(" INCLUDE ({})", quote_all(&index.include)),
        _ => String::new(),
    };
    let predicate = index.predicate.as_ref().map(|predicate| format!(" WHERE {predicate}"));
    format!(
        "CREATE {}INDEX {} ON {}{method} ({}){include}{}",
        if index.unique { "UNIQUE " } else { "" },
        quote(&index.name),
        table.quoted(),
        columns.join(", "),
        predicate.unwrap_or_default(),
    )
}
