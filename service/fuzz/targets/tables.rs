//! Any bytes as a table of books, items or stores.

#![no_main]

use libfuzzer_sys::fuzz_target;
use service::books::import::laws;

fuzz_target!(|bytes: &[u8]| laws::tables(bytes));
