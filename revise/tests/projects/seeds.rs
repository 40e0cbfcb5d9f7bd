//! Seeds, on both databases: in their order, once, by environment, again when they changed.

use sea_orm::{DatabaseTransaction, EntityTrait, Set};
use sea_orm_migration::{async_trait, sea_orm::DbErr};
use sea_revise::{
    Entities, Plan, Result, Revise, Seed, UpgradeOptions,
    runtime::seeding::{SeedOptions, SeedPlan, SeedState, Seeds, SqlSeed},
};

use crate::project::{Project, both, entity};

entity!(role (table_name = "role") {
    pub name: String,
});

const TABLES: &str = "CREATE TABLE role ({pk}, name varchar NOT NULL UNIQUE);\
    CREATE TABLE person ({pk}, role varchar NOT NULL REFERENCES role (name));";

/// Rows through an entity.
struct Roles(&'static str);

#[async_trait::async_trait]
impl Seed for Roles {
    fn name(&self) -> &str {
        "roles"
    }

    fn source(&self) -> String {
        self.0.to_owned()
    }

    async fn run(&self, db: &DatabaseTransaction) -> Result<(), DbErr> {
        for name in self.0.split(' ') {
            let row = role::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
            let insert = role::Entity::insert(row).on_conflict_do_nothing_on([role::Column::Name]);
            insert.exec_without_returning(db).await?;
        }
        Ok(())
    }
}

fn people(sql: &str) -> SqlSeed {
    SqlSeed::new("people", sql)
}

const PEOPLE: &str = "INSERT INTO person (role) SELECT 'admin' WHERE NOT EXISTS (SELECT 1 FROM person); -- the first";

fn seeds() -> Seeds {
    Seeds::new()
        .add(Roles("admin user"))
        .add(people(PEOPLE))
        .add(
            SqlSeed::new("demo", "INSERT INTO role (name) VALUES ('demo')")
                .only_in(["dev", "test"]),
        )
        .add(SqlSeed::new("key", "INSERT INTO role (name) VALUES ('key')").once())
}

async fn seeded(project: &Project, seeds: Seeds, options: &SeedOptions) -> Result<Vec<SeedPlan>> {
    let db = project.pool(1).await;
    let done = project.revise(Entities::new).seeds(seeds).seed(&db, options).await;
    db.close().await.unwrap();
    done
}

fn ran(plan: &[SeedPlan]) -> Vec<&str> {
    plan.iter().filter(|seed| seed.runs).map(|seed| seed.seed.as_str()).collect()
}

fn states(plan: &[SeedPlan]) -> Vec<SeedState> {
    plan.iter().map(|seed| seed.state).collect()
}

async fn ready(project: &Project) {
    project.given(TABLES);
    project.upgrade(&UpgradeOptions::default()).await.unwrap();
}

const ROLES: &str = "SELECT name FROM role ORDER BY name";

#[tokio::test]
async fn seeds_run_once_in_their_order_and_again_when_they_changed() {
    use SeedState::{Changed, ChangedAfterOnce, Elsewhere, New, Unchanged};
    for project in both().await {
        ready(&project).await;
        let none = SeedOptions::default();
        let first = seeded(&project, seeds(), &none).await.unwrap();
        assert_eq!(ran(&first), ["roles", "people", "key"]);
        assert_eq!(states(&first), [New, New, Elsewhere, New]);
        assert_eq!(project.texts(ROLES).await, ["admin", "key", "user"]);
        let again = seeded(&project, seeds(), &none).await.unwrap();
        assert_eq!(states(&again), [Unchanged, Unchanged, Elsewhere, Unchanged]);
        assert!(ran(&again).is_empty());
        let dev = SeedOptions { environment: Some("dev".to_owned()), ..SeedOptions::default() };
        assert_eq!(ran(&seeded(&project, seeds(), &dev).await.unwrap()), ["demo"]);

        let changed = || {
            Seeds::new()
                .add(Roles("admin user guest"))
                .add(people(PEOPLE))
                .add(SqlSeed::new("key", "INSERT INTO role (name) VALUES ('other')").once())
        };
        let third = seeded(&project, changed(), &none).await.unwrap();
        assert_eq!(states(&third), [Changed, Unchanged, ChangedAfterOnce]);
        assert_eq!(ran(&third), ["roles"]);
        assert_eq!(project.texts(ROLES).await, ["admin", "demo", "guest", "key", "user"]);
        let only = SeedOptions { only: vec!["key".to_owned()], again: true, ..none.clone() };
        assert_eq!(ran(&seeded(&project, changed(), &only).await.unwrap()), ["key"]);
        assert_eq!(project.texts("SELECT count(*) || '' FROM person").await, ["1"]);
        // The engine's table is no difference.
        assert_eq!(project.run(Entities::new, &["diff", "head", "db"]), 0);
    }
}

#[tokio::test]
async fn after_fresh_every_seed_is_new() {
    for project in both().await {
        ready(&project).await;
        let none = SeedOptions::default();
        seeded(&project, seeds(), &none).await.unwrap();
        assert_eq!(project.run(Entities::new, &["fresh", "--allow-data-loss"]), 0);
        assert_eq!(
            ran(&seeded(&project, seeds(), &none).await.unwrap()),
            ["roles", "people", "key"]
        );
        assert_eq!(project.texts(ROLES).await, ["admin", "key", "user"]);
    }
}

#[tokio::test]
async fn no_seed_runs_while_a_migration_is_not_done() {
    for project in both().await {
        ready(&project).await;
        project.execute("UPDATE sea_revise_history SET state = 'downgrading'").await.unwrap();
        let error = seeded(&project, seeds(), &SeedOptions::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), 9, "{error}");
        assert!(error.to_string().contains("was begun and is not done"), "{error}");
    }
}

