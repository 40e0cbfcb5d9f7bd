//! PostgreSQL with other sessions: rows that they hold or delete, keys that accumulate, and a role with few privileges.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{App, Database, Program, db::hold, on_both};

const PATIENCE: Duration = Duration::from_secs(30);

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

const ISBN: &str = "/api/books/isbn/9780132350884";

/// Runs `meanwhile` while another session is in the middle of `change`, which it then commits.
fn beside_change(database: &Database, change: &str, meanwhile: impl FnOnce()) {
    let sql = format!("BEGIN; {change}; SELECT pg_sleep(0.7); COMMIT");
    thread::scope(|scope| {
        let other = scope.spawn(|| database.execute(&sql).unwrap());
        let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND wait_event = 'PgSleep'";
        until("the other session does not begin", || database.number(sleeps) == 1);
        meanwhile();
        other.join().unwrap();
    });
}

#[test]
fn a_book_that_is_deleted_while_it_is_put_is_added_again() {
    let Some(database) = Database::postgres() else { return };
    let app = App::new(&database);
    let book = json!({"title": "t", "author": "x"});
    let id = app.put(ISBN, book.clone()).expect(201)["id"].clone();
    beside_change(&database, &format!("DELETE FROM books WHERE id = {id}"), || {
        let put = app.put(ISBN, book.clone()).expect(201);
        assert_ne!(put["id"], id);
    });
    // A request for an existing row has nothing to add.
    let id = app.get(ISBN).expect(200)["id"].clone();
    beside_change(&database, &format!("DELETE FROM books WHERE id = {id}"), || {
        let tag = format!("\"{id}.1\"");
        let headers = [("content-type", "application/json"), ("if-match", tag.as_str())];
        let reply = app.request("PUT", ISBN).send(&headers, book.to_string().as_bytes());
        assert!([404, 412].contains(&reply.status), "{reply:?}");
    });
    assert_eq!(database.number("SELECT count(*) FROM books"), 0);
}

#[test]
fn a_book_that_gets_another_isbn_while_it_is_put_is_left_alone() {
    let Some(database) = Database::postgres() else { return };
    let app = App::new(&database);
    let id = app.put(ISBN, json!({"title": "first", "author": "x"})).expect(201)["id"].clone();
    let change = format!("UPDATE books SET isbn = '9780201633610' WHERE id = {id}");
    beside_change(&database, &change, || {
        let put = app.put(ISBN, json!({"title": "second", "author": "y"})).expect(201);
        assert_ne!(put["id"], id);
    });
    let titles = database.texts("SELECT title || ' ' || isbn FROM books ORDER BY id");
    assert_eq!(titles, ["first 9780201633610", "second 9780132350884"]);
}

/// Changes the first book again and again, in one of three ways, and answers the statuses.
fn patch_until(app: &App, patcher: usize, is_over: &AtomicBool) -> Vec<u16> {
    let (path, body) = match patcher % 3 {
        0 => ("/api/books/1", "{\"year\":1999}"),
        1 => ("/api/books?id=1&confirm=1", "{\"year\":1999}"),
        _ => ("/api/books?id__in=1&confirm=1", "{\"year\":1998}"),
    };
    let headers = [("content-type", "application/json")];
    let mut seen = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        seen.push(app.request("PATCH", path).send(&headers, body.as_bytes()).status);
    }
    seen
}

#[test]
fn those_who_wait_for_one_row_leave_a_connection_for_the_others() {
    let Some(database) = Database::postgres() else { return };
    let app = App::new(&database);
    app.post("/api/books", json!({"title": "held", "author": "x"})).expect(201);
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND wait_event_type = 'Lock'";
    let (is_over, held, release) = (AtomicBool::new(false), Barrier::new(2), Barrier::new(2));
    let others: Vec<(Duration, u16, i64)> = thread::scope(|scope| {
        let change = "BEGIN; UPDATE books SET title = 'mine' WHERE id = 1";
        scope.spawn(|| {
            hold(&database.url, change, || {
                held.wait();
                release.wait();
            });
        });
        held.wait();
        let patchers: Vec<_> = (0..6)
            .map(|patcher| {
                let (app, is_over) = (&app, &is_over);
                scope.spawn(move || patch_until(app, patcher, is_over))
            })
            .collect();
        let begun = Instant::now();
        while database.number(waits) == 0 && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
        let other = |number| {
            let begun = Instant::now();
            let status = app.post("/api/books", json!({"title": number, "author": "x"})).status;
            let took = begun.elapsed();
            thread::sleep(Duration::from_millis(50));
            (took, status, database.number(waits))
        };
        let others = (0..40).map(|number| other(number.to_string())).collect();
        is_over.store(true, Ordering::Relaxed);
        let seen: Vec<_> = patchers.into_iter().map(|patcher| patcher.join()).collect();
        release.wait();
        for seen in seen {
            assert!(seen.unwrap().iter().all(|status| *status == 503));
        }
        others
    });
    let slowest = others.iter().map(|(took, ..)| *took).max().unwrap();
    println!("the slowest of the others took {slowest:?}");
    assert!(others.iter().all(|(_, status, _)| *status == 201), "{others:?}");
    // A request that waits for the row waits two seconds.
    assert!(slowest < Duration::from_millis(1500), "{others:?}");
    assert!(others.iter().any(|(.., waiting)| *waiting > 0), "{others:?}");
    assert!(others.iter().all(|(.., waiting)| *waiting <= 4), "{others:?}");
    app.request("PATCH", "/api/books/1")
        .send(&[("content-type", "application/json")], b"{\"year\":2000}")
        .expect(200);
}

