//! The scratch database: what it is called, what it has, and that none is left.

use std::time::Duration;

use sea_orm::Database;
use sea_revise::Entities;

use super::{
    history::{Migration, entity, sql},
    project::{Project, Role},
};

entity!(member "member" { #[sea_orm(column_type = "Text")] pub email: String, });
entity!(plain "member" {});

fn members() -> Entities {
    Entities::new().add(member::Entity)
}

fn plain() -> Entities {
    Entities::new().add(plain::Entity)
}

/// The scratch databases of a role.
async fn scratches(project: &Project) -> Vec<String> {
    let sql = "SELECT datname::text FROM pg_database WHERE datname ~ '^sea_revise_scratch_' AND pg_get_userbyid(datdba) = '{role}'";
    project.texts(&sql.replace("{role}", &project.role)).await
}

const CREATES: &str = "CREATE TABLE member (id serial PRIMARY KEY)";

#[tokio::test]
async fn no_command_leaves_one_behind_also_after_an_error() {
    let history = [sql("m1_member", CREATES), sql("m2_wrong", "CREATE TABLE member (id int)")];
    let Some(project) = Project::new(Role::Creator, plain, &history).await else { return };
    for arguments in
        [&["check"][..], &["lint", "--all"], &["show", "head"], &["migrate", "-m", "x", "--sql"]]
    {
        project.expect(arguments, 1).await;
        assert_eq!(scratches(&project).await, Vec::<String>::new(), "{arguments:?}");
    }
}

#[tokio::test]
async fn one_that_was_left_is_dropped_by_the_next_command_and_one_in_use_is_not() {
    let Some(project) = Project::new(Role::Creator, plain, &[sql("m1_member", CREATES)]).await
    else {
        return;
    };
    project.expect(&["upgrade"], 0).await;
    // It stays young however slow the machine is.
    let soon = "SELECT (extract(epoch FROM now())::bigint + 600)::text";
    let soon = project.texts(soon).await.remove(0);
    let names = ["1700000000_1", "1700000001_1", &format!("{soon}_1")];
    let names = names.map(|name| format!("sea_revise_scratch_{name}"));
    let [left, used, young] = &names;
    let cluster = cluster::Cluster::get().expect("a server");
    // Commands of other tests look for what was left too, and those of administrators find it here.
    let create =
        |name: &str| format!("CREATE DATABASE {name} OWNER {} TEMPLATE template0", project.role);
    let user = loop {
        project.execute(&create(used)).await;
        if let Ok(user) = Database::connect(cluster.url(used)).await {
            break user;
        }
    };
    // A name that only looks alike is somebody's database.
    for name in [left.as_str(), young.as_str(), "sea_revise_scratch_mine"] {
        project.execute(&create(name)).await;
    }
    project.expect_quiet().await;
    let mut found = scratches(&project).await;
    found.sort();
    assert!(!found.contains(left), "{found:?}");
    assert_eq!(found, [used.clone(), young.clone(), "sea_revise_scratch_mine".to_owned()]);
    user.close().await.expect("it closes");
    for name in found {
        project.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

#[tokio::test]
async fn commands_at_once_do_not_disturb_each_other() {
    let Some(project) = Project::new(Role::Creator, plain, &[sql("m1_member", CREATES)]).await
    else {
        return;
    };
    project.expect(&["upgrade"], 0).await;
    let commands = (0..6).map(|_| {
        let project = project.clone();
        tokio::spawn(async move { project.run(&["check"]).await })
    });
    for command in commands.collect::<Vec<_>>() {
        assert_eq!(command.await.expect("it ends"), Some(0));
    }
    assert_eq!(scratches(&project).await, Vec::<String>::new());
}

#[tokio::test]
async fn extensions_and_schemas_are_there_whoever_made_them() {
    // By hand and by the history, with and without a word about it.
    let table = "CREATE TABLE member (id serial PRIMARY KEY, email citext NOT NULL DEFAULT public.gen_salt('bf'));
        CREATE TABLE app.log (id uuid DEFAULT extensions.uuid_generate_v4()); CREATE TABLE audit.log (id int)";
    let history = [
        sql(
            "m1_extensions",
            "CREATE EXTENSION pgcrypto; CREATE SCHEMA app; CREATE SCHEMA extensions",
        ),
        sql("m2_more", "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" SCHEMA extensions"),
        sql("m3_member", table),
    ];
    entity!(citizen "member" { #[sea_orm(column_type = "custom(\"citext\")")] pub email: String, });
    let entities = || Entities::new().add(citizen::Entity);
    let Some(project) = Project::new(Role::Creator, entities, &history).await else { return };
    project.execute("CREATE EXTENSION citext").await;
    project.execute(&format!("CREATE SCHEMA audit AUTHORIZATION {}", project.role)).await;
    project.expect(&["upgrade"], 0).await;
    project.expect(&["lint", "--all"], 0).await;
    let checked = project.check().await.expect("it is replayed");
    assert_eq!((checked.drift, checked.edited), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn the_schema_of_the_connection_has_its_name() {
    let history = [sql(
        "m1_member",
        "CREATE TABLE app.member (id serial PRIMARY KEY, at timestamptz DEFAULT '2020-01-01 00:00:00+00');
         SELECT setval('app.member_id_seq', 10)",
    )];
    entity!(dated "member" { pub at: Option<DateTimeUtc>, });
    let entities = || Entities::new().add(dated::Entity);
    let Some(project) = Project::new(Role::Creator, entities, &history).await else { return };
    let database = project.texts("SELECT current_database()::text").await.remove(0);
    project
        .execute(&format!(
            "CREATE SCHEMA app AUTHORIZATION {}; ALTER DATABASE {database} SET search_path = app, public;
             ALTER DATABASE {database} SET timezone = 'Asia/Tokyo'",
            project.role
        ))
        .await;
    project.expect(&["upgrade"], 0).await;
    let checked = project.check().await.expect("it is replayed");
    assert_eq!(checked.drift, Vec::new());
    assert_eq!(project.texts("SELECT last_value::text FROM app.member_id_seq").await, ["10"]);
}

#[tokio::test]
async fn a_role_with_one_connection_makes_its_shadows_inside() {
    let Some(project) = Project::new(Role::Creator, plain, &[sql("m1_member", CREATES)]).await
    else {
        return;
    };
    project.expect(&["upgrade"], 0).await;
    project.execute(&format!("ALTER ROLE {} CONNECTION LIMIT 1", project.role)).await;
    project.expect_quiet().await;
    // The server counts a session that has just ended.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scratches(&project).await, Vec::<String>::new());
}

/// Functions of extensions in `public` can be called where `public` itself is out of reach; types of theirs cannot be named.
#[tokio::test]
async fn functions_of_extensions_are_reached_without_the_schema_that_they_are_in() {
    let table = |default: &str| -> [Migration; 1] {
        [sql(
            "m1_member",
            &format!(
                "CREATE TABLE member (id serial PRIMARY KEY, email text NOT NULL DEFAULT {default})"
            ),
        )]
    };
    for (history, replayed) in [(table("gen_salt('bf', 4)"), true), (table("'x'::citext"), false)] {
        let Some(project) = Project::new(Role::Owner, members, &history).await else { return };
        project
            .execute(
                "CREATE EXTENSION pgcrypto; CREATE EXTENSION citext; CREATE TABLE mine (id int)",
            )
            .await;
        project.expect(&["upgrade"], 0).await;
        match (project.check().await, replayed) {
            (Ok(checked), true) => assert_eq!(checked.drift, Vec::new()),
            (Err(error), false) => {
                let text = error.to_string();
                assert!(text.contains("m1_member") && text.contains("--shadow-url"), "{text}");
            }
            (Ok(_), false) => panic!("a type of `public` was found"),
            (Err(error), true) => panic!("{error}"),
        }
    }
}
