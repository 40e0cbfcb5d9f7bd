//! Any bytes as records of a library, and the books that are in them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use service::books::import::laws;

fuzz_target!(|bytes: &[u8]| laws::records(bytes));
