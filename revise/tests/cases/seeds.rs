//! Seeds from the bug lists of other tools.

use sea_revise::{Entities, schema::Index};

use crate::case::{
    Backends::{Both, Postgres},
    Case, Expect, Sql, entities, entity,
};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        seed_nextval_of_another_schema(),
        seed_generated_column(),
        seed_default_of_the_program(),
        seed_index_changes_case(),
        seed_parent_goes_with_the_key(),
        seed_parent_goes_and_the_column_stays(),
        seed_junction_goes(),
        seed_rename_keeps_null_and_default(),
        seed_type_change_keeps_the_rest(),
        seed_type_change_keeps_the_collation(),
        seed_only_one_table(),
        seed_except_one_table(),
        seed_rowid_as_a_name(),
        seed_rowid_as_a_name_in_a_rebuild(),
    ]
}

entity!(numbered "t" {
    #[sea_orm(default_expr = "Expr::cust(\"nextval('s.numbers')\")")]
    pub n: i64,
});

fn seed_nextval_of_another_schema() -> Case {
    let before = Sql::both(
        "CREATE SCHEMA s;
CREATE SEQUENCE s.numbers;
CREATE TABLE t ({pk}, n bigint NOT NULL DEFAULT nextval('s.numbers'))",
    );
    Case::new("seed_nextval_of_another_schema", Postgres, before)
        .step(entities!(numbered), Expect::Nothing)
}

entity!(generated "t" {
    pub name: String,
    #[sea_orm(nullable, extra = "GENERATED ALWAYS AS (lower(name)) STORED")]
    pub lower_name: Option<String>,
});

/// PostgreSQL writes a cast into the expression.
fn seed_generated_column() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, name varchar NOT NULL, lower_name varchar GENERATED ALWAYS AS (lower(name)) STORED);
INSERT INTO t (name) VALUES ('O''Brien')",
    );
    Case::new("seed_generated_column", Both, before)
        .step(entities!(generated), Expect::Nothing)
        .keeps(Sql::both("SELECT lower_name FROM t"), "o'brien")
}

#[expect(dead_code, reason = "SeaORM's macros write more than the cases use")]
mod client_default {
    use sea_orm::{Set, entity::prelude::*};

    // As in the macro for the other entities.
    const DEAD: () = ();

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "t")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub n: i32,
    }

    impl ActiveModelBehavior for ActiveModel {
        fn new() -> Self {
            Self { n: Set(7), ..ActiveModelTrait::default() }
        }
    }
}

fn seed_default_of_the_program() -> Case {
    Case::new(
        "seed_default_of_the_program",
        Both,
        Sql::both("CREATE TABLE t ({pk}, n integer NOT NULL)"),
    )
    .step(entities!(client_default), Expect::Nothing)
}

entity!(ab "t" {
    pub a: i32,
    pub b: i32,
});

/// To SQLite the names of both indexes are one, so the old one has to go first.
fn seed_index_changes_case() -> Case {
    let lower = || Entities::new().add(ab::Entity).index("t", Index::new("ix_t", ["a"]));
    let upper = || Entities::new().add(ab::Entity).index("t", Index::new("IX_T", ["b"]));
    let before = Sql::both("CREATE TABLE t ({pk}, a integer NOT NULL, b integer NOT NULL)");
    let changes = Expect::plan(
        &["DropIndex(t: ix_t)", "CreateIndex(t: IX_T)"],
        &["DropIndex(t: IX_T)", "CreateIndex(t: ix_t)"],
    );
    Case::new("seed_index_changes_case", Both, before)
        .step(lower, Expect::plan(&["CreateIndex(t: ix_t)"], &["DropIndex(t: ix_t)"]))
        .step(upper, changes)
}

const PARENT_AND_CHILD: Sql = Sql::both(
    r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE
);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1), (1), (1)"#,
);

const COUNT: Sql = Sql::both("SELECT CAST(count(*) AS text) FROM c");

entity!(c "c" {});

entity!(c_with_number "c" {
    pub p_id: i32,
});

fn seed_parent_goes_with_the_key() -> Case {
    let expect = Expect::lossy(
        &["DropFk(c: p_id)", "DropColumn(c.p_id)", "DropTable(p)"],
        &["CreateTable(p)", "AddColumn(c.p_id)", "AddFk(c: p_id)"],
    );
    Case::new("seed_parent_goes_with_the_key", Both, PARENT_AND_CHILD)
        .step_with(entities!(c), &["--strict", "--allow-destructive"], expect)
        .keeps(COUNT, "3")
}

/// After `down` the parent has no rows, and rows that point at nothing stop it from adding the key.
fn seed_parent_goes_and_the_column_stays() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE
)"#,
    );
    let expect =
        Expect::lossy(&["DropFk(c: p_id)", "DropTable(p)"], &["CreateTable(p)", "AddFk(c: p_id)"]);
    Case::new("seed_parent_goes_and_the_column_stays", Both, before).step_with(
        entities!(c_with_number),
        &["--strict", "--allow-destructive"],
        expect,
    )
}

entity!(post "post" {});

