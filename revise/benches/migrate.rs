//! How long `migrate` takes without the compiler, for 20 and for 200 entities: the first migration, and one more column. And how
//! long `check` takes on a database with 24 entities and 23 migrations.
//!
//! ```sh
//! cargo bench -p sea-revise
//! ```
//!
//! Prints milliseconds and, beside them, how much of it is only creating the entities' tables in an empty database, which
//! nobody can do without.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on has nothing to say")]

use std::time::Instant;

use cluster::Cluster;
use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager, async_trait, sea_orm::DbErr,
};
use sea_revise::{
    Entities, Plan, Revise, Target, UpgradeOptions, UrlStyle,
    operation::Operation,
    project::generate::GenerateOptions,
    schema::{Column, Type},
};

/// Entities of eight columns with a unique one and an index, and the list of the first so many of them.
macro_rules! entities {
    ($($name:ident $table:literal)*) => {
        $(mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                #[sea_orm(primary_key)]
                pub id: i32,
                #[sea_orm(unique)]
                pub name: String,
                #[sea_orm(indexed)]
                pub kind: String,
                pub note: Option<String>,
                #[sea_orm(default_value = 1)]
                pub version: i32,
                pub amount: f64,
                pub created_at: DateTimeUtc,
                pub parent_id: Option<i32>,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {
                #[sea_orm(belongs_to = "super::t000::Entity", from = "Column::ParentId", to = "super::t000::Column::Id")]
                Parent,
            }

            impl ActiveModelBehavior for ActiveModel {}
        })*

        fn list(count: usize) -> Entities {
            let mut entities = Entities::new();
            $(if entities.len() < count {
                entities = entities.add($name::Entity);
            })*
            entities
        }

        /// What nobody can do without: the statements that create the tables.
        fn statements(count: usize, backend: DbBackend) -> Vec<String> {
            let creator = Schema::new(backend);
            let all = [$(backend.build(&creator.create_table_from_entity($name::Entity)).sql),*];
            all.into_iter().take(count).collect()
        }
    };
}

entities! {
    t000 "t000" t001 "t001" t002 "t002" t003 "t003" t004 "t004" t005 "t005" t006 "t006" t007 "t007"
    t008 "t008" t009 "t009" t010 "t010" t011 "t011" t012 "t012" t013 "t013" t014 "t014" t015 "t015"
    t016 "t016" t017 "t017" t018 "t018" t019 "t019" t020 "t020" t021 "t021" t022 "t022" t023 "t023"
    t024 "t024" t025 "t025" t026 "t026" t027 "t027" t028 "t028" t029 "t029" t030 "t030" t031 "t031"
    t032 "t032" t033 "t033" t034 "t034" t035 "t035" t036 "t036" t037 "t037" t038 "t038" t039 "t039"
    t040 "t040" t041 "t041" t042 "t042" t043 "t043" t044 "t044" t045 "t045" t046 "t046" t047 "t047"
    t048 "t048" t049 "t049" t050 "t050" t051 "t051" t052 "t052" t053 "t053" t054 "t054" t055 "t055"
    t056 "t056" t057 "t057" t058 "t058" t059 "t059" t060 "t060" t061 "t061" t062 "t062" t063 "t063"
    t064 "t064" t065 "t065" t066 "t066" t067 "t067" t068 "t068" t069 "t069" t070 "t070" t071 "t071"
    t072 "t072" t073 "t073" t074 "t074" t075 "t075" t076 "t076" t077 "t077" t078 "t078" t079 "t079"
    t080 "t080" t081 "t081" t082 "t082" t083 "t083" t084 "t084" t085 "t085" t086 "t086" t087 "t087"
    t088 "t088" t089 "t089" t090 "t090" t091 "t091" t092 "t092" t093 "t093" t094 "t094" t095 "t095"
    t096 "t096" t097 "t097" t098 "t098" t099 "t099" t100 "t100" t101 "t101" t102 "t102" t103 "t103"
    t104 "t104" t105 "t105" t106 "t106" t107 "t107" t108 "t108" t109 "t109" t110 "t110" t111 "t111"
    t112 "t112" t113 "t113" t114 "t114" t115 "t115" t116 "t116" t117 "t117" t118 "t118" t119 "t119"
    t120 "t120" t121 "t121" t122 "t122" t123 "t123" t124 "t124" t125 "t125" t126 "t126" t127 "t127"
    t128 "t128" t129 "t129" t130 "t130" t131 "t131" t132 "t132" t133 "t133" t134 "t134" t135 "t135"
    t136 "t136" t137 "t137" t138 "t138" t139 "t139" t140 "t140" t141 "t141" t142 "t142" t143 "t143"
    t144 "t144" t145 "t145" t146 "t146" t147 "t147" t148 "t148" t149 "t149" t150 "t150" t151 "t151"
    t152 "t152" t153 "t153" t154 "t154" t155 "t155" t156 "t156" t157 "t157" t158 "t158" t159 "t159"
    t160 "t160" t161 "t161" t162 "t162" t163 "t163" t164 "t164" t165 "t165" t166 "t166" t167 "t167"
    t168 "t168" t169 "t169" t170 "t170" t171 "t171" t172 "t172" t173 "t173" t174 "t174" t175 "t175"
    t176 "t176" t177 "t177" t178 "t178" t179 "t179" t180 "t180" t181 "t181" t182 "t182" t183 "t183"
    t184 "t184" t185 "t185" t186 "t186" t187 "t187" t188 "t188" t189 "t189" t190 "t190" t191 "t191"
    t192 "t192" t193 "t193" t194 "t194" t195 "t195" t196 "t196" t197 "t197" t198 "t198" t199 "t199"
}

