//! Names of constraints and indexes: a convention for new ones, and the renames of those that have others, on both databases.

use sea_revise::{
    Entities, Error, GenerateOptions, Naming, Plan, UpgradeOptions,
    operation::Operation,
    schema::{Check, Column, ForeignKey, Index, Table, Type, Unique},
};

use crate::project::{List, Project, both, entity};

entity!(author (table_name = "author") {
    #[sea_orm(unique)]
    pub name: String,
    #[sea_orm(has_many)]
    pub books: HasMany<super::book::Entity>,
});

entity!(book (table_name = "book") {
    #[sea_orm(indexed)]
    pub title: String,
    #[sea_orm(unique_key = "place")]
    pub shelf: i32,
    #[sea_orm(unique_key = "place")]
    pub row: i32,
    pub author_id: i32,
    #[sea_orm(belongs_to, from = "author_id", to = "id", on_delete = "Cascade")]
    pub author: HasOne<super::author::Entity>,
});

fn naming() -> Naming {
    Naming::new()
        .primary_key("pk_{table}")
        .unique("uq_{table}_{columns}")
        .foreign_key("fk_{table}_{columns}_{references}")
        .check("ck_{table}_{columns}")
        .index("ix_{table}_{column}")
}

const NAMED: List = || Entities::new().add(author::Entity).add(book::Entity).naming(naming());
const PLAIN: List = || Entities::new().add(author::Entity).add(book::Entity);

fn strict() -> GenerateOptions {
    GenerateOptions { strict_names: true, ..GenerateOptions::default() }
}

/// The names of constraints and indexes that PostgreSQL has.
async fn names(project: &Project) -> Vec<String> {
    let sql = "SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
               UNION SELECT relname FROM pg_class WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace ORDER BY 1";
    let mut names = project.texts(sql).await;
    names.retain(|name| !name.starts_with("sea") && !name.starts_with("idx-sea"));
    names
}

/// Whether the text of a table or of an index of SQLite has all of these.
async fn expect_in_texts(project: &Project, wanted: &[&str]) {
    let all = project.texts("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").await.join("\n");
    for name in wanted {
        assert!(all.contains(name), "{name}: {all}");
    }
}

const CONVENTION: [&str; 6] = [
    "fk_book_author_id_author",
    "ix_book_title",
    "pk_author",
    "pk_book",
    "uq_author_name",
    "uq_book_shelf_row",
];

#[tokio::test]
async fn new_tables_are_named_by_the_convention() {
    for project in both().await {
        project.migrate(NAMED, &GenerateOptions::default()).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        if project.is_sqlite() {
            expect_in_texts(&project, &CONVENTION).await;
        } else {
            assert_eq!(names(&project).await, CONVENTION);
        }
        project.expect_quiet(NAMED).await;
        let left = project.draft(NAMED, &strict()).await.unwrap();
        assert!(left.is_none(), "{:?}", left.map(|left| left.up));
        // Neither is another name a difference.
        project.expect_quiet(PLAIN).await;
    }
}

#[tokio::test]
async fn names_that_are_there_are_left_alone_until_they_are_asked_for() {
    for project in both().await {
        project.migrate(PLAIN, &GenerateOptions::default()).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        let author = "INSERT INTO author (name) VALUES ('Ada')";
        project.execute(author).await.unwrap();
        project
            .execute("INSERT INTO book (title, shelf, row, author_id) VALUES ('a', 1, 2, 1)")
            .await
            .unwrap();
        let before = names_of(&project).await;
        project.expect_quiet(NAMED).await;
        let draft = project.migrate(NAMED, &strict()).await;
        let renames = |one: &Operation| {
            matches!(one, Operation::RenameConstraint { .. } | Operation::RenameIndex { .. })
        };
        assert!(draft.up.iter().all(renames), "{:?}", draft.up);
        for _ in 0..2 {
            project.upgrade(&UpgradeOptions::default()).await.unwrap();
            if project.is_sqlite() {
                expect_in_texts(&project, &CONVENTION).await;
            } else {
                assert_eq!(names(&project).await, CONVENTION);
            }
            project.expect_quiet(NAMED).await;
            let left = project.draft(NAMED, &strict()).await.unwrap();
            assert!(left.is_none(), "{:?}", left.map(|left| left.up));
            assert_eq!(project.texts("SELECT title FROM book").await, ["a"]);
            let double = project.execute("INSERT INTO author (name) VALUES ('Ada')").await;
            double.expect_err("the constraint is the one that it was");
            project.downgrade("-1").await.unwrap();
            assert_eq!(names_of(&project).await, before);
        }
    }
}

async fn names_of(project: &Project) -> Vec<String> {
    match project.is_sqlite() {
        true => {
            project.texts("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1").await
        }
        false => names(project).await,
    }
}

