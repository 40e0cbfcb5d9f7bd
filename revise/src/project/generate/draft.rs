//! A migration that was found and proven, and not written yet.

use sea_orm::DbBackend;

use crate::{
    check::lint::Finding,
    diff::{DiffOptions, diff},
    error::Result,
    operation::{Operation, reverse::reverse},
    schema::{Schema, checksum::checksum},
};

/// A migration that was not written yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Draft {
    /// The way up.
    pub up: Vec<Operation>,
    /// The way down.
    pub down: Vec<Operation>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What may be dangerous.
    pub findings: Vec<Finding>,
    /// The schema that the history leads to.
    pub before: Schema,
    /// Whether it can run in one transaction.
    pub transaction: bool,
    /// What is there, is none of the entities' business, and stays.
    pub unmanaged: Vec<String>,
}

impl Draft {
    /// Nothing yet, to be filled in by hand.
    pub(crate) fn empty() -> Self {
        Self {
            up: Vec::new(),
            down: Vec::new(),
            notes: Vec::new(),
            findings: Vec::new(),
            before: Schema::default(),
            transaction: true,
            unmanaged: Vec::new(),
        }
    }

    /// What creates a whole schema.
    pub(crate) fn creating(schema: &Schema, backend: DbBackend) -> Result<Self> {
        let empty = Schema::default();
        let found = diff(&empty, schema, &DiffOptions::whole(backend));
        let found = found?;
        let down = reverse(&empty, &found.operations, backend)?.operations;
        Ok(Self { up: found.operations, down, notes: found.notes, ..Self::empty() })
    }

    /// The checksum that the history keeps of its way up: of the plan as the migration's file has it.
    #[must_use]
    pub fn checksum(&self) -> String {
        let written: Vec<Operation> = self.up.iter().map(Operation::as_written).collect();
        checksum(&written)
    }
}
