//! How the objects of a JSON document are put together, by its beginning.

use super::{
    columns::COLUMNS,
    elements::{End, Scan},
    encoding::without_marks,
    header::plain,
};

/// How the objects of a file are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// In an array.
    Array,
    /// In an array that begins after so many bytes, and is a member of an object.
    Member(usize),
    /// As the members of an object.
    Keyed,
    /// One after the other, on several lines each.
    Objects,
    /// At the end of lines, after four texts and a tab each, as Open Library writes them.
    Dump,
}

impl Shape {
    /// What the beginning of a file shows; `None` for other files.
    ///
    /// # Errors
    /// When it has several lists of objects.
    pub fn of(sample: &[u8]) -> Result<Option<Self>, String> {
        let text = without_marks(sample).trim_ascii_start();
        Ok(match text.split_first() {
            Some((b'[', rest)) => {
                matches!(rest.trim_ascii_start().first(), Some(b'{' | b']') | None)
                    .then_some(Self::Array)
            }
            Some((b'{', _)) => return Self::of_object(text, sample.len() - text.len()),
            Some((b'/', rest)) if rest.starts_with(b"type/") => dump(rest),
            _ => None,
        })
    }

    fn of_object(text: &[u8], before: usize) -> Result<Option<Self>, String> {
        let members = Members::of(text);
        let lists = || {
            members
                .found
                .iter()
                .filter(|(_, at)| Self::is_list(text.get(*at..).unwrap_or_default()))
        };
        let is_book = members.found.iter().any(|(name, _)| plain(name) == "title");
        let is_member = |(name, _): &&(String, usize)| {
            !COLUMNS.iter().any(|(_, usual)| usual.contains(&plain(name).as_str()))
        };
        if members.is_only
            && !is_book
            && let Some((name, at)) = lists().find(is_member)
        {
            return match lists().filter(is_member).nth(1) {
                None => Ok(Some(Self::Member(before + at))),
                Some((other, _)) => Err(format!(
                    "the document has several lists of objects, `{}` and `{}`; save that of the books as a document of its own",
                    crate::query::shortened(name, 40),
                    crate::query::shortened(other, 40)
                )),
            };
        }
        let value = members.found.first().and_then(|(_, at)| text.get(*at..)).unwrap_or_default();
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Ok(match (value.first(), line.trim_ascii_end()) {
            (Some(b'{'), _) => Some(Self::Keyed),
            (Some(_), b"{") => Some(Self::Objects),
            _ => None,
        })
    }

    /// The same for a file that was named as JSON lines: whether its first object has several lines.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn of_lines(sample: &[u8]) -> Result<Option<Self>, String> {
        let text = without_marks(sample).trim_ascii_start();
        let mut lines = text.splitn(2, |byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default().trim_ascii_end();
        let goes_on = matches!(first.last(), Some(b'[' | b'{' | b','));
        let is_open =
            first.starts_with(b"[") && goes_on && end(first).is_none() && lines.next().is_some();
        if is_open || first == b"{" { Self::of(sample) } else { Ok(None) }
    }

    /// Whether a value is an array with an object in it.
    pub fn is_list(value: &[u8]) -> bool {
        let rest = value.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
        rest.is_some_and(|rest| rest.starts_with(b"{"))
    }

    /// The name of the member that has the list.
    pub fn member(self, sample: &[u8]) -> Option<String> {
        let Self::Member(at) = self else { return None };
        let text = without_marks(sample).trim_ascii_start();
        let before = sample.len() - text.len();
        let members = Members::of(text).found.into_iter();
        members.filter(|(_, start)| before + start == at).map(|(name, _)| name).next()
    }
}

fn dump(rest: &[u8]) -> Option<Shape> {
    let line = rest.split(|byte| *byte == b'\n').next()?;
    let json = line.split(|byte| *byte == b'\t').nth(4)?;
    json.starts_with(b"{").then_some(Shape::Dump)
}

/// The length of the value with which a text begins; `None` if it is cut off.
fn end(text: &[u8]) -> Option<usize> {
    let mut scan = Scan::default();
    text.iter().enumerate().find_map(|(at, byte)| match scan.json(*byte) {
        End::No => None,
        End::Before => Some(at),
        End::With => Some(at + 1),
    })
}

