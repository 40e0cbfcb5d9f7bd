//! Any bytes as MARC 21: no panic, and what is read can be written and read again.

#![no_main]

use bibliographic::{Format, Record, Records, marc21};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Format::detect(bytes);
    for entry in marc21::Reader::new(bytes).flatten() {
        let mut writer = marc21::Writer::new(Vec::new());
        if writer.write_marc(&entry.record).is_ok() {
            let written = writer.into_inner();
            let again = marc21::Reader::new(written.as_slice()).next().and_then(Result::ok);
            assert!(again.is_some_and(|again| again.record.fields().eq(entry.record.fields())));
        }
        let record = Record::from(&entry.record);
        let mut writer = marc21::Writer::new(Vec::new());
        if writer.write(&record).is_ok() {
            let written = writer.into_inner();
            let again = Records::new(Format::Marc21, written.as_slice()).next().and_then(Result::ok);
            assert_eq!(again.map(|again| again.record), Some(record));
        }
    }
});
