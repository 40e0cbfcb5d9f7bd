//! The tables as they are at this revision, for its migration alone: the entities of the project go on changing. Written once, by
//! sea-orm-codegen; it counts for no checksum.

#![allow(dead_code, unused_imports)]

pub use sea_revise::prelude::sea_orm_migration::sea_orm;

pub mod author {
    use super::sea_orm::{self, entity::prelude::*};
    use super::sea_orm_active_enums::Kind;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "author")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(column_type = "Text", unique)]
        pub name: String,
        pub kind: Kind,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::book::Entity")]
        Book,
    }

    impl Related<super::book::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Book.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod book {
    use super::sea_orm::{self, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(column_type = "Text")]
        pub writer: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub r#type: Option<String>,
        pub author_id: Option<i32>,
        #[sea_orm(column_type = "Decimal(Some((12, 2)))", nullable)]
        pub price: Option<Decimal>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::author::Entity",
            from = "Column::AuthorId",
            to = "super::author::Column::Id",
            on_delete = "Cascade"
        )]
        Author,
    }

    impl Related<super::author::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Author.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod sea_orm_active_enums {
    use super::sea_orm::{self, entity::prelude::*};

    #[derive(Debug, Clone, PartialEq, Eq, EnumIter, DeriveActiveEnum, Copy)]
    #[sea_orm(rs_type = "Enum", db_type = "Enum", enum_name = "kind")]
    pub enum Kind {
        #[sea_orm(string_value = "person")]
        Person,
        #[sea_orm(string_value = "house")]
        House,
    }
}
