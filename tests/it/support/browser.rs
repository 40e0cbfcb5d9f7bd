//! A real browser, driven through its debugging pipes (the Chrome DevTools Protocol, a JSON text and a NUL each).

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long the browser may take to start, or to answer.
const PATIENCE: Duration = Duration::from_secs(100);

/// Chromium without a window, which ends when it is dropped.
pub struct Browser {
    child: Child,
    requests: File,
    answers: Receiver<Value>,
    count: u64,
    _home: TempDir,
}

/// A page in the browser.
pub struct Tab(String);

impl Browser {
    /// Starts the browser; `None` if there is none, which is a failure if `REQUIRE_CHROMIUM` is set.
    pub fn start(flags: &[String]) -> Option<Self> {
        let found = Command::new("chromium").arg("--version").stderr(Stdio::null()).output();
        if !found.is_ok_and(|output| output.status.success()) {
            assert!(std::env::var_os("REQUIRE_CHROMIUM").is_none(), "there is no `chromium`");
            eprintln!("SKIPPED: there is no `chromium`, so no browser was asked");
            return None;
        }
        let home = tempfile::tempdir().expect("a temporary directory");
        let [requests, answers] = ["requests", "answers"].map(|name| home.path().join(name));
        let made = Command::new("mkfifo").args([&requests, &answers]).status();
        assert!(made.expect("mkfifo can be started").success());
        // The browser reads from descriptor 3 and writes to 4.
        let script = "exec \"$@\" 3<\"$HOME/requests\" 4>\"$HOME/answers\"";
        let child = Command::new("sh")
            .args(["-c", script, "sh", "chromium", "--headless", "--no-sandbox", "--disable-gpu"])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args(["--disable-sync", "--disable-dev-shm-usage", "--disable-popup-blocking"])
            .args(["--no-proxy-server", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", home.path().display()))
            .args(flags)
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser can be started");
        // Each waits until the other end is opened.
        let requests = OpenOptions::new().write(true).open(requests).expect("its requests");
        let answers = BufReader::new(File::open(answers).expect("its answers"));
        let (found, waiting) = mpsc::channel();
        std::thread::spawn(move || {
            for text in answers.split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&text) else { return };
                if found.send(message).is_err() {
                    return;
                }
            }
        });
        Some(Self { child, requests, answers: waiting, count: 0, _home: home })
    }

    fn ask(&mut self, method: &str, params: Value, tab: Option<&Tab>) -> Value {
        self.count += 1;
        let mut request = json!({"id": self.count, "method": method, "params": params});
        if let Some(Tab(session)) = tab {
            request["sessionId"] = json!(session);
        }
        self.requests.write_all(format!("{request}\0").as_bytes()).expect("the browser is running");
        loop {
            let answer = self
                .answers
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == self.count {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// Opens a URL, and waits until `ready`, an expression, is true there.
    pub fn open(&mut self, address: &str, ready: &str) -> Tab {
        let target = self.ask("Target.createTarget", json!({"url": address}), None);
        let attached = self.ask(
            "Target.attachToTarget",
            json!({"targetId": target["targetId"], "flatten": true}),
            None,
        );
        let tab = Tab(attached["sessionId"].as_str().expect("a session").to_owned());
        let begun = Instant::now();
        loop {
            let found = self.ask(
                "Runtime.evaluate",
                json!({"expression": ready, "returnByValue": true}),
                Some(&tab),
            );
            if found["result"]["value"] == true {
                return tab;
            }
            assert!(begun.elapsed() < PATIENCE, "{address} does not become ready: {found}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of an expression in a page; if it is a promise, its result.
    pub fn evaluate(&mut self, tab: &Tab, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let answer = self.ask("Runtime.evaluate", params, Some(tab));
        assert!(answer["exceptionDetails"].is_null(), "{answer}");
        answer["result"]["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