#[tokio::test]
async fn a_seed_that_fails_leaves_nothing_and_those_before_it_stay() {
    for project in both().await {
        ready(&project).await;
        let bad =
            "INSERT INTO role (name) VALUES ('x'); INSERT INTO person (role) VALUES ('nobody')";
        let list = |sql: &str| {
            Seeds::new().add(Roles("admin")).add(people(sql)).add(SqlSeed::new("z", PEOPLE))
        };
        let error = seeded(&project, list(bad), &SeedOptions::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), 9, "{error}");
        assert!(
            error.to_string().contains("the seed `people` failed, and nothing of it is done"),
            "{error}"
        );
        assert_eq!(project.texts(ROLES).await, ["admin"]);
        let done = seeded(&project, list(PEOPLE), &SeedOptions::default()).await.unwrap();
        assert_eq!(ran(&done), ["people", "z"]);
    }
}

#[tokio::test]
async fn what_means_nothing_is_refused() {
    for project in both().await {
        ready(&project).await;
        let options = |environment: Option<&str>, only: &[&str]| SeedOptions {
            environment: environment.map(str::to_owned),
            only: only.iter().map(|name| (*name).to_owned()).collect(),
            ..SeedOptions::default()
        };
        for (list, options, says) in [
            (
                seeds(),
                options(Some("prod"), &[]),
                "no seed is for the environment `prod`; there are `dev`, `test`",
            ),
            (
                seeds(),
                options(None, &["rolls"]),
                "no seed is called `rolls`; there are `demo`, `key`, `people`, `roles`",
            ),
            (seeds().add(Roles("x")), options(None, &[]), "`roles` is the name of two seeds"),
            (Seeds::new(), options(Some("dev"), &[]), "there are none"),
        ] {
            let error = seeded(&project, list, &options).await.unwrap_err();
            assert_eq!(error.exit_code(), 2, "{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
        project.planned(Plan::new().raw_sql("CREATE TABLE late (a integer)"), Plan::new());
        let error = seeded(&project, seeds(), &SeedOptions::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), 4, "{error}");
        assert!(error.to_string().contains("run `migration upgrade` first"), "{error}");
    }
}

#[tokio::test]
async fn of_programs_that_seed_at_once_one_does() {
    for project in both().await {
        ready(&project).await;
        let mut programs = Vec::new();
        for _ in 0..6 {
            let revise: Revise = project.revise(Entities::new);
            let sql = "INSERT INTO role (name) VALUES ('one')";
            let (revise, db) = (revise.seeds(Seeds::new().add(people(sql))), project.pool(1).await);
            programs.push(tokio::spawn(async move {
                let done = revise.seed(&db, &SeedOptions::default()).await;
                db.close().await.unwrap();
                done
            }));
        }
        let mut count = 0;
        for program in programs {
            count += ran(&program.await.unwrap().unwrap()).len();
        }
        assert_eq!(count, 1);
    }
}

#[tokio::test]
async fn the_command_line_seeds_and_shows_what_it_would() {
    for project in both().await {
        ready(&project).await;
        let run = |arguments: &[&str]| project.run_with(|revise| revise.seeds(seeds()), arguments);
        assert_eq!(run(&["seed", "--plan", "--env", "dev"]), 0);
        assert_eq!(project.texts(ROLES).await, Vec::<String>::new());
        assert_eq!(run(&["seed", "--plan", "--json"]), 0);
        assert_eq!(run(&["seed", "roles", "people"]), 0);
        assert_eq!(project.texts(ROLES).await, ["admin", "user"]);
        assert_eq!(run(&["seed", "-e", "dev"]), 0);
        assert_eq!(project.texts(ROLES).await, ["admin", "demo", "key", "user"]);
        assert_eq!(run(&["seed", "-e", "prod"]), 2);
        assert_eq!(project.run(Entities::new, &["seed"]), 0);
    }
    let project = Project::on_sqlite();
    assert_eq!(project.run_with(|revise| revise.seeds(seeds()), &["seed"]), 1);
}
