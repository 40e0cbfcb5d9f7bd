//! Entities of what no operation makes: of views, partitioned tables and full-text tables, with keys of any type, with relations that
//! no foreign key can be.

use sea_orm::DbBackend;
use sea_revise::Entities;

use crate::{
    case::{Sql, entities, entity},
    history::History,
    project::{BOTH, Project},
    silence::on_both,
};

entity!(owner "owner" {
    pub email: String,
});

entity!(report "report" {
    pub email: String,
});

entity!(moved_report "moved_report" {
    pub email: String,
});

fn owners(more: &'static str) -> History {
    let owner = "CREATE TABLE owner ({pk}, email varchar NOT NULL)";
    History::new()
        .sql("m20230101_000000_owner", Sql::both(owner))
        .sql("m20230102_000000_more", Sql::both(more))
}

/// SeaORM reads a view like a table.
#[tokio::test]
async fn an_entity_of_a_view_is_no_missing_table() {
    let view = "CREATE VIEW report AS SELECT id, email FROM owner";
    on_both!(owners(view), entities!(owner, report), async |mut project: Project| {
        project.expect_left_alone(&["the entity of view report", "view report"]).await;
        let strict = sea_revise::GenerateOptions { strict: true, ..Default::default() };
        assert!(project.check_with(&strict).await.verdict().is_ok());
        project.entities = entities!(owner, report, moved_report);
        project.migrate_and_return(&["create table moved_report (id, email)"]).await;
        project
    });
}

/// Where a view stands in the database instead of the table of the history, nothing is left out.
#[tokio::test]
async fn a_view_instead_of_a_table_is_drift() {
    let table = "CREATE TABLE report ({pk}, email varchar NOT NULL)";
    on_both!(owners(table), entities!(owner, report), async |project: Project| {
        project.expect_quiet().await;
        let view = "DROP TABLE report; CREATE VIEW report AS SELECT id, email FROM owner";
        project.place.execute(view).await.expect("a view instead");
        let drift = crate::project::lines(&project.check().await.drift);
        assert_eq!(drift, ["create table report (id, email)"]);
        project
    });
}

entity!(event (table_name = "event") {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i32,
});

entity!(seen "seen" {
    pub event_id: i32,
    pub event_day: i32,
    #[sea_orm(belongs_to, from = "(event_id, event_day)", to = "(id, day)")]
    pub event: BelongsTo<super::event::Entity>,
});

#[tokio::test]
async fn entities_of_other_tables_of_postgres_are_left_alone() {
    let key = "FOREIGN KEY (event_id, event_day) REFERENCES event (id, day)";
    let seen = format!(
        "CREATE TABLE seen ({{pk}}, event_id integer NOT NULL, event_day integer NOT NULL, {key})"
    );
    let seen: &'static str = seen.leak();
    for (sql, word) in [
        (
            "CREATE TABLE event (id integer NOT NULL, day integer NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10)",
            "partitioned table event",
        ),
        (
            "CREATE TABLE happening (id integer NOT NULL, day integer NOT NULL);
CREATE TABLE event (PRIMARY KEY (id, day)) INHERITS (happening)",
            "inherited table event",
        ),
    ] {
        let history = || owners(sql).sql("m20230103_000000_seen", Sql::both(seen));
        let project = Project::new(DbBackend::Postgres, history(), entities!(owner, event, seen));
        let Some(project) = project.await else { return };
        project.expect_left_alone(&[word, &format!("the entity of {word}")]).await;
        project.place.remove().await;
    }
    let view = "CREATE MATERIALIZED VIEW report AS SELECT id, email FROM owner";
    let project = Project::new(DbBackend::Postgres, owners(view), entities!(owner, report)).await;
    let Some(project) = project else { return };
    project.expect_left_alone(&["the entity of materialized view report"]).await;
    project.place.remove().await;
}

entity!(found (table_name = "found") {
    #[sea_orm(primary_key, auto_increment = false)]
    pub rowid: i64,
    pub body: String,
});

#[tokio::test]
async fn an_entity_of_a_full_text_table_is_left_alone() {
    let sql = "CREATE VIRTUAL TABLE found USING fts5(body)";
    let project = Project::new(DbBackend::Sqlite, owners(sql), entities!(owner, found)).await;
    let Some(project) = project else { return };
    project.expect_left_alone(&["the entity of virtual table found"]).await;
    project.place.remove().await;
}

