//! Files that the server creates itself: who may read them, and how unused ones are removed.

use std::{
    io::Write,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use crate::support::{App, Database, Program};

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn half_a_backup_is_removed_at_the_next_start_and_nothing_else() {
    let database = Database::sqlite();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    let half = "books.db.m1.20261129T064500.123Z.backup.partial";
    let journal = format!("{half}-journal");
    let others = [
        "books.db.m1.20261129T064500.123Z.backup",
        "other.db.m1.20261129T064500.123Z.backup.partial",
        "books.db.backup.partial",
    ];
    let path = |name: &str| database.home.path().join(name);
    for name in others.into_iter().chain([half, &journal]) {
        std::fs::write(path(name), name).unwrap();
    }
    let _app = App::new(&database);
    assert!(!path(half).exists() && !path(&journal).exists());
    for name in others {
        assert!(path(name).exists(), "{name}");
    }
}

#[test]
fn what_the_server_makes_is_its_users_alone() {
    let database = Database::sqlite();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let home = database.home.path();
    Program::new(&database).run(&["db", "upgrade"]).expect_success();
    Program::new(&database).run(&["db", "downgrade", "-1"]).expect_success();
    let app = App::new(&database);
    let mut upload = TcpStream::connect(&app.address).unwrap();
    write!(upload, "POST /api/imports HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 900\r\n\r\ntitle").unwrap();
    let folder = home.join("books.db.imports");
    until("the file arrives", || std::fs::read_dir(&folder).is_ok_and(|files| files.count() == 1));
    assert_eq!(mode(&folder), 0o700);
    let mut seen = Vec::new();
    for directory in [home, &folder] {
        for entry in std::fs::read_dir(directory)
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| entry.path().is_file())
        {
            assert_eq!(mode(&entry.path()), 0o600, "{entry:?}");
            seen.push(entry.file_name().into_string().unwrap());
        }
    }
    for part in ["books.db", "-wal", "-shm", ".lock", ".backup", ".upload"] {
        assert!(seen.iter().any(|name| name.ends_with(part)), "{part}: {seen:?}");
    }
    drop((app, upload));
    // A directory that was created with other permissions is not changed.
    std::fs::set_permissions(home.join("books.db"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let _app = App::new(&database);
    assert_eq!(mode(&home.join("books.db")), 0o644);
}
