//! Foundations of the tests: a database for each, the program, and a macro for both databases.

pub mod app;
pub mod browser;
pub mod db;
pub mod disk;
mod kept;
pub mod ledger;
pub mod process;
pub mod project;
pub mod raw;
pub mod reply;
pub mod request;
pub mod terminal;
pub mod unread;

pub use app::{App, Ended, Program};
pub use browser::Browser;
pub use db::{Database, HEAD, REVISIONS};
pub use project::Project;
pub use reply::Reply;
pub use terminal::Terminal;

/// Runs each test on SQLite and on PostgreSQL. The argument is a fresh [`Database`] with the newest schema.
macro_rules! on_both {
    ($($(#[doc = $doc:literal])* fn $name:ident($database:ident) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports, reason = "what the tests of one file need differs from test to test")]
            use super::*;

            fn promise($database: crate::support::Database) $body

            #[test]
            fn sqlite() {
                promise(crate::support::Database::sqlite());
            }

            #[test]
            fn postgres() {
                if let Some(database) = crate::support::Database::postgres() {
                    promise(database);
                }
            }
        })*
    };
}
pub(crate) use on_both;
