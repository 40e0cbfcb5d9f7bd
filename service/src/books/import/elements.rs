//! The objects of a JSON document one by one, in bounded memory, so that a broken one affects no other.

use std::io::{self, BufRead, BufReader, Read};

use super::record::LONGEST;

/// How the objects of a file are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// In an array.
    Array,
    /// As the members of an object.
    Keyed,
    /// At the end of lines, after four texts and a tab each, as Open Library writes them.
    Dump,
}

impl Shape {
    /// What the beginning of a file shows; `None` for other files.
    pub fn of(sample: &[u8]) -> Option<Self> {
        let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
        match text.split_first()? {
            (b'[', rest) => matches!(rest.trim_ascii_start().first(), Some(b'{' | b']') | None)
                .then_some(Self::Array),
            (b'{', rest) => {
                let key = rest.trim_ascii_start().strip_prefix(b"\"")?;
                let end = memchr::memchr(b'"', key).filter(|end| *end < 100)?;
                let value = key.get(end + 1..)?.trim_ascii_start().strip_prefix(b":")?;
                value.trim_ascii_start().starts_with(b"{").then_some(Self::Keyed)
            }
            (b'/', rest) if rest.starts_with(b"type/") => {
                let line = rest.split(|byte| *byte == b'\n').next()?;
                let json = line.split(|byte| *byte == b'\t').nth(4)?;
                json.starts_with(b"{").then_some(Self::Dump)
            }
            _ => None,
        }
    }
}

/// One object, or why there is none.
pub(super) struct Element {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its bytes; of one that is too long the first ones.
    pub raw: Vec<u8>,
    pub broken: Option<String>,
}

/// Reads the objects of a file.
pub(super) struct Elements<R> {
    input: BufReader<R>,
    shape: Shape,
    line: u64,
    has_begun: bool,
    has_ended: bool,
}

impl<R: Read> Elements<R> {
    pub fn new(input: R, shape: Shape) -> Self {
        let input = BufReader::with_capacity(1 << 16, input);
        Self { input, shape, line: 1, has_begun: false, has_ended: false }
    }

    /// The next object; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub fn next(&mut self) -> io::Result<Option<Element>> {
        if !self.has_begun {
            self.has_begun = true;
            self.skip(b"\xef\xbb\xbf \t\r\n")?;
            if self.shape != Shape::Dump {
                self.input.consume(1);
            }
        }
        if self.has_ended {
            return Ok(None);
        }
        if self.shape == Shape::Dump {
            self.skip(b"\r\n")?;
            return match self.peek()? {
                Some(_) => self.take(|scan, byte| scan.line(byte)).map(Some),
                None => Ok(None),
            };
        }
        self.skip(b", \t\r\n")?;
        if self.shape == Shape::Keyed && self.peek()? == Some(b'"') {
            let key = self.take(|scan, byte| scan.json(byte))?;
            self.skip(b": \t\r\n")?;
            if key.broken.is_some() {
                return Ok(Some(key));
            }
        }
        match self.peek()? {
            Some(b']' | b'}') => {
                self.has_ended = true;
                Ok(None)
            }
            Some(_) => self.take(|scan, byte| scan.json(byte)).map(Some),
            None => {
                self.has_ended = true;
                Ok(Some(self.cut_off(Vec::new(), self.line)))
            }
        }
    }

    fn cut_off(&mut self, raw: Vec<u8>, line: u64) -> Element {
        self.has_ended = true;
        Element { line, raw, broken: Some("the file ends before the document does".to_owned()) }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn skip(&mut self, bytes: &[u8]) -> io::Result<()> {
        while let Some(byte) = self.peek()?.filter(|byte| bytes.contains(byte)) {
            self.line += u64::from(byte == b'\n');
            self.input.consume(1);
        }
        Ok(())
    }

    /// Takes bytes until the scan says that its end was reached.
    fn take(&mut self, is_last: impl Fn(&mut Scan, u8) -> End) -> io::Result<Element> {
        let (mut raw, mut length, line, mut scan) = (Vec::new(), 0, self.line, Scan::default());
        loop {
            let part = self.input.fill_buf()?;
            if part.is_empty() {
                return Ok(match self.shape {
                    Shape::Dump => Element { line, raw, broken: None },
                    Shape::Array | Shape::Keyed => self.cut_off(raw, line),
                });
            }
            let ends =
                part.iter().enumerate().find_map(|(at, byte)| match is_last(&mut scan, *byte) {
                    End::No => None,
                    End::Before => Some(at),
                    End::With => Some(at + 1),
                });
            let taken = part.get(..ends.unwrap_or(part.len())).unwrap_or_default();
            let room = LONGEST.saturating_sub(raw.len());
            raw.extend_from_slice(taken.get(..room).unwrap_or(taken));
            length += taken.len();
            self.line += memchr::memchr_iter(b'\n', taken).count() as u64;
            let taken = taken.len();
            self.input.consume(taken);
            if ends.is_some() {
                let broken = (length > LONGEST)
                    .then(|| format!("the object is longer than {LONGEST} bytes"));
                return Ok(Element { line, raw, broken });
            }
        }
    }
}

