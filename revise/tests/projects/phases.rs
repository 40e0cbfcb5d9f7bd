//! One change in two migrations, on both databases: while both programs run, each can read and write.

use sea_revise::{
    Error, GenerateOptions, UpgradeOptions, operation::Operation, project::generate::Phase,
};

use crate::project::{List, Project, both, entities, entity};

entity!(person (table_name = "person") {
    pub name: String,
    pub legacy: i32,
    #[sea_orm(unique)]
    pub code: String,
    pub shelf: Option<i32>,
});

entity!(person_later (table_name = "person") {
    pub full_name: String,
    #[sea_orm(unique)]
    pub email: String,
    pub code: String,
    #[sea_orm(indexed)]
    pub shelf: i32,
});

entity!(note (table_name = "note") {
    pub text: String,
});

const BEFORE: List = entities!(person);
const AFTER: List = entities!(person_later, note);

fn phase(phase: Phase) -> GenerateOptions {
    GenerateOptions {
        phase: Some(phase),
        renames: vec!["person.name:full_name".to_owned()],
        ..GenerateOptions::default()
    }
}

async fn begun() -> Vec<Project> {
    let projects = both().await;
    for project in &projects {
        project.migrate(BEFORE, &GenerateOptions::default()).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        old_program(project, "Ada").await;
    }
    projects
}

async fn old_program(project: &Project, name: &str) {
    let sql = format!("INSERT INTO person (name, legacy, code) VALUES ('{name}', 1, 'old {name}')");
    project.execute(&sql).await.unwrap();
}

async fn new_program(project: &Project, name: &str) {
    let sql = format!(
        "INSERT INTO person (full_name, email, code, shelf) VALUES ('{name}', '{name}', 'same', 1)"
    );
    project.execute(&sql).await.unwrap();
}

const NAMES: &str = "SELECT full_name FROM person ORDER BY id";

#[tokio::test]
async fn both_programs_run_between_the_phases() {
    for project in begun().await {
        let draft = project.migrate(AFTER, &phase(Phase::Expand)).await;
        assert!(!draft.up.iter().any(Operation::is_destructive), "{:?}", draft.up);
        assert!(!draft.transaction, "an index is built concurrently");
        let left = draft.notes.iter().find(|note| note.starts_with("left for `--phase contract`"));
        let left = left.expect("what is left");
        for words in ["person.name", "person.legacy", "person.email", "person.shelf"] {
            assert!(left.contains(words), "{words}: {left}");
        }
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        assert_eq!(project.texts(NAMES).await, ["Ada"]);
        old_program(&project, "Bob").await;
        new_program(&project, "Cem").await;
        new_program(&project, "Dan").await;
        assert_eq!(project.texts(NAMES).await, ["Ada", "NULL", "Cem", "Dan"]);
        let again = project.draft(AFTER, &phase(Phase::Expand)).await.map(drop).unwrap_err();
        assert!(
            matches!(&again, Error::Stopped(words) if words.contains("nothing to expand")),
            "{again}"
        );

        let values =
            ["person.full_name=COALESCE(name, '')", "person.email='?' || id", "person.shelf=0"];
        let contract = GenerateOptions {
            phase: Some(Phase::Contract),
            defaults: values.map(str::to_owned).to_vec(),
            allow_destructive: true,
            ..GenerateOptions::default()
        };
        let draft = project.migrate(AFTER, &contract).await;
        assert!(!draft.transaction, "NOT NULL is set and rows are compared while others write");
        assert!(
            !draft.findings.iter().any(|one| one.rule == "set-not-null"),
            "{:?}",
            draft.findings
        );
        let lossy = UpgradeOptions { allow_data_loss: true, ..UpgradeOptions::default() };
        project.upgrade(&lossy).await.unwrap();
        assert_eq!(project.texts(NAMES).await, ["Ada", "Bob", "Cem", "Dan"]);
        let emails = project.texts("SELECT email FROM person ORDER BY id").await;
        assert_eq!(emails, ["?1", "?2", "Cem", "Dan"]);
        project.expect_quiet(AFTER).await;
        assert_eq!(project.run(AFTER, &["test"]), 0);
    }
}

#[tokio::test]
async fn the_expansion_is_taken_back_with_the_rows_of_the_old_program() {
    for project in begun().await {
        project.migrate(AFTER, &phase(Phase::Expand)).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.downgrade("-1").await.unwrap();
        assert_eq!(project.texts("SELECT name FROM person").await, ["Ada"]);
        old_program(&project, "Bob").await;
        let legacy = project.execute("INSERT INTO person (name, code) VALUES ('Cem', 'c')").await;
        legacy.expect_err("`legacy` is NOT NULL again");
        assert_eq!(project.run(BEFORE, &["diff", "db", "m20260101_000000_step"]), 0);
    }
}

#[tokio::test]
async fn a_change_that_only_takes_away_has_no_expansion() {
    entity!(bare (table_name = "person") {
        pub name: String,
        pub legacy: i32,
        #[sea_orm(unique)]
        pub code: String,
    });
    for project in begun().await {
        let drafted = project
            .draft(
                entities!(bare),
                &GenerateOptions { renames: Vec::new(), ..phase(Phase::Expand) },
            )
            .await;
        let error = drafted.map(drop).unwrap_err().to_string();
        assert!(error.contains("drop column person.shelf"), "{error}");
        assert!(error.contains("--phase contract"), "{error}");
        assert!(
            project
                .draft(BEFORE, &GenerateOptions { renames: Vec::new(), ..phase(Phase::Expand) })
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_table_that_is_renamed_waits_for_the_contraction() {
    entity!(human (table_name = "human") {
        pub name: String,
        pub legacy: i32,
        #[sea_orm(unique)]
        pub code: String,
        pub shelf: Option<i32>,
        pub email: Option<String>,
    });
    const RENAMED: List = entities!(human, note);
    for project in begun().await {
        let mut options = GenerateOptions { renames: Vec::new(), ..phase(Phase::Expand) };
        let asked = project.draft(RENAMED, &options).await.map(drop).unwrap_err();
        assert!(matches!(asked, Error::NeedsAnswer(_)), "{asked:?}");
        options.renames.push("person:human".to_owned());
        let draft = project.migrate(RENAMED, &options).await;
        let tables = draft.up.iter().filter_map(Operation::table).map(ToString::to_string);
        assert_eq!(tables.collect::<Vec<_>>(), ["note"]);
        let left = draft.notes.iter().find(|note| note.starts_with("left for"));
        assert!(left.is_some_and(|left| left.contains("rename table person to human")), "{left:?}");
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        options.phase = Some(Phase::Contract);
        project.migrate(RENAMED, &options).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        assert_eq!(project.texts("SELECT name FROM human").await, ["Ada"]);
        project.expect_quiet(RENAMED).await;
    }
}
