//! Clients that stop in the middle, or never end.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// The behaviour of such a client.
pub struct Client {
    /// Its name.
    pub name: &'static str,
    /// How long the server may hold its connection.
    pub patience: Duration,
    /// What it sends first, with `HERE` for the host.
    first: &'static str,
    /// What it sends repeatedly, and after which pause.
    again: (&'static str, Duration),
    /// Whether it reads the response.
    reads: bool,
}

/// How the server ended it.
pub struct End {
    /// How long it took; the client itself gives up a little later than that should be.
    pub after: Duration,
    /// How many bytes the client was able to send.
    pub sent: usize,
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const SILENCE: (&str, Duration) = ("", seconds(1));
/// Ten seconds, plus a margin for a busy machine.
const SOON: Duration = seconds(14);
/// Thirty, with a margin as well.
const READERS: Duration = seconds(38);

macro_rules! client {
    ($name:literal, $patience:expr, $first:expr, $again:expr, $reads:literal) => {
        Client { name: $name, patience: $patience, first: $first, again: $again, reads: $reads }
    };
}

/// All of them.
pub const CLIENTS: &[Client] = &[
    client!("no head", SOON, "", SILENCE, true),
    client!("half a head", SOON, "GET /api/bo", SILENCE, true),
    client!("a head, a byte a second", SOON, "GET /api/books?q=", ("x", seconds(1)), true),
    client!(
        "half a second head",
        SOON,
        "GET /version HTTP/1.1\r\nHost: HERE\r\n\r\nGET /api/bo",
        SILENCE,
        true
    ),
    client!(
        "a second head, a byte a second",
        SOON,
        "GET /version HTTP/1.1\r\nHost: HERE\r\n\r\nGET /api/books?q=",
        ("x", seconds(1)),
        true
    ),
    client!(
        "half a body",
        SOON,
        "POST /api/books HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
        SILENCE,
        true
    ),
    client!(
        "a body, a byte a second",
        SOON,
        "POST /api/books HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
        (" ", seconds(1)),
        true
    ),
    client!(
        "half a body in chunks",
        SOON,
        "POST /api/books HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        SILENCE,
        true
    ),
    client!(
        "a chunk a second",
        SOON,
        "POST /api/books HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        ("1\r\n \r\n", seconds(1)),
        true
    ),
    client!(
        "a question with a body without end",
        SOON,
        "GET /version HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\n\r\n",
        ("20\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", Duration::ZERO),
        true
    ),
    client!(
        "a body that is too large and has no end",
        SOON,
        "POST /api/books HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        ("20\r\n                                \r\n", Duration::ZERO),
        true
    ),
    client!(
        "a refused body that has no end",
        SOON,
        "POST /api/books HTTP/1.1\r\nHost: HERE\r\nOrigin: null\r\nTransfer-Encoding: chunked\r\n\r\n",
        ("20\r\n                                \r\n", Duration::ZERO),
        true
    ),
    client!(
        "a file, a byte each half second",
        SOON,
        "POST /api/imports HTTP/1.1\r\nHost: HERE\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\ntitle,author\n",
        ("x", Duration::from_millis(500)),
        true
    ),
    client!(
        "a file of a form, a byte each half second",
        SOON,
        "POST /api/imports HTTP/1.1\r\nHost: HERE\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ntitle,author\n",
        ("x", Duration::from_millis(500)),
        true
    ),
    // As many responses as it takes to fill the socket buffers on both sides.
    client!(
        "a reader that stops at the documentation",
        READERS,
        "",
        (
            "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n\r\n",
            Duration::from_millis(500)
        ),
        false
    ),
    client!(
        "a reader that stops at it, compressed",
        READERS,
        "",
        (
            "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n",
            Duration::from_millis(200)
        ),
        false
    ),
];

impl Client {
    /// Runs until the server ends the connection, or should have.
    pub fn run(&self, address: &str) -> End {
        let mut stream = connected(address, !self.reads);
        let begun = Instant::now();
        let limit = self.patience + seconds(5);
        let mut sent = 0;
        let first = self.first.replace("HERE", address);
        let is_over = stream.write_all(first.as_bytes()).is_err()
            || self.go_on(&mut stream, begun + limit, &mut sent);
        End { after: if is_over { begun.elapsed() } else { limit + seconds(1) }, sent }
    }

    /// Continues; returns whether the server ended the connection.
    fn go_on(&self, stream: &mut TcpStream, until: Instant, sent: &mut usize) -> bool {
        let (again, pause) = self.again;
        stream
            .set_read_timeout(Some(pause.max(Duration::from_millis(1))))
            .expect("a timeout can be set");
        stream.set_write_timeout(Some(seconds(1))).expect("a timeout can be set");
        let mut bytes = [0; 4096];
        while Instant::now() < until {
            match stream.write(again.as_bytes()) {
                Ok(written) => *sent += written,
                Err(error) if is_pause(&error) => {}
                Err(_) => return true,
            }
            let read = if self.reads { stream.read(&mut bytes) } else { has_ended(stream, pause) };
            match read {
                Ok(0) => return true,
                Err(error) if !is_pause(&error) => return true,
                _ => {}
            }
        }
        false
    }
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Whether the server has closed a connection, which a client that reads nothing does not notice: the system shows it in the
/// table of sockets, where the server's end belongs to no process any more. Pauses first.
fn has_ended(stream: &TcpStream, pause: Duration) -> std::io::Result<usize> {
    std::thread::sleep(pause);
    let port = |address: std::io::Result<SocketAddr>| {
        address.map(|address| format!(":{:04X}", address.port()))
    };
    let (own, servers) = (port(stream.local_addr())?, port(stream.peer_addr())?);
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let is_held = table.lines().any(|line| {
        let parts: Vec<&str> = line.split_whitespace().collect();
        matches!(parts[..], [_, from, to, _, _, _, _, _, _, inode, ..]
            if from.ends_with(&servers) && to.ends_with(&own) && inode != "0")
    });
    Ok(usize::from(is_held))
}

/// A connection; one that is not read has a small receive buffer.
fn connected(address: &str, is_small: bool) -> TcpStream {
    let socket =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    if is_small {
        socket.set_recv_buffer_size(4096).expect("a small buffer");
    }
    let address: SocketAddr = address.parse().expect("an address");
    socket.connect(&address.into()).expect("the server listens");
    socket.into()
}
