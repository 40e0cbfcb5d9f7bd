//! Histories as SeaORM's own migrator has them: no plans, and what they run is theirs.

use std::pin::Pin;

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

/// What a migration does.
type Work<'a> = Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 'a>>;

/// A migration of a test.
#[derive(Clone)]
pub struct Migration {
    name: &'static str,
    up: Up,
    down: Option<&'static str>,
}

#[derive(Clone)]
enum Up {
    Sql(String),
    Code(for<'a> fn(&'a SchemaManager<'_>) -> Work<'a>),
}

/// A migration of SQL, which has no `down`.
pub fn sql(name: &'static str, up: &str) -> Migration {
    Migration { name, up: Up::Sql(up.to_owned()), down: None }
}

/// A migration of code, which has no `down`.
pub fn code(name: &'static str, up: for<'a> fn(&'a SchemaManager<'_>) -> Work<'a>) -> Migration {
    Migration { name, up: Up::Code(up), down: None }
}

impl Migration {
    /// The same with a `down`.
    pub fn down(self, sql: &'static str) -> Self {
        Self { down: Some(sql), ..self }
    }
}

impl MigrationName for Migration {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match &self.up {
            Up::Sql(sql) => manager.get_connection().execute_unprepared(sql).await.map(drop),
            Up::Code(code) => code(manager).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match self.down {
            Some(sql) => manager.get_connection().execute_unprepared(sql).await.map(drop),
            None => Err(DbErr::Migration("We Don't Do That Here".to_owned())),
        }
    }
}

/// An entity of a few columns.
macro_rules! entity {
    ($module:ident $table:literal { $($fields:tt)* }) => {
        #[expect(dead_code, reason = "SeaORM's macros write more than the tests use")]
        mod $module {
            use sea_orm::entity::prelude::*;

            // The compiler counts nothing as dead that hangs on other things, so this fulfils the expectation.
            const DEAD: () = ();

            #[sea_orm::model]
            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key)]
                pub id: i32,
                $($fields)*
            }

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}
pub(crate) use entity;
