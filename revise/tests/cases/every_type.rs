//! Types for their own sake: a table with every one of them (C13), and those that SeaORM does not know (C48).

use crate::case::{
    Backends::{Both, Postgres},
    Case, Expect, Sql, entities, entity,
};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c13_empty_to_empty(),
        c13_empty_to_empty_postgres(),
        c48_custom_type(),
        c48_column_that_the_entity_leaves_out(),
    ]
}

entity!(every_type "every_type" {
    #[sea_orm(column_type = "Char(Some(3))")]
    pub char_3: String,
    #[sea_orm(column_type = "Char(None)")]
    pub char_1: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub varchar_20: String,
    pub varchar: String,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    pub tiny_integer: i8,
    pub small_integer: i16,
    pub integer: i32,
    pub big_integer: i64,
    pub tiny_unsigned: u8,
    pub small_unsigned: u16,
    pub unsigned: u32,
    pub big_unsigned: u64,
    pub float: f32,
    pub double: f64,
    #[sea_orm(column_type = "Decimal(None)")]
    pub decimal: Decimal,
    #[sea_orm(column_type = "Decimal(Some((12, 2)))")]
    pub decimal_12_2: Decimal,
    #[sea_orm(column_type = "Money(None)")]
    pub money: Decimal,
    pub boolean: bool,
    pub date: Date,
    pub time: Time,
    pub date_time: DateTime,
    #[sea_orm(column_type = "Timestamp")]
    pub timestamp: DateTime,
    pub timestamp_with_time_zone: DateTimeUtc,
    #[sea_orm(column_type = "Blob")]
    pub blob: Vec<u8>,
    #[sea_orm(column_type = "Binary(16)")]
    pub binary_16: Vec<u8>,
    #[sea_orm(column_type = "VarBinary(StringLen::N(16))")]
    pub var_binary_16: Vec<u8>,
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub var_binary: Vec<u8>,
    #[sea_orm(column_type = "Json")]
    pub json: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub json_binary: String,
    #[sea_orm(column_type = "Uuid")]
    pub uuid: String,
    #[sea_orm(column_type = "String(StringLen::N(20))", nullable)]
    pub nullable: Option<String>,
});

const EVERY_TYPE: Sql = Sql::Each {
    sqlite: r#"CREATE TABLE every_type (
    {pk},
    char_3 char(3) NOT NULL,
    char_1 char NOT NULL,
    varchar_20 varchar(20) NOT NULL,
    "varchar" varchar NOT NULL,
    text text NOT NULL,
    tiny_integer tinyint NOT NULL,
    small_integer smallint NOT NULL,
    "integer" integer NOT NULL,
    big_integer integer NOT NULL,
    tiny_unsigned tinyint NOT NULL,
    small_unsigned smallint NOT NULL,
    unsigned integer NOT NULL,
    big_unsigned integer NOT NULL,
    "float" float NOT NULL,
    double double NOT NULL,
    "decimal" real_decimal NOT NULL,
    decimal_12_2 real(12, 2) NOT NULL,
    money real_money NOT NULL,
    "boolean" boolean NOT NULL,
    date date_text NOT NULL,
    "time" time_text NOT NULL,
    date_time datetime_text NOT NULL,
    "timestamp" timestamp_text NOT NULL,
    timestamp_with_time_zone timestamp_with_timezone_text NOT NULL,
    blob blob NOT NULL,
    binary_16 blob(16) NOT NULL,
    var_binary_16 varbinary_blob(16) NOT NULL,
    var_binary varbinary_blob NOT NULL,
    json json_text NOT NULL,
    json_binary jsonb_text NOT NULL,
    uuid uuid_text NOT NULL,
    nullable varchar(20)
)"#,
    postgres: r#"CREATE TABLE every_type (
    {pk},
    char_3 char(3) NOT NULL,
    char_1 char NOT NULL,
    varchar_20 varchar(20) NOT NULL,
    "varchar" varchar NOT NULL,
    text text NOT NULL,
    tiny_integer smallint NOT NULL,
    small_integer smallint NOT NULL,
    "integer" integer NOT NULL,
    big_integer bigint NOT NULL,
    tiny_unsigned smallint NOT NULL,
    small_unsigned integer NOT NULL,
    unsigned bigint NOT NULL,
    big_unsigned bigint NOT NULL,
    "float" real NOT NULL,
    double double precision NOT NULL,
    "decimal" numeric NOT NULL,
    decimal_12_2 numeric(12, 2) NOT NULL,
    money money NOT NULL,
    "boolean" boolean NOT NULL,
    date date NOT NULL,
    "time" time NOT NULL,
    date_time timestamp without time zone NOT NULL,
    "timestamp" timestamp NOT NULL,
    timestamp_with_time_zone timestamptz NOT NULL,
    blob bytea NOT NULL,
    binary_16 bytea NOT NULL,
    var_binary_16 bytea NOT NULL,
    var_binary bytea NOT NULL,
    json json NOT NULL,
    json_binary jsonb NOT NULL,
    uuid uuid NOT NULL,
    nullable varchar(20)
)"#,
};

