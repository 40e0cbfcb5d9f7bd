//! Native enums, which SQLite does not have: no difference there, and in the file for both databases.

use sea_revise::{GenerateOptions, UpgradeOptions};

use crate::project::{List, Project, both, entities, entity};

/// A Rust enum for the database's enum `kind`.
macro_rules! kind {
    ($name:ident: $($variant:ident = $value:literal),*) => {
        #[derive(Clone, Debug, PartialEq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "kind")]
        pub enum $name {
            $(
                #[sea_orm(string_value = $value)]
                $variant,
            )*
        }
    };
}

kind!(Kind: Hard = "hard", Soft = "soft");
kind!(MoreKinds: Hard = "hard", Soft = "soft", Loose = "loose");

entity!(book (table_name = "book") {
    pub kind: Option<super::Kind>,
});

entity!(longer_book (table_name = "book") {
    pub kind: Option<super::Kind>,
    pub pages: Option<i32>,
});

entity!(more_book (table_name = "book") {
    #[sea_orm(default_value = "hard")]
    pub kind: Option<super::MoreKinds>,
    pub pages: Option<i32>,
});

entity!(text_book (table_name = "book") {
    #[sea_orm(column_type = "Text", nullable)]
    pub kind: Option<String>,
    pub pages: Option<i32>,
});

fn described(draft: &sea_revise::project::generate::Draft) -> Vec<String> {
    draft.up.iter().map(sea_revise::operation::describe::describe).collect()
}

async fn go_on(project: &Project, entities: List, expected: &[&str]) {
    let draft = project.migrate(entities, &GenerateOptions::default()).await;
    assert_eq!(described(&draft), expected, "{:?}", project.backend);
    project.upgrade(&UpgradeOptions::default()).await.unwrap();
    project.expect_quiet(entities).await;
    assert_eq!(project.run(entities, &["test", "head"]), 0, "{:?}", project.backend);
}

#[tokio::test]
async fn an_enum_comes_grows_and_goes_like_anything_else() {
    for project in both().await {
        let created = ["create enum kind (hard, soft)", "create table book (id, kind)"];
        go_on(&project, entities!(book), &created).await;
        let longer = ["add column book.pages (integer, nullable)"];
        go_on(&project, entities!(longer_book), &longer).await;
        let more = ["add value loose to enum kind", "book.kind: default 'hard'"];
        go_on(&project, entities!(more_book), &more).await;
        let gone = ["change type of book.kind from kind to text", "drop enum kind"];
        let draft = project.migrate(entities!(text_book), &GenerateOptions::default()).await;
        assert!(gone.iter().all(|line| described(&draft).iter().any(|own| own == line)));
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(entities!(text_book)).await;
        assert_eq!(project.run(entities!(text_book), &["test"]), 0);
        project.downgrade("-4").await.unwrap();
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(entities!(text_book)).await;
    }
}

#[tokio::test]
async fn what_is_generated_on_sqlite_leads_to_the_same_on_postgresql() {
    let Some(postgres) = Project::on_postgres().await else { return };
    let sqlite = Project::on_sqlite();
    for list in [entities!(book) as List, entities!(longer_book), entities!(more_book)] {
        sqlite.migrate(list, &GenerateOptions::default()).await;
    }
    let postgres = postgres.with_steps_of(&sqlite);
    postgres.upgrade(&UpgradeOptions::default()).await.unwrap();
    postgres.expect_quiet(entities!(more_book)).await;
    postgres.downgrade("base").await.unwrap();
    assert_eq!(
        postgres.texts("SELECT typname::text FROM pg_type WHERE typname = 'kind'").await,
        [""; 0]
    );
}

#[tokio::test]
async fn an_enum_that_seaorm_made_is_there_already() {
    for project in both().await {
        if project.is_sqlite() {
            project.given("CREATE TABLE book ({pk}, kind enum_text)");
        } else {
            project.given("CREATE TYPE kind AS ENUM ('hard', 'soft')");
            project.given("CREATE TABLE book ({pk}, kind kind)");
        }
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(entities!(book)).await;
        go_on(&project, entities!(longer_book), &["add column book.pages (integer, nullable)"])
            .await;
    }
}

entity!(shelf (table_name = "shelf") {
    pub kind: super::Kind,
});

#[tokio::test]
async fn a_new_table_of_an_enum_that_another_has_creates_no_type() {
    for project in both().await {
        if project.is_sqlite() {
            project.given("CREATE TABLE book ({pk}, kind enum_text)");
        } else {
            project.given("CREATE TYPE kind AS ENUM ('hard', 'soft')");
            project.given("CREATE TABLE book ({pk}, kind kind)");
        }
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        go_on(&project, entities!(book, shelf), &["create table shelf (id, kind)"]).await;
    }
}
