//! Tables of every kind, and the rows that they take.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use sea_revise::{
    runtime::seed::{fingerprint, seed},
    schema::{
        Check, Column, ForeignKey, Schema, Table, TableName, Type, Unique, quote, quote_all,
        quote_text,
    },
};

use super::places;

async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn id() -> Column {
    Column::new("id", Type::Integer).identity()
}

/// Every type, nullable and not.
fn types(backend: DbBackend) -> Table {
    let others: &[&str] = match backend {
        DbBackend::Sqlite => {
            &["clob", "", "numeric", "int unsigned", "double precision", "nonsense"]
        }
        _ => &[
            "inet",
            "cidr",
            "macaddr",
            "interval",
            "bit(8)",
            "varbit(5)",
            "int4range",
            "tstzrange",
            "point",
            "xml",
            "tsvector",
            "timestamp(3)",
            "timetz",
            "oid",
            "name",
            "\"char\"",
        ],
    };
    let kinds = own_types().into_iter().chain(others.iter().copied().map(Type::other));
    let mut table = Table::new("ty\"pes").column(id()).primary_key(["id"]);
    for (number, kind) in kinds.enumerate() {
        table = table.column(Column::new(format!("c{number}"), kind.clone()));
        table = table.column(Column::new(format!("n{number}"), kind).nullable());
    }
    table
}

/// The types that have a word of their own here.
fn own_types() -> Vec<Type> {
    vec![
        Type::Char(None),
        Type::Char(Some(3)),
        Type::Varchar(None),
        Type::Varchar(Some(2)),
        Type::Varchar(Some(500)),
        Type::Text,
        Type::TinyInteger,
        Type::SmallInteger,
        Type::Integer,
        Type::BigInteger,
        Type::TinyUnsigned,
        Type::SmallUnsigned,
        Type::Unsigned,
        Type::BigUnsigned,
        Type::Float,
        Type::Double,
        Type::Decimal(None),
        Type::Decimal(Some((8, 2))),
        Type::Decimal(Some((3, 3))),
        Type::Decimal(Some((4, 0))),
        Type::Money(None),
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::DateTime,
        Type::Timestamp,
        Type::TimestampWithTimeZone,
        Type::Blob,
        Type::Binary(16),
        Type::VarBinary(Some(16)),
        Type::Json,
        Type::JsonBinary,
        Type::Uuid,
        Type::enumeration("te'a"),
        Type::array(Type::Integer),
    ]
}

fn zoo(backend: DbBackend) -> Schema {
    let mut schema = Schema::default();
    schema.enums.insert("te'a".to_owned(), vec!["it's".to_owned(), "green".to_owned()]);
    schema.insert(types(backend));
    for table in related().into_iter().chain(tenants()).chain(particular()) {
        schema.insert(table);
    }
    schema
}

fn column(name: &str) -> Column {
    Column::new(name, Type::Integer)
}

/// Tables that point at others, and at themselves.
fn related() -> Vec<Table> {
    vec![
        Table::new("a child")
            .column(id())
            .column(column("parent"))
            .column(column("maybe").nullable())
            .foreign_key(ForeignKey::new(["parent"], "z parent", ["id"]))
            .foreign_key(ForeignKey::new(["maybe"], "z parent", ["id"]))
            .primary_key(["id"]),
        Table::new("z parent").column(id()).primary_key(["id"]),
        Table::new("junction")
            .column(column("left"))
            .column(column("right"))
            .foreign_key(ForeignKey::new(["left"], "a child", ["id"]))
            .foreign_key(ForeignKey::new(["right"], "z parent", ["id"]))
            .primary_key(["left", "right"]),
        Table::new("one to one")
            .column(column("id"))
            .foreign_key(ForeignKey::new(["id"], "z parent", ["id"]))
            .primary_key(["id"]),
        Table::new("node")
            .column(id())
            .column(column("up").nullable())
            .foreign_key(ForeignKey::new(["up"], "node", ["id"]))
            .primary_key(["id"]),
        Table::new("ring")
            .column(id())
            .column(column("next"))
            .foreign_key(ForeignKey::new(["next"], "ring", ["id"]))
            .primary_key(["id"]),
        Table::new("always")
            .column(Column::new("id", Type::Integer).identity_always())
            .column(column("next"))
            .foreign_key(ForeignKey::new(["next"], "always", ["id"]))
            .primary_key(["id"]),
    ]
}

