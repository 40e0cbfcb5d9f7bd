//! What a migration imports.

pub use sea_orm_migration::{
    self, MigrationTrait, MigratorTrait, SchemaManager,
    prelude::{DeriveMigrationName, async_trait},
    sea_orm::DbErr,
};

pub use crate::{
    operation::Plan,
    runtime::seeding::{Seed, Seeds, SqlSeed},
    schema::{
        Action, Check, Column, DefaultValue, ForeignKey, Identity, Index, IndexColumn, PrimaryKey,
        Table, TableName, Type, Unique,
    },
};
