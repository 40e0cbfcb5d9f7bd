//! Several migrations as one: the same schema, and what each database makes of it.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};
use sea_revise::{
    Entities, Error, Plan, Revise, UpgradeOptions,
    operation::Operation,
    project::squash::{Data, Squash},
    runtime::Direction,
    schema::{Column, ForeignKey, Index, Table, Type},
};

use crate::project::{Project, both};

const NAMES: [&str; 4] = [
    "m20260101_000000_step",
    "m20260102_000000_step",
    "m20260103_000000_step",
    "m20260104_000000_step",
];

fn table(name: &str) -> Table {
    Table::new(name).column(Column::new("id", Type::Integer)).primary_key(["id"])
}

fn history(project: &Project) {
    project.planned(Plan::new().create_table(table("shop")), Plan::new().drop_table("shop"));
    project.planned(
        Plan::new()
            .create_table(table("item").column(Column::new("shop", Type::Integer).nullable())),
        Plan::new().drop_table("item"),
    );
    project.planned(
        Plan::new()
            .rename_table("shop", "store")
            .rename_column("item", "shop", "store_id")
            .add_foreign_key("item", ForeignKey::new(["store_id"], "store", ["id"]))
            .create_index("item", Index::new("item_store", ["store_id"])),
        Plan::new()
            .drop_index("item", "item_store")
            .drop_foreign_key("item", ["store_id"])
            .rename_column("item", "store_id", "shop")
            .rename_table("store", "shop"),
    );
    project.planned(
        Plan::new().add_column("store", Column::new("city", Type::Varchar(None)).nullable()),
        Plan::new().drop_column("store", "city"),
    );
}

/// The squashed migration, or one of the old ones.
#[derive(Clone)]
struct Step {
    name: String,
    replaces: bool,
    up: Vec<Operation>,
    down: Vec<Operation>,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let plan = Plan { operations: self.up.clone() };
        let plan = if self.replaces { plan.replaces([NAMES[1], NAMES[2]]) } else { plan };
        plan.apply(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan { operations: self.down.clone() }.apply(manager).await
    }
}

/// The program after the second and the third were squashed.
fn after(squash: &Squash) -> Revise {
    let written = |operations: &[Operation]| operations.iter().map(Operation::as_written).collect();
    let middle = Step {
        name: "m20260103_000000_both".to_owned(),
        replaces: true,
        up: written(&squash.draft.up),
        down: written(&squash.draft.down),
    };
    let step = |name: &str, up: Plan, down: Plan| Step {
        name: name.to_owned(),
        replaces: false,
        up: up.operations,
        down: down.operations,
    };
    let first = Plan::new().create_table(table("shop"));
    let city = Column::new("city", Type::Varchar(None)).nullable();
    let steps = vec![
        step(NAMES[0], first, Plan::new().drop_table("shop")),
        middle,
        step(
            NAMES[3],
            Plan::new().add_column("store", city),
            Plan::new().drop_column("store", "city"),
        ),
    ];
    let boxed = move || -> Vec<Box<dyn MigrationTrait>> {
        steps.clone().into_iter().map(|step| Box::new(step) as Box<dyn MigrationTrait>).collect()
    };
    Revise::of(boxed).program("migration")
}

async fn squashed(project: &Project) -> Squash {
    let revise = project.revise(Entities::new);
    let range = (NAMES[1], NAMES[2]);
    revise.squash(&project.target(), range, (Data::Ask, None)).await.unwrap()
}

fn up(to: &str) -> UpgradeOptions {
    UpgradeOptions { target: to.to_owned(), allow_data_loss: true, ..UpgradeOptions::default() }
}

async fn upgrade(project: &Project, revise: &Revise) -> sea_revise::Result<Vec<String>> {
    let db = project.connect().await;
    let done = revise.upgrade_at(&db, &project.target(), &up("head")).await;
    db.close().await.unwrap();
    done
}

const VERSIONS: &str = "SELECT version FROM seaql_migrations ORDER BY 1";

#[tokio::test]
async fn a_rename_of_what_was_there_before_stays_a_rename() {
    for project in both().await {
        history(&project);
        let squash = squashed(&project).await;
        assert_eq!(squash.replaces, [NAMES[1], NAMES[2]]);
        let has = |wanted: fn(&Operation) -> bool| squash.draft.up.iter().any(wanted);
        assert!(has(|one| matches!(one, Operation::RenameTable { .. })), "{:?}", squash.draft.up);
        assert!(!has(|one| matches!(
            one,
            Operation::DropTable { .. } | Operation::RenameColumn { .. }
        )));
    }
}

