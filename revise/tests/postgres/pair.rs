//! Two databases, and what the engine says is between them.

use std::time::Duration;

use cluster::Cluster;
use sea_orm::DatabaseConnection;
use sea_revise::{
    Revise, Target, UrlStyle,
    project::{
        compare::{Comparison, Side},
        generate::GenerateOptions,
    },
};

use super::setup::{dump, name, run};

/// Two databases, and what is between them.
pub struct Pair {
    pub dbs: [DatabaseConnection; 2],
    pub sides: [Side; 2],
}

impl Pair {
    pub async fn of(cluster: &Cluster, schemas: [&str; 2]) -> Self {
        let dbs = [cluster.database().await, cluster.database().await];
        let mut sides = Vec::new();
        for (db, sql) in dbs.iter().zip(schemas) {
            run(db, sql).await;
            let url = cluster.url(&name(db).await);
            sides.push(Side::Url(Target::parse(&url, UrlStyle::Sqlx).expect("a URL")));
        }
        Self { dbs, sides: sides.try_into().expect("two") }
    }

    pub async fn compare(&self) -> Comparison {
        let revise = Revise::of(Vec::new);
        let [from, to] = &self.sides;
        let options = GenerateOptions::default();
        revise.compare(&Target::Memory, (from, to), &options).await.expect("they are compared")
    }

    pub async fn dumps(&self) -> [Vec<String>; 2] {
        [sorted(&dump(&self.dbs[0]).await), sorted(&dump(&self.dbs[1]).await)]
    }

    /// Applies the difference, and sees that there is none left, also to `pg_dump`.
    pub async fn apply(&self, what: &str) {
        self.apply_alone(what).await;
        let [found, expected] = self.dumps().await;
        assert_eq!(found, expected, "{what}");
    }

    /// Applies the difference, and sees that there is none left.
    pub async fn apply_alone(&self, what: &str) {
        let comparison = self.compare().await;
        assert!(!comparison.is_equal(), "{what}");
        let operations = format!("{:#?}", comparison.difference.operations);
        let applied = comparison.apply(true, None, Duration::from_secs(5)).await;
        applied.unwrap_or_else(|error| panic!("{what}: {error}\n{operations}"));
        let left = self.compare().await.difference;
        assert_eq!((left.operations, left.by_hand), (Vec::new(), Vec::new()), "{what}");
    }
}

/// The statements of a dump, sorted, as are the columns of tables.
pub fn sorted(dump: &str) -> Vec<String> {
    let dump = dump.replace("CURRENT_TIMESTAMP", "now()");
    let without_remarks = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("--")).map(str::to_owned).collect()
    };
    let mut statements: Vec<String> = dump
        .split(";\n\n")
        .map(|statement| {
            let mut lines = without_remarks(statement);
            if lines.iter().any(|line| line.contains("TABLE public.") && line.ends_with('(')) {
                lines.iter_mut().for_each(|line| *line = line.trim_end_matches(',').to_owned());
                lines.sort();
            }
            lines.join("\n").trim().to_owned()
        })
        .collect();
    statements.sort();
    statements
}
