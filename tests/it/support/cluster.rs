//! A private PostgreSQL server for one run of the tests, made from the installed binaries and gone with the process.

use std::{
    fs,
    io::Write,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

/// The server that this run of the tests uses.
pub struct Cluster {
    /// What stands before and behind the name of a database in its URL.
    url: (String, String),
    /// When this end of the pipe closes, also because the process is killed, the server stops and its files go.
    _leash: Option<ChildStdin>,
}

impl Cluster {
    /// The server, started at the first call; `None` where there is none, which is said loudly.
    pub fn get() -> Option<&'static Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        CLUSTER.get_or_init(Self::find).as_ref()
    }

    fn find() -> Option<Self> {
        if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
            let (address, query) = url
                .split_once('?')
                .map_or((url.as_str(), String::new()), |(a, q)| (a, format!("?{q}")));
            let (server, _database) = address
                .rsplit_once('/')
                .expect("TEST_POSTGRES_URL is postgres://user@host/database");
            return Some(Self { url: (format!("{server}/"), query), _leash: None });
        }
        match binaries() {
            Some(binaries) => Some(Self::start(&binaries)),
            None if std::env::var("REQUIRE_POSTGRES").is_ok_and(|required| required == "1") => {
                panic!(
                    "REQUIRE_POSTGRES=1, but there is neither TEST_POSTGRES_URL nor an installed PostgreSQL server"
                )
            }
            None => {
                // Not eprintln!, which the test runner keeps to itself when a test passes.
                let line = "SKIPPED: every test on PostgreSQL. Install its server, or set TEST_POSTGRES_URL.\n";
                std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
                None
            }
        }
    }

    fn start(binaries: &Path) -> Self {
        let home = tempfile::Builder::new()
            .prefix("bookplate-pg-")
            .tempdir()
            .expect("a temporary directory")
            .keep();
        let owner = unprivileged();
        if let Some((uid, gid)) = owner {
            chown(&home, Some(uid), Some(gid)).expect("the directory can be given away");
        }
        let command = |program: &Path| {
            let mut command = Command::new(program);
            if let Some((uid, gid)) = owner {
                command.gid(gid).uid(uid);
            }
            command.current_dir(&home);
            command
        };
        let made = command(&binaries.join("initdb"))
            // The C locale knows the case of ASCII only, so what holds here holds with every locale.
            .args([
                "--pgdata=data",
                "--username=bookplate",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .output()
            .expect("initdb can be started");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 200\nfsync = off\nlogging_collector = off\n",
            home.display()
        );
        let conf = home.join("data/postgresql.conf");
        fs::OpenOptions::new()
            .append(true)
            .open(conf)
            .and_then(|mut conf| conf.write_all(settings.as_bytes()))
            .expect("settings");

        // Nobody waits for the guard: it outlives this process for as long as the server takes to stop.
        #[expect(clippy::zombie_processes, reason = "it ends after us")]
        let mut guard = command(Path::new("/bin/sh"))
            .args(["-c", r#""$0" -D data >log 2>&1 & server=$!; cat >/dev/null; kill -INT $server; wait $server; cd /; rm -rf "$1""#])
            .arg(binaries.join("postgres"))
            .arg(&home)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the server can be started");
        let leash = guard.stdin.take();
        let query = format!("?host={}&user=bookplate", home.display());
        let cluster = Self { url: ("postgres:///".to_owned(), query), _leash: leash };
        let begun = Instant::now();
        while super::db::execute(&cluster.url("postgres"), "SELECT 1").is_err() {
            let log = fs::read_to_string(home.join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(60), "the server did not start: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        cluster
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.url.0, self.url.1)
    }
}

/// Where `initdb` and `postgres` are.
fn binaries() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).chain(debian).collect();
    places.retain(|place| place.join("initdb").exists() && place.join("postgres").exists());
    places.pop()
}

/// A user without rights, where the tests run as root: PostgreSQL refuses to be run by root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = Command::new("id").arg("-u").output().expect("id can be started");
    if id.stdout != b"0\n" {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd is there");
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    Some(find("postgres").or_else(|| find("nobody")).expect("a user without rights"))
}
