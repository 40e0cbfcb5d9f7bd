//! Pairs that broke a law once, made as small as they go. A random pair may never be like them again.

use sea_orm::DbBackend;
use sea_revise::{
    prelude::{Index, IndexColumn},
    schema::{Check, Column, DefaultValue, ForeignKey, PrimaryKey, Schema, Table, Type, Unique},
};

use super::{
    objects::{Kind, Object},
    pair::Pair,
};

/// The pairs, and what they are about.
pub fn pairs(backend: DbBackend) -> Vec<(&'static str, Pair)> {
    let pairs = tables().into_iter().chain(keys()).chain(columns()).chain(expressions());
    let all = pairs.chain(enums()).map(|(name, a, b)| (name, Pair::of(backend, a, b)));
    let mut all: Vec<_> = all.collect();
    for (name, pair) in &mut all {
        for old in ["old", "abs"] {
            if name.starts_with(&format!("renamed {old}: ")) {
                pair.columns.insert(("t".into(), "new".to_owned()), old.to_owned());
            }
        }
        pair.align();
    }
    all.extend(objects(backend));
    all
}

type Case = (&'static str, Schema, Schema);

fn schema<const N: usize>(tables: [Table; N]) -> Schema {
    let mut schema = Schema::default();
    tables.into_iter().for_each(|table| schema.insert(table));
    schema
}

fn with_enum<const N: usize, const M: usize>(values: [&str; N], tables: [Table; M]) -> Schema {
    let mut schema = schema(tables);
    schema.enums.insert("mood".to_owned(), values.map(str::to_owned).to_vec());
    schema
}

fn number(name: &str) -> Column {
    Column::new(name, Type::Integer)
}

fn text(name: &str) -> Column {
    Column::new(name, Type::Text)
}

fn tables() -> Vec<Case> {
    let indexed = |table: &str| {
        Table::new(table)
            .column(text("c"))
            .index(Index::new("shared", ["c"]))
            .unique(Unique::new(["c"]).named("u"))
    };
    let keyed = |table: &str| Table::new(table).column(number("id")).primary_key(["id"]);
    let child = || {
        Table::new("child").column(number("p")).foreign_key(ForeignKey::new(
            ["p"],
            "parent",
            ["id"],
        ))
    };
    let bare = || Table::new("parent").column(number("id"));
    // PostgreSQL gives both of them a key of one name, and the second one another.
    let long = |end: &str| format!("{}{end}", "l".repeat(60));
    vec![
        (
            "a new table takes the names of indexes of one that goes",
            schema([indexed("old")]),
            schema([indexed("new")]),
        ),
        (
            "the key of a new table has a name that is cut like that of one that goes",
            schema([keyed(&long("a"))]),
            schema([keyed(&long("b"))]),
        ),
        (
            "two uniques have names that are cut to one",
            schema([Table::new("t")
                .column(text("n"))
                .column(text(&long("a")))
                .column(text(&long("b")))
                .unique(Unique::new([long("a").as_str()]))
                .unique(Unique::new([long("b").as_str()]))]),
            schema([Table::new("t").column(text("n"))]),
        ),
        (
            "a child goes while its parent loses the key",
            schema([keyed("parent"), child()]),
            schema([bare()]),
        ),
        (
            "a child comes while its parent gets the key",
            schema([bare()]),
            schema([keyed("parent"), child()]),
        ),
    ]
}

fn keys() -> Vec<Case> {
    let plain = || Table::new("t").column(number("n"));
    let counting = |column: &str| {
        Table::new("t").column(number("n")).column(number(column).identity()).primary_key([column])
    };
    let own = || Table::new("t").column(number("n").identity_always()).primary_key(["n"]);
    vec![
        ("a column counts no longer", schema([own()]), schema([plain()])),
        ("a column counts from now on", schema([plain()]), schema([own()])),
        ("a column that counts goes", schema([counting("id")]), schema([plain()])),
        ("a column that counts comes", schema([plain()]), schema([counting("id")])),
        (
            "a key is of json in between",
            schema([Table::new("t")
                .column(Column::new("c", Type::JsonBinary))
                .unique(Unique::new(["c"]))]),
            schema([Table::new("t").column(Column::new("c", Type::Json))]),
        ),
        (
            "a rowid has a default",
            schema([own()]),
            schema([Table::new("t")
                .column(number("n").default(1))
                .primary_key(PrimaryKey::new(["n"]))]),
        ),
    ]
}

fn columns() -> Vec<Case> {
    let computed = |kind: Type, factor: i32| {
        let made = number("made").nullable().generated(format!("\"n\" * {factor}"), true);
        Table::new("t")
            .column(Column::new("n", kind))
            .column(made)
            .index(Index::new("i", ["made"]))
            .unique(Unique::new(["made", "n"]))
            .check(Check::new("\"made\" > 0"))
    };
    vec![
        (
            "a computed column is made anew with all that stands on it",
            schema([computed(Type::Integer, 2)]),
            schema([computed(Type::Integer, 3)]),
        ),
        (
            "a column changes its type under a computed one",
            schema([computed(Type::Integer, 2)]),
            schema([computed(Type::SmallInteger, 2)]),
        ),
        (
            "a column goes together with the one computed from it",
            schema([computed(Type::Integer, 2)]),
            schema([Table::new("t").column(text("other"))]),
        ),
        (
            "a column that goes has a comment",
            schema([Table::new("t").column(text("a")).column(text("b").comment("it's"))]),
            schema([Table::new("t").column(text("a"))]),
        ),
    ]
}

fn expressions() -> Vec<Case> {
    let status = || Column::new("status", Type::Varchar(None));
    let listed = Table::new("t")
        .column(status())
        .check(Check::new("\"status\" IN ('a', 'b, (c')"))
        .index(Index::new("i", ["status"]).predicate("\"status\" IN ('a', 'b')"));
    let long = "l".repeat(60);
    let computed =
        Index::new("i", []).column(IndexColumn::expression(&format!("lower(\"{long}\")")));
    let called = |column: &str| {
        let index = Index::new("i", [column]).column(IndexColumn::expression("abs(\"n\")"));
        Table::new("t").column(number("n")).column(number(column)).index(index)
    };
    let made = |column: &str| {
        let made = number("made").nullable().generated(format!("\"{column}\" * 2"), true);
        Table::new("t")
            .column(number(column))
            .column(made)
            .check(Check::new(format!("\"{column}\" > 0")))
    };
    vec![
        ("a list is printed otherwise the second time", schema([listed]), schema([])),
        (
            "an expression of an index is longer than a name",
            schema([Table::new("t").column(text(&long)).index(computed)]),
            schema([]),
        ),
        (
            "a function is called like a column that goes",
            schema([called("abs")]),
            schema([called("x")]),
        ),
        (
            "renamed abs: a function is called like the column",
            schema([called("abs")]),
            schema([called("new")]),
        ),
        (
            "renamed old: an expression names the column",
            schema([made("old")]),
            schema([made("new")]),
        ),
    ]
}

fn enums() -> Vec<Case> {
    let mood = |name: &str| Column::new(name, Type::enumeration("mood"));
    let table = |name: &str, column: Column| Table::new(name).column(number("n")).column(column);
    let bare = || Table::new("t").column(number("n"));
    let called = || Check::new("\"m\" <> 'a'");
    vec![
        (
            "a default is an expression that only the old type takes",
            schema([table("t", text("m").default(DefaultValue::sql("upper('a')")))]),
            with_enum(["a"], [table("t", mood("m"))]),
        ),
        (
            "an enum loses the default of a table that goes",
            with_enum(["a", "b"], [table("t", mood("m").default("a"))]),
            with_enum(["b"], []),
        ),
        (
            "an enum loses the default of a column that goes",
            with_enum(["a", "b"], [table("t", mood("m").default("a"))]),
            with_enum(["b"], [bare()]),
        ),
        (
            "an enum loses a default that changes",
            with_enum(["a", "b"], [table("t", mood("m").default("a"))]),
            with_enum(["b", "c"], [table("t", mood("m").default("b"))]),
        ),
        (
            "an enum loses the default of a column that becomes a text",
            with_enum(["a", "b"], [table("t", mood("m").default("a"))]),
            with_enum(["b"], [table("t", text("m").default("a"))]),
        ),
        (
            "a type is called like a column that goes",
            with_enum(["a", "b"], [table("t", mood("m")).column(number("mood")).check(called())]),
            with_enum(["a", "b"], [table("t", mood("m")).check(called())]),
        ),
    ]
}

/// Triggers and views: where the plan knows them, and where it does not.
fn objects(backend: DbBackend) -> Vec<(&'static str, Pair)> {
    let object = |kind: Kind, table: &str, column: &str| Object {
        name: "seen by".to_owned(),
        kind,
        at: (table.into(), column.to_owned()),
        other: None,
    };
    let table =
        |name: &str, column: &str| Table::new(name).column(text(column)).column(number("n"));
    let pair = |before: Table, after: Option<Table>| {
        Pair::of(backend, schema([before]), after.map(|table| schema([table])).unwrap_or_default())
    };
    let mut found = Vec::new();
    for kind in [Kind::Insert, Kind::Update, Kind::Delete, Kind::View] {
        let both = |a: (&str, &str), b: (&str, &str)| {
            (vec![object(kind, a.0, a.1)], vec![object(kind, b.0, b.1)])
        };
        let mut of_table = pair(table("t", "c"), Some(table("u", "c")));
        of_table.tables.insert("u".into(), "t".into());
        of_table.objects = both(("t", "c"), ("u", "c"));
        let mut of_column = pair(table("t", "c"), Some(table("t", "d")));
        of_column.columns.insert(("t".into(), "d".to_owned()), "c".to_owned());
        of_column.objects = both(("t", "c"), ("t", "d"));
        let mut gone = pair(table("t", "c"), None);
        gone.objects.0 = vec![object(kind, "t", "c")];
        for guests in [false, true] {
            found.extend([
                ("a table is renamed that is seen", Pair { guests, ..of_table.clone() }),
                ("a column is renamed that is seen", Pair { guests, ..of_column.clone() }),
                ("a table goes that is seen", Pair { guests, ..gone.clone() }),
            ]);
        }
    }
    let computed =
        Table::new("t").column(text("c").nullable().generated("CAST(\"n\" AS text)", true));
    let mut computed = pair(table("t", "c"), Some(computed.column(number("n"))));
    computed.objects.0 = vec![object(Kind::Update, "t", "c")];
    computed.guests = true;
    found.push(("a column is computed from now on that a trigger follows", computed));
    let collated = Table::new("t").column(text("c").collation(match backend {
        DbBackend::Sqlite => "NOCASE",
        _ => "C",
    }));
    let collated = collated.column(number("n"));
    found.push(("a column is compared otherwise", pair(table("t", "c"), Some(collated.clone()))));
    let bare = Table::new("t").column(number("c")).column(number("n"));
    found.push(("a column loses its collation with its type", pair(collated, Some(bare))));
    found
}
