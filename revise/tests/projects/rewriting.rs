//! Operations that a project changes before a migration is written, on both databases.

use sea_revise::{GenerateOptions, Plan, Revise, UpgradeOptions, operation::Operation};

use crate::project::{List, Project, both, entities, entity};

entity!(note (table_name = "note") {
    pub text: String,
});

entity!(marked_note (table_name = "note") {
    pub text: String,
    #[sea_orm(indexed)]
    pub mark: Option<String>,
    #[sea_orm(unique)]
    pub slug: Option<String>,
});

async fn begun() -> Vec<Project> {
    let projects = both().await;
    for project in &projects {
        project.given("CREATE TABLE note ({pk}, text varchar NOT NULL)");
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
    }
    projects
}

const ENTITIES: List = entities!(marked_note);

/// Another form of one operation, and one more after all of them.
fn otherwise(mut operations: Vec<Operation>) -> Vec<Operation> {
    for operation in &mut operations {
        if let Operation::CreateIndex { index, .. } = operation {
            index.name = "by_mark".to_owned();
        }
    }
    let extra = Plan::new().raw_sql("UPDATE note SET text = trim(text)");
    [operations, extra.operations].concat()
}

/// Leaves what is about one column to somebody else.
fn without_slug(operations: Vec<Operation>) -> Vec<Operation> {
    let is_slug = |operation: &Operation| match operation {
        Operation::AddColumn { column, .. } => column.name == "slug",
        Operation::AddUnique { unique, .. } => unique.columns == ["slug"],
        _ => false,
    };
    operations.into_iter().filter(|operation| !is_slug(operation)).collect()
}

#[tokio::test]
async fn what_is_rewritten_is_proven_written_and_found_again() {
    for project in begun().await {
        let revise = || project.revise(ENTITIES).rewrite(otherwise);
        let drafted = revise().draft(&project.target(), &GenerateOptions::default()).await;
        let draft = drafted.unwrap().expect("a difference");
        let names = |operations: &[Operation]| -> Vec<String> {
            let index = |operation: &Operation| match operation {
                Operation::CreateIndex { index, .. } => Some(index.name.clone()),
                Operation::DropIndex { index, .. } => Some(index.clone()),
                _ => None,
            };
            operations.iter().filter_map(index).collect()
        };
        assert_eq!(names(&draft.up), ["by_mark"]);
        assert!(matches!(draft.up.last(), Some(Operation::Sql { .. })), "{:?}", draft.up);
        assert_eq!(names(&draft.down), ["by_mark"]);
        project.drafted(&draft);
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        let again = revise().draft(&project.target(), &GenerateOptions::default()).await.unwrap();
        assert!(again.is_none(), "{:?}", again.map(|draft| draft.up));
        project.downgrade("-1").await.unwrap();
    }
}

#[tokio::test]
async fn what_is_left_out_is_no_difference_to_check_either() {
    for project in begun().await {
        let revise = || project.revise(ENTITIES).rewrite(without_slug);
        let options = GenerateOptions::default();
        let draft = revise().draft(&project.target(), &options).await.unwrap().unwrap();
        assert!(!format!("{:?}", draft.up).contains("slug"), "{:?}", draft.up);
        project.drafted(&draft);
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        assert!(revise().draft(&project.target(), &options).await.unwrap().is_none());
        let checked = revise().check(&project.target(), &options).await.unwrap();
        checked.verdict().unwrap();
        // Without the rule it is one.
        let checked = project.revise(ENTITIES).check(&project.target(), &options).await.unwrap();
        assert_eq!(checked.verdict().unwrap_err().exit_code(), 5);
    }
}

#[tokio::test]
async fn what_does_not_lead_to_the_entities_is_not_written() {
    type Rule = fn(Vec<Operation>) -> Vec<Operation>;
    let rules: [(Rule, &str); 3] = [
        (
            |mut all| {
                all.retain(|one| !matches!(one, Operation::AddColumn { column, .. } if column.name == "mark"));
                all
            },
            "mark",
        ),
        (|all| [all, Plan::new().drop_column("note", "text").operations].concat(), "text"),
        (
            |all| {
                [Plan::new().backfill_in_batches("note", "text = 'x'", "", 5).operations, all]
                    .concat()
            },
            "next migration",
        ),
    ];
    for project in begun().await {
        for (rule, says) in rules {
            let revise: Revise = project.revise(ENTITIES).rewrite(rule);
            let options = GenerateOptions { allow_destructive: true, ..GenerateOptions::default() };
            let error = revise.draft(&project.target(), &options).await.expect_err(says);
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
