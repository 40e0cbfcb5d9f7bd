//! Databases for one pair each: empty when they are made, and gone afterwards.

use cluster::Cluster;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};
use sea_orm_migration::SchemaManager;
use sea_revise::{
    operation::{Operation, Plan},
    postgres::{self, SchemaScope},
    runtime::seed,
    schema::{Schema, TableName, quote},
    sqlite,
};

use super::objects::{Kind, Object};

/// Where triggers of SQLite write. Readers of a place do not see it.
const LOG: &str = "laws_log";
/// Where those of PostgreSQL do, and how.
const LAWS: &str = "CREATE SCHEMA laws; CREATE TABLE laws.log (name text); CREATE FUNCTION laws.note() RETURNS trigger \
    LANGUAGE plpgsql AS 'BEGIN INSERT INTO laws.log VALUES (TG_NAME); RETURN NULL; END'";

/// Where places are made.
pub enum Ground {
    Sqlite,
    Postgres(DatabaseConnection),
}

/// An empty database, or a schema of its own in one.
pub struct Place {
    db: DatabaseConnection,
    /// Whether it is a schema of PostgreSQL.
    shared: bool,
}

impl Ground {
    /// `None` where there is no server.
    pub async fn of(backend: DbBackend) -> Option<Self> {
        match backend {
            DbBackend::Sqlite => Some(Self::Sqlite),
            _ => {
                let db = Cluster::get()?.database().await;
                // Whoever compiles the queries of a catalog that changes with each pair is slower.
                let settings = "SET search_path = place; SET plan_cache_mode = force_generic_plan; SET jit = off";
                db.execute_unprepared(settings).await.unwrap();
                db.execute_unprepared(LAWS).await.unwrap();
                Some(Self::Postgres(db))
            }
        }
    }

    /// Sweeps up what places leave behind in the catalog, where every reading would have to pass it.
    pub async fn sweep(&self) {
        if let Self::Postgres(db) = self {
            let catalog = "pg_class, pg_attribute, pg_attrdef, pg_constraint, pg_index, pg_depend, pg_type, \
                           pg_description, pg_statistic, pg_enum, pg_sequence, pg_namespace";
            db.execute_unprepared(&format!("VACUUM ANALYZE {catalog}")).await.unwrap();
        }
    }

    /// An empty place. On PostgreSQL it is always the same one, so that the server may keep its plans.
    pub async fn place(&self) -> Place {
        match self {
            Self::Sqlite => {
                let mut options = ConnectOptions::new("sqlite::memory:");
                options.max_connections(1).min_connections(1).sqlx_logging(false);
                options.map_sqlx_sqlite_opts(|options| options.foreign_keys(false));
                let place = Place { db: Database::connect(options).await.unwrap(), shared: false };
                place.run(&format!("CREATE TABLE {LOG} (name text, value)")).await.unwrap();
                place
            }
            Self::Postgres(db) => {
                let place = Place { db: db.clone(), shared: true };
                let sql = "DROP SCHEMA IF EXISTS place CASCADE; CREATE SCHEMA place";
                place.run(sql).await.unwrap();
                place
            }
        }
    }
}

impl Place {
    pub async fn run(&self, sql: &str) -> Result<(), DbErr> {
        self.db.execute_unprepared(sql).await.map(drop)
    }

    pub async fn read(&self) -> Schema {
        match self.shared {
            false => {
                let mut schema = sqlite::read(&self.db).await.unwrap();
                schema.tables.remove(&LOG.into());
                schema
            }
            true => {
                let scope = SchemaScope::of_connection(&self.db).await.unwrap();
                postgres::read(&self.db, &scope).await.unwrap()
            }
        }
    }

    /// Carries operations out, all of them or none. Where a server needs several transactions, each operation has one.
    pub async fn apply(&self, operations: &[Operation]) -> Result<(), DbErr> {
        let apart = self.shared && postgres::needs_own_transaction(operations);
        let parts = if apart { operations.chunks(1) } else { operations.chunks(usize::MAX) };
        for part in parts {
            self.run("BEGIN").await?;
            let plan = Plan { operations: part.to_vec() };
            let done = plan.apply(&SchemaManager::new(&self.db)).await;
            self.run(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
            done?;
        }
        Ok(())
    }

    /// Carries statements out.
    pub async fn run_all(&self, statements: &[String]) -> Result<(), String> {
        self.run("BEGIN").await.unwrap();
        for sql in statements {
            if let Err(error) = self.run(sql).await {
                self.run("ROLLBACK").await.unwrap();
                return Err(format!("{error}\nin: {sql}"));
            }
        }
        self.run("COMMIT").await.map_err(|error| error.to_string())
    }

    /// Puts rows in.
    pub async fn seed(&self, schema: &Schema) -> u64 {
        self.run("BEGIN").await.unwrap();
        let counts = seed::seed(&self.db, schema).await.unwrap();
        self.run("COMMIT").await.unwrap();
        counts.values().sum()
    }

    /// Puts rows in, in the transaction that is open.
    pub async fn seed_more(&self, schema: &Schema) {
        seed::seed(&self.db, schema).await.unwrap();
    }

    pub fn backend(&self) -> DbBackend {
        if self.shared { DbBackend::Postgres } else { DbBackend::Sqlite }
    }

    /// Where triggers write.
    pub fn log(&self) -> &'static str {
        if self.shared { "laws.log" } else { LOG }
    }

    pub async fn clear_log(&self) {
        self.run(&format!("DELETE FROM {}", self.log())).await.unwrap();
    }

    /// The number that a statement answers.
    pub async fn count(&self, sql: &str) -> Result<u64, String> {
        let row = self.db.query_one_raw(Statement::from_string(self.backend(), sql)).await;
        let row = row.map_err(|error| format!("{error}\nin: {sql}"))?.unwrap();
        Ok(u64::try_from(row.try_get_by_index::<i64>(0).unwrap()).unwrap())
    }

    /// Runs a statement inside of the open transaction, which goes on where it fails.
    pub async fn attempt(&self, sql: &str) -> bool {
        self.run("SAVEPOINT attempt").await.unwrap();
        let done = self.run(sql).await.is_ok();
        if !done {
            self.run("ROLLBACK TO SAVEPOINT attempt").await.unwrap();
        }
        self.run("RELEASE SAVEPOINT attempt").await.unwrap();
        done
    }

    /// Drops a trigger or a view.
    pub async fn drop_object(&self, object: &Object) {
        let name = quote(&object.name);
        let sql = match object.kind {
            Kind::View => format!("DROP VIEW {name}"),
            _ if self.shared => format!("DROP TRIGGER {name} ON {}", object.at.0.quoted()),
            _ => format!("DROP TRIGGER {name}"),
        };
        self.run(&sql).await.unwrap();
    }

    /// Takes all rows away.
    pub async fn empty(&self, schema: &Schema) {
        let tables: Vec<String> = schema.tables.keys().map(TableName::quoted).collect();
        if tables.is_empty() {
            return;
        }
        if self.shared {
            self.run(&format!("TRUNCATE {}", tables.join(", "))).await.unwrap();
        } else {
            for table in tables {
                self.run(&format!("DELETE FROM {table}")).await.unwrap();
            }
        }
    }

    /// The rows of a table.
    pub async fn rows(&self, table: &TableName, columns: &[String]) -> Vec<Vec<Option<String>>> {
        seed::fingerprint(&self.db, table, columns).await.unwrap()
    }
}
