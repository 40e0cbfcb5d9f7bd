//! Objects of a JSON document as rows. Their members are found as the columns of a table are, by the program that wrote them or by
//! their usual names; those of objects within an object have its name before them, as in `authors.name`.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;

use super::{
    Options,
    cells::{self, Defaults},
    columns::COLUMNS,
    counted::Counted,
    elements::{Element, Elements},
    header::{MOST_COLUMNS, plain},
    members::Members,
    profiles::Profile,
    row::{Place, Rejected, Row},
    rows::Format,
    shape::Shape,
    source::Source,
    text_rows::object,
    texts::Texts,
    understood::Understood,
};
use crate::{Book, query::shortened};

/// Longer names of members are not looked at.
const LONGEST_NAME: usize = 60;

/// Reads the objects of a document one by one.
pub(super) struct Documents<R> {
    shape: Shape,
    elements: Elements<Counted<Source<R>>>,
    /// Bytes of the file that were read.
    bytes: Arc<AtomicU64>,
    /// The first one, which was read to see who wrote it.
    first: Option<Element>,
    /// The names of its members.
    header: Vec<u8>,
    /// The member of the document that has them, if it is not the document itself.
    list: Option<String>,
    /// Whether the objects are books as they are sent here.
    is_ours: bool,
    read: u64,
    line: u64,
    options: Options,
    defaults: Defaults,
}

impl<R: Read> Documents<R> {
    /// Reads the first object.
    ///
    /// # Errors
    /// When the file cannot be read, and for an unknown default.
    pub fn new(shape: Shape, mut source: Source<R>, options: &Options) -> Result<Self, String> {
        let defaults = cells::defaults(&options.defaults)?;
        let list = shape.member(source.sample().map_err(|error| error.to_string())?);
        let bytes = Arc::new(AtomicU64::new(0));
        let source = Counted { input: source, read: Arc::clone(&bytes) };
        let mut elements = Elements::new(source, shape);
        let first = elements.next().map_err(|error| error.to_string())?;
        let value = first.as_ref().and_then(|first| json(shape, first).ok());
        let names = value.map(|value| Values::of(&value).names()).unwrap_or_default();
        let header = names.join("\n").into_bytes();
        let is_ours = matches!(shape, Shape::Array | Shape::Member(_) | Shape::Objects)
            && options.map.is_empty()
            && first.as_ref().is_some_and(|first| {
                let members = serde_json::from_slice::<Members<'_>>(&first.raw);
                members.is_ok_and(|members| members.expect_known().is_ok())
            });
        let options = options.clone();
        let (read, line) = (0, 0);
        Ok(Self {
            shape,
            elements,
            bytes,
            first,
            header,
            list,
            is_ours,
            read,
            line,
            options,
            defaults,
        })
    }

    /// How the file is understood.
    pub fn understood(&self) -> Understood {
        let options = Options { format: Format::Json, encoding: None, ..self.options.clone() };
        Understood { list: self.list.clone(), ..Understood::of::<Book>(&self.header, &options) }
    }

    /// The names of the members of the first object, a line each.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// How far the file was read. A part of what follows may be in memory.
    pub fn place(&self) -> Place {
        let bytes = self.bytes.load(Ordering::Relaxed);
        Place { bytes, lines: self.line, rows: self.read }
    }

