//! Section A, tables: creating, dropping and renaming them, and their order.

use crate::case::{Backends::Both, Case, Expect, Sql, entities, entity};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c01_create_table(),
        c02_drop_table_asked(),
        c02_drop_table(),
        c03_fk_order_on_create(),
        c04_circular_fk_create(),
        c06_self_fk(),
        c06_self_fk_rebuild(),
        c07_junction(),
        c09_table_rename_asked(),
        c09_table_rename_by_flag(),
        c09_table_rename_refused(),
        c10_table_rename_with_inbound_fk(),
        c12_many_tables_at_once(),
        c14_second_run(),
    ]
}

entity!(item "item" {
    pub name: String,
    pub order_id: Option<i32>,
});

fn c01_create_table() -> Case {
    let expect = Expect::plan(&["CreateTable(item)"], &["DropTable(item)"]);
    Case::new("c01_create_table", Both, Sql::NONE).step(entities!(item), expect)
}

entity!(user "user" {});

const EXTRA: Sql = Sql::both(
    r#"CREATE TABLE "user" ({pk});
CREATE TABLE extra (x char(1), uid integer REFERENCES "user" (id) ON DELETE SET NULL);
INSERT INTO "user" DEFAULT VALUES;
INSERT INTO extra (x, uid) VALUES ('a', 1), ('é', NULL), (NULL, 1)"#,
);

