//! Section C, types and nullability.

use crate::case::{Backends::Both, Case, Expect, Sql, entities, entity};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c33_widen_varchar(),
        c33_narrow_varchar(),
        c35_varchar_to_text(),
        c37_text_to_integer(),
        c37_text_to_integer_unmet(),
        c37_text_to_integer_using(),
        c38_numeric_precision(),
        c38_numeric_scale(),
        c40_not_null_asked(),
        c40_not_null_by_flag(),
        c41_not_null_without_nulls(),
        c42_drop_not_null(),
    ]
}

entity!(name_200 "u" {
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub name: String,
});

const COUNT: Sql = Sql::both("SELECT CAST(count(*) AS text) FROM u");

const LENGTHS: Sql = Sql::both("SELECT CAST(sum(length(name)) AS text) FROM u");

fn c33_widen_varchar() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, name varchar(50) NOT NULL);
INSERT INTO u (name) VALUES ('O''Brien'), ('Čapek'), ({text 50})",
    );
    let expect = Expect::plan(&["AlterType(u.name)"], &["AlterType(u.name)"]);
    Case::new("c33_widen_varchar", Both, before)
        .step(entities!(name_200), expect)
        .keeps(LENGTHS, "62")
}

/// What `down` of the case before runs into when a long name came in between.
fn c33_narrow_varchar() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, name varchar(300) NOT NULL);
INSERT INTO u (name) VALUES ('O''Brien'), ({text 200}), ({text 201})",
    );
    let expect = Expect::Unmet {
        up: &["AlterType(u.name)"],
        down: &["AlterType(u.name)"],
        clean: Sql::both("UPDATE u SET name = {text 200} WHERE id = 3"),
        says: &["name", "200"],
    };
    Case::new("c33_narrow_varchar", Both, before)
        .step(entities!(name_200), expect)
        .holds(LENGTHS, "407")
}

entity!(body "u" {
    #[sea_orm(column_type = "Text")]
    pub name: String,
});

fn c35_varchar_to_text() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, name varchar(100) NOT NULL);
INSERT INTO u (name) VALUES ('O''Brien'), ('Čapek'), ({text 100})",
    );
    let expect = Expect::plan(&["AlterType(u.name)"], &["AlterType(u.name)"]);
    Case::new("c35_varchar_to_text", Both, before)
        .step(entities!(body), expect)
        .keeps(LENGTHS, "112")
}

entity!(number "t" {
    pub n: i32,
});

const SUM: Sql = Sql::both("SELECT CAST(sum(n) AS text) FROM t");

fn c37_text_to_integer() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, n varchar NOT NULL);
INSERT INTO t (n) VALUES ('1'), ('2'), ('-30')",
    );
    let expect = Expect::plan(&["AlterType(t.n)"], &["AlterType(t.n)"]);
    Case::new("c37_text_to_integer", Both, before)
        .step(entities!(number), expect)
        .holds(SUM, "-27")
        .keeps(Sql::both("SELECT CAST(n AS text) FROM t WHERE id = 3"), "-30")
}

const WITH_A_LETTER: Sql = Sql::both(
    "CREATE TABLE t ({pk}, n varchar NOT NULL);
INSERT INTO t (n) VALUES ('1'), ('2'), ('x')",
);

/// SQLite's CAST would make a silent 0 of it.
fn c37_text_to_integer_unmet() -> Case {
    let expect = Expect::Unmet {
        up: &["AlterType(t.n)"],
        down: &["AlterType(t.n)"],
        clean: Sql::both("UPDATE t SET n = '3' WHERE n = 'x'"),
        says: &["n", "1"],
    };
    Case::new("c37_text_to_integer_unmet", Both, WITH_A_LETTER)
        .step(entities!(number), expect)
        .holds(SUM, "6")
}

fn c37_text_to_integer_using() -> Case {
    let flags = ["--using t.n=CASE WHEN n = 'x' THEN 10 ELSE CAST(n AS integer) END"];
    let expect = Expect::lossy(&["AlterType(t.n)"], &["AlterType(t.n)"]);
    Case::new("c37_text_to_integer_using", Both, WITH_A_LETTER)
        .step_with(entities!(number), &flags, expect)
        .holds(SUM, "13")
}

entity!(amount_10_2 "t" {
    #[sea_orm(column_type = "Decimal(Some((10, 2)))")]
    pub amount: Decimal,
});

entity!(amount_10_4 "t" {
    #[sea_orm(column_type = "Decimal(Some((10, 4)))")]
    pub amount: Decimal,
});

const AMOUNT_8_2: Sql = Sql::both(
    "CREATE TABLE t ({pk}, amount {decimal 8 2} NOT NULL);
INSERT INTO t (amount) VALUES (0), (-0.25), (999999.75)",
);

const AMOUNTS: Sql =
    Sql::both("SELECT CAST(count(*) AS text) FROM t WHERE amount IN (0, -0.25, 999999.75)");

fn c38_numeric_precision() -> Case {
    let expect = Expect::plan(&["AlterType(t.amount)"], &["AlterType(t.amount)"]);
    Case::new("c38_numeric_precision", Both, AMOUNT_8_2)
        .step(entities!(amount_10_2), expect)
        .keeps(AMOUNTS, "3")
}

fn c38_numeric_scale() -> Case {
    let expect = Expect::plan(&["AlterType(t.amount)"], &["AlterType(t.amount)"]);
    Case::new("c38_numeric_scale", Both, AMOUNT_8_2)
        .step(entities!(amount_10_4), expect)
        .keeps(AMOUNTS, "3")
}

entity!(name_not_null "u" {
    pub name: String,
});

entity!(name_nullable "u" {
    pub name: Option<String>,
});

const WITH_NULL: Sql = Sql::both(
    "CREATE TABLE u ({pk}, name varchar);
INSERT INTO u (name) VALUES ('O''Brien'), (NULL), ({text 200})",
);

fn c40_not_null_asked() -> Case {
    let expect = Expect::Question { says: &["u.name", "--default u.name="] };
    Case::new("c40_not_null_asked", Both, WITH_NULL)
        .step(entities!(name_not_null), expect)
        .keeps(COUNT, "3")
}

/// `down` cannot know which names were NULL.
fn c40_not_null_by_flag() -> Case {
    let expect = Expect::lossy(&["Backfill(u.name)", "AlterNull(u.name)"], &["AlterNull(u.name)"]);
    Case::new("c40_not_null_by_flag", Both, WITH_NULL)
        .step_with(entities!(name_not_null), &["--default u.name='it''s nobody'"], expect)
        .holds(Sql::both("SELECT name FROM u WHERE id = 2"), "it's nobody")
        .keeps(COUNT, "3")
}

const WITHOUT_NULL: &str = "CREATE TABLE u ({pk}, name varchar);
INSERT INTO u (name) VALUES ('O''Brien'), (''), ({text 200})";

fn c41_not_null_without_nulls() -> Case {
    let expect = Expect::plan(&["AlterNull(u.name)"], &["AlterNull(u.name)"]);
    Case::new("c41_not_null_without_nulls", Both, Sql::both(WITHOUT_NULL))
        .step(entities!(name_not_null), expect)
        .keeps(LENGTHS, "207")
}

fn c42_drop_not_null() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, name varchar NOT NULL);
INSERT INTO u (name) VALUES ('O''Brien'), (''), ({text 200})",
    );
    let expect = Expect::plan(&["AlterNull(u.name)"], &["AlterNull(u.name)"]);
    Case::new("c42_drop_not_null", Both, before)
        .step(entities!(name_nullable), expect)
        .keeps(LENGTHS, "207")
}
