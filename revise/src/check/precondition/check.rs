//! Which operations ask something of the rows.

use sea_orm::DbBackend;

use super::{
    Precondition,
    cast::Cast,
    definition,
    key::{compared, duplicates, names, new_column, not_null, not_nulls, repeat},
    origin::Origins,
    source::Source,
};
use crate::{
    operation::{Operation, describe::spell},
    schema::{
        Check, Column, DefaultValue, ForeignKey, Index, PrimaryKey, Schema, TableName, Type,
        Unique, clause, quote, quote_text,
    },
};

/// Goes through a plan.
pub struct Checker<'a> {
    backend: DbBackend,
    before: &'a Schema,
    origins: Origins,
    found: Vec<Precondition>,
}

impl<'a> Checker<'a> {
    pub fn new(before: &'a Schema, backend: DbBackend) -> Self {
        Self { backend, before, origins: Origins::new(before, backend), found: Vec::new() }
    }

    pub fn check(mut self, operations: &[Operation]) -> Vec<Precondition> {
        for operation in operations {
            let found = self.look_at(operation);
            self.note(found);
            self.origins.record(operation);
        }
        if self.backend == DbBackend::Sqlite {
            let found = self.look_at_definitions(operations);
            self.note(found);
        }
        self.found
    }

    fn note(&mut self, found: Vec<Precondition>) {
        for precondition in found {
            // Only the resolution may differ.
            let same = |known: &Precondition| {
                known.count == precondition.count && known.problem == precondition.problem
            };
            if !self.found.iter().any(same) {
                self.found.push(precondition);
            }
        }
    }

    /// What tables become by all of the plan may suit their rows less than what they were.
    fn look_at_definitions(&self, operations: &[Operation]) -> Vec<Precondition> {
        let defines = |operation: &Operation| {
            matches!(operation, Operation::SetCollation { .. } | Operation::SetOptions { .. })
        };
        let mut after = self.before.clone();
        // Whether the operations fit is checked elsewhere.
        if !operations.iter().any(defines) || after.apply_all(operations, self.backend).is_err() {
            return Vec::new();
        }
        let sources =
            after.tables.values().filter_map(|table| Some((self.source(&table.name)?, table)));
        sources.flat_map(|(source, table)| definition::preconditions(&source, table)).collect()
    }

    fn look_at(&self, operation: &Operation) -> Vec<Precondition> {
        let source = operation.table().and_then(|table| self.source(table));
        match (operation, source) {
            (Operation::RebuildEnum { name, values, map, .. }, _) => {
                self.rebuild_enum(name, values, map)
            }
            (_, None) => Vec::new(),
            (Operation::AddColumn { column, .. }, Some(source)) => {
                one(is_impossible(column).then(|| new_column(&source, &column.name)))
            }
            (Operation::AlterNull { column, nullable: false, .. }, Some(source)) => {
                one(not_null(&source, column, "set_not_null"))
            }
            (Operation::AddPrimaryKey { key, .. }, Some(source)) => primary_key(&source, key),
            (Operation::AddUnique { unique, .. }, Some(source)) => one(add_unique(&source, unique)),
            (Operation::CreateIndex { index, .. }, Some(source)) if index.unique => {
                one(unique_index(&source, index))
            }
            (Operation::AddForeignKey { key, .. }, Some(source)) => {
                one(self.foreign_key(&source, key))
            }
            (Operation::AddCheck { check, .. }, Some(source)) => one(add_check(&source, check)),
            (Operation::AlterType { column, kind, using: None, .. }, Some(source)) => {
                one(self.alter_type(&source, column, kind))
            }
            _ => Vec::new(),
        }
    }

    /// The rows of a table, unless the plan creates it or its rows are unknown by now.
    fn source<'s>(&'s self, name: &'s TableName) -> Option<Source<'s>> {
        Source::new(self.before, &self.origins, (name, self.backend))
    }

