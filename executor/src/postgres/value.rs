//! Values of a statement that are sent to PostgreSQL without the driver, in its binary format.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use rust_decimal::Decimal;
use sea_orm::Value;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A value, as the driver binds it.
#[derive(Debug)]
pub(crate) struct PostgresValue<'a>(&'a Value);

/// The values and their types; `None` with one of a type that only the driver binds.
pub(crate) fn parameters(values: &[Value]) -> Option<(Vec<PostgresValue<'_>>, Vec<Type>)> {
    let bound = |value| Some((PostgresValue(value), type_of(value)?));
    values.iter().map(bound).collect()
}

fn type_of(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Bool(_) => Type::BOOL,
        Value::Int(_) => Type::INT4,
        // Only limits and offsets are unsigned; the driver sends them as signed.
        Value::BigInt(_) | Value::BigUnsigned(_) => Type::INT8,
        Value::Double(_) => Type::FLOAT8,
        Value::String(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
        Value::ChronoDateTimeUtc(_) => Type::TIMESTAMPTZ,
        Value::Decimal(_) => Type::NUMERIC,
        _ => return None,
    })
}

impl ToSql for PostgresValue<'_> {
    fn to_sql(
        &self,
        type_: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Self(value) = self;
        match value {
            Value::Bool(value) => value.to_sql(type_, out),
            Value::Int(value) => value.to_sql(type_, out),
            Value::BigInt(value) => value.to_sql(type_, out),
            Value::BigUnsigned(value) => value.map(i64::try_from).transpose()?.to_sql(type_, out),
            Value::Double(value) => value.to_sql(type_, out),
            Value::String(value) => value.to_sql(type_, out),
            Value::Bytes(value) => value.to_sql(type_, out),
            Value::ChronoDateTimeUtc(value) => value.to_sql(type_, out),
            Value::Decimal(None) => Ok(IsNull::Yes),
            Value::Decimal(Some(value)) => {
                write(value, out);
                Ok(IsNull::No)
            }
            other => Err(format!("{other:?} is of a type that only the driver binds").into()),
        }
    }

    /// A statement is prepared with the types of its values.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Writes a number in the format described at `Numeric`, which reads it (`row/postgres.rs`).
fn write(number: &Decimal, out: &mut BytesMut) {
    const NEGATIVE: u16 = 0x4000;
    let scale = number.scale();
    let groups_behind_point = scale.div_ceil(4);
    // Less than 2^96, and a thousand times as much is less than 2^128.
    let mut rest = number.mantissa().unsigned_abs() * 10_u128.pow(4 * groups_behind_point - scale);
    let mut digits = Vec::with_capacity(10);
    while rest > 0 {
        digits.push((rest % 10_000) as u16);
        rest /= 10_000;
    }
    let weight = digits.len() as i16 - 1 - groups_behind_point as i16;
    out.put_u16(digits.len() as u16);
    out.put_i16(weight);
    out.put_u16(if number.is_sign_negative() { NEGATIVE } else { 0 });
    out.put_u16(scale as u16);
    for digit in digits.into_iter().rev() {
        out.put_u16(digit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_postgres::types::FromSql;

    use super::*;
    use crate::postgres::row::Numeric;

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(
            mantissa in -((1_i128 << 96) - 1)..1 << 96,
            shift in 0..96_u32,
            scale in 0..=28_u32,
        ) {
            let number = Decimal::from_i128_with_scale(mantissa >> shift, scale);
            let mut out = BytesMut::new();
            write(&number, &mut out);
            let read = Numeric::from_sql(&Type::NUMERIC, &out).map(|number| number.0);
            prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(number));
        }
    }
}
