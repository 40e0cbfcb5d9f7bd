//! Section E: check constraints.

use crate::case::{Backends::Both, Case, Expect, Sql, entities, entity};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c66_handmade_checks_stay(),
        c66_handmade_checks_survive_a_rebuild(),
        c66_check_by_attribute(),
        c66_check_by_attribute_unmet(),
    ]
}

entity!(amount "t" {
    pub amount: i32,
    pub note: Option<String>,
});

entity!(amount_with_note "t" {
    pub amount: i32,
    pub note: String,
});

/// One check has a name, one has none.
fn handmade(name: &'static str) -> Case {
    let before = Sql::both(
        "CREATE TABLE t (
    {pk},
    amount integer NOT NULL,
    note varchar,
    CONSTRAINT ck CHECK (amount >= 0),
    CHECK (amount < 1000000)
);
INSERT INTO t (amount, note) VALUES (0, 'it''s'), (999999, 'žluť'), (1, {text 200})",
    );
    let checks = Sql::Each {
        sqlite: "SELECT CAST(count(*) AS text) FROM sqlite_schema WHERE name = 't' \
                 AND sql LIKE '%ck%check%amount%>=%0%' AND sql LIKE '%check%amount%<%1000000%'",
        postgres: "SELECT CASE WHEN count(*) = 2 AND count(*) FILTER (WHERE conname = 'ck') = 1 THEN '1' END \
                   FROM pg_constraint WHERE contype = 'c' AND conrelid = 't'::regclass",
    };
    Case::new(name, Both, before).keeps(checks, "1").unmanaged(Both, "ck")
}

fn c66_handmade_checks_stay() -> Case {
    handmade("c66_handmade_checks_stay").step(entities!(amount), Expect::Nothing)
}

fn c66_handmade_checks_survive_a_rebuild() -> Case {
    let expect = Expect::plan(&["AlterNull(t.note)"], &["AlterNull(t.note)"]);
    handmade("c66_handmade_checks_survive_a_rebuild").step(entities!(amount_with_note), expect)
}

entity!(checked "t" {
    #[sea_orm(extra = "CHECK (amount >= 0)")]
    pub amount: i32,
});

entity!(not_checked "t" {
    pub amount: i32,
});

const COUNT: Sql = Sql::both("SELECT CAST(count(*) AS text) FROM t");

/// What a migration brought is not handmade, so it goes when the attribute goes.
fn c66_check_by_attribute() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, amount integer NOT NULL);
INSERT INTO t (amount) VALUES (0), (1), (2147483647)",
    );
    Case::new("c66_check_by_attribute", Both, before)
        .step(entities!(checked), Expect::plan(&["AddCheck(t)"], &["DropCheck(t)"]))
        .step(entities!(not_checked), Expect::plan(&["DropCheck(t)"], &["AddCheck(t)"]))
        .keeps(COUNT, "3")
}

fn c66_check_by_attribute_unmet() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, amount integer NOT NULL);
INSERT INTO t (amount) VALUES (0), (-5), (1)",
    );
    let expect = Expect::Unmet {
        up: &["AddCheck(t)"],
        down: &["DropCheck(t)"],
        clean: Sql::both("UPDATE t SET amount = 5 WHERE amount = -5"),
        says: &["amount >= 0", "1"],
    };
    Case::new("c66_check_by_attribute_unmet", Both, before)
        .step(entities!(checked), expect)
        .keeps(COUNT, "3")
}
