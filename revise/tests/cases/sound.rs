//! Whether the cases are sound: complete, written in one notation, and accepted by a real database.

use std::collections::BTreeSet;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use sea_revise::{
    operation::Plan,
    schema::{Check, Column, ForeignKey, Identity, Index, PrimaryKey, Table, Type, Unique},
};

use crate::{
    all,
    case::{Backends, Case, Expect, Sql},
    course,
    label::label,
};

/// The numbers of the list of cases.
const NUMBERS: [&str; 56] = [
    "01", "02", "03", "04", "06", "07", "09", "10", "12", "13", "14", "15", "16", "17", "18", "20",
    "21", "22", "24", "25", "26", "27", "29", "31", "33", "35", "37", "38", "40", "41", "42", "44",
    "45", "46", "48", "49", "50", "52", "54", "55", "56", "57", "59", "60", "61", "62", "65", "66",
    "68", "69", "71", "72", "74", "75", "77", "78",
];

const FLAGS: [&str; 11] = [
    "--allow-destructive",
    "--default",
    "--exclude",
    "--force-rewrite",
    "--map",
    "--names",
    "--no-rename",
    "--only",
    "--rename",
    "--strict",
    "--using",
];

#[test]
fn every_number_has_a_case_and_every_case_a_name_of_its_own() {
    let names: Vec<&str> = all().iter().map(|case| case.name).collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len(), "a name twice among {names:?}");
    let numbers: BTreeSet<&str> = names
        .iter()
        .filter(|name| !name.starts_with("seed_"))
        .map(|name| name.strip_prefix('c').unwrap().split_once('_').unwrap().0)
        .collect();
    assert_eq!(numbers, BTreeSet::from(NUMBERS));
}

#[test]
fn every_step_is_written_in_the_notation_of_labels() {
    for case in all() {
        assert!(!case.steps.is_empty(), "{}", case.name);
        for step in &case.steps {
            for flag in &step.flags {
                let name = flag.split(' ').next().unwrap();
                assert!(FLAGS.contains(&name), "{}: {flag}", case.name);
            }
            check_expected(case.name, &step.expect);
        }
    }
}

fn check_expected(name: &str, expect: &Expect) {
    match expect {
        Expect::Nothing => {}
        Expect::Plan { up, down, lossy } => {
            check_labels(name, up);
            check_labels(name, down);
            let drops = up
                .iter()
                .any(|label| label.starts_with("DropTable(") || label.starts_with("DropColumn("));
            assert!(!drops || *lossy, "{name}: dropped values do not come back");
        }
        Expect::Question { says } => assert!(!says.is_empty(), "{name}"),
        Expect::Refused { code, says } => {
            assert!(![0, 3].contains(code) && !says.is_empty(), "{name}");
        }
        Expect::Unmet { up, down, clean, says } => {
            check_labels(name, up);
            check_labels(name, down);
            assert!(!clean.text(DbBackend::Sqlite).is_empty() && !says.is_empty(), "{name}");
        }
    }
}

fn check_labels(name: &str, labels: &[&str]) {
    assert!(!labels.is_empty(), "{name}");
    for label in labels {
        let kind = label.split_once('(').filter(|(_, rest)| rest.ends_with(')'));
        let (kind, _) = kind.unwrap_or_else(|| panic!("{name}: `{label}`"));
        let known = every_operation()
            .operations
            .iter()
            .any(|operation| crate::label::label(operation).split_once('(').unwrap().0 == kind);
        assert!(known, "{name}: `{label}`");
    }
}

#[test]
fn labels_name_the_kind_and_the_subject() {
    let labels: Vec<String> = every_operation().operations.iter().map(label).collect();
    let expected = "CreateTable(t) DropTable(s.t) RenameTable(t→v) AddColumn(t.a) DropColumn(t.a) RenameColumn(t.a→b) \
        AlterType(t.a) AlterNull(t.a) AlterDefault(t.a) SetIdentity(t.a) \
        SetGenerated(t.a) SetCollation(t.a) SetColumnClause(t.a) SetOptions(t) Backfill(t.a) BackfillInBatches(t) AddPrimaryKey(t) \
        DropPrimaryKey(t) AddUnique(t:_a,_b) DropUnique(t:_a) CreateIndex(t:_i) DropIndex(t:_i) RenameIndex(t:_i→j) \
        RenameConstraint(t:_k→l) AddFk(t:_a,_b) DropFk(t:_a) AddCheck(t) DropCheck(t) \
        SetComment(t.a) SetComment(t) CreateEnum(e) DropEnum(e) AddEnumValue(e:_x) \
        RenameEnumValue(e:_x→y) RebuildEnum(e) CreateView(v) DropView(v) CreateTrigger(g) DropTrigger(g) Sql()";
    let expected: Vec<String> =
        expected.split_whitespace().map(|label| label.replace('_', " ")).collect();
    assert_eq!(labels, expected);
}

