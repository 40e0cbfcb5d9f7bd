//! A server whose log is a pipe that is read only on demand.

use std::{
    io::{BufRead, BufReader, PipeReader},
    process::Stdio,
    sync::{Arc, Mutex},
};

use super::{App, Program, app};

/// The log of such a server.
pub struct Unread(BufReader<PipeReader>);

impl Program {
    /// Serves on a free port, and reads the log only up to the address.
    pub fn serve_unread(mut self, arguments: &[&str]) -> (App, Unread) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        self.command.args(["serve", "--port", "0"]).args(arguments);
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer);
        let child = self.command.spawn().expect("the program can be started");
        // It holds the other end as well, and the log would never end.
        drop(self.command);
        let mut log = Unread(BufReader::new(reader));
        let address = loop {
            let line = log.line().expect("the server listens");
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.split([' ', '"']).next().unwrap_or_default().to_owned();
            }
        };
        (App { child, address, agent: app::agent(), log: Arc::new(Mutex::default()) }, log)
    }
}

impl Unread {
    /// The next line; `None` at the end.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).expect("the log is a text");
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// All lines until the end of the server.
    pub fn rest(mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line()).collect()
    }
}
