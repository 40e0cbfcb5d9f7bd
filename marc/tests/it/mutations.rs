//! Every byte of a file is changed in every way that matters, without a fuzzer.

use bibliographic::{Format, Records};
use proptest::test_runner::TestCaseError;

use crate::build::{read, titled};

/// Whether the records that are not those of bytes `first` to `last`, nor next to them, are read as they were.
pub fn check_neighbours(
    records: &[Vec<u8>],
    mutated: &[u8],
    first: usize,
    last: usize,
) -> Result<(), TestCaseError> {
    let found: Vec<_> =
        read(mutated).into_iter().filter_map(Result::ok).map(|entry| entry.record).collect();
    let mut start = 0;
    let mut touched = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let end = start + record.len();
        if start <= last && first < end {
            touched.push(index);
        }
        start = end;
    }
    for (index, record) in records.iter().enumerate() {
        if touched.iter().all(|touched| touched.abs_diff(index) > 1) {
            let expected = crate::build::only(record).record;
            if !found.contains(&expected) {
                return Err(TestCaseError::fail(format!(
                    "record {index} is lost, bytes {first} to {last} changed"
                )));
            }
        }
    }
    Ok(())
}

/// Bytes that mean something in one of the formats.
const BYTES: [u8; 12] = [0, b' ', b'0', b'9', b'<', b'>', b'&', 0x1B, 0x1D, 0x1E, 0x1F, 0xFF];

#[test]
fn a_changed_byte_costs_at_most_its_record_and_its_neighbours() {
    let records: Vec<_> = (1..=5).map(titled).collect();
    let file = records.concat();
    let mut mutated = file.clone();
    for position in 0..file.len() {
        for byte in BYTES {
            mutated[position] = byte;
            check_neighbours(&records, &mutated, position, position).unwrap();
        }
        mutated[position] = file[position];
        let without: Vec<u8> = file
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != position)
            .map(|(_, byte)| *byte)
            .collect();
        check_neighbours(&records, &without, position, position).unwrap();
        let mut more = file.clone();
        more.insert(position, b'7');
        check_neighbours(&records, &more, position, position).unwrap();
    }
}

#[test]
fn xml_with_a_changed_byte_is_read_to_its_end() {
    let files = [
        (Format::MarcXml, crate::marcxml::COLLECTION),
        (Format::Onix, crate::onix::REFERENCE),
        (Format::Onix, crate::onix::SHORT),
    ];
    for (format, file) in files {
        let mut mutated = file.as_bytes().to_vec();
        for position in 0..mutated.len() {
            let byte = mutated[position];
            for other in BYTES.iter().skip(position % 12).step_by(12) {
                mutated[position] = *other;
                assert!(Records::new(format, mutated.as_slice()).count() < 10);
            }
            mutated[position] = byte;
            if position % 5 == 0 {
                assert!(Records::new(format, &mutated[..position]).count() < 10);
            }
        }
    }
}
