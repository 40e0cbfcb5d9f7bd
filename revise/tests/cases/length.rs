//! Names that are longer than PostgreSQL keeps them, in a history that was written on SQLite.

use sea_orm::DbBackend;
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr,
};
use sea_revise::{
    Entities, Revise, UpgradeOptions,
    operation::{Operation, Plan},
    project::generate::GenerateOptions,
    schema::{Column, Table, Type},
};

use crate::{
    case::{entities, entity},
    harness::downgrade,
    place::Place,
};

entity!(one "a_table_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fits" {
    #[sea_orm(column_name = "a_column_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fit", unique)]
    pub name: String,
    #[sea_orm(column_name = "ä_column_whose_name_is_cut_between_two_letters_or_in_one_of_them_ääää", indexed)]
    pub other: Option<i32>,
});

entity!(two "another_table_whose_name_is_as_long_as_seventy_bytes_which_cannot_be_it" {
    #[sea_orm(column_name = "a_key_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fits_i")]
    pub one_id: i32,
    #[sea_orm(belongs_to, from = "one_id", to = "id")]
    pub one: HasOne<super::one::Entity>,
});

entity!(later "a_table_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fits" {
    #[sea_orm(column_name = "a_column_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fit")]
    pub name: String,
    #[sea_orm(column_name = "ä_column_whose_name_is_cut_between_two_letters_or_in_one_of_them_ääää", unique)]
    pub other: Option<i64>,
    #[sea_orm(column_name = "a_new_column_whose_name_is_as_long_as_seventy_bytes_which_is_too_much_", default_value = 7)]
    pub new: i32,
});

entity!(last "a_table_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fits" {
    #[sea_orm(column_name = "a_column_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fit")]
    pub name: String,
});

/// A migration that was written before.
#[derive(Clone)]
struct Written(String, Vec<Operation>, Vec<Operation>);

impl MigrationName for Written {
    fn name(&self) -> &str {
        &self.0
    }
}

fn plan(operations: &[Operation]) -> Plan {
    operations.iter().cloned().fold(Plan::new(), Plan::with)
}

#[async_trait::async_trait]
impl MigrationTrait for Written {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        plan(&self.1).apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        plan(&self.2).apply(manager).await
    }
}

fn revise(history: &[Written], entities: Entities) -> Revise {
    let history = history.to_vec();
    let boxed = |written: &Written| -> Box<dyn MigrationTrait> { Box::new(written.clone()) };
    Revise::of(move || history.iter().map(boxed).collect()).entities(entities)
}

/// What an upgrade says that does not succeed.
async fn upgrade(revise: &Revise, place: &Place, allow_data_loss: bool) -> Result<(), String> {
    let db = place.connect().await;
    let options = UpgradeOptions { allow_data_loss, ..UpgradeOptions::default() };
    let done = revise.upgrade_at(&db, &place.target(), &options).await;
    db.close().await.expect("the connection can be closed");
    done.map(drop).map_err(|error| format!("{} {error}", error.exit_code()))
}

async fn places() -> Option<[Place; 2]> {
    let postgres = Place::new(DbBackend::Postgres).await?;
    Some([Place::new(DbBackend::Sqlite).await?, postgres])
}

#[tokio::test]
async fn one_history_with_long_names_leads_both_databases_to_the_same() {
    let Some(places) = places().await else { return };
    let answers =
        GenerateOptions { allow_destructive: true, no_rename: true, ..Default::default() };
    let steps: [fn() -> Entities; 3] =
        [entities!(one, two), entities!(later, two), entities!(last)];
    let (mut history, table) =
        (Vec::new(), "a_table_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fits");
    let other = "ä_column_whose_name_is_cut_between_two_letters_or_in_one_of_them_ääää";
    for (number, entities) in steps.into_iter().enumerate() {
        let drafted = revise(&history, entities()).draft(&places[0].target(), &answers).await;
        let draft = drafted.unwrap().unwrap();
        history.push(Written(format!("m2026010{number}_000000_step"), draft.up, draft.down));
        let revise = revise(&history, entities());
        for place in &places {
            if number == 1 {
                let rows = format!("UPDATE {table} SET \"{other}\" = 5 WHERE id = 2");
                let error = upgrade(&revise, place, false).await.unwrap_err();
                assert!(
                    error.starts_with("9 ") && error.contains("2 rows of `a_table_whose"),
                    "{error}"
                );
                place.execute(&rows).await.unwrap();
            }
            if number == 2 {
                let error = upgrade(&revise, place, false).await.unwrap_err();
                assert!(
                    error.starts_with("3 ") && error.contains("2 values of `a_table_whose"),
                    "{error}"
                );
            }
            upgrade(&revise, place, number == 2).await.unwrap();
            if number == 0 {
                let rows = format!(
                    "INSERT INTO {table} (a_column_whose_name_is_as_long_as_seventy_bytes_which_is_more_than_fit, \"{other}\") \
                     VALUES ('a', 4), ('b', 4)"
                );
                place.execute(&rows).await.unwrap();
            }
            let checked = revise.check(&place.target(), &answers).await.unwrap();
            assert_eq!(checked.verdict().map_err(|error| error.to_string()), Ok(()), "{checked:?}");
        }
    }
    let revise = revise(&history, entities!(last)());
    for place in places {
        downgrade(&revise, &place, "base").await.unwrap();
        assert!(place.schema().await.tables.is_empty());
        upgrade(&revise, &place, true).await.unwrap();
        place.remove().await;
    }
}

#[tokio::test]
async fn names_that_are_the_same_once_they_are_cut_are_named() {
    let Some([sqlite, postgres]) = places().await else { return };
    let long = |end: &str| format!("{}_{end}", "l".repeat(70));
    let (one, two) = (long("one"), long("two"));
    let column = |name: &str| Column::new(name, Type::Integer).nullable();
    let t =
        |name: &str| Table::new(name).column(Column::new("id", Type::Integer)).primary_key(["id"]);
    let index = |name: &str| sea_revise::schema::Index::new(name, ["id"]);
    for plan in [
        Plan::new().create_table(t("t")).create_table(t(&one)).create_table(t(&two)),
        Plan::new().create_table(t("t").column(column(&one)).column(column(&two))),
        Plan::new().create_table(t("t").column(column(&one))).add_column("t", column(&two)),
        Plan::new().create_table(t("t").index(index(&one))).create_index("t", index(&two)),
        Plan::new().create_table(t("t").index(index(&one))).create_table(t("u").index(index(&two))),
        Plan::new()
            .create_table(t("t").column(column(&one)).column(column("b")))
            .rename_column("t", "b", &two),
    ] {
        let history = [Written("m20260101_000000_begin".to_owned(), plan.operations, Vec::new())];
        let revise = revise(&history, Entities::new());
        upgrade(&revise, &sqlite, true).await.unwrap();
        let error = upgrade(&revise, &postgres, true).await.unwrap_err();
        for words in [&one, &two, "keeps 63 bytes of a name"] {
            assert!(error.starts_with("9 ") && error.contains(words), "{error}");
        }
        assert!(postgres.schema().await.tables.is_empty());
        sqlite
            .execute("DROP TABLE t; DROP TABLE seaql_migrations; DROP TABLE sea_revise_history")
            .await
            .unwrap();
        sqlite.execute(&format!("DROP TABLE IF EXISTS \"{one}\"; DROP TABLE IF EXISTS \"{two}\"; DROP TABLE IF EXISTS u")).await.unwrap();
    }
    postgres.remove().await;
}
