//! A MARC record as its formats hold it: a leader, and fields with their subfields in order.

/// What stands before each subfield.
pub(crate) const DELIMITER: char = '\u{1F}';
/// A leader for a new record: a book, in UTF-8, without ISBD punctuation.
const LEADER: [u8; 24] = *b"00000nam a2200000 c 4500";

/// A MARC record: a leader and fields.
///
/// The text of all fields is one string, so that a record costs a few allocations however many fields it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarcRecord {
    leader: [u8; 24],
    text: String,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub tag: [u8; 3],
    pub start: usize,
    pub end: usize,
}

impl Default for MarcRecord {
    fn default() -> Self {
        Self { leader: LEADER, text: String::new(), spans: Vec::new() }
    }
}

impl MarcRecord {
    /// A record without fields, whose leader says: a book, in UTF-8, without ISBD punctuation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fields that are parts of one text, each with its indicators and delimiters.
    pub(crate) fn from_parts(leader: &[u8], text: String, spans: Vec<Span>) -> Self {
        let mut record = Self { leader: LEADER, text, spans };
        record.set_leader_bytes(leader);
        record
    }

    /// The leader: 24 ASCII characters.
    pub fn leader(&self) -> &str {
        str::from_utf8(&self.leader).unwrap_or_default()
    }

    /// Takes the first 24 characters; those that are not ASCII become spaces, and missing ones keep what they are.
    pub fn set_leader(&mut self, leader: &str) {
        self.set_leader_bytes(leader.as_bytes());
    }

    fn set_leader_bytes(&mut self, leader: &[u8]) {
        for (own, given) in self.leader.iter_mut().zip(leader) {
            *own = if given.is_ascii_graphic() { *given } else { b' ' };
        }
    }

    /// The character at a position of the leader.
    pub(crate) fn leader_at(&self, position: usize) -> u8 {
        self.leader.get(position).copied().unwrap_or(b' ')
    }

    /// Appends a control field, such as `001`. Characters of a tag that are no ASCII letters or digits become `?`.
    pub fn push_control(&mut self, tag: &str, value: &str) {
        let start = self.text.len();
        self.push_text(value);
        self.close(tag, start);
    }

    /// Appends a data field with its subfields.
    pub fn push_data<'a>(
        &mut self,
        tag: &str,
        indicators: [char; 2],
        subfields: impl IntoIterator<Item = (char, &'a str)>,
    ) {
        let start = self.text.len();
        for indicator in indicators {
            self.text.push(if indicator.is_control() { ' ' } else { indicator });
        }
        for (code, value) in subfields {
            self.text.push(DELIMITER);
            self.text.push(if code.is_control() { ' ' } else { code });
            self.push_text(value);
        }
        self.close(tag, start);
    }

    /// Separators of the format cannot stand in a value.
    fn push_text(&mut self, value: &str) {
        if value.bytes().any(|byte| (0x1D..=0x1F).contains(&byte)) {
            self.text.extend(
                value
                    .chars()
                    .map(|c| if ('\u{1D}'..=DELIMITER).contains(&c) { '\u{FFFD}' } else { c }),
            );
        } else {
            self.text.push_str(value);
        }
    }

    fn close(&mut self, tag: &str, start: usize) {
        let mut bytes =
            tag.bytes().map(|byte| if byte.is_ascii_alphanumeric() { byte } else { b'?' });
        let tag = [(); 3].map(|()| bytes.next().unwrap_or(b'?'));
        self.spans.push(Span { tag, start, end: self.text.len() });
    }

    /// The fields in their order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.spans.iter().map(|span| Field {
            tag: span.tag,
            text: self.text.get(span.start..span.end).unwrap_or_default(),
        })
    }

    /// The fields with a tag.
    pub fn fields_of<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = Field<'a>> {
        self.fields().filter(move |field| field.tag == tag.as_bytes())
    }

    /// The first field with a tag.
    pub fn field(&self, tag: &str) -> Option<Field<'_>> {
        self.fields().find(|field| field.tag == tag.as_bytes())
    }
}

/// A field of a [`MarcRecord`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    tag: [u8; 3],
    text: &'a str,
}

impl<'a> Field<'a> {
    /// The tag: three ASCII letters or digits.
    pub fn tag(&self) -> &str {
        str::from_utf8(&self.tag).unwrap_or_default()
    }

    pub(crate) fn tag_bytes(&self) -> [u8; 3] {
        self.tag
    }

    /// Whether it has a value instead of subfields, as `001` to `009` have.
    pub fn is_control(&self) -> bool {
        self.tag.starts_with(b"00")
    }

    /// The value of a control field; of a data field, its indicators and subfields with their delimiters.
    pub fn value(&self) -> &'a str {
        self.text
    }

    /// The two indicators of a data field; a missing one is a space.
    pub fn indicators(&self) -> [char; 2] {
        let before = self.text.split(DELIMITER).next().unwrap_or_default();
        let mut chars = before.chars();
        [(); 2].map(|()| chars.next().unwrap_or(' '))
    }

    /// The subfields in their order: code and value.
    pub fn subfields(&self) -> impl Iterator<Item = (char, &'a str)> + use<'a> {
        let text = if self.is_control() { "" } else { self.text };
        text.split(DELIMITER).skip(1).filter_map(|part| {
            let code = part.chars().next()?;
            Some((code, part.get(code.len_utf8()..).unwrap_or_default()))
        })
    }

    /// The first subfield with a code.
    pub fn subfield(&self, code: char) -> Option<&'a str> {
        self.subfields().find(|(found, _)| *found == code).map(|(_, value)| value)
    }
}
