//! Serializes rows as JSON, byte for byte as serde_json does but faster: a text without anything to escape, which is the usual
//! case, is copied as a whole. Everything but members with plain values is left to serde_json.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{Impossible, SerializeStruct},
};
use service::{Error, Result};

/// Bytes of a usual row.
pub const ROW: usize = 256;

/// Appends a value.
///
/// # Errors
/// Never in practice: stored values can be serialized.
pub fn write(value: &(impl Serialize + ?Sized), to: &mut Vec<u8>) -> Result<()> {
    plain(value, to).map_err(Error::no_json)
}

fn plain(value: &(impl Serialize + ?Sized), to: &mut Vec<u8>) -> serde_json::Result<()> {
    let begun = to.len();
    value.serialize(Plain(to)).or_else(|fmt::Error| {
        to.truncate(begun);
        serde_json::to_writer(to, value)
    })
}

/// Serializes texts, integers, null, and members; an error means that the value is of another type.
struct Plain<'a>(&'a mut Vec<u8>);

/// The members of a row, some of which are serialized.
struct Members<'a> {
    to: &'a mut Vec<u8>,
    is_first: bool,
}

type Written = std::result::Result<(), fmt::Error>;

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        debug_assert!(is_plain(name.as_bytes()), "{name} is no identifier");
        self.to.extend_from_slice(if self.is_first { b"{\"" } else { b",\"" });
        self.is_first = false;
        self.to.extend_from_slice(name.as_bytes());
        self.to.extend_from_slice(b"\":");
        plain(value, self.to).map_err(|_| fmt::Error)
    }

    fn end(self) -> Written {
        self.to.extend_from_slice(if self.is_first { b"{}" } else { b"}" });
        Ok(())
    }
}

fn text(text: &str, to: &mut Vec<u8>) -> Written {
    if !is_plain(text.as_bytes()) {
        return serde_json::to_writer(to, text).map_err(|_| fmt::Error);
    }
    to.reserve(text.len() + 2);
    to.push(b'"');
    to.extend_from_slice(text.as_bytes());
    to.push(b'"');
    Ok(())
}

/// Whether nothing has to be escaped. Eight bytes are checked together, the last of them perhaps twice: the highest bit of a
/// byte is set if it is below a space, or is one of the two special characters.
fn is_plain(text: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    let below = |word: u64, byte: u8| word.wrapping_sub(ONES * u64::from(byte)) & !word & HIGHEST;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let are_plain = |word: &[u8; 8]| {
        let word = u64::from_ne_bytes(*word);
        below(word, b' ') | is(word, b'"') | is(word, b'\\') == 0
    };
    match text.last_chunk() {
        Some(last) => text.as_chunks().0.iter().all(are_plain) && are_plain(last),
        None => text.iter().all(|byte| *byte >= b' ' && !matches!(byte, b'"' | b'\\')),
    }
}

/// What is left to serde_json.
macro_rules! otherwise {
    ($($name:ident($($given:ty),*) -> $written:ty;)*) => {
        $(fn $name(self, $(_: $given),*) -> std::result::Result<$written, fmt::Error> {
            Err(fmt::Error)
        })*
    };
}

type No = Impossible<(), fmt::Error>;

impl<'a> Serializer for Plain<'a> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = No;

    fn serialize_str(self, written: &str) -> Written {
        text(written, self.0)
    }

    fn serialize_i32(self, number: i32) -> Written {
        serde_json::to_writer(self.0, &number).map_err(|_| fmt::Error)
    }

    fn serialize_none(self) -> Written {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> std::result::Result<Members<'a>, fmt::Error> {
        // So serde_json is passed a text that is JSON already.
        if name.starts_with('$') {
            return Err(fmt::Error);
        }
        Ok(Members { to: self.0, is_first: true })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Written {
        Err(fmt::Error)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(fmt::Error)
    }

    otherwise! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::{RawValue, to_raw_value};

    use super::*;

    #[derive(Serialize)]
    struct Row<'a> {
        id: i32,
        text: &'a str,
        nothing: Option<&'a str>,
        something: Option<i32>,
        truth: bool,
        raw: Box<RawValue>,
        list: Vec<Inner>,
        #[serde(skip_serializing_if = "Option::is_none")]
        skipped: Option<i32>,
        inner: Inner,
        empty: Empty,
        double: f64,
        pair: (u8, char),
    }

    #[derive(Clone, Serialize)]
    struct Inner {
        name: String,
    }

    #[derive(Serialize)]
    struct Empty {}

    fn written(value: &impl Serialize) -> String {
        let mut bytes = b"before".to_vec();
        write(value, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap().strip_prefix("before").unwrap().to_owned()
    }

    #[test]
    fn every_character_is_written_as_serde_json_writes_it_wherever_it_stands() {
        for c in (0..0x300).chain([0x2028, 0xfffd, 0x1f4d6]).filter_map(char::from_u32) {
            for place in 0..18 {
                let text: String =
                    (0..18).map(|other| if other == place { c } else { 'x' }).collect();
                for text in [text.as_str(), text.split_at(text.floor_char_boundary(place)).1] {
                    assert_eq!(written(&text), serde_json::to_string(text).unwrap());
                }
            }
        }
    }

    #[test]
    fn a_row_is_written_as_serde_json_writes_it() {
        let inner = Inner { name: "a\\b".to_owned() };
        for (text, something) in [("", None), ("plain", Some(i32::MIN)), ("\u{1}\"", Some(0))] {
            let row = Row {
                id: -7,
                text,
                nothing: None,
                something,
                truth: true,
                raw: to_raw_value(&[1.50, 2.0]).unwrap(),
                list: vec![inner.clone(), inner.clone()],
                skipped: something.filter(|number| *number == 0),
                inner: inner.clone(),
                empty: Empty {},
                double: 0.1,
                pair: (1, '"'),
            };
            assert_eq!(written(&row), serde_json::to_string(&row).unwrap());
        }
        assert_eq!(written(&vec![inner]), "[{\"name\":\"a\\\\b\"}]");
    }
}
