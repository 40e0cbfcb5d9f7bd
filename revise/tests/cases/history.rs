//! The history of a case: what was there before as one migration, and the generated files, compiled.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr,
};
use sea_revise::{Revise, project::generate::Draft};

use crate::{case::Case, golden, place::Place};

/// The database before, as a migration.
struct Before(String);

impl MigrationName for Before {
    fn name(&self) -> &str {
        "before"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Before {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if self.0.is_empty() {
            return Ok(());
        }
        sea_orm::ConnectionTrait::execute_unprepared(manager.get_connection(), &self.0)
            .await
            .map(drop)
    }
}

/// The name of a step's generated file, without its ending.
pub fn file(case: &Case, step: usize, backend: sea_orm::DbBackend) -> String {
    let both = format!("{}_{step}", case.name);
    let own = format!(
        "{both}_{}",
        if backend == sea_orm::DbBackend::Sqlite { "sqlite" } else { "postgres" }
    );
    if golden::find(&own).is_some() { own } else { both }
}

/// The database before, taken apart: what is there once in a database and shadows need too, what creates the tables,
/// and what fills them. Only the tables are part of a history.
pub struct Parts {
    pub once: String,
    pub tables: String,
    pub rows: String,
}

/// Takes the database before a case apart.
pub fn before(case: &Case, backend: sea_orm::DbBackend) -> Parts {
    let text = case.before.text(backend);
    let (mut once, mut tables, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for statement in text.split(";\n") {
        let words: Vec<&str> = statement.split_whitespace().take(2).collect();
        match words.as_slice() {
            ["CREATE", "SCHEMA" | "EXTENSION" | "DOMAIN"] => once.push(statement),
            ["CREATE", "SEQUENCE"] if statement.contains('.') => once.push(statement),
            ["INSERT" | "UPDATE" | "DELETE" | "WITH" | "SELECT", ..] => rows.push(statement),
            _ => tables.push(statement),
        }
    }
    Parts { once: once.join(";\n"), tables: tables.join(";\n"), rows: rows.join(";\n") }
}

/// The engine with the migrations up to a step, and the entities of that step.
pub fn revise(
    case: &Case,
    steps: &[usize],
    backend: sea_orm::DbBackend,
    entities_of: usize,
) -> Revise {
    let before = before(case, backend).tables;
    let names: Vec<String> = steps.iter().map(|step| file(case, *step, backend)).collect();
    let migrations = move || {
        let mut migrations: Vec<Box<dyn MigrationTrait>> = vec![Box::new(Before(before.clone()))];
        migrations.extend(names.iter().filter_map(|name| golden::find(name)));
        migrations
    };
    let entities = case.steps.get(entities_of).expect("a step").entities;
    Revise::of(migrations).entities(entities()).program("migration")
}

/// What is noted of the compiled file is what would be noted of the draft: otherwise `migrate --apply` would take its own
/// file for an edited one after the next build.
pub async fn expect_noted(draft: &Draft, file: &str, place: &Place) -> Result<(), String> {
    let sql = format!("SELECT checksum FROM sea_revise_history WHERE version = '{file}'");
    let (noted, own) = (place.text(&sql).await, draft.checksum());
    // A process that was killed while it replayed in a scratch database holds the schema there until the server finds
    // out, and where nothing can be replayed there is no checksum.
    let unknown = place.scratch.is_some() && noted == "NULL";
    match noted == own || unknown {
        true => Ok(()),
        false => {
            Err(format!("the file's checksum is {noted}, the draft's is {own}: {:?}", draft.up))
        }
    }
}
