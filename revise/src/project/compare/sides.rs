//! The two sides of a comparison: which database it is about, and what of a database counts.

use super::Side;
use crate::{
    error::{Error, Result},
    runtime::{shadow::Shadows, target::Target},
    schema::{Schema, TableName},
};

/// What is compared, and where that is.
pub(super) struct Sides<'a> {
    /// Where shadows are made.
    pub shadows: &'a Shadows,
    /// The database of `--database-url`.
    pub target: &'a Target,
    /// The one that says what kind of database it is about.
    pub home: &'a Target,
    pub from: &'a Side,
    pub to: &'a Side,
}

/// Takes the tables out of a database that neither a migration made nor the other side knows: other programs made them.
pub(super) fn without_strangers(
    side: &Side,
    schema: &mut Schema,
    other: &Schema,
    made: &Schema,
) -> Vec<String> {
    if !matches!(side, Side::Database | Side::Url(_)) {
        return Vec::new();
    }
    let known =
        |name: &TableName| made.tables.contains_key(name) || other.tables.contains_key(name);
    let gone: Vec<TableName> = schema.tables.keys().filter(|name| !known(name)).cloned().collect();
    for name in &gone {
        schema.tables.remove(name);
    }
    gone.iter().map(|name| format!("table {name}")).collect()
}

/// Which of the databases says what kind of database this is about; shadows are made there.
pub(super) fn home(target: &Target, from: &Side, to: &Side) -> Result<Target> {
    let databases: Vec<&Target> = [from, to]
        .into_iter()
        .filter_map(|side| match side {
            Side::Database => Some(target),
            Side::Url(url) => Some(url),
            Side::Models | Side::Revision(_) | Side::File(_) => None,
        })
        .collect();
    match databases.as_slice() {
        [one, other] if one.backend() != other.backend() => Err(Error::Usage(format!(
            "{one} and {other} are two kinds of database, which have no types in common; compare both with `models`"
        ))),
        [first, ..] => Ok((*first).clone()),
        [] => Ok(target.clone()),
    }
}
