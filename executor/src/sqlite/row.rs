//! Values in rows of SQLite.

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rust_decimal::Decimal;

use crate::timestamp;

/// A type whose values are stored in a SQLite file.
pub trait FromSqlite: Sized {
    /// `None` for a value of another type.
    fn from_sqlite(stored: ValueRef<'_>) -> Option<Self>;
}

macro_rules! stored {
    ($($value:ty: $kind:ident($stored:ident) => $read:expr;)*) => {
        $(impl FromSqlite for $value {
            fn from_sqlite(stored: ValueRef<'_>) -> Option<Self> {
                let ValueRef::$kind($stored) = stored else { return None };
                $read
            }
        })*
    };
}

stored! {
    String: Text(text) => str::from_utf8(text).ok().map(str::to_owned);
    Vec<u8>: Blob(bytes) => Some(bytes.to_owned());
    i32: Integer(number) => number.try_into().ok();
    i64: Integer(number) => Some(number);
    f64: Real(number) => Some(number);
    bool: Integer(number) => Some(number != 0);
    Decimal: Real(number) => number.try_into().ok();
    DateTime<Utc>: Text(text) => timestamp::read(text);
}

impl<T: FromSqlite> FromSqlite for Option<T> {
    fn from_sqlite(stored: ValueRef<'_>) -> Option<Self> {
        match stored {
            ValueRef::Null => Some(None),
            stored => T::from_sqlite(stored).map(Some),
        }
    }
}