    fn alter_type(&self, source: &Source<'_>, column: &str, to: &Type) -> Option<Precondition> {
        let origin = source.column(column).filter(|origin| origin.is_unchanged())?;
        let from = &source.table.find(origin.name.as_deref()?)?.kind;
        let values = match to {
            Type::Enum(name) => self.origins.enumeration(name),
            _ => None,
        };
        let values: Option<Vec<&str>> =
            values.map(|values| values.iter().map(|value| value.name.as_str()).collect());
        let unfit = Cast { column, from, to }.unfit(values.as_deref(), self.backend)?;
        let (table, kind) = (source.name, spell(to));
        let hint = format!(
            "change them first, or say how a {kind} is made of them: --using {table}.{column}=…, or .alter_type_using(…)"
        );
        let condition = format!("{} IS NOT NULL AND {}", quote(column), unfit.condition);
        Some(source.rows(&condition, unfit.problem, hint))
    }

    fn foreign_key(&self, source: &Source<'_>, key: &ForeignKey) -> Option<Precondition> {
        if clause::is_not_valid(&key.clause) || !source.are_unchanged(&key.columns) {
            return None;
        }
        let alias = if source.name.name == "parent" { "referenced" } else { "parent" };
        let (from, referenced) = match self.origins.table(&key.references) {
            // A new table has no rows to point at.
            Some(origin) if origin.table.is_none() && !origin.touched => (None, Vec::new()),
            Some(_) => {
                let parent = self.source(&key.references)?;
                let referenced = referenced(&parent, key)?;
                (Some(parent.relation_as(alias)), referenced)
            }
            None if key.referenced.is_empty() => return None,
            None => (
                Some(format!("{} AS {}", key.references.quoted(), quote(alias))),
                key.referenced.clone(),
            ),
        };
        let child = |column: &String| format!("{}.{}", quote(&source.name.name), quote(column));
        let is = |test: &'static str, word: &str| {
            let tests: Vec<String> =
                key.columns.iter().map(|column| format!("{} IS {test}", child(column))).collect();
            tests.join(word)
        };
        let missing = from.map_or_else(
            || "TRUE".to_owned(),
            |from| {
                let pairs = referenced.iter().zip(&key.columns).map(|(referenced, column)| {
                    format!("{}.{} = {}", quote(alias), quote(referenced), child(column))
                });
                let pairs: Vec<String> = pairs.collect();
                format!("NOT EXISTS (SELECT 1 FROM {from} WHERE {})", pairs.join(" AND "))
            },
        );
        let condition = if clause::matches_full(&key.clause) {
            format!("({}) AND ({} OR {missing})", is("NOT NULL", " OR "), is("NULL", " OR "))
        } else {
            format!("{} AND {missing}", is("NOT NULL", " AND "))
        };
        let columns = names(&key.columns);
        let problem = format!("point at no row of `{}` with {columns}", key.references);
        let hint =
            format!("delete them, or point {columns} at a row that is there, or set it to NULL");
        Some(source.rows(&condition, problem, hint))
    }

    /// Per column, because only a table can say which of its rows have a value.
    fn rebuild_enum(
        &self,
        name: &str,
        values: &[String],
        map: &[(String, String)],
    ) -> Vec<Precondition> {
        if self.backend == DbBackend::Sqlite {
            return Vec::new();
        }
        let mapped = |value: &str| map.iter().any(|(from, _)| from == value);
        let dropped: Vec<String> = self
            .origins
            .enumeration(name)
            .unwrap_or_default()
            .iter()
            .filter(|value| !values.contains(&value.name) && !mapped(&value.name))
            .filter_map(|value| value.original.as_ref())
            .map(|value| quote_text(value))
            .collect();
        if dropped.is_empty() {
            return Vec::new();
        }
        let kind = Type::Enum(name.to_owned());
        let mut found = Vec::new();
        for table in self.origins.tables().keys() {
            let Some(source) = self.source(table) else { continue };
            for (column, origin) in source.origin.columns.iter().filter(|(_, o)| o.is_unchanged()) {
                let known = origin.name.as_ref().and_then(|original| source.table.find(original));
                let condition = match known.map(|known| &known.kind) {
                    Some(known) if *known == kind => {
                        format!("CAST({} AS text) IN ({})", quote(column), dropped.join(", "))
                    }
                    Some(Type::Array(element)) if **element == kind => format!(
                        "CAST({} AS text[]) && CAST(ARRAY[{}] AS text[])",
                        quote(column),
                        dropped.join(", ")
                    ),
                    _ => continue,
                };
                let problem = format!("have a value in `{column}` that `{name}` loses");
                let hint = "say what it becomes: --map enum.old=new, or a pair in .rebuild_enum(…)"
                    .to_owned();
                found.push(source.rows(&condition, problem, hint));
            }
        }
        found
    }
}

