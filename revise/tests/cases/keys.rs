//! Section E: foreign keys, primary keys and comments.

use sea_revise::Entities;

use crate::case::{
    Backends::{Both, Postgres, Sqlite},
    Case, Expect, Sql, entities, entity,
};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        c60_add_fk(),
        c60_add_fk_with_orphans(),
        c61_remove_fk(),
        c61_remove_composite_fk(),
        c62_add_actions(),
        c62_remove_action(),
        c62_change_from_restrict(),
        c62_no_action_spelt_out(),
        c65_fk_to_unmanaged_table(),
        c65_create_beside_unmanaged_table(),
        c68_key_from_integer_to_uuid(),
        c68_key_from_integer_to_uuid_forced(),
        c69_column_comment(),
        c69_column_comment_changes_and_goes(),
        c69_table_comment(),
        c69_comments_on_sqlite(),
    ]
}

entity!(p "p" {});

entity!(c "c" {
    pub p_id: i32,
    #[sea_orm(belongs_to, from = "p_id", to = "id")]
    pub p: BelongsTo<super::p::Entity>,
});

const COUNT: Sql = Sql::both("SELECT CAST(count(*) AS text) FROM c");

fn c60_add_fk() -> Case {
    let before = Sql::both(
        "CREATE TABLE p ({pk});
CREATE TABLE c ({pk}, p_id integer NOT NULL);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1), (1), (1)",
    );
    Case::new("c60_add_fk", Both, before)
        .step(entities!(p, c), Expect::plan(&["AddFk(c: p_id)"], &["DropFk(c: p_id)"]))
        .keeps(COUNT, "3")
}

fn c60_add_fk_with_orphans() -> Case {
    let before = Sql::both(
        "CREATE TABLE p ({pk});
CREATE TABLE c ({pk}, p_id integer NOT NULL);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1), (4711), (4711)",
    );
    let expect = Expect::Unmet {
        up: &["AddFk(c: p_id)"],
        down: &["DropFk(c: p_id)"],
        clean: Sql::both("DELETE FROM c WHERE p_id NOT IN (SELECT id FROM p)"),
        says: &["p_id", "2", "id 2"],
    };
    Case::new("c60_add_fk_with_orphans", Both, before)
        .step(entities!(p, c), expect)
        .holds(COUNT, "1")
}

entity!(c_without_key "c" {
    pub p_id: i32,
    #[sea_orm(belongs_to, from = "p_id", to = "id", skip_fk)]
    pub p: BelongsTo<super::p::Entity>,
});

/// The key has the name that the database gave it, which is not SeaORM's.
fn c61_remove_fk() -> Case {
    let before = Sql::both(
        "CREATE TABLE p ({pk});
CREATE TABLE c ({pk}, p_id integer NOT NULL REFERENCES p (id) ON UPDATE CASCADE ON DELETE CASCADE);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1), (1), (1)",
    );
    Case::new("c61_remove_fk", Both, before)
        .step(entities!(p, c_without_key), Expect::plan(&["DropFk(c: p_id)"], &["AddFk(c: p_id)"]))
        .keeps(COUNT, "3")
}

entity!(pair (table_name = "p") {
    #[sea_orm(primary_key, auto_increment = false)]
    pub a: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub b: i32,
});

entity!(pair_without_key "c" {
    pub p_a: i32,
    pub p_b: i32,
    #[sea_orm(belongs_to, from = "(p_a, p_b)", to = "(a, b)", skip_fk)]
    pub p: BelongsTo<super::pair::Entity>,
});

fn c61_remove_composite_fk() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE p (a integer NOT NULL, b integer NOT NULL, CONSTRAINT "pk-p" PRIMARY KEY (a, b));
CREATE TABLE c (
    {pk},
    p_a integer NOT NULL,
    p_b integer NOT NULL,
    CONSTRAINT "fk-c-p_a-p_b" FOREIGN KEY (p_a, p_b) REFERENCES p (a, b)
);
INSERT INTO p (a, b) VALUES (1, 2);
INSERT INTO c (p_a, p_b) VALUES (1, 2), (1, 2), (1, 2)"#,
    );
    let expect = Expect::plan(&["DropFk(c: p_a, p_b)"], &["AddFk(c: p_a, p_b)"]);
    Case::new("c61_remove_composite_fk", Both, before)
        .step(entities!(pair, pair_without_key), expect)
        .keeps(COUNT, "3")
}

entity!(c_with_actions "c" {
    pub p_id: i32,
    #[sea_orm(belongs_to, from = "p_id", to = "id", on_delete = "Cascade", on_update = "Cascade")]
    pub p: BelongsTo<super::p::Entity>,
});

const PLAIN_KEY: &str = r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id)
);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1), (1), (1)"#;

fn change_key() -> Expect {
    let anew = &["DropFk(c: p_id)", "AddFk(c: p_id)"];
    Expect::plan(anew, anew)
}

fn c62_add_actions() -> Case {
    Case::new("c62_add_actions", Both, Sql::both(PLAIN_KEY))
        .step(entities!(p, c_with_actions), change_key())
        .keeps(COUNT, "3")
}

fn c62_remove_action() -> Case {
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
    Case::new("c62_remove_action", Both, before)
        .step_with(entities!(p, c), &["--strict"], change_key())
        .keeps(COUNT, "3")
}

/// RESTRICT is not NO ACTION.
fn c62_change_from_restrict() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE RESTRICT
);
INSERT INTO p DEFAULT VALUES;
INSERT INTO c (p_id) VALUES (1), (1), (1)"#,
    );
    Case::new("c62_change_from_restrict", Both, before)
        .step_with(entities!(p, c), &["--strict"], change_key())
        .keeps(COUNT, "3")
}

