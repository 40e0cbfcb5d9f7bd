//! What is equal and was taken for a difference: types of one family, values and columns in another order.

use proptest::prelude::*;
use sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema::*};
use sea_revise::{
    Plan,
    diff::{DiffOptions, DiffScope, diff},
    operation::{Operation, describe::describe},
    schema::{Column, Schema, Table, Type, Unique},
};

use crate::{
    case::{Sql, entities, entity},
    history::History,
    project::{BOTH, Project},
    silence::on_both,
};

entity!(event "event" {
    pub at: DateTime,
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub body: Vec<u8>,
    pub raw: Vec<u8>,
    pub data: Json,
    pub share: f64,
});

fn events() -> History {
    History::new().work("m20230101_000000_event", |manager| {
        Box::pin(async move {
            let table = sea_orm_migration::prelude::Table::create()
                .table("event")
                .col(pk_auto("id"))
                .col(timestamp("at"))
                .col(blob("body"))
                .col(binary("raw"))
                .col(json_binary("data"))
                .col(double("share"))
                .take();
            manager.create_table(table).await
        })
    })
}

#[tokio::test]
async fn types_of_one_family_are_equal() {
    on_both!(events(), entities!(event), async |project: Project| {
        project.expect_quiet().await;
        project
    });
}

/// Also where a plan said it: no value is another one.
#[tokio::test]
async fn a_timestamp_of_a_plan_is_a_date_time() {
    let history = || {
        let table = Table::new("event")
            .column(Column::new("id", Type::Integer).identity())
            .column(Column::new("at", Type::Timestamp))
            .column(Column::new("body", Type::Blob))
            .column(Column::new("raw", Type::Blob))
            .column(Column::new("data", Type::Json))
            .column(Column::new("share", Type::Double))
            .primary_key(["id"]);
        History::new().plan("m20230101_000000_event", Plan::new().create_table(table))
    };
    on_both!(history(), entities!(event), async |project: Project| {
        project.expect_quiet().await;
        project
    });
}

entity!(moment "event" {
    pub at: DateTimeUtc,
});

fn moments() -> History {
    History::new().work("m20230101_000000_event", |manager| {
        Box::pin(async move {
            let table = sea_orm_migration::prelude::Table::create()
                .table("event")
                .col(pk_auto("id"))
                .col(timestamp("at"))
                .take();
            manager.create_table(table).await
        })
    })
}

#[tokio::test]
async fn a_zone_is_a_difference_where_the_database_knows_zones() {
    on_both!(moments(), entities!(moment), async |mut project: Project| {
        if project.place.backend == DbBackend::Sqlite {
            project.expect_quiet().await;
        } else {
            let zone = "change type of event.at from timestamp to timestamptz";
            project.migrate_and_return(&[zone]).await;
        }
        project
    });
}

entity!(wide "t" {
    pub n: i64,
});

#[tokio::test]
async fn the_width_of_a_number_is_a_difference() {
    let history = || {
        let t = Sql::both("CREATE TABLE t ({pk}, n smallint NOT NULL)");
        History::new().sql("m20230101_000000_t", t)
    };
    on_both!(history(), entities!(wide), async |mut project: Project| {
        project.migrate_and_return(&["change type of t.n from smallint to bigint"]).await;
        project
    });
}

/// A Rust enum for the database's `page_kind`.
macro_rules! page_kind {
    ($name:ident: $($variant:ident = $value:literal),*) => {
        #[derive(Clone, Debug, PartialEq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "page_kind")]
        pub enum $name {
            $(
                #[sea_orm(string_value = $value)]
                $variant,
            )*
        }
    };
}

page_kind!(PageKind: Html = "html", Image = "image", Video = "video");
page_kind!(WithAudio: Audio = "audio", Html = "html", Image = "image", Video = "video");
page_kind!(WithoutImage: Html = "html", Video = "video");

entity!(page "page" {
    pub kind: super::PageKind,
});

entity!(page_with_audio "page" {
    pub kind: super::WithAudio,
});

entity!(page_without_image "page" {
    pub kind: super::WithoutImage,
});

fn pages() -> History {
    let sql = Sql::Each {
        sqlite: "CREATE TABLE page ({pk}, kind enum_text NOT NULL)",
        postgres: "CREATE TYPE page_kind AS ENUM ('video', 'image', 'html');
CREATE TABLE page ({pk}, kind page_kind NOT NULL DEFAULT 'html')",
    };
    History::new().sql("m20230101_000000_page", sql)
}

