//! One of every operation, with every part that a builder can say.

use sea_revise::{
    operation::{DefinitionKind, Operation},
    prelude::*,
    schema::{DatabaseObject, Generated, SqlDefinition},
};

fn types() -> Vec<Type> {
    vec![
        Type::Char(None),
        Type::Char(Some(2)),
        Type::Varchar(None),
        Type::Varchar(Some(200)),
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
        Type::Decimal(Some((12, 2))),
        Type::Money(None),
        Type::Money(Some((19, 4))),
        Type::Boolean,
        Type::Date,
        Type::Time,
        Type::DateTime,
        Type::Timestamp,
        Type::TimestampWithTimeZone,
        Type::Blob,
        Type::Binary(16),
        Type::VarBinary(None),
        Type::VarBinary(Some(16)),
        Type::Json,
        Type::JsonBinary,
        Type::Uuid,
        Type::Enum("tea".to_owned()),
        Type::Array(Box::new(Type::Array(Box::new(Type::Enum("tea".to_owned()))))),
        Type::Other("geometry(Point, 4326)".to_owned()),
    ]
}

fn defaults() -> Vec<DefaultValue> {
    let number = |digits: &str| DefaultValue::Number(digits.to_owned());
    vec![
        DefaultValue::Text("available".to_owned()),
        DefaultValue::Text("say \"o'clock\"\n\\".to_owned()),
        number("7"),
        number("-1"),
        number("5000000000"),
        number("12.50"),
        number("3.14"),
        number("123456789012345678901234567890"),
        DefaultValue::Boolean(true),
        DefaultValue::Boolean(false),
        DefaultValue::Now,
        DefaultValue::Sql("random()".to_owned()),
    ]
}

fn large_table() -> Table {
    let mut table = Table::new(("Sys", "Order Items"));
    for (number, kind) in types().into_iter().enumerate() {
        table.columns.push(Column::new(format!("c{number}"), kind));
    }
    for (number, default) in defaults().into_iter().enumerate() {
        table.columns.push(Column {
            default: Some(default),
            ..Column::new(format!("d{number}"), Type::Text)
        });
    }
    let generated =
        sea_revise::schema::Generated { expression: "\"c1\" || 'x'".to_owned(), stored: true };
    table.columns.push(Column {
        nullable: true,
        generated: Some(generated),
        collation: Some("NOCASE".to_owned()),
        comment: Some("naïve 書".to_owned()),
        clause: "ON CONFLICT IGNORE".to_owned(),
        ..Column::new("o'clock", Type::Text)
    });
    let (key, unique) = (PrimaryKey::new(["c1", "c2"]), Unique::new(["c3"]));
    table.primary_key =
        Some(PrimaryKey { clause: "ON CONFLICT REPLACE".to_owned(), ..key.named("pk") });
    table.uniques.push(Unique { clause: "DEFERRABLE".to_owned(), ..unique.named("uq") });
    table.foreign_keys.push(ForeignKey::new(["c4"], ("Sys", "Orders"), []));
    table.checks.push(Check::new("c5 >= 0\n  AND c5 < 10").named("ck"));
    table.indexes.push(Index::new("i", ["c6"]));
    table
        .triggers
        .push(SqlDefinition { name: "t".to_owned(), sql: "CREATE TRIGGER t\n\"x\"".to_owned() });
    table.comment = Some("lines".to_owned());
    table.options = vec!["STRICT".to_owned(), "WITHOUT ROWID".to_owned()];
    table
}

fn indexes() -> Vec<Index> {
    let column = IndexColumn::new;
    vec![
        Index::new("plain", ["a", "b"]).unique(),
        Index {
            columns: vec![
                column("a"),
                column("b").descending().nulls_first(false),
                IndexColumn::expression("lower(c)").extra("COLLATE \"C\""),
                column("d"),
            ],
            method: Some("gin".to_owned()),
            include: vec!["e".to_owned(), "f".to_owned()],
            predicate: Some("a IS NOT NULL".to_owned()),
            clause: "NULLS NOT DISTINCT".to_owned(),
            ..Index::new("special", [])
        },
    ]
}

