//! Constraints that a migration without a transaction adds to a table in use: on PostgreSQL in statements that block nobody for long.

use std::sync::{Arc, Mutex};

use sea_revise::{
    Error, Plan, UpgradeOptions,
    runtime::Event,
    schema::{Check, Column, ForeignKey, Type, Unique},
};

use crate::project::{Project, both};

const PRAGMA: &str = "PRAGMA foreign_keys = ON;";
const TABLES: &str = "CREATE TABLE owner ({pk}, email varchar, city varchar);\
    CREATE TABLE team ({pk}, owner_id integer, size integer NOT NULL DEFAULT 1);\
    INSERT INTO owner (email, city) VALUES ('a', 'Ulm'), ('b', 'Kiel');\
    INSERT INTO team (owner_id) VALUES (1), (2), (NULL);";

/// Two tables with rows, and a migration that adds a constraint of each kind to them.
pub fn begin(project: &Project) {
    project.given(TABLES);
    let both = Unique::new(["city", "email"]);
    let both = if project.is_sqlite() { both } else { both.extra("DEFERRABLE") };
    let up = Plan::new()
        .set_not_null("owner", "email")
        .add_foreign_key("team", ForeignKey::new(["owner_id"], "owner", ["id"]).named("team_owner"))
        .add_check("team", Check::new("size > 0").named("positive"))
        .add_unique("owner", Unique::new(["email"]).named("one_email"))
        .add_unique("owner", both);
    let down = Plan::new()
        .drop_unique("owner", ["city", "email"])
        .drop_unique("owner", ["email"])
        .drop_check("team", Check::new("size > 0").named("positive"))
        .drop_foreign_key("team", ["owner_id"])
        .drop_not_null("owner", "email");
    project.planned_in_steps(up, down);
}

/// Upgrades, and answers the statements that were run.
async fn statements(project: &Project) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let report = move |event: &Event| {
        if let Event::Statement(sql) = event {
            told.lock().unwrap().push(sql.to_string());
        }
    };
    let options = UpgradeOptions { report: Arc::new(report), ..UpgradeOptions::default() };
    project.upgrade(&options).await.unwrap();
    seen.lock().unwrap().clone()
}

/// What PostgreSQL says of the constraints of both tables.
pub const CONSTRAINTS: &str = "SELECT conname || ' ' || convalidated || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
    WHERE conrelid IN ('owner'::regclass, 'team'::regclass) AND contype <> 'p' \
    UNION ALL SELECT 'not null ' || attname FROM pg_attribute \
    WHERE attrelid = 'owner'::regclass AND attnotnull AND attname = 'email' ORDER BY 1";

pub const ALL: [&str; 5] = [
    "not null email",
    "one_email true UNIQUE (email)",
    "owner_city_email_key true UNIQUE (city, email) DEFERRABLE",
    "positive true CHECK ((size > 0))",
    "team_owner true FOREIGN KEY (owner_id) REFERENCES owner(id)",
];