/// A migration of a history.
#[derive(Clone)]
struct Step(String, Plan);

impl MigrationName for Step {
    fn name(&self) -> &str {
        &self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.1.clone().apply(manager).await
    }
}

/// A project with these migrations and so many entities.
fn project(history: Vec<Plan>, count: usize) -> Revise {
    let named = history.into_iter().enumerate();
    let steps: Vec<Step> = named.map(|(at, plan)| Step(format!("m{at:04}"), plan)).collect();
    let all = move || {
        steps.iter().cloned().map(|step| Box::new(step) as Box<dyn MigrationTrait>).collect()
    };
    Revise::of(all).entities(list(count))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        println!(
            "{:<10} {:>8} {:>16} {:>16} {:>22}",
            "database", "entities", "first, ms", "a column, ms", "only creating, ms"
        );
        for count in [20, 200] {
            row("SQLite", &Target::Memory, "sqlite::memory:", count).await;
            if let Some(cluster) = Cluster::get() {
                let url = cluster.url("postgres");
                let target = Target::parse(&url, UrlStyle::Sqlx).expect("a URL");
                row("PostgreSQL", &target, &url, count).await;
            }
        }
        println!("\n{:<10} {:>8} {:>11} {:>16}", "database", "entities", "migrations", "check, ms");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("check.db");
        checking("SQLite", &format!("sqlite://{}?mode=rwc", file.display())).await;
        if let Some(cluster) = Cluster::get() {
            checking("PostgreSQL", &cluster.url(&cluster.create_database().await)).await;
        }
    });
}

async fn row(name: &str, target: &Target, url: &str, count: usize) {
    let (first, up) = draft(&project(Vec::new(), count), target).await;
    let (column, added) = draft(&project(vec![without_notes(up, 1)], count), target).await;
    let note = note();
    let same = |operation: &Operation| matches!(operation, Operation::AddColumn { column, .. } if column.name == note.name);
    assert!(added.len() == 1 && added.iter().all(same), "something else was found: {added:?}");
    let floor = creating(url, count, target.backend()).await;
    println!("{name:<10} {count:>8} {first:>16.1} {column:>16.1} {floor:>22.1}");
}

fn note() -> Column {
    Column::new("note", Type::Varchar(None)).nullable()
}

/// A plan whose first so many tables lack a column.
fn without_notes(up: Vec<Operation>, tables: usize) -> Plan {
    let operations = up.into_iter().map(|operation| match operation {
        Operation::CreateTable { mut table } if *table.name.name < *format!("t{tables:03}") => {
            table.columns.retain(|column| column.name != "note");
            Operation::CreateTable { table }
        }
        other => other,
    });
    Plan { operations: operations.collect() }
}

/// The check of a database at its head: a migration has made the tables, and 22 more added a column each.
async fn checking(name: &str, url: &str) {
    const ENTITIES: usize = 24;
    const GROWN: usize = 22;
    let target = Target::parse(url, UrlStyle::Sqlx).expect("a URL");
    let (_, up) = draft(&project(Vec::new(), ENTITIES), &target).await;
    let mut history = vec![without_notes(up, GROWN)];
    history.extend((0..GROWN).map(|at| Plan::new().add_column(format!("t{at:03}"), note())));
    let migrations = history.len();
    let revise = project(history, ENTITIES);
    let db = Database::connect(url).await.expect("a database");
    revise.upgrade_at(&db, &target, &UpgradeOptions::default()).await.expect("an upgrade");
    db.close().await.expect("the connection can be closed");
    let mut times = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let checked = revise.check(&target, &GenerateOptions::default()).await.expect("a check");
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        checked.verdict().expect("no difference");
    }
    println!("{name:<10} {ENTITIES:>8} {migrations:>11} {:>16.1}", middle(times));
}

/// The middle of five runs in milliseconds, and what was found.
async fn draft(revise: &Revise, target: &Target) -> (f64, Vec<Operation>) {
    let mut times = Vec::new();
    let mut found = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let draft = revise.draft(target, &GenerateOptions::default()).await.expect("a draft");
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        found = draft.expect("a difference").up;
    }
    (middle(times), found)
}

async fn creating(url: &str, count: usize, backend: DbBackend) -> f64 {
    let statements = statements(count, backend);
    let mut times = Vec::new();
    for _ in 0..5 {
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.expect("a database");
        let begun = Instant::now();
        db.execute_unprepared("BEGIN").await.expect("a transaction");
        for sql in &statements {
            db.execute_unprepared(sql).await.expect("a table");
        }
        db.execute_unprepared("ROLLBACK").await.expect("no trace");
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        db.close().await.expect("the connection can be closed");
    }
    middle(times)
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
