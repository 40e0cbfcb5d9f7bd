//! What a running process spends: memory, and open descriptors.

use std::fs;

/// Kilobytes of memory that the process holds now (resident set).
pub fn resident_kb(process: u32) -> u64 {
    status_kb(process, "VmRSS:")
}

/// The most that it has held at any time.
pub fn peak_resident_kb(process: u32) -> u64 {
    status_kb(process, "VmHWM:")
}

fn status_kb(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a known line");
    line.trim().trim_end_matches(" kB").parse().expect("kilobytes")
}

/// Forgets the peak so far.
pub fn reset_peak(process: u32) {
    fs::write(format!("/proc/{process}/clear_refs"), "5").expect("the peak can be reset");
}

/// Open descriptors of the process.
pub fn descriptors(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).expect("the process runs").count()
}
