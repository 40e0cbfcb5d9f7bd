//! Section C, defaults.

use crate::case::{
    Backends::{Both, Postgres, Sqlite},
    Case, Expect, Sql, entities, entity,
};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c44_default_comes_changes_goes(),
        c44_default_expression_goes(),
        c45_equal_defaults_on_sqlite(),
        c45_equal_defaults_on_postgres(),
        c46_add_column_with_now(),
        c46_add_column_with_uuid(),
    ]
}

entity!(a_is_x "u" {
    #[sea_orm(column_type = "Text", default_value = "x")]
    pub a: String,
});

entity!(a_is_its_y "u" {
    #[sea_orm(column_type = "Text", default_value = "it's y")]
    pub a: String,
});

entity!(a_has_none "u" {
    #[sea_orm(column_type = "Text")]
    pub a: String,
});

fn c44_default_comes_changes_goes() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, a text NOT NULL);
INSERT INTO u (a) VALUES ('it''s'), ('žluť'), ('')",
    );
    let alter = || Expect::plan(&["AlterDefault(u.a)"], &["AlterDefault(u.a)"]);
    Case::new("c44_default_comes_changes_goes", Both, before)
        .step(entities!(a_is_x), alter())
        .step(entities!(a_is_its_y), alter())
        .step(entities!(a_has_none), alter())
        .keeps(
            Sql::both("SELECT CAST(count(*) AS text) FROM u WHERE a IN ('it''s', 'žluť', '')"),
            "3",
        )
}

/// `down` writes the expression as the catalogue has it.
fn c44_default_expression_goes() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, a text NOT NULL DEFAULT (lower('X') || 'y'));
INSERT INTO u DEFAULT VALUES",
    );
    let expect = Expect::plan(&["AlterDefault(u.a)"], &["AlterDefault(u.a)"]);
    Case::new("c44_default_expression_goes", Both, before)
        .step_with(entities!(a_has_none), &["--strict"], expect)
        .keeps(Sql::both("SELECT a FROM u"), "xy")
}

entity!(sqlite_defaults "d" {
    #[sea_orm(column_type = "Text", default_value = "0")]
    pub text_zero: String,
    #[sea_orm(column_type = "Text", default_value = "007")]
    pub text_seven: String,
    #[sea_orm(default_value = 0)]
    pub zero: i32,
    #[sea_orm(default_value = 0)]
    pub zero_in_parentheses: i32,
    #[sea_orm(default_expr = "-1")]
    pub minus_one: i32,
    #[sea_orm(default_value = 0.1)]
    pub tenth: f64,
    #[sea_orm(default_value = "x")]
    pub in_double_quotes: String,
    #[sea_orm(default_value = "it's")]
    pub with_a_quote: String,
    #[sea_orm(default_value = "")]
    pub empty: String,
    #[sea_orm(default_value = true)]
    pub is_true: bool,
    #[sea_orm(default_value = false)]
    pub is_zero: bool,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub now: DateTimeUtc,
    #[sea_orm(default_expr = "Expr::cust(\"datetime('now')\")")]
    pub now_by_function: DateTimeUtc,
    pub null: Option<i32>,
});

fn c45_equal_defaults_on_sqlite() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE d (
    {pk},
    text_zero text NOT NULL DEFAULT '0',
    text_seven text NOT NULL DEFAULT '007',
    zero integer NOT NULL DEFAULT 0,
    zero_in_parentheses integer NOT NULL DEFAULT (0),
    minus_one integer NOT NULL DEFAULT -1,
    tenth double NOT NULL DEFAULT 0.10,
    in_double_quotes varchar NOT NULL DEFAULT "x",
    with_a_quote varchar NOT NULL DEFAULT 'it''s',
    empty varchar NOT NULL DEFAULT '',
    is_true boolean NOT NULL DEFAULT true,
    is_zero boolean NOT NULL DEFAULT 0,
    now {timestamptz} NOT NULL DEFAULT current_timestamp,
    now_by_function {timestamptz} NOT NULL DEFAULT (datetime( 'now' )),
    "null" integer DEFAULT NULL
);
INSERT INTO d DEFAULT VALUES"#,
    );
    Case::new("c45_equal_defaults_on_sqlite", Sqlite, before)
        .step(entities!(sqlite_defaults), Expect::Nothing)
        .keeps(
            Sql::both("SELECT text_zero || text_seven || in_double_quotes || with_a_quote FROM d"),
            "0007xit's",
        )
}

entity!(postgres_defaults "d" {
    #[sea_orm(default_value = "x")]
    pub text: String,
    #[sea_orm(default_value = "007")]
    pub text_seven: String,
    #[sea_orm(column_type = "Decimal(None)", default_value = 0)]
    pub zero: Decimal,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub now: DateTimeUtc,
    #[sea_orm(default_value = true)]
    pub is_true: bool,
    #[sea_orm(column_type = "JsonBinary", default_value = "{}")]
    pub json: String,
    #[sea_orm(column_type = "Text", default_value = "it's")]
    pub with_a_quote: String,
    #[sea_orm(default_expr = "-1")]
    pub minus_one: i32,
    #[sea_orm(default_value = 0.1)]
    pub tenth: f64,
    pub null: Option<i32>,
});

/// The key is a serial with its `nextval`, which is what an identity was before there were any.
fn c45_equal_defaults_on_postgres() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE d (
    id serial PRIMARY KEY,
    text varchar NOT NULL DEFAULT 'x'::character varying,
    text_seven varchar NOT NULL DEFAULT '007',
    zero numeric NOT NULL DEFAULT 0::numeric,
    now timestamptz NOT NULL DEFAULT now(),
    is_true boolean NOT NULL DEFAULT 't',
    json jsonb NOT NULL DEFAULT '{}'::jsonb,
    with_a_quote text NOT NULL DEFAULT 'it''s'::text,
    minus_one integer NOT NULL DEFAULT '-1',
    tenth double precision NOT NULL DEFAULT 0.1::double precision,
    "null" integer DEFAULT NULL
);
INSERT INTO d DEFAULT VALUES"#,
    );
    Case::new("c45_equal_defaults_on_postgres", Postgres, before)
        .step(entities!(postgres_defaults), Expect::Nothing)
        .keeps(
            Sql::both("SELECT text || text_seven || zero || with_a_quote || minus_one FROM d"),
            "x0070it's-1",
        )
}

const U: Sql = Sql::both(
    "CREATE TABLE u ({pk});
INSERT INTO u DEFAULT VALUES;
INSERT INTO u DEFAULT VALUES;
INSERT INTO u DEFAULT VALUES",
);

entity!(created "u" {
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created: DateTimeUtc,
});

fn c46_add_column_with_now() -> Case {
    let expect = Expect::plan(&["AddColumn(u.created)"], &["DropColumn(u.created)"]);
    Case::new("c46_add_column_with_now", Both, U)
        .step(entities!(created), expect)
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM u WHERE created >= '2020-01-01'"), "3")
}

entity!(uid "u" {
    #[sea_orm(column_type = "Uuid", default_expr = "Expr::cust(\"gen_random_uuid()\")")]
    pub uid: String,
});

fn c46_add_column_with_uuid() -> Case {
    let expect = Expect::plan(&["AddColumn(u.uid)"], &["DropColumn(u.uid)"]);
    Case::new("c46_add_column_with_uuid", Postgres, U)
        .step(entities!(uid), expect)
        .holds(Sql::both("SELECT CAST(count(DISTINCT uid) AS text) FROM u"), "3")
}