fn every_operation() -> Plan {
    let of_tables = Plan::new()
        .create_table(Table::new("t"))
        .drop_table(("s", "t"))
        .rename_table("t", "v")
        .add_column("t", Column::new("a", Type::Integer))
        .drop_column("t", "a")
        .rename_column("t", "a", "b")
        .alter_type("t", "a", Type::Text)
        .set_not_null("t", "a")
        .set_default("t", "a", 1)
        .set_identity("t", "a", Identity::None, Identity::Automatic)
        .set_generated("t", "a", "b", true)
        .set_collation("t", "a", None)
        .set_extra("t", "a", "")
        .set_options("t", [])
        .backfill("t", "a", "1")
        .backfill_in_batches("t", "a = 1", "", 1);
    let of_keys = of_tables
        .add_primary_key("t", PrimaryKey::new(["a"]))
        .drop_primary_key("t")
        .add_unique("t", Unique::new(["a", "b"]))
        .drop_unique("t", ["a"])
        .create_index("t", Index::new("i", ["a"]))
        .drop_index("t", "i")
        .rename_index("t", "i", "j")
        .rename_constraint("t", "k", "l")
        .add_foreign_key("t", ForeignKey::new(["a", "b"], "p", ["a", "b"]))
        .drop_foreign_key("t", ["a"])
        .add_check("t", Check::new("a > 0"))
        .drop_check("t", Check::new("a > 0"));
    of_keys
        .comment_column("t", "a", None)
        .comment_table("t", None)
        .create_enum("e", ["x"])
        .drop_enum("e")
        .add_enum_value("e", "x", None)
        .rename_enum_value("e", "x", "y")
        .rebuild_enum("e", ["x"], [])
        .create_view("v", "CREATE VIEW v AS SELECT 1")
        .drop_view("v")
        .create_trigger("t", "g", "CREATE TRIGGER g")
        .drop_trigger("t", "g")
        .raw_sql("SELECT 1")
}

#[tokio::test]
async fn sqlite_accepts_every_database_before() {
    for case in all().iter().filter(|case| case.backends.list().contains(&DbBackend::Sqlite)) {
        let db = memory().await;
        run(&db, case.name, case.before).await;
        for (query, expected) in &case.kept {
            let row = Statement::from_string(DbBackend::Sqlite, query.text(DbBackend::Sqlite));
            let row = db.query_one_raw(row).await.unwrap_or_else(|e| panic!("{}: {e}", case.name));
            let answer: String = row.expect(case.name).try_get_by_index(0).expect(case.name);
            assert_eq!(answer, *expected, "{}: {query:?}", case.name);
        }
        for step in &case.steps {
            if let Expect::Unmet { clean, .. } = step.expect {
                run(&db, case.name, clean).await;
            }
        }
    }
}

async fn memory() -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    Database::connect(options).await.unwrap()
}

async fn run(db: &DatabaseConnection, name: &str, sql: Sql) {
    let sql = sql.text(db.get_database_backend());
    if !sql.is_empty() {
        db.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{name}: {error}\n{sql}"));
    }
}

#[test]
fn queries_and_unmanaged_parts_are_of_databases_that_the_case_applies_to() {
    for Case { name, backends, holds, unmanaged, .. } in all() {
        let queries = holds.iter().map(|(query, _)| query.text(DbBackend::Postgres));
        queries.for_each(|query| assert!(query.starts_with("SELECT "), "{name}: {query}"));
        for (of, words) in unmanaged {
            let within = backends == Backends::Both || backends == of;
            assert!(within && !words.is_empty(), "{name}: {words}");
        }
    }
}

#[test]
fn entities_can_be_built() {
    for step in all().iter().flat_map(|case| &case.steps) {
        let _ = (step.entities)();
    }
    for stage in 0..course::STAGES {
        let _ = course::stage(stage);
        assert!(course::flags(stage).iter().all(|flag| flag.starts_with("--default ")));
    }
}
