//! What a migration imports.

pub use sea_orm_migration::{
    self, MigrationTrait, MigratorTrait, SchemaManager,
    prelude::{DeriveMigrationName, async_trait},
    sea_orm::DbErr,
};

pub use crate::{
    column::{Column, Identity},
    column_type::Type,
    default_value::DefaultValue,
    key::{Action, Check, ForeignKey, Index, IndexColumn, PrimaryKey, Unique},
    plan::Plan,
    schema::TableName,
    table::Table,
};
