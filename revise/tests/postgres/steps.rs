//! Migrations that run step by step, because PostgreSQL lets them run in no transaction.

use sea_orm_migration::prelude::*;
use sea_revise::{
    Revise, Target, UpgradeOptions, UrlStyle,
    operation::Plan,
    schema::{Check, Index},
};

use super::setup::{database, name, rows, run};

struct InSteps;

impl MigrationName for InSteps {
    fn name(&self) -> &'static str {
        "m20261126_120000_in_steps"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for InSteps {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_enum_value("mood", "new", None)
            .create_index_concurrently("t", Index::new("i", ["a"]))
            .add_check("t", Check::new("mood <> 'new'"))
            .set_not_null("t", "a")
            .apply(manager)
            .await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

#[tokio::test]
async fn rows_in_the_way_of_a_later_step_are_found_before_the_first_one() {
    let db = database!(
        "CREATE TYPE mood AS ENUM ('old'); CREATE TABLE t (a integer, mood mood); INSERT INTO t VALUES (NULL, 'old')"
    );
    let url = cluster::Cluster::get().expect("it is there").url(&name(&db).await);
    let target = Target::parse(&url, UrlStyle::Sqlx).expect("a URL");
    let revise = Revise::of(|| vec![Box::new(InSteps) as Box<dyn MigrationTrait>]);
    let options = UpgradeOptions::default();
    let error = revise.upgrade_at(&db, &target, &options).await.expect_err("there is a NULL");
    assert!(error.to_string().contains("1 row of `t` has NULL in `a`"), "{error}");
    let values = "SELECT enumlabel FROM pg_enum";
    assert_eq!(rows(&db, values).await, [r#"{"enumlabel":"old"}"#]);
    run(&db, "UPDATE t SET a = 1").await;
    revise.upgrade_at(&db, &target, &options).await.expect("nothing is in the way any more");
    assert_eq!(rows(&db, values).await.len(), 2);
    assert_eq!(rows(&db, "SELECT FROM pg_indexes WHERE indexname = 'i'").await.len(), 1);
}
