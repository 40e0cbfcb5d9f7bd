//! The explicit list of entities, and the tables that SeaORM would create for them.

mod columns;
mod keys;
mod made_up;
mod naming;
mod said;
mod statements;

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, Iterable, RelationTrait, Schema as Creator,
    sea_query::{ColumnType, IndexCreateStatement, TableCreateStatement},
};

pub(crate) use self::statements::Statements;
pub use self::{naming::Naming, said::Said};
use crate::{
    error::Result,
    schema::{Index, Schema, TableName, Type},
};

/// The entities of a project: what its database should look like.
///
/// The list is explicit, because an entity that is forgotten must not look like a table that is to be dropped by
/// accident of linking; an empty list is refused everywhere.
#[derive(Default)]
pub struct Entities {
    entities: Vec<Box<dyn Fn(DbBackend) -> Entity + Send + Sync>>,
    indexes: Vec<(TableName, Index)>,
    excluded: BTreeSet<TableName>,
    naming: Naming,
}

/// What SeaORM says about one entity.
pub(crate) struct Entity {
    table: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
    types: Vec<(String, Type)>,
    enums: Vec<(String, Vec<String>)>,
    /// The foreign keys of relations that say `skip_fk`, as those of the table.
    unwanted_keys: TableCreateStatement,
}

impl Entities {
    /// No entities yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entity.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "a list is extended; it is not mistaken for a sum"
    )]
    pub fn add<E: EntityTrait>(mut self, entity: E) -> Self {
        self.entities.push(Box::new(move |backend| Entity::of(entity, backend)));
        self
    }

    /// Adds an index that no attribute of SeaORM can say: on several columns, partial, on an expression, sorted.
    #[must_use]
    pub fn index(mut self, table: impl Into<TableName>, index: Index) -> Self {
        self.indexes.push((table.into(), index));
        self
    }

    /// Leaves a table of the database alone, though no entity names it. In the name `*` stands for any letters, and `?` for one.
    /// Its rows are not counted when a migration in SQL drops it.
    #[must_use]
    pub fn exclude(mut self, table: impl Into<TableName>) -> Self {
        self.excluded.insert(table.into());
        self
    }

    /// Says how constraints and indexes are called that have no name of their own. What a database has already under another name is
    /// no difference; `migrate --names strict` renames it.
    #[must_use]
    pub fn naming(mut self, naming: Naming) -> Self {
        self.naming = naming;
        self
    }

    /// How many entities there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// The tables that are left alone.
    #[must_use]
    pub fn excluded(&self) -> &BTreeSet<TableName> {
        &self.excluded
    }

    pub(crate) fn leave_alone(&self, table: &TableName) -> bool {
        self.excluded.iter().any(|pattern| table.fits(pattern))
    }

    pub(crate) fn statements(&self, backend: DbBackend) -> Statements {
        let entities = self.entities.iter().map(|entity| entity(backend)).collect();
        Statements::new(entities, self.indexes.clone(), backend)
    }

    /// Gives what was read from a shadow the types that the entities wrote, where a database shows several types as one.
    pub(crate) fn refine(&self, schema: &mut Schema, backend: DbBackend) {
        for entity in self.entities.iter().map(|entity| entity(backend)) {
            let name = statements::table_name(&entity.table, backend);
            let Some(table) = schema.tables.get_mut(&name) else { continue };
            for (column, kind) in entity.types {
                let Some(column) = table.find_mut(&column) else { continue };
                if kind.looks_like(&column.kind, backend) && !matches!(kind, Type::Other(_)) {
                    column.kind = kind;
                    column.declared = true;
                }
            }
            // SeaORM names keys, and leaves the name out on SQLite.
            for key in keys::keys(&entity.table, backend) {
                let unnamed =
                    table.foreign_keys.iter_mut().find(|own| own.name.is_none() && own.means(&key));
                if let Some(unnamed) = unnamed {
                    unnamed.name = key.name;
                }
            }
            if backend == DbBackend::Sqlite {
                statements::add_comments(table, &entity.table);
                schema.enums.extend(entity.enums);
            }
        }
    }

    /// Gives what was read from a shadow the names of the convention.
    ///
    /// # Errors
    /// For a pattern that cannot be read, and for two of one name.
    pub(crate) fn name(&self, schema: &mut Schema) -> Result<()> {
        self.naming.name(schema, &self.indexes)
    }

    /// What the entities say beyond what their tables show.
    pub(crate) fn said(&self, backend: DbBackend) -> Said {
        Said::of(self, backend)
    }

    /// The columns that an attribute says were renamed: table, old name, new name.
    pub(crate) fn renames(&self, backend: DbBackend) -> Vec<(TableName, String, String)> {
        let mut renames = Vec::new();
        for entity in self.entities.iter().map(|entity| entity(backend)) {
            let name = statements::table_name(&entity.table, backend);
            for column in entity.table.get_columns() {
                let comment = column.get_column_spec().comment.as_deref().unwrap_or_default();
                if let (_, Some(from)) = split_comment(comment) {
                    renames.push((name.clone(), from.to_owned(), column.get_column_name()));
                }
            }
        }
        renames
    }
}

