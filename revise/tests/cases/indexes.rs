//! Section D, indexes and uniques.

use sea_revise::{
    Entities,
    schema::{Index, IndexColumn},
};

use crate::case::{
    Backends::{Both, Postgres},
    Case, Expect, Sql, entities, entity,
};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c49_add_index(),
        c50_drop_index(),
        c52_unique_constraint(),
        c52_unique_index(),
        c52_unique_with_duplicates(),
        c54_composite_column_order(),
        c55_sort_order(),
        c55_sort_order_spelt_out(),
        c55_nulls_first_spelt_out(),
        c56_handmade_indexes_stay(),
        c56_handmade_indexes_survive_a_rebuild(),
        c57_index_name(),
        c57_index_name_strict(),
        c59_fk_without_index(),
    ]
}

entity!(plain "user" {
    pub email: String,
});

entity!(indexed "user" {
    #[sea_orm(indexed)]
    pub email: String,
});

const USER: Sql = Sql::both(
    r#"CREATE TABLE "user" ({pk}, email varchar NOT NULL);
INSERT INTO "user" (email) VALUES ('o''brien@example.org'), ('č@example.org'), ({text 200})"#,
);

fn c49_add_index() -> Case {
    let expect =
        Expect::plan(&["CreateIndex(user: idx-user-email)"], &["DropIndex(user: idx-user-email)"]);
    Case::new("c49_add_index", Both, USER)
        .step(entities!(indexed), expect)
        .keeps(Sql::both(r#"SELECT CAST(count(*) AS text) FROM "user""#), "3")
}

fn c50_drop_index() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE "user" ({pk}, email varchar NOT NULL);
CREATE INDEX "idx-user-email" ON "user" (email)"#,
    );
    let expect =
        Expect::plan(&["DropIndex(user: idx-user-email)"], &["CreateIndex(user: idx-user-email)"]);
    Case::new("c50_drop_index", Both, before).step_with(entities!(plain), &["--strict"], expect)
}

entity!(unique "u" {
    #[sea_orm(unique)]
    pub email: String,
});

entity!(not_unique "u" {
    pub email: String,
});

fn c52_unique_constraint() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, email varchar NOT NULL UNIQUE);
INSERT INTO u (email) VALUES ('o''brien@example.org'), ('č@example.org'), ({text 200})",
    );
    let expect = Expect::plan(&["DropUnique(u: email)"], &["AddUnique(u: email)"]);
    Case::new("c52_unique_constraint", Both, before)
        .step(entities!(unique), Expect::Nothing)
        .step_with(entities!(not_unique), &["--strict"], expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM u"), "3")
}

/// An index is not dropped by DROP CONSTRAINT, which is what SeaORM's `sync` tries.
fn c52_unique_index() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE u ({pk}, email varchar NOT NULL);
CREATE UNIQUE INDEX "idx-u-email" ON u (email);
INSERT INTO u (email) VALUES ('o''brien@example.org'), ('č@example.org'), ({text 200})"#,
    );
    let expect = Expect::plan(&["DropIndex(u: idx-u-email)"], &["CreateIndex(u: idx-u-email)"]);
    Case::new("c52_unique_index", Postgres, before)
        .step(entities!(unique), Expect::Nothing)
        .step_with(entities!(not_unique), &["--strict"], expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM u"), "3")
}

fn c52_unique_with_duplicates() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, email varchar NOT NULL);
INSERT INTO u (email) VALUES ('o''brien@example.org'), ('č@example.org'), ('č@example.org')",
    );
    let expect = Expect::Unmet {
        up: &["AddUnique(u: email)"],
        down: &["DropUnique(u: email)"],
        clean: Sql::both("DELETE FROM u WHERE id = 3"),
        says: &["email", "id 2, 3"],
    };
    Case::new("c52_unique_with_duplicates", Both, before)
        .step(entities!(unique), expect)
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM u"), "2")
}

entity!(t "t" {
    pub x: i32,
    pub y: Option<i32>,
});

/// `t` with an index of this name on these columns.
macro_rules! claimed {
    ($name:literal, $columns:expr) => {
        || Entities::new().add(t::Entity).index("t", Index::new($name, $columns))
    };
}

fn change_t_index() -> Expect {
    let anew: &[&str] = &["DropIndex(t: t_index)", "CreateIndex(t: t_index)"];
    Expect::plan(anew, anew)
}

fn c54_composite_column_order() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, x integer NOT NULL, y integer);
CREATE INDEX t_index ON t (x, y);
INSERT INTO t (x, y) VALUES (1, 2), (1, NULL), (-1, 2)",
    );
    Case::new("c54_composite_column_order", Both, before)
        .step(claimed!("t_index", ["x", "y"]), Expect::Nothing)
        .step(claimed!("t_index", ["y", "x"]), change_t_index())
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM t"), "3")
}

const DESCENDING: &str = "CREATE TABLE t ({pk}, x integer NOT NULL, y integer);
CREATE INDEX t_index ON t (y DESC)";

fn descending() -> Entities {
    let index = Index::new("t_index", []).column(IndexColumn::new("y").descending());
    Entities::new().add(t::Entity).index("t", index)
}

