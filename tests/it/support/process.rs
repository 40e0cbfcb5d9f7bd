//! What the system says of a process that runs.

/// The memory that it has, in kB.
pub fn memory(process: u32) -> u64 {
    kilobytes(process, "VmRSS:")
}

/// The most that it ever had, in kB.
pub fn peak(process: u32) -> u64 {
    kilobytes(process, "VmHWM:")
}

/// How many files and connections it has open.
pub fn descriptors(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).expect("the process lives").count()
}

/// How much of a processor it has used, in hundredths of a second.
pub fn processor(process: u32) -> u64 {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(path).expect("the process lives");
    // The name before it may have spaces.
    let fields = stat.rsplit_once(')').expect("a name").1.split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

fn kilobytes(process: u32, name: &str) -> u64 {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(path).expect("the process lives");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Forgets the peak so far.
pub fn reset_peak(process: u32) {
    let path = format!("/proc/{process}/clear_refs");
    std::fs::write(path, "5").expect("the peak can be forgotten");
}
