//! Renames that depend on each other, and renames of what the texts of triggers and views name.

use sea_revise::{
    GenerateOptions, Plan, UpgradeOptions,
    operation::{Operation, describe::describe},
};

use crate::project::{List, Project, both, entities, entity};

entity!(pair (table_name = "t") {
    pub a: i32,
    pub b: i32,
});

entity!(turned (table_name = "t") {
    #[sea_orm(renamed_from = "b")]
    pub a: i32,
    #[sea_orm(renamed_from = "a")]
    pub b: i32,
});

entity!(moved (table_name = "t") {
    #[sea_orm(renamed_from = "a")]
    pub b: i32,
    #[sea_orm(renamed_from = "b")]
    pub c: i32,
});

entity!(plain_moved (table_name = "t") {
    pub b: i32,
    pub c: i32,
});

const BEFORE: &str = "CREATE TABLE t ({pk}, a integer NOT NULL, b integer NOT NULL, CHECK (a < b))";

fn renames(names: &[&str]) -> GenerateOptions {
    let renames = names.iter().map(|name| (*name).to_owned()).collect();
    GenerateOptions { renames, ..GenerateOptions::default() }
}

/// Renames columns, and answers the renames; the second time there is nothing left to do.
async fn renamed(project: &Project, list: List, options: &GenerateOptions) -> Vec<String> {
    project.given(BEFORE);
    project.upgrade(&UpgradeOptions::default()).await.unwrap();
    project.execute("INSERT INTO t (a, b) VALUES (1, 2)").await.unwrap();
    let draft = project.migrate(list, options).await;
    project.upgrade(&UpgradeOptions::default()).await.unwrap();
    project.expect_quiet(list).await;
    let again = project.draft(list, options).await.unwrap();
    assert!(again.is_none(), "{:?}", again.map(|again| again.up));
    draft.up.iter().map(describe).collect()
}

const TURN: [&str; 3] =
    ["rename column t.a to a__revise", "rename column t.b to a", "rename column t.a__revise to b"];
const TURN_BACK: [&str; 3] =
    ["rename column t.b to b__revise", "rename column t.a to b", "rename column t.b__revise to a"];
const MOVE: [&str; 2] = ["rename column t.b to c", "rename column t.a to b"];

#[tokio::test]
async fn two_columns_change_names_with_each_other() {
    for by_flag in [true, false] {
        for project in both().await {
            let found = match by_flag {
                true => renamed(&project, entities!(pair), &renames(&["t.a:b", "t.b:a"])).await,
                false => renamed(&project, entities!(turned), &GenerateOptions::default()).await,
            };
            assert_eq!(found, if by_flag { TURN } else { TURN_BACK });
            let values = "SELECT CAST(a AS text) || CAST(b AS text) FROM t";
            assert_eq!(project.texts(values).await, ["21"]);
            project.downgrade("-1").await.unwrap();
            assert_eq!(project.texts(values).await, ["12"]);
        }
    }
}

#[tokio::test]
async fn a_flag_and_an_attribute_that_say_the_same_are_done_once() {
    for project in both().await {
        let found = renamed(&project, entities!(turned), &renames(&["t.b:a", "t.a:b"])).await;
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(project.texts("SELECT CAST(a AS text) FROM t").await, ["2"]);
    }
}

#[tokio::test]
async fn a_chain_begins_at_its_end() {
    for by_flag in [true, false] {
        for project in both().await {
            let found = match by_flag {
                true => {
                    renamed(&project, entities!(plain_moved), &renames(&["t.a:b", "t.b:c"])).await
                }
                false => renamed(&project, entities!(moved), &GenerateOptions::default()).await,
            };
            assert_eq!(found, MOVE);
            let values = "SELECT CAST(b AS text) || CAST(c AS text) FROM t";
            assert_eq!(project.texts(values).await, ["12"]);
        }
    }
}

entity!(a_of_text (table_name = "a") {
    pub name: String,
});

entity!(b_of_number (table_name = "b") {
    pub size: i32,
});

entity!(a_of_number (table_name = "a") {
    pub size: i32,
});

entity!(b_of_text (table_name = "b") {
    pub name: String,
});

