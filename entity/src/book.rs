//! A catalogued book. Items on shelves may be copies of it.

use sea_executor::Decode;
use sea_orm::entity::prelude::*;

/// A row of `books`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
#[sea_orm(table_name = "books")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(200))", indexed)]
    pub title: String,
    /// All authors in one text, as catalogues list them: 742 characters were seen in real data.
    #[sea_orm(indexed)]
    pub author: String,
    /// Year of first publication; negative before the common era.
    #[sea_orm(indexed)]
    pub year: Option<i32>,
    /// Canonical ISBN-13, digits only.
    #[sea_orm(column_type = "String(StringLen::N(13))", nullable, unique)]
    pub isbn: Option<String>,
    pub page_count: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(20))", default_value = "available")]
    pub status: String,
    #[sea_orm(column_type = "String(StringLen::N(500))", nullable)]
    pub subtitle: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(200))", nullable)]
    pub publisher: Option<String>,
    /// A language tag: a code of ISO 639, the shortest that there is, with a script or a region where they matter.
    #[sea_orm(column_type = "String(StringLen::N(35))", nullable)]
    pub language: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(200))", nullable, indexed)]
    pub series: Option<String>,
    /// A novella between two volumes has a decimal: 1.5.
    #[sea_orm(column_type = "Decimal(Some((6, 2)))", nullable)]
    pub series_number: Option<Decimal>,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created_at: DateTimeUtc,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub updated_at: DateTimeUtc,
    /// Raised by each change; a change that names an older version is refused.
    #[sea_orm(default_value = 1)]
    pub version: i32,
    #[sea_orm(has_many)]
    pub items: HasMany<super::item::Entity>,
    #[sea_orm(has_many, via = "book_subject")]
    pub subjects: HasMany<super::subject::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