#[tokio::test]
async fn a_database_with_all_of_the_old_ones_has_the_new_one() {
    for project in both().await {
        history(&project);
        project.upgrade(&up("head")).await.unwrap();
        project.execute("INSERT INTO store (id, city) VALUES (7, 'Ulm')").await.unwrap();
        let revise = after(&squashed(&project).await);
        let db = project.connect().await;
        let status = revise.status(&db).await.unwrap();
        db.close().await.unwrap();
        assert!(status.pending.is_empty() && status.missing.is_empty(), "{status:?}");
        assert_eq!(status.current(), Some(NAMES[3]));
        // Looking changes nothing, and the next upgrade notes it.
        assert_eq!(project.texts(VERSIONS).await.len(), 4);
        assert!(upgrade(&project, &revise).await.unwrap().is_empty());
        let new = [NAMES[0], "m20260103_000000_both", NAMES[3]];
        assert_eq!(project.texts(VERSIONS).await, new);
        let checksums = "SELECT checksum FROM sea_revise_history WHERE version LIKE '%both'";
        assert_ne!(project.texts(checksums).await, ["NULL"]);
        assert!(upgrade(&project, &revise).await.unwrap().is_empty());
        // Back over it, and again.
        let db = project.connect().await;
        let back = UpgradeOptions { target: "-2".to_owned(), ..up("") };
        let done = revise.downgrade(&db, &project.target(), &back).await.unwrap();
        db.close().await.unwrap();
        assert_eq!(done, [new[2], new[1]]);
        assert_eq!(project.texts("SELECT CAST(id AS text) FROM shop").await, ["7"]);
        assert_eq!(upgrade(&project, &revise).await.unwrap(), [new[1], new[2]]);
        assert_eq!(project.texts("SELECT CAST(id AS text) FROM store").await, ["7"]);
    }
}

#[tokio::test]
async fn a_database_with_none_of_them_runs_the_new_one() {
    for project in both().await {
        history(&project);
        let revise = after(&squashed(&project).await);
        assert_eq!(upgrade(&project, &revise).await.unwrap().len(), 3);
        // What the old program would have made of it.
        let other = if project.is_sqlite() {
            Project::on_sqlite()
        } else {
            Project::on_postgres().await.unwrap()
        };
        let other = other.with_steps_of(&project);
        other.upgrade(&up("head")).await.unwrap();
        let target = project.target();
        let (side, like) = (revise.side(&project.url).unwrap(), revise.side(&other.url).unwrap());
        let options = sea_revise::GenerateOptions::default();
        let compared = revise.compare(&target, (&side, &like), &options).await.unwrap();
        assert!(compared.is_equal(), "{:?}", compared.difference.operations);
    }
    for project in both().await {
        history(&project);
        project.upgrade(&up("+1")).await.unwrap();
        project.execute("INSERT INTO shop (id) VALUES (7)").await.unwrap();
        let revise = after(&squashed(&project).await);
        assert_eq!(upgrade(&project, &revise).await.unwrap().len(), 2);
        assert_eq!(project.texts("SELECT CAST(id AS text) FROM store").await, ["7"]);
    }
}

#[tokio::test]
async fn a_database_in_the_middle_is_told_to_go_on_with_the_old_ones() {
    for project in both().await {
        history(&project);
        project.upgrade(&up("+2")).await.unwrap();
        let revise = after(&squashed(&project).await);
        let error = upgrade(&project, &revise).await.unwrap_err();
        assert_eq!(error.exit_code(), 8);
        let text = error.to_string();
        assert!(text.contains(NAMES[1]) && text.contains(NAMES[2]), "{text}");
        assert!(
            text.contains("upgrade it with a program that still has the old migrations"),
            "{text}"
        );
        assert_eq!(project.texts(VERSIONS).await, NAMES[..2]);
        // A script would create what is there.
        let preview = revise.preview(&project.target(), &up("head"), Direction::Up).await;
        assert_eq!(preview.err().unwrap().exit_code(), 8);
        project.upgrade(&up("+1")).await.unwrap();
        assert_eq!(upgrade(&project, &revise).await.unwrap(), [NAMES[3]]);
    }
}

