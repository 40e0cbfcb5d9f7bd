//! What the system reports about a running process.

/// Its memory, in kB.
pub fn memory(process: u32) -> u64 {
    kilobytes(process, "VmRSS:")
}

/// Its peak memory, in kB.
pub fn peak(process: u32) -> u64 {
    kilobytes(process, "VmHWM:")
}

/// The number of its open files and connections.
pub fn descriptors(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).expect("the process is running").count()
}

/// The processor time it has used, in hundredths of a second.
pub fn processor(process: u32) -> u64 {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(path).expect("the process is running");
    // The name before it may contain spaces.
    let fields = stat.rsplit_once(')').expect("a name").1.split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

fn kilobytes(process: u32, name: &str) -> u64 {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(path).expect("the process is running");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Resets the peak.
pub fn reset_peak(process: u32) {
    let path = format!("/proc/{process}/clear_refs");
    std::fs::write(path, "5").expect("the peak can be reset");
}
