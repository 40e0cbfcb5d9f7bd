//! What prevents the server from starting: each cause has its own message, with what to do about it, without delay.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use cluster::Cluster;

use crate::support::{App, Database, Program};

fn refused(database: &Database, url: &str) -> String {
    let serve = Program::new(database).env("DATABASE_URL", url);
    serve.run(&["serve", "--port", "0"]).expect_error()
}

#[test]
fn a_file_with_two_names_is_refused_and_both_ways_out_are_named() {
    let database = Database::sqlite();
    let app = App::new(&database);
    let hard = database.home.path().join("hard.db");
    fs::hard_link(database.path(), &hard).unwrap();
    let by_link = format!("sqlite:///{}", hard.display());
    let expect_refusal = |url: &str, arguments: &[&str], code: i32, program: Program| {
        let ended = program.env("DATABASE_URL", url).run(arguments);
        let error = ended.expect_code(code).expect_error();
        let is_named = error.contains("has 2 names") && error.contains("hard link");
        assert!(
            is_named && error.contains("remove") && error.contains("copy"),
            "{arguments:?}: {error}"
        );
    };
    let import = crate::support::app::file(&database, "rows.csv", "title,author\nA,x\n");
    let import = import.to_str().unwrap();
    expect_refusal(&by_link, &["serve", "--port", "0"], 1, Program::new(&database));
    expect_refusal(&by_link, &["db", "upgrade"], 1, Program::new(&database));
    expect_refusal(&by_link, &["import", "books", import], 1, Program::new(&database));
    expect_refusal(&by_link, &["downgrade", "base"], 1, Program::migration(&database));
    // Reading commands would not see what is in the log of the other name.
    expect_refusal(&by_link, &["export", "books"], 1, Program::new(&database));
    expect_refusal(&by_link, &["db", "current"], 1, Program::new(&database));
    expect_refusal(&by_link, &["check"], 1, Program::migration(&database));
    assert!(app.stop());
    // Not by its first name either: a crash under one name leaves a log that the other does not see.
    expect_refusal(&database.url, &["serve", "--port", "0"], 1, Program::new(&database));
    fs::remove_file(&hard).unwrap();
    App::new(&database).get("/readyz").expect(200);
}

/// Runs `work` on a small file system; only root may mount, for other users the test is skipped.
fn on_small_file_system(at: &Path, work: impl FnOnce()) {
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(at).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        let line = "SKIPPED: a full disk at the start. Mounting a small file system takes root.\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    assert!(Command::new("umount").arg(at).status().unwrap().success());
    outcome.unwrap();
}

fn fill(home: &Path) {
    let mut ballast = fs::File::create(home.join("ballast")).unwrap();
    while ballast.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
}

#[test]
fn a_full_disk_at_the_start_is_called_full() {
    for is_first in [true, false] {
        let database = Database::sqlite();
        let home = database.home.path();
        on_small_file_system(home, || {
            if !is_first {
                assert!(App::new(&database).stop());
            }
            fill(home);
            for arguments in [&["serve", "--port", "0"][..], &["db", "upgrade"]] {
                let ended = Program::new(&database).run(arguments);
                if ended.success && !is_first {
                    continue;
                }
                let error = ended.expect_error();
                assert!(
                    error.contains("disk is full") && error.contains("free"),
                    "{arguments:?}: {error}"
                );
                assert!(!error.contains("make its directory writable"), "{error}");
            }
            fs::remove_file(home.join("ballast")).unwrap();
            App::new(&database).get("/readyz").expect(200);
        });
    }
}

#[test]
fn a_file_system_that_is_mounted_for_reading_only_is_called_that() {
    let database = Database::sqlite();
    let home = database.home.path();
    on_small_file_system(home, || {
        let remount = |how: &str| {
            let done =
                Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(home).status();
            assert!(done.unwrap().success());
        };
        remount("ro");
        let error = refused(&database, &database.url);
        assert!(error.contains("read-only") && error.contains("remount"), "{error}");
        remount("rw");
        assert!(App::new(&database).stop());
        remount("ro");
        let error = refused(&database, &database.url);
        assert!(error.contains("read-only") && error.contains("remount"), "{error}");
    });
}

/// A server that reads the first bytes of a client, and answers `first` to a request for encryption and `then` to the rest.
fn speaking(first: &'static [u8], then: Option<Vec<u8>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, then) = (stream.unwrap(), then.clone());
            thread::spawn(move || {
                let mut bytes = [0; 1024];
                loop {
                    match stream.read(&mut bytes) {
                        Ok(8) => stream.write_all(first).unwrap(),
                        Ok(1..) => {
                            if let Some(answer) = &then {
                                return drop(stream.write_all(answer));
                            }
                        }
                        _ => return,
                    }
                }
            });
        }
    });
    port
}

fn error_message(code: &str, text: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0");
    let mut message = vec![b'E'];
    message.extend((fields.len() as u32 + 4).to_be_bytes());
    message.extend(fields.bytes());
    message
}

/// Addresses that cannot be used, each with words of the error.
fn unusable() -> Vec<(String, Vec<&'static str>)> {
    let wrong_password = error_message("28P01", "password authentication failed for user \"x\"");
    let starting = speaking(b"N", Some(wrong_password));
    let plain = speaking(b"N", None);
    let silent = speaking(b"", None);
    let mut cases = vec![
        (
            "postgres://x:hush@127.0.0.1:1/n".to_owned(),
            vec!["connection refused", "127.0.0.1:1", "is the server running"],
        ),
        ("postgres://x:hush@localhost:1/n".to_owned(), vec!["connection refused", "localhost:1"]),
        (
            "postgres://x:hush@no-such-host.invalid/n".to_owned(),
            vec!["host name", "no-such-host.invalid"],
        ),
        ("postgres:///n?host=/nonexistent&user=x".to_owned(), vec!["/nonexistent", "no such file"]),
        (
            format!("postgres://x:hush@127.0.0.1:{starting}/n"),
            vec!["password authentication failed", "user and password"],
        ),
        (
            format!("postgres://x:hush@127.0.0.1:{plain}/n?sslmode=require"),
            vec!["encrypt", "sslmode"],
        ),
        (
            format!("postgres://x:hush@127.0.0.1:{silent}/n?sslmode=disable"),
            vec!["did not answer within"],
        ),
    ];
    if let Some(cluster) = Cluster::get() {
        cases.push((
            cluster.url("nothing"),
            vec!["database \"nothing\" does not exist", "create it"],
        ));
        let stranger = cluster.url("postgres").replace("user=bookplate", "user=stranger");
        cases.push((stranger, vec!["role \"stranger\" does not exist", "user and password"]));
    }
    cases
}

#[test]
fn what_keeps_a_postgresql_server_from_being_used_is_said_in_one_line() {
    let database = Database::sqlite();
    for (url, words) in unusable() {
        for arguments in [&["serve", "--port", "0"][..], &["export", "books"]] {
            let begun = Instant::now();
            let ended = Program::new(&database).env("DATABASE_URL", &url).run(arguments);
            let error = ended.expect_error();
            for word in &words {
                assert!(
                    error.to_lowercase().contains(&word.to_lowercase()),
                    "{url}: {word}: {error}"
                );
            }
            assert!(!error.contains("hush") && !error.contains("pool timed out"), "{url}: {error}");
            assert!(error.lines().count() == 1 && error.len() < 500, "{url}: {error}");
            assert!(begun.elapsed() < Duration::from_secs(15), "{url}: {:?}", begun.elapsed());
        }
    }
}
