//! Comments, which SQLite does not keep: in the file for both databases, wherever it is generated.

use sea_revise::{GenerateOptions, UpgradeOptions};

use crate::project::{List, Project, both, entities, entity};

entity!(book (table_name = "book", comment = "it's a table") {
    #[sea_orm(comment = "how many")]
    pub pages: i32,
});

entity!(longer_book (table_name = "book", comment = "it's a table") {
    #[sea_orm(comment = "how many")]
    pub pages: i32,
    #[sea_orm(comment = "said once", default_value = "x")]
    pub title: String,
});

entity!(other_book (table_name = "book") {
    #[sea_orm(comment = "how many of them")]
    pub pages: i32,
    #[sea_orm(default_value = "x")]
    pub title: String,
});

entity!(renamed_book (table_name = "book") {
    #[sea_orm(comment = "how many of them", renamed_from = "pages")]
    pub leaves: i32,
    #[sea_orm(default_value = "x")]
    pub title: String,
});

const LISTS: [List; 4] =
    [entities!(book), entities!(longer_book), entities!(other_book), entities!(renamed_book)];

/// The comments of a table and its columns on PostgreSQL.
const COMMENTS: &str = "SELECT coalesce(a.attname, 'book') || ': ' || d.description FROM pg_description d \
    LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid WHERE d.objoid = 'book'::regclass ORDER BY 1";

#[tokio::test]
async fn comments_come_change_and_go_on_both() {
    for project in both().await {
        for list in LISTS {
            project.migrate(list, &GenerateOptions::default()).await;
            project.upgrade(&UpgradeOptions::default()).await.unwrap();
            project.expect_quiet(list).await;
            assert_eq!(project.run(list, &["test"]), 0, "{:?}", project.backend);
        }
        project.downgrade("base").await.unwrap();
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(entities!(renamed_book)).await;
    }
}

#[tokio::test]
async fn what_is_generated_on_sqlite_has_the_comments_of_postgresql() {
    let Some(postgres) = Project::on_postgres().await else { return };
    let sqlite = Project::on_sqlite();
    let mut expected = [
        vec!["book: it's a table", "pages: how many"],
        vec!["book: it's a table", "pages: how many", "title: said once"],
        vec!["pages: how many of them"],
        vec!["leaves: how many of them"],
    ]
    .into_iter();
    let mut postgres = postgres;
    for list in LISTS {
        sqlite.migrate(list, &GenerateOptions::default()).await;
        postgres = postgres.with_steps_of(&sqlite);
        postgres.upgrade(&UpgradeOptions::default()).await.unwrap();
        assert_eq!(postgres.texts(COMMENTS).await, expected.next().unwrap());
        postgres.expect_quiet(list).await;
    }
    postgres.downgrade("-2").await.unwrap();
    let before = ["book: it's a table", "pages: how many", "title: said once"];
    assert_eq!(postgres.texts(COMMENTS).await, before);
}

/// Whether a table that SeaORM made has comments on PostgreSQL is not known on SQLite.
#[tokio::test]
async fn nothing_is_asked_of_a_table_that_no_plan_made() {
    let project = Project::on_sqlite();
    project.given("CREATE TABLE book ({pk}, pages integer NOT NULL)");
    project.upgrade(&UpgradeOptions::default()).await.unwrap();
    project.expect_quiet(entities!(book)).await;
}