fn c13_empty_to_empty() -> Case {
    Case::new("c13_empty_to_empty", Both, EVERY_TYPE).step(entities!(every_type), Expect::Nothing)
}

/// The enum of [`every_postgres_type`].
#[derive(Clone, Debug, PartialEq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "mood")]
pub enum Mood {
    #[sea_orm(string_value = "glad")]
    Glad,
    #[sea_orm(string_value = "sad")]
    Sad,
}

entity!(every_postgres_type "every_type" {
    pub mood: super::Mood,
    #[sea_orm(column_type = "Array(RcOrArc::new(ColumnType::Integer))")]
    pub integers: Vec<i32>,
    #[sea_orm(column_type = "Array(RcOrArc::new(ColumnType::Text))")]
    pub texts: Vec<String>,
    #[sea_orm(column_type = "Cidr")]
    pub cidr: String,
    #[sea_orm(column_type = "Inet")]
    pub inet: String,
    #[sea_orm(column_type = "MacAddr")]
    pub mac_addr: String,
    #[sea_orm(column_type = "Bit(Some(8))")]
    pub bit_8: String,
    #[sea_orm(column_type = "VarBit(8)")]
    pub varbit_8: String,
    #[sea_orm(column_type = "Interval(None, None)")]
    pub interval: String,
    #[sea_orm(column_type = "custom(\"tsvector\")")]
    pub tsvector: String,
});

fn c13_empty_to_empty_postgres() -> Case {
    let before = Sql::both(
        "CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE every_type (
    {pk},
    mood mood NOT NULL,
    integers integer[] NOT NULL,
    texts text[] NOT NULL,
    cidr cidr NOT NULL,
    inet inet NOT NULL,
    mac_addr macaddr NOT NULL,
    bit_8 bit(8) NOT NULL,
    varbit_8 varbit(8) NOT NULL,
    \"interval\" interval NOT NULL,
    tsvector tsvector NOT NULL
)",
    );
    Case::new("c13_empty_to_empty_postgres", Postgres, before)
        .step(entities!(every_postgres_type), Expect::Nothing)
}

entity!(custom "t" {
    #[sea_orm(column_type = "custom(\"citext\")")]
    pub email: String,
    #[sea_orm(column_type = "custom(\"tsvector\")", nullable)]
    pub words: Option<String>,
    #[sea_orm(column_type = "custom(\"positive\")")]
    pub amount: i32,
});

fn c48_custom_type() -> Case {
    let before = Sql::both(
        "CREATE EXTENSION IF NOT EXISTS citext;
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE t ({pk}, email citext NOT NULL, words tsvector, amount positive NOT NULL);
INSERT INTO t (email, words, amount) VALUES ('O''Brien@example.org', to_tsvector('simple', 'a b'), 1)",
    );
    Case::new("c48_custom_type", Postgres, before).step(entities!(custom), Expect::Nothing).keeps(
        Sql::both("SELECT CAST(count(*) AS text) FROM t WHERE email = 'o''brien@EXAMPLE.org'"),
        "1",
    )
}

entity!(without_words "t" {
    #[sea_orm(column_type = "Text")]
    pub body: String,
});

/// SeaORM has no type for it, so an entity that leaves it out did not drop it.
fn c48_column_that_the_entity_leaves_out() -> Case {
    let before = Sql::both(
        "CREATE TABLE t ({pk}, body text NOT NULL, words tsvector);
INSERT INTO t (body, words) VALUES ('a b', to_tsvector('simple', 'a b'))",
    );
    Case::new("c48_column_that_the_entity_leaves_out", Postgres, before)
        .step(entities!(without_words), Expect::Nothing)
        .keeps(Sql::both("SELECT CAST(words AS text) FROM t"), "'a':1 'b':2")
        .unmanaged(Postgres, "words")
}
