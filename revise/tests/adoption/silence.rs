//! What entities are silent about is kept, and what was once stated and is gone is a difference.

use sea_orm_migration::{prelude::*, schema::*};
use sea_revise::{
    Entities, GenerateOptions, Plan,
    schema::{Column, Index, Table, Type},
};

use crate::{
    case::{Sql, entities, entity},
    history::History,
    project::{BOTH, Project},
};

/// Runs a test on each database.
macro_rules! on_both {
    ($history:expr, $entities:expr, $test:expr) => {
        for backend in BOTH {
            if let Some(project) = Project::new(backend, $history, $entities).await {
                let done = ($test)(project).await;
                let done: Project = done;
                done.place.remove().await;
            }
        }
    };
}

pub(crate) use on_both;

entity!(account "account" {
    pub active: bool,
    pub seen_at: DateTime,
    #[sea_orm(column_type = "Text")]
    pub token: String,
});

fn accounts() -> History {
    let token = Sql::Each {
        sqlite: "CREATE TABLE later ({pk}, token text NOT NULL DEFAULT (lower(hex(randomblob(8)))))",
        postgres: "CREATE TABLE later ({pk}, token text NOT NULL DEFAULT md5(random()::text))",
    };
    History::new()
        .work("m20230101_000000_account", |manager| {
            Box::pin(async move {
                let table = sea_orm_migration::prelude::Table::create()
                    .table("account")
                    .col(pk_auto("id"))
                    .col(boolean("active").default(true))
                    .col(timestamp("seen_at").default(Expr::current_timestamp()))
                    .col(text("token").default(""))
                    .take();
                manager.create_table(table).await
            })
        })
        .sql("m20230102_000000_later", token)
}

entity!(later "later" {
    #[sea_orm(column_type = "Text")]
    pub token: String,
});

#[tokio::test]
async fn a_default_that_no_entity_mentions_stays() {
    on_both!(accounts(), entities!(account, later), async |project: Project| {
        let left = [
            "the default TRUE of account.active",
            "the default CURRENT_TIMESTAMP of account.seen_at",
            "of later.token",
        ];
        project.expect_left_alone(&left).await;
        project
    });
}

entity!(n_is_7 "t" {
    #[sea_orm(default_value = 7)]
    pub n: i32,
    pub m: i32,
});

entity!(n_is_8 "t" {
    #[sea_orm(default_value = 8)]
    pub n: i32,
    pub m: i32,
});

entity!(n "t" {
    pub n: i32,
    pub m: i32,
});

/// Somebody said it, so the silence afterwards says something.
#[tokio::test]
async fn a_default_that_was_said_and_is_not_any_more_goes() {
    let history = || {
        let t = "CREATE TABLE t ({pk}, n integer NOT NULL DEFAULT 7, m integer NOT NULL DEFAULT 5)";
        History::new().sql("m20230101_000000_t", Sql::both(t))
    };
    on_both!(history(), entities!(n_is_7), async |mut project: Project| {
        project.expect_quiet().await;
        project.entities = entities!(n);
        project.expect_quiet().await;
        project.entities = entities!(n_is_8);
        project.migrate_and_return(&["t.n: default 8, was 7"]).await;
        project.entities = entities!(n);
        project.migrate_and_return(&["t.n: no default, was 8"]).await;
        project.expect_left_alone(&["the default 5 of t.m"]).await;
        project
    });
}

entity!(person "person" {
    pub name: String,
    pub code: String,
    pub letter: String,
    pub note: String,
    pub amount: Decimal,
});

entity!(person_with_100 "person" {
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub name: String,
    pub code: String,
    pub letter: String,
    pub note: String,
    pub amount: Decimal,
});

fn people() -> History {
    History::new().work("m20230101_000000_person", |manager| {
        Box::pin(async move {
            let table = sea_orm_migration::prelude::Table::create()
                .table("person")
                .col(pk_auto("id"))
                .col(string_len("name", 255))
                .col(string_len("code", 16))
                .col(char_len("letter", 1))
                .col(text("note"))
                .col(decimal_len("amount", 10, 2))
                .take();
            manager.create_table(table).await
        })
    })
}

#[tokio::test]
async fn a_length_that_no_entity_mentions_stays_and_one_that_is_said_counts() {
    on_both!(people(), entities!(person), async |mut project: Project| {
        let left =
            ["the type varchar(255) of person.name", "the type numeric(10, 2) of person.amount"];
        project.expect_left_alone(&left).await;
        project.entities = entities!(person_with_100);
        let shorter = "change type of person.name from varchar(255) to varchar(100)";
        project.migrate_and_return(&[shorter]).await;
        project.entities = entities!(person);
        project.expect(&["change type of person.name from varchar(100) to varchar"]).await;
        project
    });
}

