//! Everything that entities are silent about, and one true difference beside it: the migration holds that one and nothing else.

use sea_revise::{
    Entities, Plan,
    schema::{Column, Index, Table, Type},
};

use crate::{
    case::{Sql, entity},
    history::History,
    project::{BOTH, Project},
};

/// Defaults, lengths, actions, keys, uniques, indexes and a table that the entities below do not mention.
pub fn shop() -> History {
    let tables = Sql::both(
        r#"CREATE TABLE owner (
    {pk},
    name varchar(255) NOT NULL,
    email varchar(80) NOT NULL UNIQUE,
    active boolean NOT NULL DEFAULT true,
    seen_at timestamp NOT NULL DEFAULT current_timestamp
);
CREATE TABLE pet (
    {pk},
    name varchar(40) NOT NULL DEFAULT 'Rex',
    note text,
    age integer NOT NULL DEFAULT 1,
    owner_id integer,
    vet_id integer,
    CONSTRAINT pet_owner FOREIGN KEY (owner_id) REFERENCES owner (id) ON DELETE CASCADE,
    CONSTRAINT pet_vet FOREIGN KEY (vet_id) REFERENCES owner (id) ON DELETE SET NULL ON UPDATE CASCADE,
    UNIQUE (owner_id, name)
);
CREATE TABLE legacy ({pk}, pet_id integer REFERENCES pet (id) ON DELETE CASCADE, word varchar(9) DEFAULT 'x' UNIQUE);
CREATE INDEX "idx-pet-age" ON pet (age);
CREATE INDEX "idx-owner-name" ON owner (name);
CREATE UNIQUE INDEX pet_by_name ON pet (name, age)"#,
    );
    let ours = Table::new("ours")
        .column(Column::new("id", Type::Integer).identity())
        .column(Column::new("n", Type::Integer).default(7))
        .primary_key(["id"])
        .index(Index::new("by_n", ["n"]));
    History::new()
        .sql("m20230101_000000_tables", tables)
        .plan("m20230102_000000_ours", Plan::new().create_table(ours))
}

const ROWS: &str =
    "INSERT INTO owner (name, email) VALUES ('Ann', 'ann@example.org'), ('Bob', 'bob@example.org');
INSERT INTO pet (owner_id, vet_id, note, age) VALUES (1, 2, 'old', 9), (2, NULL, '', 3);
INSERT INTO legacy (pet_id) VALUES (1)";

entity!(owner "owner" {
    pub name: String,
    pub email: String,
    pub active: bool,
    pub seen_at: DateTime,
});

entity!(ours "ours" {
    #[sea_orm(default_value = 7)]
    pub n: i32,
});

/// The entities of the shop, with this one for its pets.
macro_rules! shop_with {
    ($pet:ident) => {
        || {
            Entities::new()
                .add(owner::Entity)
                .add($pet::Entity)
                .add(ours::Entity)
                .index("ours", Index::new("by_n", ["n"]))
        }
    };
}

/// An entity of a pet, with what is written differently from the plain one.
macro_rules! pet {
    ($module:ident: { $($name:tt)* } { $($note:tt)* } { $($age:tt)* } { $($keys:tt)* }) => {
        entity!($module "pet" {
            $($name)*
            $($note)*
            $($age)*
            pub owner_id: Option<i32>,
            pub vet_id: Option<i32>,
            $($keys)*
        });
    };
}