enum End {
    No,
    /// The byte belongs to what follows.
    Before,
    With,
}

/// How deep in brackets and quotes a value is.
#[derive(Default)]
struct Scan {
    depth: usize,
    is_quoted: bool,
    is_escaped: bool,
    has_begun: bool,
}

impl Scan {
    fn json(&mut self, byte: u8) -> End {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        if self.is_quoted {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_quoted = false,
                _ => {}
            }
            return if self.is_quoted || self.depth > 0 { End::No } else { End::With };
        }
        match byte {
            b'"' => self.is_quoted = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 1 => self.depth -= 1,
            b'}' | b']' if self.depth == 1 => return End::With,
            // A number or a word.
            b',' | b' ' | b'\t' | b'\r' | b'\n' | b'}' | b']' if self.depth == 0 && !is_first => {
                return End::Before;
            }
            _ => {}
        }
        End::No
    }

    fn line(&mut self, byte: u8) -> End {
        if byte == b'\n' { End::Before } else { End::No }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn elements(text: &[u8], shape: Shape) -> Vec<(u64, String, bool)> {
        let mut elements = Elements::new(text, shape);
        std::iter::from_fn(|| elements.next().unwrap())
            .map(|found| {
                let raw = String::from_utf8_lossy(&found.raw).into_owned();
                (found.line, raw, found.broken.is_some())
            })
            .collect()
    }

    fn whole(line: u64, raw: &str) -> (u64, String, bool) {
        (line, raw.to_owned(), false)
    }

    #[test]
    fn the_beginning_shows_the_shape() {
        for (text, shape) in [
            ("\u{feff}[{\"title\": 1}]", Some(Shape::Array)),
            (" [ ]", Some(Shape::Array)),
            ("{\"12\": {", Some(Shape::Keyed)),
            ("{\n  \"12\" :\n {}", Some(Shape::Keyed)),
            ("{\"title\": \"a\"}\n", None),
            ("[1] title,author", None),
            ("/type/edition\t/books/OL1M\t1\t2008\t{\"title\": \"a\"}\n", Some(Shape::Dump)),
            ("/type/edition,x", None),
            ("title,author", None),
            ("", None),
        ] {
            assert_eq!(Shape::of(text.as_bytes()), shape, "{text}");
        }
    }

    #[test]
    fn objects_are_taken_one_by_one() {
        let array = "[{\"a\": \"}\\\"]\"},\n {\"b\": [1, {}]} , 5,\"x\" ]\n";
        assert_eq!(
            elements(array.as_bytes(), Shape::Array),
            [
                whole(1, "{\"a\": \"}\\\"]\"}"),
                whole(2, "{\"b\": [1, {}]}"),
                whole(2, "5"),
                whole(2, "\"x\"")
            ]
        );
        let keyed = "{\"1\": {\"a\": 1},\n\"2\":{}}";
        let found = elements(keyed.as_bytes(), Shape::Keyed);
        assert_eq!(found, [whole(1, "{\"a\": 1}"), whole(2, "{}")]);
        let cut = elements(b"[{\"a\": 1}, {\"b\"", Shape::Array);
        assert_eq!(cut, [whole(1, "{\"a\": 1}"), (1, "{\"b\"".to_owned(), true)]);
        assert_eq!(elements(b"a\n\nb", Shape::Dump), [whole(1, "a"), whole(3, "b")]);
        let giant = format!("[{{\"a\": \"{}\"}}, {{}}]", "x".repeat(2 << 20));
        let found = elements(giant.as_bytes(), Shape::Array);
        assert_eq!((found.len(), found[0].1.len(), found[0].2), (2, LONGEST, true));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_go_on_for_ever(bytes in prop::collection::vec(prop::sample::select(&b"[]{}\",:\\a \n"[..]), 0..60)) {
            for shape in [Shape::Array, Shape::Keyed, Shape::Dump] {
                prop_assert!(elements(&bytes, shape).len() <= bytes.len() + 1);
            }
        }
    }
}
