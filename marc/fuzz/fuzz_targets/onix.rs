//! Any bytes as ONIX 3: no panic, and what is read can be written as MARCXML.

#![no_main]

use bibliographic::{marcxml, onix};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for entry in onix::Reader::new(bytes).flatten() {
        let mut writer = marcxml::Writer::new(Vec::new());
        let _ = writer.write(&entry.record);
    }
});
