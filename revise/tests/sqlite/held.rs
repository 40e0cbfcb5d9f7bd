//! A file that another program holds, or died over.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager};
use sea_revise::{Revise, Target, UpgradeOptions, UrlStyle, operation::Plan};

use crate::pairs::{compared, made, open};

struct One;

impl MigratorTrait for One {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Step)]
    }
}

struct Step;

impl sea_orm_migration::MigrationName for Step {
    fn name(&self) -> &str {
        "m20260101_000000_step"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().raw_sql("CREATE TABLE made (a)").apply(manager).await
    }
}

#[tokio::test]
async fn a_file_that_is_held_is_waited_for_once_and_no_longer_than_was_said() {
    let home = tempfile::tempdir().unwrap();
    let url = made(&home, "a.db", "CREATE TABLE t (a)").await;
    let other = made(&home, "b.db", "CREATE TABLE t (a, b)").await;
    let target = Target::parse(&url, UrlStyle::Sqlx).unwrap();
    for hold in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        let comparison = compared(&url, &other).await;
        let (db, holder) = (open(&url).await, open(&url).await);
        holder.execute_unprepared(hold).await.unwrap();
        let options = UpgradeOptions {
            lock_timeout: Duration::from_millis(300),
            ..UpgradeOptions::default()
        };
        let begun = Instant::now();
        let error = Revise::new::<One>().upgrade_at(&db, &target, &options).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert_eq!(error.exit_code(), 7, "{error}");
        assert!(error.to_string().contains("another program holds"), "{error}");
        db.close().await.unwrap();
        let error = comparison.apply(true, None, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.exit_code(), 7, "{error}");
        holder.execute_unprepared("ROLLBACK").await.unwrap();
        holder.close().await.unwrap();
    }
}

#[tokio::test]
async fn an_error_is_said_once() {
    let home = tempfile::tempdir().unwrap();
    let url = made(&home, "a.db", "CREATE TABLE made (a)").await;
    let target = Target::parse(&url, UrlStyle::Sqlx).unwrap();
    let db = open(&url).await;
    let error = Revise::new::<One>().upgrade_at(&db, &target, &UpgradeOptions::default()).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "`m20260101_000000_step` failed, and the database is as it was before it:\n\
         table made already exists\nin: CREATE TABLE made (a)"
    );
}
