//! The schema: upgraded, downgraded and upgraded again with rows in it, and equal to the entities.

use std::collections::BTreeMap;

use sea_orm::{DbBackend, Schema};

use crate::support::{Database, HEAD, Program, REVISIONS, app::file, on_both};

/// Columns of a table with all their properties, but without their order.
fn columns(database: &Database, table: &str) -> Vec<String> {
    database.texts(&if database.is_sqlite() {
        format!(
            "SELECT name || ' ' || lower(type) || ' ' || \"notnull\" || ' ' || pk || ' ' || coalesce(lower(dflt_value), '-') \
             FROM pragma_table_info('{table}') ORDER BY name"
        )
    } else {
        format!(
            "SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text || ' ' || \
             a.attidentity::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '-') \
             FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname"
        )
    })
}

/// Foreign keys with their actions, and indexes with their columns, by content.
fn keys(database: &Database, table: &str) -> Vec<String> {
    let (foreign, indexes) = if database.is_sqlite() {
        (
            format!(
                "SELECT \"from\" || '>' || \"table\" || '.' || \"to\" || ' ' || on_delete \
                 FROM pragma_foreign_key_list('{table}') ORDER BY \"from\""
            ),
            format!(
                "SELECT (SELECT group_concat(name) FROM pragma_index_info(i.name)) || ' ' || i.\"unique\" \
                 FROM pragma_index_list('{table}') i ORDER BY 1"
            ),
        )
    } else {
        (
            format!(
                "SELECT regexp_replace(pg_get_constraintdef(oid), ' REFERENCES ', '>') FROM pg_constraint \
                 WHERE conrelid = '{table}'::regclass AND contype = 'f' ORDER BY 1"
            ),
            format!(
                "SELECT regexp_replace(indexdef, '.* USING ', '') || ' ' || (indexdef LIKE 'CREATE UNIQUE%') \
                 FROM pg_indexes WHERE tablename = '{table}' ORDER BY 1"
            ),
        )
    };
    [database.texts(&foreign), database.texts(&indexes)].concat()
}

const TABLES: [&str; 5] = ["books", "stores", "items", "users", "idempotency_keys"];

fn shape(database: &Database) -> BTreeMap<&'static str, [Vec<String>; 2]> {
    TABLES
        .into_iter()
        .map(|table| (table, [columns(database, table), keys(database, table)]))
        .collect()
}

const WITHOUT_SEARCH: [&str; 2] = [
    "DROP INDEX books_search_title, books_search_author, books_search_others",
    "DROP TABLE books_search",
];

fn upgrade(database: &Database, target: &str) {
    Program::new(database).run(&["db", "upgrade", target]).expect_success();
}

fn downgrade(database: &Database, target: &str) {
    Program::new(database).run(&["db", "downgrade", target]).expect_success();
}

