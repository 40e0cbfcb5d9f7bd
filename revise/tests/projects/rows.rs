//! `test` with rows of its own: what `migrate` has proven is not refused for them.

use sea_revise::{GenerateOptions, Plan, UpgradeOptions, schema::Unique};

use crate::project::{List, both, entities, entity};

entity!(book (table_name = "book") {
    pub title: String,
    pub is_new: bool,
});

entity!(published (table_name = "book") {
    #[sea_orm(unique_key = "pub_title")]
    pub title: String,
    pub is_new: bool,
    #[sea_orm(unique_key = "pub_title")]
    pub publisher: String,
});

entity!(once (table_name = "book") {
    #[sea_orm(unique_key = "pub_title")]
    pub title: String,
    #[sea_orm(unique)]
    pub is_new: bool,
    #[sea_orm(unique_key = "pub_title")]
    pub publisher: String,
    #[sea_orm(unique)]
    pub state: String,
});

entity!(renamed (table_name = "work") {
    #[sea_orm(unique, unique_key = "pub_title", renamed_from = "title")]
    pub name: String,
    #[sea_orm(unique)]
    pub is_new: bool,
    #[sea_orm(unique_key = "pub_title")]
    pub publisher: String,
    #[sea_orm(unique)]
    pub state: String,
});

#[tokio::test]
async fn rows_do_not_repeat_what_a_new_unique_forbids() {
    let default = |value: &str| vec![value.to_owned()];
    for project in both().await {
        project.migrate(entities!(book), &GenerateOptions::default()).await;
        let filled = default("book.publisher='unknown'");
        let options = GenerateOptions { defaults: filled, ..GenerateOptions::default() };
        project.migrate(entities!(published), &options).await;
        assert_eq!(project.run(entities!(published), &["test"]), 0, "{:?}", project.backend);
        // Of a truth value there are two, of a value that every row gets there is one.
        let options =
            GenerateOptions { defaults: default("book.state='new'"), ..GenerateOptions::default() };
        project.migrate(entities!(once), &options).await;
        assert_eq!(project.run(entities!(once), &["test"]), 0, "{:?}", project.backend);
        let options =
            GenerateOptions { renames: vec!["book:work".to_owned()], ..GenerateOptions::default() };
        project.migrate(entities!(renamed), &options).await;
        assert_eq!(project.run(entities!(renamed), &["test"]), 0, "{:?}", project.backend);
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
    }
}

#[tokio::test]
async fn a_unique_of_a_migration_without_a_plan_is_seen_too() {
    for project in both().await {
        let list: List = entities!(book);
        project.migrate(list, &GenerateOptions::default()).await;
        project.given("CREATE UNIQUE INDEX by_title ON book (lower(title)) WHERE title <> 'x'");
        project.planned(
            Plan::new().add_unique("book", Unique::new(["is_new"])),
            Plan::new().drop_unique("book", ["is_new"]),
        );
        let names = ["test", "m20260103_000000_step"];
        assert_eq!(project.run(list, &names), 0, "{:?}", project.backend);
    }
}

/// A migration that fails with any row still does.
#[tokio::test]
async fn a_migration_that_rows_do_not_survive_is_found() {
    for project in both().await {
        let list: List = entities!(book);
        project.migrate(list, &GenerateOptions::default()).await;
        let fail = "INSERT INTO book (id, title, is_new) SELECT id, title, is_new FROM book";
        project.planned(Plan::new().raw_sql(fail), Plan::new());
        assert_eq!(project.run(list, &["test"]), 9, "{:?}", project.backend);
    }
}