fn c02_drop_table_asked() -> Case {
    let expect = Expect::Question { says: &["extra", "--allow-destructive"] };
    Case::new("c02_drop_table_asked", Both, EXTRA)
        .step_with(entities!(user), &["--strict"], expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM extra"), "3")
}

fn c02_drop_table() -> Case {
    let expect = Expect::lossy(&["DropTable(extra)"], &["CreateTable(extra)"]);
    Case::new("c02_drop_table", Both, EXTRA)
        .step_with(entities!(user), &["--strict", "--allow-destructive"], expect)
        .keeps(Sql::both(r#"SELECT CAST(count(*) AS text) FROM "user""#), "1")
}

entity!(a "a" {
    pub b_id: i32,
    #[sea_orm(belongs_to, from = "b_id", to = "id")]
    pub b: BelongsTo<super::b::Entity>,
});

entity!(b "b" {});

fn c03_fk_order_on_create() -> Case {
    let expect =
        Expect::plan(&["CreateTable(b)", "CreateTable(a)"], &["DropTable(a)", "DropTable(b)"]);
    Case::new("c03_fk_order_on_create", Both, Sql::NONE).step(entities!(a, b), expect)
}

entity!(author_in_circle "author" {
    pub publisher_id: Option<i32>,
    #[sea_orm(belongs_to, from = "publisher_id", to = "id")]
    pub publisher: BelongsTo<Option<super::publisher::Entity>>,
});

entity!(publisher "publisher" {
    pub author_id: i32,
    #[sea_orm(belongs_to, from = "author_id", to = "id")]
    pub author: BelongsTo<super::author_in_circle::Entity>,
});

fn c04_circular_fk_create() -> Case {
    let expect = Expect::plan(
        &["CreateTable(author)", "CreateTable(publisher)", "AddFk(author: publisher_id)"],
        &["DropFk(author: publisher_id)", "DropTable(publisher)", "DropTable(author)"],
    );
    Case::new("c04_circular_fk_create", Both, Sql::NONE)
        .step(entities!(author_in_circle, publisher), expect)
}

entity!(node "node" {
    pub parent_id: Option<i32>,
    #[sea_orm(self_ref, relation_enum = "Parent", from = "parent_id", to = "id", on_delete = "Cascade")]
    pub parent: BelongsTo<Option<Entity>>,
});

fn c06_self_fk() -> Case {
    let expect = Expect::plan(&["CreateTable(node)"], &["DropTable(node)"]);
    Case::new("c06_self_fk", Both, Sql::NONE).step(entities!(node), expect)
}

entity!(labelled_node "node" {
    pub parent_id: Option<i32>,
    pub label: String,
    #[sea_orm(self_ref, relation_enum = "Parent", from = "parent_id", to = "id", on_delete = "Cascade")]
    pub parent: BelongsTo<Option<Entity>>,
});

/// The key has to point at `node`, never at a rebuild's temporary name, and the rebuild must not set off its CASCADE.
fn c06_self_fk_rebuild() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE node (
    {pk},
    parent_id integer,
    label varchar,
    CONSTRAINT "fk-node-parent_id" FOREIGN KEY (parent_id) REFERENCES node (id) ON DELETE CASCADE
);
INSERT INTO node (parent_id, label) VALUES (NULL, 'root'), (1, 'it''s'), (2, 'žluť')"#,
    );
    let expect = Expect::plan(&["AlterNull(node.label)"], &["AlterNull(node.label)"]);
    Case::new("c06_self_fk_rebuild", Both, before)
        .step(entities!(labelled_node), expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM node WHERE parent_id IS NOT NULL"), "2")
        .keeps(
            Sql::Each {
                sqlite: r#"SELECT "table" || ' ' || on_delete FROM pragma_foreign_key_list('node')"#,
                postgres: "SELECT confrelid::regclass::text || ' ' || CASE confdeltype WHEN 'c' THEN 'CASCADE' END \
                           FROM pg_constraint WHERE contype = 'f' AND conrelid = 'node'::regclass",
            },
            "node CASCADE",
        )
}

entity!(post "post" {
    #[sea_orm(has_many, via = "post_tag")]
    pub tags: HasMany<super::tag::Entity>,
});

entity!(tag "tag" {
    #[sea_orm(has_many, via = "post_tag")]
    pub posts: HasMany<super::post::Entity>,
});

entity!(post_tag (table_name = "post_tag") {
    #[sea_orm(primary_key, auto_increment = false)]
    pub post_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag_id: i32,
    #[sea_orm(belongs_to, from = "post_id", to = "id", on_delete = "Cascade")]
    pub post: BelongsTo<super::post::Entity>,
    #[sea_orm(belongs_to, from = "tag_id", to = "id", on_delete = "Cascade")]
    pub tag: BelongsTo<super::tag::Entity>,
});

const POST_AND_TAG: &str = "CREATE TABLE post ({pk});
CREATE TABLE tag ({pk});
INSERT INTO post DEFAULT VALUES;
INSERT INTO tag DEFAULT VALUES";

fn c07_junction() -> Case {
    let key = Sql::Each {
        sqlite: "SELECT group_concat(name, ', ') FROM \
                 (SELECT name FROM pragma_table_info('post_tag') WHERE pk > 0 ORDER BY pk)",
        postgres: "SELECT substring(pg_get_constraintdef(oid) from '\\((.*)\\)') FROM pg_constraint \
                   WHERE contype = 'p' AND conrelid = 'post_tag'::regclass",
    };
    let expect = Expect::plan(&["CreateTable(post_tag)"], &["DropTable(post_tag)"]);
    Case::new("c07_junction", Both, Sql::both(POST_AND_TAG))
        .step(entities!(post, tag, post_tag), expect)
        .holds(key, "post_id, tag_id")
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM post"), "1")
}

entity!(writer "writer" {
    pub name: String,
});

const AUTHOR: Sql = Sql::both(
    "CREATE TABLE author ({pk}, name varchar NOT NULL);
INSERT INTO author (name) VALUES ('O''Brien'), ('Čapek'), ('')",
);

fn c09_table_rename_asked() -> Case {
    let expect = Expect::Question { says: &["--rename author:writer", "--no-rename"] };
    Case::new("c09_table_rename_asked", Both, AUTHOR)
        .step(entities!(writer), expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM author"), "3")
}

fn c09_table_rename_by_flag() -> Case {
    let expect = Expect::plan(&["RenameTable(author→writer)"], &["RenameTable(writer→author)"]);
    Case::new("c09_table_rename_by_flag", Both, AUTHOR)
        .step_with(entities!(writer), &["--rename author:writer"], expect)
        .holds(Sql::both("SELECT name FROM writer WHERE id = 1"), "O'Brien")
}

fn c09_table_rename_refused() -> Case {
    let expect = Expect::lossy(
        &["CreateTable(writer)", "DropTable(author)"],
        &["CreateTable(author)", "DropTable(writer)"],
    );
    Case::new("c09_table_rename_refused", Both, AUTHOR)
        .step_with(entities!(writer), &["--strict", "--no-rename", "--allow-destructive"], expect)
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM writer"), "0")
}

entity!(book_of_writer "book" {
    #[sea_orm(renamed_from = "author_id")]
    pub writer_id: i32,
    #[sea_orm(belongs_to, from = "writer_id", to = "id")]
    pub writer: BelongsTo<super::writer::Entity>,
});

fn c10_table_rename_with_inbound_fk() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE author ({pk}, name varchar NOT NULL);
CREATE TABLE book (
    {pk},
    author_id integer NOT NULL,
    CONSTRAINT "fk-book-author_id" FOREIGN KEY (author_id) REFERENCES author (id)
);
INSERT INTO author (name) VALUES ('O''Brien'), ('Čapek');
INSERT INTO book (author_id) VALUES (2), (2), (1)"#,
    );
    let points_at = Sql::Each {
        sqlite: r#"SELECT "from" || ' ' || "table" FROM pragma_foreign_key_list('book')"#,
        postgres: "SELECT 'writer_id ' || confrelid::regclass::text FROM pg_constraint \
                   WHERE contype = 'f' AND conrelid = 'book'::regclass",
    };
    let expect = Expect::plan(
        &["RenameTable(author→writer)", "RenameColumn(book.author_id→writer_id)"],
        &["RenameColumn(book.writer_id→author_id)", "RenameTable(writer→author)"],
    );
    Case::new("c10_table_rename_with_inbound_fk", Both, before)
        .step_with(entities!(book_of_writer, writer), &["--rename author:writer"], expect)
        .holds(points_at, "writer_id writer")
        .holds(
            Sql::both(
                "SELECT CAST(count(*) AS text) FROM book JOIN writer ON writer.id = writer_id",
            ),
            "3",
        )
}

entity!(p2 "p2" {});

entity!(c2 "c2" {
    pub p2_id: i32,
    #[sea_orm(belongs_to, from = "p2_id", to = "id")]
    pub p2: BelongsTo<super::p2::Entity>,
});

fn c12_many_tables_at_once() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id)
);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1)"#,
    );
    let expect = Expect::lossy(
        &["CreateTable(p2)", "CreateTable(c2)", "DropTable(c)", "DropTable(p)"],
        &["CreateTable(p)", "CreateTable(c)", "DropTable(c2)", "DropTable(p2)"],
    );
    Case::new("c12_many_tables_at_once", Both, before).step_with(
        entities!(c2, p2),
        &["--strict", "--no-rename", "--allow-destructive"],
        expect,
    )
}

fn c14_second_run() -> Case {
    let expect = Expect::plan(&["CreateTable(item)"], &["DropTable(item)"]);
    Case::new("c14_second_run", Both, Sql::NONE)
        .step(entities!(item), expect)
        .step(entities!(item), Expect::Nothing)
}
