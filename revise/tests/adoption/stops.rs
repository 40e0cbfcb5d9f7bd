//! Entities that could not be created in a shadow: keys that stand on what comes later, or on what no entity says.

use sea_revise::{
    Entities, Plan,
    schema::{Index, Unique},
};

use crate::{
    case::{Sql, entities, entity},
    history::History,
    project::{BOTH, Project},
    silence::on_both,
};

entity!(wallet "wallet" {
    #[sea_orm(unique_key = "account_wallet")]
    pub account_id: i32,
    #[sea_orm(unique_key = "account_wallet")]
    pub number: i32,
});

entity!(silent_wallet "wallet" {
    pub account_id: i32,
    pub number: i32,
});

entity!(address "address" {
    pub account_id: i32,
    pub wallet_number: i32,
    #[sea_orm(belongs_to, from = "(account_id, wallet_number)", to = "(account_id, number)")]
    pub wallet: BelongsTo<super::wallet::Entity>,
});

entity!(address_of_silent "address" {
    pub account_id: i32,
    pub wallet_number: i32,
    #[sea_orm(belongs_to, from = "(wallet_number, account_id)", to = "(number, account_id)")]
    pub wallet: BelongsTo<super::silent_wallet::Entity>,
});

fn wallets() -> History {
    let tables = "CREATE TABLE wallet ({pk}, account_id integer NOT NULL, number integer NOT NULL, UNIQUE (account_id, number));
CREATE TABLE address (
    {pk},
    account_id integer NOT NULL,
    wallet_number integer NOT NULL,
    FOREIGN KEY (account_id, wallet_number) REFERENCES wallet (account_id, number)
)";
    History::new().sql("m20230101_000000_wallets", Sql::both(tables))
}

#[tokio::test]
async fn the_order_of_the_entities_changes_nothing() {
    for entities in [entities!(address, wallet) as fn() -> Entities, entities!(wallet, address)] {
        on_both!(wallets(), entities, async |project: Project| {
            project.expect_quiet().await;
            project
        });
        let nothing = || History::new().sql("m20230101_000000_nothing", Sql::both("SELECT 1"));
        on_both!(nothing(), entities, async |mut project: Project| {
            let tables = [
                "create table wallet (id, account_id, number)",
                "create table address (id, account_id, wallet_number)",
            ];
            project.migrate_and_return(&tables).await;
            project
        });
    }
}

/// The index is one of the list, and so is the table that points at it.
#[tokio::test]
async fn a_key_may_stand_on_a_claimed_index() {
    let claimed: fn() -> Entities = || {
        let index = Index::new("by_account", ["account_id", "number"]).unique();
        entities!(address_of_silent, silent_wallet)().index("wallet", index)
    };
    on_both!(wallets(), claimed, async |project: Project| {
        project.expect_quiet().await;
        project
    });
}

#[tokio::test]
async fn a_key_takes_the_unique_that_no_entity_says_from_the_history() {
    on_both!(wallets(), entities!(address_of_silent, silent_wallet), async |project: Project| {
        project.expect_left_alone(&["unique wallet(account_id, number)"]).await;
        project
    });
    let without_key = || {
        let tables = "CREATE TABLE wallet ({pk}, account_id integer NOT NULL, number integer NOT NULL, UNIQUE (account_id, number));
CREATE TABLE address ({pk}, account_id integer NOT NULL, wallet_number integer NOT NULL)";
        History::new().sql("m20230101_000000_wallets", Sql::both(tables))
    };
    on_both!(
        without_key(),
        entities!(address_of_silent, silent_wallet),
        async |mut project: Project| {
            let key =
                "add foreign key address(wallet_number, account_id) → wallet(number, account_id)";
            project.migrate_and_return(&[key]).await;
            project
        }
    );
}

/// A plan said it, and it cannot go as long as the key stands on it.
#[tokio::test]
async fn a_unique_of_a_plan_stays_as_long_as_a_key_stands_on_it() {
    for unique in [
        Plan::new().add_unique("wallet", Unique::new(["account_id", "number"])),
        Plan::new()
            .create_index("wallet", Index::new("by_account", ["account_id", "number"]).unique()),
    ] {
        let history = || {
            let wallet =
                "CREATE TABLE wallet ({pk}, account_id integer NOT NULL, number integer NOT NULL)";
            let key = "CREATE TABLE address (
    {pk},
    account_id integer NOT NULL,
    wallet_number integer NOT NULL,
    FOREIGN KEY (account_id, wallet_number) REFERENCES wallet (account_id, number)
)";
            History::new()
                .sql("m20230101_000000_wallet", Sql::both(wallet))
                .plan("m20230102_000000_unique", unique.clone())
                .sql("m20230103_000000_address", Sql::both(key))
        };
        on_both!(
            history(),
            entities!(address_of_silent, silent_wallet),
            async |mut project: Project| {
                project.expect_quiet().await;
                project.entities = entities!(silent_wallet);
                project.expect_quiet().await;
                project
            }
        );
    }
}