pub fn every_operation() -> Vec<Operation> {
    let mut operations =
        [tables_and_columns(), keys_and_comments(), types_and_defaults(), definitions()].concat();
    operations.extend(enums_and_sql());
    for (concurrently, index) in [false, true].into_iter().zip(indexes()) {
        operations.push(Operation::CreateIndex { table: "books".into(), index, concurrently });
    }
    operations
}

fn tables_and_columns() -> Vec<Operation> {
    let books = || TableName::from("books");
    vec![
        Operation::CreateTable {
            table: Table::new("tags").column(Column::new("id", Type::Integer).identity()),
        },
        Operation::CreateTable {
            table: Table::new("logs").column(Column::new("id", Type::Integer).identity_rowid()),
        },
        Operation::CreateTable { table: large_table() },
        Operation::DropTable { table: ("Sys", "Order Items").into(), before: None },
        Operation::RenameTable { from: ("a", "b").into(), to: ("a", "c").into() },
        Operation::AddColumn {
            table: books(),
            column: Column::new("n", Type::BigInteger).identity_always(),
        },
        Operation::DropColumn { table: books(), column: "isbn".to_owned(), before: None },
        Operation::RenameColumn { table: books(), from: "a".to_owned(), to: "b".to_owned() },
    ]
}

fn keys_and_comments() -> Vec<Operation> {
    let books = || TableName::from("books");
    let text = |text: &str| Some(text.to_owned());
    vec![
        Operation::AddPrimaryKey { table: books(), key: PrimaryKey::new(["id"]) },
        Operation::DropPrimaryKey { table: books(), before: None },
        Operation::AddUnique { table: books(), unique: Unique::new(["a", "b"]).named("uq") },
        Operation::DropUnique {
            table: books(),
            columns: vec!["a".to_owned(), "b".to_owned()],
            before: None,
        },
        Operation::DropIndex { table: books(), index: "i".to_owned(), before: None },
        Operation::RenameIndex { table: books(), from: "i".to_owned(), to: "j".to_owned() },
        Operation::RenameConstraint { table: books(), from: "k".to_owned(), to: "l".to_owned() },
        Operation::AddForeignKey {
            table: books(),
            key: ForeignKey::new(["a", "b"], "authors", ["c", "d"])
                .on_delete(Action::Cascade)
                .on_update(Action::SetNull)
                .named("fk")
                .extra("DEFERRABLE INITIALLY DEFERRED"),
        },
        Operation::DropForeignKey { table: books(), columns: vec!["a".to_owned()], before: None },
        Operation::AddCheck { table: books(), check: Check::new("a > 0") },
        Operation::DropCheck { table: books(), check: Check::new("a > 0").named("ck") },
        Operation::SetComment {
            table: books(),
            column: text("a"),
            comment: text("x"),
            before: None,
        },
        Operation::SetComment { table: books(), column: None, comment: None, before: None },
    ]
}

fn types_and_defaults() -> Vec<Operation> {
    let (table, column) = (|| TableName::from("books"), || "a".to_owned());
    let kind = || Type::Decimal(Some((10, 2)));
    let using = Some(
        "CAST(\"a\" AS numeric) / 100 + coalesce(\"another_rather_long_column\", 0) * 1000"
            .to_owned(),
    );
    vec![
        Operation::AlterType {
            table: table(),
            column: column(),
            kind: kind(),
            using: None,
            before: None,
        },
        Operation::AlterType {
            table: table(),
            column: column(),
            kind: kind(),
            using,
            before: None,
        },
        Operation::AlterNull { table: table(), column: column(), nullable: true },
        Operation::AlterNull { table: table(), column: column(), nullable: false },
        Operation::AlterDefault {
            table: table(),
            column: column(),
            default: Some(DefaultValue::Now),
            before: None,
        },
        Operation::AlterDefault {
            table: table(),
            column: column(),
            default: Some(false.into()),
            before: None,
        },
        Operation::AlterDefault { table: table(), column: column(), default: None, before: None },
    ]
}

