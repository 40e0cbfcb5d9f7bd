//! Two entities for tests: films, and the cinemas that show them.

#![expect(
    clippy::disallowed_methods,
    reason = "the macros write methods that begin transactions; they are never called"
)]

use super::{Code, Kind, Relation, Resource, Substrings};

/// Films.
pub mod film {
    use sea_executor::Decode;
    use sea_orm::entity::prelude::*;

    /// A row of `films`.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "films")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub title: String,
        pub director: String,
        /// The number of its catalogue entry, digits only.
        pub number: Option<String>,
        #[sea_orm(column_type = "Decimal(Some((5, 2)))", nullable)]
        pub rating: Option<Decimal>,
        /// For the staff only.
        pub remark: Option<String>,
        #[sea_orm(has_many)]
        pub cinemas: HasMany<super::cinema::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Cinemas.
pub mod cinema {
    use sea_executor::Decode;
    use sea_orm::entity::prelude::*;

    /// A row of `cinemas`.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Decode)]
    #[sea_orm(table_name = "cinemas")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        pub film_id: i32,
        #[sea_orm(belongs_to, from = "film_id", to = "id")]
        pub film: BelongsTo<super::film::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Numbers of films, which may be written with hyphens.
pub const NUMBER: Kind = Kind::Code(&Code {
    name: "number",
    pattern: "^[0-9-]+$",
    read: |written| match written.replace('-', "") {
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(digits),
        _ => Err(format!("`{written}` is not a number")),
    },
});

/// Films.
pub static FILMS: Resource<film::Entity> = Resource::new("film", "films")
    .searched(&[film::Column::Title, film::Column::Number])
    .hidden(&[film::Column::Remark])
    .renamed(&[(film::Column::Director, "directed_by")])
    .special(&[(film::Column::Number, NUMBER)])
    .substrings(Substrings {
        table: "films_search",
        waiting: "films_unsearched",
        texts: "films",
        columns: &["title", "director"],
        shared: &[],
    })
    .relations(|| vec![Relation::to::<film::Entity, _>("cinemas", &CINEMAS)]);

/// Cinemas.
pub static CINEMAS: Resource<cinema::Entity> = Resource::new("cinema", "cinemas")
    .searched(&[cinema::Column::Name])
    .relations(|| vec![Relation::to::<cinema::Entity, _>("film", &FILMS)]);
