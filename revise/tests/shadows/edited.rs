//! Whether an applied migration was edited: what the program says is compared, and not what the database made of it.

use sea_orm::DbBackend;
use sea_revise::{Entities, postgres, schema::Schema, sqlite};
use sha2::{Digest, Sha256};

use super::{
    history::{Migration, entity, sql},
    project::{Project, Role},
};

entity!(page "page" {});

fn pages() -> Entities {
    Entities::new().add(page::Entity)
}

const CREATES: &str = "CREATE TABLE page (id integer NOT NULL PRIMARY KEY)";

/// A project with a migration on each database.
async fn on_both(history: &[Migration]) -> Vec<Project> {
    let server = Project::new(Role::Creator, pages, history).await;
    [Some(Project::file(pages, history)), server].into_iter().flatten().collect()
}

async fn edits(project: &Project) -> Vec<String> {
    project.check().await.expect("it is replayed").edited
}

#[tokio::test]
async fn another_statement_is_an_edit_and_another_layout_is_none() {
    for project in on_both(&[sql("m1_page", CREATES)]).await {
        project.expect(&["upgrade"], 0).await;
        for (text, edited) in [
            (CREATES.to_owned(), false),
            (
                "CREATE TABLE page (\n    id integer NOT NULL PRIMARY KEY -- the number\n);"
                    .to_owned(),
                false,
            ),
            (format!("{CREATES}; INSERT INTO page (id) VALUES (1), (2)"), false),
            (format!("{CREATES}; CREATE INDEX page_id ON page (id)"), true),
            (format!("{CREATES}; CREATE VIEW pages AS SELECT id FROM page"), true),
        ] {
            let changed = project.with(pages, &[sql("m1_page", &text)]);
            assert_eq!(!edits(&changed).await.is_empty(), edited, "{:?} {text}", project.backend);
        }
    }
}

#[tokio::test]
async fn the_body_of_a_function_is_what_a_program_says() {
    let body = |words: &str| {
        sql(
            "m2_words",
            &format!("CREATE FUNCTION words() RETURNS text LANGUAGE sql AS $$ SELECT '{words}' $$"),
        )
    };
    let history = [sql("m1_page", CREATES), body("one")];
    let Some(project) = Project::new(Role::Creator, pages, &history).await else { return };
    project.expect(&["upgrade"], 0).await;
    assert_eq!(edits(&project).await, Vec::<String>::new());
    let changed = project.with(pages, &[sql("m1_page", CREATES), body("two")]);
    assert_eq!(edits(&changed).await, ["m2_words"]);
    changed.expect(&["check"], 8).await;
}

/// The checksum of earlier versions: of the schema that was read.
fn former(schema: &Schema) -> String {
    let text = serde_json::to_string(schema).expect("JSON");
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_record_of_an_earlier_version_is_still_right() {
    for project in on_both(&[sql("m1_page", CREATES)]).await {
        project.expect(&["upgrade"], 0).await;
        let db = project.connect().await;
        let schema = match project.backend {
            DbBackend::Sqlite => sqlite::read(&db).await,
            _ => {
                let scope = postgres::SchemaScope::of_connection(&db).await.expect("a schema");
                postgres::read(&db, &scope).await
            }
        };
        db.close().await.expect("it closes");
        let mut schema = schema.expect("a schema");
        schema.tables.retain(|name, _| name.name == "page");
        let recorded = former(&schema);
        let sql = format!("UPDATE sea_revise_history SET checksum = '{recorded}'");
        project.execute(&sql).await;
        assert_eq!(edits(&project).await, Vec::<String>::new(), "{:?}", project.backend);
        project.expect(&["upgrade"], 0).await;
        project.execute("UPDATE sea_revise_history SET checksum = 'another'").await;
        assert_eq!(edits(&project).await, ["m1_page"], "{:?}", project.backend);
    }
}
