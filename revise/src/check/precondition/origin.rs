//! What the tables and columns of a plan were called before it, and what the plan has done to their values so far.

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use crate::{
    operation::Operation,
    schema::{Schema, Table, TableName, quote_text},
};

/// Follows a plan, operation by operation.
#[derive(Clone, Debug)]
pub struct Origins {
    backend: DbBackend,
    tables: BTreeMap<TableName, Origin>,
    enums: BTreeMap<String, Vec<EnumValue>>,
    /// Functions and types that the plan creates or changes, in small letters.
    made: Vec<String>,
    /// The raw SQL of the plan, which may create some too.
    raw: Vec<String>,
}

/// Where a table comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its name before the plan; `None` when the plan creates it.
    pub table: Option<TableName>,
    /// Its columns by their present names.
    pub columns: BTreeMap<String, ColumnOrigin>,
    /// Whether raw SQL named it, so that its rows are unknown by now.
    pub touched: bool,
}

/// Where a column comes from.
#[derive(Clone, Debug, Default)]
pub struct ColumnOrigin {
    /// Its name before the plan; `None` when the plan adds it.
    pub name: Option<String>,
    /// Whether its type was changed.
    pub retyped: bool,
    /// Whether an expression recomputed its values.
    pub computed: bool,
    /// Whether its NULLs were given a value.
    pub filled: bool,
    /// Whether the plan added it so that all rows have NULL in it.
    pub empty: bool,
}

/// A value of an enum type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// As it is called now.
    pub name: String,
    /// As the rows have it; `None` for a value that the plan adds.
    pub original: Option<String>,
}

impl ColumnOrigin {
    /// Whether the values in the database are those that later operations meet, NULLs apart.
    pub fn is_unchanged(&self) -> bool {
        self.name.is_some() && !self.retyped && !self.computed
    }
}

impl Origin {
    fn created(table: &Table) -> Self {
        let column = |name: &str| (name.to_owned(), ColumnOrigin::default());
        let columns = table.columns.iter().map(|found| column(&found.name)).collect();
        Self { table: None, columns, touched: false }
    }

    /// The name that a column had before the plan.
    pub fn original(&self, column: &str) -> Option<&str> {
        self.columns.get(column)?.name.as_deref()
    }
}

impl Origins {
    /// Before the first operation.
    pub fn new(before: &Schema, backend: DbBackend) -> Self {
        let tables = before.tables.values().map(|table| {
            let mut origin = Origin::created(table);
            origin.table = Some(table.name.clone());
            for (name, column) in &mut origin.columns {
                column.name = Some(name.clone());
            }
            (table.name.clone(), origin)
        });
        let enums = before.enums.iter().map(|(name, values)| {
            let value =
                |name: &String| EnumValue { name: name.clone(), original: Some(name.clone()) };
            (name.clone(), values.iter().map(value).collect())
        });
        Self {
            backend,
            tables: tables.collect(),
            enums: enums.collect(),
            made: Vec::new(),
            raw: Vec::new(),
        }
    }

    /// The table of a present name. `None` is an unknown table, such as one that is not managed.
    pub fn table(&self, name: &TableName) -> Option<&Origin> {
        self.tables.get(name)
    }

    /// The tables by their present names.
    pub fn tables(&self) -> &BTreeMap<TableName, Origin> {
        &self.tables
    }

    /// The values of an enum type by its name.
    pub fn enumeration(&self, name: &str) -> Option<&[EnumValue]> {
        self.enums.get(name).map(Vec::as_slice)
    }

    /// Values of enum types that the plan adds or renames, as SQL writes them.
    pub fn unknown_values(&self) -> Vec<String> {
        let unknown = |value: &&EnumValue| value.original.as_ref() != Some(&value.name);
        let values = self.enums.values().flatten().filter(unknown);
        match self.backend {
            DbBackend::Sqlite => Vec::new(),
            _ => values.map(|value| quote_text(&value.name)).collect(),
        }
    }

    /// Whether the plan creates a table of this name, so that it has no rows.
    pub fn is_created(&self, table: &TableName) -> bool {
        self.table(table).is_some_and(|origin| origin.table.is_none())
    }

    /// Whether the plan adds this column.
    pub fn is_added(&self, table: &TableName, column: &str) -> bool {
        let added = |origin: &Origin| origin.columns.contains_key(column);
        self.table(table).is_some_and(|origin| added(origin) && origin.original(column).is_none())
    }

    /// Whether an expression may need a function or a type that is not there before the plan, or is another one then.
    pub fn makes_part_of(&self, expression: &str) -> bool {
        let text = expression.to_lowercase();
        self.made.iter().any(|name| has_word(&text, name))
            || calls(&text).any(|name| self.raw.iter().any(|sql| has_word(sql, name)))
    }

