//! Records of ISO 2709 from parts, right or wrong.

use bibliographic::{Entry, MarcRecord, ReadError, Record, marc21};

/// A field: its tag, and its bytes without terminator.
pub type Field<'a> = (&'a str, &'a [u8]);

/// A record whose leader has `coding` at position 9.
pub fn record(coding: char, fields: &[Field<'_>]) -> Vec<u8> {
    let (mut directory, mut data) = (String::new(), Vec::new());
    for (tag, field) in fields {
        directory += &format!("{tag}{:04}{:05}", field.len() + 1, data.len());
        data.extend_from_slice(field);
        data.push(0x1E);
    }
    let base = 24 + directory.len() + 1;
    let mut bytes =
        format!("{:05}nam {coding}22{base:05} a 4500{directory}\x1E", base + data.len() + 1)
            .into_bytes();
    bytes.extend(data);
    bytes.push(0x1D);
    bytes
}

/// A record with a number and a title.
pub fn titled(number: usize) -> Vec<u8> {
    let title = format!("10\x1FaTitle {number} /\x1Fcby somebody.");
    record(
        'a',
        &[
            ("001", number.to_string().as_bytes()),
            ("245", title.as_bytes()),
            ("300", b"  \x1Fa12 p."),
        ],
    )
}

pub type Item = Result<Entry<MarcRecord>, ReadError>;

pub fn read(bytes: &[u8]) -> Vec<Item> {
    marc21::Reader::new(bytes).collect()
}

/// The titles of the records that can be read.
pub fn titles(bytes: &[u8]) -> Vec<String> {
    let records = marc21::Reader::new(bytes).filter_map(Result::ok);
    records.map(|entry| Record::from(&entry.record).title).collect()
}

/// The only record of a file, which must be readable.
pub fn only(bytes: &[u8]) -> Entry<MarcRecord> {
    let mut items = read(bytes);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0).unwrap()
}

/// What a MARC record with these fields says, without the control fields that [`record`] does not write.
pub fn neutral(fields: &[Field<'_>]) -> Record {
    Record::from(&only(&record('a', fields)).record)
}