fn definitions() -> Vec<Operation> {
    let (table, column) = (|| TableName::from("books"), || "a".to_owned());
    vec![
        Operation::SetIdentity {
            table: table(),
            column: column(),
            identity: Identity::Automatic,
            before: Identity::Rowid,
        },
        Operation::SetGenerated {
            table: table(),
            column: column(),
            generated: Some(Generated { expression: "b || '\"'".to_owned(), stored: true }),
            before: None,
        },
        Operation::SetGenerated { table: table(), column: column(), generated: None, before: None },
        Operation::SetCollation {
            table: table(),
            column: column(),
            collation: Some("NOCASE".to_owned()),
            before: None,
        },
        Operation::SetCollation { table: table(), column: column(), collation: None, before: None },
        Operation::SetColumnClause {
            table: table(),
            column: column(),
            clause: "ON CONFLICT FAIL".to_owned(),
            before: String::new(),
        },
        Operation::SetOptions {
            table: table(),
            options: vec!["STRICT".to_owned()],
            before: Vec::new(),
        },
        Operation::Backfill { table: table(), column: column(), value: "'naïve'".to_owned() },
        Operation::BackfillInBatches {
            table: table(),
            set: "\"a\" = 'it''s'".to_owned(),
            condition: String::new(),
            size: 500,
        },
    ]
}

fn enums_and_sql() -> Vec<Operation> {
    let (name, text) = (|| "tea".to_owned(), |text: &str| text.to_owned());
    let values = || vec!["green".to_owned(), "black \"x\"".to_owned()];
    let object =
        |name: &str, sql: &str| SqlDefinition { name: name.to_owned(), sql: sql.to_owned() };
    let (view, trigger) = (DefinitionKind::View, DefinitionKind::Trigger);
    let sql = |sqlite: Option<&str>, postgres: Option<&str>| Operation::Sql {
        sqlite: sqlite.map(str::to_owned),
        postgres: postgres.map(str::to_owned),
    };
    vec![
        Operation::CreateEnum { name: name(), values: values() },
        Operation::DropEnum { name: name(), before: vec![] },
        Operation::AddEnumValue { name: name(), value: text("red"), before: Some(text("green")) },
        Operation::AddEnumValue { name: name(), value: text("red"), before: None },
        Operation::RenameEnumValue { name: name(), from: text("red"), to: text("rooibos") },
        Operation::RebuildEnum { name: name(), values: values(), map: vec![], before: vec![] },
        Operation::RebuildEnum {
            name: name(),
            values: vec![],
            map: vec![(text("a"), text("b"))],
            before: vec![],
        },
        Operation::CreateObject {
            kind: view,
            table: ("Sys", "v").into(),
            object: object("v", "CREATE VIEW \"v\" AS\n  SELECT 1"),
        },
        Operation::DropObject { kind: view, table: "v".into(), object: object("v", "") },
        Operation::CreateObject {
            kind: trigger,
            table: "t".into(),
            object: object("g", "CREATE TRIGGER g"),
        },
        Operation::DropObject { kind: trigger, table: "t".into(), object: object("g", "") },
        Operation::CreateDatabaseObject {
            object: DatabaseObject::new("sequence s", "CREATE SEQUENCE s", "DROP SEQUENCE s"),
            before: None,
        },
        Operation::DropDatabaseObject {
            object: DatabaseObject::new("function f()", "CREATE \"f\"\n$$;$$", "DROP FUNCTION f()"),
        },
        sql(Some("SELECT 1"), Some("SELECT 1")),
        sql(Some("SELECT 1"), Some("SELECT 2;\nSELECT \"3\"")),
        sql(Some("VACUUM"), None),
        sql(None, Some("SELECT 1 \nFROM a\u{202e}")),
    ]
}
