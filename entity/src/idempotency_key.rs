//! An Idempotency-Key under which a client may repeat a request, and the stored answer.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `idempotency_keys`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(255))")]
    pub key: String,
    /// A digest of the request; the same key with another one is refused.
    #[sea_orm(column_type = "String(StringLen::N(43))")]
    pub fingerprint: String,
    /// As the API serialized it.
    #[sea_orm(column_type = "Text")]
    pub answer: String,
    /// After a day the key may be used for another request.
    #[sea_orm(indexed, default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
