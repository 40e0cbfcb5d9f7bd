//! A private PostgreSQL server for one run of the tests, made from the installed binaries and gone with the process.

use std::{
    fs,
    io::Write,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

/// A server in a directory of its own.
struct Cluster {
    binaries: PathBuf,
    home: PathBuf,
    owner: Option<(u32, u32)>,
    /// When this end of the pipe closes, also because the process is killed, the server stops and its files go.
    leash: Mutex<Option<ChildStdin>>,
}

/// A connection to a new database; `None` where no PostgreSQL is installed, which is said loudly.
pub async fn postgres() -> Option<DatabaseConnection> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static DATABASES: AtomicUsize = AtomicUsize::new(0);
    let cluster = CLUSTER.get_or_init(Cluster::create).as_ref()?;
    let name = format!("d{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let server = connect(&cluster.url("postgres")).await;
    // Two databases cannot be made of the template at the same time.
    server.execute_unprepared("SELECT pg_advisory_lock(1)").await.expect("a lock");
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
    server.close().await.expect("the connection ends");
    Some(connect(&cluster.url(&name)).await)
}

/// A database in memory.
pub async fn sqlite() -> DatabaseConnection {
    connect("sqlite::memory:").await
}

/// One connection, so that a transaction can be begun with SQL.
async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("a connection")
}

impl Cluster {
    fn create() -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert_ne!(
                std::env::var("REQUIRE_POSTGRES").as_deref(),
                Ok("1"),
                "no PostgreSQL server is installed"
            );
            let mut loud = std::io::stderr();
            loud.write_all(b"SKIPPED: every test on PostgreSQL. Install its server.\n")
                .expect("open");
            return None;
        };
        let name = format!("sea-revise-pg-{}", std::process::id());
        let home = std::env::temp_dir().join(name);
        fs::create_dir(&home).expect("a temporary directory");
        let owner = unprivileged();
        if let Some((uid, gid)) = owner {
            chown(&home, Some(uid), Some(gid)).expect("the directory can be given away");
        }
        let cluster = Self { binaries, home, owner, leash: Mutex::new(None) };
        let made = cluster
            .command(&cluster.binaries.join("initdb"))
            .args(["--pgdata=data", "--username=tests", "--auth=trust"])
            .args(["--encoding=UTF8", "--locale=C", "--no-sync"])
            .output()
            .expect("initdb can be started");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nfsync = off\n",
            cluster.home.display()
        );
        let conf =
            fs::OpenOptions::new().append(true).open(cluster.home.join("data/postgresql.conf"));
        conf.and_then(|mut conf| conf.write_all(settings.as_bytes())).expect("settings");
        cluster.guard();
        let started = cluster
            .command(&cluster.binaries.join("pg_ctl"))
            .args(["start", "--pgdata=data", "--wait", "--silent", "--log=log"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("pg_ctl can be started");
        let log = fs::read_to_string(cluster.home.join("log")).unwrap_or_default();
        assert!(started.success(), "pg_ctl: {log}");
        Some(cluster)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=tests", self.home.display())
    }

    /// Leaves somebody behind who stops the server and removes its files when this process is gone.
    fn guard(&self) {
        let script = r#"cat >/dev/null
            kill -INT $(head -n 1 data/postmaster.pid); while [ -e data/postmaster.pid ]; do sleep 0.1; done
            cd /; rm -rf "$0""#;
        #[expect(clippy::zombie_processes, reason = "the guard ends after us")]
        let mut guard = self
            .command(Path::new("/bin/sh"))
            .args(["-c", script])
            .arg(&self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the guard can be started");
        *self.leash.lock().expect("nobody else has it") = guard.stdin.take();
    }

    /// A command in the server's directory, as its user.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.owner {
            command.gid(gid).uid(uid);
        }
        command.current_dir(&self.home);
        command
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