fn seed_junction_goes() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE post ({pk});
CREATE TABLE tag ({pk});
CREATE TABLE a_junction (
    post_id integer NOT NULL,
    tag_id integer NOT NULL,
    CONSTRAINT "pk-a_junction" PRIMARY KEY (post_id, tag_id),
    CONSTRAINT "fk-a_junction-post_id" FOREIGN KEY (post_id) REFERENCES post (id) ON DELETE CASCADE,
    CONSTRAINT "fk-a_junction-tag_id" FOREIGN KEY (tag_id) REFERENCES tag (id) ON DELETE CASCADE
);
INSERT INTO post DEFAULT VALUES;
INSERT INTO tag DEFAULT VALUES;
INSERT INTO a_junction (post_id, tag_id) VALUES (1, 1)"#,
    );
    let expect = Expect::lossy(
        &["DropTable(a_junction)", "DropTable(tag)"],
        &["CreateTable(tag)", "CreateTable(a_junction)"],
    );
    Case::new("seed_junction_goes", Both, before)
        .step_with(entities!(post), &["--strict", "--allow-destructive"], expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM post"), "1")
}

entity!(renamed "t" {
    #[sea_orm(renamed_from = "a", column_type = "String(StringLen::N(10))", nullable, default_value = "it's")]
    pub b: Option<String>,
});

fn seed_rename_keeps_null_and_default() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, a varchar(10) DEFAULT 'it''s');
INSERT INTO t (a) VALUES (NULL), ('žluť');
INSERT INTO t DEFAULT VALUES",
    );
    let expect = Expect::plan(&["RenameColumn(t.a→b)"], &["RenameColumn(t.b→a)"]);
    Case::new("seed_rename_keeps_null_and_default", Both, before)
        .step(entities!(renamed), expect)
        .holds(Sql::both("SELECT CAST(count(b) AS text) FROM t"), "2")
        .holds(Sql::both("SELECT b FROM t WHERE id = 3"), "it's")
}

entity!(wider "t" {
    #[sea_orm(
        column_type = "String(StringLen::N(20))",
        nullable,
        unique,
        default_value = "it's",
        comment = "said so"
    )]
    pub a: Option<String>,
});

fn seed_type_change_keeps_the_rest() -> Case {
    let before = Sql::Each {
        sqlite: "CREATE TABLE t ({pk}, a varchar(10) DEFAULT 'it''s' UNIQUE);
INSERT INTO t (a) VALUES (NULL), ({text 10});
INSERT INTO t DEFAULT VALUES",
        postgres: "CREATE TABLE t ({pk}, a varchar(10) DEFAULT 'it''s' UNIQUE);
COMMENT ON COLUMN t.a IS 'said so';
INSERT INTO t (a) VALUES (NULL), ({text 10});
INSERT INTO t DEFAULT VALUES",
    };
    let comment = Sql::Each {
        sqlite: "SELECT 'said so'",
        postgres: "SELECT col_description('t'::regclass, 2)",
    };
    Case::new("seed_type_change_keeps_the_rest", Both, before)
        .step(entities!(wider), Expect::plan(&["AlterType(t.a)"], &["AlterType(t.a)"]))
        .keeps(comment, "said so")
        .keeps(Sql::both("SELECT CAST(count(a) AS text) FROM t"), "2")
        .keeps(Sql::both("SELECT a FROM t WHERE id = 3"), "it's")
}

entity!(collated "t" {
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub a: String,
});

/// An entity has no words for a collation, so it does not ask for another one.
fn seed_type_change_keeps_the_collation() -> Case {
    let before = Sql::Each {
        sqlite: "CREATE TABLE t ({pk}, a varchar(10) NOT NULL COLLATE NOCASE);
INSERT INTO t (a) VALUES ('a'), ('B')",
        postgres: r#"CREATE TABLE t ({pk}, a varchar(10) COLLATE "POSIX" NOT NULL);
INSERT INTO t (a) VALUES ('a'), ('B')"#,
    };
    let collation = Sql::Each {
        sqlite: "SELECT CAST(count(*) AS text) FROM t WHERE a IN ('A')",
        postgres: "SELECT count(*)::text FROM pg_attribute JOIN pg_collation c ON c.oid = attcollation \
                   WHERE attrelid = 't'::regclass AND attname = 'a' AND collname = 'POSIX'",
    };
    Case::new("seed_type_change_keeps_the_collation", Both, before)
        .step(entities!(collated), Expect::plan(&["AlterType(t.a)"], &["AlterType(t.a)"]))
        .keeps(collation, "1")
}

entity!(other "other" {});

fn seed_only_one_table() -> Case {
    let expect = Expect::plan(&["CreateTable(post)"], &["DropTable(post)"]);
    Case::new("seed_only_one_table", Both, Sql::NONE).step_with(
        entities!(other, post),
        &["--only post"],
        expect,
    )
}

fn seed_except_one_table() -> Case {
    let expect = Expect::plan(&["CreateTable(post)"], &["DropTable(post)"]);
    Case::new("seed_except_one_table", Both, Sql::NONE).step_with(
        entities!(other, post),
        &["--exclude other"],
        expect,
    )
}

entity!(rowid "t" {
    pub rowid: i32,
});

fn seed_rowid_as_a_name() -> Case {
    Case::new("seed_rowid_as_a_name", Both, Sql::NONE)
        .step(entities!(rowid), Expect::plan(&["CreateTable(t)"], &["DropTable(t)"]))
}

fn seed_rowid_as_a_name_in_a_rebuild() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, rowid integer);
INSERT INTO t (rowid) VALUES (30), (10), (10)",
    );
    Case::new("seed_rowid_as_a_name_in_a_rebuild", Both, before)
        .step(entities!(rowid), Expect::plan(&["AlterNull(t.rowid)"], &["AlterNull(t.rowid)"]))
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM t WHERE rowid = 10"), "2")
        .keeps(Sql::both("SELECT CAST(rowid AS text) FROM t WHERE id = 1"), "30")
}
