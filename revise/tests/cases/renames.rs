//! Section B, columns: renaming them.

use crate::case::{
    Backends::{Both, Postgres, Sqlite},
    Case, Expect, Sql, entities, entity,
};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c25_rename_by_attribute(),
        c25_both_names_exist(),
        c26_rename_asked(),
        c26_rename_by_flag(),
        c26_rename_refused(),
        c26_two_columns_asked(),
        c26_two_columns_by_flag(),
        c27_rename_unique_column(),
        c27_rename_indexed_column(),
        c27_rename_fk_column(),
        c29_rename_and_change(),
        c29_rename_and_widen(),
        c29_rename_and_widen_unseen(),
        c31_case_only_rename_asked(),
        c31_case_only_rename(),
        c31_case_only_rename_on_sqlite(),
    ]
}

entity!(renamed "u" {
    #[sea_orm(renamed_from = "name")]
    pub full_name: String,
});

const NAMED: Sql = Sql::both(
    "CREATE TABLE u ({pk}, name varchar NOT NULL);
INSERT INTO u (name) VALUES ('O''Brien'), ('Čapek'), ({text 200})",
);

const COUNT: Sql = Sql::both("SELECT CAST(count(*) AS text) FROM u");

const FULL_NAME: Sql = Sql::both("SELECT full_name FROM u WHERE id = 1");

/// The attribute stays in the entity for ever, and SeaORM writes it into the column's comment, where it has no business.
fn c25_rename_by_attribute() -> Case {
    let comment = Sql::Each {
        sqlite: "SELECT 'none'",
        postgres: "SELECT coalesce(col_description('u'::regclass, 2), 'none')",
    };
    let expect =
        Expect::plan(&["RenameColumn(u.name→full_name)"], &["RenameColumn(u.full_name→name)"]);
    Case::new("c25_rename_by_attribute", Both, NAMED)
        .step(entities!(renamed), expect)
        .step(entities!(renamed), Expect::Nothing)
        .holds(FULL_NAME, "O'Brien")
        .keeps(comment, "none")
}

fn c25_both_names_exist() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, name varchar NOT NULL, full_name varchar NOT NULL);
INSERT INTO u (name, full_name) VALUES ('a', 'b')",
    );
    let expect = Expect::Refused { code: 1, says: &["full_name", "`name`"] };
    Case::new("c25_both_names_exist", Both, before)
        .step_with(entities!(renamed), &["--allow-destructive"], expect)
        .keeps(Sql::both("SELECT name || full_name FROM u"), "ab")
}

entity!(full_name "u" {
    pub full_name: String,
});

fn c26_rename_asked() -> Case {
    let expect = Expect::Question { says: &["--rename u.name:full_name", "--no-rename"] };
    Case::new("c26_rename_asked", Both, NAMED)
        .step(entities!(full_name), expect)
        .keeps(Sql::both("SELECT name FROM u WHERE id = 1"), "O'Brien")
}

fn c26_rename_by_flag() -> Case {
    let expect =
        Expect::plan(&["RenameColumn(u.name→full_name)"], &["RenameColumn(u.full_name→name)"]);
    Case::new("c26_rename_by_flag", Both, NAMED)
        .step_with(entities!(full_name), &["--rename u.name:full_name"], expect)
        .holds(FULL_NAME, "O'Brien")
}

fn c26_rename_refused() -> Case {
    let expect = Expect::lossy(
        &[
            "AddColumn(u.full_name)",
            "Backfill(u.full_name)",
            "AlterNull(u.full_name)",
            "DropColumn(u.name)",
        ],
        &["AddColumn(u.name)", "DropColumn(u.full_name)"],
    );
    let flags = ["--no-rename", "--allow-destructive", "--default u.full_name='it''s new'"];
    Case::new("c26_rename_refused", Both, NAMED)
        .step_with(entities!(full_name), &flags, expect)
        .holds(FULL_NAME, "it's new")
        .keeps(COUNT, "3")
}

entity!(two_columns "u" {
    pub full_name: String,
    pub email: String,
});

