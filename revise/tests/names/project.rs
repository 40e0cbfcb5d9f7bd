//! A crate in a temporary folder, the program that was built from it, and a database.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicU32, Ordering},
};

use clap::Parser;
use cluster::Cluster;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr,
};
use sea_revise::{
    Entities, Revise,
    cli::Arguments,
    project::directory::{Directory, Listed},
};
use tempfile::TempDir;

#[expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros write methods that begin transactions"
)]
mod book {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub title: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[expect(
    clippy::disallowed_methods,
    reason = "SeaORM's macros write methods that begin transactions"
)]
mod longer_book {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub title: String,
        pub pages: Option<i32>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A migration of the history: the first one creates the table, the others add and drop a view.
struct Step {
    name: String,
    first: bool,
    view: String,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use sea_orm_migration::{prelude::Table, schema::*};
        if !self.first {
            let sql = format!("CREATE VIEW {} AS SELECT 1 AS one", self.view);
            return manager.get_connection().execute_unprepared(&sql).await.map(drop);
        }
        let table =
            Table::create().table("book").col(pk_auto("id")).col(string("title")).to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let what = if self.first { "TABLE book".to_owned() } else { format!("VIEW {}", self.view) };
        manager.get_connection().execute_unprepared(&format!("DROP {what}")).await.map(drop)
    }
}

/// The program of a history, whose entity is what the history leads to, or has a column more.
pub fn program(names: &[&str], longer: bool) -> Revise {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let migrations = move || {
        let step = |(place, name): (usize, &String)| {
            let view = format!("view_{}", name.replace(|c: char| !c.is_alphanumeric(), "_"));
            Box::new(Step { name: name.clone(), first: place == 0, view: view.to_lowercase() })
                as Box<dyn MigrationTrait>
        };
        names.iter().enumerate().map(step).collect()
    };
    let entities = match longer {
        true => Entities::new().add(longer_book::Entity),
        false => Entities::new().add(book::Entity),
    };
    Revise::of(migrations).entities(entities)
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// Where a history is applied.
pub struct Place {
    pub url: String,
    _home: Option<TempDir>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Place {
    /// A database of each kind that there is.
    pub async fn all() -> Vec<Self> {
        let home = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", home.path().join("x.db").display());
        let mut places = vec![Self { url, _home: Some(home) }];
        if let Some(cluster) = Cluster::get() {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("names_{}_{number}", std::process::id());
            let server = Database::connect(cluster.url("postgres")).await.unwrap();
            server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
            server.close().await.unwrap();
            places.push(Self { url: cluster.url(&name), _home: None });
        }
        places
    }

    pub async fn connect(&self) -> DatabaseConnection {
        let url = match self.url.starts_with("sqlite") {
            true => format!("{}?mode=rwc", self.url),
            false => self.url.clone(),
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        let db = self.connect().await;
        db.execute_unprepared(sql).await.unwrap();
        db.close().await.unwrap();
    }

    /// The first column of a query, as texts.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let db = self.connect().await;
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await.unwrap();
        db.close().await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// What SeaORM's table says, in the order of the names.
    pub async fn applied(&self) -> Vec<String> {
        self.texts("SELECT version FROM seaql_migrations ORDER BY version").await
    }
}

/// A crate.
pub struct Project {
    root: TempDir,
}

impl Project {
    /// `src/lib.rs` and other files below `src`.
    pub fn new(lib: &str, files: &[(&str, String)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let manifest =
            "[package]\nname = \"migration\"\n[dependencies]\nsea-orm-migration = \"2\"\n";
        let project = Self { root };
        project.write("Cargo.toml", manifest);
        project.write("src/lib.rs", lib);
        for (name, text) in files {
            project.write(&format!("src/{name}"), text);
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub fn directory(&self) -> Directory {
        Directory::find(Path::new("/"), Some(self.path())).unwrap()
    }

    pub fn listed(&self) -> Vec<Listed> {
        self.directory().listed().unwrap()
    }

    /// Every file with its text.
    pub fn contents(&self) -> BTreeMap<PathBuf, String> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = fs::read_to_string(&path).unwrap();
                    files.insert(path, text);
                }
            }
        }
        files
    }

    /// The exit code of a command on this crate.
    pub async fn run(&self, revise: &Revise, place: &Place, arguments: &[&str]) -> u8 {
        let folder = self.path().to_str().unwrap();
        self.run_at(revise, place, &[arguments, &["-d", folder]].concat()).await
    }

    /// The same where the arguments say the folder.
    pub async fn run_at(&self, revise: &Revise, place: &Place, arguments: &[&str]) -> u8 {
        let line = [&["x"], arguments, &["--no-input"]].concat();
        let line = Line::try_parse_from(line).unwrap();
        let url = place.url.clone();
        // The command has a runtime of its own.
        let ended = std::thread::scope(|scope| {
            scope.spawn(|| revise.run(line.arguments, Some(&url))).join().unwrap()
        });
        (0..=u8::MAX).find(|code| ExitCode::from(*code) == ended).unwrap()
    }
}

/// A file with a migration that takes its name from the file.
pub fn derived() -> String {
    "use sea_orm_migration::prelude::*;\n\n#[derive(DeriveMigrationName)]\npub struct Migration;\n\n\
     #[async_trait::async_trait]\nimpl MigrationTrait for Migration {}\n"
        .to_owned()
}

/// A file with a migration that says its name.
pub fn named(name: &str) -> String {
    format!(
        "use sea_orm_migration::prelude::*;\n\npub struct Migration;\n\nimpl MigrationName for Migration {{\n    \
         fn name(&self) -> &str {{\n        \"{name}\"\n    }}\n}}\n\n#[async_trait::async_trait]\n\
         impl MigrationTrait for Migration {{}}\n"
    )
}

/// The usual lib.rs around modules and what a function does.
pub fn lib(modules: &str, body: &str) -> String {
    format!(
        "pub use sea_orm_migration::prelude::*;\n\n{modules}\npub struct Migrator;\n\n#[async_trait::async_trait]\n\
         impl MigratorTrait for Migrator {{\n    fn migrations() -> Vec<Box<dyn MigrationTrait>> {{\n        {body}\n    }}\n}}\n"
    )
}

/// The usual lib.rs with these modules in this order.
pub fn listing(modules: &[&str]) -> String {
    let entry = |name: &&str| format!("            Box::new({name}::Migration),\n");
    let entries = modules.iter().map(entry).collect::<String>();
    let mut sorted = modules.to_vec();
    sorted.sort_unstable();
    let declared = sorted.iter().map(|name| format!("mod {name};\n")).collect::<String>();
    lib(&declared, &format!("vec![\n{entries}        ]"))
}