#[tokio::test]
async fn the_values_of_an_enum_are_a_set() {
    on_both!(pages(), entities!(page), async |mut project: Project| {
        if project.place.backend == DbBackend::Sqlite {
            project.expect_quiet().await;
            return project;
        }
        project
            .expect_left_alone(&["the order of the values of enum page_kind (video, image, html)"])
            .await;
        project.entities = entities!(page_with_audio);
        project.migrate(&["add value audio to enum page_kind"]).await;
        project.downgrade(1).await;
        project.history = pages();
        project.entities = entities!(page_without_image);
        project.migrate_and_return(&["rebuild enum page_kind (video, html)"]).await;
        project
    });
}

entity!(owner (table_name = "owner") {
    #[sea_orm(primary_key)]
    pub id: i32,
});

entity!(team "team" {
    pub owner_id: i32,
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "Cascade")]
    pub owner: BelongsTo<super::owner::Entity>,
});

entity!(member "member" {
    pub team_id: i32,
    #[sea_orm(belongs_to, from = "team_id", to = "id", on_delete = "Cascade")]
    pub team: BelongsTo<super::team::Entity>,
});

#[tokio::test]
async fn only_a_key_that_stands_on_a_unique_goes_with_it() {
    let history = || {
        let tables = "CREATE TABLE owner ({pk});
CREATE TABLE team ({pk}, owner_id integer NOT NULL REFERENCES owner (id) ON DELETE CASCADE);
CREATE TABLE member ({pk}, team_id integer NOT NULL REFERENCES team (id) ON DELETE CASCADE)";
        let unique = Plan::new().add_unique("team", Unique::new(["owner_id", "id"]));
        History::new()
            .sql("m20230101_000000_teams", Sql::both(tables))
            .plan("m20230102_000000_unique", unique)
    };
    on_both!(history(), entities!(owner, team, member), async |mut project: Project| {
        let gone = match project.place.backend {
            DbBackend::Sqlite => "drop unique index team_owner_id_id_key on team(owner_id, id)",
            _ => "drop unique team(owner_id, id)",
        };
        project.migrate_and_return(&[gone]).await;
        project
    });
}

entity!(wallet (table_name = "wallet") {
    #[sea_orm(primary_key, unique_key = "wallet_account")]
    pub id: i32,
    #[sea_orm(unique_key = "wallet_account")]
    pub account_id: i32,
});

entity!(address "address" {
    pub account_id: i32,
    pub wallet_id: i32,
    #[sea_orm(belongs_to, from = "(account_id, wallet_id)", to = "(account_id, id)")]
    pub wallet: BelongsTo<super::wallet::Entity>,
});

#[tokio::test]
async fn the_order_of_a_unique_key_is_that_of_the_fields_and_means_nothing() {
    let constraint =
        "CREATE TABLE wallet ({pk}, account_id integer NOT NULL, UNIQUE (account_id, id));
CREATE TABLE address (
    {pk},
    account_id integer NOT NULL,
    wallet_id integer NOT NULL,
    FOREIGN KEY (wallet_id, account_id) REFERENCES wallet (id, account_id)
)";
    let index = "CREATE TABLE wallet ({pk}, account_id integer NOT NULL);
CREATE UNIQUE INDEX by_account ON wallet (account_id, id);
CREATE TABLE address (
    {pk},
    account_id integer NOT NULL,
    wallet_id integer NOT NULL,
    FOREIGN KEY (account_id, wallet_id) REFERENCES wallet (account_id, id)
)";
    for tables in [constraint, index] {
        let history = || History::new().sql("m20230101_000000_wallet", Sql::both(tables));
        on_both!(history(), entities!(wallet, address), async |project: Project| {
            project.expect_quiet().await;
            project
        });
    }
}

entity!(pair (table_name = "pair") {
    #[sea_orm(primary_key, auto_increment = false)]
    pub a: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub b: i32,
});

#[tokio::test]
async fn the_order_of_a_primary_key_is_that_of_the_fields_and_means_nothing() {
    let history = || {
        let sql = "CREATE TABLE pair (a integer NOT NULL, b integer NOT NULL, PRIMARY KEY (b, a))";
        History::new().sql("m20230101_000000_pair", Sql::both(sql))
    };
    on_both!(history(), entities!(pair), async |project: Project| {
        project.expect_quiet().await;
        project
    });
}

