//! Any bytes as MARCXML: no panic, and what is read can be written and read again.

#![no_main]

use bibliographic::{Format, Record, Records, marcxml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for entry in marcxml::Reader::new(bytes).flatten() {
        let record = Record::from(&entry.record);
        let mut writer = marcxml::Writer::new(Vec::new());
        if writer.write(&record).is_ok() {
            let written = writer.finish().unwrap();
            let again = Records::new(Format::MarcXml, written.as_slice()).next().and_then(Result::ok);
            assert_eq!(again.map(|again| again.record), Some(record));
        }
    }
});
