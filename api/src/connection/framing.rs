//! Where the requests on a connection begin and end, as far as the deadlines need it: a head is limited in time and size, and no
//! byte of the next one is handed over before the current request is known.
//!
//! This does not interpret a request: actix-http parses it. It only counts.

use memchr::memchr_iter;

/// Maximum length of the head of a request: its first line and its headers.
pub const LONGEST_HEAD: usize = 32 << 10;

/// The length of the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// The number of bytes in `Content-Length`, or none.
    Known(u64),
    /// It ends with its last chunk.
    Chunked,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The head of a request, of which `length` bytes are known. It has begun also with empty lines, which do not count.
    Head {
        length: usize,
        line: Line,
        has_begun: bool,
        /// Whether its first line is complete.
        has_line: bool,
    },
    /// A complete request was handed over, or the head of one that has not begun. Further bytes wait.
    Requested {
        is_clean: bool,
    },
    Body(u64),
    Chunks,
}

const REQUESTED: Part = Part::Requested { is_clean: true };

/// The current line of a head so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Empty,
    /// Only a carriage return.
    Return,
    Text,
}

impl Line {
    fn after(self, bytes: &[u8]) -> Self {
        match (self, bytes) {
            (line, []) => line,
            (Self::Empty, b"\r") => Self::Return,
            _ => Self::Text,
        }
    }
}

/// How many of the available bytes may be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// This many; the rest has to wait.
    Bytes(usize),
    /// None: the head is longer than [`LONGEST_HEAD`].
    TooLong,
    /// None: so is its first line alone.
    LineTooLong,
}

/// The position in the bytes that a connection has received.
#[derive(Debug)]
pub struct Framing(Part);

impl Framing {
    /// Before the first byte.
    pub fn new() -> Self {
        Self(Part::Head { length: 0, line: Line::Empty, has_begun: false, has_line: false })
    }

    /// Advances over the bytes that may be handed over: at most to the end of a head.
    pub fn take(&mut self, bytes: &[u8]) -> Taken {
        match self.0 {
            Part::Requested { .. } => Taken::Bytes(0),
            Part::Chunks => Taken::Bytes(bytes.len()),
            Part::Body(left) => {
                let taken = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                self.0 = match left - taken as u64 {
                    0 => REQUESTED,
                    left => Part::Body(left),
                };
                Taken::Bytes(taken)
            }
            Part::Head { length, line, has_line, .. } => {
                self.take_head(bytes, (length, line, has_line))
            }
        }
    }

    fn take_head(
        &mut self,
        bytes: &[u8],
        (mut length, mut line, mut has_line): (usize, Line, bool),
    ) -> Taken {
        let mut begin = 0;
        for end in memchr_iter(b'\n', bytes) {
            let text = bytes.get(begin..end).unwrap_or_default();
            begin = end + 1;
            line = line.after(text);
            length += text.len() + 1;
            if line != Line::Text && length > 2 {
                self.0 = REQUESTED;
                return Taken::Bytes(begin);
            }
            if line != Line::Text {
                // An empty line before the head (RFC 9112, 2.2) is not part of it.
                length = 0;
            }
            if length > LONGEST_HEAD {
                return if has_line { Taken::TooLong } else { Taken::LineTooLong };
            }
            has_line = line == Line::Text;
            line = Line::Empty;
        }
        let text = bytes.get(begin..).unwrap_or_default();
        length += text.len();
        self.0 = Part::Head { length, line: line.after(text), has_begun: true, has_line };
        match length > LONGEST_HEAD {
            false => Taken::Bytes(bytes.len()),
            true if has_line => Taken::TooLong,
            true => Taken::LineTooLong,
        }
    }

    /// The request of the head that was handed over begins, with the given body.
    pub fn begin(&mut self, body: BodyLength) {
        self.0 = match body {
            BodyLength::Known(0) => REQUESTED,
            BodyLength::Known(length) => Part::Body(length),
            BodyLength::Chunked => Part::Chunks,
        };
    }

    /// The last chunk of the body was received; unless it is clean, together with bytes of the next head.
    pub fn end_chunks(&mut self, is_clean: bool) {
        if self.0 == Part::Chunks {
            self.0 = Part::Requested { is_clean };
        }
    }

    /// The request is answered, and the next one may begin. If its body was not read to its end, it is the last of its connection.
    pub fn end(&mut self) {
        match self.0 {
            Part::Requested { is_clean: true } => *self = Self::new(),
            Part::Requested { is_clean: false } => {
                self.0 =
                    Part::Head { length: 1, line: Line::Text, has_begun: true, has_line: false };
            }
            Part::Head { .. } | Part::Body(_) | Part::Chunks => {}
        }
    }

