//! What tests measure of parsers: processor time, which other work on the machine does not change as it changes the clock.

/// The nanoseconds that this thread has a processor for each byte that `work` is given; `None` where the system does not tell.
pub fn of_a_byte(bytes: &[u8], work: impl FnOnce(&[u8])) -> Option<u64> {
    let before = processor_time()?;
    work(bytes);
    Some((processor_time()? - before) / bytes.len() as u64)
}

/// The time that this thread has had a processor. Only Linux tells.
fn processor_time() -> Option<u64> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    statistics.split(' ').next()?.parse().ok()
}