fn c62_no_action_spelt_out() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE p ({pk});
CREATE TABLE c (
    {pk},
    p_id integer NOT NULL,
    CONSTRAINT "fk-c-p_id" FOREIGN KEY (p_id) REFERENCES p (id) ON UPDATE NO ACTION ON DELETE NO ACTION
)"#,
    );
    Case::new("c62_no_action_spelt_out", Both, before).step(entities!(p, c), Expect::Nothing)
}

entity!(auth_user "auth_user" {});

entity!(profile "profile" {
    pub user_id: i32,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::auth_user::Entity>,
});

fn profile_beside_auth_user() -> Entities {
    Entities::new().add(profile::Entity).exclude("auth_user")
}

fn c65_fk_to_unmanaged_table() -> Case {
    let before = Sql::both(
        "CREATE TABLE auth_user ({pk}, password varchar NOT NULL);
CREATE TABLE profile ({pk}, user_id integer NOT NULL);
INSERT INTO auth_user (password) VALUES ('it''s'), ('žluť');
INSERT INTO profile (user_id) VALUES (1), (2), (2)",
    );
    let expect = Expect::plan(&["AddFk(profile: user_id)"], &["DropFk(profile: user_id)"]);
    Case::new("c65_fk_to_unmanaged_table", Both, before)
        .step(profile_beside_auth_user, expect)
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM auth_user WHERE password <> ''"), "2")
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM profile"), "3")
}

fn c65_create_beside_unmanaged_table() -> Case {
    let before = Sql::both(
        "CREATE TABLE auth_user ({pk}, password varchar NOT NULL);
INSERT INTO auth_user (password) VALUES ('it''s')",
    );
    let expect = Expect::plan(&["CreateTable(profile)"], &["DropTable(profile)"]);
    Case::new("c65_create_beside_unmanaged_table", Both, before)
        .step_with(entities!(profile), &["--exclude auth_user"], expect)
        .keeps(Sql::both("SELECT password FROM auth_user"), "it's")
}

entity!(uuid_key (table_name = "u") {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Uuid")]
    pub id: String,
});

entity!(child_of_uuid "c" {
    #[sea_orm(column_type = "Uuid")]
    pub u_id: String,
    #[sea_orm(belongs_to, from = "u_id", to = "id")]
    pub u: BelongsTo<super::uuid_key::Entity>,
});

fn c68_key_from_integer_to_uuid() -> Case {
    let before = Sql::both(
        r#"CREATE TABLE u ({pk});
CREATE TABLE c (
    {pk},
    u_id integer NOT NULL,
    CONSTRAINT "fk-c-u_id" FOREIGN KEY (u_id) REFERENCES u (id)
);
INSERT INTO u DEFAULT VALUES;
INSERT INTO c (u_id) VALUES (1), (1), (1)"#,
    );
    let expect = Expect::Question { says: &["u.id", "uuid", "--force-rewrite"] };
    Case::new("c68_key_from_integer_to_uuid", Both, before)
        .step(entities!(uuid_key, child_of_uuid), expect)
        .keeps(COUNT, "3")
}

fn c68_key_from_integer_to_uuid_forced() -> Case {
    let expect = Expect::plan(
        &["SetIdentity(u.id)", "AlterType(u.id)"],
        &["AlterType(u.id)", "SetIdentity(u.id)"],
    );
    Case::new("c68_key_from_integer_to_uuid_forced", Both, Sql::both("CREATE TABLE u ({pk})"))
        .step_with(entities!(uuid_key), &["--force-rewrite"], expect)
}

entity!(commented_column "u" {
    #[sea_orm(comment = "it's the name")]
    pub name: String,
});

entity!(otherwise_commented_column "u" {
    #[sea_orm(comment = "žluť")]
    pub name: String,
});

entity!(not_commented "u" {
    pub name: String,
});

entity!(commented_table (table_name = "u", comment = "it's a table") {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
});

const NOT_COMMENTED: Sql = Sql::both("CREATE TABLE u ({pk}, name varchar NOT NULL)");

const COMMENT: Sql = Sql::both("SELECT coalesce(col_description('u'::regclass, 2), 'none')");

fn c69_column_comment() -> Case {
    Case::new("c69_column_comment", Postgres, NOT_COMMENTED)
        .step(
            entities!(commented_column),
            Expect::plan(&["SetComment(u.name)"], &["SetComment(u.name)"]),
        )
        .holds(COMMENT, "it's the name")
}

fn c69_column_comment_changes_and_goes() -> Case {
    let set = || Expect::plan(&["SetComment(u.name)"], &["SetComment(u.name)"]);
    Case::new("c69_column_comment_changes_and_goes", Postgres, NOT_COMMENTED)
        .step(entities!(commented_column), set())
        .step(entities!(otherwise_commented_column), set())
        .step(entities!(not_commented), set())
        .holds(COMMENT, "none")
}

fn c69_table_comment() -> Case {
    Case::new("c69_table_comment", Postgres, NOT_COMMENTED)
        .step(entities!(commented_table), Expect::plan(&["SetComment(u)"], &["SetComment(u)"]))
        .holds(Sql::both("SELECT obj_description('u'::regclass)"), "it's a table")
}

fn c69_comments_on_sqlite() -> Case {
    Case::new("c69_comments_on_sqlite", Sqlite, NOT_COMMENTED)
        .step(entities!(commented_column), Expect::Nothing)
        .step(entities!(commented_table), Expect::Nothing)
}