    /// Takes one operation into account.
    pub fn record(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateTable { table } => {
                self.tables.insert(table.name.clone(), Origin::created(table));
            }
            Operation::DropTable { table, .. } => drop(self.tables.remove(table)),
            Operation::RenameTable { from, to } => {
                if let Some(origin) = self.tables.remove(from) {
                    self.tables.insert(to.clone(), origin);
                }
            }
            Operation::Sql { sqlite, postgres } => {
                let sql = if self.backend == DbBackend::Sqlite { sqlite } else { postgres };
                if let Some(sql) = sql {
                    self.touch(sql);
                    self.raw.push(sql.to_lowercase());
                }
            }
            Operation::CreateDatabaseObject { object, .. } if object.may_be_called() => {
                let name = object.name.split('(').next().unwrap_or_default();
                let name = name.rsplit(' ').next().unwrap_or_default();
                self.made.push(name.trim_matches('"').to_lowercase());
            }
            Operation::CreateEnum { .. }
            | Operation::DropEnum { .. }
            | Operation::AddEnumValue { .. }
            | Operation::RenameEnumValue { .. }
            | Operation::RebuildEnum { .. } => self.apply_enum(operation),
            _ => {
                let origin = operation.table().and_then(|table| self.tables.get_mut(table));
                if let Some(origin) = origin {
                    follow_column(&mut origin.columns, operation);
                }
            }
        }
    }

    fn touch(&mut self, sql: &str) {
        let sql = sql.to_lowercase();
        for (name, origin) in &mut self.tables {
            let original = origin.table.as_ref().unwrap_or(name);
            origin.touched |= [name, original].iter().any(|name| has_word(&sql, &name.name));
        }
    }

    fn apply_enum(&mut self, operation: &Operation) {
        let added = |name: &String| EnumValue { name: name.clone(), original: None };
        match operation {
            Operation::CreateEnum { name, values } => {
                self.enums.insert(name.clone(), values.iter().map(added).collect());
                self.made.push(name.to_lowercase());
            }
            Operation::DropEnum { name, .. } => drop(self.enums.remove(name)),
            Operation::AddEnumValue { name, value, .. } => {
                self.enums.entry(name.clone()).or_default().push(added(value));
            }
            Operation::RenameEnumValue { name, from, to } => {
                let values = self.enums.get_mut(name).into_iter().flatten();
                values
                    .filter(|value| value.name == *from)
                    .for_each(|value| to.clone_into(&mut value.name));
            }
            Operation::RebuildEnum { name, values, .. } => {
                let known = self.enums.remove(name).unwrap_or_default();
                let known_value =
                    |name: &String| known.iter().find(|value| value.name == *name).cloned();
                let values =
                    values.iter().map(|name| known_value(name).unwrap_or_else(|| added(name)));
                self.enums.insert(name.clone(), values.collect());
            }
            _ => {}
        }
    }
}

fn follow_column(columns: &mut BTreeMap<String, ColumnOrigin>, operation: &Operation) {
    match operation {
        Operation::AddColumn { column, .. } => {
            let empty =
                column.default.is_none() && column.identity.is_none() && column.generated.is_none();
            let origin = ColumnOrigin { empty, ..ColumnOrigin::default() };
            columns.insert(column.name.clone(), origin);
        }
        Operation::DropColumn { column, .. } => drop(columns.remove(column)),
        Operation::RenameColumn { from, to, .. } => {
            if let Some(origin) = columns.remove(from) {
                columns.insert(to.clone(), origin);
            }
        }
        Operation::AlterType { column, using, .. } => {
            if let Some(origin) = columns.get_mut(column) {
                origin.retyped = true;
                origin.computed |= using.is_some();
                origin.empty &= using.is_none();
            }
        }
        Operation::SetGenerated { column, generated: Some(_), .. } => {
            if let Some(origin) = columns.get_mut(column) {
                (origin.computed, origin.empty) = (true, false);
            }
        }
        Operation::Backfill { column, .. } => {
            if let Some(origin) = columns.get_mut(column) {
                origin.filled = true;
                origin.empty = false;
            }
        }
        _ => {}
    }
}

/// The functions that an expression calls, and the types that it casts to.
fn calls(expression: &str) -> impl Iterator<Item = &str> {
    let inside = |next: char| next.is_alphanumeric() || next == '_' || next == '$';
    let words = expression.match_indices(inside).filter_map(move |(start, _)| {
        let before = expression.get(..start).unwrap_or_default();
        let rest = expression.get(start..).unwrap_or_default();
        let word = rest.split(|next: char| !inside(next)).next().unwrap_or_default();
        let after = rest.get(word.len()..).unwrap_or_default().trim_start_matches('"');
        let cast = before.trim_end_matches('"').ends_with("::");
        let called = cast || after.trim_start().starts_with('(');
        (!before.ends_with(inside) && called).then_some(word)
    });
    words.filter(|word| !word.is_empty())
}

/// Whether a text in small letters has a name as a word of its own, literals and comments included: SQL may be built
/// from texts too, and one unknown table too many does no harm.
fn has_word(sql: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let inside =
        |next: Option<char>| next.is_some_and(|next| next.is_alphanumeric() || next == '_');
    sql.match_indices(&name).any(|(start, found)| {
        let (before, after) = (sql.get(..start), sql.get(start + found.len()..));
        !inside(before.and_then(|text| text.chars().next_back()))
            && !inside(after.and_then(|text| text.chars().next()))
    })
}