entity!(owner_again "owner" {
    pub email: Option<String>,
});

#[tokio::test]
async fn two_entities_of_one_table_are_refused_by_its_name() {
    on_both!(owners("SELECT 1"), entities!(owner, owner_again), async |project: Project| {
        let refused = project.revise().check(&project.place.target(), &Default::default()).await;
        let refused = refused.expect_err("two entities of one table");
        assert_eq!(refused.exit_code(), 1);
        let told = refused.to_string();
        assert!(told.contains("two entities") && told.contains("`owner`"), "{told}");
        project
    });
}

entity!(by_code "by_code" {
    pub owner_code: String,
    #[sea_orm(belongs_to, from = "owner_code", to = "id")]
    pub owner: BelongsTo<super::owner::Entity>,
});

/// PostgreSQL has no foreign key from a text to a number, so the relation is one for queries. SQLite has any.
#[tokio::test]
async fn a_relation_between_other_types_is_no_key_of_postgres() {
    let table = "CREATE TABLE by_code ({pk}, owner_code varchar NOT NULL)";
    let project = Project::new(DbBackend::Postgres, owners(table), entities!(owner, by_code)).await;
    let Some(project) = project else { return };
    project.expect_left_alone(&["relation by_code(owner_code) → owner(id), of other types"]).await;
    project.place.remove().await;
    let project = Project::new(DbBackend::Postgres, owners("SELECT 1"), entities!(owner, by_code));
    let Some(mut project) = project.await else { return };
    project.migrate_and_return(&["create table by_code (id, owner_code)"]).await;
    project.place.remove().await;
}

entity!(assignee (table_name = "assignee") {
    #[sea_orm(primary_key)]
    pub task_id: i32,
    pub name: Option<String>,
});

entity!(noted_assignee (table_name = "assignee") {
    #[sea_orm(primary_key)]
    pub task_id: i32,
    pub name: Option<String>,
    pub note: Option<String>,
});

entity!(numbered_assignee "assignee" {
    pub task_id: i32,
    pub name: Option<String>,
});

/// An entity has to have a primary key, so one of a table without says nothing about the table.
#[tokio::test]
async fn a_table_without_a_primary_key_gets_none() {
    for table in [
        "CREATE TABLE assignee (task_id integer NOT NULL, name varchar, UNIQUE (task_id, name))",
        "CREATE TABLE assignee (task_id integer, name varchar)",
    ] {
        on_both!(owners(table), entities!(owner, assignee), async |mut project: Project| {
            project.expect_left_alone(&["assignee without a primary key (task_id)"]).await;
            project.entities = entities!(owner, noted_assignee);
            project.migrate_and_return(&["add column assignee.note (varchar, nullable)"]).await;
            project.entities = entities!(owner, numbered_assignee);
            let draft = project.draft().await.expect("a new key is a difference");
            let lines = crate::project::lines(&draft.up);
            assert!(lines.iter().any(|line| line.contains("primary key")), "{lines:?}");
            project
        });
    }
}

entity!(wallet "wallet" {
    #[sea_orm(unique_key = "by_number")]
    pub account_id: i32,
    #[sea_orm(unique_key = "by_number")]
    pub number: i32,
    #[sea_orm(unique_key = "by_asset")]
    pub asset_id: i32,
});

entity!(wallet_of_asset "wallet" {
    pub account_id: i32,
    pub number: i32,
    #[sea_orm(unique_key = "by_asset")]
    pub asset_id: i32,
});

/// A field is in one unique key at most: of the account in both keys of the table one is left.
#[tokio::test]
async fn a_field_of_two_unique_keys_says_one() {
    let columns = "account_id integer NOT NULL, number integer NOT NULL, asset_id integer NOT NULL";
    let index = format!(
        "CREATE TABLE wallet ({{pk}}, {columns}, CONSTRAINT by_number UNIQUE (account_id, number));
CREATE UNIQUE INDEX by_asset ON wallet (account_id, asset_id)"
    );
    let constraint = format!(
        "CREATE TABLE wallet ({{pk}}, {columns}, CONSTRAINT by_asset UNIQUE (asset_id, account_id));
CREATE UNIQUE INDEX by_number ON wallet (account_id, number)"
    );
    for table in [index, constraint] {
        let table: &'static str = table.leak();
        on_both!(owners(table), entities!(owner, wallet), async |mut project: Project| {
            project.expect_quiet().await;
            project.entities = entities!(owner, wallet_of_asset);
            let draft = project.draft().await.expect("the asset alone is unique now");
            let lines = crate::project::lines(&draft.up);
            assert!(lines.iter().any(|line| line.contains("wallet(asset_id)")), "{lines:?}");
            project
        });
    }
}