    /// Goes on after so many objects. Those before are read once more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn go_to(&mut self, place: Place) -> io::Result<()> {
        while self.read < place.rows && self.element()?.is_some() {}
        Ok(())
    }

    fn element(&mut self) -> io::Result<Option<Element>> {
        let element = match self.first.take() {
            None => self.elements.next()?,
            first => first,
        };
        if let Some(element) = &element {
            self.read += 1;
            self.line = element.line;
        }
        Ok(element)
    }

    /// The next object as a row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub fn next(&mut self) -> io::Result<Option<Result<Row, Rejected>>> {
        let Some(element) = self.element()? else { return Ok(None) };
        let (number, line) = (self.read, element.line);
        let rejected = |reason: String, raw| {
            Err(Rejected { number, line, reason: shortened(&reason, 300), raw })
        };
        let blank = self.options.blank;
        if self.is_ours && element.broken.is_none() {
            let (present, book) = object(&element.raw, &self.defaults);
            return Ok(Some(match book {
                Ok(accepted) => Ok(Row::new((number, line), accepted, present, blank)),
                Err(reason) => rejected(reason, element.raw),
            }));
        }
        Ok(Some(match json(self.shape, &element) {
            Err(reason) => rejected(reason, element.raw),
            Ok(value) => {
                let texts = Values::of(&value).texts(&self.options);
                match cells::book(&texts, &self.defaults) {
                    Ok(accepted) => Ok(Row::new((number, line), accepted, texts.present(), blank)),
                    Err(reason) => rejected(reason, texts.object()),
                }
            }
        }))
    }
}

/// The object of an element.
fn json(shape: Shape, element: &Element) -> Result<Value, String> {
    if let Some(broken) = &element.broken {
        return Err(broken.clone());
    }
    let json = match shape {
        Shape::Array | Shape::Member(_) | Shape::Keyed | Shape::Objects => element.raw.as_slice(),
        Shape::Dump => {
            let mut parts = element.raw.splitn(5, |byte| *byte == b'\t');
            match (parts.next(), parts.nth(3)) {
                (Some(b"/type/edition"), Some(json)) => json,
                (Some(other), Some(_)) => {
                    let other = String::from_utf8_lossy(other);
                    return Err(format!("`{}` is no edition of a book", shortened(&other, 40)));
                }
                _ => return Err("expected four texts and an object, with tabs between".to_owned()),
            }
        }
    };
    match serde_json::from_slice(json) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("expected a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The texts of an object by the names of its members.
#[derive(Default)]
struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    fn of(value: &Value) -> Self {
        let mut values = Self::default();
        values.take("", value);
        values
    }

    fn take(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::String(text) => self.add(name, text.clone()),
            Value::Number(number) => self.add(name, number.to_string()),
            Value::Array(values) => values.iter().for_each(|value| self.take(name, value)),
            Value::Object(members) => {
                for (member, value) in members {
                    // LibraryThing numbers the elements of some lists.
                    let is_number = member.bytes().all(|byte| byte.is_ascii_digit());
                    match (name, is_number) {
                        ("", _) => self.take(&plain(member), value),
                        (_, true) => self.take(name, value),
                        (_, false) => self.take(&format!("{name}.{}", plain(member)), value),
                    }
                }
            }
        }
    }

    fn add(&mut self, name: &str, text: String) {
        self.0.entry(name.to_owned()).or_default().push(text);
    }

    /// Of what is no list of books a name may be as long as the file.
    fn names(&self) -> Vec<String> {
        let names = self.0.keys().filter(|name| name.len() <= LONGEST_NAME);
        names.take(MOST_COLUMNS).cloned().collect()
    }

    /// The values of each column. Of several authors all are, of anything else the first that is usable.
    fn texts(&self, options: &Options) -> Texts {
        let profile = Profile::find(&self.names());
        Texts(COLUMNS.map(|(ours, usual)| {
            let given = options.map.get(ours);
            let given: Vec<String> =
                given.into_iter().flat_map(|names| names.split(',')).map(plain).collect();
            let known = profile.and_then(|profile| profile.headers(ours)).unwrap_or(usual);
            let known = known.iter().map(|name| (*name).to_owned());
            let names = if given.is_empty() { known.collect() } else { given };
            let values = names.iter().filter_map(|name| self.0.get(name));
            match ours {
                "author" => values.map(|names| names.join(" | ")).collect(),
                "language" => values.flatten().map(|code| without_path(code)).collect(),
                _ => values.flatten().cloned().collect(),
            }
        }))
    }
}

/// Open Library names a language by its page: `/languages/eng`.
fn without_path(code: &str) -> String {
    code.strip_prefix("/languages/").unwrap_or(code).to_owned()
}
