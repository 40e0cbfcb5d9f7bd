//! A separate project: a directory of migrations, and a history that the test defines.

use std::{fs, path::PathBuf};

use super::{Database, Ended, Program};

/// The file of the only migration.
pub const BEGIN: &str = "m20260101_000000_begin.rs";

/// A project whose migration created a table with these columns and is applied; its entity is a book with title and author.
pub struct Project {
    pub database: Database,
    columns: &'static str,
}

impl Project {
    /// On a new database of the same kind.
    pub fn new(like: &Database, columns: &'static str) -> Self {
        let database = like.empty_beside();
        let versions = database.home.path().join("versions");
        fs::create_dir(&versions).expect("a folder");
        fs::write(versions.join(BEGIN), "").expect("a file");
        let project = Self { database, columns };
        project.run(&["upgrade"]).expect_success();
        project
    }

    pub fn program(&self) -> Program {
        Program::library(&self.database, self.columns)
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.program().run(arguments)
    }

    /// A file in the directory of migrations.
    pub fn file(&self, name: &str) -> PathBuf {
        self.database.home.path().join("versions").join(name)
    }

    /// The migration that was written after the first one.
    pub fn written(&self) -> Option<PathBuf> {
        let files = fs::read_dir(self.file("")).expect("the folder").flatten();
        let mut names: Vec<_> =
            files.map(|file| file.file_name().into_string().expect("UTF-8")).collect();
        names.retain(|name| name != BEGIN && name != "mod.rs");
        assert!(names.len() < 2, "{names:?}");
        names.pop().map(|name| self.file(&name))
    }

    /// As [`Self::written`], its contents.
    pub fn expect_written(&self) -> String {
        fs::read_to_string(self.written().expect("a migration")).expect("UTF-8")
    }

    /// Nothing was written to the directory, and the database is unchanged.
    pub fn expect_untouched(&self) {
        assert_eq!(self.written(), None);
        assert!(!self.file("mod.rs").exists());
        let compared = self.run(&["diff", "db", "head"]).expect_code(0);
        assert_eq!(compared.stderr, "db and head are equal\n");
    }
}
