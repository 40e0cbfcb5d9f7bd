//! SeaORM's entities of the tables of a schema, in Rust. sea-orm-codegen writes them, from statements of our own model: it reads what
//! sea-schema does not, and what the entities say has to be compared with it afterwards.
//!
//! What no attribute says is left out: defaults, checks, indexes that are not unique. A table that cannot be an entity is left out too,
//! with a remark.

#[cfg(feature = "codegen")]
mod names;
#[cfg(feature = "codegen")]
mod statement;
#[cfg(feature = "codegen")]
mod writer;

use crate::schema::TableName;

#[cfg(feature = "codegen")]
pub(crate) use self::writer::write;

/// What is written where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A crate: a file for each table, `prelude.rs`, and `lib.rs`.
    Crate,
    /// A folder in a crate: the same with `mod.rs`.
    Folder,
    /// One file with a module for each table, which needs nothing but this library.
    Frozen,
}

/// Entities as text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Models {
    /// The names of the files, and their texts.
    pub files: Vec<(String, String)>,
    /// The tables that are entities, each with the module of its entity as a path names it.
    pub tables: Vec<(TableName, String)>,
    /// The tables and columns that are left out, in sentences.
    pub remarks: Vec<String>,
    /// Whether a column is an array, for which SeaORM has a feature.
    pub has_arrays: bool,
}

/// Refuses, because the program was built without what writes entities.
///
/// # Errors
/// Always.
#[cfg(not(feature = "codegen"))]
pub(crate) fn write(
    _: &crate::schema::Schema,
    _: sea_orm::DbBackend,
    _: Form,
) -> crate::error::Result<Models> {
    Err(crate::error::Error::Usage(
        "this program was built without the feature `codegen` of sea-revise, which writes entities"
            .to_owned(),
    ))
}
