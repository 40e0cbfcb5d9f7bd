//! Begin with what is there.
//!
//! The first revision. Generated from the database: it creates what was there already.

use sea_revise::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .baseline()
            .create_table(
                Table::new("Weird Name")
                    .column(Column::new("Some Column", Type::Integer).identity_rowid())
                    .column(Column::new("größe", Type::Text).nullable())
                    .column(Column::new("iPhone", Type::Text).nullable())
                    .primary_key(["Some Column"]),
            )
            .create_table(
                Table::new("author")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .column(Column::new("name", Type::Varchar(Some(80))))
                    .column(Column::new("email", Type::Text).nullable())
                    .column(Column::new("born", Type::Date).nullable())
                    .column(
                        Column::new("createdAt", Type::DateTime)
                            .default(DefaultValue::Now),
                    )
                    .primary_key(["id"])
                    .unique(Unique::new(["email"])),
            )
            .create_table(
                Table::new("book")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(
                        Column::new("title", Type::Varchar(Some(200)))
                            .default("untitled"),
                    )
                    .column(
                        Column::new("price", Type::Decimal(Some((12, 2))))
                            .default(DefaultValue::number("9.99")),
                    )
                    .column(Column::new("weight", Type::Decimal(None)).nullable())
                    .column(Column::new("author_id", Type::Integer))
                    .column(Column::new("editor_id", Type::Integer).nullable())
                    .column(Column::new("parent_id", Type::Integer).nullable())
                    .column(Column::new("data", Type::Json).nullable())
                    .column(Column::new("uid", Type::Uuid))
                    .column(Column::new("cover", Type::Blob).nullable())
                    .column(Column::new("hash", Type::Binary(32)).nullable())
                    .column(
                        Column::new("published", Type::TimestampWithTimeZone).nullable(),
                    )
                    .column(
                        Column::new("changed", Type::Timestamp)
                            .nullable()
                            .default(DefaultValue::Now),
                    )
                    .column(Column::new("opens", Type::Time).nullable())
                    .column(Column::new("pages", Type::SmallInteger).default(0))
                    .column(Column::new("sold", Type::BigInteger).nullable())
                    .column(Column::new("stars", Type::TinyInteger).nullable())
                    .column(Column::new("score", Type::Double).nullable())
                    .column(Column::new("ratio", Type::Float).nullable())
                    .column(Column::new("flag", Type::Boolean).default(true))
                    .column(
                        Column::new("state", Type::other("enum_text")).default("new"),
                    )
                    .column(Column::new("mood", Type::other("enum_text")).nullable())
                    .column(Column::new("place", Type::other("geometry")).nullable())
                    .column(
                        Column::new("title_length", Type::Integer)
                            .nullable()
                            .generated("length(title)", false),
                    )
                    .primary_key(["id"])
                    .unique(Unique::new(["author_id", "title"]))
                    .unique(Unique::new(["uid"]))
                    .foreign_key(
                        ForeignKey::new(["author_id"], "author", ["id"])
                            .on_delete(Action::Cascade)
                            .on_update(Action::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::new(["editor_id"], "author", ["id"])
                            .on_delete(Action::SetNull),
                    )
                    .foreign_key(ForeignKey::new(["parent_id"], "book", ["id"]))
                    .check(Check::new("price >= 0"))
                    .index(
                        Index::new("book_of_flag", ["title"]).unique().predicate("flag"),
                    )
                    .index(
                        Index::new("book_of_lower", [])
                            .column(IndexColumn::expression("lower(title)"))
                            .unique(),
                    )
                    .index(
                        Index::new("idx-book-author-title", ["author_id"])
                            .column(IndexColumn::new("title").descending()),
                    )
                    .index(
                        Index::new("idx-book-parent-pages", ["parent_id", "pages"])
                            .unique(),
                    )
                    .index(Index::new("idx-book-title", ["title"])),
            )
            .create_table(
                Table::new("no_field")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .column(Column::new("self_", Type::Text).nullable())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("no_key")
                    .column(Column::new("name", Type::Text).nullable())
                    .column(Column::new("book_id", Type::Integer).nullable())
                    .foreign_key(ForeignKey::new(["book_id"], "book", ["id"])),
            )
            .create_table(
                Table::new("no_name")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .column(Column::new("1st", Type::Text).nullable())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("of_no_key")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .column(Column::new("other", Type::Integer).nullable())
                    .primary_key(["id"])
                    .foreign_key(ForeignKey::new(["other"], "no_name", ["id"])),
            )
            .create_table(
                Table::new("order")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .column(Column::new("type", Type::Text))
                    .column(Column::new("match", Type::Text).nullable())
                    .column(Column::new("select", Type::Integer).default(1))
                    .column(Column::new("from", Type::Integer).nullable())
                    .primary_key(["id"])
                    .foreign_key(ForeignKey::new(["from"], "author", ["id"])),
            )
            .create_table(
                Table::new("line")
                    .column(Column::new("number", Type::Integer))
                    .column(Column::new("order_id", Type::Integer))
                    .column(Column::new("amount", Type::Integer))
                    .primary_key(["order_id", "number"])
                    .foreign_key(
                        ForeignKey::new(["order_id"], "order", ["id"])
                            .on_delete(Action::Cascade),
                    ),
            )
            .create_table(
                Table::new("prelude")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .primary_key(["id"]),
            )
            .create_table(
                Table::new("shipment")
                    .column(Column::new("id", Type::Integer).identity())
                    .column(Column::new("order_id", Type::Integer))
                    .column(Column::new("number", Type::Integer))
                    .primary_key(["id"])
                    .foreign_key(
                        ForeignKey::new(
                                ["order_id", "number"],
                                "line",
                                ["order_id", "number"],
                            )
                            .on_delete(Action::Cascade),
                    ),
            )
            .create_table(
                Table::new("slot")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .column(Column::new("room", Type::Integer))
                    .column(Column::new("day", Type::Integer))
                    .column(Column::new("hour", Type::Integer))
                    .primary_key(["id"])
                    .unique(Unique::new(["day", "hour"]))
                    .unique(Unique::new(["hour"]))
                    .unique(Unique::new(["hour", "room"]))
                    .unique(Unique::new(["room", "day"])),
            )
            .create_table(
                Table::new("strictly")
                    .column(Column::new("id", Type::Integer).identity_rowid())
                    .column(Column::new("name", Type::Text))
                    .primary_key(["id"])
                    .option("STRICT"),
            )
            .create_table(
                Table::new("tag")
                    .column(Column::new("code", Type::Text))
                    .column(Column::new("label", Type::Text))
                    .primary_key(["code"])
                    .unique(Unique::new(["label"]))
                    .option("WITHOUT ROWID"),
            )
            .create_table(
                Table::new("book_tag")
                    .column(Column::new("tag_code", Type::Text))
                    .column(Column::new("book_id", Type::Integer))
                    .primary_key(["book_id", "tag_code"])
                    .foreign_key(
                        ForeignKey::new(["book_id"], "book", ["id"])
                            .on_delete(Action::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::new(["tag_code"], "tag", ["code"])
                            .on_delete(Action::Restrict),
                    ),
            )
            .create_table(
                Table::new("type")
                    .column(Column::new("ref", Type::Integer).identity_rowid())
                    .column(Column::new("async", Type::Text).nullable())
                    .column(Column::new("Order", Type::Integer).nullable())
                    .primary_key(["ref"])
                    .foreign_key(ForeignKey::new(["Order"], "order", ["id"])),
            )
            .create_trigger(
                "book",
                "touch",
                "CREATE TRIGGER touch AFTER UPDATE ON book BEGIN UPDATE book SET changed = CURRENT_TIMESTAMP WHERE id = NEW.id; END",
            )
            .create_view("titles", "CREATE VIEW titles AS SELECT title FROM book")
            .apply(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Plan::new()
            .drop_view("titles")
            .drop_trigger("book", "touch")
            .drop_table("type")
            .drop_table("book_tag")
            .drop_table("tag")
            .drop_table("strictly")
            .drop_table("slot")
            .drop_table("shipment")
            .drop_table("prelude")
            .drop_table("line")
            .drop_table("order")
            .drop_table("of_no_key")
            .drop_table("no_name")
            .drop_table("no_key")
            .drop_table("no_field")
            .drop_table("book")
            .drop_table("author")
            .drop_table("Weird Name")
            .apply(manager)
            .await
    }
}
