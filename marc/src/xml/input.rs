//! The bytes of a document as UTF-8, of which no more are given out than are allowed.

use std::{
    collections::VecDeque,
    io::{self, BufRead, ErrorKind, Read},
};

use crate::{Reason, marc21::latin1};

const CHUNK: usize = 64 * 1024;
/// How many bytes an XML declaration may have.
const DECLARATION: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    Utf16Little,
    Utf16Big,
    Latin1,
}

pub(crate) struct Input<R> {
    inner: R,
    chunk: Box<[u8]>,
    /// Bytes that were read and not decoded.
    raw: Vec<u8>,
    /// Text that was decoded, and how much of it was given out.
    text: String,
    position: usize,
    charset: Option<Charset>,
    allowance: usize,
    ended: bool,
    /// How many bytes of the text were given out.
    pub(crate) consumed: u64,
    /// Whether more was asked for than is allowed.
    pub(crate) exceeded: bool,
    /// How many bytes of what was given out were no UTF-8, and were taken for Windows-1252.
    pub(crate) mended: usize,
    /// Where such bytes are in the text that was not given out.
    mended_at: VecDeque<u64>,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            chunk: vec![0; CHUNK].into(),
            raw: Vec::new(),
            text: String::new(),
            position: 0,
            charset: None,
            allowance: 0,
            ended: false,
            consumed: 0,
            exceeded: false,
            mended: 0,
            mended_at: VecDeque::new(),
        }
    }

    pub(crate) fn allow(&mut self, bytes: usize) {
        self.allowance = bytes;
        self.exceeded = false;
    }

    /// Finds the encoding, by its mark or the XML declaration.
    pub(crate) fn detect(&mut self) -> Result<(), Reason> {
        while self.raw.len() < DECLARATION && !self.ended {
            self.read()?;
        }
        let (charset, mark) = match self.raw.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => (Charset::Utf8, 3),
            [0xFF, 0xFE, ..] => (Charset::Utf16Little, 2),
            [0xFE, 0xFF, ..] => (Charset::Utf16Big, 2),
            [b'<', 0, ..] => (Charset::Utf16Little, 0),
            [0, b'<', ..] => (Charset::Utf16Big, 0),
            raw => (declared(raw)?, 0),
        };
        self.raw.drain(..mark);
        self.consumed = mark as u64;
        self.charset = Some(charset);
        Ok(())
    }

    fn read(&mut self) -> io::Result<()> {
        let count = loop {
            match self.inner.read(&mut self.chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.raw.extend_from_slice(self.chunk.get(..count).unwrap_or_default());
        self.ended = count == 0;
        Ok(())
    }

    /// Decodes what was read; a character of which only a part was read waits for the rest.
    fn decode(&mut self) {
        self.text.clear();
        self.position = 0;
        let used = match self.charset.unwrap_or(Charset::Utf8) {
            Charset::Utf8 => return self.decode_utf8(),
            Charset::Latin1 => {
                self.text.extend(self.raw.iter().map(|byte| latin1(*byte)));
                self.raw.len()
            }
            Charset::Utf16Little => {
                utf16(&self.raw, u16::from_le_bytes, self.ended, &mut self.text)
            }
            Charset::Utf16Big => utf16(&self.raw, u16::from_be_bytes, self.ended, &mut self.text),
        };
        self.raw.drain(..used);
    }

    fn decode_utf8(&mut self) {
        let mut rest = self.raw.as_slice();
        loop {
            match str::from_utf8(rest) {
                Ok(text) => {
                    self.text.push_str(text);
                    rest = &[];
                }
                Err(error) => {
                    let (valid, broken) =
                        rest.split_at_checked(error.valid_up_to()).unwrap_or_default();
                    self.text.push_str(str::from_utf8(valid).unwrap_or_default());
                    rest = broken;
                    if error.error_len().is_none() && !self.ended {
                        break;
                    }
                    if let Some((byte, after)) = broken.split_first() {
                        let at = self.consumed + self.text.len() as u64;
                        self.text.push(latin1(*byte));
                        self.mended_at.push_back(at);
                        rest = after;
                    }
                }
            }
            if rest.is_empty() {
                break;
            }
        }
        let used = self.raw.len() - rest.len();
        self.raw.drain(..used);
    }

    /// Passes over the text up to and with `end`, of which `before` was given out already.
    pub(crate) fn skip_past(&mut self, end: &[u8], before: &[u8]) -> io::Result<()> {
        let mut tail =
            before.get(before.len().saturating_sub(end.len() - 1)..).unwrap_or_default().to_vec();
        loop {
            self.allow(CHUNK);
            let text = self.fill_buf()?;
            if text.is_empty() {
                return Ok(());
            }
            let known = tail.len();
            tail.extend_from_slice(text);
            let count = text.len();
            if let Some(position) = memchr::memmem::find(&tail, end) {
                let count = (position + end.len()).saturating_sub(known);
                self.consume(count);
                return Ok(());
            }
            self.consume(count);
            tail.drain(..tail.len().saturating_sub(end.len() - 1));
        }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let text = self.fill_buf()?;
        let count = text.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), text.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowance == 0 {
            self.exceeded = true;
            return Err(io::Error::other("more text than is allowed"));
        }
        while self.position == self.text.len() && !(self.ended && self.raw.is_empty()) {
            if !self.ended {
                Input::read(self)?;
            }
            self.decode();
        }
        let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
        Ok(rest.get(..rest.len().min(self.allowance)).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.position = (self.position + count).min(self.text.len());
        self.consumed += count as u64;
        while self.mended_at.front().is_some_and(|at| *at < self.consumed) {
            self.mended_at.pop_front();
            self.mended += 1;
        }
        self.allowance = self.allowance.saturating_sub(count);
    }
}

/// The encoding that an XML declaration names.
fn declared(raw: &[u8]) -> Result<Charset, Reason> {
    let start = raw.get(..DECLARATION.min(raw.len())).unwrap_or_default();
    let text = String::from_utf8_lossy(start);
    let Some(declaration) =
        text.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split("?>").next())
    else {
        return Ok(Charset::Utf8);
    };
    let Some((_, value)) = declaration.split_once("encoding") else { return Ok(Charset::Utf8) };
    let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
    let name = value.split(['"', '\'']).nth(1).unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        // A document in UTF-16 would not be readable up to here.
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16" => Ok(Charset::Utf8),
        "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" | "windows-1252" | "cp1252" => {
            Ok(Charset::Latin1)
        }
        _ => Err(Reason::Encoding(name.to_owned())),
    }
}

/// Appends the text, and returns how many bytes it was of.
fn utf16(raw: &[u8], unit: fn([u8; 2]) -> u16, ended: bool, text: &mut String) -> usize {
    let (pairs, odd) = raw.as_chunks::<2>();
    let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    if !ended && units.last().is_some_and(|last| (0xD800..0xDC00).contains(last)) {
        units.pop();
    }
    text.extend(char::decode_utf16(units.iter().copied()).map(|c| c.unwrap_or('\u{FFFD}')));
    if ended && !odd.is_empty() {
        text.push('\u{FFFD}');
        return raw.len();
    }
    units.len() * 2
}
