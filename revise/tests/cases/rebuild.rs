//! Section G: what a rebuild on SQLite has to keep (C78).

use crate::case::{Backends::Sqlite, Case, Expect, Sql, entities, entity};

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![c78_rebuild_keeps_everything(), c78_rebuild_without_rowid(), c78_rebuild_of_a_child()]
}

entity!(parent "parent" {
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text", unique)]
    pub slug: String,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub amount: i32,
    #[sea_orm(column_type = "Text", nullable, extra = "GENERATED ALWAYS AS (upper(name)) STORED")]
    pub shout: Option<String>,
});

entity!(parent_with_nullable_note "parent" {
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text", unique)]
    pub slug: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    pub amount: i32,
    #[sea_orm(column_type = "Text", nullable, extra = "GENERATED ALWAYS AS (upper(name)) STORED")]
    pub shout: Option<String>,
});

entity!(child "child" {
    pub parent_id: Option<i32>,
    #[sea_orm(belongs_to, from = "parent_id", to = "id", on_delete = "Cascade")]
    pub parent: BelongsTo<Option<super::parent_with_nullable_note::Entity>>,
});

entity!(child_with_parent "child" {
    pub parent_id: i32,
    #[sea_orm(belongs_to, from = "parent_id", to = "id", on_delete = "Cascade")]
    pub parent: BelongsTo<super::parent_with_nullable_note::Entity>,
});

entity!(log "log" {
    #[sea_orm(column_type = "Text")]
    pub line: String,
});

/// Every kind of thing that hangs on a table, none of it known to the entities but the generated column. Of six rows the
/// last three are gone, and their numbers must not be given again.
const EVERYTHING: Sql = Sql::both(
    r#"CREATE TABLE parent (
    {pk},
    name text NOT NULL COLLATE NOCASE,
    slug text NOT NULL ON CONFLICT FAIL UNIQUE ON CONFLICT IGNORE,
    note text,
    amount integer NOT NULL CHECK (amount >= 0),
    shout text GENERATED ALWAYS AS (upper(name)) STORED
) STRICT;
CREATE TABLE child (
    {pk},
    parent_id integer,
    FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE
);
CREATE TABLE log ({pk}, line text NOT NULL);
CREATE UNIQUE INDEX one_main ON parent (amount) WHERE note = 'main';
CREATE INDEX lower_name ON parent (lower(name) DESC);
CREATE VIEW parents AS SELECT id, name || ': ' || note AS line FROM parent;
CREATE TRIGGER parent_comes AFTER INSERT ON parent BEGIN INSERT INTO log (line) VALUES ('+ ' || new.name); END;
CREATE TRIGGER parent_goes AFTER DELETE ON parent BEGIN INSERT INTO log (line) VALUES ('- ' || old.name); END;
INSERT INTO parent (name, slug, note, amount) VALUES
    ('O''Brien', 'a', 'main', 1), ('Čapek', 'b', '', 1), ({text 200}, 'c', 'žluť', 0),
    ('gone', 'd', '', 0), ('gone', 'e', '', 0), ('gone', 'f', '', 0);
DELETE FROM parent WHERE id > 3;
INSERT INTO child (parent_id) VALUES (1), (1), (2)"#,
);

fn everything(name: &'static str) -> Case {
    let things = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema \
                  WHERE sql IS NOT NULL AND name NOT LIKE 'sea%' AND name <> 'sqlite_sequence' ORDER BY name)";
    let definition = "SELECT CAST(count(*) AS text) FROM sqlite_schema WHERE name = 'parent' AND sql LIKE '%collate nocase%' \
                      AND sql LIKE '%not null on conflict fail%' AND sql LIKE '%unique%on conflict ignore%' \
                      AND sql LIKE '%check%amount >= 0%' AND sql LIKE '%autoincrement%'";
    Case::new(name, Sqlite, EVERYTHING)
        .keeps(Sql::both(definition), "1")
        .keeps(
            Sql::both("SELECT CAST(strict AS text) FROM pragma_table_list WHERE name = 'parent'"),
            "1",
        )
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM parent WHERE name = 'o''BRIEN'"), "1")
        .keeps(Sql::both("SELECT shout FROM parent WHERE id = 1"), "O'BRIEN")
        .keeps(Sql::both("SELECT line FROM parents WHERE id = 1"), "O'Brien: main")
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM log"), "9")
        .keeps(Sql::both("SELECT CAST(count(*) AS text) FROM child"), "3")
        .keeps(
            Sql::both("SELECT CAST(seq AS text) FROM sqlite_sequence WHERE name = 'parent'"),
            "6",
        )
        .keeps(
            Sql::both(things),
            "child log lower_name one_main parent parent_comes parent_goes parents",
        )
        .keeps(
            Sql::both(
                r#"SELECT "table" || ' ' || on_delete FROM pragma_foreign_key_list('child')"#,
            ),
            "parent CASCADE",
        )
}

fn c78_rebuild_keeps_everything() -> Case {
    let expect = Expect::plan(&["AlterNull(parent.note)"], &["AlterNull(parent.note)"]);
    everything("c78_rebuild_keeps_everything")
        .step(entities!(parent, child, log), expect)
        .unmanaged(Sqlite, "one_main")
        .unmanaged(Sqlite, "lower_name")
        .unmanaged(Sqlite, "parent_comes")
        .unmanaged(Sqlite, "parents")
}

/// The parent is not touched when its child is rebuilt.
fn c78_rebuild_of_a_child() -> Case {
    let expect = Expect::plan(&["AlterNull(child.parent_id)"], &["AlterNull(child.parent_id)"]);
    everything("c78_rebuild_of_a_child")
        .step(entities!(parent_with_nullable_note, child_with_parent, log), expect)
}

entity!(code (table_name = "code") {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub note: String,
});

fn c78_rebuild_without_rowid() -> Case {
    let before = Sql::both(
        "CREATE TABLE code (code varchar NOT NULL PRIMARY KEY, note varchar) WITHOUT ROWID;
INSERT INTO code (code, note) VALUES ('b', 'it''s'), ('a', 'žluť'), ('', {text 200})",
    );
    let expect = Expect::plan(&["AlterNull(code.note)"], &["AlterNull(code.note)"]);
    Case::new("c78_rebuild_without_rowid", Sqlite, before)
        .step(entities!(code), expect)
        .keeps(Sql::both("SELECT CAST(wr AS text) FROM pragma_table_list WHERE name = 'code'"), "1")
        .keeps(Sql::both("SELECT CAST(sum(length(note)) AS text) FROM code"), "208")
}