#[tokio::test]
async fn rows_are_compared_while_others_read_and_write_them() {
    for project in both().await {
        begin(&project);
        let statements = statements(&project).await;
        let expected = [
            r#"ALTER TABLE "owner" ADD CONSTRAINT "owner_email_not_null" CHECK ("email" IS NOT NULL) NOT VALID"#,
            r#"ALTER TABLE "owner" VALIDATE CONSTRAINT "owner_email_not_null""#,
            r#"ALTER TABLE "owner" ALTER COLUMN "email" SET NOT NULL"#,
            r#"ALTER TABLE "owner" DROP CONSTRAINT "owner_email_not_null""#,
            r#"ALTER TABLE "team" ADD CONSTRAINT "team_owner" FOREIGN KEY ("owner_id") REFERENCES "owner" ("id") NOT VALID"#,
            r#"ALTER TABLE "team" VALIDATE CONSTRAINT "team_owner""#,
            r#"ALTER TABLE "team" ADD CONSTRAINT "positive" CHECK (size > 0) NOT VALID"#,
            r#"ALTER TABLE "team" VALIDATE CONSTRAINT "positive""#,
            r#"CREATE UNIQUE INDEX CONCURRENTLY "one_email" ON "owner" ("email")"#,
            r#"ALTER TABLE "owner" ADD CONSTRAINT "one_email" UNIQUE USING INDEX "one_email""#,
            r#"CREATE UNIQUE INDEX CONCURRENTLY "owner_city_email_key" ON "owner" ("city", "email")"#,
            r#"ALTER TABLE "owner" ADD CONSTRAINT "owner_city_email_key" UNIQUE USING INDEX "owner_city_email_key" DEFERRABLE"#,
        ];
        let own: Vec<&str> = statements.iter().map(String::as_str).collect();
        if !project.is_sqlite() {
            assert_eq!(own.split_at(own.len() - expected.len()).1, expected);
            assert_eq!(project.texts(CONSTRAINTS).await, ALL);
        }
        for broken in [
            "INSERT INTO owner (city) VALUES ('Bonn')",
            "INSERT INTO owner (email) VALUES ('a')",
            "INSERT INTO team (size) VALUES (0)",
            &format!("{PRAGMA}INSERT INTO team (owner_id) VALUES (9)"),
        ] {
            let broken =
                if project.is_sqlite() { broken } else { broken.trim_start_matches(PRAGMA) };
            project.execute(broken).await.unwrap_err();
        }
        assert_eq!(project.downgrade("-1").await.unwrap().len(), 1);
        project.execute("INSERT INTO owner (city) VALUES ('Bonn')").await.unwrap();
        project.execute("DELETE FROM owner WHERE city = 'Bonn'").await.unwrap();
        assert_eq!(project.upgrade(&UpgradeOptions::default()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn rows_in_the_way_stop_it_before_the_first_step() {
    for project in both().await {
        begin(&project);
        let first = UpgradeOptions { target: "+1".to_owned(), ..UpgradeOptions::default() };
        project.upgrade(&first).await.unwrap();
        project.execute("INSERT INTO team (size) VALUES (-1)").await.unwrap();
        let error = project.upgrade(&UpgradeOptions::default()).await.unwrap_err();
        assert!(matches!(&error, Error::Failed(why) if why.contains("1 row")), "{error}");
        project.execute("INSERT INTO owner (city) VALUES ('Bonn')").await.unwrap();
    }
}

/// What bears the name already is another one: it must not be taken for what a killed process left.
#[tokio::test]
async fn another_constraint_of_the_name_is_in_the_way() {
    for plan in [
        Plan::new().add_check("team", Check::new("size > 0").named("positive")),
        Plan::new().add_unique("owner", Unique::new(["email"]).named("one_email")),
    ] {
        let Some(project) = Project::on_postgres().await else { return };
        project.given(TABLES);
        project.given("ALTER TABLE team ADD CONSTRAINT positive CHECK (size < 100) NOT VALID");
        project.given("CREATE UNIQUE INDEX one_email ON owner (city)");
        project.planned_in_steps(plan, Plan::new());
        for _ in 0..2 {
            let error = project.upgrade(&UpgradeOptions::default()).await.unwrap_err();
            assert!(error.to_string().contains("already exists"), "{error}");
        }
        let sizes =
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'positive'";
        assert_eq!(project.texts(sizes).await, ["CHECK ((size < 100)) NOT VALID"]);
    }
}

/// In a transaction there is nothing to gain: it would hold its locks to the end.
#[tokio::test]
async fn in_a_transaction_a_constraint_is_added_at_once() {
    let Some(project) = Project::on_postgres().await else { return };
    project.given(TABLES);
    let column = Column::new("note", Type::Text).nullable();
    project.planned(
        Plan::new().add_column("team", column).set_not_null("owner", "email"),
        Plan::new(),
    );
    let statements = statements(&project).await;
    assert!(!statements.iter().any(|sql| sql.contains("VALID")), "{statements:#?}");
}
