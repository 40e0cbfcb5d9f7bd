//! Checksums of schemas and plans.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// A checksum over the value as JSON.
pub(crate) fn checksum(value: &impl Serialize) -> String {
    // A schema and a plan are made of strings, numbers and lists, so they always have a JSON text.
    let text = serde_json::to_string(value).unwrap_or_default();
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
