//! Hostile files cost no more memory than is stated: a test program of its own, since it measures the whole process.

#![expect(clippy::indexing_slicing, reason = "what a test calls may panic as the test itself does")]

use std::{fs, io::Read};

use bibliographic::{Format, Records};

/// What is stated: the limit of a record and its text, or the limits of XML.
const STATED: usize = 40 << 20;
const LENGTH: usize = 48 << 20;
/// How much of a file of many elements is read, each of which is worth more than its bytes.
const ELEMENTS: usize = 16 << 20;

/// `start`, then a block again and again, up to a length.
struct Endless {
    start: Vec<u8>,
    block: Vec<u8>,
    position: usize,
    length: usize,
}

impl Endless {
    fn new(start: &str, part: &str) -> Self {
        let length = if part.contains(['<', '&']) { ELEMENTS } else { LENGTH };
        Self {
            start: start.into(),
            block: part.repeat(65_536 / part.len()).into(),
            position: 0,
            length,
        }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = match self.position.checked_sub(self.start.len()) {
            _ if self.position >= self.length => &[],
            None => &self.start[self.position..],
            Some(after) => &self.block[after % self.block.len()..],
        };
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
}

/// The most memory that the process has had, in bytes.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

#[test]
fn hostile_files_cost_no_more_memory_than_is_stated() {
    let record = "<record><leader/>";
    let files: [(Format, &str, &str); 15] = [
        (Format::Marc21, "", "x"),
        (Format::Marc21, "99999nam a2299999 a 4500", "001000000000"),
        (Format::Marc21, "", "99999nam a2200025 a 4500\u{1E}\u{1D}"),
        (Format::Marc21, "", "\u{1D}"),
        (Format::MarcXml, "<record><leader>", "text "),
        (Format::MarcXml, "<record><leader><![CDATA[", "text "),
        (Format::MarcXml, "<record><leader><!--", "text "),
        (Format::MarcXml, "<record><leader a='", "text "),
        (Format::MarcXml, "<record><leader ", "a='b' "),
        (Format::MarcXml, "<record><leader>", "<a>"),
        (Format::MarcXml, "<collection>", "<record><leader></record>"),
        (Format::MarcXml, record, "<a/>"),
        (
            Format::MarcXml,
            record,
            "<datafield tag='245'><subfield code='a'>xxxxxxxx</subfield></datafield>",
        ),
        (Format::MarcXml, record, "<a b='' c='' d='' e='' f='' g=''/>"),
        (Format::MarcXml, "<record><leader>", "&lt;"),
    ];
    for (format, start, part) in files {
        let before = peak();
        let source = Endless::new(start, part);
        let items = Records::new(format, source).filter(Result::is_err).count();
        let (Some(before), Some(after)) = (before, peak()) else {
            println!("SKIPPED: this system does not say how much memory a process has had");
            return;
        };
        assert!(after - before <= STATED, "{start}{part}: {} MiB", (after - before) >> 20);
        println!(
            "{format:?} {start:.20}{part:.20}: {items} errors, {} KiB more",
            (after - before) >> 10
        );
    }
}
