//! The life cycle of the program: the first start, settings, one server per file, an orderly shutdown, and its error messages.

use std::{fs, os::unix::fs::PermissionsExt, process::Command, thread, time::Duration};

use serde_json::json;

use crate::support::{App, Database, HEAD, Program, app::file, on_both};

on_both! {
    fn it_is_alive_ready_and_knows_its_version(database) {
        let app = App::new(&database);
        assert_eq!(app.get("/healthz").expect(200), json!({"status": "ok"}));
        assert_eq!(app.get("/readyz").expect(200), json!({"status": "ok"}));
        let version = app.get("/version").expect(200);
        assert_eq!(version["name"], "bookplate");
        assert_eq!(version["revision"], HEAD);
    }

    fn it_is_not_ready_for_another_schema(database) {
        let app = App::new(&database);
        database.execute(&format!("DELETE FROM seaql_migrations WHERE version = '{HEAD}'")).unwrap();
        let before = database.texts("SELECT max(version) FROM seaql_migrations").remove(0);
        let error = app.get("/readyz").expect_problem(503);
        assert!(error.contains(&format!("the schema is at `{before}`, this program needs `{HEAD}`")), "{error}");
        assert_eq!(app.get("/healthz").status, 200);
    }

    fn it_is_not_ready_while_it_drains(database) {
        let app = Program::new(&database).serve(&["--drain-ms", "6000"]);
        app.signal("TERM");
        app.logged(&["shutting down"]);
        let error = app.get("/readyz").expect_problem(503);
        assert!(error.contains("shutting down"), "{error}");
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
        assert!(app.stop());
        assert_eq!(database.number("SELECT count(*) FROM books"), 1);
    }

    fn log_lines_are_json_on_demand(database) {
        let app = Program::new(&database).env("BOOKPLATE_LOG_FORMAT", "json").serve(&[]);
        app.request("GET", "/api/books/1").send(&[("x-request-id", "find-me")], b"");
        app.logged(&["find-me"]);
        let log = app.log();
        let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let line = lines.iter().find(|line| line["request_id"] == "find-me").expect("the request is logged");
        assert_eq!([&line["method"], &line["path"], &line["status"]], [&json!("GET"), &json!("/api/books/1"), &json!(404)]);
        assert!(line["elapsed_us"].is_u64() && line["time"].is_string() && line["level"] == "INFO", "{line}");
    }

    fn a_password_never_reaches_the_log(database) {
        if database.is_sqlite() {
            let env = "DATABASE_URL=postgresql://me:hush hush@db/library\n";
            file(&database, ".env", env);
            let ended = Program::new(&database).without_env("DATABASE_URL").run(&["db", "current"]);
            assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
            let error = ended.expect_error();
            assert!(error.contains("a line of the file `.env` cannot be read"), "{error}");
            return;
        }
        let url = database.url.replace("user=bookplate", "user=bookplate&password=hush-hush");
        let app = Program::new(&database).env("DATABASE_URL", &url).env("BOOKPLATE_LOG", "debug").serve(&[]);
        app.get("/api/books").expect(200);
        assert!(!app.log().contains("hush-hush"), "{}", app.log());
    }

    fn a_database_that_is_held_by_another_gives_503_and_then_works(database) {
        let app = App::new(&database);
        app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
        let url = database.url.clone();
        let hold = if database.is_sqlite() {
            "BEGIN IMMEDIATE"
        } else {
            "BEGIN; LOCK TABLE books IN ACCESS EXCLUSIVE MODE"
        };
        let (held, release) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| crate::support::db::hold(&url, hold, || {
                held.wait();
                release.wait();
            }));
            held.wait();
            let reply = app.post("/api/books", json!({"title": "c", "author": "d"}));
            assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
            reply.expect_problem(503);
            if database.is_sqlite() {
                // Readers do not block a writer, nor does it block them.
                app.get("/api/books").expect(200);
            }
            release.wait();
        });
        app.post("/api/books", json!({"title": "c", "author": "d"})).expect(201);
        assert_eq!(database.number("SELECT count(*) FROM books"), 2);
    }
}

