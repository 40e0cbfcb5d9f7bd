//! Names of persons, turned from the order of a catalogue into the spoken one.

/// `Last, First` as `First Last`; what follows a second comma stays behind it: `King, Martin Luther, Jr.` is
/// `Martin Luther King, Jr.` A name without a comma stays as it is.
///
/// ```
/// assert_eq!(bibliographic::direct_name("Finch, Ada"), "Ada Finch");
/// ```
pub fn direct(name: &str) -> String {
    let mut parts = name.splitn(3, ',').map(str::trim);
    let (last, first) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if last.is_empty() || first.is_empty() {
        return name.trim().trim_end_matches(',').to_owned();
    }
    match parts.next().filter(|rest| !rest.is_empty()) {
        Some(rest) => format!("{first} {last}, {rest}"),
        None => format!("{first} {last}"),
    }
}
