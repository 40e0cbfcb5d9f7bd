//! A database and a folder, and the command line between them.

use std::{fs, path::Path};

use clap::Parser;
use cluster::Cluster;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use sea_revise::{Revise, cli::Arguments};
use tempfile::TempDir;

/// An empty database, and a folder.
pub struct Place {
    pub backend: DbBackend,
    pub url: String,
    pub home: TempDir,
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// The places that there are.
pub async fn both() -> Vec<Place> {
    let mut places = vec![Place::on_sqlite()];
    places.extend(Place::on_postgres().await);
    places
}

impl Place {
    pub fn on_sqlite() -> Self {
        let home = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", home.path().join("it.db").display());
        Self { backend: DbBackend::Sqlite, url, home }
    }

    /// `None` where there is no PostgreSQL.
    pub async fn on_postgres() -> Option<Self> {
        let database = Cluster::get()?.database().await;
        let name = Statement::from_string(DbBackend::Postgres, "SELECT current_database()::text");
        let row = database.query_one_raw(name).await.unwrap().unwrap();
        let name: String = row.try_get_by_index(0).unwrap();
        database.close().await.unwrap();
        let url = Cluster::get()?.url(&name);
        Some(Self { backend: DbBackend::Postgres, url, home: tempfile::tempdir().unwrap() })
    }

    pub async fn beside(&self) -> Self {
        match self.backend {
            DbBackend::Sqlite => Self::on_sqlite(),
            _ => Self::on_postgres().await.unwrap(),
        }
    }

    pub async fn connect(&self) -> DatabaseConnection {
        let mode = if self.backend == DbBackend::Sqlite { "?mode=rwc" } else { "" };
        Database::connect(format!("{}{mode}", self.url)).await.unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        let db = self.connect().await;
        db.execute_unprepared(sql).await.unwrap();
        db.close().await.unwrap();
    }

    /// The texts of a query's first column.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let db = self.connect().await;
        let rows = db.query_all_raw(Statement::from_string(self.backend, sql)).await.unwrap();
        db.close().await.unwrap();
        let text = |row: &sea_orm::QueryResult| row.try_get_by_index::<Option<String>>(0).unwrap();
        rows.iter().map(|row| text(row).unwrap_or_else(|| "NULL".to_owned())).collect()
    }

    /// The exit code of a command.
    pub fn run(&self, revise: Revise, arguments: &[&str]) -> u8 {
        let line = Line::try_parse_from([&["migration"], arguments].concat()).unwrap();
        let url = self.url.as_str();
        // The command line has a runtime of its own.
        let code = std::thread::scope(|scope| {
            scope.spawn(move || revise.run(line.arguments, Some(url))).join().unwrap()
        });
        (0..=255).find(|number| std::process::ExitCode::from(*number) == code).unwrap()
    }

    /// The files below a folder of this place, by their paths in it.
    pub fn files(&self, folder: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let root = self.home.path().join(folder);
        collect(&root, &root, &mut found);
        found.sort();
        found
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}
