//! Any text in each cell of a row.

#![no_main]

use libfuzzer_sys::fuzz_target;
use service::books::import::laws;

fuzz_target!(|bytes: &[u8]| laws::cells(bytes));
