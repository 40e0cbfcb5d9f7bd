//! The program: as a command that ends, and as a server that receives HTTP requests.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Database, Reply, request::Request};

/// How long a command may take, or a server to listen.
const PATIENCE: Duration = Duration::from_secs(100);

/// The program in the directory of a database, with an otherwise empty environment.
pub struct Program {
    pub(super) command: Command,
}

/// The output of a command that ended.
#[derive(Debug)]
pub struct Ended {
    pub success: bool,
    /// The exit code; `None` for a process that was killed.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn expect_success(self) -> Self {
        assert!(self.success, "{}{}", self.stdout, self.stderr);
        self
    }

    /// The command ended with this exit code.
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The one-line message of a failure, without its `error: `.
    pub fn expect_error(self) -> String {
        assert!(!self.success, "{}{}", self.stdout, self.stderr);
        let errors: Vec<_> =
            self.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        assert_eq!(errors.len(), 1, "one line: {}", self.stderr);
        errors[0].to_owned()
    }
}

impl Program {
    pub fn new(database: &Database) -> Self {
        Self::at(env!("CARGO_BIN_EXE_bookplate-under-test"), database)
    }

    /// What `cargo run -p migration` runs.
    pub fn migration(database: &Database) -> Self {
        Self::at(env!("CARGO_BIN_EXE_migration-under-test"), database)
    }

    /// A project whose migration created a table with these columns, and whose entity has others.
    pub fn library(database: &Database, columns: &str) -> Self {
        Self::at(env!("CARGO_BIN_EXE_library-under-test"), database)
            .env("BEGAN_WITH", columns)
            .env("DATABASE_URL", &database.url.replacen("sqlite:////", "sqlite:///", 1))
    }

    fn at(program: &str, database: &Database) -> Self {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("BOOKPLATE_")
                || name == "DATABASE_URL"
                || name.starts_with("PG")
                || name.starts_with("CARGO_")
            {
                command.env_remove(name);
            }
        }
        command.env("DATABASE_URL", &database.url).current_dir(database.home.path());
        Self { command }
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs as the `"$@"` of a shell script.
    pub fn through(self, script: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(self.command.get_program());
        shell.current_dir(self.command.get_current_dir().expect("a home"));
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        Self { command: shell }
    }

    /// Runs to the end.
    pub fn run(self, arguments: &[&str]) -> Ended {
        self.run_with_input(arguments, b"")
    }

    /// Runs to the end with `input` on standard input.
    pub fn run_with_input(mut self, arguments: &[&str], input: &[u8]) -> Ended {
        self.command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program can be started");
        let mut stdin = child.stdin.take().expect("standard input");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let process = child.id().to_string();
        let (ended, waiting) = mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                drop(Command::new("kill").args(["-KILL", &process]).status());
            }
        });
        let Output { status, stdout, stderr } = child.wait_with_output().expect("the program ends");
        drop(ended);
        watchdog.join().expect("the watchdog ends");
        writer.join().expect("the input is written");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let ended = Ended {
            success: status.success(),
            code: status.code(),
            stdout: text(stdout),
            stderr: text(stderr),
        };
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ended
    }

    /// Runs to the end with parts of an input, the last of which is read when the memory is measured; and its peak, in kB.
    pub fn run_measured(
        mut self,
        arguments: &[&str],
        mut parts: impl Iterator<Item = Vec<u8>>,
    ) -> (Output, u64) {
        self.command.args(arguments).stdin(Stdio::piped());
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program can be started");
        let (mut stdin, process) = (child.stdin.take().expect("standard input"), child.id());
        let ended = std::thread::spawn(move || child.wait_with_output().expect("the program ends"));
        let written = parts.try_for_each(|part| stdin.write_all(&part));
        let peak = written.map(|()| super::process::peak(process));
        drop(stdin);
        let output = ended.join().expect("the program ends");
        let peak = peak.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output, peak)
    }

    /// Runs to the end with standard output closed.
    pub fn run_unread(mut self, arguments: &[&str]) -> Ended {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let command = self.command.args(arguments).stdin(Stdio::null()).stdout(writer);
        let Output { status, stderr, .. } = command.output().expect("the program can be started");
        let stderr = String::from_utf8(stderr).expect("UTF-8");
        Ended { success: status.success(), code: status.code(), stdout: String::new(), stderr }
    }

    /// Serves on a free port.
    pub fn serve(mut self, arguments: &[&str]) -> App {
        let port = if arguments.contains(&"--port") { &[][..] } else { &["--port", "0"] };
        self.command
            .arg("serve")
            .args(port)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program can be started");
        let lines = BufReader::new(child.stderr.take().expect("standard error")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, address) = mpsc::channel();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                keep(&kept, &line);
                if let Some((_, address)) = line.split_once("listening on http://") {
                    drop(
                        found.send(address.split([' ', '"']).next().unwrap_or_default().to_owned()),
                    );
                }
            }
        });
        let Ok(address) = address.recv_timeout(PATIENCE) else {
            drop(child.kill());
            child.wait().expect("the program ends");
            panic!("no server: {}", text(&log));
        };
        App { child, address, agent: agent(), log }
    }
}