fn c55_sort_order() -> Case {
    Case::new("c55_sort_order", Both, Sql::both(DESCENDING))
        .step(descending, Expect::Nothing)
        .step(claimed!("t_index", ["y"]), change_t_index())
}

fn c55_sort_order_spelt_out() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, x integer NOT NULL, y integer);
CREATE INDEX t_index ON t (y ASC)",
    );
    Case::new("c55_sort_order_spelt_out", Both, before)
        .step(claimed!("t_index", ["y"]), Expect::Nothing)
}

fn c55_nulls_first_spelt_out() -> Case {
    let nulls_first = || {
        let column = IndexColumn::new("y").descending().nulls_first(true);
        Entities::new().add(t::Entity).index("t", Index::new("t_index", []).column(column))
    };
    Case::new("c55_nulls_first_spelt_out", Postgres, Sql::both(DESCENDING))
        .step(nulls_first, Expect::Nothing)
        .step(descending, Expect::Nothing)
}

entity!(tenant "u" {
    pub tenant_id: i32,
    pub email: Option<String>,
    pub active: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: String,
});

entity!(tenant_with_email "u" {
    pub tenant_id: i32,
    pub email: String,
    pub active: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: String,
});

const HANDMADE: Sql = Sql::Each {
    sqlite: r#"CREATE TABLE u ({pk}, tenant_id integer NOT NULL, email varchar, active boolean NOT NULL, tags {jsonb} NOT NULL);
CREATE UNIQUE INDEX one_active ON u (tenant_id) WHERE active;
CREATE INDEX lower_email ON u (lower(email));
INSERT INTO u (tenant_id, email, active, tags) VALUES (1, 'O''Brien@example.org', true, '[]'), (1, '', false, '["ž"]')"#,
    postgres: r#"CREATE TABLE u ({pk}, tenant_id integer NOT NULL, email varchar, active boolean NOT NULL, tags {jsonb} NOT NULL);
CREATE UNIQUE INDEX one_active ON u (tenant_id) WHERE active;
CREATE INDEX lower_email ON u (lower(email));
CREATE INDEX tags_gin ON u USING gin (tags);
CREATE INDEX tenant_with_email ON u (tenant_id) INCLUDE (email);
INSERT INTO u (tenant_id, email, active, tags) VALUES (1, 'O''Brien@example.org', true, '[]'), (1, '', false, '["ž"]')"#,
};

fn handmade(name: &'static str) -> Case {
    let names = Sql::Each {
        sqlite: "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema \
                 WHERE type = 'index' AND tbl_name = 'u' \
                 AND (sql LIKE '% (lower(email))' OR sql LIKE '% WHERE active') ORDER BY name)",
        postgres: "SELECT string_agg(indexname, ' ' ORDER BY indexname) FILTER (WHERE indexdef LIKE '%lower(%email%' \
                   OR indexdef LIKE '% WHERE active') FROM pg_indexes WHERE tablename = 'u'",
    };
    let special = Sql::Each {
        sqlite: "SELECT '2'",
        postgres: "SELECT CAST(count(*) AS text) FROM pg_indexes WHERE tablename = 'u' \
                   AND (indexdef LIKE '% USING gin (tags)' OR indexdef LIKE '% (tenant_id) INCLUDE (email)')",
    };
    Case::new(name, Both, HANDMADE)
        .keeps(names, "lower_email one_active")
        .keeps(special, "2")
        .unmanaged(Both, "one_active")
        .unmanaged(Both, "lower_email")
        .unmanaged(Postgres, "tags_gin")
        .unmanaged(Postgres, "tenant_with_email")
}

fn c56_handmade_indexes_stay() -> Case {
    handmade("c56_handmade_indexes_stay").step(entities!(tenant), Expect::Nothing)
}

fn c56_handmade_indexes_survive_a_rebuild() -> Case {
    let expect = Expect::plan(&["AlterNull(u.email)"], &["AlterNull(u.email)"]);
    handmade("c56_handmade_indexes_survive_a_rebuild").step(entities!(tenant_with_email), expect)
}

const OTHERWISE_NAMED: Sql = Sql::both(
    r#"CREATE TABLE "user" ({pk}, email varchar NOT NULL);
CREATE INDEX ix_user_email ON "user" (email)"#,
);

fn c57_index_name() -> Case {
    Case::new("c57_index_name", Both, OTHERWISE_NAMED).step(entities!(indexed), Expect::Nothing)
}

fn c57_index_name_strict() -> Case {
    let expect = Expect::plan(
        &["RenameIndex(user: ix_user_email→idx-user-email)"],
        &["RenameIndex(user: idx-user-email→ix_user_email)"],
    );
    Case::new("c57_index_name_strict", Both, OTHERWISE_NAMED).step_with(
        entities!(indexed),
        &["--names strict"],
        expect,
    )
}

entity!(p "p" {});

entity!(c "c" {
    pub p_id: i32,
    #[sea_orm(belongs_to, from = "p_id", to = "id")]
    pub p: BelongsTo<super::p::Entity>,
});

fn c59_fk_without_index() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id)
)"#,
    );
    Case::new("c59_fk_without_index", Both, before).step(entities!(p, c), Expect::Nothing)
}