entity!(twice "pet" {
    pub owner_id: i32,
    #[sea_orm(belongs_to, relation_enum = "Owner", from = "owner_id", to = "id")]
    pub owner: BelongsTo<super::owner::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Payer", from = "owner_id", to = "id")]
    pub payer: BelongsTo<super::owner::Entity>,
});

entity!(owner "owner" {});

/// Two relations that lead the same way are one key.
#[tokio::test]
async fn two_relations_of_one_column_are_one_key() {
    let history = || {
        let tables = "CREATE TABLE owner ({pk}); CREATE TABLE pet ({pk}, owner_id integer NOT NULL REFERENCES owner (id))";
        History::new().sql("m20230101_000000_pets", Sql::both(tables))
    };
    on_both!(history(), entities!(twice, owner), async |project: Project| {
        project.expect_quiet().await;
        project
    });
}

entity!(service "service" {
    pub project: String,
    pub name: String,
});

entity!(deployment "deployment" {
    pub project: String,
    pub service: String,
    #[sea_orm(
        belongs_to,
        from = "(project, project, service, service)",
        to = "(name, project, name, project)",
        on_delete = "Cascade"
    )]
    pub owner: BelongsTo<super::service::Entity>,
});

fn services(key: &'static str) -> History {
    let service = "CREATE TABLE service ({pk}, project varchar NOT NULL, name varchar NOT NULL, UNIQUE (project, name))";
    let deployment =
        "CREATE TABLE deployment ({pk}, project varchar NOT NULL, service varchar NOT NULL)";
    let history = History::new().sql("m20230101_000000_service", Sql::both(service));
    match key {
        "" => history.sql("m20230102_000000_deployment", Sql::both(deployment)),
        key => history.sql("m20230102_000000_deployment", Sql::both(key)),
    }
}

/// As sea-orm-codegen 1.x writes a key of two columns of PostgreSQL.
#[tokio::test]
async fn a_relation_that_crosses_its_columns_is_the_key_that_is_there() {
    let with_key = "CREATE TABLE deployment (
    {pk},
    project varchar NOT NULL,
    service varchar NOT NULL,
    CONSTRAINT owner FOREIGN KEY (project, service) REFERENCES service (project, name) ON DELETE CASCADE
)";
    let claimed: fn() -> Entities = || {
        let index = Index::new("by_project", ["project", "name"]).unique();
        entities!(service, deployment)().index("service", index)
    };
    for entities in [entities!(service, deployment) as fn() -> Entities, claimed] {
        on_both!(services(with_key), entities, async |project: Project| {
            project.expect_quiet().await;
            project
        });
    }
    on_both!(services(with_key), claimed, async |project: Project| {
        let strict = sea_revise::GenerateOptions { strict: true, ..Default::default() };
        let operations = crate::project::lines(&project.check_with(&strict).await.models);
        assert!(!operations.iter().any(|line| line.contains("foreign key")), "{operations:?}");
        project
    });
    let with_other_action = "CREATE TABLE deployment (
    {pk},
    project varchar NOT NULL,
    service varchar NOT NULL,
    FOREIGN KEY (service, project) REFERENCES service (name, project) ON DELETE RESTRICT
)";
    on_both!(
        services(with_other_action),
        entities!(service, deployment),
        async |mut project: Project| {
            let key = "foreign key deployment(service, project) → service(name, project)";
            let changes = [
                &*format!("drop {key} on delete restrict"),
                &*format!("add {key} on delete cascade"),
            ];
            project.migrate_and_return(&changes).await;
            project
        }
    );
}

#[tokio::test]
async fn a_relation_that_crosses_its_columns_is_refused_where_there_is_no_key() {
    on_both!(services(""), entities!(service, deployment), async |project: Project| {
        let revise = project.revise();
        let refused = revise.check(&project.place.target(), &Default::default()).await;
        let refused = refused.expect_err("nobody knows which column belongs to which");
        assert_eq!(refused.exit_code(), 1);
        let told = refused.to_string();
        for part in ["`deployment`", "`service`", "twice", "(project, service)"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        project
    });
}
