//! The transport of a connection: a TCP stream with deadlines for the client.
//!
//! actix-http limits the first head of a connection, and nothing after it. This limits the rest. The head of each request has
//! [`HEAD_DEADLINE`] from its first byte and at most [`LONGEST_HEAD`](framing::LONGEST_HEAD) bytes; a client that does not read
//! its response is disconnected after [`STALL_DEADLINE`], sooner while unread responses take too much memory. Request bodies
//! have separate deadlines where they are read, and [`exchange`] handles those that are not read.

pub mod exchange;
mod framing;
pub mod load;
mod refusal;
pub mod slices;

use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::{Duration, Instant},
};

use actix_web::{rt::net::TcpStream, web::Bytes};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

use framing::{Framing, Taken};
use load::{Expected, Load, Unread};

/// How long a client may take to send the head of a request.
pub const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// How long a client may take to read [`LEAST_READ`] bytes of a response.
const STALL_DEADLINE: Duration = Duration::from_secs(25);
/// The same while the unread responses of all connections exceed their memory limit.
const PRESSED_STALL_DEADLINE: Duration = Duration::from_secs(1);
/// Bytes of a response that count as progress: a single byte now and then does not.
const LEAST_READ: usize = 16 << 10;
/// How often a stalled connection checks whether memory is short.
const STALL_CHECK: Duration = Duration::from_millis(500);
/// Bytes of a response that the operating system buffers before the client reads them.
const SYSTEM_BUFFER: usize = 128 << 10;
/// How long a refused client may continue to send. A connection that is closed with unread bytes is reset, and the client would
/// not see the reason.
const LINGER: Duration = Duration::from_millis(500);

const TIMED_OUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const TOO_LARGE: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// State shared by a connection and its requests.
pub struct Progress {
    framing: RefCell<Framing>,
    /// The task of the connection, if bytes wait for a request to begin or to be answered.
    waiting: RefCell<Option<Waker>>,
    /// The last bytes received of a chunked body.
    tail: Cell<[u8; 4]>,
    /// Until the first request begins.
    first: RefCell<Option<Expected>>,
}

impl Progress {
    /// The request begins whose head was handed over.
    fn begin(&self, body: framing::BodyLength) {
        self.framing.borrow_mut().begin(body);
        self.first.take();
        self.wake();
    }

    /// Its response is sent.
    fn end(&self) {
        self.framing.borrow_mut().end();
        self.wake();
    }

    fn wake(&self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }

    /// The last chunk was read. Bytes after it in the same packet belong to the next head.
    fn end_chunks(&self) {
        let is_clean = matches!(self.tail.get(), [_, b'\n', b'\r', b'\n'] | [_, _, b'\n', b'\n']);
        self.framing.borrow_mut().end_chunks(is_clean);
    }
}

/// A TCP stream with deadlines.
pub struct Connection {
    stream: TcpStream,
    progress: Rc<Progress>,
    load: Arc<Load>,
    /// Bytes received early, of a later request.
    early: Vec<u8>,
    /// Since when the head of a request has been incomplete.
    head_since: Option<Instant>,
    stall: Option<Stall>,
    /// Wakes the task when a deadline passes.
    timer: Option<Pin<Box<Sleep>>>,
    /// Set when nothing more is read.
    end: Option<End>,
}

/// A response that the client does not read.
struct Stall {
    since: Instant,
    /// Bytes that it read since then.
    read: usize,
    /// Counts the bytes that wait in memory.
    _unread: Unread,
}

/// Why nothing more is read, and what still has to be sent to the client.
struct End {
    answer: Bytes,
    /// Until when further input of the client is read and discarded.
    linger: Option<Instant>,
}

impl Connection {
    /// Takes over a stream.
    pub fn new(stream: TcpStream, load: &Arc<Load>) -> Self {
        load.open();
        // Otherwise a response of several slices would wait for the client's acknowledgement before its last one, which takes 40 ms.
        if let Err(error) = stream.set_nodelay(true).and_then(|()| bound_system_buffer(&stream)) {
            log::debug!("a connection has the system's settings: {error}");
        }
        Self {
            stream,
            progress: Rc::new(Progress {
                framing: RefCell::new(Framing::new()),
                waiting: RefCell::new(None),
                tail: Cell::new([0; 4]),
                first: RefCell::new(Some(load.expect())),
            }),
            load: Arc::clone(load),
            early: Vec::new(),
            head_since: None,
            stall: None,
            timer: None,
            end: None,
        }
    }

    /// Messages from the requests on the connection.
    pub fn progress(&self) -> &Rc<Progress> {
        &self.progress
    }

    /// Stops reading, and sends the reason once the pending responses are sent.
    fn end_with(&mut self, answer: Bytes) -> Poll<io::Result<()>> {
        self.head_since = None;
        self.early = Vec::new();
        self.end = Some(End { answer, linger: None });
        Poll::Ready(Ok(()))
    }