#[test]
fn the_first_start_needs_nothing() {
    let database = Database::sqlite();
    let app = Program::new(&database).without_env("DATABASE_URL").serve(&[]);
    app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
    assert!(app.stop());
    assert_eq!(database.number("SELECT count(*) FROM books"), 1);
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let database = Database::sqlite();
    let exists = |name: &str| database.home.path().join(name).exists();
    file(&database, ".env", "DATABASE_URL=sqlite:///from-file.db\n");
    let upgrade = |program: Program, flags: &[&str]| {
        program.run(&[&["db", "upgrade"][..], flags].concat()).expect_success();
    };
    upgrade(Program::new(&database).without_env("DATABASE_URL"), &[]);
    assert!(exists("from-file.db"));
    upgrade(Program::new(&database).env("DATABASE_URL", "sqlite:///from-env.db"), &[]);
    assert!(exists("from-env.db"));
    upgrade(
        Program::new(&database).env("DATABASE_URL", "sqlite:///unused.db"),
        &["-u", "sqlite:///from-flag.db"],
    );
    assert!(exists("from-flag.db") && !exists("unused.db"));
}

#[test]
fn a_database_in_memory_works_and_is_gone() {
    let database = Database::sqlite();
    for url in ["sqlite://", "sqlite::memory:"] {
        let app = Program::new(&database).env("DATABASE_URL", url).serve(&[]);
        app.post("/api/stores", json!({"name": "s"})).expect(201);
        app.post("/api/items", json!({"name": "i", "price": 1, "store_id": 1})).expect(201);
        app.delete("/api/stores/1").expect(200);
        assert_eq!(app.get("/api/items").body, "[]");
        app.logged(&["everything is gone when this process ends"]);
        assert!(app.stop());
    }
    assert_eq!(fs::read_dir(database.home.path()).unwrap().count(), 0);
}

#[test]
fn a_database_in_memory_outlives_clients_that_vanish() {
    let database = Database::sqlite();
    let app = Program::new(&database).env("DATABASE_URL", "sqlite::memory:").serve(&[]);
    for number in 0..100 {
        app.post("/api/books", json!({"title": format!("t{number}"), "author": "x"})).expect(201);
    }
    for round in 0..200_u64 {
        let mut stream = std::net::TcpStream::connect(&app.address).unwrap();
        let get = b"GET /api/books?title__icontains=%C3%A9 HTTP/1.1\r\nhost: localhost\r\n\r\n";
        std::io::Write::write_all(&mut stream, get).unwrap();
        thread::sleep(Duration::from_micros(100 * (round % 40)));
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(app.get("/api/books").expect(200).as_array().unwrap().len(), 100);
}

#[test]
fn a_second_server_on_one_file_refuses_and_names_the_first() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let link = database.home.path().join("other-name.db");
    std::os::unix::fs::symlink(database.path(), &link).unwrap();
    let by_link = format!("sqlite:///{}", link.display());
    for url in [&database.url, &by_link] {
        for arguments in [&["serve", "--port", "0"][..], &["db", "upgrade"], &["db", "downgrade"]] {
            let ended = Program::new(&database).env("DATABASE_URL", url).run(arguments);
            assert_eq!(ended.code, Some(if arguments[0] == "db" { 7 } else { 1 }));
            let error = ended.expect_error();
            let holder =
                format!("is in use by process {}, bookplate serve on 127.0.0.1", app.process());
            assert!(error.contains(&holder), "{error}");
        }
        for arguments in
            [&["upgrade"][..], &["downgrade"], &["stamp"], &["diff", "db", "base", "--apply"]]
        {
            let ended = Program::migration(&database).env("DATABASE_URL", url).run(arguments);
            let error = ended.expect_code(7).expect_error();
            assert!(
                error.contains(&format!("process {}, bookplate serve", app.process())),
                "{error}"
            );
        }
        // Read-only commands are always allowed.
        Program::new(&database).env("DATABASE_URL", url).run(&["db", "check"]).expect_success();
    }
    app.post("/api/books", json!({"title": "a", "author": "b"})).expect(201);
    app.kill();
    // The lock ends with its process, however that ended.
    App::new(&database).get("/api/books/1").expect(200);
}

#[test]
fn a_connection_is_used_again_unless_somebody_left_a_transaction_open_on_it() {
    use sea_orm::ConnectionTrait;
    let Some(database) = Database::empty_postgres() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let location = database.url.parse().unwrap();
        let one = service::database::connect_to_migrate(&location, &service::Settings::default())
            .await
            .unwrap();
        let process = async || {
            let asked = sea_orm::Statement::from_string(
                sea_orm::DbBackend::Postgres,
                "SELECT pg_backend_pid()",
            );
            let row = one.query_one_raw(asked).await.unwrap().unwrap();
            row.try_get_by_index::<i32>(0).unwrap()
        };
        let first = process().await;
        assert_eq!([process().await, process().await], [first, first]);
        one.execute_unprepared("BEGIN").await.unwrap();
        assert_ne!(process().await, first);
        one.close().await.unwrap();
    });
}

