//! Scripts of migrations, run by `psql` and by SQLite: afterwards the engine finds nothing to do.

use std::process::{Command, Stdio};

use cluster::Cluster;
use sea_orm::{ConnectionTrait, DbErr, Statement, TransactionTrait};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};
use sea_revise::{
    Entities, Error, Plan, Revise, UpgradeOptions,
    runtime::Direction,
    schema::{Check, Column, Index, Type, Unique},
};

use crate::project::{List, Project, both, entities, entity};

entity!(owner (table_name = "owner") {
    pub email: String,
    pub city: Option<String>,
});

entity!(team (table_name = "team") {
    pub owner_id: i32,
    #[sea_orm(belongs_to, from = "owner_id", to = "id")]
    pub owner: BelongsTo<super::owner::Entity>,
});

const TABLES: &str = "CREATE TABLE owner ({pk}, email varchar);\
    CREATE TABLE team ({pk}, owner_id integer NOT NULL REFERENCES owner (id)) -- two of them; really";

/// What a script may get wrong: texts with semicolons, quotes, and a comment where it ends.
const ROWS: &str = "INSERT INTO owner (id, email) VALUES (1, 'a;b''c'), (2, NULL);\n\
    /* ; */ INSERT INTO team (owner_id) VALUES (1); -- done;";

fn up(to: &str) -> UpgradeOptions {
    UpgradeOptions { target: to.to_owned(), ..UpgradeOptions::default() }
}

/// The lines of a script.
async fn lines(project: &Project, to: &str, direction: Direction) -> Vec<String> {
    let revise = project.revise(Entities::new);
    revise.preview(&project.target(), &up(to), direction).await.unwrap().script().unwrap()
}

/// Runs a script as people do: with `psql`, or in SQLite.
async fn run(project: &Project, script: &[String]) -> Result<(), String> {
    let text = script.join("\n");
    if !project.is_sqlite() {
        let cluster = Cluster::get().expect("the server of the project");
        return cluster.psql(&project.url, &text);
    }
    let path = project.url.strip_prefix("sqlite://").unwrap();
    if let Some(done) = in_shell(path, &text) {
        return done;
    }
    project.execute(&text.replace(".bail on", "")).await.map_err(|error| error.to_string())
}

/// With the shell of SQLite, where there is one.
fn in_shell(path: &str, script: &str) -> Option<Result<(), String>> {
    let mut child = Command::new("sqlite3")
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    std::io::Write::write_all(&mut child.stdin.take()?, script.as_bytes()).ok()?;
    let ended = child.wait_with_output().ok()?;
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    Some(if ended.status.success() { Ok(()) } else { Err(error) })
}

/// Everything that a script could have left.
async fn seen(project: &Project) -> Vec<String> {
    let mut seen = Vec::new();
    for sql in [
        "SELECT version FROM seaql_migrations ORDER BY 1",
        "SELECT version || ' ' || state || ' ' || steps FROM sea_revise_history ORDER BY 1",
        "SELECT email FROM owner ORDER BY id",
        "SELECT CAST(owner_id AS text) FROM team ORDER BY id",
    ] {
        seen.extend(project.texts(sql).await);
        seen.push("--".to_owned());
    }
    seen
}

/// Tables and rows of a person, a plan with a rebuild on SQLite, and raw SQL in a plan.
fn history(project: &Project) {
    project.given_with_way_back(TABLES, "DROP TABLE team; DROP TABLE owner");
    project.given_with_way_back(ROWS, "DELETE FROM team; DELETE FROM owner");
    let filled = "UPDATE owner SET email = 'none; at all' WHERE email IS NULL";
    project.planned(
        Plan::new()
            .add_column("owner", Column::new("city", Type::Varchar(None)).nullable())
            .raw_sql(filled)
            .set_not_null("owner", "email"),
        Plan::new().drop_not_null("owner", "email").drop_column("owner", "city"),
    );
}

async fn expect_at_head(project: &Project, list: List) {
    for verb in [&["check"][..], &["current", "--check-heads"], &["status"]] {
        assert_eq!(project.run(list, verb), 0, "{:?} {verb:?}", project.backend);
    }
    assert!(project.upgrade(&up("head")).await.unwrap().is_empty());
    project.expect_quiet(list).await;
}

