//! Reads a schema from the catalog.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::{
    catalog::{self, ColumnRow, ConstraintRow, DefinitionRow, IndexRow, RelationRow, TriggerRow},
    parts,
    scope::SchemaScope,
};
use crate::schema::{PrimaryKey, Schema, SqlDefinition, Table, TableName, Used, Written};

/// Reads the schemas of a scope.
///
/// Expressions are printed relative to the session's `search_path`. So that they are the same wherever the tables lie,
/// the caller sets it to the own schema, followed by those of extensions, and reads on that one connection, best inside
/// of a transaction. What lies in a third schema is printed with that schema's name in the database.
///
/// What is no table, view or enum of ours is listed in [`Schema::unmanaged`]: partitioned, inherited and foreign tables,
/// what belongs to an extension, free sequences, domains, functions, enums of other schemas, and
/// what the model cannot say of a table. The `START` and `INCREMENT` of sequences are not read.
///
/// # Errors
/// When the database cannot be asked.
pub async fn read(db: &impl ConnectionTrait, scope: &SchemaScope) -> Result<Schema, DbErr> {
    let names: Vec<&String> = [&scope.own].into_iter().chain(scope.others.keys()).collect();
    let names = serde_json::to_string(&names).map_err(|error| DbErr::Type(error.to_string()))?;
    let mut reading = Reading::new(scope);
    reading.relations(catalog::ask(db, catalog::RELATIONS, &names).await?);
    reading.columns(catalog::ask(db, catalog::COLUMNS, &names).await?);
    reading.constraints(catalog::ask(db, catalog::CONSTRAINTS, &names).await?);
    reading.indexes(catalog::ask(db, catalog::INDEXES, &names).await?);
    reading.triggers(catalog::ask(db, catalog::TRIGGERS, &names).await?);
    reading.definitions(catalog::ask(db, catalog::DEFINITIONS, &names).await?);
    Ok(reading.finish())
}

struct Reading<'a> {
    scope: &'a SchemaScope,
    schema: Schema,
    tables: BTreeMap<i64, Table>,
    views: BTreeMap<i64, TableName>,
}

impl<'a> Reading<'a> {
    fn new(scope: &'a SchemaScope) -> Self {
        let schema = Schema::default();
        Self { scope, schema, tables: BTreeMap::new(), views: BTreeMap::new() }
    }

    fn relations(&mut self, rows: Vec<RelationRow>) {
        for row in rows {
            let name = self.scope.name(&row.schema, &row.name);
            let unmanaged = match row.kind.as_str() {
                "S" if row.owned || row.extension => continue,
                "c" if row.extension => continue,
                "S" => "sequence",
                "c" => "composite type",
                "f" => "foreign table",
                "v" | "m" if row.extension => "extension view",
                "v" | "m" => {
                    let object = parts::view(&name, &row);
                    self.views.insert(row.oid, name.clone());
                    self.schema.views.insert(name, object);
                    continue;
                }
                _ if row.extension => "extension table",
                _ if row.partition => "partition",
                "p" => "partitioned table",
                _ if row.inherited => "inherited table",
                _ => {
                    let (comment, used) = (row.comment, Used(row.used));
                    let table = Table { comment, used, ..Table::new(name) };
                    self.tables.insert(row.oid, table);
                    continue;
                }
            };
            self.schema.unmanaged.push(format!("{unmanaged} {name}"));
        }
    }

    fn columns(&mut self, rows: Vec<ColumnRow>) {
        for row in rows {
            if let Some(table) = self.tables.get_mut(&row.relation) {
                table.columns.push(parts::column(row, self.scope));
            }
        }
    }

    fn constraints(&mut self, rows: Vec<ConstraintRow>) {
        for row in rows {
            let Some(table) = self.tables.get_mut(&row.relation) else { continue };
            let named = format!("constraint {} of table {}", row.name, table.name);
            match row.kind.as_str() {
                "p" => {
                    let (columns, clause) = parts::key(&row);
                    table.primary_key = Some(PrimaryKey { name: Some(row.name), columns, clause });
                }
                "u" => table.uniques.push(parts::unique(row)),
                "f" => table.foreign_keys.push(parts::foreign_key(row, self.scope)),
                "c" => {
                    if !row.valid {
                        self.schema.unmanaged.push(format!("NOT VALID of check {named}"));
                    }
                    table.checks.push(parts::check(row));
                }
                _ => self.schema.unmanaged.push(format!("exclusion {named}")),
            }
        }
    }

    fn indexes(&mut self, rows: Vec<IndexRow>) {
        for row in rows {
            let Some(table) = self.tables.get_mut(&row.relation) else { continue };
            let name = TableName { name: row.name.clone(), ..table.name.clone() };
            if !row.valid {
                self.schema.unmanaged.push(format!("invalid index {name}"));
            }
            let mut index = parts::index(row);
            // The text of a shadow's index would lead into the shadow.
            if table.name.schema.as_ref().is_some_and(|name| !self.scope.others.contains_key(name))
            {
                index.written = Written(None);
            }
            table.indexes.push(index);
        }
    }

    fn triggers(&mut self, rows: Vec<TriggerRow>) {
        for row in rows {
            if let Some(table) = self.tables.get_mut(&row.relation) {
                table.triggers.push(SqlDefinition { name: row.name, sql: row.sql });
            } else if let Some(view) = self.views.get(&row.relation) {
                self.schema.unmanaged.push(format!("trigger {} of view {view}", row.name));
            }
        }
    }

    fn definitions(&mut self, rows: Vec<DefinitionRow>) {
        for row in rows {
            match row.values {
                Some(values) if row.schema == self.scope.own => {
                    self.schema.enums.insert(row.name, values);
                }
                // An enum without values is an enum, too.
                None if row.kind == "enum" && row.schema == self.scope.own => {
                    self.schema.enums.insert(row.name, Vec::new());
                }
                _ => {
                    let name = self.scope.name(&row.schema, &row.name);
                    self.schema.unmanaged.push(format!("{} {name}", row.kind));
                }
            }
        }
    }

    fn finish(mut self) -> Schema {
        for mut table in self.tables.into_values() {
            table.sort();
            self.schema.insert(table);
        }
        self.schema.unmanaged.sort();
        self.schema
    }
}
