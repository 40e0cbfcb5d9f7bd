//! Requests byte for byte, as no HTTP client would send them.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// How long a response may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A response as received; empty if the connection ended without one.
pub struct Raw(pub String);

impl Raw {
    /// The final status; `None` if there was no response.
    pub fn status(&self) -> Option<u16> {
        let answer = self.0.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&self.0);
        answer
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| answer.strip_prefix("HTTP/1.0 "))?
            .get(..3)?
            .parse()
            .ok()
    }

    /// The bytes after the head.
    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

/// Sends these bytes on a separate connection, and reads until the server ends it.
pub fn exchange(address: &str, bytes: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    // The server may respond before it has read everything.
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
