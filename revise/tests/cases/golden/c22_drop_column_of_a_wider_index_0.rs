//! Case c22 drop column of a wider index, step 0.
//!
//! Follows `before`. Generated from the entities: read it before you apply it.
//!
//! Note: index `name_pw_idx` of `u` goes with the column `pw`, which it names
//!
//! Note: the values of `u.pw` do not come back with a downgrade

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new().drop_index("u", "name_pw_idx").drop_column("u", "pw").apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .add_column("u", Column::new("pw", Type::Varchar(Some(50))).nullable())
            .create_index("u", Index::new("name_pw_idx", ["name", "pw"]))
            .apply(manager)
            .await
    }
}
