//! Triggers and views: what they look at, and the SQL that creates them. They are no texts here, so that a rename is
//! one of what they name, and what names nothing any more can be found.
//!
//! A trigger writes a row with its name to a log, for each row whose column is not NULL. On SQLite it writes the value
//! too, and may have a statement about another table.

use sea_orm::DbBackend;
use sea_revise::schema::{Schema, SqlDefinition, TableName, quote, quote_text};

use super::schemas::Maker;

/// A column, named with its table.
pub type Spot = (TableName, String);

/// What an object is, and of a trigger what it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Insert,
    Update,
    Delete,
    View,
}

/// A trigger or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub name: String,
    pub kind: Kind,
    /// The column that it looks at.
    pub at: Spot,
    /// A column of another table, or of the same, that it needs, too. No trigger of PostgreSQL has one: what the body
    /// of a function needs is not known to the database.
    pub other: Option<Spot>,
}

impl Object {
    /// The same with other names for what it needs; nothing where one of them has none.
    pub fn moved(&self, to: impl Fn(&Spot) -> Option<Spot>) -> Option<Self> {
        let other = match &self.other {
            Some(other) => Some(to(other)?),
            None => None,
        };
        Some(Self { at: to(&self.at)?, other, ..self.clone() })
    }

    /// The statement that creates it.
    pub fn sql(&self, backend: DbBackend) -> String {
        let (name, table, column) = (quote(&self.name), self.at.0.quoted(), quote(&self.at.1));
        let other = self.other.as_ref().map(|(table, column)| (table.quoted(), quote(column)));
        let (event, row) = match self.kind {
            Kind::Insert => ("INSERT".to_owned(), "NEW"),
            Kind::Update => (format!("UPDATE OF {column}"), "NEW"),
            Kind::Delete => ("DELETE".to_owned(), "OLD"),
            Kind::View => {
                let (seen, from) = other.map_or_else(Default::default, |(table, column)| {
                    (format!(", o.{column} AS \"more\""), format!(", {table} AS o"))
                });
                return format!(
                    "CREATE VIEW {name} AS SELECT v.{column} AS \"seen\"{seen} FROM {table} AS v{from} \
                     WHERE v.{column} IS NOT NULL"
                );
            }
        };
        let begin = format!("CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW");
        if backend == DbBackend::Postgres {
            return format!(
                "{begin} WHEN ({row}.{column} IS NOT NULL) EXECUTE FUNCTION laws.note()"
            );
        }
        let more =
            other.map(|(table, column)| format!(" UPDATE {table} SET {column} = NULL WHERE 0;"));
        format!(
            "{begin} WHEN {row}.{column} IS NOT NULL BEGIN INSERT INTO laws_log VALUES ({}, {row}.{column});{} END",
            quote_text(&self.name),
            more.unwrap_or_default()
        )
    }

    /// Whether a schema has all that it needs. Nobody writes to a column that is computed.
    pub fn fits(&self, schema: &Schema) -> bool {
        let find = |(table, column): &Spot| schema.table(table)?.find(column);
        let writes = self.kind == Kind::Update;
        let own = find(&self.at).is_some_and(|column| !writes || column.generated.is_none());
        let other = |spot| {
            find(spot).is_some_and(|column| self.kind == Kind::View || column.generated.is_none())
        };
        own && self.other.as_ref().is_none_or(other)
    }
}

/// Leaves out what a schema has not all for.
pub fn prune(objects: &mut Vec<Object>, schema: &Schema) {
    objects.retain(|object| object.fits(schema));
}

/// The schema with the objects in it.
pub fn with(schema: &Schema, objects: &[Object], backend: DbBackend) -> Schema {
    let mut schema = schema.clone();
    for object in objects {
        let definition = SqlDefinition { name: object.name.clone(), sql: object.sql(backend) };
        if object.kind == Kind::View {
            schema.views.insert(TableName::from(object.name.as_str()), definition);
        } else if let Some(table) = schema.tables.get_mut(&object.at.0) {
            table.triggers.push(definition);
        }
    }
    schema.tables.values_mut().for_each(sea_revise::schema::Table::sort);
    schema
}

/// The schema without triggers and views.
pub fn without(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    schema.views.clear();
    schema.tables.values_mut().for_each(|table| table.triggers.clear());
    schema
}

impl Maker {
    /// A trigger or a view of a schema.
    pub fn object(&mut self, schema: &Schema) -> Option<Object> {
        let name = self.names.fresh(&mut self.random);
        let kinds =
            [Kind::Insert, Kind::Insert, Kind::Update, Kind::Delete, Kind::View, Kind::View];
        let kind = *self.random.pick(&kinds)?;
        let at = self.spot(schema)?;
        let has_more = kind == Kind::View || self.backend == DbBackend::Sqlite;
        let other = if has_more && self.random.percent(40) { self.spot(schema) } else { None };
        let object = Object { name, kind, at, other };
        // Without the column, SQLite takes the name for that of the number which every row has.
        let is_number = |(_, column): &Spot| column.eq_ignore_ascii_case("rowid");
        let looks = is_number(&object.at) || object.other.as_ref().is_some_and(is_number);
        (object.fits(schema) && !(looks && self.backend == DbBackend::Sqlite)).then_some(object)
    }

    /// A few of them, or none.
    pub fn objects(&mut self, schema: &Schema) -> Vec<Object> {
        let count = if self.random.percent(50) { 0 } else { self.random.between(1, 4) };
        (0..count).filter_map(|_| self.object(schema)).collect()
    }

    fn spot(&mut self, schema: &Schema) -> Option<Spot> {
        let tables: Vec<&TableName> = schema.tables.keys().collect();
        let table = (*self.random.pick(&tables)?).clone();
        let column = self.random.pick(&schema.tables[&table].columns)?.name.clone();
        Some((table, column))
    }
}