on_both! {
    fn the_revisions_lead_to_what_the_entities_say(database) {
        upgrade(&database, "head");
        let direct = database.empty_beside();
        if direct.is_sqlite() {
            file(&direct, "books.db", b"");
        }
        let backend = if database.is_sqlite() { DbBackend::Sqlite } else { DbBackend::Postgres };
        let schema = Schema::new(backend);
        for (table, indexes) in [
            (schema.create_table_from_entity(entity::book::Entity), schema.create_index_from_entity(entity::book::Entity)),
            (schema.create_table_from_entity(entity::store::Entity), schema.create_index_from_entity(entity::store::Entity)),
            (schema.create_table_from_entity(entity::item::Entity), schema.create_index_from_entity(entity::item::Entity)),
            (schema.create_table_from_entity(entity::user::Entity), schema.create_index_from_entity(entity::user::Entity)),
            (
                schema.create_table_from_entity(entity::idempotency_key::Entity),
                schema.create_index_from_entity(entity::idempotency_key::Entity),
            ),
        ] {
            direct.execute(&backend.build(&table).to_string()).unwrap();
            for index in indexes {
                direct.execute(&backend.build(&index).to_string()).unwrap();
            }
        }
        // The search index belongs to no entity, and would need an extension there.
        database.execute(WITHOUT_SEARCH[usize::from(database.is_sqlite())]).unwrap();
        assert_eq!(shape(&database), shape(&direct));
    }

    fn going_down_and_up_again_gives_the_same_schema_and_keeps_the_rows(database) {
        upgrade(&database, "head");
        let before = shape(&database);
        database.execute("INSERT INTO books (title, author, isbn) VALUES ('a', 'x', '1'), ('it''s', 'Ü', NULL)").unwrap();
        database.execute("DELETE FROM books WHERE title = 'a'").unwrap();
        database.execute("INSERT INTO stores (name) VALUES ('s')").unwrap();
        database.execute("INSERT INTO items (name, price, store_id, book_id) VALUES ('i', 9.99, 1, 2), ('j', 1, 1, NULL)").unwrap();

        // Below this revision `books` was rebuilt twice on SQLite; its children must not be affected.
        Program::new(&database).run(&["db", "downgrade", "m20260908", "--allow-data-loss"]).expect_success();
        assert_eq!(columns(&database, "books").len(), 8);
        assert_eq!(database.texts("SELECT title || author FROM books"), ["it'sÜ"]);
        assert_eq!(database.number("SELECT count(*) FROM items WHERE book_id = 2 OR name = 'j'"), 2);
        upgrade(&database, "head");
        assert_eq!(shape(&database), before);
        assert_eq!(database.texts("SELECT title || author || status FROM books"), ["it'sÜavailable"]);
        assert_eq!(database.number("SELECT count(*) FROM items WHERE book_id = 2 OR name = 'j'"), 2);
        // New ids continue after the highest one that was ever used.
        database.execute("INSERT INTO books (title, author) VALUES ('new', 'x')").unwrap();
        assert_eq!(database.number("SELECT max(id) FROM books"), 3);
        // And the keys still work as declared.
        database.execute("DELETE FROM books WHERE id = 2").unwrap();
        assert_eq!(database.number("SELECT count(*) FROM items WHERE book_id IS NULL"), 2);
        database.execute("DELETE FROM stores").unwrap();
        assert_eq!(database.number("SELECT count(*) FROM items"), 0);
    }

    fn every_revision_can_be_taken_back_one_by_one(database) {
        upgrade(&database, "head");
        let top = shape(&database);
        for left in (0..REVISIONS).rev() {
            downgrade(&database, "-1");
            let history = Program::new(&database).run(&["db", "history"]).expect_success().stdout;
            assert_eq!(history.matches("(pending)").count(), REVISIONS - left, "{history}");
            assert_eq!(history.lines().count(), REVISIONS, "{history}");
        }
        let current = Program::new(&database).run(&["db", "current"]).expect_success().stdout;
        assert_eq!(current, "no migration is applied\n");
        for _ in 0..REVISIONS {
            upgrade(&database, "+1");
        }
        assert_eq!(shape(&database), top);
        let current = Program::new(&database).run(&["db", "current"]).expect_success().stdout;
        assert_eq!(current, format!("{HEAD} (head)\n"));
        let again = Program::new(&database).run(&["db", "upgrade"]).expect_success().stdout;
        assert_eq!(again, format!("nothing to apply; the database is at {HEAD}\n"));
    }

    fn the_author_is_not_cut_off_on_the_way_down(database) {
        upgrade(&database, "head");
        let long = "x".repeat(101);
        database.execute(&format!("INSERT INTO books (title, author) VALUES ('a', 'ok'), ('b', '{long}')")).unwrap();
        let ended = Program::new(&database).run(&["db", "downgrade", "m20260922"]).expect_code(9);
        assert!(ended.stderr.contains("1 row of `books` has more than 100 characters in `author`, such as id 2"), "{}", ended.stderr);
        assert_eq!(database.number("SELECT length(author) FROM books WHERE id = 2"), 101);
        database.execute("UPDATE books SET author = 'short' WHERE id = 2").unwrap();
        downgrade(&database, "-1");
        assert!(columns(&database, "books").iter().any(|column| column.starts_with("author ") && column.contains("(100)")));
    }

    fn a_target_that_makes_no_sense_is_refused(database) {
        upgrade(&database, "head");
        let all = format!("`m2026` fits {REVISIONS} revisions");
        let further = format!("`-99` goes further back than the {REVISIONS} migrations that are applied");
        for (arguments, reason) in [
            (["db", "upgrade", "sideways"], "no revision fits `sideways`"),
            (["db", "upgrade", "m2026"], all.as_str()),
            (["db", "upgrade", "+0"], "`+0` is no target, expected `head`, `+N` or a revision"),
            (["db", "downgrade", "-x"], "`-x` is no target, expected `base`, `-N` or a revision"),
            (["db", "downgrade", "-99"], further.as_str()),
        ] {
            let error = Program::new(&database).run(&arguments).expect_code(2).expect_error();
            assert!(error.contains(reason), "{error}");
        }
    }
}

#[test]
fn a_rebuild_over_any_connection_loses_no_child() {
    use migration::sea_revise::prelude::MigratorTrait;
    use sea_orm::ConnectionTrait;
    const ITEM: &str = "INSERT INTO books (id, title, author) VALUES (1, 'a', 'b'); INSERT INTO stores (id, name) VALUES (1, 'c');\
        INSERT INTO items (name, price, store_id, book_id) VALUES ('d', 1, 1, 1)";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let upgraded = async |rows: &str| {
        let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).min_connections(1);
        let db = sea_orm::Database::connect(options).await.unwrap();
        migration::Migrator::up(&db, Some(2)).await.unwrap();
        db.execute_unprepared(rows).await.unwrap();
        migration::Migrator::up(&db, None).await.unwrap();
        let items = "SELECT count(*) FROM items JOIN books ON books.id = book_id JOIN stores ON stores.id = store_id";
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, items);
        let row = db.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index::<i64>(0).unwrap()
    };
    assert_eq!(runtime.block_on(upgraded(ITEM)), 1);
    assert_eq!(runtime.block_on(upgraded("SELECT 1")), 0);
}
