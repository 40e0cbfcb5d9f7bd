//! Statements through the driver: for databases in memory, temporary files, and servers that refuse connections of ours.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::{
    error::Result,
    row::FromRow,
    rows::{Changes, Executed, Rows},
};

/// What becomes of the rows that a statement returns.
pub(crate) async fn query<R: FromRow>(
    db: &impl ConnectionTrait,
    statement: Statement,
) -> Result<Vec<R::Output>> {
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(R::fit).collect()
}

/// Runs a statement that returns no rows.
pub(crate) async fn execute(db: &impl ConnectionTrait, statement: Statement) -> Result<Executed> {
    let done = db.execute_raw(statement).await?;
    let last_id = match db.get_database_backend() {
        DbBackend::Sqlite => i64::try_from(done.last_insert_id()).unwrap_or_default(),
        _ => 0,
    };
    Ok(Executed { changed: done.rows_affected(), last_id })
}

impl Rows for DatabaseConnection {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    async fn query<R: FromRow>(&self, statement: Statement) -> Result<Vec<R::Output>> {
        query::<R>(self, statement).await
    }
}

impl Changes for DatabaseConnection {
    async fn run(&self, statement: Statement) -> Result<Executed> {
        execute(self, statement).await
    }
}
