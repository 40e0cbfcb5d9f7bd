//! What plans state and no reading shows: enums and comments on SQLite, and on both databases what tables and columns were
//! called before.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    operation::Operation,
    schema::{Schema, Table, TableName, Used},
};

/// A column, or with an empty name its table.
type Part = (TableName, String);

/// Grows with the operations of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    enums: Schema,
    /// What plans created, whose comments are known.
    made: BTreeSet<Part>,
    comments: BTreeMap<Part, String>,
    former_names: BTreeMap<Part, BTreeSet<String>>,
}

impl Unseen {
    /// Takes an operation in.
    pub fn record(&mut self, operation: &Operation) {
        self.enums.apply_enum(operation);
        match operation {
            Operation::CreateTable { table } => self.create(table),
            Operation::DropTable { table, .. } => self.forget(|(of, _)| of == table),
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::AddColumn { table, column } => {
                self.make((table.clone(), column.name.clone()), column.comment.as_ref());
            }
            Operation::DropColumn { table, column, .. } => {
                self.forget(|(of, name)| of == table && name == column);
            }
            Operation::RenameColumn { table, from, to } => {
                let (old, new) = ((table.clone(), from.clone()), (table.clone(), to.clone()));
                self.rename(&old, new, from);
            }
            Operation::SetComment { table, column, comment, .. } => {
                let part = (table.clone(), column.clone().unwrap_or_default());
                self.comment(part, comment.as_ref());
            }
            _ => {}
        }
    }

    /// Gives what was read from SQLite the enums and comments that the plans state, and says where they would have stated one.
    pub fn refine(&self, schema: &mut Schema) {
        for (table, column) in &self.made {
            let Some(table) = schema.tables.get_mut(table) else { continue };
            if column.is_empty() {
                table.planned = Used(true);
            } else if let Some(column) = table.find_mut(column) {
                column.planned = Used(true);
            }
        }
        for (name, values) in &self.enums.enums {
            schema.enums.entry(name.clone()).or_insert_with(|| values.clone());
        }
        for ((table, column), comment) in &self.comments {
            let Some(table) = schema.tables.get_mut(table) else { continue };
            let comment = Some(comment.clone());
            if column.is_empty() {
                table.comment = comment;
            } else if let Some(column) = table.find_mut(column) {
                column.comment = comment;
            }
        }
    }

    /// Whether a plan created this enum type.
    pub fn states_enum(&self, name: &str) -> bool {
        self.enums.enums.contains_key(name)
    }

    /// Forgets tables and columns that are there no more.
    pub fn forget_undone(&mut self, schema: &Schema) {
        self.forget(|(table, column)| {
            let found = schema.table(table);
            found.is_none_or(|table| !column.is_empty() && table.find(column).is_none())
        });
    }

    /// The renames that were done, also by several steps: the table, the old name, the new name, which is empty for the table.
    pub fn renamed(&self) -> BTreeSet<(TableName, String, String)> {
        let names = self.former_names.iter();
        let names = names.flat_map(|((table, to), former)| {
            former.iter().map(|from| (table.clone(), from.clone(), to.clone()))
        });
        names.collect()
    }

    fn create(&mut self, table: &Table) {
        self.make((table.name.clone(), String::new()), table.comment.as_ref());
        for column in &table.columns {
            self.make((table.name.clone(), column.name.clone()), column.comment.as_ref());
        }
    }

    fn make(&mut self, part: Part, comment: Option<&String>) {
        self.made.insert(part.clone());
        self.comment(part, comment);
    }

    fn comment(&mut self, part: Part, comment: Option<&String>) {
        match comment {
            Some(comment) => drop(self.comments.insert(part, comment.clone())),
            None => drop(self.comments.remove(&part)),
        }
    }

    fn forget(&mut self, is_gone: impl Fn(&Part) -> bool) {
        self.made.retain(|part| !is_gone(part));
        self.comments.retain(|part, _| !is_gone(part));
        self.former_names.retain(|part, _| !is_gone(part));
    }

    fn rename(&mut self, old: &Part, new: Part, from: &str) {
        if self.made.remove(old) {
            self.made.insert(new.clone());
        }
        if let Some(comment) = self.comments.remove(old) {
            self.comments.insert(new.clone(), comment);
        }
        let mut names = self.former_names.remove(old).unwrap_or_default();
        names.insert(from.to_owned());
        self.former_names.insert(new, names);
    }

    fn rename_table(&mut self, from: &TableName, to: &TableName) {
        let moved = |(table, part): Part| (if table == *from { to.clone() } else { table }, part);
        self.made = std::mem::take(&mut self.made).into_iter().map(moved).collect();
        let comments = std::mem::take(&mut self.comments).into_iter();
        self.comments = comments.map(|(part, comment)| (moved(part), comment)).collect();
        let names = std::mem::take(&mut self.former_names).into_iter();
        self.former_names = names.map(|(part, names)| (moved(part), names)).collect();
        let own = (to.clone(), String::new());
        self.former_names.entry(own).or_default().insert(from.name.clone());
    }
}
