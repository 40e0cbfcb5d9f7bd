//! Bytes of responses, in allocations of their size.

use actix_web::web::Bytes;

/// Bytes of a response that are copied at a time.
pub const SLICE: usize = 8 << 10;

/// Bytes that a client reads at its own pace, in an allocation of their size: a vector that has grown has up to twice that.
pub fn fitted(bytes: Vec<u8>) -> Bytes {
    if bytes.capacity() - bytes.len() > SLICE {
        Bytes::copy_from_slice(&bytes)
    } else {
        bytes.into()
    }
}