pet!(pet: { pub name: String, } { pub note: Option<String>, } { pub age: i32, } {
    #[sea_orm(belongs_to, from = "owner_id", to = "id")]
    pub owner: BelongsTo<Option<super::owner::Entity>>,
});
pet!(with_color: { pub name: String, } { pub note: Option<String>, } { pub age: i32, } {
    pub color: Option<String>,
});
pet!(without_note: { pub name: String, } {} { pub age: i32, } {});
pet!(with_text: { pub name: String, } { #[sea_orm(column_type = "Text")] pub note: Option<String>, } { pub age: i32, } {});
pet!(with_length: {
    #[sea_orm(column_type = "String(StringLen::N(50))")]
    pub name: String,
} { pub note: Option<String>, } { pub age: i32, } {});
pet!(with_null: { pub name: Option<String>, } { pub note: Option<String>, } { pub age: i32, } {});
pet!(with_default: { pub name: String, } { #[sea_orm(default_value = "none")] pub note: Option<String>, } { pub age: i32, } {});
pet!(with_other_default: { #[sea_orm(default_value = "Tom")] pub name: String, } { pub note: Option<String>, } { pub age: i32, } {});
pet!(with_width: { pub name: String, } { pub note: Option<String>, } { pub age: i64, } {});
pet!(with_unique: { pub name: String, } { #[sea_orm(unique)] pub note: Option<String>, } { pub age: i32, } {});
pet!(with_unique_key: { pub name: String, } {
    #[sea_orm(unique_key = "once")]
    pub note: Option<String>,
} {
    #[sea_orm(unique_key = "once")]
    pub age: i32,
} {});
pet!(with_index: { pub name: String, } { #[sea_orm(indexed)] pub note: Option<String>, } { pub age: i32, } {});
pet!(with_action: { pub name: String, } { pub note: Option<String>, } { pub age: i32, } {
    #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "SetNull")]
    pub owner: BelongsTo<Option<super::owner::Entity>>,
});
pet!(with_other_key: { pub name: String, } { pub note: Option<String>, } { pub age: i32, } {
    #[sea_orm(belongs_to, from = "vet_id", to = "id")]
    pub vet: BelongsTo<Option<super::ours::Entity>>,
});
pet!(with_check: { pub name: String, } { pub note: Option<String>, } { #[sea_orm(extra = "CHECK (age >= 0)")] pub age: i32, } {});

/// Entities, and the operations that lead to them.
type Difference = (fn() -> Entities, &'static [&'static str]);

fn differences() -> Vec<Difference> {
    vec![
        (shop_with!(with_color), &["add column pet.color (varchar, nullable)"]),
        (shop_with!(without_note), &["drop column pet.note and its values"]),
        (shop_with!(with_length), &["change type of pet.name from varchar(40) to varchar(50)"]),
        (shop_with!(with_null), &["pet.name: nullable"]),
        (shop_with!(with_default), &["pet.note: default 'none'"]),
        (shop_with!(with_other_default), &["pet.name: default 'Tom', was 'Rex'"]),
        (shop_with!(with_width), &["change type of pet.age from integer to bigint"]),
        (shop_with!(with_unique), &["add unique pet(note)"]),
        (shop_with!(with_unique_key), &["create unique index idx-pet-once on pet(note, age)"]),
        (shop_with!(with_index), &["create index idx-pet-note on pet(note)"]),
        (
            shop_with!(with_action),
            &[
                "drop foreign key pet(owner_id) → owner(id) on delete cascade",
                "add foreign key pet(owner_id) → owner(id) on delete set null",
            ],
        ),
        (
            shop_with!(with_other_key),
            &[
                "drop foreign key pet(vet_id) → owner(id) on delete set null on update cascade",
                "add foreign key pet(vet_id) → ours(id)",
            ],
        ),
        (shop_with!(with_check), &["add check on pet: age >= 0"]),
        (|| Entities::new().add(owner::Entity).add(pet::Entity), &["drop table ours and its rows"]),
    ]
}

#[tokio::test]
async fn one_true_difference_is_the_whole_migration() {
    for backend in BOTH {
        for (entities, operations) in differences() {
            let Some(mut project) = Project::new(backend, shop(), quiet).await else { continue };
            project.place.execute(ROWS).await.expect("the rows fit");
            for quiet in [quiet as fn() -> Entities, shop_with!(with_text)] {
                project.entities = quiet;
                project.expect_quiet().await;
            }
            project.entities = entities;
            if operations[0].ends_with("to bigint") && backend == sea_orm::DbBackend::Sqlite {
                // SQLite has one integer, and nobody stated a narrower one.
                project.expect_quiet().await;
            } else {
                if operations[0].starts_with("drop foreign key pet(vet_id)") {
                    project.place.execute("UPDATE pet SET vet_id = NULL").await.expect("an update");
                }
                project.migrate_and_return(operations).await;
            }
            project.place.remove().await;
        }
    }
}

/// The entities that say nothing that is not so.
pub fn quiet() -> Entities {
    shop_with!(pet)()
}