/// Tables whose keys share a column.
fn tenants() -> Vec<Table> {
    vec![
        Table::new("tenant user")
            .column(column("tenant"))
            .column(column("id"))
            .foreign_key(ForeignKey::new(["tenant"], "z parent", ["id"]))
            .primary_key(["tenant", "id"]),
        Table::new("tenant post")
            .column(column("tenant"))
            .column(column("writer"))
            .column(column("reader").nullable())
            .foreign_key(ForeignKey::new(["tenant", "writer"], "tenant user", ["tenant", "id"]))
            .foreign_key(ForeignKey::new(["tenant", "reader"], "tenant user", ["tenant", "id"]))
            .foreign_key(ForeignKey::new(["tenant"], "z parent", ["id"])),
    ]
}

/// Tables that ask something of their rows.
fn particular() -> Vec<Table> {
    vec![
        Table::new("checked")
            .column(id())
            .column(Column::new("status", Type::Varchar(None)))
            .column(column("age"))
            .column(Column::new("rate", Type::Decimal(Some((5, 2)))).nullable())
            .column(Column::new("code", Type::Varchar(None)).nullable())
            .check(Check::new("status IN ('new', 'it''s done')"))
            .check(Check::new("age >= 18"))
            .check(Check::new("rate < 10"))
            .check(Check::new("code IS NULL OR length(code) > 12"))
            .primary_key(["id"]),
        Table::new("impossible").column(column("a")).check(Check::new("a > a")),
        Table::new("unlike")
            .column(Column::new("flag", Type::Boolean))
            .column(Column::new("word", Type::Varchar(Some(1))).nullable())
            .unique(Unique::new(["flag"]))
            .unique(Unique::new(["word"])),
        Table::new("computed")
            .column(id())
            .column(column("a").default(5))
            .column(column("b").generated("a * 2", true))
            .primary_key(["id"]),
        Table::new("empty key").column(id()).primary_key(["id"]),
    ]
}

/// The tables with everything that the rows have to respect. Parents may come later, so that PostgreSQL's foreign keys
/// come last.
fn create(schema: &Schema, backend: DbBackend) -> Vec<String> {
    let postgres = backend == DbBackend::Postgres;
    let mut statements = Vec::new();
    let mut keys = Vec::new();
    if postgres {
        for (name, values) in &schema.enums {
            let values: Vec<String> = values.iter().map(|value| quote_text(value)).collect();
            statements.push(format!("CREATE TYPE {} AS ENUM ({})", quote(name), values.join(", ")));
        }
    }
    for table in schema.tables.values() {
        let mut parts: Vec<String> =
            table.columns.iter().map(|column| column_sql(column, backend)).collect();
        parts.extend(
            table
                .primary_key
                .iter()
                .map(|key| format!("PRIMARY KEY ({})", quote_all(&key.columns))),
        );
        parts.extend(
            table.uniques.iter().map(|unique| format!("UNIQUE ({})", quote_all(&unique.columns))),
        );
        parts.extend(table.checks.iter().map(|check| format!("CHECK ({})", check.expression)));
        for key in &table.foreign_keys {
            let key = format!(
                "FOREIGN KEY ({}) REFERENCES {} ({})",
                quote_all(&key.columns),
                key.references.quoted(),
                quote_all(&key.referenced)
            );
            if postgres {
                keys.push(format!("ALTER TABLE {} ADD {key}", table.name.quoted()));
            } else {
                parts.push(key);
            }
        }
        statements.push(format!("CREATE TABLE {} ({})", table.name.quoted(), parts.join(", ")));
    }
    statements.extend(keys);
    statements
}

fn column_sql(column: &Column, backend: DbBackend) -> String {
    let mut part = format!("{} {}", quote(&column.name), column.kind.sql(backend));
    if backend == DbBackend::Postgres && !column.identity.is_none() {
        let always = column.identity == sea_revise::schema::Identity::Always;
        part.push_str(if always {
            " GENERATED ALWAYS AS IDENTITY"
        } else {
            " GENERATED BY DEFAULT AS IDENTITY"
        });
    }
    if let Some(generated) = &column.generated {
        part.push_str(&format!(" GENERATED ALWAYS AS ({}) STORED", generated.expression));
    }
    if let Some(default) = &column.default {
        part.push_str(&format!(" DEFAULT {}", default.to_sql()));
    }
    part.push_str(if column.nullable { "" } else { " NOT NULL" });
    part
}

