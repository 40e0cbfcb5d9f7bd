//! What can go wrong with a folder of migrations.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why the folder of migrations was not found, read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// None was found.
    #[error("no migrations in `{}` or above it; name their crate with `-d`, or make one with `init`", .0.display())]
    NotFound(PathBuf),
    /// The one that was named is none.
    #[error(
        "`{}` holds no migrations; expected a crate with a `Cargo.toml`, its `src` or its folder `versions`",
        .0.display()
    )]
    NoMigrations(PathBuf),
    /// No crate has an entity.
    #[error("no entity of SeaORM in the crates of `{}`; expected a struct with `DeriveEntityModel` or `#[sea_orm::model]`", .0.display())]
    NoEntities(PathBuf),
    /// No program of the workspace runs migrations with this library.
    #[error("no program in the crates of `{}` runs migrations with sea-revise; `cargo revise init` writes one", .0.display())]
    NoProgram(PathBuf),
    /// A name that is none of a revision.
    #[error("`{0}` is no name of a revision; expected one such as `m20260901_090000_create_books`")]
    Name(String),
    /// A name that is none of a crate.
    #[error("`{0}` is no name of a crate; expected one such as `migration`")]
    Crate(String),
    /// A folder in which entities would be of no use.
    #[error("no entities can be written into `{}`: {why}; name another folder with `--entities`", .folder.display())]
    Entities {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// A file that would have been overwritten.
    #[error("`{}` exists already; nothing was written", .0.display())]
    Exists(PathBuf),
    /// A revision that is not there.
    #[error("there is no revision `{revision}` in `{}`", .folder.display())]
    Missing {
        /// The revision.
        revision: String,
        /// The folder.
        folder: PathBuf,
    },
    /// A revision that is registered, and should not be yet.
    #[error("`{revision}` is registered in `{}` already; take it out first", .path.display())]
    Registered {
        /// The revision.
        revision: String,
        /// The file that registers it.
        path: PathBuf,
    },
    /// A list that cannot be changed without guessing.
    #[error(
        "the list of migrations in `{}` is not recognised{why}; nothing was written; bring it into the form \
         `vec![Box::new(m…::Migration), …]` and repeat, which will {action}:\n\n    {module}\n    {entry}",
        .path.display()
    )]
    NotRecognised {
        /// The file with the list.
        path: PathBuf,
        /// The line that is not understood: `; line 7 has …`.
        why: String,
        /// What is to be done with the lines: `add these two lines`.
        action: &'static str,
        /// The line that declares the module.
        module: String,
        /// The line in the list.
        entry: String,
    },
    /// A list that cannot be read.
    #[error(
        "the list of migrations in `{}` is not recognised; expected `vec![Box::new(m…::Migration), …]` in `fn migrations()`{why}",
        .path.display()
    )]
    Unreadable {
        /// The file with the list.
        path: PathBuf,
        /// The line that is not understood: `; line 7 has …`.
        why: String,
    },
    /// A file or folder that cannot be read or written.
    #[error("cannot {doing} `{}`: {source}", .path.display())]
    Io {
        /// Such as `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl DirectoryError {
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    /// That a list is not recognised, with the lines that a person has to add or to take out.
    pub(super) fn not_recognised(
        path: &Path,
        why: String,
        action: &'static str,
        revision: &str,
    ) -> Self {
        Self::NotRecognised {
            path: path.to_owned(),
            why,
            action,
            module: format!("mod {revision};"),
            entry: format!("Box::new({revision}::Migration),"),
        }
    }

    /// Where a list cannot be read, that it cannot be changed either: `other` makes an error of the reason.
    pub(super) fn or_else(self, other: impl FnOnce(String) -> Self) -> Self {
        let Self::Unreadable { path, why } = self else { return self };
        match other(why) {
            Self::NotRecognised { why, action, module, entry, .. } => {
                Self::NotRecognised { path, why, action, module, entry }
            }
            other => other,
        }
    }
}
