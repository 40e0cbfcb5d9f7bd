//! Section F, PostgreSQL's enum types.

#![expect(
    clippy::enum_variant_names,
    reason = "SeaORM's macros write an enum of the values, and all of them are teas"
)]

use crate::case::{Backends::Postgres, Case, Expect, Sql, entities, entity};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c71_create_enum_with_table(),
        c71_create_enum_of_two_tables(),
        c71_last_user_goes(),
        c72_add_value_in_the_middle(),
        c72_add_value_at_the_end(),
        c72_add_value_and_use_it(),
        c74_remove_value(),
        c74_remove_value_in_use(),
        c74_remove_value_by_map(),
        c74_rename_value_by_map(),
        c74_reorder_values(),
        c74_remove_value_with_dependents(),
        c74_remove_enum(),
    ]
}

/// A Rust enum for the database's enum `tea`.
macro_rules! tea {
    ($name:ident: $($variant:ident = $value:literal),*) => {
        #[derive(Clone, Debug, PartialEq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "tea")]
        pub enum $name {
            $(
                #[sea_orm(string_value = $value)]
                $variant,
            )*
        }
    };
}

tea!(Tea: Everyday = "everyday_tea", Breakfast = "breakfast_tea");
tea!(TeaWithMiddle: Everyday = "everyday_tea", Green = "green_tea", Breakfast = "breakfast_tea");
tea!(TeaWithEnd: Everyday = "everyday_tea", Breakfast = "breakfast_tea", Green = "green_tea");
tea!(TeaWithout: Everyday = "everyday_tea", Green = "green_tea");
tea!(TeaReordered: Green = "green_tea", Everyday = "everyday_tea", Breakfast = "breakfast_tea");
tea!(TeaRenamed: Everyday = "everyday_tea", Morning = "it's morning");

entity!(cup "cup" {
    pub kind: super::Tea,
});

fn c71_create_enum_with_table() -> Case {
    let expect = Expect::plan(
        &["CreateEnum(tea)", "CreateTable(cup)"],
        &["DropTable(cup)", "DropEnum(tea)"],
    );
    Case::new("c71_create_enum_with_table", Postgres, Sql::NONE)
        .step(entities!(cup), expect)
        .step(entities!(cup), Expect::Nothing)
}

entity!(pot "pot" {
    pub kind: Option<super::Tea>,
});

fn c71_create_enum_of_two_tables() -> Case {
    let expect = Expect::plan(
        &["CreateEnum(tea)", "CreateTable(cup)", "CreateTable(pot)"],
        &["DropTable(pot)", "DropTable(cup)", "DropEnum(tea)"],
    );
    Case::new("c71_create_enum_of_two_tables", Postgres, Sql::NONE)
        .step(entities!(cup, pot), expect)
}

entity!(table "table" {});

fn c71_last_user_goes() -> Case {
    let before = Sql::both(
        r#"CREATE TYPE tea AS ENUM ('everyday_tea', 'breakfast_tea');
CREATE TABLE cup ({pk}, kind tea NOT NULL);
CREATE TABLE pot ({pk}, kind tea);
CREATE TABLE "table" ({pk})"#,
    );
    let cup_goes = Expect::lossy(
        &["DropTable(cup)", "DropEnum(tea)"],
        &["CreateEnum(tea)", "CreateTable(cup)"],
    );
    Case::new("c71_last_user_goes", Postgres, before)
        .step_with(
            entities!(cup, table),
            &["--strict", "--allow-destructive"],
            Expect::lossy(&["DropTable(pot)"], &["CreateTable(pot)"]),
        )
        .step_with(entities!(table), &["--strict", "--allow-destructive"], cup_goes)
}

/// Cups of both kinds of tea.
const CUPS: Sql = Sql::both(
    "CREATE TYPE tea AS ENUM ('everyday_tea', 'breakfast_tea');
CREATE TABLE cup ({pk}, kind tea NOT NULL);
INSERT INTO cup (kind) VALUES ('everyday_tea'), ('breakfast_tea'), ('breakfast_tea')",
);