fn one(precondition: Option<Precondition>) -> Vec<Precondition> {
    precondition.into_iter().collect()
}

/// Whether no row can have a value in a new column.
fn is_impossible(column: &Column) -> bool {
    let null = |default: &DefaultValue| default.to_sql().trim().eq_ignore_ascii_case("null");
    !column.nullable
        && column.default.as_ref().is_none_or(null)
        && column.identity.is_none()
        && column.generated.is_none()
}

fn primary_key(source: &Source<'_>, key: &PrimaryKey) -> Vec<Precondition> {
    let mut found: Vec<Precondition> = key
        .columns
        .iter()
        .filter_map(|column| not_null(source, column, "add_primary_key"))
        .collect();
    let columns: Vec<String> = key.columns.iter().map(|column| quote(column)).collect();
    found.extend(duplicates(source, &key.columns, &columns, &not_nulls(&columns)));
    found
}

fn add_unique(source: &Source<'_>, unique: &Unique) -> Option<Precondition> {
    let columns: Vec<String> = unique.columns.iter().map(|column| quote(column)).collect();
    let condition = compared_rows(&columns, &unique.clause);
    duplicates(source, &unique.columns, &columns, &condition)
}

/// The rows of which no two may be equal: those without NULLs, or all.
fn compared_rows(columns: &[String], clause: &str) -> String {
    if clause::compares_nulls(clause) { "TRUE".to_owned() } else { not_nulls(columns) }
}

fn unique_index(source: &Source<'_>, index: &Index) -> Option<Precondition> {
    let unaffected = |text: &str| source.is_unaffected(text);
    let expressions = index.columns.iter().filter(|column| column.expression);
    if !expressions
        .map(|column| column.name.as_str())
        .chain(index.predicate.as_deref())
        .all(unaffected)
    {
        return None;
    }
    let columns: Vec<String> =
        index.columns.iter().map(|column| compared(column, source.backend)).collect();
    let mut condition = compared_rows(&columns, &index.clause);
    if let Some(predicate) = &index.predicate {
        condition = format!("({predicate}) AND {condition}");
    }
    let plain: Vec<String> = index.column_names().map(str::to_owned).collect();
    let mut found = duplicates(source, &plain, &columns, &condition)?;
    let all: Vec<String> = index.columns.iter().map(|column| column.name.clone()).collect();
    found.problem = repeat(&all);
    Some(found)
}

fn add_check(source: &Source<'_>, check: &Check) -> Option<Precondition> {
    let expression = &check.expression;
    if clause::ends_not_valid(expression) || !source.is_unaffected(expression) {
        return None;
    }
    Some(source.rows(
        &format!("NOT ({expression})"),
        format!("fail the check `{expression}`"),
        "change or delete them first".to_owned(),
    ))
}

/// The columns that a key points at, where their values are those that it will meet.
fn referenced(parent: &Source<'_>, key: &ForeignKey) -> Option<Vec<String>> {
    let columns = if key.referenced.is_empty() {
        let now = |original: &String| {
            let mut columns = parent.origin.columns.iter();
            columns
                .find(|(_, column)| column.name.as_ref() == Some(original))
                .map(|(name, _)| name.clone())
        };
        parent.table.primary_key.as_ref()?.columns.iter().map(now).collect::<Option<Vec<_>>>()?
    } else {
        key.referenced.clone()
    };
    (columns.len() == key.columns.len() && parent.are_unchanged(&columns)).then_some(columns)
}
