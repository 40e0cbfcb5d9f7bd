//! The statements of a migration between BEGIN and COMMIT, or step by step.

use sea_orm::DbBackend;

use super::{PlannedMigration, Preview, one_line};
use crate::{
    project::compare::script::guard,
    runtime::{
        history::TABLE,
        settings::Settings,
        tape::{Entry, words},
    },
    schema::quote_text,
};

/// Writes one migration down.
pub(super) struct Frame<'a> {
    preview: &'a Preview,
    migration: &'a PlannedMigration,
    lines: Vec<String>,
    /// How many transactions of its own are open.
    open: usize,
    /// What belongs to the step that is not done.
    step: Vec<String>,
    ends: Ends,
}

/// Whether a transaction begins and ends with a migration, which may share it.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub begins: bool,
    pub commits: bool,
}

impl<'a> Frame<'a> {
    pub fn new(preview: &'a Preview, migration: &'a PlannedMigration, ends: Ends) -> Self {
        let name = one_line(&migration.revision);
        let lines = vec![String::new(), format!("-- {name}")];
        Self { preview, migration, lines, open: 0, step: Vec::new(), ends }
    }

    /// The lines of a migration that begins and ends with these statements.
    pub fn written(mut self, first: &[String], last: &[String]) -> Vec<String> {
        if self.migration.in_transaction {
            if self.ends.begins {
                self.begin();
            }
            self.add_all(first);
            self.entries();
            self.restore_settings();
            self.add_all(last);
            if self.ends.commits {
                self.add("COMMIT");
            }
            return self.lines;
        }
        self.remark(
            "it runs without a transaction: when a statement fails, what was done before stays, and `upgrade` or `downgrade` goes on",
        );
        self.transaction(first);
        self.entries();
        let rest = std::mem::take(&mut self.step);
        self.add_all(&rest);
        self.restore_settings();
        self.transaction(last);
        self.lines
    }

    fn entries(&mut self) {
        for entry in &self.migration.entries {
            match entry {
                Entry::Own(sql) => self.add(sql),
                Entry::Answered(sql) => {
                    self.remark("the migration reads the answer of the next statement, on an empty database here");
                    self.add(sql);
                }
                Entry::Read(sql) => {
                    self.remark(&format!("the migration looks at the schema: {}", one_line(sql)));
                }
                Entry::Begin(depth) => self.own_begin(*depth),
                Entry::Commit(depth) => self.own_end(*depth, "COMMIT", &["RELEASE SAVEPOINT"]),
                Entry::Rollback(depth) => {
                    let nested = ["ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"];
                    self.own_end(*depth, "ROLLBACK", &nested);
                }
                Entry::Planned(sql) => self.planned(sql.clone()),
                Entry::Expect { message, count } => self.expect(message, count),
                Entry::Agree { message, count } if !self.preview.consent => {
                    self.expect(message, count);
                }
                Entry::Agree { .. } => {}
                Entry::Step(done) => self.end_step(*done),
            }
        }
    }

    /// What one migration sets does not reach the next one.
    fn restore_settings(&mut self) {
        let is_pragma = |sql: &String| words(sql).iter().any(|word| word == "PRAGMA");
        if self.preview.backend == DbBackend::Sqlite
            && self.migration.statements.iter().any(is_pragma)
        {
            self.add(&Settings::of_shadow().sql());
        }
    }

    fn begin(&mut self) {
        self.add(match self.preview.backend {
            DbBackend::Sqlite => "BEGIN IMMEDIATE",
            _ => "BEGIN",
        });
    }

    fn transaction(&mut self, statements: &[String]) {
        self.begin();
        self.add_all(statements);
        self.add("COMMIT");
    }

    fn planned(&mut self, sql: String) {
        match self.migration.in_transaction {
            true => self.add(&sql),
            false => self.step.push(sql),
        }
    }

    fn expect(&mut self, message: &str, count: &str) {
        guard(message, count).into_iter().for_each(|sql| self.planned(sql));
    }

    /// A step and its note are one transaction, unless it cannot be in one.
    fn end_step(&mut self, done: usize) {
        let mut step = std::mem::take(&mut self.step);
        let is_alone = |word: &String| word == "CONCURRENTLY" || word == "VALIDATE";
        let alone = step.iter().any(|sql| words(sql).iter().any(is_alone));
        let name = quote_text(&self.migration.revision);
        step.push(format!("UPDATE {TABLE} SET steps = {done} WHERE version = {name}"));
        match alone || self.open > 0 {
            true => self.add_all(&step),
            false => self.transaction(&step),
        }
    }

    fn own_begin(&mut self, depth: usize) {
        self.open = depth;
        match self.migration.in_transaction || depth > 1 {
            true => self.add(&format!("SAVEPOINT sea_revise_nested_{depth}")),
            false => self.begin(),
        }
    }

    fn own_end(&mut self, depth: usize, whole: &str, nested: &[&str]) {
        self.open = depth.saturating_sub(1);
        if !self.migration.in_transaction && depth == 1 {
            return self.add(whole);
        }
        for words in nested {
            self.add(&format!("{words} sea_revise_nested_{depth}"));
        }
    }

    fn remark(&mut self, text: &str) {
        self.lines.push(format!("-- {text}"));
    }

    fn add_all(&mut self, statements: &[String]) {
        statements.iter().for_each(|sql| self.add(sql));
    }

    fn add(&mut self, sql: &str) {
        self.lines.push(ended(sql));
    }
}

/// A text of SQL with a semicolon that no comment swallows.
pub(super) fn ended(sql: &str) -> String {
    let sql = sql.trim();
    match sql.lines().last() {
        Some(last) if last.contains("--") => format!("{sql}\n;"),
        _ if sql.ends_with(';') => sql.to_owned(),
        _ => format!("{sql};"),
    }
}