    /// Schedules a wake-up of the task at `deadline`; ready when that has passed.
    fn poll_deadline(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let deadline = deadline.into();
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx)
    }

    /// Fills `buffer` with bytes that were received early, or arrive now.
    fn poll_bytes(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let length = self.early.len().min(buffer.remaining());
        buffer.put_slice(self.early.get(..length).unwrap_or_default());
        self.early.drain(..length);
        Poll::Ready(Ok(()))
    }

    /// Waits for the request that was handed over to begin, or to be answered. Bytes that arrive early stay here; the end of the
    /// connection is detected at once.
    fn poll_requested(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            let mut bytes = [0; 1024];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.early.extend_from_slice(buffer.filled());
        }
        *self.progress.waiting.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Hands over the bytes of the current request.
    fn poll_request(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(self.poll_bytes(cx, buffer))?;
        let bytes = buffer.filled().get(before..).unwrap_or_default();
        let taken = {
            let mut framing = self.progress.framing.borrow_mut();
            if framing.is_in_chunks() {
                let tail = self.progress.tail.get().into_iter().chain(bytes.iter().copied());
                let last: Vec<u8> = tail.rev().take(4).collect();
                if let [d, c, b, a] = *last {
                    self.progress.tail.set([a, b, c, d]);
                }
            }
            framing.take(bytes)
        };
        let taken = match taken {
            Taken::Bytes(taken) => taken,
            Taken::TooLong | Taken::LineTooLong => {
                buffer.set_filled(before);
                return self.end_with(match taken {
                    Taken::LineTooLong => refusal::uri_too_long(),
                    _ => Bytes::from_static(TOO_LARGE),
                });
            }
        };
        if let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let rest = [rest, self.early.as_slice()].concat();
            self.early = rest;
        }
        buffer.set_filled(before + taken);
        self.note_head();
        Poll::Ready(Ok(()))
    }

    /// Records when the head of a request began, and clears that when it is complete.
    fn note_head(&mut self) {
        match (self.progress.framing.borrow().is_within_head(), self.head_since) {
            (true, None) => self.head_since = Some(Instant::now()),
            (false, Some(_)) => self.head_since = None,
            _ => {}
        }
    }

    /// Writes what still has to be sent to the client.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(End { answer, .. }) = &mut self.end
            && !answer.is_empty()
        {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, answer))?;
            let rest = if written > 0 { answer.get(written..) } else { None };
            *answer = rest.map(|rest| answer.slice_ref(rest)).unwrap_or_default();
        }
        Poll::Ready(Ok(()))
    }

    /// Discards what a refused client continues to send, for a moment.
    fn poll_linger(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        while self.poll_deadline(cx, until).is_pending() {
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// How much of a response the client reads.
    fn poll_stall(&mut self, cx: &mut Context<'_>, unsent: usize) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        let stall = self.stall.get_or_insert_with(|| Stall {
            since: now,
            read: 0,
            _unread: self.load.unread(unsent),
        });
        let deadline = if self.load.is_pressed() { PRESSED_STALL_DEADLINE } else { STALL_DEADLINE };
        let deadline = stall.since + deadline;
        if now >= deadline {
            log::debug!("a client does not read its answer; its connection is closed");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if self.poll_deadline(cx, deadline.min(now + STALL_CHECK)).is_ready() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// Limits what the operating system buffers of a response, and how long that waits for the client: by default it is some
/// megabytes for each connection, which the handler has to produce.
fn bound_system_buffer(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(STALL_DEADLINE))?;
    socket.set_send_buffer_size(SYSTEM_BUFFER)
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.load.close();
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.end.is_some() {
            return Poll::Ready(Ok(()));
        }
        let is_requested = this.progress.framing.borrow().is_requested();
        let read = match is_requested {
            true => this.poll_requested(cx),
            false => this.poll_request(cx, buffer),
        };
        if read.is_pending() {
            if this.progress.framing.borrow().is_in_chunks() {
                *this.progress.waiting.borrow_mut() = Some(cx.waker().clone());
            }
            this.note_head();
        }
        if read.is_pending()
            && let Some(since) = this.head_since
            && this.poll_deadline(cx, since + HEAD_DEADLINE).is_ready()
        {
            return this.end_with(Bytes::from_static(TIMED_OUT));
        }
        // A reset connection is gone with its requests. If something was read before, actix-http treats the reset as the end of
        // the client's input, and answers it.
        read.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionReset => {
                io::Error::new(io::ErrorKind::ConnectionAborted, error)
            }
            _ => error,
        })
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let Poll::Ready(written) = Pin::new(&mut this.stream).poll_write(cx, bytes) else {
            return this.poll_stall(cx, bytes.len());
        };
        let written = written?;
        if let Some(stall) = &mut this.stall {
            stall.read += written;
            if stall.read >= LEAST_READ || written == bytes.len() {
                this.stall = None;
            }
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_answer(cx))?;
        let Some(end) = &mut this.end else { return Pin::new(&mut this.stream).poll_shutdown(cx) };
        let until = match end.linger {
            Some(until) => until,
            None => {
                let until = *end.linger.insert(Instant::now() + LINGER);
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                until
            }
        };
        this.poll_linger(cx, until)
    }
}
