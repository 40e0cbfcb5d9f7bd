//! Any bytes as JSON: documents and lines.

#![no_main]

use libfuzzer_sys::fuzz_target;
use service::books::import::laws;

fuzz_target!(|bytes: &[u8]| laws::documents(bytes));