entity!(essay "essay" {
    #[sea_orm(column_type = "Text")]
    pub body: String,
});

#[tokio::test]
async fn what_hangs_on_a_column_without_a_word_is_left_alone_with_it() {
    let generated = "CREATE TABLE essay (
    {pk},
    body text NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED,
    place inet UNIQUE,
    places inet[],
    CHECK (masklen(place) > 8)
);
CREATE INDEX essay_words ON essay USING gin (words);
CREATE INDEX essay_place ON essay (place);
CREATE UNIQUE INDEX essay_places ON essay (id, places);
CREATE INDEX essay_body ON essay (body) WHERE place IS NULL";
    let history = History::new().sql("m20230101_000000_essay", Sql::both(generated));
    let essays = Project::new(DbBackend::Postgres, history, entities!(essay)).await;
    let Some(project) = essays else { return };
    let left = [
        "column essay.words (tsvector)",
        "column essay.place (inet)",
        "index essay_words on essay",
        "index essay_place on essay",
        "unique index essay_places on essay",
        "index essay_body on essay",
        "unique essay(place)",
        "check essay_place_check on essay",
    ];
    project.expect_left_alone(&left).await;
    project.place.remove().await;
    let point = "CREATE TABLE essay ({pk}, body text NOT NULL, place point UNIQUE);
CREATE INDEX essay_place ON essay (place, body)";
    let history = History::new().sql("m20230101_000000_essay", Sql::both(point));
    let project = Project::new(DbBackend::Sqlite, history, entities!(essay)).await;
    let project = project.expect("SQLite is everywhere");
    project.expect_left_alone(&["essay.place (point)", "unique essay(place)", "essay_place"]).await;
}

/// Types as entities, plans and databases write them.
fn any_type() -> impl Strategy<Value = Type> {
    let length = proptest::option::of(1..300_u32);
    let plain = proptest::sample::select(vec![
        Type::Text,
        Type::TinyInteger,
        Type::SmallInteger,
        Type::Integer,
        Type::BigInteger,
        Type::TinyUnsigned,
        Type::SmallUnsigned,
        Type::Unsigned,
        Type::BigUnsigned,
        Type::Float,
        Type::Double,
        Type::Decimal(None),
        Type::Decimal(Some((10, 2))),
        Type::Money(None),
        Type::Money(Some((10, 2))),
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::DateTime,
        Type::Timestamp,
        Type::TimestampWithTimeZone,
        Type::Blob,
        Type::Json,
        Type::JsonBinary,
        Type::Uuid,
        Type::enumeration("text"),
        Type::enumeration("kind"),
        Type::other("text"),
        Type::other("INTEGER"),
        Type::other("bigint"),
    ]);
    let leaf = prop_oneof![
        4 => plain,
        1 => length.clone().prop_map(Type::Char),
        1 => length.clone().prop_map(Type::Varchar),
        1 => length.prop_map(Type::VarBinary),
        1 => (1..300_u32).prop_map(Type::Binary),
    ];
    leaf.prop_recursive(1, 2, 1, |element| element.prop_map(Type::array))
}

fn with(kind: Type, is_declared: bool) -> Schema {
    let column = Column { declared: is_declared, ..Column::new("c", kind) };
    let mut schema = Schema::default();
    schema.insert(Table::new("t").column(column));
    schema
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is found, a person can tell what it leads from and what to.
    #[test]
    fn no_change_reads_the_same_on_both_sides(
        (from, to) in (any_type(), any_type()),
        declared in any::<[bool; 2]>(),
        backend in proptest::sample::select(BOTH.to_vec()),
        scope in proptest::sample::select(vec![DiffScope::Stated, DiffScope::Entities, DiffScope::Whole]),
    ) {
        let (before, after) = (with(from, declared[0]), with(to, declared[1]));
        let options = DiffOptions { scope, ..DiffOptions::new(backend) };
        for operation in diff(&before, &after, &options).unwrap().operations {
            if let Operation::AlterType { .. } = &operation {
                let line = describe(&operation);
                let change = line.strip_prefix("change type of t.c from ").unwrap();
                let (from, to) = change.split_once(" to ").unwrap();
                prop_assert!(!from.eq_ignore_ascii_case(to), "{}", line);
            }
        }
    }
}
