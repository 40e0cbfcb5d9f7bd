//! What may be a rename is asked about, also where the entity only says a type that fits the one that is there.

use sea_revise::GenerateOptions;

use crate::{
    case::{Sql, entities, entity},
    history::History,
    project::{BOTH, Project},
    silence::on_both,
};

entity!(tag "tag" {
    pub label: String,
    pub weight: Decimal,
});

entity!(label "label" {
    pub name: String,
    pub weight: Decimal,
});

fn tags() -> History {
    let tag = "CREATE TABLE tag ({pk}, name text NOT NULL, weight {decimal 8 2} NOT NULL)";
    History::new().sql("m20230101_000000_tag", Sql::both(tag))
}

/// A text of a migration in SQL and a `String` are no other types, so the column may have a new name.
#[tokio::test]
async fn a_column_of_a_type_that_fits_may_be_renamed() {
    on_both!(tags(), entities!(tag), async |mut project: Project| {
        let checked = project.check().await;
        let asks = |question: &String| {
            question.contains("`tag.label` is new") && question.contains("renamed")
        };
        assert!(checked.questions.iter().any(asks), "{:?}", checked.questions);
        let refused = project.revise().draft(&project.place.target(), &Default::default()).await;
        let refused = refused.expect_err("a question");
        assert_eq!(refused.exit_code(), 3);
        assert!(refused.to_string().contains("--rename tag.name:label"), "{refused}");
        let options = GenerateOptions {
            renames: vec!["tag.name:label".to_owned()],
            ..GenerateOptions::default()
        };
        let draft = project.draft_with(&options).await.expect("a rename");
        assert_eq!(crate::project::lines(&draft.up), ["rename column tag.name to label"]);
        project.history = project.history.clone().draft("m20230102_000000_renamed", &draft);
        project.upgrade().await;
        project.expect_quiet().await;
        project
    });
}

#[tokio::test]
async fn a_table_whose_types_fit_may_be_renamed() {
    on_both!(tags(), entities!(label), async |project: Project| {
        let checked = project.check().await;
        let asks =
            |question: &String| question.contains("`label` is new") && question.contains("renamed");
        assert!(checked.questions.iter().any(asks), "{:?}", checked.questions);
        project
    });
}