#[test]
fn other_machines_are_served_only_on_purpose() {
    let database = Database::sqlite();
    let error =
        Program::new(&database).run(&["serve", "--host", "0.0.0.0", "--port", "0"]).expect_error();
    assert!(
        error.contains("everybody could change and delete everything")
            && error.contains("`--insecure-open`"),
        "{error}"
    );
    assert!(!database.path().exists());
    let app = Program::new(&database).serve(&["--host", "127.0.0.1", "--insecure-open"]);
    app.logged(&["--insecure-open: there are no accounts yet"]);
    assert_eq!(
        app.request("GET", "/api/books").send(&[("host", "library.example")], b"").status,
        200
    );
}

#[test]
fn what_keeps_it_from_starting_is_one_line_with_the_way_out() {
    let database = Database::sqlite();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    file(
        &database,
        "corrupt.db",
        "this is no database, but it is long enough to be checked as one. ".repeat(200),
    );
    file(&database, "file", "");
    for (url, port, reason) in [
        ("sqlite:///books.db", port.as_str(), "choose another port with `--port`"),
        (
            "sqlite:///no/such/books.db",
            "0",
            "the directory `no/such` of the database does not exist",
        ),
        ("sqlite:///file/books.db", "0", "the directory `file` of the database does not exist"),
        ("sqlite:///corrupt.db", "0", "file is not a database"),
        ("sqlite:///.", "0", "`.` is a directory, expected a file"),
        ("mysql://u:hush@h/d", "0", "`mysql://u:***@h/d` is not a database URL"),
        ("postgres:///nothing?host=/nonexistent&user=x", "0", "cannot open postgres:///nothing"),
        (
            "postgres://x:hush@127.0.0.1:1/nothing",
            "0",
            "cannot open postgres://x:***@127.0.0.1:1/nothing",
        ),
    ] {
        let error = Program::new(&database)
            .env("DATABASE_URL", url)
            .run(&["serve", "--port", port])
            .expect_error();
        assert!(error.contains(reason), "{url}: {error}");
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    let set = |path: &std::path::Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap()
    };
    set(&database.path(), 0o444);
    // Root may write everything, so there the file system has to refuse.
    if fs::OpenOptions::new().append(true).open(database.path()).is_ok() {
        let _ = Command::new("chattr").arg("+i").arg(database.path()).status();
        if fs::OpenOptions::new().append(true).open(database.path()).is_ok() {
            set(&database.path(), 0o644);
            let line = "SKIPPED: a read-only database; this user may write every file.\n";
            std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
            return;
        }
    }
    let ended = Program::new(&database).run(&["serve", "--port", "0"]);
    let _ = Command::new("chattr").arg("-i").arg(database.path()).status();
    let error = ended.expect_error();
    assert!(error.contains("cannot") && error.contains("books.db"), "{error}");
}

#[test]
fn the_manual_is_in_the_help() {
    let database = Database::sqlite();
    let help = |arguments: &[&str]| Program::new(&database).run(arguments).expect_success().stdout;
    let all = help(&["--help"]);
    for word in [
        "serve",
        "db",
        "import",
        "export",
        "DATABASE_URL",
        "sqlite:///books.db",
        "BOOKPLATE_LOG",
        ".env",
    ] {
        assert!(all.contains(word), "{word}: {all}");
    }
    let serve = help(&["serve", "--help"]);
    for word in
        ["--port", "BOOKPLATE_PORT", "[default: 5000]", "--insecure-open", "--pool", "--drain-ms"]
    {
        assert!(serve.contains(word), "{word}: {serve}");
    }
    let import = help(&["import", "books", "--help"]);
    for word in ["--dry-run", "--rejects", "--on-duplicate", "--map"] {
        assert!(import.contains(word), "{word}: {import}");
    }
    for arguments in
        [&["serv"][..], &["--prot", "1"], &["serve", "--port", "99999"], &["import", "books"]]
    {
        assert!(!Program::new(&database).run(arguments).success, "{arguments:?}");
    }
}