const TWO_COLUMNS: Sql = Sql::both(
    "CREATE TABLE u ({pk}, name varchar NOT NULL, mail varchar NOT NULL);
INSERT INTO u (name, mail) VALUES ('O''Brien', 'o@example.org'), ('Čapek', 'č@example.org'), ('', {text 200})",
);

/// One stop that names both, not one for each pair.
fn c26_two_columns_asked() -> Case {
    let says = &["--rename u.name:full_name", "--rename u.mail:email", "--no-rename"];
    Case::new("c26_two_columns_asked", Both, TWO_COLUMNS)
        .step(entities!(two_columns), Expect::Question { says })
        .keeps(COUNT, "3")
}

fn c26_two_columns_by_flag() -> Case {
    let expect = Expect::plan(
        &["RenameColumn(u.name→full_name)", "RenameColumn(u.mail→email)"],
        &["RenameColumn(u.email→mail)", "RenameColumn(u.full_name→name)"],
    );
    let flags = ["--rename u.name:full_name", "--rename u.mail:email"];
    Case::new("c26_two_columns_by_flag", Both, TWO_COLUMNS)
        .step_with(entities!(two_columns), &flags, expect)
        .holds(Sql::both("SELECT full_name || email FROM u WHERE id = 1"), "O'Brieno@example.org")
}

entity!(u_with_email "u" {
    #[sea_orm(unique, renamed_from = "mail")]
    pub email: String,
    #[sea_orm(indexed)]
    pub name: String,
});

entity!(child_of_email "c" {
    pub u_mail: String,
    #[sea_orm(belongs_to, from = "u_mail", to = "email", on_delete = "Cascade")]
    pub u: BelongsTo<super::u_with_email::Entity>,
});

fn c27_rename_unique_column() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE u ({pk}, mail varchar NOT NULL UNIQUE, name varchar NOT NULL);
CREATE INDEX "idx-u-name" ON u (name);
CREATE TABLE c (
    {pk},
    u_mail varchar NOT NULL,
    CONSTRAINT "fk-c-u_mail" FOREIGN KEY (u_mail) REFERENCES u (mail) ON DELETE CASCADE
);
INSERT INTO u (mail, name) VALUES ('o''brien@example.org', 'O''Brien'), ('č@example.org', 'Čapek');
INSERT INTO c (u_mail) VALUES ('o''brien@example.org'), ('č@example.org'), ('č@example.org')"#,
    );
    let target = Sql::Each {
        sqlite: r#"SELECT "table" || ' ' || "to" FROM pragma_foreign_key_list('c')"#,
        postgres: "SELECT confrelid::regclass::text || ' ' || attname FROM pg_constraint \
                   JOIN pg_attribute ON attrelid = confrelid AND attnum = confkey[1] \
                   WHERE contype = 'f' AND conrelid = 'c'::regclass",
    };
    let expect = Expect::plan(&["RenameColumn(u.mail→email)"], &["RenameColumn(u.email→mail)"]);
    Case::new("c27_rename_unique_column", Both, before)
        .step(entities!(u_with_email, child_of_email), expect)
        .holds(target, "u email")
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM c JOIN u ON u_mail = email"), "3")
}

entity!(u_with_alias "u" {
    #[sea_orm(indexed, renamed_from = "nick")]
    pub alias: Option<String>,
});

/// The index keeps its name, and is the one that the entity wants nevertheless.
fn c27_rename_indexed_column() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE u ({pk}, nick varchar);
CREATE INDEX "idx-u-nick" ON u (nick);
INSERT INTO u (nick) VALUES ('it''s'), (NULL), ({text 200})"#,
    );
    let index = Sql::Each {
        sqlite: "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'u'",
        postgres: "SELECT string_agg(indexname, ',') FROM pg_indexes WHERE tablename = 'u' AND indexname <> 'u_pkey'",
    };
    let expect = Expect::plan(&["RenameColumn(u.nick→alias)"], &["RenameColumn(u.alias→nick)"]);
    Case::new("c27_rename_indexed_column", Both, before)
        .step(entities!(u_with_alias), expect)
        .keeps(index, "idx-u-nick")
        .keeps(COUNT, "3")
}

