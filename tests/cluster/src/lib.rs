//! A private PostgreSQL server for one run of the tests, created from the installed binaries and removed with the process.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test whose server cannot be started has to stop, and loudly"
)]

use std::{
    fs,
    io::Write,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

/// The minimum free memory for a server's files: several servers of some hundred megabytes run at once.
const ROOM: u64 = 4 << 30;

/// A PostgreSQL server of the tests.
pub struct Cluster {
    /// The parts of a URL before and after the name of a database.
    url: (String, String),
    /// For a server that we started.
    own: Option<Own>,
}

struct Own {
    binaries: PathBuf,
    home: PathBuf,
    owner: Option<(u32, u32)>,
    /// Where the C library finds locales in addition to those of the system.
    locales: Option<PathBuf>,
    /// When this end of the pipe is closed, also because the process is killed, the server stops and its files are removed.
    leash: Mutex<Option<ChildStdin>>,
}

impl Cluster {
    /// The server that this run shares, started at the first call; `None` if there is none, which is reported on standard error.
    pub fn get() -> Option<&'static Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        CLUSTER.get_or_init(Self::find).as_ref()
    }

    /// A separate server for a test that stops it; `None` if none can be started.
    pub fn another() -> Option<Self> {
        Self::get()?;
        let own = binaries().map(|binaries| Self::create(binaries, None, ""));
        if own.is_none() {
            skipped("SKIPPED: a server that stops. Install PostgreSQL's server binaries.");
        }
        own
    }

    /// A separate server with German messages, which can become a standby; `None` if none can be started, or if PostgreSQL's
    /// translations or the sources of locales are not installed, as in small container images.
    pub fn in_german() -> Option<Self> {
        Self::get()?;
        let translated = Path::new("/usr/share/locale/de/LC_MESSAGES");
        let is_translated = fs::read_dir(translated).is_ok_and(|files| {
            files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("postgres-"))
        });
        let locales = tempfile::Builder::new().prefix("locales-").tempdir().expect("a directory");
        let locales = locales.keep();
        let made = Command::new("localedef")
            .args(["--inputfile=de_DE", "--charmap=UTF-8"])
            .arg(locales.join("de_DE.UTF-8"))
            .stderr(Stdio::null())
            .status();
        match binaries().filter(|_| is_translated && made.is_ok_and(|made| made.success())) {
            Some(binaries) => {
                let settings = "lc_messages = 'de_DE.UTF-8'\nwal_level = replica\n";
                Some(Self::create(binaries, Some(locales), settings))
            }
            None => {
                drop(fs::remove_dir_all(locales));
                skipped(
                    "SKIPPED: a server whose messages are German. Install PostgreSQL's translations and `locales`.",
                );
                None
            }
        }
    }

    /// Turns a server that we started into a standby of a primary which never sends anything.
    pub fn become_standby(&self) {
        let own = self.own.as_ref().expect("our own server");
        self.stop();
        let touched = own.command(Path::new("touch")).arg("data/standby.signal").status();
        assert!(touched.expect("touch can be started").success());
        self.start();
    }

    fn find() -> Option<Self> {
        if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
            let (address, query) = url
                .split_once('?')
                .map_or((url.as_str(), String::new()), |(a, q)| (a, format!("?{q}")));
            let (server, _database) = address
                .rsplit_once('/')
                .expect("TEST_POSTGRES_URL is postgres://user@host/database");
            return Some(Self { url: (format!("{server}/"), query), own: None });
        }
        match binaries() {
            Some(binaries) => Some(Self::create(binaries, None, "")),
            None if std::env::var("REQUIRE_POSTGRES").is_ok_and(|required| required == "1") => {
                panic!(
                    "REQUIRE_POSTGRES=1, but there is neither TEST_POSTGRES_URL nor an installed PostgreSQL server"
                )
            }
            None => {
                skipped(
                    "SKIPPED: every test on PostgreSQL. Install its server, or set TEST_POSTGRES_URL.",
                );
                None
            }
        }
    }

    fn create(binaries: PathBuf, locales: Option<PathBuf>, more_settings: &str) -> Self {
        let home = tempfile::Builder::new()
            .prefix("cluster-pg-")
            .tempdir_in(directory())
            .expect("a temporary directory")
            .keep();
        let owner = unprivileged();
        if let Some((uid, gid)) = owner {
            chown(&home, Some(uid), Some(gid)).expect("the directory can be given away");
        }
        let query = format!("?host={}&user=bookplate", home.display());
        let own = Own { binaries, home, owner, locales, leash: Mutex::new(None) };
        let made = own
            .command(&own.binaries.join("initdb"))
            // The C locale knows the case of ASCII only, so what works here works with every locale.
            .args([
                "--pgdata=data",
                "--username=bookplate",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .arg("--no-sync")
            .output()
            .expect("initdb can be started");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 200\nfsync = off\n\
             full_page_writes = off\nsynchronous_commit = off\nwal_level = minimal\nmax_wal_senders = 0\n{more_settings}",
            own.home.display()
        );
        let conf = own.home.join("data/postgresql.conf");
        let append = fs::OpenOptions::new().append(true).open(conf);
        append.and_then(|mut conf| conf.write_all(settings.as_bytes())).expect("settings");
        own.guard();
        let cluster = Self { url: ("postgres:///".to_owned(), query), own: Some(own) };
        cluster.start();
        cluster
    }

    /// Starts a server that we own, and waits until it answers.
    pub fn start(&self) {
        let own = self.own.as_ref().expect("our own server");
        own.control(&["start", "--log=log"]);
    }

    /// Stops a server that we own, as an administrator does, and waits until it has stopped.
    pub fn stop(&self) {
        let own = self.own.as_ref().expect("our own server");
        own.control(&["stop", "--mode=fast"]);
    }

    /// A connection to a new database, the only one of its pool.
    pub async fn database(&self) -> DatabaseConnection {
        self.connect(&self.create_database().await).await
    }

    /// Creates a database; returns its name.
    pub async fn create_database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{count}", std::process::id());
        let server = self.connect("postgres").await;
        server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
        server.close().await.expect("the connection can be closed");
        name
    }

    /// A connection to one of its databases, the only one of its pool.
    pub async fn connect(&self, database: &str) -> DatabaseConnection {
        let mut options = ConnectOptions::new(self.url(database));
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.expect("the server answers")
    }

    /// The schema of one of its databases as written by `pg_dump`, without what differs from dump to dump.
    pub fn dump(&self, database: &str) -> String {
        let program =
            binaries().map_or_else(|| PathBuf::from("pg_dump"), |place| place.join("pg_dump"));
        let dumped = Command::new(program)
            .args(["--schema-only", "--dbname", &self.url(database)])
            .output()
            .expect("pg_dump can be started");
        assert!(dumped.status.success(), "pg_dump: {}", String::from_utf8_lossy(&dumped.stderr));
        let text = String::from_utf8(dumped.stdout).expect("a dump is UTF-8");
        text.lines()
            .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// Runs a script with `psql`, and answers what it wrote on standard error where it failed.
    ///
    /// # Errors
    /// With that.
    pub fn psql(&self, url: &str, script: &str) -> Result<(), String> {
        let program = binaries().map_or_else(|| PathBuf::from("psql"), |place| place.join("psql"));
        let arguments = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--dbname", url];
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql can be started");
        let mut input = child.stdin.take().expect("a pipe");
        // It may have ended before it has read all.
        drop(input.write_all(script.as_bytes()));
        drop(input);
        let ended = child.wait_with_output().expect("psql ends");
        match ended.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&ended.stderr).into_owned()),
        }
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.url.0, self.url.1)
    }
}

