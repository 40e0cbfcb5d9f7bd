//! Requests byte for byte, as no HTTP client would send them.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer as it came; empty where the connection ended without one.
pub struct Raw(pub String);

impl Raw {
    /// The status that is final; `None` where nothing was answered.
    pub fn status(&self) -> Option<u16> {
        let answer = self.0.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&self.0);
        answer
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| answer.strip_prefix("HTTP/1.0 "))?
            .get(..3)?
            .parse()
            .ok()
    }

    /// What follows the head.
    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

/// Sends these bytes on a connection of its own, and reads until the server ends it.
pub fn exchange(address: &str, bytes: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    // The server may answer before it has read everything.
    drop(stream.write_all(bytes));
    drop(stream.shutdown(Shutdown::Write));
    rest(&mut stream)
}

/// Reads until the server ends the connection.
pub fn rest(stream: &mut TcpStream) -> Raw {
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    Raw(String::from_utf8_lossy(&answer).into_owned())
}