/// The members of the object with which a text begins.
struct Members {
    /// Their names, and where their values begin.
    found: Vec<(String, usize)>,
    /// Whether nothing follows the object.
    is_only: bool,
}

impl Members {
    fn of(text: &[u8]) -> Self {
        let (mut found, mut at) = (Vec::new(), 1);
        let skip = |at: usize, signs: &[u8]| {
            let rest = text.get(at..).unwrap_or_default();
            at + rest
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace() || signs.contains(byte))
                .count()
        };
        loop {
            at = skip(at, b",");
            let rest = text.get(at..).unwrap_or_default();
            let name = end(rest)
                .and_then(|length| rest.get(..length))
                .filter(|name| name.starts_with(b"\""));
            let Some(name) = name else {
                let is_only = rest.is_empty()
                    || rest.first() == Some(&b'}') && skip(at + 1, b"") == text.len();
                return Self { found, is_only };
            };
            at = skip(at + name.len(), b":");
            let name = String::from_utf8_lossy(name).trim_matches('"').to_owned();
            found.push((name, at));
            match text.get(at..).and_then(end) {
                Some(length) => at += length,
                // The rest is further on in the file.
                None => return Self { found, is_only: true },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_shows_the_shape() {
        for (text, shape) in [
            ("\u{feff}[{\"title\": 1}]", Some(Shape::Array)),
            ("\u{feff}\u{feff}[{\"title\": 1}]", Some(Shape::Array)),
            (" [ ]", Some(Shape::Array)),
            ("{\"12\": {", Some(Shape::Keyed)),
            ("{\n  \"12\" :\n {}", Some(Shape::Keyed)),
            ("{\"title\": \"a\"}\n", None),
            ("{}", None),
            ("{", None),
            ("[1] title,author", None),
            ("/type/edition\t/books/OL1M\t1\t2008\t{\"title\": \"a\"}\n", Some(Shape::Dump)),
            ("/type/edition,x", None),
            ("title,author", None),
            ("", None),
            ("{\n \"title\": \"a\"\n}\n{\n", Some(Shape::Objects)),
            ("{\"books\": [{\"title\"", Some(Shape::Member(10))),
            (
                "\u{feff}{\"n\": {\"a\": [{}]}, \"tags\": [\"a\"],\n\"books\": [ {}], \"m\": 1}\n",
                Some(Shape::Member(46)),
            ),
            // A book with several authors, and lines of books.
            ("{\"title\": \"a\", \"copies\": [{}]}", None),
            ("{\"name\": \"a\", \"authors\": [{}]}", None),
            ("{\"a\": [{}]}\n{\"a\": [{}]}", None),
        ] {
            assert_eq!(Shape::of(text.as_bytes()), Ok(shape), "{text}");
        }
        let both = Shape::of(b"{\"books\": [{}], \"lent\": [{}]}").unwrap_err();
        assert!(both.contains("several lists of objects, `books` and `lent`"), "{both}");
        let text = b"{\"n\": 1, \"books\": [{}]}";
        let shape = Shape::of(text).unwrap().unwrap();
        assert_eq!(shape.member(text).as_deref(), Some("books"));
    }

    #[test]
    fn json_lines_are_told_from_documents_on_several_lines() {
        for (text, shape) in [
            ("{\"title\": \"a\"}\n", None),
            ("{\"books\": [{}]}\n", None),
            ("[{\"title\": \"a\"}]\n{}\n", None),
            ("[{\"title\": \"a\"},\n{}]\n", Some(Shape::Array)),
            ("[\n  {\n", Some(Shape::Array)),
            ("{\n \"title\": \"a\"\n}\n", Some(Shape::Objects)),
            ("{\n \"books\": [\n {}\n]}\n", Some(Shape::Member(12))),
            ("{\"title\": \"a\"\n{\"title\": \"b\"}\n", None),
        ] {
            assert_eq!(Shape::of_lines(text.as_bytes()), Ok(shape), "{text}");
        }
    }
}