#[tokio::test]
async fn every_kind_of_constraint_is_renamed() {
    for project in both().await {
        let unique = Unique { name: Some("same_code".to_owned()), ..Unique::new(["code"]) };
        let mut table = Table::new("thing")
            .column(Column::new("code", Type::Text))
            .column(Column::new("parent", Type::Text).nullable())
            .foreign_key(ForeignKey::new(["parent"], "thing", ["code"]).named("up"));
        table.uniques.push(unique);
        table.checks.push(Check::new("code <> ''").named("filled"));
        let renamed = Plan::new()
            .rename_constraint("thing", "same_code", "uq_thing_code")
            .rename_constraint("thing", "up", "o'fk \"thing\"")
            .rename_constraint("thing", "filled", "ck_thing_code");
        let back = Plan::new()
            .rename_constraint("thing", "ck_thing_code", "filled")
            .rename_constraint("thing", "o'fk \"thing\"", "up")
            .rename_constraint("thing", "uq_thing_code", "same_code");
        project.planned(Plan::new().create_table(table), Plan::new().drop_table("thing"));
        project.planned(renamed, back);
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        let wanted = ["ck_thing_code", "o'fk \"thing\"", "uq_thing_code"];
        if project.is_sqlite() {
            expect_in_texts(
                &project,
                &["ck_thing_code", "\"o'fk \"\"thing\"\"\"", "uq_thing_code"],
            )
            .await;
        } else {
            assert_eq!(names(&project).await, wanted);
        }
        assert_eq!(project.run(Entities::new, &["test"]), 0);
        project.downgrade("-1").await.unwrap();
        if project.is_sqlite() {
            expect_in_texts(&project, &["same_code", "up", "filled"]).await;
        } else {
            assert_eq!(names(&project).await, ["filled", "same_code", "up"]);
        }
    }
}

#[tokio::test]
async fn a_name_that_is_not_there_or_is_taken_stops_the_migration() {
    for project in both().await {
        project.given("CREATE TABLE t ({pk}, a int CONSTRAINT one CHECK (a > 0), b int CONSTRAINT two CHECK (b > 0));");
        project.planned(Plan::new().rename_constraint("t", "none", "three"), Plan::new());
        let error = project.upgrade(&UpgradeOptions::default()).await.unwrap_err().to_string();
        assert!(error.contains("constraint `none`"), "{error}");
        let project =
            both().await.into_iter().find(|other| other.backend == project.backend).unwrap();
        project.given("CREATE TABLE t ({pk}, a int CONSTRAINT one CHECK (a > 0), b int CONSTRAINT two CHECK (b > 0));");
        project.planned(Plan::new().rename_constraint("t", "one", "two"), Plan::new());
        let error = project.upgrade(&UpgradeOptions::default()).await.unwrap_err().to_string();
        assert!(error.contains("`two`") || error.contains("\"two\""), "{error}");
    }
}

#[tokio::test]
async fn a_convention_that_gives_a_name_twice_or_cannot_be_read_is_refused() {
    const TWICE: List = || {
        let naming = Naming::new().unique("uq_{table}").index("uq_{table}");
        Entities::new().add(author::Entity).add(book::Entity).naming(naming)
    };
    const UNREADABLE: List =
        || Entities::new().add(author::Entity).naming(Naming::new().primary_key("pk_{tabel}"));
    for project in both().await {
        for (list, words) in [
            (TWICE, "the name `uq_book` twice"),
            (UNREADABLE, "`{tabel}` of the naming convention `pk_{tabel}` is no part of a name"),
        ] {
            let error = project.draft(list, &GenerateOptions::default()).await.unwrap_err();
            assert!(matches!(error, Error::Usage(_)), "{error:?}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[tokio::test]
async fn a_name_of_the_list_stays_and_without_a_convention_none_is_refused() {
    const LISTED: List = || {
        let index = Index::new("idx-book-title-shelf", ["title", "shelf"]);
        Entities::new().add(author::Entity).add(book::Entity).index("book", index).naming(naming())
    };
    for project in both().await {
        project.migrate(LISTED, &GenerateOptions::default()).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        let sql = match project.is_sqlite() {
            true => {
                "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'i%' ORDER BY 1"
            }
            false => {
                "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'i%' ORDER BY 1"
            }
        };
        assert_eq!(project.texts(sql).await, ["idx-book-title-shelf", "ix_book_title"]);
    }
    // SQLite takes two foreign keys of one name, which SeaORM gives to two relations over one column.
    entity!(loan (table_name = "loan") {
        pub owner_id: i32,
        #[sea_orm(belongs_to, relation_enum = "Author", from = "owner_id", to = "id")]
        pub author: HasOne<super::author::Entity>,
        #[sea_orm(belongs_to, relation_enum = "Book", from = "owner_id", to = "id")]
        pub book: HasOne<super::book::Entity>,
    });
    const TWO: List = || PLAIN().add(loan::Entity);
    let project = Project::on_sqlite();
    let draft = project.draft(TWO, &GenerateOptions::default()).await;
    assert!(draft.is_ok(), "{:?}", draft.err());
}