#[tokio::test]
async fn steps_that_change_rows_are_refused_kept_or_left_out() {
    for project in both().await {
        project.planned(Plan::new().create_table(table("shop")), Plan::new().drop_table("shop"));
        project.given_with_way_back(
            "INSERT INTO shop (id) VALUES (1); -- one\nINSERT INTO shop (id) VALUES (2)",
            "DELETE FROM shop",
        );
        project.planned(Plan::new().raw_sql("UPDATE shop SET id = 3 WHERE id = 2"), Plan::new());
        let revise = project.revise(Entities::new);
        let squash =
            async |data| revise.squash(&project.target(), (NAMES[0], NAMES[2]), (data, None)).await;
        let error = squash(Data::Ask).await.unwrap_err();
        assert!(matches!(error, Error::NeedsAnswer(_)), "{error:?}");
        let text = error.to_string();
        for step in [
            "INSERT INTO shop (id) VALUES (2) (`m20260102_000000_step`)",
            "--data keep",
            "m20260103",
        ] {
            assert!(text.contains(step), "{text}");
        }
        let kept = squash(Data::Keep).await.unwrap();
        assert_eq!((kept.draft.up.len(), kept.data.len()), (4, 3), "{:?}", kept.draft.up);
        let left = squash(Data::Drop).await.unwrap();
        assert_eq!((left.draft.up.len(), left.data.len()), (1, 3), "{:?}", left.draft.up);
        let one = revise.squash(&project.target(), (NAMES[1], NAMES[1]), (Data::Drop, None)).await;
        assert_eq!(one.unwrap_err().exit_code(), 2);
    }
}

/// A migration of code, or an empty one, states nothing, and makes nothing either.
#[tokio::test]
async fn what_seaorms_own_migrations_made_is_noted_where_they_made_something() {
    for project in both().await {
        project.planned(Plan::new().create_table(table("shop")), Plan::new().drop_table("shop"));
        project.planned(Plan::new(), Plan::new());
        project.given_with_way_back("DELETE FROM shop WHERE id = 7", "SELECT 1");
        project.given_with_way_back("CREATE TABLE old (id integer NOT NULL)", "DROP TABLE old");
        let revise = project.revise(Entities::new);
        for (last, expected) in [(NAMES[1], false), (NAMES[2], false), (NAMES[3], true)] {
            let range = (NAMES[0], last);
            let squash = revise.squash(&project.target(), range, (Data::Drop, None)).await.unwrap();
            let notes = &squash.draft.notes;
            let noted = notes.iter().any(|note| note.contains("SeaORM's own migrations"));
            assert_eq!(noted, expected, "{last}: {notes:?}");
        }
    }
}

#[tokio::test]
async fn a_replacement_that_is_noted_on_the_way_down_has_its_checksum() {
    for project in both().await {
        history(&project);
        project.upgrade(&up("head")).await.unwrap();
        let revise = after(&squashed(&project).await);
        let db = project.connect().await;
        let back = UpgradeOptions { target: "-1".to_owned(), ..up("") };
        let done = revise.downgrade(&db, &project.target(), &back).await.unwrap();
        db.close().await.unwrap();
        assert_eq!(done, [NAMES[3]]);
        let checksums = "SELECT checksum FROM sea_revise_history WHERE version LIKE '%both'";
        let noted = project.texts(checksums).await;
        assert!(noted.len() == 1 && noted != ["NULL"], "{noted:?}");
    }
}

#[tokio::test]
async fn changes_in_batches_are_steps_that_change_rows() {
    for project in both().await {
        project.planned(Plan::new().create_table(table("shop")), Plan::new().drop_table("shop"));
        project.planned(Plan::new().raw_sql("INSERT INTO shop (id) VALUES (1)"), Plan::new());
        let batches = Plan::new().backfill_in_batches("shop", "id = id + 100", "id < 100", 10);
        project.planned(batches, Plan::new());
        let revise = project.revise(Entities::new);
        let squash = async |to: usize, data| {
            revise.squash(&project.target(), (NAMES[0], NAMES[to]), (data, None)).await
        };
        let text = squash(2, Data::Ask).await.unwrap_err().to_string();
        assert!(text.contains("`m20260103_000000_step`"), "{text}");
        let kept = squash(2, Data::Keep).await.unwrap();
        assert!(
            matches!(kept.draft.up.last(), Some(Operation::BackfillInBatches { .. })),
            "{:?}",
            kept.draft.up
        );
        // What comes after them cannot be in the same migration.
        project.planned(Plan::new().raw_sql("DELETE FROM shop WHERE id > 100"), Plan::new());
        let revise = project.revise(Entities::new);
        let range = (NAMES[0], NAMES[3]);
        let kept = revise.squash(&project.target(), range, (Data::Keep, None)).await;
        let text = kept.unwrap_err().to_string();
        assert!(text.contains("write it into the next migration"), "{text}");
    }
}
