//! `lint` for other programs, over a crate of files: SARIF and GitHub's commands.

use std::process::{Command, ExitCode};

use clap::Parser;
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr,
};
use sea_revise::{
    Plan, Revise,
    cli::Arguments,
    schema::{Column, Table, Type},
};
use serde_json::Value;

use super::project::{Place, Project, listing};

const NAMES: [&str; 2] = ["m0001_begin", "m0002_drop, all: 100%"];

/// The modules of the files: a name may have what a file's cannot.
const MODULES: [&str; 2] = ["m0001_begin", "m0002_drop"];

const ORDER: &str = "SEA_REVISE_REPORT";

struct Step(usize);

impl MigrationName for Step {
    fn name(&self) -> &str {
        NAMES[self.0]
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = || Column::new("id", Type::Integer);
        let plan = match self.0 {
            0 => Plan::new()
                .create_table(
                    Table::new("book").column(id()).column(Column::new("pages", Type::Integer)),
                )
                .create_table(Table::new("shelf").column(id())),
            _ => Plan::new()
                .raw_sql("DELETE FROM book")
                .drop_column("book", "pages")
                .drop_table("shelf"),
        };
        plan.apply(manager).await
    }
}

/// The file of the second one: the calls are in lines 12 to 14.
const SECOND: &str = "use sea_orm_migration::prelude::*;\nuse sea_revise::Plan;\n\npub struct Migration;\n\n\
    impl MigrationName for Migration {\n    fn name(&self) -> &str {\n        \"m0002_drop, all: 100%\"\n    }\n}\n\n\
    #[async_trait::async_trait] impl MigrationTrait for Migration { async fn up(&self, m: &SchemaManager) { Plan::new().raw_sql(\"…\")\n\
    \x20       .drop_column(\"book\", \"pages\")\n        .drop_table(\"shelf\").apply(m).await } }\n";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// Runs a command in a process of its own, and answers what it prints and how it ends.
fn output(project: &Project, place: &Place, arguments: &[&str]) -> (String, Option<i32>) {
    let mut order = vec![place.url.as_str()];
    order.extend(arguments);
    let folder = project.path().to_str().unwrap();
    order.extend(["--no-input", "-d", folder]);
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "reports::obey", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ORDER, order.join("\n"))
        .env("GITHUB_WORKSPACE", folder)
        .output()
        .unwrap();
    (String::from_utf8(ran.stdout).unwrap(), ran.status.code())
}

#[test]
#[ignore = "run by the other tests as a process of its own"]
fn obey() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let (url, arguments) = order.split_once('\n').unwrap();
    let line = Line::try_parse_from(["x"].into_iter().chain(arguments.split('\n'))).unwrap();
    let steps = || (0..2).map(|step| Box::new(Step(step)) as Box<dyn MigrationTrait>).collect();
    println!();
    let ended = Revise::of(steps).run(line.arguments, Some(url));
    let code = (0..=u8::MAX).find(|code| ExitCode::from(*code) == ended).unwrap();
    std::process::exit(code.into());
}

fn project() -> Project {
    let files =
        [("m0001_begin.rs", super::project::derived()), ("m0002_drop.rs", SECOND.to_owned())];
    Project::new(&listing(&MODULES), &files)
}

#[tokio::test]
async fn sarif_has_the_rules_the_levels_and_the_places() {
    for place in Place::all().await {
        let (text, code) = output(&project(), &place, &["lint", "--all", "--format", "sarif"]);
        assert_eq!(code, Some(6), "{text}");
        let json: Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
        assert_eq!(json["version"], "2.1.0");
        assert_eq!(json["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
        let run = &json["runs"][0];
        assert_eq!(json["runs"].as_array().unwrap().len(), 1);
        let driver = &run["tool"]["driver"];
        assert_eq!(driver["name"], "sea-revise");
        let rules = driver["rules"].as_array().unwrap();
        assert!(rules.len() > 20, "{driver}");
        let mut found = Vec::new();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert_eq!(rules[index]["defaultConfiguration"]["level"], result["level"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(result["message"]["text"].as_str().unwrap().starts_with(NAMES[1]));
            assert!(!result["partialFingerprints"]["finding/v1"].as_str().unwrap().is_empty());
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "src/m0002_drop.rs");
            let line = place["region"]["startLine"].as_u64().unwrap();
            found.push(format!("{} {line}", result["ruleId"].as_str().unwrap()));
        }
        found.retain(|one| !one.starts_with("rebuild"));
        assert_eq!(found, ["raw-sql 12", "drop-column 13", "drop-table 14"], "{json}");
    }
}

#[tokio::test]
async fn github_reads_the_commands() {
    for place in Place::all().await {
        let project = project();
        let arguments = ["lint", "m0002", "--format", "github"];
        let (text, code) = output(&project, &place, &arguments);
        assert_eq!(code, Some(6), "{text}");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("::")).collect();
        let begins =
            "::error file=src/m0002_drop.rs,line=13,title=drop-column::m0002_drop, all: 100%25: ";
        assert!(lines.iter().any(|line| line.starts_with(begins)), "{text}");
        let advice = "::notice file=src/m0002_drop.rs,line=12,title=raw-sql::";
        assert!(lines.iter().any(|line| line.starts_with(advice)), "{text}");
        let (text, code) = output(&project, &place, &["lint", "m0001", "--format", "github"]);
        assert!(code == Some(0) && !text.contains("::error"), "{text}");
        let (text, code) = output(&project, &place, &["lint", "m0001", "--format", "sarif"]);
        let json: Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
        assert!(code == Some(0) && json["runs"][0]["results"].as_array().unwrap().is_empty());
        // Both at once are no format.
        let (_, code) = output(&project, &place, &["lint", "--format", "sarif", "--json"]);
        assert_eq!(code, Some(2));
    }
}

/// An installed program has no sources: everything but the place is there.
#[tokio::test]
async fn without_files_there_is_no_place() {
    let place = Place::all().await.swap_remove(0);
    let elsewhere = Project::new(&listing(&["other"]), &[("other.rs", super::project::derived())]);
    let (text, _) = output(&elsewhere, &place, &["lint", "--all", "--format", "github"]);
    assert!(text.contains("::error title=drop-table::m0002"), "{text}");
}