entity!(parent "p" {});

entity!(child "c" {
    #[sea_orm(renamed_from = "p_id")]
    pub parent_id: i32,
    #[sea_orm(belongs_to, from = "parent_id", to = "id", on_delete = "Cascade")]
    pub parent: BelongsTo<super::parent::Entity>,
});

fn c27_rename_fk_column() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE
);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1), (1), (1)"#,
    );
    let expect =
        Expect::plan(&["RenameColumn(c.p_id→parent_id)"], &["RenameColumn(c.parent_id→p_id)"]);
    Case::new("c27_rename_fk_column", Both, before)
        .step(entities!(parent, child), expect)
        .holds(Sql::both("SELECT CAST(count(*) AS text) FROM c WHERE parent_id = 1"), "3")
}

entity!(years "u" {
    #[sea_orm(renamed_from = "age")]
    pub years: Option<i64>,
});

/// From `smallint`, because both databases tell that from `bigint`.
fn c29_rename_and_change() -> Case {
    let before = Sql::both(
        "CREATE TABLE u ({pk}, age smallint NOT NULL);
INSERT INTO u (age) VALUES (7), (0), (32767)",
    );
    Case::new("c29_rename_and_change", Both, before)
        .step(entities!(years), rename_and_change())
        .holds(Sql::both("SELECT CAST(sum(years) AS text) FROM u"), "32774")
}

const INTEGER_AGE: Sql = Sql::both(
    "CREATE TABLE u ({pk}, age integer NOT NULL);
INSERT INTO u (age) VALUES (7), (0), (2147483647)",
);

fn c29_rename_and_widen() -> Case {
    Case::new("c29_rename_and_widen", Postgres, INTEGER_AGE)
        .step(entities!(years), rename_and_change())
        .holds(Sql::both("SELECT CAST(sum(years) AS text) FROM u"), "2147483654")
}

fn rename_and_change() -> Expect {
    Expect::plan(
        &["RenameColumn(u.age→years)", "AlterType(u.years)", "AlterNull(u.years)"],
        &["AlterNull(u.years)", "AlterType(u.years)", "RenameColumn(u.years→age)"],
    )
}

/// A table that no migration created only says `integer`, which is what SQLite calls both types.
fn c29_rename_and_widen_unseen() -> Case {
    let expect = Expect::plan(
        &["RenameColumn(u.age→years)", "AlterNull(u.years)"],
        &["AlterNull(u.years)", "RenameColumn(u.years→age)"],
    );
    Case::new("c29_rename_and_widen_unseen", Sqlite, INTEGER_AGE)
        .step(entities!(years), expect)
        .holds(Sql::both("SELECT CAST(sum(years) AS text) FROM u"), "2147483654")
}

entity!(lower_case "u" {
    pub name: String,
});

const MIXED_CASE: Sql = Sql::both(
    r#"CREATE TABLE u ({pk}, "Name" varchar NOT NULL);
INSERT INTO u ("Name") VALUES ('O''Brien'), ('Čapek'), ('')"#,
);

fn c31_case_only_rename_asked() -> Case {
    let expect = Expect::Question { says: &["--rename u.Name:name", "--no-rename"] };
    Case::new("c31_case_only_rename_asked", Postgres, MIXED_CASE)
        .step(entities!(lower_case), expect)
        .keeps(COUNT, "3")
}

fn c31_case_only_rename() -> Case {
    let expect = Expect::plan(&["RenameColumn(u.Name→name)"], &["RenameColumn(u.name→Name)"]);
    Case::new("c31_case_only_rename", Both, MIXED_CASE)
        .step_with(entities!(lower_case), &["--rename u.Name:name"], expect)
        .holds(Sql::both("SELECT name FROM u WHERE id = 1"), "O'Brien")
}

/// To SQLite the two names are one.
fn c31_case_only_rename_on_sqlite() -> Case {
    Case::new("c31_case_only_rename_on_sqlite", Sqlite, MIXED_CASE)
        .step(entities!(lower_case), Expect::Nothing)
        .keeps(COUNT, "3")
}
