//! A text that is opened: its encoding is known, and how it is written if it is a table.

use std::io::Read;

use super::{
    Format, Options,
    dialect::{Dialect, LineEnds},
    encoding::Encoding,
    record::Records,
    source::{SAMPLE, Source},
};

/// How many of the columns that are looked for a header has.
pub type Score<'a> = &'a dyn Fn(&[String]) -> usize;

/// The records of a text; those of JSON lines have one field each.
pub struct Opened<R> {
    pub records: Records<R>,
    /// None for JSON lines.
    pub dialect: Option<Dialect>,
}

/// Finds how a text is written, as far as the options do not say it.
///
/// # Errors
/// When it cannot be read.
pub fn open<R: Read>(
    mut source: Source<R>,
    options: &Options,
    score: Score<'_>,
) -> Result<Opened<R>, String> {
    let sample = source.sample().map_err(|error| error.to_string())?;
    let encoding = match options.encoding {
        Some(named) => named.with_mark(sample),
        None => Encoding::find(sample),
    };
    let Format::Csv(table) = &options.format else {
        source.read_as(encoding, LineEnds::Lf);
        // No byte of JSON text is this delimiter, so each line is a record of one field.
        return Ok(Opened { records: Records::new(source, 0), dialect: None });
    };
    let is_whole = sample.len() < SAMPLE;
    let dialect = Dialect::find(&encoding.text(sample), is_whole, table, score);
    source.read_as(encoding, dialect.line_ends);
    Ok(Opened { records: Records::new(source, dialect.delimiter), dialect: Some(dialect) })
}
