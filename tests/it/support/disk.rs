//! What a process wrote to the files of a SQLite database, in order, and what a power failure leaves of it.
//!
//! The process is traced by `strace`. A change of a file is durable when a sync that began after it is complete; of all others
//! any part may be on the disk or not, in any order.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::Command,
};

/// Bytes that a disk writes atomically.
const SECTOR: usize = 512;

/// Runs the command in its arguments, and records its operations on files and sockets.
pub const TRACED: &str = "exec strace -D -f -q -y -xx -s 1000000 -o trace \
     -e trace=pwrite64,ftruncate,fsync,fdatasync,write,writev,sendto,sendmsg \"$@\"";

/// Whether processes can be traced here.
pub fn can_be_traced() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    tried.is_ok_and(|status| status.success())
}

/// A file of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Main,
    Log,
}

/// A change of a file.
#[derive(Clone, Debug)]
pub enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

/// What a process did.
#[derive(Debug)]
pub enum Event {
    Changed(Part, Change),
    SyncBegan(u32, Part),
    Synced(u32, Part),
    /// A client may know of this.
    Sent(Vec<u8>),
}

/// The events in the trace of a process that has ended.
pub fn events(trace: &Path) -> Vec<Event> {
    let mut events = Vec::new();
    let mut unfinished: HashMap<u32, String> = HashMap::new();
    for line in BufReader::new(File::open(trace).unwrap()).lines() {
        let line = line.unwrap();
        let (process, what) = line.split_once(' ').unwrap();
        let (process, what) = (process.parse().unwrap(), what.trim_start());
        if let Some(begun) = what.strip_suffix("<unfinished ...>") {
            events.extend(begins(process, begun));
            unfinished.insert(process, begun.to_owned());
        } else if what.starts_with("<... ") {
            let rest = what.split_once("resumed>").unwrap().1;
            let begun = unfinished.remove(&process).unwrap();
            events.extend(ends(process, &format!("{begun}{rest}")));
        } else {
            events.extend(begins(process, what));
            events.extend(ends(process, what));
        }
    }
    events
}

/// The meaning of a call when it starts.
fn begins(process: u32, call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    match name {
        "fsync" | "fdatasync" => Some(Event::SyncBegan(process, part(rest)?)),
        "write" | "writev" | "sendto" | "sendmsg" if path(rest)?.starts_with("socket:") => {
            Some(Event::Sent(texts(rest.split_once('>')?.1).concat()))
        }
        _ => None,
    }
}

/// The meaning of a call when it is complete.
fn ends(process: u32, call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let done: usize = result.parse().ok()?;
    match name {
        "fsync" | "fdatasync" => Some(Event::Synced(process, part(rest)?)),
        "ftruncate" => Some(Event::Changed(part(rest)?, Change::Length(last_number(arguments)))),
        "pwrite64" => {
            let part = part(rest)?;
            let at = last_number(arguments);
            let bytes = texts(rest.split_once('>')?.1).concat();
            assert!(bytes.len() >= done, "{done} of {} bytes", bytes.len());
            Some(Event::Changed(part, Change::Write { at, bytes: bytes[..done].to_owned() }))
        }
        _ => None,
    }
}

fn last_number(arguments: &str) -> usize {
    let written = arguments.rsplit_once(", ").unwrap().1;
    written.trim_end_matches([' ', ')']).parse().unwrap()
}

/// The file of the first argument.
fn part(arguments: &str) -> Option<Part> {
    match path(arguments)?.rsplit_once("books.db")?.1 {
        "" => Some(Part::Main),
        "-wal" => Some(Part::Log),
        _ => None,
    }
}

fn path(arguments: &str) -> Option<String> {
    let written = arguments.split_once('<')?.1.split_once('>')?.0;
    String::from_utf8(bytes(written)).ok()
}

/// The text in quotes.
fn texts(arguments: &str) -> Vec<Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(bytes).collect()
}

/// `\x68\x69` as bytes; other text is unchanged.
fn bytes(written: &str) -> Vec<u8> {
    match written.strip_prefix("\\x") {
        None => written.as_bytes().to_owned(),
        Some(digits) => {
            digits.split("\\x").map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
        }
    }
}

/// Pseudo-random numbers, the same each time.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// A file on a disk that has what was synced and perhaps more.
#[derive(Default)]
pub struct Disk {
    safe: Vec<u8>,
    loose: Vec<Change>,
    /// Changes that are durable.
    settled: usize,
    /// Syncs that have not ended, and the number of changes when they began.
    syncs: HashMap<u32, usize>,
}

impl Disk {
    pub fn holding(safe: Vec<u8>) -> Self {
        Self { safe, ..Self::default() }
    }

    pub fn change(&mut self, change: Change) {
        self.loose.push(change);
    }

    pub fn sync_begins(&mut self, process: u32) {
        self.syncs.insert(process, self.settled + self.loose.len());
    }

    pub fn sync_ends(&mut self, process: u32) {
        let changes = self.syncs.remove(&process).unwrap().saturating_sub(self.settled);
        self.settled += changes;
        for change in self.loose.drain(..changes) {
            apply(&mut self.safe, &change);
        }
    }

    /// The contents after a power failure: the durable changes, and a random selection of the rest.
    pub fn after_a_cut(&self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.safe.clone();
        // Half of the disks preserve the order.
        let in_order = dice.below(2) == 0;
        let kept = dice.below(self.loose.len() + 1);
        for (place, change) in self.loose.iter().enumerate() {
            match (in_order, dice.below(4)) {
                (true, _) if place >= kept => {}
                (false, 0) => {}
                (false, 1) => apply(&mut bytes, &torn(change, dice)),
                _ => apply(&mut bytes, change),
            }
        }
        bytes
    }
}

/// The first sectors of a change.
fn torn(change: &Change, dice: &mut Dice) -> Change {
    match change {
        Change::Length(length) => Change::Length(*length),
        Change::Write { at, bytes } => {
            let sectors = dice.below(bytes.len() / SECTOR + 1);
            // Sectors end where they do on the disk, not where the write does.
            let end = (sectors * SECTOR).saturating_sub(at % SECTOR).min(bytes.len());
            Change::Write { at: *at, bytes: bytes[..end].to_owned() }
        }
    }
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => file.resize(*length, 0),
        Change::Write { at, bytes } => {
            file.resize(file.len().max(at + bytes.len()), 0);
            file[*at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
}

/// Waits until the trace of a process that ended is complete.
pub fn whole(trace: &Path) {
    let begun = std::time::Instant::now();
    while !fs::read_to_string(trace)
        .is_ok_and(|text| text.lines().last().is_some_and(|line| line.contains("+++ ")))
    {
        assert!(begun.elapsed().as_secs() < 60, "the trace does not end");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