const KINDS: Sql = Sql::both("SELECT string_agg(kind::text, ' ' ORDER BY id) FROM cup");

const VALUES: Sql = Sql::both("SELECT array_to_string(enum_range(NULL::tea), ', ')");

entity!(cup_with_middle "cup" {
    pub kind: super::TeaWithMiddle,
});

fn c72_add_value_in_the_middle() -> Case {
    let expect = Expect::plan(&["AddEnumValue(tea: green_tea)"], &["RebuildEnum(tea)"]);
    Case::new("c72_add_value_in_the_middle", Postgres, CUPS)
        .step(entities!(cup_with_middle), expect)
        .holds(VALUES, "everyday_tea, green_tea, breakfast_tea")
        .keeps(KINDS, "everyday_tea breakfast_tea breakfast_tea")
}

entity!(cup_with_end "cup" {
    pub kind: super::TeaWithEnd,
});

fn c72_add_value_at_the_end() -> Case {
    let expect = Expect::plan(&["AddEnumValue(tea: green_tea)"], &["RebuildEnum(tea)"]);
    Case::new("c72_add_value_at_the_end", Postgres, CUPS)
        .step(entities!(cup_with_end), expect)
        .holds(VALUES, "everyday_tea, breakfast_tea, green_tea")
        .keeps(KINDS, "everyday_tea breakfast_tea breakfast_tea")
}

entity!(cup_of_green "cup" {
    #[sea_orm(default_value = "green_tea")]
    pub kind: super::TeaWithEnd,
});

/// PostgreSQL refuses a new value in the transaction that brought it.
fn c72_add_value_and_use_it() -> Case {
    let expect = Expect::plan(
        &["AddEnumValue(tea: green_tea)", "AlterDefault(cup.kind)"],
        &["AlterDefault(cup.kind)", "RebuildEnum(tea)"],
    );
    Case::new("c72_add_value_and_use_it", Postgres, CUPS)
        .step(entities!(cup_of_green), expect)
        .keeps(KINDS, "everyday_tea breakfast_tea breakfast_tea")
}

entity!(cup_without "cup" {
    pub kind: super::TeaWithout,
});

/// Three kinds of tea, and nobody drinks the second one.
const NO_BREAKFAST: Sql = Sql::both(
    "CREATE TYPE tea AS ENUM ('everyday_tea', 'breakfast_tea', 'green_tea');
CREATE TABLE cup ({pk}, kind tea NOT NULL);
INSERT INTO cup (kind) VALUES ('everyday_tea'), ('green_tea'), ('green_tea')",
);

fn c74_remove_value() -> Case {
    Case::new("c74_remove_value", Postgres, NO_BREAKFAST)
        .step(entities!(cup_without), Expect::plan(&["RebuildEnum(tea)"], &["RebuildEnum(tea)"]))
        .holds(VALUES, "everyday_tea, green_tea")
        .keeps(KINDS, "everyday_tea green_tea green_tea")
}

/// Three kinds of tea, all of them drunk.
const ALL_THREE: Sql = Sql::both(
    "CREATE TYPE tea AS ENUM ('everyday_tea', 'breakfast_tea', 'green_tea');
CREATE TABLE cup ({pk}, kind tea NOT NULL);
INSERT INTO cup (kind) VALUES ('everyday_tea'), ('breakfast_tea'), ('green_tea')",
);

fn c74_remove_value_in_use() -> Case {
    let expect = Expect::Unmet {
        up: &["RebuildEnum(tea)"],
        down: &["RebuildEnum(tea)"],
        clean: Sql::both("DELETE FROM cup WHERE kind = 'breakfast_tea'"),
        says: &["kind", "tea", "id 2"],
    };
    Case::new("c74_remove_value_in_use", Postgres, ALL_THREE)
        .step(entities!(cup_without), expect)
        .holds(KINDS, "everyday_tea green_tea")
}

