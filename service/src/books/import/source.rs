//! The bytes of a file as UTF-8 with line feeds; a file that is so already passes as it is.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::Decoder;

use super::{dialect::LineEnds, encoding::Encoding};

/// Bytes in which is found how a file is written.
pub(super) const SAMPLE: usize = 1 << 16;
/// Bytes that are decoded at a time.
const CHUNK: usize = 1 << 16;

/// A file, of which the first bytes can be looked at before they are read.
pub struct Source<R> {
    input: R,
    /// The first bytes, and how many of them were read.
    head: Vec<u8>,
    at: usize,
    encoding: Encoding,
    /// None for UTF-8, and none any more at the end of the file.
    decoder: Option<Decoder>,
    line_ends: LineEnds,
}

impl<R: Read> Source<R> {
    /// A file that is read as it is.
    pub fn new(input: R) -> Self {
        let (encoding, line_ends) = (Encoding::UTF_8, LineEnds::Lf);
        Self { input, head: Vec::new(), at: 0, encoding, decoder: None, line_ends }
    }

    /// The first bytes, which are read later.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sample(&mut self) -> io::Result<&[u8]> {
        let rest = SAMPLE.saturating_sub(self.head.len()) as u64;
        self.input.by_ref().take(rest).read_to_end(&mut self.head)?;
        Ok(&self.head)
    }

    /// Decodes what is read from now on.
    pub fn read_as(&mut self, encoding: Encoding, line_ends: LineEnds) {
        self.encoding = encoding;
        self.decoder = encoding.decoder();
        self.line_ends = line_ends;
    }

    /// How the file is encoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Continues at a byte of the file at which a character begins.
    ///
    /// # Errors
    /// When the file cannot be read there.
    pub fn go_to(&mut self, byte: u64) -> io::Result<()>
    where
        R: Seek,
    {
        self.head = Vec::new();
        self.at = 0;
        self.decoder = self.encoding.decoder();
        self.input.seek(SeekFrom::Start(byte)).map(drop)
    }

    /// Appends about as many bytes as wanted; 0 at the end only.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        let before = buffer.len();
        match self.encoding == Encoding::UTF_8 {
            true => drop(self.raw(buffer, wanted)?),
            false => self.decoded(buffer, wanted.min(CHUNK))?,
        }
        let added = buffer.get_mut(before..).unwrap_or_default();
        if self.line_ends == LineEnds::Cr {
            added.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        Ok(added.len())
    }

    fn raw(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
        let head = self.head.get(self.at..).unwrap_or_default();
        if head.is_empty() {
            return self.input.by_ref().take(wanted as u64).read_to_end(buffer);
        }
        let part = head.get(..wanted).unwrap_or(head);
        buffer.extend_from_slice(part);
        let length = part.len();
        self.at += length;
        if self.at == self.head.len() {
            (self.head, self.at) = (Vec::new(), 0);
        }
        Ok(length)
    }

    fn decoded(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<()> {
        let (before, mut raw) = (buffer.len(), Vec::with_capacity(wanted));
        // Of a part of a character nothing is decoded yet.
        while buffer.len() == before && self.decoder.is_some() {
            raw.clear();
            let is_last = self.raw(&mut raw, wanted)? == 0;
            let Some(decoder) = &mut self.decoder else { break };
            let most =
                decoder.max_utf8_buffer_length(raw.len()).ok_or(io::ErrorKind::OutOfMemory)?;
            buffer.resize(before + most, 0);
            let room = buffer.get_mut(before..).unwrap_or_default();
            let (_, _, written, _) = decoder.decode_to_utf8(&raw, room, is_last);
            buffer.truncate(before + written);
            if is_last {
                self.decoder = None;
            }
        }
        Ok(())
    }
}

/// The bytes as they are, for formats that say themselves how their texts are encoded.
impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.head.get(self.at..).unwrap_or_default();
        if head.is_empty() {
            return self.input.read(buffer);
        }
        let length = head.len().min(buffer.len());
        let (part, rest) = (head.iter().take(length), buffer.iter_mut());
        rest.zip(part).for_each(|(to, from)| *to = *from);
        self.at += length;
        Ok(length)
    }
}
