//! What plans stated: it goes when no entity says it any more, under whatever name, and only as long as no plan took it back.

use sea_revise::{
    Plan,
    schema::{Action, Column, ForeignKey, Index, Table, Type, Unique},
};

use crate::{
    case::{Sql, entities, entity},
    history::History,
    project::{BOTH, Project},
    silence::on_both,
};

entity!(owner "owner" {
    pub email: String,
});

entity!(pet "pet" {
    pub owner_id: i32,
    pub vet_id: Option<i32>,
    #[sea_orm(belongs_to, from = "owner_id", to = "id")]
    pub owner: BelongsTo<super::owner::Entity>,
});

entity!(pet_without_key "pet" {
    pub owner_id: i32,
    pub vet_id: Option<i32>,
});

fn stated_pets() -> History {
    let column = |name: &str| Column::new(name, Type::Integer);
    let owner = Table::new("owner")
        .column(column("id").identity())
        .column(Column::new("email", Type::Varchar(None)))
        .primary_key(["id"])
        .unique(Unique::new(["email"]));
    let pet = Table::new("pet")
        .column(column("id").identity())
        .column(column("owner_id"))
        .column(column("vet_id").nullable())
        .primary_key(["id"])
        .foreign_key(ForeignKey::new(["owner_id"], "owner", ["id"]).on_delete(Action::Cascade))
        .foreign_key(ForeignKey::new(["vet_id"], "owner", ["id"]));
    let plan = Plan::new()
        .create_table(owner)
        .create_table(pet)
        .create_table(Table::new("gone").column(column("id").identity()).primary_key(["id"]))
        .create_index("pet", Index::new("idx-pet-vet_id", ["vet_id"]));
    History::new().plan("m20230101_000000_pets", plan)
}

#[tokio::test]
async fn what_a_plan_stated_and_no_entity_says_goes() {
    on_both!(stated_pets(), entities!(owner, pet), async |mut project: Project| {
        let operations = [
            "drop foreign key pet(owner_id) → owner(id) on delete cascade",
            "drop foreign key pet(vet_id) → owner(id)",
            "drop unique owner(email)",
            "drop index idx-pet-vet_id on pet(vet_id)",
            "add foreign key pet(owner_id) → owner(id)",
            "drop table gone and its rows",
        ];
        project.migrate(&operations).await;
        project
    });
}

/// A plan that takes back what it stated leaves the rest to nobody.
#[tokio::test]
async fn what_a_plan_took_back_is_not_stated_any_more() {
    let history = || {
        stated_pets()
            .plan(
                "m20230102_000000_renamed",
                Plan::new()
                    .rename_column("pet", "vet_id", "doctor_id")
                    .rename_table("gone", "kept")
                    .drop_unique("owner", ["email"])
                    .drop_index("pet", "idx-pet-vet_id")
                    .drop_foreign_key("pet", ["owner_id"])
                    .rename_column("pet", "doctor_id", "vet_id")
                    .drop_table("kept"),
            )
            .plan("m20230103_000000_again", Plan::new().drop_foreign_key("pet", ["vet_id"]))
    };
    on_both!(history(), entities!(owner, pet_without_key), async |mut project: Project| {
        project.expect_quiet().await;
        let again = Sql::Each {
            sqlite: "CREATE UNIQUE INDEX owner_email_key ON owner (email);
CREATE INDEX \"idx-pet-vet_id\" ON pet (vet_id); CREATE TABLE gone (id integer)",
            postgres: "ALTER TABLE owner ADD UNIQUE (email); CREATE INDEX \"idx-pet-vet_id\" ON pet (vet_id);
CREATE TABLE gone (id integer); ALTER TABLE pet ADD FOREIGN KEY (vet_id) REFERENCES owner (id)",
        };
        project.history = project.history.clone().sql("m20230104_000000_by_hand", again);
        project.upgrade().await;
        project.expect_left_alone(&["table gone", "idx-pet-vet_id on pet"]).await;
        project
    });
}

#[tokio::test]
async fn what_is_stated_follows_its_names() {
    let history = || {
        let plan = Plan::new()
            .rename_table("pet", "animal")
            .rename_column("animal", "vet_id", "doctor_id")
            .rename_column("owner", "email", "mail")
            .rename_table("owner", "keeper");
        stated_pets().plan("m20230102_000000_renamed", plan)
    };
    on_both!(history(), entities!(keeper, animal), async |mut project: Project| {
        let operations = [
            "drop foreign key animal(doctor_id) → keeper(id)",
            "drop foreign key animal(owner_id) → keeper(id) on delete cascade",
            "drop index idx-pet-vet_id on animal(doctor_id)",
            "drop unique keeper(mail)",
            "drop table gone and its rows",
        ];
        project.migrate_and_return(&operations).await;
        project
    });
}

entity!(keeper "keeper" {
    pub mail: String,
});

entity!(animal "animal" {
    pub owner_id: i32,
    pub doctor_id: Option<i32>,
});
