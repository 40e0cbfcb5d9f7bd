//! Tables that are looked at and left alone by names and patterns: `--only`, `--exclude`, `Entities::exclude`.

use sea_orm_migration::{MigrationTrait, MigratorTrait};
use sea_revise::{Entities, Revise, Target, UrlStyle, project::generate::GenerateOptions};

use crate::pairs::made;

struct Nobody;

impl MigratorTrait for Nobody {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}

mod book {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn options(only: &[&str], exclude: &[&str]) -> GenerateOptions {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    GenerateOptions { only: owned(only), exclude: owned(exclude), ..GenerateOptions::default() }
}

fn revise(excluded: &str) -> Revise {
    Revise::new::<Nobody>().entities(Entities::new().add(book::Entity).exclude(excluded))
}

const BOTH: &str = "CREATE TABLE book (id integer NOT NULL PRIMARY KEY AUTOINCREMENT); CREATE TABLE legacy_a (a); CREATE TABLE legacy_b (b);
    CREATE VIEW legacy_view AS SELECT a FROM legacy_a; CREATE VIRTUAL TABLE legacy_text USING fts5(title)";

#[tokio::test]
async fn a_pattern_leaves_tables_and_views_alone() {
    let home = tempfile::tempdir().unwrap();
    let a = made(&home, "a.db", BOTH).await;
    let b =
        made(&home, "b.db", "CREATE TABLE book (id integer NOT NULL PRIMARY KEY AUTOINCREMENT)")
            .await;
    let target = |url: &str| Target::parse(url, UrlStyle::Sqlx).unwrap();
    let side = |url: &str| sea_revise::project::compare::Side::Url(target(url));
    for (options, equal) in [
        (options(&[], &["legacy_*"]), true),
        (options(&[], &["legacy_?", "legacy_view", "legacy_text*"]), true),
        (options(&[], &["legacy_?"]), false),
        (options(&["b*"], &[]), true),
        (options(&["b*", "legacy_a"], &[]), false),
        (options(&[], &[]), false),
    ] {
        let revise = revise("nothing");
        let compared = revise.compare(&target(&a), (&side(&a), &side(&b)), &options).await.unwrap();
        let shown = (&options.only, &options.exclude, &compared.difference.operations);
        assert_eq!(compared.is_equal(), equal, "{shown:?}");
    }
}

#[tokio::test]
async fn an_unknown_name_is_refused_by_every_verb() {
    let home = tempfile::tempdir().unwrap();
    let url = made(&home, "a.db", BOTH).await;
    let target = Target::parse(&url, UrlStyle::Sqlx).unwrap();
    let revise = revise("legacy_*");
    for (options, said) in [
        (
            options(&[], &["legacy_x"]),
            "`--exclude legacy_x` names no table and no view: the nearest is `legacy_a`",
        ),
        (
            options(&["boks"], &[]),
            "`--only boks` names no table and no view: the nearest is `book`",
        ),
        (options(&[], &["x*"]), "`--exclude x*` names no table and no view: the nearest is `book`"),
    ] {
        let error = revise.draft(&target, &options).await.err().unwrap();
        assert_eq!((error.to_string().as_str(), error.exit_code()), (said, 2));
        let error = revise.check(&target, &options).await.err().unwrap();
        assert_eq!((error.to_string().as_str(), error.exit_code()), (said, 2));
    }
    // One that only the database at hand has is known, and so are the tables of the history.
    let known = options(&[], &["legacy_a", "seaql_migrations"]);
    assert!(revise.draft(&target, &known).await.unwrap().is_some());
}

#[tokio::test]
async fn entities_exclude_by_a_pattern() {
    let home = tempfile::tempdir().unwrap();
    let url = made(&home, "a.db", BOTH).await;
    let target = Target::parse(&url, UrlStyle::Sqlx).unwrap();
    let side = sea_revise::project::compare::Side::Database;
    let models = sea_revise::project::compare::Side::Models;
    let revise = revise("legacy_*");
    let compared = revise.compare(&target, (&side, &models), &options(&[], &[])).await.unwrap();
    assert!(compared.is_equal(), "{:?}", compared.difference.operations);
    assert!(compared.difference.unmanaged.iter().all(|line| !line.contains("table legacy_a")));
}
