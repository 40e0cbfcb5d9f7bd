//! Every operation, rendered; written by `BLESS=1`.

use sea_revise::prelude::*;

pub fn plan() -> Plan {
    Plan::new()
        .create_table(Table::new("tags").column(Column::new("id", Type::Integer).identity()))
        .create_table(Table::new("logs").column(Column::new("id", Type::Integer).identity_rowid()))
        .create_table(
            Table::new(("Sys", "Order Items"))
                .column(Column::new("c0", Type::Char(None)))
                .column(Column::new("c1", Type::Char(Some(2))))
                .column(Column::new("c2", Type::Varchar(None)))
                .column(Column::new("c3", Type::Varchar(Some(200))))
                .column(Column::new("c4", Type::Text))
                .column(Column::new("c5", Type::TinyInteger))
                .column(Column::new("c6", Type::SmallInteger))
                .column(Column::new("c7", Type::Integer))
                .column(Column::new("c8", Type::BigInteger))
                .column(Column::new("c9", Type::TinyUnsigned))
                .column(Column::new("c10", Type::SmallUnsigned))
                .column(Column::new("c11", Type::Unsigned))
                .column(Column::new("c12", Type::BigUnsigned))
                .column(Column::new("c13", Type::Float))
                .column(Column::new("c14", Type::Double))
                .column(Column::new("c15", Type::Decimal(None)))
                .column(Column::new("c16", Type::Decimal(Some((12, 2)))))
                .column(Column::new("c17", Type::Money(None)))
                .column(Column::new("c18", Type::Money(Some((19, 4)))))
                .column(Column::new("c19", Type::Boolean))
                .column(Column::new("c20", Type::Date))
                .column(Column::new("c21", Type::Time))
                .column(Column::new("c22", Type::DateTime))
                .column(Column::new("c23", Type::Timestamp))
                .column(Column::new("c24", Type::TimestampWithTimeZone))
                .column(Column::new("c25", Type::Blob))
                .column(Column::new("c26", Type::Binary(16)))
                .column(Column::new("c27", Type::VarBinary(None)))
                .column(Column::new("c28", Type::VarBinary(Some(16))))
                .column(Column::new("c29", Type::Json))
                .column(Column::new("c30", Type::JsonBinary))
                .column(Column::new("c31", Type::Uuid))
                .column(Column::new("c32", Type::enumeration("tea")))
                .column(Column::new("c33", Type::array(Type::array(Type::enumeration("tea")))))
                .column(Column::new("c34", Type::other("geometry(Point, 4326)")))
                .column(Column::new("d0", Type::Text).default("available"))
                .column(Column::new("d1", Type::Text).default("say \"o'clock\"\n\\"))
                .column(Column::new("d2", Type::Text).default(7))
                .column(Column::new("d3", Type::Text).default(-1))
                .column(Column::new("d4", Type::Text).default(5000000000_i64))
                .column(Column::new("d5", Type::Text).default(DefaultValue::number("12.50")))
                .column(Column::new("d6", Type::Text).default(DefaultValue::number("3.14")))
                .column(
                    Column::new("d7", Type::Text)
                        .default(DefaultValue::number("123456789012345678901234567890")),
                )
                .column(Column::new("d8", Type::Text).default(true))
                .column(Column::new("d9", Type::Text).default(false))
                .column(Column::new("d10", Type::Text).default(DefaultValue::Now))
                .column(Column::new("d11", Type::Text).default(DefaultValue::sql("random()")))
                .column(
                    Column::new("o'clock", Type::Text)
                        .nullable()
                        .generated(r#""c1" || 'x'"#, true)
                        .collation("NOCASE")
                        .comment("naïve 書")
                        .extra("ON CONFLICT IGNORE"),
                )
                .primary_key(PrimaryKey::new(["c1", "c2"]).named("pk").extra("ON CONFLICT REPLACE"))
                .unique(Unique::new(["c3"]).named("uq").extra("DEFERRABLE"))
                .foreign_key(ForeignKey::new(["c4"], ("Sys", "Orders"), []))
                .check(
                    Check::new(
                        r"c5 >= 0
  AND c5 < 10",
                    )
                    .named("ck"),
                )
                .index(Index::new("i", ["c6"]))
                .trigger(
                    "t",
                    r#"CREATE TRIGGER t
"x""#,
                )
                .comment("lines")
                .option("STRICT")
                .option("WITHOUT ROWID"),
        )
        .drop_table(("Sys", "Order Items"))
        .rename_table(("a", "b"), ("a", "c"))
        .add_column("books", Column::new("n", Type::BigInteger).identity_always())
        .drop_column("books", "isbn")
        .rename_column("books", "a", "b")
        .add_primary_key("books", PrimaryKey::new(["id"]))
        .drop_primary_key("books")
        .add_unique("books", Unique::new(["a", "b"]).named("uq"))
        .drop_unique("books", ["a", "b"])
        .drop_index("books", "i")
        .rename_index("books", "i", "j")
        .rename_constraint("books", "k", "l")
        .add_foreign_key(
            "books",
            ForeignKey::new(["a", "b"], "authors", ["c", "d"])
                .on_delete(Action::Cascade)
                .on_update(Action::SetNull)
                .named("fk")
                .extra("DEFERRABLE INITIALLY DEFERRED"),
        )
        .drop_foreign_key("books", ["a"])
        .add_check("books", Check::new("a > 0"))
        .drop_check("books", Check::new("a > 0").named("ck"))
        .comment_column("books", "a", Some("x"))
        .comment_table("books", None)
        .alter_type("books", "a", Type::Decimal(Some((10, 2))))
        .alter_type_using(
            "books",
            "a",
            Type::Decimal(Some((10, 2))),
            r#"CAST("a" AS numeric) / 100 + coalesce("another_rather_long_column", 0) * 1000"#,
        )
        .drop_not_null("books", "a")
        .set_not_null("books", "a")
        .set_default("books", "a", DefaultValue::Now)
        .set_default("books", "a", false)
        .drop_default("books", "a")
        .set_identity("books", "a", Identity::Rowid, Identity::Automatic)
        .set_generated("books", "a", r#"b || '"'"#, true)
        .drop_generated("books", "a")
        .set_collation("books", "a", Some("NOCASE"))
        .set_collation("books", "a", None)
        .set_extra("books", "a", "ON CONFLICT FAIL")
        .set_options("books", ["STRICT"])
        .backfill("books", "a", "'naïve'")
        .backfill_in_batches("books", r#""a" = 'it''s'"#, "", 500)
        .create_enum("tea", ["green", r#"black "x""#])
        .drop_enum("tea")
        .add_enum_value("tea", "red", Some("green"))
        .add_enum_value("tea", "red", None)
        .rename_enum_value("tea", "red", "rooibos")
        .rebuild_enum("tea", ["green", r#"black "x""#], [])
        .rebuild_enum("tea", [], [("a", "b")])
        .create_view(
            ("Sys", "v"),
            r#"CREATE VIEW "v" AS
  SELECT 1"#,
        )
        .drop_view("v")
        .create_trigger("t", "g", "CREATE TRIGGER g")
        .drop_trigger("t", "g")
        .create_extra("sequence s", "CREATE SEQUENCE s", "DROP SEQUENCE s")
        .drop_extra(
            "function f()",
            r#"CREATE "f"
$$;$$"#,
            "DROP FUNCTION f()",
        )
        .raw_sql("SELECT 1")
        .raw_sql_each(
            "SELECT 1",
            r#"SELECT 2;
SELECT "3""#,
        )
        .raw_sqlite("VACUUM")
        .raw_postgres("SELECT 1 \nFROM a\u{202e}")
        .create_index("books", Index::new("plain", ["a", "b"]).unique())
        .create_index_concurrently(
            "books",
            Index::new("special", ["a"])
                .column(IndexColumn::new("b").descending().nulls_first(false))
                .column(IndexColumn::expression("lower(c)").extra(r#"COLLATE "C""#))
                .column(IndexColumn::new("d"))
                .method("gin")
                .include(["e", "f"])
                .extra("NULLS NOT DISTINCT")
                .predicate("a IS NOT NULL"),
        )
}
