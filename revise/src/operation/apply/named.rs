//! Constraints by their names, and how they get others.

use super::parts::{exists, missing};
use crate::{
    error::PlanError,
    schema::{Table, Written, names},
};

/// A constraint of a table, or the unique index that stands for one on SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    PrimaryKey,
    Unique(usize),
    ForeignKey(usize),
    Check(usize),
    Index(usize),
}

impl Named {
    /// The constraint that is called so. One without a name is called as PostgreSQL would call it.
    pub fn find(table: &Table, name: &str) -> Option<Self> {
        if table.primary_key.is_some() && names::primary_key(table) == name {
            return Some(Self::PrimaryKey);
        }
        let unique = || table.uniques.iter().position(|one| names::unique(table, one) == name);
        let key =
            || table.foreign_keys.iter().position(|one| names::foreign_key(table, one) == name);
        let check = || table.checks.iter().position(|one| names::check(table, one) == name);
        let index = || table.indexes.iter().position(|one| one.unique && one.name == name);
        (unique().map(Self::Unique))
            .or_else(|| key().map(Self::ForeignKey))
            .or_else(|| check().map(Self::Check))
            .or_else(|| index().map(Self::Index))
    }

    /// Finds it, for an operation.
    ///
    /// # Errors
    /// When there is none.
    pub fn expect(table: &Table, name: &str) -> Result<Self, PlanError> {
        Self::find(table, name).ok_or_else(|| missing(&table.name, format!("constraint `{name}`")))
    }
}

/// Gives a constraint another name.
///
/// # Errors
/// When there is none of the old name, or one of the new name.
pub fn rename_constraint(table: &mut Table, (from, to): (&str, &str)) -> Result<(), PlanError> {
    let found = Named::expect(table, from)?;
    if Named::find(table, to).is_some_and(|other| other != found) {
        return Err(exists(&table.name, format!("constraint `{to}`")));
    }
    if let Named::Index(place) = found {
        if let Some(index) = table.indexes.get_mut(place) {
            to.clone_into(&mut index.name);
            index.written = Written(None);
        }
        return Ok(());
    }
    // The name that it has without one is none of its own.
    name_of(table, found, None);
    if Named::find(table, to) != Some(found) {
        name_of(table, found, Some(to));
    }
    Ok(())
}

fn name_of(table: &mut Table, found: Named, given: Option<&str>) {
    let name = match found {
        Named::PrimaryKey => table.primary_key.as_mut().map(|key| &mut key.name),
        Named::Unique(place) => table.uniques.get_mut(place).map(|one| &mut one.name),
        Named::ForeignKey(place) => table.foreign_keys.get_mut(place).map(|one| &mut one.name),
        Named::Check(place) => table.checks.get_mut(place).map(|one| &mut one.name),
        Named::Index(_) => None,
    };
    if let Some(name) = name {
        *name = given.map(str::to_owned);
    }
}
