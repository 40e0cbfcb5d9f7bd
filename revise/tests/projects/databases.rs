//! One command line for several databases: SQLite, and PostgreSQL where there is one.

use clap::Parser;
use sea_revise::{
    Entities, Error, Plan,
    cli::{Arguments, Databases},
    schema::{Column, Table, Type},
};

use crate::project::Project;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

async fn projects() -> [Project; 2] {
    let other = Project::on_postgres().await.unwrap_or_else(Project::on_sqlite);
    let both = [Project::on_sqlite(), other];
    for (project, table) in both.iter().zip(["book", "visit"]) {
        let table = Table::new(table).column(Column::new("name", Type::Text));
        let name = table.name.clone();
        project.planned(Plan::new().create_table(table), Plan::new().drop_table(name));
    }
    both
}

/// The exit code of a command of a program with both databases.
fn run(projects: &[Project; 2], database: Option<&str>, arguments: &[&str]) -> u8 {
    let [main, audit] = projects;
    let databases = Databases::new()
        .add("main", main.revise(Entities::new))
        .add("audit", audit.revise(Entities::new));
    let line = Line::try_parse_from([&["migration"], arguments].concat()).unwrap();
    let url = |name: &str, is_first: bool| {
        assert_eq!(name == "main", is_first);
        Ok(Some(if is_first { main.url.clone() } else { audit.url.clone() }))
    };
    // The command line has a runtime of its own.
    let code = std::thread::scope(|scope| {
        scope.spawn(|| databases.run(line.arguments, database, url)).join().unwrap()
    });
    (0..=255).find(|number| std::process::ExitCode::from(*number) == code).unwrap()
}

async fn tables(project: &Project) -> Vec<String> {
    let sql = match project.is_sqlite() {
        true => "SELECT name FROM sqlite_schema WHERE name IN ('book', 'visit')",
        false => "SELECT relname::text FROM pg_class WHERE relname IN ('book', 'visit')",
    };
    project.texts(sql).await
}

#[tokio::test]
async fn a_command_goes_through_all_or_is_about_one() {
    let projects = projects().await;
    let [main, audit] = &projects;
    assert_eq!(run(&projects, None, &["current", "--check-heads"]), 4);
    assert_eq!(run(&projects, Some("audit"), &["upgrade"]), 0);
    assert_eq!(tables(audit).await, ["visit"]);
    main.execute("SELECT 1").await.unwrap();
    assert!(tables(main).await.is_empty(), "the other one is not touched");
    // One of them is behind.
    assert_eq!(run(&projects, None, &["current", "--check-heads"]), 4);
    assert_eq!(run(&projects, None, &["upgrade"]), 0);
    assert_eq!(tables(main).await, ["book"]);
    assert_eq!(run(&projects, None, &["current", "--check-heads"]), 0);
    assert_eq!(run(&projects, None, &["history"]), 0);
    assert_eq!(run(&projects, None, &["test"]), 0);
    assert_eq!(run(&projects, Some("main"), &["downgrade", "base"]), 0);
    assert!(tables(main).await.is_empty());
    assert_eq!(tables(audit).await, ["visit"]);
}

#[tokio::test]
async fn what_is_about_one_database_asks_which() {
    let projects = projects().await;
    for arguments in [
        &["migrate", "-m", "x"][..],
        &["downgrade"],
        &["stamp", "head"],
        &["diff", "db", "head"],
        &["current", "--json"],
        &["upgrade", "--directory", "here"],
    ] {
        assert_eq!(run(&projects, None, arguments), 2, "{arguments:?}");
    }
    assert_eq!(run(&projects, Some("none"), &["current"]), 2);
    assert_eq!(run(&projects, Some("audit"), &["current", "--json"]), 0);
}

#[tokio::test]
async fn an_upgrade_stops_at_the_first_database_that_fails_and_a_look_goes_on() {
    let projects = projects().await;
    let [main, audit] = &projects;
    main.given("CREATE TABLE book ({pk})");
    assert_eq!(run(&projects, None, &["upgrade"]), 9);
    assert!(tables(audit).await.is_empty(), "the second one was not begun");
    let databases = || Databases::new().add("main", main.revise(Entities::new));
    let line = || Line::try_parse_from(["migration", "current"]).unwrap().arguments;
    let refused = |_: &str, _: bool| Err(Error::Usage("no URL".to_owned()));
    let code =
        std::thread::scope(|scope| scope.spawn(|| databases().run(line(), None, refused)).join());
    assert_eq!(code.unwrap(), std::process::ExitCode::from(2));
    let none = Databases::new().run(line(), None, |_, _| Ok(None));
    assert_eq!(none, std::process::ExitCode::from(2));
}
