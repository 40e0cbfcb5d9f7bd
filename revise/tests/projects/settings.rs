//! Settings of a connection of SQLite: of one migration in the next, and of SeaORM's own migrator.

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use sea_orm_migration::{
    MigrationTrait, MigratorTrait, SchemaManager, async_trait, sea_orm::DbErr,
};
use sea_revise::{GenerateOptions, Plan, UpgradeOptions, schema::DefaultValue};

use crate::project::{List, Project, entities, entity};

entity!(owner (table_name = "owner") {
    pub email: Option<String>,
});

entity!(sure_owner (table_name = "owner") {
    pub email: String,
});

entity!(team (table_name = "team") {
    pub owner_id: i32,
    #[sea_orm(belongs_to, from = "owner_id", to = "id")]
    pub owner: BelongsTo<super::owner::Entity>,
});

const TABLES: &str = "CREATE TABLE owner ({pk}, email varchar);\
    CREATE TABLE team ({pk}, owner_id integer NOT NULL REFERENCES owner (id));";

#[tokio::test]
async fn a_pragma_of_one_migration_does_not_reach_the_next_one() {
    for pragma in [
        "PRAGMA foreign_keys = OFF; UPDATE owner SET email = 'x'; PRAGMA foreign_keys = ON",
        "PRAGMA ignore_check_constraints = ON",
        "PRAGMA legacy_alter_table(1)",
        "PRAGMA writable_schema = ON",
        "PRAGMA query_only = 0; PRAGMA recursive_triggers = yes; PRAGMA reverse_unordered_selects = true",
    ] {
        let project = Project::on_sqlite();
        project.given(TABLES);
        project.given(pragma);
        let list: List = entities!(sure_owner, team);
        project.migrate(list, &GenerateOptions::default()).await;
        project.upgrade(&UpgradeOptions::default()).await.unwrap();
        project.expect_quiet(list).await;
        assert_eq!(project.run(list, &["lint", "--all"]), 0, "{pragma}");
    }
}

/// A migration without a transaction sets what belongs to the connection.
#[tokio::test]
async fn the_connection_of_a_program_is_given_back_as_it_was() {
    let project = Project::on_sqlite();
    project.given(TABLES);
    project.given("PRAGMA recursive_triggers = ON; PRAGMA ignore_check_constraints = ON");
    let db = project.connect().await;
    db.execute_unprepared("PRAGMA reverse_unordered_selects = ON").await.unwrap();
    let revise = project.revise(entities!(owner, team));
    revise.upgrade_at(&db, &project.target(), &UpgradeOptions::default()).await.unwrap();
    let sql = "SELECT recursive_triggers || ignore_check_constraints || reverse_unordered_selects \
               FROM pragma_recursive_triggers, pragma_ignore_check_constraints, pragma_reverse_unordered_selects";
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "001");
    db.close().await.unwrap();
}

struct Given(&'static str, fn() -> Plan);

impl sea_orm_migration::MigrationName for Given {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Given {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        (self.1)().apply(manager).await
    }
}

/// SeaORM's own migrator.
struct Own;

impl MigratorTrait for Own {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let tables = || {
            Plan::new().raw_sqlite(
                "CREATE TABLE owner (id integer NOT NULL PRIMARY KEY, name text DEFAULT 'x');\
                 CREATE TABLE pet (id integer PRIMARY KEY, name text DEFAULT 'x', owner_id integer REFERENCES owner (id) ON DELETE CASCADE,\
                 mother_id integer REFERENCES pet (id) ON DELETE CASCADE);",
            )
        };
        vec![
            Box::new(Given("m1", tables)),
            Box::new(Given("m2", || Plan::new().drop_default("pet", "name"))),
            Box::new(Given("m3", || {
                Plan::new().set_default("owner", "name", DefaultValue::sql("'y'"))
            })),
            Box::new(Given("m4", || Plan::new().drop_table("owner"))),
        ]
    }
}

/// A rebuild loses no child, as it is done over any connection; a table that goes for good would.
#[tokio::test]
async fn seaorms_own_migrator_is_refused_where_a_child_row_could_be_lost_and_nowhere_else() {
    for (rows, refused) in [
        ("", None),
        ("INSERT INTO owner (id) VALUES (1); INSERT INTO pet (id) VALUES (1)", None),
        ("INSERT INTO pet (id, mother_id) VALUES (1, 1)", None),
        (
            "INSERT INTO owner (id) VALUES (1); INSERT INTO pet (id, owner_id) VALUES (1, 1)",
            Some("1 row of `pet` at `owner`"),
        ),
    ] {
        let home = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", home.path().join("own.db").display());
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        Own::up(&db, Some(1)).await.unwrap();
        db.execute_unprepared(rows).await.unwrap();
        let pets = async || {
            let all = "SELECT coalesce(json_group_array(json_array(id, owner_id, mother_id)), '') FROM pet";
            let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, all);
            let row = db.query_one_raw(statement).await.unwrap().unwrap();
            row.try_get_by_index::<String>(0).unwrap()
        };
        let before = pets().await;
        Own::up(&db, Some(2)).await.unwrap();
        assert_eq!(pets().await, before);
        let done = Own::up(&db, Some(1)).await;
        assert_eq!(pets().await, before);
        match refused {
            None => {
                done.unwrap();
                Own::up(&db, None).await.unwrap();
            }
            Some(says) => {
                let error = done.unwrap_err().to_string();
                assert!(error.contains(says), "{error}");
                assert!(
                    error.contains("map_sqlx_sqlite_opts(|o| o.foreign_keys(false))"),
                    "{error}"
                );
            }
        }
        db.close().await.unwrap();
    }
}