fn expected() -> BTreeMap<TableName, u64> {
    [
        ("ty\"pes", 3),
        ("a child", 3),
        ("z parent", 3),
        ("junction", 3),
        ("one to one", 3),
        ("node", 3),
        ("ring", 3),
        ("always", 3),
        ("tenant user", 3),
        ("tenant post", 3),
        ("checked", 3),
        ("impossible", 0),
        ("unlike", 2),
        ("computed", 3),
        ("empty key", 3),
    ]
    .map(|(name, rows)| (TableName::from(name), rows))
    .into()
}

async fn one(db: &DatabaseConnection, sql: &str) -> Vec<Vec<Option<String>>> {
    let rows =
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| vec![row.try_get_by_index(0).unwrap()]).collect()
}

async fn prove(db: &DatabaseConnection) {
    let backend = db.get_database_backend();
    let schema = zoo(backend);
    for statement in create(&schema, backend) {
        run(db, &statement).await;
    }
    // As a proof does it: everything in one transaction, which a refused row must not end.
    run(db, "BEGIN").await;
    let counts = seed(db, &schema).await.unwrap();
    assert_eq!(counts, expected(), "{backend:?}");
    for (name, count) in &counts {
        let columns: Vec<String> =
            schema.table(name).unwrap().columns.iter().map(|column| column.name.clone()).collect();
        let rows = fingerprint(db, name, &columns).await.unwrap();
        assert_eq!(u64::try_from(rows.len()).unwrap(), *count, "{name}");
        assert_eq!(rows, fingerprint(db, name, &columns).await.unwrap());
    }
    // One row has NULL wherever it may, one odd letters, one the longest text.
    let columns = ["n2", "n4", "n5", "n32"].map(str::to_owned);
    let types = fingerprint(db, &"ty\"pes".into(), &columns).await.unwrap();
    assert_eq!(types.iter().filter(|row| row.iter().all(Option::is_none)).count(), 1, "{types:?}");
    let texts: Vec<&str> = types.iter().flatten().flatten().map(String::as_str).collect();
    assert!(texts.contains(&"1'\"\\ü 世界 %_😀\t;-- /*"), "{texts:?}");
    let lengths: Vec<usize> = texts.iter().map(|text| text.chars().count()).collect();
    assert!(lengths.contains(&500) && lengths.contains(&200), "{lengths:?}");
    let uuid = if backend == DbBackend::Sqlite {
        "00000000000040008000000000000001"
    } else {
        "00000000-0000-4000-8000-000000000001"
    };
    assert!(texts.contains(&uuid), "{texts:?}");
    // One row of its own table points at another one.
    let nodes = fingerprint(db, &"node".into(), &["up".to_owned()]).await.unwrap();
    assert_eq!(nodes.iter().filter(|row| row != &&vec![None]).count(), 1, "{nodes:?}");
    assert_eq!(fingerprint(db, &"node".into(), &[]).await.unwrap().len(), 3);
    run(db, "COMMIT").await;
    if backend == DbBackend::Sqlite {
        assert_eq!(
            one(db, "SELECT \"table\" FROM pragma_foreign_key_check").await,
            Vec::<Vec<_>>::new()
        );
    }
}

#[tokio::test]
async fn every_table_that_can_have_rows_gets_them_on_sqlite() {
    prove(&places::sqlite().await).await;
}

#[tokio::test]
async fn every_table_that_can_have_rows_gets_them_on_postgresql() {
    if let Some(db) = places::postgres().await {
        prove(&db).await;
    }
}

#[tokio::test]
async fn rows_are_written_outside_of_a_transaction_too() {
    let Some(db) = places::postgres().await else { return };
    let mut schema = Schema::default();
    let check = Check::new("\"t\".a = 'b'");
    let a = Column::new("a", Type::Varchar(None));
    schema.insert(Table::new(("own", "t")).column(id()).column(a).check(check).primary_key(["id"]));
    run(&db, "CREATE SCHEMA own").await;
    for statement in create(&schema, DbBackend::Postgres) {
        run(&db, &statement).await;
    }
    assert_eq!(seed(&db, &schema).await.unwrap(), BTreeMap::from([(("own", "t").into(), 3)]));
    assert!(fingerprint(&db, &("own", "t").into(), &["gone".to_owned()]).await.is_err());
}
