//! A window on a source of bytes that grows with what is looked for, up to what its reader allows.

use std::io::{self, ErrorKind, Read};

/// How many bytes are asked for at a time.
const CHUNK: usize = 64 * 1024;

pub(super) struct Source<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The position of `start` in the file.
    offset: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, buffer: Vec::new(), start: 0, end: 0, offset: 0 }
    }

    /// The bytes that were read and not consumed.
    pub(super) fn window(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads more into the window; false at the end of the source.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            if self.buffer.len() < self.end + CHUNK {
                // As much as is needed, and not twice as much.
                self.buffer.reserve_exact(self.end + CHUNK - self.buffer.len());
                self.buffer.resize(self.end + CHUNK, 0);
            }
        }
        loop {
            let free = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.inner.read(free) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.end += count.min(free.len());
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads until the window has `count` bytes; false if the source ends before.
    pub(super) fn fill_to(&mut self, count: usize) -> io::Result<bool> {
        while self.window().len() < count {
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
