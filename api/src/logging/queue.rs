//! The queue between log calls and standard error: a line costs a copy, and a reader that stops costs lines and not requests.

use std::{
    io::{self, ErrorKind, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Bytes of lines that wait at most; as many again may be in the process of being written. About a second of a busy server.
const CAPACITY: usize = 4 << 20;
/// How long the first line waits for others, so that many are written at once. Waking the thread costs more than writing a line.
const GATHERING: Duration = Duration::from_millis(20);
/// Bytes that are written at once.
const PART: usize = 64 << 10;
/// How long a process that ends waits for a reader that does not read.
const STANDSTILL: Duration = Duration::from_secs(1);
/// How long it waits for one that reads slowly.
const LONGEST_FLUSH: Duration = Duration::from_secs(5);

/// Lines on their way to a separate thread, in order. Those that do not fit are dropped and counted.
pub struct Queue {
    state: Mutex<State>,
    /// The thread has work.
    filled: Condvar,
    /// It has done some.
    written: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<u8>,
    /// Lines that were dropped since `lines` was last taken.
    dropped: u64,
    /// The thread waits for a line.
    is_idle: bool,
    /// A caller waits for the last line.
    is_urgent: bool,
    /// How often the thread has written something.
    progress: u64,
}

impl Queue {
    /// A queue for `output`; `notice` formats the number of dropped lines.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(
        output: impl Write + Send + 'static,
        notice: impl Fn(u64) -> Vec<u8> + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            written: Condvar::new(),
        });
        let reader = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("log".to_owned());
        thread.spawn(move || reader.drain(output, &notice))?;
        Ok(queue)
    }

    /// Adds a line with its line feed; never waits for the reader of the log.
    pub fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        // Once one is dropped so are the next, until the notice has its place after those that fit.
        if state.dropped > 0 || state.lines.len() + line.len() > CAPACITY {
            state.dropped += 1;
            return;
        }
        let was_half = state.lines.len() >= CAPACITY / 2;
        state.lines.extend_from_slice(line);
        let is_due = std::mem::take(&mut state.is_idle);
        let is_half = !was_half && state.lines.len() >= CAPACITY / 2;
        drop(state);
        if is_due || is_half {
            self.filled.notify_one();
        }
    }

    /// Waits until everything is written, but not long for a reader that does not read.
    pub fn flush(&self) {
        let begun = Instant::now();
        let mut state = self.lock();
        let mut seen = state.progress;
        state.is_urgent = true;
        self.filled.notify_one();
        while !state.is_idle && begun.elapsed() < LONGEST_FLUSH {
            let (next, waited) = self
                .written
                .wait_timeout(state, STANDSTILL)
                .unwrap_or_else(PoisonError::into_inner);
            state = next;
            if waited.timed_out() && state.progress == seen {
                break;
            }
            seen = state.progress;
        }
        state.is_urgent = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes for as long as the process lives.
    fn drain(&self, mut output: impl Write, notice: &dyn Fn(u64) -> Vec<u8>) {
        let mut batch = Vec::new();
        let mut lost = 0;
        loop {
            lost += self.take(&mut batch);
            lost += self.write(&mut output, &batch);
            if lost > 0 && self.write(&mut output, &notice(lost)) == 0 {
                lost = 0;
            }
            batch.clear();
            batch.shrink_to(PART);
        }
    }

    /// Waits for lines and takes them all; returns how many were dropped after them.
    fn take(&self, batch: &mut Vec<u8>) -> u64 {
        let mut state = self.lock();
        while state.lines.is_empty() {
            state.is_idle = true;
            self.written.notify_all();
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let gathers = |state: &mut State| !state.is_urgent && state.lines.len() < CAPACITY / 2;
        let gathered = self.filled.wait_timeout_while(state, GATHERING, gathers);
        let (mut state, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        state.is_idle = false;
        std::mem::swap(&mut state.lines, batch);
        std::mem::take(&mut state.dropped)
    }

    /// Writes all of it; returns how many lines could not be written.
    fn write(&self, output: &mut impl Write, bytes: &[u8]) -> u64 {
        let mut rest = bytes;
        while let Some(part) = rest.get(..rest.len().min(PART)).filter(|part| !part.is_empty()) {
            match output.write(part) {
                Ok(0) => break,
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    self.lock().progress += 1;
                    self.written.notify_all();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The parent process configured it so; it is the same pipe.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(_) => break,
            }
        }
        rest.iter().map(|byte| u64::from(*byte == b'\n')).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// An output that accepts a write when permitted, and at once when the other end is dropped.
    struct Gate {
        open: mpsc::Receiver<()>,
        seen: Arc<Mutex<Vec<u8>>>,
        fails: bool,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.open.recv().ok();
            if self.fails {
                return Err(io::Error::other("full"));
            }
            self.seen.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gate(fails: bool) -> (Arc<Queue>, mpsc::Sender<()>, Arc<Mutex<Vec<u8>>>) {
        let (open, opened) = mpsc::channel();
        let seen = Arc::default();
        let output = Gate { open: opened, seen: Arc::clone(&seen), fails };
        let queue = Queue::start(output, |lost| format!("{lost} lost\n").into_bytes()).unwrap();
        (queue, open, seen)
    }

    #[test]
    fn lines_come_out_in_their_order_and_none_is_lost_while_they_are_read() {
        let (queue, open, seen) = gate(false);
        drop(open);
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let queue = Arc::clone(&queue);
                std::thread::spawn(move || {
                    (0..5000).for_each(|line| queue.push(format!("{writer} {line}\n").as_bytes()));
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        queue.flush();
        let seen = String::from_utf8(seen.lock().unwrap().clone()).unwrap();
        for writer in 0..4 {
            let start = format!("{writer} ");
            let lines: Vec<_> = seen.lines().filter_map(|line| line.strip_prefix(&start)).collect();
            assert_eq!(lines, (0..5000).map(|line| line.to_string()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_where_it_would_have_stood() {
        let (queue, open, seen) = gate(false);
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        let fit = CAPACITY / line.len();
        queue.push(&line);
        // From here on the thread waits for its reader, and accepts nothing more.
        while !queue.lock().lines.is_empty() {
            std::thread::yield_now();
        }
        for _ in 0..5 * fit {
            queue.push(&line);
        }
        let dropped = queue.lock().dropped;
        assert_eq!((queue.lock().lines.len(), dropped), (CAPACITY, 4 * fit as u64));
        drop(open);
        queue.flush();
        queue.push(b"after\n");
        queue.flush();
        let seen = String::from_utf8(seen.lock().unwrap().clone()).unwrap();
        let written = seen.lines().filter(|line| line.starts_with('x')).count() as u64;
        assert_eq!(written, fit as u64 + 1);
        assert!(seen.ends_with(&format!("x\n{dropped} lost\nafter\n")), "{dropped}");
        assert!(queue.lock().lines.capacity() < CAPACITY, "the memory is released");
    }

    #[test]
    fn an_end_does_not_wait_for_a_reader_that_does_not_read() {
        let (queue, open, _) = gate(false);
        queue.push(b"line\n");
        let begun = Instant::now();
        queue.flush();
        assert!(begun.elapsed() < 2 * LONGEST_FLUSH);
        drop(open);
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_hold_nobody_up() {
        let (queue, open, _) = gate(true);
        drop(open);
        for _ in 0..1000 {
            queue.push(b"line\n");
        }
        let begun = Instant::now();
        queue.flush();
        assert!(queue.lock().is_idle && begun.elapsed() < LONGEST_FLUSH);
    }
}