impl Entity {
    fn of<E: EntityTrait>(entity: E, backend: DbBackend) -> Self {
        // Each column is asked for its own type, because the statement for SQLite hides enums and arrays.
        let columns: Vec<(String, ColumnType)> = E::Column::iter()
            .map(|column| {
                let name = sea_orm::IdenStatic::as_str(&column).to_owned();
                (name, column.def().get_column_type().clone())
            })
            .collect();
        let enums = columns.iter().filter_map(|(_, kind)| values_of(kind)).collect();
        let creator = Creator::new(backend);
        let mut unwanted_keys = TableCreateStatement::new();
        let relations = E::Relation::iter().map(|relation| relation.def());
        for relation in relations.filter(|relation| relation.skip_fk && !relation.is_owner) {
            unwanted_keys.foreign_key(&mut relation.into());
        }
        Self {
            table: creator.create_table_from_entity(entity),
            indexes: creator.create_index_from_entity(entity),
            types: columns.iter().map(|(name, kind)| (name.clone(), type_of(kind))).collect(),
            enums,
            unwanted_keys,
        }
    }
}

fn values_of(kind: &ColumnType) -> Option<(String, Vec<String>)> {
    match kind {
        ColumnType::Enum { name, variants } => {
            Some((name.to_string(), variants.iter().map(ToString::to_string).collect()))
        }
        ColumnType::Array(element) => values_of(element),
        _ => None,
    }
}

/// The comment proper, and the old name that SeaORM appends to it.
pub(crate) fn split_comment(comment: &str) -> (Option<&str>, Option<&str>) {
    let hidden = comment.strip_suffix('"').and_then(|rest| rest.rsplit_once("renamed_from \""));
    match hidden {
        None => (Some(comment).filter(|comment| !comment.is_empty()), None),
        Some((before, from)) => {
            let comment = before.strip_suffix("; ").unwrap_or(before);
            (Some(comment).filter(|comment| !comment.is_empty()), Some(from))
        }
    }
}

/// SeaORM's type in our words.
pub(crate) fn type_of(kind: &ColumnType) -> Type {
    use sea_orm::sea_query::StringLen;
    let length = |length: &StringLen| match length {
        StringLen::N(length) => Some(*length),
        StringLen::Max | StringLen::None => None,
    };
    match kind {
        ColumnType::Char(length) => Type::Char(*length),
        ColumnType::String(given) => Type::Varchar(length(given)),
        ColumnType::Text => Type::Text,
        ColumnType::Blob => Type::Blob,
        ColumnType::TinyInteger => Type::TinyInteger,
        ColumnType::SmallInteger => Type::SmallInteger,
        ColumnType::Integer => Type::Integer,
        ColumnType::BigInteger => Type::BigInteger,
        ColumnType::TinyUnsigned => Type::TinyUnsigned,
        ColumnType::SmallUnsigned => Type::SmallUnsigned,
        ColumnType::Unsigned => Type::Unsigned,
        ColumnType::BigUnsigned => Type::BigUnsigned,
        ColumnType::Float => Type::Float,
        ColumnType::Double => Type::Double,
        ColumnType::Decimal(digits) => Type::Decimal(*digits),
        ColumnType::Money(digits) => Type::Money(*digits),
        ColumnType::DateTime => Type::DateTime,
        ColumnType::Timestamp => Type::Timestamp,
        ColumnType::TimestampWithTimeZone => Type::TimestampWithTimeZone,
        ColumnType::Time => Type::Time,
        ColumnType::Date => Type::Date,
        ColumnType::Binary(length) => Type::Binary(*length),
        ColumnType::VarBinary(given) => Type::VarBinary(length(given)),
        ColumnType::Boolean => Type::Boolean,
        ColumnType::Json => Type::Json,
        ColumnType::JsonBinary => Type::JsonBinary,
        ColumnType::Uuid => Type::Uuid,
        ColumnType::Enum { name, .. } => Type::Enum(name.to_string()),
        ColumnType::Array(element) => Type::array(type_of(element)),
        ColumnType::Custom(name) => Type::Other(name.to_string()),
        ColumnType::Year => Type::Other("year".to_owned()),
        ColumnType::Bit(length) => sized("bit", *length),
        ColumnType::VarBit(length) => sized("bit varying", Some(*length)),
        ColumnType::Interval(_, _) => Type::Other("interval".to_owned()),
        ColumnType::Vector(length) => sized("vector", *length),
        ColumnType::Cidr => Type::Other("cidr".to_owned()),
        ColumnType::Inet => Type::Other("inet".to_owned()),
        ColumnType::MacAddr => Type::Other("macaddr".to_owned()),
        ColumnType::LTree => Type::Other("ltree".to_owned()),
        // SeaORM may grow types; its own spelling for PostgreSQL is the best that is known of one.
        other => Type::Other(format!("{other:?}").to_lowercase()),
    }
}

fn sized(name: &str, length: Option<u32>) -> Type {
    Type::Other(length.map_or_else(|| name.to_owned(), |length| format!("{name}({length})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_name_is_separated_from_a_comment() {
        for (comment, expected) in [
            ("", (None, None)),
            ("the title", (Some("the title"), None)),
            ("renamed_from \"name\"", (None, Some("name"))),
            ("the title; renamed_from \"name\"", (Some("the title"), Some("name"))),
            ("ends with a quote \"", (Some("ends with a quote \""), None)),
        ] {
            assert_eq!(split_comment(comment), expected, "{comment}");
        }
    }
}