/// `down` cannot know which cups held the value that is gone.
fn c74_remove_value_by_map() -> Case {
    let expect = Expect::lossy(&["RebuildEnum(tea)"], &["RebuildEnum(tea)"]);
    Case::new("c74_remove_value_by_map", Postgres, ALL_THREE)
        .step_with(entities!(cup_without), &["--map tea.breakfast_tea=everyday_tea"], expect)
        .holds(KINDS, "everyday_tea everyday_tea green_tea")
}

entity!(cup_renamed "cup" {
    pub kind: super::TeaRenamed,
});

fn c74_rename_value_by_map() -> Case {
    let expect = Expect::plan(
        &["RenameEnumValue(tea: breakfast_tea→it's morning)"],
        &["RenameEnumValue(tea: it's morning→breakfast_tea)"],
    );
    Case::new("c74_rename_value_by_map", Postgres, CUPS)
        .step_with(entities!(cup_renamed), &["--map tea.breakfast_tea=it's morning"], expect)
        .holds(KINDS, "everyday_tea it's morning it's morning")
}

entity!(cup_reordered "cup" {
    pub kind: super::TeaReordered,
});

fn c74_reorder_values() -> Case {
    let expect = Expect::plan(&["RebuildEnum(tea)"], &["RebuildEnum(tea)"]);
    Case::new("c74_reorder_values", Postgres, ALL_THREE)
        .step_with(entities!(cup_reordered), &["--strict"], expect)
        .holds(VALUES, "green_tea, everyday_tea, breakfast_tea")
        .keeps(KINDS, "everyday_tea breakfast_tea green_tea")
}

entity!(tray "tray" {
    #[sea_orm(default_value = "everyday_tea")]
    pub kind: super::TeaWithout,
    #[sea_orm(
        column_type = "Array(RcOrArc::new(<super::TeaWithout as ActiveEnum>::db_type().get_column_type().to_owned()))",
        default_value = "{}"
    )]
    pub kinds: String,
});

/// A default, a partial index, an array and a view, none of which a change of a column's type survives by itself.
fn c74_remove_value_with_dependents() -> Case {
    let before = Sql::both(
        "CREATE TYPE tea AS ENUM ('everyday_tea', 'breakfast_tea', 'green_tea');
CREATE TABLE tray ({pk}, kind tea NOT NULL DEFAULT 'everyday_tea', kinds tea[] NOT NULL DEFAULT '{}');
CREATE INDEX green_trays ON tray (id) WHERE kind = 'green_tea';
CREATE VIEW trays AS SELECT id, kind FROM tray WHERE kind <> 'everyday_tea';
INSERT INTO tray (kind, kinds) VALUES ('green_tea', '{green_tea,everyday_tea}'), (DEFAULT, DEFAULT)",
    );
    let expect = Expect::plan(&["RebuildEnum(tea)"], &["RebuildEnum(tea)"]);
    let default = "SELECT column_default FROM information_schema.columns \
                   WHERE table_schema = current_schema() AND table_name = 'tray' AND column_name = 'kind'";
    Case::new("c74_remove_value_with_dependents", Postgres, before)
        .step(entities!(tray), expect)
        .keeps(Sql::both("SELECT kinds::text FROM tray WHERE id = 1"), "{green_tea,everyday_tea}")
        .keeps(Sql::both("SELECT kind::text FROM trays"), "green_tea")
        .keeps(Sql::both(default), "'everyday_tea'::tea")
        .keeps(
            Sql::both(
                "SELECT count(*)::text FROM pg_indexes WHERE indexname = 'green_trays' AND indexdef LIKE '%WHERE%green_tea%'",
            ),
            "1",
        )
}

entity!(cup_of_text "cup" {
    #[sea_orm(column_type = "Text")]
    pub kind: String,
});

fn c74_remove_enum() -> Case {
    let expect = Expect::plan(
        &["AlterType(cup.kind)", "DropEnum(tea)"],
        &["CreateEnum(tea)", "AlterType(cup.kind)"],
    );
    Case::new("c74_remove_enum", Postgres, CUPS)
        .step_with(entities!(cup_of_text), &["--strict"], expect)
        .keeps(KINDS, "everyday_tea breakfast_tea breakfast_tea")
}