pub(super) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .allow_non_standard_methods(true);
    config.build().into()
}

fn keep(log: &Mutex<String>, line: &str) {
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    log.push_str(line);
    log.push('\n');
}

fn text(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A server that runs until it is dropped, and must not have panicked by then.
pub struct App {
    pub(super) child: Child,
    /// Host and port.
    pub address: String,
    pub(super) agent: ureq::Agent,
    pub(super) log: Arc<Mutex<String>>,
}

impl App {
    pub fn new(database: &Database) -> Self {
        Program::new(database).serve(&[])
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send(&[], b"")
    }

    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.request("POST", path)
            .send(&[("content-type", "application/json")], body.to_string().as_bytes())
    }

    pub fn put(&self, path: &str, body: Value) -> Reply {
        self.request("PUT", path)
            .send(&[("content-type", "application/json")], body.to_string().as_bytes())
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path).send(&[], b"")
    }

    /// A request, to be sent with its headers and its body.
    pub fn request<'a>(&'a self, method: &'a str, path: &'a str) -> Request<'a> {
        Request { app: self, method, path }
    }

    /// Requests something that is not text; the body of the reply stays empty.
    pub fn send_for_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (Reply, Vec<u8>) {
        let exchanged = self.request(method, path).exchange(headers, b"");
        exchanged.unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.log()))
    }

    /// The log of the server so far.
    pub fn log(&self) -> String {
        text(&self.log)
    }

    /// Waits for a line of the log that contains all of these words; it may be written after the response is.
    pub fn logged(&self, words: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let log = self.log();
            if let Some(line) =
                log.lines().find(|line| words.iter().all(|word| line.contains(word)))
            {
                return line.to_owned();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{words:?} are not in the log: {log}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process.
    pub fn kill(mut self) {
        self.child.kill().expect("the server runs");
        self.child.wait().expect("the server ends");
    }

    /// Asks the server to stop, and waits until it has; true when it exited successfully.
    pub fn stop(self) -> bool {
        self.signal("TERM");
        self.stopped()
    }

    /// Waits for a server that was asked to stop; true when it exited successfully.
    pub fn stopped(mut self) -> bool {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the server can be waited for") {
                return status.success();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "the server does not end: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.process().to_string()]).status();
        assert!(sent.expect("kill can be started").success());
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        let log = self.log();
        if std::thread::panicking() {
            println!("{log}");
        } else {
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}

/// Writes a file into the home directory of a database.
pub fn file(database: &Database, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = database.home.path().join(name);
    std::fs::write(&path, bytes).expect("the file can be written");
    path
}
