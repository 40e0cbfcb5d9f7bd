//! Lists in which nothing stands twice. A value is compared with the last ones only, so that a hostile record of a million names
//! costs a million times as much as one name, and not its square.

/// How many values a new one is compared with.
const LAST: usize = 256;

pub(crate) fn add<T: PartialEq>(value: T, values: &mut Vec<T>) {
    if !last(values).contains(&value) {
        values.push(value);
    }
}

/// The values that a new one is compared with.
pub(crate) fn last<T>(values: &mut [T]) -> &mut [T] {
    let start = values.len().saturating_sub(LAST);
    values.get_mut(start..).unwrap_or_default()
}
