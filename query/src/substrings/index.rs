//! What is indexed: the substrings of three characters of some columns.

/// Length of the substrings that both indexes consist of; shorter texts are in neither.
pub const GRAM: usize = 3;
/// PostgreSQL's index stores an id without its lowest bits: a block of the table has 4 096 ids.
pub const BLOCK_SHIFT: i32 = 12;

/// The columns whose substrings are indexed, and where.
#[derive(Clone, Copy, Debug)]
pub struct Substrings {
    /// The full-text table on SQLite; its rowids are the ids.
    pub table: &'static str,
    /// The table of the ids that are not indexed yet.
    pub waiting: &'static str,
    /// What has the texts that are indexed, as `id` and `text`, if they are folded.
    pub texts: &'static str,
    /// The columns. On SQLite the index does not report in which of them it found a match.
    pub columns: &'static [&'static str],
    /// Those of them that few rows have, and that share an index on PostgreSQL.
    pub shared: &'static [&'static str],
}

/// Every trigram of a run.
pub fn windows(run: &str) -> impl Iterator<Item = [char; GRAM]> {
    let (one, two) = (run.chars(), run.chars().skip(1));
    one.zip(two).zip(run.chars().skip(2)).map(|((one, two), three)| [one, two, three])
}