#[tokio::test]
async fn after_a_script_there_is_nothing_to_do_and_its_second_run_does_nothing() {
    let list: List = entities!(owner, team);
    for project in both().await {
        history(&project);
        let script = lines(&project, "head", Direction::Up).await;
        assert!(script.iter().any(|line| line.contains("a;b''c")), "{script:?}");
        run(&project, &script).await.unwrap();
        expect_at_head(&project, list).await;
        let after = seen(&project).await;
        assert!(after.contains(&"none; at all".to_owned()), "{after:?}");
        let error = run(&project, &script).await.unwrap_err();
        assert!(error.contains("m20260101_000000_step` is applied already"), "{error}");
        assert_eq!(seen(&project).await, after);
        // At the head there is nothing to print.
        assert!(lines(&project, "head", Direction::Up).await.is_empty());
        let script = lines(&project, "base", Direction::Down).await;
        run(&project, &script).await.unwrap();
        assert!(project.texts("SELECT version FROM sea_revise_history").await.is_empty());
        assert_eq!(project.run(list, &["current", "--check-heads"]), 4);
        let error = run(&project, &script).await.unwrap_err();
        assert!(error.contains("is not applied"), "{error}");
        project.upgrade(&up("head")).await.unwrap();
        expect_at_head(&project, list).await;
    }
}

#[tokio::test]
async fn a_script_goes_on_where_the_database_stands_and_nowhere_else() {
    let list: List = entities!(owner, team);
    for project in both().await {
        history(&project);
        let whole = lines(&project, ":head", Direction::Up).await;
        let last = lines(&project, "m20260102:head", Direction::Up).await;
        project.upgrade(&up("+1")).await.unwrap();
        let before = seen(&project).await;
        for script in [&whole, &last] {
            let error = run(&project, script).await.unwrap_err();
            assert!(error.contains("step"), "{error}");
            assert_eq!(seen(&project).await, before);
        }
        let rest = lines(&project, "head", Direction::Up).await;
        run(&project, &rest).await.unwrap();
        expect_at_head(&project, list).await;
        let back = lines(&project, "-2", Direction::Down).await;
        run(&project, &back).await.unwrap();
        assert_eq!(seen(&project).await, before);
        project.upgrade(&up("head")).await.unwrap();
        expect_at_head(&project, list).await;
    }
}

#[tokio::test]
async fn a_script_that_fails_leaves_whole_migrations() {
    for project in both().await {
        history(&project);
        project.planned(Plan::new().add_unique("owner", Unique::new(["email"])), Plan::new());
        project.upgrade(&up("+1")).await.unwrap();
        let twice = "INSERT INTO owner (id, email) VALUES (8, 'twice'), (9, 'twice')";
        project.execute(twice).await.unwrap();
        let script = lines(&project, "head", Direction::Up).await;
        let error = run(&project, &script).await.unwrap_err();
        assert!(error.contains("email"), "{error}");
        let versions = project.texts("SELECT version FROM seaql_migrations ORDER BY 1").await;
        assert_eq!(versions.len(), 3, "{versions:?}");
        project.execute("DELETE FROM owner WHERE id = 9").await.unwrap();
        assert_eq!(project.upgrade(&up("head")).await.unwrap().len(), 1);
    }
}

/// A cast that would spoil values stops a script on SQLite, which would make 0 of a word.
#[tokio::test]
async fn a_script_looks_for_rows_before_it_changes_them() {
    for project in both().await {
        project.given("CREATE TABLE note ({pk}, words varchar)");
        let number = Plan::new().alter_type("note", "words", Type::Integer);
        project.planned(number, Plan::new());
        project.upgrade(&up("+1")).await.unwrap();
        project.execute("INSERT INTO note (words) VALUES ('1.5'), ('x')").await.unwrap();
        let script = lines(&project, "head", Direction::Up).await;
        run(&project, &script).await.unwrap_err();
        assert_eq!(project.texts("SELECT words FROM note ORDER BY id").await, ["1.5", "x"]);
    }
}

#[tokio::test]
async fn what_cannot_be_in_a_transaction_is_printed_step_by_step() {
    for project in both().await {
        history(&project);
        project.planned_in_steps(
            Plan::new()
                .create_enum("mood", ["calm"])
                .add_enum_value("mood", "wild", None)
                .create_index_concurrently("owner", Index::new("owner_city", ["city"]))
                .add_check("owner", Check::new("id > 0").named("positive"))
                .raw_sql("INSERT INTO owner (id, email, city) VALUES (90, 'last', 'Ulm')"),
            Plan::new(),
        );
        let list: List = entities!(owner, team);
        let script = lines(&project, "head", Direction::Up).await;
        let concurrent = script.iter().any(|line| line.contains("CONCURRENTLY"));
        assert_eq!(concurrent, !project.is_sqlite(), "{script:#?}");
        for words in ["ADD VALUE", "NOT VALID", "VALIDATE CONSTRAINT"] {
            assert!(
                script.iter().any(|line| line.contains(words)) != project.is_sqlite(),
                "{words}"
            );
        }
        run(&project, &script).await.unwrap();
        assert_eq!(project.run(list, &["current", "--check-heads"]), 0);
        assert!(project.upgrade(&up("head")).await.unwrap().is_empty());
        assert_eq!(project.texts("SELECT city FROM owner WHERE email = 'last'").await, ["Ulm"]);
        assert_eq!(project.run(list, &["diff", "db", "head"]), 0);
    }
}