impl Own {
    fn control(&self, arguments: &[&str]) {
        let done = self
            .command(&self.binaries.join("pg_ctl"))
            .args(["--pgdata=data", "--wait", "--silent"])
            .args(arguments)
            // The server would inherit a pipe of ours and hold it open.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("pg_ctl can be started");
        let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
        assert!(done.success(), "pg_ctl {arguments:?}: {log}");
    }

    /// Starts a guard process that stops the server and removes its files when this process is gone.
    fn guard(&self) {
        let script = r#"cat >/dev/null
            kill -INT $(head -n 1 data/postmaster.pid); while [ -e data/postmaster.pid ]; do sleep 0.1; done
            cd /; rm -rf "$@""#;
        #[expect(clippy::zombie_processes, reason = "the guard ends after us")]
        let mut guard = self
            .command(Path::new("/bin/sh"))
            .args(["-c", script, "guard"])
            .arg(&self.home)
            .args(&self.locales)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the guard can be started");
        *self.leash.lock().expect("the lock is not poisoned") = guard.stdin.take();
    }

    /// A command in the server's directory, as its user.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.owner {
            command.gid(gid).uid(uid);
        }
        command.current_dir(&self.home);
        if let Some(locales) = &self.locales {
            command.env("LOCPATH", locales);
        }
        command
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // A server of one test; the shared one is never dropped, its guard notices the end of this process.
        drop(self.leash.lock().map(|mut leash| leash.take()));
    }
}

/// Not eprintln!, which the test runner captures when a test passes.
fn skipped(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).expect("standard error is open");
}

/// Where the files of a server are created: in memory if there is room, since the tests create and drop thousands of tables,
/// whose files cost a disk's file system more than the server's own work.
fn directory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    match rustix::fs::statvfs(memory) {
        Ok(room) if room.f_bavail.saturating_mul(room.f_frsize) >= ROOM => memory.to_owned(),
        _ => std::env::temp_dir(),
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

/// A user without privileges, if the tests run as root: PostgreSQL refuses to be run by root.
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