#[tokio::test]
async fn two_tables_change_names_with_each_other() {
    for project in both().await {
        project.migrate(entities!(a_of_text, b_of_number), &GenerateOptions::default()).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.execute("INSERT INTO a (name) VALUES ('x')").await.unwrap();
        let (list, options) = (entities!(a_of_number, b_of_text), renames(&["a:b", "b:a"]));
        let draft = project.migrate(list, &options).await;
        let tables = |one: &Operation| matches!(one, Operation::RenameTable { .. });
        assert!(draft.up.len() == 3 && draft.up.iter().all(tables), "{:?}", draft.up);
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        assert_eq!(project.texts("SELECT name FROM b").await, ["x"]);
        project.expect_quiet(list).await;
        assert!(project.draft(list, &options).await.unwrap().is_none());
        assert_eq!(project.run(list, &["test"]), 0);
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_still_refused() {
    for project in both().await {
        project.given(BEFORE);
        let error = project.draft(entities!(pair), &renames(&["t.a:b"])).await.unwrap_err();
        assert!(error.to_string().contains("has column `b` already"), "{error}");
    }
}

entity!(author (table_name = "author") {
    pub name: String,
});

entity!(book (table_name = "book") {
    #[sea_orm(column_name = "Heading")]
    pub heading: String,
    pub author_id: i32,
});

entity!(tome (table_name = "tome") {
    #[sea_orm(column_name = "Title")]
    pub title: String,
    pub author_id: i32,
});

/// What a history has beside the tables: texts with the names in every spelling that SQLite takes.
const OBJECTS: &str = "CREATE TABLE author ({pk}, name varchar NOT NULL);\
    CREATE TABLE book ({pk}, Title varchar NOT NULL CHECK ([title] <> '' AND Title <> 'Title'), author_id integer NOT NULL);\
    CREATE INDEX long_titles ON book (lower(TITLE)) WHERE `Title` <> 'x';\
    CREATE VIEW tv AS SELECT Title AS Title, book.[author_id] AS 'by' FROM book /* all */ WHERE title <> 'title';\
    CREATE VIEW again AS SELECT * FROM tv;\
    CREATE TRIGGER on_view INSTEAD OF INSERT ON tv BEGIN INSERT INTO book (Title, author_id) VALUES (new.Title, 1); END;\
    CREATE TRIGGER tr AFTER UPDATE OF title ON book WHEN old.Title IS NOT new.title BEGIN \
      UPDATE author SET name = new.Title WHERE id = new.author_id; END;";

#[tokio::test]
async fn what_triggers_and_views_name_is_renamed() {
    let titled: List = entities!(author, titled_book);
    for (list, name) in [
        (entities!(author, book) as List, "book.Title:Heading"),
        (entities!(author, tome), "book:tome"),
    ] {
        let project = Project::on_sqlite();
        project.given(OBJECTS);
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(titled).await;
        project
            .execute("INSERT INTO author VALUES (1, 'Ann'); INSERT INTO book VALUES (1, 'One', 1)")
            .await
            .unwrap();
        project.migrate(list, &renames(&[name])).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(list).await;
        let table = if name == "book:tome" { "tome SET Title" } else { "book SET Heading" };
        project.execute(&format!("UPDATE {table} = 'Two'")).await.unwrap();
        assert_eq!(project.texts("SELECT name FROM author").await, ["Two"]);
        project.execute("INSERT INTO tv VALUES ('Three', 1)").await.unwrap();
        assert_eq!(project.run(list, &["test", "head"]), 0);
        project.downgrade("-1").await.unwrap();
        project.execute("UPDATE book SET title = 'Four' WHERE id = 1").await.unwrap();
        assert_eq!(project.texts("SELECT name FROM author").await, ["Four"]);
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(list).await;
    }
}

entity!(titled_book (table_name = "book") {
    #[sea_orm(column_name = "Title")]
    pub title: String,
    pub author_id: i32,
});

#[tokio::test]
async fn a_rename_of_a_plan_of_ones_own_goes_by_a_name_in_between() {
    for project in both().await {
        let list: List = entities!(pair);
        project.migrate(list, &GenerateOptions::default()).await;
        let turn = |names: [&str; 2]| {
            let [one, other] = names;
            Plan::new()
                .rename_column("t", one, "x")
                .rename_column("t", other, one)
                .rename_column("t", "x", other)
        };
        project.planned(turn(["a", "b"]), turn(["a", "b"]));
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        // The attributes say what a person did already.
        project.expect_quiet(entities!(turned)).await;
    }
}