entity!(role "role" {
    #[sea_orm(unique_key = "by_scope")]
    pub user_id: i32,
    #[sea_orm(unique_key = "by_scope")]
    pub scope: Option<String>,
    #[sea_orm(unique)]
    pub code: String,
    pub deleted: bool,
});

/// As sea-orm-codegen writes unique indexes that no attribute says.
#[tokio::test]
async fn a_unique_key_is_the_special_index_that_is_there() {
    let table = "CREATE TABLE role ({pk}, user_id integer NOT NULL, scope varchar, code varchar NOT NULL, deleted boolean NOT NULL);";
    for indexes in [
        "CREATE UNIQUE INDEX by_scope ON role (user_id, COALESCE(scope, 'all'));
CREATE UNIQUE INDEX by_code ON role (code) WHERE NOT deleted",
        "CREATE UNIQUE INDEX by_scope ON role (user_id, scope, deleted) WHERE NOT deleted;
CREATE UNIQUE INDEX by_code ON role (lower(code))",
    ] {
        let sql: &'static str = format!("{table}\n{indexes}").leak();
        on_both!(owners(sql), entities!(owner, role), async |project: Project| {
            project.expect_left_alone(&["unique index by_scope", "unique index by_code"]).await;
            project
        });
    }
    let other = "CREATE UNIQUE INDEX by_scope ON role (scope) WHERE NOT deleted;
CREATE UNIQUE INDEX by_code ON role (code, scope) WHERE NOT deleted";
    let sql: &'static str = format!("{table}\n{other}").leak();
    on_both!(owners(sql), entities!(owner, role), async |project: Project| {
        let draft = project.draft().await.expect("other columns");
        let lines = crate::project::lines(&draft.up);
        let [code, scope] = ["role(code)", "role(user_id, scope)"]
            .map(|words| lines.iter().any(|line| line.contains(words)));
        assert!(code && scope, "{lines:?}");
        project
    });
}

macro_rules! key_of {
    ($module:ident $table:literal $kind:ty) => {
        entity!($module (table_name = $table) {
            #[sea_orm(primary_key)]
            pub id: $kind,
            pub word: String,
        });
    };
}

key_of!(tiny "tiny" i8);
key_of!(small "small" i16);
key_of!(big "big" i64);
key_of!(tiny_unsigned "tiny_unsigned" u8);
key_of!(small_unsigned "small_unsigned" u16);
key_of!(unsigned "unsigned" u32);
key_of!(big_unsigned "big_unsigned" u64);

mod code {
    #[derive(Clone, Debug, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
    pub struct Code(pub String);

    impl sea_orm::TryFromU64 for Code {
        fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
            Err(sea_orm::DbErr::ConvertFromU64("Code"))
        }
    }
}

entity!(coded (table_name = "coded") {
    #[sea_orm(primary_key)]
    pub id: super::code::Code,
    pub word: String,
});

/// SeaORM takes the key for numbered, and sea-query panics at most of these types.
#[tokio::test]
async fn a_key_may_have_any_type() {
    let entities: fn() -> Entities = || {
        entities!(tiny, small, big, tiny_unsigned, small_unsigned, unsigned, big_unsigned, coded)()
    };
    on_both!(owners("SELECT 1"), entities, async |mut project: Project| {
        let tables = [
            "big",
            "big_unsigned",
            "coded",
            "small",
            "small_unsigned",
            "tiny",
            "tiny_unsigned",
            "unsigned",
        ];
        let operations = tables.map(|table| format!("create table {table} (id, word)"));
        let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
        project.migrate_and_return(&operations).await;
        for table in tables.iter().filter(|table| **table != "coded") {
            let insert = format!("INSERT INTO {table} (word) VALUES ('one'), ('two')");
            project.place.execute(&insert).await.expect("the database numbers the rows");
        }
        project
    });
}
