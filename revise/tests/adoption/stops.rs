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