entity!(owner "owner" {
    pub email: String,
});

entity!(pet "pet" {
    pub owner_id: i32,
    pub vet_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id")]
    pub owner: BelongsTo<super::owner::Entity>,
});

entity!(pet_without_action "pet" {
    pub owner_id: i32,
    pub vet_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "NoAction")]
    pub owner: BelongsTo<super::owner::Entity>,
});

entity!(pet_with_update "pet" {
    pub owner_id: i32,
    pub vet_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_update = "Cascade")]
    pub owner: BelongsTo<super::owner::Entity>,
});

entity!(pet_without_key "pet" {
    pub owner_id: i32,
    pub vet_id: Option<i32>,
});

entity!(pet_without_a_wanted_key "pet" {
    pub owner_id: i32,
    pub vet_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id", skip_fk)]
    pub owner: BelongsTo<super::owner::Entity>,
});

fn pets() -> History {
    let tables = "CREATE TABLE owner ({pk}, email varchar NOT NULL UNIQUE);
CREATE TABLE pet (
    {pk},
    owner_id integer NOT NULL,
    vet_id integer,
    CONSTRAINT pet_owner FOREIGN KEY (owner_id) REFERENCES owner (id) ON DELETE CASCADE,
    FOREIGN KEY (vet_id) REFERENCES owner (id) ON DELETE SET NULL
)";
    History::new().sql("m20230101_000000_pets", Sql::both(tables))
}

#[tokio::test]
async fn an_action_that_no_relation_mentions_stays() {
    on_both!(pets(), entities!(owner, pet), async |mut project: Project| {
        let left = [
            "foreign key pet(vet_id) → owner(id) on delete set null",
            "on delete cascade of foreign key pet(owner_id)",
            "unique owner(email)",
        ];
        project.expect_left_alone(&left).await;
        project.entities = entities!(owner, pet_without_key);
        project
            .expect_left_alone(&["foreign key pet(owner_id) → owner(id) on delete cascade"])
            .await;
        project.entities = entities!(owner, pet_without_action);
        let key = "foreign key pet(owner_id) → owner(id)";
        let changes = [&*format!("drop {key} on delete cascade"), &*format!("add {key}")];
        project.migrate_and_return(&changes).await;
        project
    });
}

/// One action is said and the other is not: it stays, and nobody has stated it afterwards either.
#[tokio::test]
async fn what_a_plan_repeats_it_does_not_state() {
    on_both!(pets(), entities!(owner, pet_with_update), async |mut project: Project| {
        let key = "foreign key pet(owner_id) → owner(id) on delete cascade";
        let changes = [&*format!("drop {key}"), &*format!("add {key} on update cascade")];
        project.migrate_and_return(&changes).await;
        project.entities = entities!(owner, pet);
        let back = [&*format!("drop {key} on update cascade"), &*format!("add {key}")];
        project.migrate_and_return(&back).await;
        project
    });
}

/// `skip_fk` is a word about the key, and no silence.
#[tokio::test]
async fn a_key_that_a_relation_does_not_want_goes() {
    on_both!(pets(), entities!(owner, pet_without_a_wanted_key), async |mut project: Project| {
        let gone = "drop foreign key pet(owner_id) → owner(id) on delete cascade";
        project.migrate_and_return(&[gone]).await;
        project
    });
}

entity!(indexed "account" {
    pub active: bool,
});

#[tokio::test]
async fn an_index_is_left_alone_whatever_it_is_called() {
    let history = || {
        let sql = "CREATE TABLE account ({pk}, active boolean NOT NULL);
CREATE INDEX \"idx-account-active\" ON account (active);
CREATE UNIQUE INDEX \"idx-account-id-active\" ON account (id, active);
CREATE UNIQUE INDEX account_active_id_key ON account (active, id)";
        History::new().sql("m20230101_000000_account", Sql::both(sql))
    };
    on_both!(history(), entities!(indexed), async |mut project: Project| {
        let left = ["idx-account-active", "idx-account-id-active", "account_active_id_key"];
        project.expect_left_alone(&left).await;
        let index = Index::new("idx-account-by-plan", ["active"]);
        let plan = Plan::new().create_index("account", index);
        project.history = project.history.clone().plan("m20230103_000000_index", plan);
        project.upgrade().await;
        project.migrate_and_return(&["drop index idx-account-by-plan on account(active)"]).await;
        project.expect_left_alone(&left).await;
        project
    });
}

