//! A PostgreSQL server with German messages: its errors are recognized by their codes.

use cluster::Cluster;

use crate::support::{Database, Ended, Program, db};

/// Our own words about it, and the server's in its language, each once.
fn expect_refused(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}", ended.stderr);
    for word in words {
        assert_eq!(ended.stderr.matches(word).count(), 1, "{word} is not once in {}", ended.stderr);
    }
}

#[test]
fn refusals_of_a_server_that_speaks_german_are_understood() {
    let Some(server) = Cluster::in_german() else { return };
    let database = Database::new_on(&server);
    let error = database.execute("SELECT 1 / 0").unwrap_err().to_string();
    assert!(error.contains("Division durch Null"), "{error}");

    // Another session holds a table: retried, and reported as a lock and not as a failure.
    db::hold(&database.url, "BEGIN; LOCK TABLE imports", || {
        let ended = Program::migration(&database).run(&["downgrade", "--lock-timeout", "0.1"]);
        expect_refused(&ended, 7, &["did not get its locks in 10 attempts", "Sperre"]);
    });
    Program::migration(&database).run(&["downgrade"]).expect_success();

    // A missing privilege, in a statement of a migration and of the engine.
    database.execute("CREATE ROLE reader LOGIN").unwrap();
    let url = database.url.replace("user=bookplate", "user=reader");
    let as_reader = || Program::migration(&database).env("DATABASE_URL", &url);
    let unreadable = ["GRANT SELECT ON it", "keine Berechtigung"];
    expect_refused(&as_reader().run(&["current"]), 1, &unreadable);
    database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader").unwrap();
    as_reader().run(&["current"]).expect_success();
    let words = "connect as the role that owns the tables, or GRANT this one what it lacks";
    expect_refused(&as_reader().run(&["upgrade"]), 9, &[words, "keine Berechtigung"]);

    // A database that is read-only.
    database.execute("ALTER DATABASE postgres SET default_transaction_read_only = on").unwrap();
    let ended = Program::migration(&database).run(&["upgrade"]);
    expect_refused(&ended, 9, &["connect where changes are made", "Read-Only-Transaktion"]);

    // A standby, on which nothing can be tried.
    server.become_standby();
    let ended = Program::migration(&database).run(&["check"]);
    expect_refused(&ended, 1, &["this server is a standby"]);
}