/// Many keys were stored since the statements were planned, without an `ANALYZE` since.
#[test]
fn a_key_costs_the_same_however_many_there_are() {
    let Some(database) = Database::postgres() else { return };
    database.execute("ALTER TABLE idempotency_keys SET (autovacuum_enabled = off)").unwrap();
    database.execute("VACUUM ANALYZE idempotency_keys").unwrap();
    let app = App::new(&database);
    let post = |key: &str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        app.request("POST", "/api/books")
            .send(&headers, b"{\"title\":\"t\",\"author\":\"x\"}")
            .expect(201)
    };
    for number in 0..40 {
        post(&format!("first {number}").replace(' ', "-"));
    }
    database
        .execute("INSERT INTO idempotency_keys SELECT 'k' || n, 'f', '{}', now() FROM generate_series(1, 40000) n")
        .unwrap();
    let statistics = |what: &str| {
        let sql =
            format!("SELECT {what} FROM pg_stat_user_tables WHERE relname = 'idempotency_keys'");
        database.number(&sql)
    };
    until("40 000 keys are not counted", || statistics("n_tup_ins") >= 40_040);
    let before = statistics("seq_tup_read");
    for number in 0..30 {
        post(&format!("then-{number}"));
    }
    until("30 keys are not counted", || statistics("n_tup_ins") >= 40_070);
    let read = statistics("seq_tup_read") - before;
    assert!(read < 40_000, "30 requests with a key have read {read} other keys");
    // And the answer of an earlier request is found.
    assert_eq!(post("first-7"), post("first-7"));
}

on_both! {
    fn keys_of_yesterday_are_deleted_in_the_background(database) {
        Program::new(&database).run(&["db", "upgrade"]).expect_success();
        let numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)";
        for (name, at) in [("old", "'2020-01-01 00:00:00+00:00'"), ("new", "CURRENT_TIMESTAMP")] {
            let keys = format!("SELECT '{name}' || n, 'f', '{{}}', {at} FROM n");
            let keys = keys.replace("'2020", if database.is_sqlite() { "'2020" } else { "timestamptz '2020" });
            let columns = "idempotency_keys (key, fingerprint, answer, created_at)";
            database.execute(&format!("INSERT INTO {columns} {numbers} {keys}")).unwrap();
        }
        let app = App::new(&database);
        until("old keys are still there", || {
            database.number("SELECT count(*) FROM idempotency_keys WHERE key LIKE 'old%'") == 0
        });
        assert_eq!(database.number("SELECT count(*) FROM idempotency_keys"), 5000);
        app.get("/readyz").expect(200);
    }
}

#[test]
fn a_role_that_may_only_read_is_refused_with_503_and_the_log_names_what_it_lacks() {
    let Some(database) = Database::postgres() else { return };
    let name = database.texts("SELECT current_database()::text || '_looks'").remove(0);
    let grant =
        format!("CREATE ROLE {name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}");
    database.execute(&grant).unwrap();
    database.execute("INSERT INTO books (title, author) VALUES ('t', 'x')").unwrap();
    let url = database.url.replace("user=bookplate", &format!("user={name}"));
    let app = Program::new(&database).env("DATABASE_URL", &url).serve(&[]);
    app.get("/readyz").expect(200);
    app.get("/api/books/1").expect(200);
    let patch = [("content-type", "application/json")];
    for reply in [
        app.post("/api/books", json!({"title": "a", "author": "b"})),
        app.put("/api/books/1", json!({"title": "a", "author": "b"})),
        app.request("PATCH", "/api/books?all=true&confirm=1").send(&patch, b"{\"year\":1}"),
        app.delete("/api/books/1"),
        app.post("/api/stores", json!({"name": "s"})),
    ] {
        let error = reply.expect_problem(503);
        assert!(error.contains("the role of the database has no right to do this"), "{error}");
        assert!(!error.contains(&name) && !error.contains("permission denied"), "{error}");
    }
    app.logged(&["ERROR", "permission denied for table books", "GRANT"]);
    database.execute(&format!("REVOKE SELECT ON stores FROM {name}")).unwrap();
    app.get("/api/stores").expect_problem(503);
    // Once the privilege is granted, no restart is needed.
    database.execute(&format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")).unwrap();
    database.execute(&format!("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}")).unwrap();
    app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
}