#[tokio::test]
async fn a_table_without_an_entity_stays_unless_a_plan_created_it() {
    let history = || {
        let sql = "CREATE TABLE owner ({pk}, email varchar NOT NULL);
CREATE TABLE legacy ({pk}, owner_id integer NOT NULL REFERENCES owner (id), word varchar DEFAULT 'x' UNIQUE);
CREATE INDEX \"idx-legacy-owner_id\" ON legacy (owner_id)";
        let column = Column::new("id", Type::Integer).identity();
        let plan = Plan::new().create_table(Table::new("ours").column(column).primary_key(["id"]));
        History::new()
            .sql("m20230101_000000_tables", Sql::both(sql))
            .plan("m20230102_000000_ours", plan)
    };
    on_both!(history(), entities!(owner), async |mut project: Project| {
        project.migrate_and_return(&["drop table ours and its rows"]).await;
        project.expect_left_alone(&["table legacy"]).await;
        project
    });
}

entity!(numbered "place" {
    pub position: i32,
});

/// No attribute says that a column is numbered which is not the key.
#[tokio::test]
async fn a_serial_that_is_no_key_stays() {
    let history = || {
        let sql = "CREATE TABLE place (id serial PRIMARY KEY, position serial NOT NULL)";
        History::new().sql("m20230101_000000_place", Sql::both(sql))
    };
    let backend = sea_orm::DbBackend::Postgres;
    let Some(project) = Project::new(backend, history(), entities!(numbered)).await else { return };
    project.expect_left_alone(&["place.position"]).await;
    project.place.remove().await;
}

/// Everything at once as it was compared before, and as two databases are compared still.
#[tokio::test]
async fn strict_compares_everything() {
    on_both!(pets(), entities!(owner, pet), async |project: Project| {
        let strict = GenerateOptions { strict: true, ..GenerateOptions::default() };
        let found = project.draft_with(&strict).await.expect("a draft");
        let operations = [
            "drop foreign key pet(owner_id) → owner(id) on delete cascade",
            "drop foreign key pet(vet_id) → owner(id) on delete set null",
            "drop unique owner(email)",
            "add foreign key pet(owner_id) → owner(id)",
        ];
        assert_eq!(crate::project::lines(&found.up), operations);
        let checked = project.check_with(&strict).await;
        assert_eq!(crate::project::lines(&checked.models), operations);
        project
    });
}

/// A default that somebody set beside the history is drift, however silent the entities are.
#[tokio::test]
async fn drift_stays_exact() {
    let history = || {
        let sql = "CREATE TABLE owner ({pk}, email varchar(255) NOT NULL DEFAULT 'x')";
        History::new().sql("m20230101_000000_owner", Sql::both(sql))
    };
    on_both!(history(), entities!(owner), async |project: Project| {
        project.expect_quiet().await;
        let sql = match project.place.backend {
            sea_orm::DbBackend::Sqlite => {
                "DROP TABLE owner; CREATE TABLE owner (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, email varchar(255) NOT NULL)"
            }
            _ => "ALTER TABLE owner ALTER COLUMN email DROP DEFAULT",
        };
        project.place.execute(sql).await.expect("the default can be dropped");
        let drift = crate::project::lines(&project.check().await.drift);
        assert_eq!(drift, ["owner.email: default 'x'"]);
        project
    });
}

/// An entity that claims a silent index by its own list changes nothing but what it says.
#[tokio::test]
async fn a_claimed_index_is_compared() {
    let claimed: fn() -> Entities =
        || entities!(owner)().index("owner", Index::new("by_email", ["email", "id"]).unique());
    let history = || {
        let sql = "CREATE TABLE owner ({pk}, email varchar NOT NULL);
CREATE UNIQUE INDEX by_email ON owner (id, email)";
        History::new().sql("m20230101_000000_owner", Sql::both(sql))
    };
    on_both!(history(), claimed, async |mut project: Project| {
        let anew = [
            "drop unique index by_email on owner(id, email)",
            "create unique index by_email on owner(email, id)",
        ];
        project.migrate_and_return(&anew).await;
        project
    });
}

/// SeaORM 1.x made serial columns of what SeaORM 2 makes identities of.
#[tokio::test]
async fn a_serial_of_before_is_the_identity_of_today() {
    let serial = "ALTER TABLE account ALTER COLUMN id DROP IDENTITY; CREATE SEQUENCE account_id_seq OWNED BY account.id; \
                  ALTER TABLE account ALTER COLUMN id SET DEFAULT nextval('account_id_seq')";
    let entities: fn() -> Entities = entities!(account, later);
    let postgres = sea_orm::DbBackend::Postgres;
    let Some(project) = Project::new(postgres, accounts(), entities).await else { return };
    project.place.execute(serial).await.unwrap();
    project.expect_quiet().await;
    project.place.remove().await;
}
