//! The revisions, oldest first. Generated whole from the files beside it: what you write here is lost.

use sea_revise::prelude::MigrationTrait;

mod m20261123_193758_begin_the_library;

/// Every revision in the order in which it is applied.
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m20261123_193758_begin_the_library::Migration)]
}
