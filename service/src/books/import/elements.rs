//! The objects of a JSON document one by one, in bounded memory, so that a broken one affects no other.

use std::io::{self, BufRead, BufReader, Read};

use super::{record::LONGEST, shape::Shape};

/// One object, or why there is none.
pub(super) struct Element {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its bytes; of one that is too long the first ones.
    pub raw: Vec<u8>,
    pub broken: Option<String>,
}

/// Characters of what follows the end of a document that are shown.
const SHOWN: usize = 300;

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
            self.begin()?;
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
        self.skip(b", \t\r\n\x1e")?;
        if self.shape == Shape::Keyed && self.peek()? == Some(b'"') {
            let key = self.take(|scan, byte| scan.json(byte))?;
            self.skip(b": \t\r\n")?;
            if key.broken.is_some() {
                return Ok(Some(key));
            }
        }
        let end = match self.shape {
            Shape::Array | Shape::Member(_) => Some(b']'),
            Shape::Keyed => Some(b'}'),
            Shape::Dump | Shape::Objects => None,
        };
        match self.peek()? {
            found if end.is_some() && found == end => self.end(),
            Some(_) => self.take(|scan, byte| scan.json(byte)).map(Some),
            None if self.shape == Shape::Objects => Ok(None),
            None => Ok(Some(self.cut_off(Vec::new(), self.line))),
        }
    }

    /// Goes to the first object.
    fn begin(&mut self) -> io::Result<()> {
        if let Shape::Member(at) = self.shape {
            let before = self.input.by_ref().take(at as u64);
            self.line += lines(before)?;
        }
        self.skip(b"\xef\xbb\xbf \t\r\n")?;
        if !matches!(self.shape, Shape::Dump | Shape::Objects) {
            self.input.consume(1);
        }
        Ok(())
    }

    /// Takes the end of the document; `Some` if it is not the end of the file.
    fn end(&mut self) -> io::Result<Option<Element>> {
        self.input.consume(1);
        self.has_ended = true;
        if let Shape::Member(_) = self.shape
            && let Some(broken) = self.further_members()?
        {
            return Ok(Some(broken));
        }
        self.skip(b" \t\r\n")?;
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let mut rest = self.take(|scan, byte| scan.line(byte))?;
        rest.raw.truncate(SHOWN);
        rest.broken = Some(
            "the file goes on after the end of its document; nothing of that is read".to_owned(),
        );
        Ok(Some(rest))
    }

    /// Passes over the members of the document after the list that is read; `Some` if one of them is a list of objects too.
    fn further_members(&mut self) -> io::Result<Option<Element>> {
        loop {
            self.skip(b", \t\r\n")?;
            match self.peek()? {
                Some(b'"') => {}
                Some(b'}') => {
                    self.input.consume(1);
                    return Ok(None);
                }
                Some(_) => return Ok(None),
                None => return Ok(Some(self.cut_off(Vec::new(), self.line))),
            }
            let name = self.take(|scan, byte| scan.json(byte))?;
            self.skip(b": \t\r\n")?;
            if self.peek()?.is_none() {
                return Ok(Some(self.cut_off(name.raw, name.line)));
            }
            let mut value = self.take(|scan, byte| scan.json(byte))?;
            if value.broken.is_none() && Shape::is_list(&value.raw) {
                let name = String::from_utf8_lossy(&name.raw).into_owned();
                value.raw.truncate(SHOWN);
                value.broken =
                    Some(format!("{name} is another list of objects; only the first one is read"));
            }
            if value.broken.is_some() {
                return Ok(Some(value));
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
                    _ if self.has_ended => Element { line, raw, broken: None },
                    _ => self.cut_off(raw, line),
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

/// How many line feeds there are.
fn lines(mut input: impl BufRead) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        let part = input.fill_buf()?;
        let length = part.len();
        if length == 0 {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', part).count() as u64;
        input.consume(length);
    }
}

pub(super) enum End {
    No,
    /// The byte belongs to what follows.
    Before,
    With,
}

/// How deep in brackets and quotes a value is.
#[derive(Default)]
pub(super) struct Scan {
    depth: usize,
    is_quoted: bool,
    is_escaped: bool,
    has_begun: bool,
}

impl Scan {
    /// Whether a value of JSON ends at the next byte.
    pub fn json(&mut self, byte: u8) -> End {
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
        let objects = "{\n\"a\": 1}\n{\"b\":\n{}}\x1e{";
        let found = elements(objects.as_bytes(), Shape::Objects);
        assert_eq!(
            found,
            [whole(1, "{\n\"a\": 1}"), whole(3, "{\"b\":\n{}}"), (4, "{".to_owned(), true)]
        );
        let giant = format!("[{{\"a\": \"{}\"}}, {{}}]", "x".repeat(2 << 20));
        let found = elements(giant.as_bytes(), Shape::Array);
        assert_eq!((found.len(), found[0].1.len(), found[0].2), (2, LONGEST, true));
    }

    #[test]
    fn what_follows_the_end_of_a_document_is_no_object() {
        let ends = |text: &str, shape| {
            elements(text.as_bytes(), shape)
                .iter()
                .map(|(line, raw, broken)| format!("{line} {raw} {broken}"))
                .collect::<Vec<_>>()
        };
        for (text, shape, expected) in [
            ("[{}]\n[{}]\n", Shape::Array, &["1 {} false", "2 [{}] true"][..]),
            ("[{}] x\ny", Shape::Array, &["1 {} false", "1 x true"]),
            ("[{}]]", Shape::Array, &["1 {} false", "1 ] true"]),
            ("[{}}, {}]", Shape::Array, &["1 {} false", "1 } false", "1 {} false"]),
            ("[]", Shape::Array, &[]),
            ("{\"1\": {}}}", Shape::Keyed, &["1 {} false", "1 } true"]),
            ("{\"1\": {}]\n}", Shape::Keyed, &["1 {} false", "1 ] false"]),
            ("{\"n\":\n1, \"a\": [{}], \"b\": {\"c\": []}}\n", Shape::Member(14), &["2 {} false"]),
            ("{\"a\": [{}], \"b\": [ {}]}", Shape::Member(6), &["1 {} false", "1 [ {}] true"]),
            ("{\"a\": [{}], \"b\": 1", Shape::Member(6), &["1 {} false", "1  true"]),
            ("{\"a\": [{}], \"b\"", Shape::Member(6), &["1 {} false", "1 \"b\" true"]),
            ("{\"a\": [{}]} {}", Shape::Member(6), &["1 {} false", "1 {} true"]),
        ] {
            assert_eq!(ends(text, shape), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_go_on_for_ever(bytes in prop::collection::vec(prop::sample::select(&b"[]{}\",:\\a \n"[..]), 0..60)) {
            for shape in [Shape::Array, Shape::Keyed, Shape::Dump, Shape::Objects, Shape::Member(3)] {
                prop_assert!(elements(&bytes, shape).len() <= bytes.len() + 1);
            }
        }
    }
}
