//! Section B, columns: adding and dropping them.

use crate::case::{Backends::Both, Case, Expect, Sql, entities, entity};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c15_add_nullable_column(),
        c16_add_not_null_with_default(),
        c17_add_not_null_without_default_asked(),
        c17_add_not_null_without_default(),
        c18_add_unique_column(),
        c20_column_order(),
        c21_drop_plain_column_asked(),
        c21_drop_plain_column(),
        c21_drop_not_null_column(),
        c22_drop_indexed_column(),
        c22_drop_column_of_a_wider_index(),
        c24_drop_fk_column(),
    ]
}

entity!(address "address" {
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub email_address: String,
    #[sea_orm(column_type = "String(StringLen::N(50))", nullable)]
    pub street: Option<String>,
});

fn c15_add_nullable_column() -> Case {
    let before = Sql::both(
        "CREATE TABLE address ({pk}, email_address varchar(100) NOT NULL);
INSERT INTO address (email_address) VALUES ('o''brien@example.org'), ('čapek@example.org'), ({text 100})",
    );
    let expect = Expect::plan(&["AddColumn(address.street)"], &["DropColumn(address.street)"]);
    Case::new("c15_add_nullable_column", Both, before)
        .step(entities!(address), expect)
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM address WHERE street IS NULL"), "3")
        .keeps(Sql::both("SELECT email_address FROM address WHERE id = 1"), "o'brien@example.org")
}

/// `u` with three rows.
const U: Sql = Sql::both(
    "CREATE TABLE u ({pk});
INSERT INTO u DEFAULT VALUES;
INSERT INTO u DEFAULT VALUES;
INSERT INTO u DEFAULT VALUES",
);

const COUNT: Sql = Sql::both("SELECT CAST(count(*) AS text) FROM u");

/// The default of `u.n`, or `none`.
const DEFAULT_OF_N: Sql = Sql::Each {
    sqlite: "SELECT coalesce(dflt_value, 'none') FROM pragma_table_info('u') WHERE name = 'n'",
    postgres: "SELECT coalesce(column_default, 'none') FROM information_schema.columns \
               WHERE table_schema = current_schema() AND table_name = 'u' AND column_name = 'n'",
};

entity!(u_with_default "u" {
    #[sea_orm(default_value = 7)]
    pub n: i32,
});

fn c16_add_not_null_with_default() -> Case {
    let expect = Expect::plan(&["AddColumn(u.n)"], &["DropColumn(u.n)"]);
    Case::new("c16_add_not_null_with_default", Both, U)
        .step(entities!(u_with_default), expect)
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM u WHERE n = 7"), "3")
        .holds(DEFAULT_OF_N, "7")
        .keeps(COUNT, "3")
}

entity!(u_without_default "u" {
    pub n: i32,
});

fn c17_add_not_null_without_default_asked() -> Case {
    let expect = Expect::Question { says: &["u.n", "--default u.n="] };
    Case::new("c17_add_not_null_without_default_asked", Both, U)
        .step(entities!(u_without_default), expect)
        .keeps(COUNT, "3")
}

/// The value is for the rows that are there: no default may stay behind.
fn c17_add_not_null_without_default() -> Case {
    let expect =
        Expect::plan(&["AddColumn(u.n)", "Backfill(u.n)", "AlterNull(u.n)"], &["DropColumn(u.n)"]);
    Case::new("c17_add_not_null_without_default", Both, U)
        .step_with(entities!(u_without_default), &["--default u.n=6 + 1"], expect)
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM u WHERE n = 7"), "3")
        .holds(DEFAULT_OF_N, "none")
        .keeps(COUNT, "3")
}

entity!(u_with_email "u" {
    #[sea_orm(unique)]
    pub email: Option<String>,
});

fn c18_add_unique_column() -> Case {
    let expect = Expect::plan(
        &["AddColumn(u.email)", "AddUnique(u: email)"],
        &["DropUnique(u: email)", "DropColumn(u.email)"],
    );
    Case::new("c18_add_unique_column", Both, U)
        .step(entities!(u_with_email), expect)
        .keeps(COUNT, "3")
}

entity!(u_with_three "u" {
    pub a: Option<i32>,
    pub b: Option<i32>,
    pub c: Option<i32>,
});

