//! Entities for tests.

#![expect(
    clippy::disallowed_methods,
    reason = "the macros write methods that begin transactions; they are never called"
)]

use chrono::{DateTime, Utc};

/// The current time, to the microsecond, which is the precision of PostgreSQL.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).unwrap()
}

/// Its rows are known when they were inserted, but for their id.
pub(crate) mod film {
    use sea_orm::entity::prelude::*;

    use crate::Decode;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "films")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub title: String,
        pub director: String,
        pub year: Option<i32>,
        #[sea_orm(unique)]
        pub code: Option<String>,
        pub minutes: Option<i32>,
        #[sea_orm(default_value = "released")]
        pub status: String,
        #[sea_orm(default_expr = "Expr::current_timestamp()")]
        pub created_at: DateTimeUtc,
        #[sea_orm(default_expr = "Expr::current_timestamp()")]
        pub updated_at: DateTimeUtc,
        #[sea_orm(default_value = 1)]
        pub version: i32,
        #[sea_orm(has_many)]
        pub tickets: HasMany<super::ticket::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// It has a price, which SQLite stores as a double.
pub(crate) mod ticket {
    use sea_orm::entity::prelude::*;

    use crate::Decode;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "tickets")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        #[sea_orm(column_type = "Decimal(Some((12, 2)))")]
        pub price: Decimal,
        pub film_id: Option<i32>,
        #[sea_orm(belongs_to, from = "film_id", to = "id", on_delete = "SetNull")]
        pub film: BelongsTo<Option<super::film::Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// It has a column of a type of its own, and one that SeaORM ignores.
pub(crate) mod screening {
    use sea_orm::entity::prelude::*;

    use crate::Decode;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "screenings")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub state: State,
        #[sea_orm(ignore)]
        pub seats: i32,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Decode)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(10))")]
    pub enum State {
        #[sea_orm(string_value = "planned")]
        Planned,
        #[sea_orm(string_value = "over")]
        Over,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Its key is not generated.
pub(crate) mod note {
    use sea_orm::entity::prelude::*;

    use crate::Decode;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "notes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub text: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