/// Where it breaks off, `upgrade` goes on.
#[tokio::test]
async fn a_script_that_breaks_off_between_steps_is_finished_by_upgrade() {
    for project in both().await {
        history(&project);
        project.planned_in_steps(
            Plan::new()
                .create_index("owner", Index::new("owner_city", ["city"]))
                .raw_sql("INSERT INTO owner (id, email, city) VALUES (90, 'last', 'Ulm')"),
            Plan::new(),
        );
        let mut script = lines(&project, "head", Direction::Up).await;
        let step = script.iter().position(|line| line.contains("SET steps = 1")).unwrap();
        // With its COMMIT.
        script.truncate(step + 2);
        run(&project, &script).await.unwrap();
        let again = lines(&project, ":head", Direction::Up).await;
        let error = run(&project, &again).await.unwrap_err();
        assert!(error.contains("was begun and is not done"), "{error}");
        assert_eq!(project.upgrade(&up("head")).await.unwrap().len(), 1);
        assert_eq!(project.texts("SELECT city FROM owner WHERE email = 'last'").await, ["Ulm"]);
    }
}

/// A migration of code.
struct Code(&'static str, u8);

impl MigrationName for Code {
    fn name(&self) -> &str {
        self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Code {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let ask = |sql: &str| Statement::from_string(db.get_database_backend(), sql);
        match self.1 {
            0 => {
                db.execute_unprepared("CREATE TABLE word (id integer PRIMARY KEY, text varchar)")
                    .await?;
                if !manager.has_table("word").await? || manager.has_column("word", "more").await? {
                    return Err(DbErr::Custom("it has the table".to_owned()));
                }
                let sql = "INSERT INTO word (id, text) VALUES (1, 'it''s') RETURNING id";
                db.query_one_raw(ask(sql)).await?;
                let values = [2.into(), "a\\b\n'c'".into()];
                let sql = "INSERT INTO word (id, text) VALUES ($1, $2)";
                let backend = db.get_database_backend();
                db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
            }
            1 => {
                let kept = db.begin().await?;
                kept.execute_unprepared("INSERT INTO word (id, text) VALUES (3, 'kept')").await?;
                kept.commit().await?;
                let lost = db.begin().await?;
                lost.execute_unprepared("INSERT INTO word (id, text) VALUES (4, 'lost')").await?;
                lost.rollback().await?;
                Plan::new()
                    .create_index("word", Index::new("word_text", ["text"]))
                    .apply(manager)
                    .await?;
            }
            _ => {
                let rows = db.query_all_raw(ask("SELECT id FROM word")).await?;
                db.execute_unprepared(&format!("UPDATE word SET text = '{}'", rows.len())).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if self.1 == 0 {
            manager.get_connection().execute_unprepared("DROP TABLE word").await?;
        }
        Ok(())
    }
}

fn codes() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Code("one's", 0)), Box::new(Code("two", 1)), Box::new(Code("three", 2))]
}

#[tokio::test]
async fn code_that_asks_for_the_schema_is_printed_and_code_that_reads_rows_is_refused() {
    for project in both().await {
        let revise = Revise::of(codes);
        let preview = |to: &'static str| {
            let (revise, target) = (&revise, project.target());
            async move { revise.preview(&target, &up(to), Direction::Up).await.unwrap().script() }
        };
        let error = preview("head").await.unwrap_err();
        assert!(matches!(error, Error::Stopped(_)), "{error:?}");
        assert!(
            error.to_string().starts_with("`three` reads rows (`SELECT id FROM word`)"),
            "{error}"
        );
        let script = preview("two").await.unwrap();
        assert!(script.iter().any(|line| line.starts_with("-- the migration looks at the schema")));
        assert!(script.iter().any(|line| line.starts_with("-- the migration reads the answer")));
        run(&project, &script).await.unwrap();
        let words = project.texts("SELECT text FROM word ORDER BY id").await;
        assert_eq!(words, ["it's", "a\\b\n'c'", "kept"]);
        let db = project.connect().await;
        let status = revise.status(&db).await.unwrap();
        db.close().await.unwrap();
        assert_eq!(
            (status.current(), status.pending.as_slice()),
            (Some("two"), &["three".to_owned()][..])
        );
        let error = run(&project, &script).await.unwrap_err();
        assert!(error.contains("`one's` is applied already"), "{error}");
    }
}
