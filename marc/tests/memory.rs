//! Hostile files cost no more memory than is stated: a test program of its own, since it measures the whole process.

#![expect(clippy::indexing_slicing, reason = "what a test calls may panic as the test itself does")]

use std::{fs, io::Read};

use bibliographic::{Format, Records, marc21::LIMIT};

/// How much of each file is read.
const LENGTH: usize = 6 << 20;

/// `start`, then a block again and again, up to a length.
struct Endless {
    start: Vec<u8>,
    block: Vec<u8>,
    position: usize,
}

impl Endless {
    fn new(start: &str, part: &[u8]) -> Self {
        Self {
            start: start.into(),
            block: part.repeat(65_536_usize.div_ceil(part.len())),
            position: 0,
        }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = match self.position.checked_sub(self.start.len()) {
            _ if self.position >= LENGTH => &[],
            None => &self.start[self.position..],
            Some(after) => &self.block[after % self.block.len()..],
        };
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
}

/// The most memory that the process has had since the last call, in bytes. Only Linux tells.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    fs::write("/proc/self/clear_refs", "5").ok()?;
    line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

/// A record whose text is three times as long as its bytes.
fn long_text() -> Vec<u8> {
    let entry = format!("500{:04}00000", LIMIT);
    [
        b"99999nam  2200000 a 4500",
        entry.as_bytes(),
        b"\x1E  \x1Fa",
        &vec![0xC8; LIMIT - 100],
        b"\x1E\x1D",
    ]
    .concat()
}

/// A record with as many fields as there is room for.
fn many_fields() -> Vec<u8> {
    let count = LIMIT / 20;
    let directory: Vec<u8> = (0..count)
        .flat_map(|index| format!("5000004{:05}", index * 4 % 100_000).into_bytes())
        .collect();
    [
        b"99999nam a2200000 a 4500",
        directory.as_slice(),
        b"\x1E",
        &b"x\x1Fa\x1E".repeat(count),
        b"\x1D",
    ]
    .concat()
}

/// Formats, starts and repeated parts of files, and what reading each may cost in MiB.
const FILES: [(Format, &str, &str, usize); 15] = [
    (Format::Marc21, "", "x", 4),
    (Format::Marc21, "99999nam a2299999 a 4500", "001000000000", 4),
    (Format::Marc21, "", "99999nam a2200025 a 4500\u{1E}\u{1D}", 1),
    (Format::Marc21, "", "\u{1D}", 1),
    (Format::MarcXml, "<record><leader>", "text ", 4),
    (Format::MarcXml, "<record><leader><![CDATA[", "text ", 4),
    (Format::MarcXml, "<record><leader><!--", "text ", 4),
    (Format::MarcXml, "<record><leader a='", "text ", 4),
    (Format::MarcXml, "<record><leader ", "a='b' ", 4),
    (Format::MarcXml, "<record><leader>", "<a>", 2),
    (Format::MarcXml, "<collection>", "<record><leader></record>", 1),
    (Format::MarcXml, "<record><leader/>", "<a/>", 16),
    (
        Format::MarcXml,
        "<record>",
        "<datafield tag='245'><subfield code='a'>xxxxxxxx</subfield></datafield>",
        40,
    ),
    (Format::MarcXml, "<record><leader/>", "<a b='' c='' d='' e='' f='' g=''/>", 40),
    (Format::MarcXml, "<record><leader>", "&lt;", 40),
];

#[test]
fn hostile_files_cost_no_more_memory_than_is_stated() {
    let files =
        FILES.map(|(format, start, part, bound)| (format, start, part.as_bytes().to_vec(), bound));
    let long = [long_text(), many_fields()].map(|part| (Format::Marc21, "", part, 40));
    for (format, start, part, bound) in files.into_iter().chain(long) {
        let start_of_part: String =
            String::from_utf8_lossy(&part).escape_debug().take(30).collect();
        let name = format!("{format:?} {start:.30}{start_of_part}");
        let source = Endless::new(start, &part);
        let before = peak().and_then(|_| peak());
        let items = Records::new(format, source).filter(Result::is_err).count();
        let (Some(before), Some(after)) = (before, peak()) else {
            println!("SKIPPED: this system does not say how much memory a process has had");
            return;
        };
        let more = after.saturating_sub(before);
        println!("{name}: {items} errors, {} KiB more", more >> 10);
        assert!(more <= bound << 20, "{name}: {} MiB", more >> 20);
    }
}