fn c20_column_order() -> Case {
    let columns = Sql::Each {
        sqlite: "SELECT group_concat(name, ' ') FROM pragma_table_info('u')",
        postgres: "SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns \
                   WHERE table_schema = current_schema() AND table_name = 'u'",
    };
    let expect = Expect::plan(
        &["AddColumn(u.a)", "AddColumn(u.b)", "AddColumn(u.c)"],
        &["DropColumn(u.c)", "DropColumn(u.b)", "DropColumn(u.a)"],
    );
    Case::new("c20_column_order", Both, U)
        .step(entities!(u_with_three), expect)
        .holds(columns, "id a b c")
        .keeps(COUNT, "3")
}

entity!(u "u" {});

const U_WITH_PW: Sql = Sql::both(
    "CREATE TABLE u ({pk}, pw varchar(50));
INSERT INTO u (pw) VALUES ('it''s'), (NULL), ({text 50})",
);

fn c21_drop_plain_column_asked() -> Case {
    let expect = Expect::Question { says: &["u.pw", "--allow-destructive"] };
    Case::new("c21_drop_plain_column_asked", Both, U_WITH_PW)
        .step(entities!(u), expect)
        .keeps(Sql::both("SELECT pw FROM u WHERE id = 1"), "it's")
}

fn c21_drop_plain_column() -> Case {
    let expect = Expect::lossy(&["DropColumn(u.pw)"], &["AddColumn(u.pw)"]);
    Case::new("c21_drop_plain_column", Both, U_WITH_PW)
        .step_with(entities!(u), &["--allow-destructive"], expect)
        .keeps(COUNT, "3")
}

/// Nobody knows the values any more, so the column comes back nullable.
fn c21_drop_not_null_column() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, pw varchar(50) NOT NULL);
INSERT INTO u (pw) VALUES ('it''s'), ('žluť'), ({text 50})",
    );
    let expect = Expect::lossy(&["DropColumn(u.pw)"], &["AddColumn(u.pw)"]);
    Case::new("c21_drop_not_null_column", Both, before)
        .step_with(entities!(u), &["--allow-destructive"], expect)
        .keeps(COUNT, "3")
}

fn c22_drop_indexed_column() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, pw varchar(50) NOT NULL);
CREATE INDEX pw_idx ON u (pw);
INSERT INTO u (pw) VALUES ('it''s'), ('žluť'), ({text 50})",
    );
    let expect = Expect::lossy(
        &["DropIndex(u: pw_idx)", "DropColumn(u.pw)"],
        &["AddColumn(u.pw)", "CreateIndex(u: pw_idx)"],
    );
    Case::new("c22_drop_indexed_column", Both, before)
        .step_with(entities!(u), &["--allow-destructive"], expect)
        .keeps(COUNT, "3")
}

entity!(u_with_name "u" {
    pub name: String,
});

/// PostgreSQL drops such an index without a word, so `down` would not bring it back unless it is named.
fn c22_drop_column_of_a_wider_index() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, name varchar NOT NULL, pw varchar(50));
CREATE INDEX name_pw_idx ON u (name, pw);
INSERT INTO u (name, pw) VALUES ('o''brien', 'x'), ('čapek', NULL), ('', {text 50})",
    );
    let expect = Expect::lossy(
        &["DropIndex(u: name_pw_idx)", "DropColumn(u.pw)"],
        &["AddColumn(u.pw)", "CreateIndex(u: name_pw_idx)"],
    );
    Case::new("c22_drop_column_of_a_wider_index", Both, before)
        .step_with(entities!(u_with_name), &["--allow-destructive"], expect)
        .keeps(COUNT, "3")
}

entity!(author "author" {});

entity!(book "book" {});

fn c24_drop_fk_column() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE author ({pk});
CREATE TABLE book (
    {pk},
    author_id integer NOT NULL,
    CONSTRAINT "fk-book-author_id" FOREIGN KEY (author_id) REFERENCES author (id)
);
INSERT INTO author DEFAULT VALUES;
INSERT INTO book (author_id) VALUES (1), (1), (1)"#,
    );
    let expect = Expect::lossy(
        &["DropFk(book: author_id)", "DropColumn(book.author_id)"],
        &["AddColumn(book.author_id)", "AddFk(book: author_id)"],
    );
    Case::new("c24_drop_fk_column", Both, before)
        .step_with(entities!(author, book), &["--allow-destructive"], expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM book"), "3")
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM author"), "1")
}