    /// Whether the next byte belongs to a chunked body.
    pub fn is_in_chunks(&self) -> bool {
        self.0 == Part::Chunks
    }

    /// Whether the next bytes have to wait.
    pub fn is_requested(&self) -> bool {
        matches!(self.0, Part::Requested { .. })
    }

    /// Whether a head has begun and is incomplete.
    pub fn is_within_head(&self) -> bool {
        matches!(self.0, Part::Head { has_begun: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_head_ends_at_its_empty_line() {
        for (bytes, end) in [
            ("GET / HTTP/1.1\r\n\r\nGET", 18),
            ("GET / HTTP/1.1\r\na: b\r\n\r\n", 24),
            ("GET / HTTP/1.1\na: b\n\nGET", 21),
            ("GET / HTTP/1.1\na: b\n\r\nGET", 22),
            ("\r\n\r\n\nGET / HTTP/1.1\r\n\r\nG", 23),
            ("GET / HTTP/1.1\r\n\r\r\n", 19),
        ] {
            let mut framing = Framing::new();
            assert_eq!(framing.take(bytes.as_bytes()), Taken::Bytes(end), "{bytes:?}");
            assert_eq!(framing.is_requested(), !bytes.ends_with("\r\r\n"), "{bytes:?}");
            assert_eq!(framing.take(b"more") == Taken::Bytes(0), framing.is_requested());
        }
    }

    #[test]
    fn what_follows_a_head_is_its_body_and_then_the_next_head() {
        let mut framing = Framing::new();
        for body in [0, 1, 7] {
            assert_eq!(framing.take(b"GET / HTTP/1.1\r\n\r\n123456"), Taken::Bytes(18));
            framing.begin(BodyLength::Known(body));
            let expected = usize::try_from(body).unwrap().min(6);
            assert_eq!(framing.take(b"123456"), Taken::Bytes(expected));
            assert_eq!(framing.is_requested(), body < 7);
            framing.end();
            assert_eq!(framing.take(b"6"), Taken::Bytes(1));
            assert_eq!(framing.is_within_head(), body < 7);
            framing = Framing::new();
        }
        assert_eq!(framing.take(b"POST / HTTP/1.1\r\n\r\n"), Taken::Bytes(19));
        framing.begin(BodyLength::Chunked);
        assert_eq!(framing.take(b"\r\n\r\n\r\n"), Taken::Bytes(6));
        for is_clean in [true, false] {
            framing.begin(BodyLength::Chunked);
            framing.end_chunks(is_clean);
            assert_eq!(framing.take(b"G"), Taken::Bytes(0));
            framing.end();
            assert_eq!(framing.is_within_head(), !is_clean);
        }
    }

    #[test]
    fn a_head_has_a_longest_length() {
        for (line, end, expected) in [
            ("a", "", Taken::LineTooLong),
            ("a: b\r\n", "", Taken::TooLong),
            ("a\n", "", Taken::TooLong),
            ("a", "\r\n\r\n", Taken::LineTooLong),
        ] {
            let head = line.repeat(LONGEST_HEAD / line.len() + 1) + end;
            assert_eq!(Framing::new().take(head.as_bytes()), expected, "{line:?}");
            let mut framing = Framing::new();
            let found = head.as_bytes().chunks(100).any(|part| framing.take(part) == expected);
            assert!(found, "{line:?} in parts");
        }
        let longest = "a".repeat(LONGEST_HEAD - 4) + "\r\n\r\n";
        assert_eq!(Framing::new().take(longest.as_bytes()), Taken::Bytes(LONGEST_HEAD));
        // Empty lines before a head are not part of it.
        let empty = "\r\n".repeat(LONGEST_HEAD);
        assert_eq!(Framing::new().take(empty.as_bytes()), Taken::Bytes(2 * LONGEST_HEAD));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_arrive(
            bytes in "(\r\n|\n)?GET / HTTP/1.1\r?\n([a\r]{0,3}: [b\r]{0,3}\r?\n){0,3}(\r?\n)?[c\r\n]{0,6}",
            cuts in prop::collection::vec(1..9_usize, 0..20)
        ) {
            let bytes = bytes.as_bytes();
            let mut whole = Framing::new();
            let Taken::Bytes(expected) = whole.take(bytes) else { return Ok(()) };
            let (mut parts, mut taken, mut at) = (Framing::new(), 0, 0);
            for cut in cuts.iter().copied().chain([bytes.len()]) {
                let end = (at + cut).min(bytes.len());
                match parts.take(&bytes[at..end]) {
                    Taken::Bytes(part) => taken += part,
                    Taken::TooLong | Taken::LineTooLong => prop_assert!(false),
                }
                at = end;
            }
            prop_assert_eq!((taken, parts.is_requested()), (expected, whole.is_requested()));
        }
    }
}
