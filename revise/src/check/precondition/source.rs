//! The rows of a table that is there before the plan, under the names that its columns have in the plan by now.

use sea_orm::DbBackend;

use super::{
    Precondition,
    origin::{ColumnOrigin, Origin, Origins},
};
use crate::schema::{Schema, Table, TableName, expression::mentions, quote, quote_all, quote_text};

/// Longer keys are cut off in a message.
const CHARACTERS: usize = 60;
/// So many rows are named.
const SAMPLES: usize = 5;

/// What is wrong with rows, and what to do about it.
pub struct Fault {
    pub problem: String,
    pub hint: String,
}

/// A table in the database and what the plan has made of its names so far.
pub struct Source<'a> {
    pub backend: DbBackend,
    /// Its name by now.
    pub name: &'a TableName,
    pub origin: &'a Origin,
    /// As it is in the database.
    pub table: &'a Table,
    /// Values of enums, as SQL writes them, that the database does not know before the plan.
    pub unknown: Vec<String>,
    /// What the plan has done so far.
    pub origins: &'a Origins,
}

impl<'a> Source<'a> {
    /// The rows of a table, unless the plan creates it or its rows are unknown by now.
    pub fn new(
        before: &'a Schema,
        origins: &'a Origins,
        (name, backend): (&'a TableName, DbBackend),
    ) -> Option<Self> {
        let origin = origins.table(name)?;
        let table = before.table(origin.table.as_ref()?)?;
        let unknown = origins.unknown_values();
        let source = Self { backend, name, origin, table, unknown, origins };
        (!origin.touched).then_some(source)
    }

    /// A column by its name by now.
    pub fn column(&self, name: &str) -> Option<&ColumnOrigin> {
        self.origin.columns.get(name)
    }

    /// Whether the values of all these columns are those that the operation at hand meets, NULLs apart.
    pub fn are_unchanged(&self, columns: &[String]) -> bool {
        columns.iter().all(|name| self.column(name).is_some_and(ColumnOrigin::is_unchanged))
    }

    /// Whether an expression gives the same value before the plan as when its turn comes.
    pub fn is_unaffected(&self, expression: &str) -> bool {
        let unaffected = |column: &ColumnOrigin| column.is_unchanged() && !column.filled;
        self.origin
            .columns
            .iter()
            .all(|(name, column)| unaffected(column) || !mentions(expression, name))
            && !self.unknown.iter().any(|value| expression.contains(value))
            && !self.origins.makes_part_of(expression)
    }

    /// The rows that meet a condition are in the way.
    pub fn rows(&self, condition: &str, problem: String, hint: String) -> Precondition {
        let (from, key) = (self.relation(), quote(&self.key_name()));
        self.precondition(
            format!("SELECT count(*) FROM {from} WHERE {condition}"),
            format!(
                "SELECT {key} FROM {from} WHERE {condition} ORDER BY {} LIMIT {SAMPLES}",
                self.order()
            ),
            Fault { problem, hint },
        )
    }

    /// The rows that meet a condition and are equal in these expressions are in the way.
    pub fn duplicates(
        &self,
        expressions: &[String],
        condition: &str,
        fault: Fault,
    ) -> Precondition {
        let (from, key) = (self.relation(), quote(&self.key_name()));
        let expressions = expressions.join(", ");
        let number = quote(&self.unused("rows alike"));
        self.precondition(
            // PostgreSQL's sum of counts is a numeric.
            format!(
                "SELECT CAST(coalesce(sum({number}), 0) AS bigint) FROM (SELECT count(*) AS {number} FROM {from} \
                 WHERE {condition} GROUP BY {expressions} HAVING count(*) > 1) AS \"alike\""
            ),
            format!(
                "SELECT {key} FROM (SELECT *, count(*) OVER (PARTITION BY {expressions}) AS {number} FROM {from} \
                 WHERE {condition}) AS \"alike\" WHERE {number} > 1 ORDER BY {} LIMIT {SAMPLES}",
                self.order()
            ),
            fault,
        )
    }

    fn precondition(&self, count: String, sample: String, fault: Fault) -> Precondition {
        let Fault { problem, hint } = fault;
        let key = match self.key_columns() {
            [] if self.backend == DbBackend::Sqlite => "rowid ".to_owned(),
            [] => "ctid ".to_owned(),
            [column] => format!("{column} "),
            _ => String::new(),
        };
        Precondition { count, sample, key, table: self.table.name.to_string(), problem, hint }
    }

    /// As FROM names it; inside of a condition the table goes by its name by now.
    pub fn relation(&self) -> String {
        self.relation_as(&self.name.name)
    }

    /// As FROM names it, by a name of the caller's choice.
    pub fn relation_as(&self, name: &str) -> String {
        let mut columns = vec![format!("{} AS {}", self.key(), quote(&self.key_name()))];
        for (place, raw) in self.raw_key().iter().enumerate() {
            columns.push(format!("{raw} AS {}", quote(&self.order_name(place))));
        }
        for (name, column) in &self.origin.columns {
            if let Some(original) = &column.name {
                columns.push(format!("{} AS {}", quote(original), quote(name)));
            }
        }
        format!(
            "(SELECT {} FROM {}) AS {}",
            columns.join(", "),
            self.table.name.quoted(),
            quote(name)
        )
    }

    fn key_columns(&self) -> &[String] {
        self.table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default()
    }

    /// What identifies rows, in the names that the database knows.
    fn raw_key(&self) -> Vec<String> {
        match self.key_columns() {
            [] if self.backend == DbBackend::Sqlite => {
                // A column may have taken one of the names of the rowid.
                let free = ["_rowid_", "rowid", "oid"].into_iter().find(|name| {
                    !self.table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name))
                });
                vec![free.unwrap_or("NULL").to_owned()]
            }
            [] => vec!["ctid".to_owned()],
            columns => columns.iter().map(|column| quote(column)).collect(),
        }
    }

    /// The key as one text.
    fn key(&self) -> String {
        let texts: Vec<String> = self.raw_key().iter().map(|raw| self.text(raw)).collect();
        match (self.key_columns(), texts.as_slice()) {
            ([_, _, ..], texts) => {
                let named: Vec<String> = self
                    .key_columns()
                    .iter()
                    .zip(texts)
                    .map(|(column, text)| {
                        format!("{} || {text}", quote_text(&format!("{column} ")))
                    })
                    .collect();
                format!("'(' || {} || ')'", named.join(" || ', ' || "))
            }
            (_, texts) => texts.join(" || "),
        }
    }

    fn text(&self, raw: &str) -> String {
        let text = format!("coalesce(substr(CAST({raw} AS text), 1, {CHARACTERS}), 'NULL')");
        if self.backend == DbBackend::Sqlite {
            // Bytes need not be text.
            format!("CASE typeof({raw}) WHEN 'blob' THEN hex({raw}) ELSE {text} END")
        } else {
            text
        }
    }

    fn order(&self) -> String {
        let names: Vec<String> =
            (0..self.raw_key().len()).map(|place| self.order_name(place)).collect();
        quote_all(&names)
    }

    fn key_name(&self) -> String {
        self.unused("key of the row")
    }

    fn order_name(&self, place: usize) -> String {
        self.unused(&format!("part {place} of the key"))
    }

    /// A name that no column has.
    fn unused(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.origin.columns.contains_key(&name) {
            name.push('_');
        }
        name
    }
}
