//! How a file is understood: found in its beginning, or given.

use super::{
    Format, Options,
    columns::Columns,
    dialect::Dialect,
    encoding::Encoding,
    fields::Fields,
    header,
    record::{Parsed, parse},
};

/// How a file is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// The encoding of its text.
    pub encoding: Encoding,
    /// How a table is written; none for JSON lines.
    pub dialect: Option<Dialect>,
    /// Our columns with the headers that they are read from, the best first; none for JSON lines.
    pub columns: Vec<(&'static str, Vec<String>)>,
}

impl Understood {
    /// The options with what was found: with them the file is understood in the same way once more.
    #[must_use]
    pub fn settle(&self, options: Options) -> Options {
        let format = match (options.format, self.dialect) {
            (Format::Csv(_), Some(dialect)) => Format::Csv(dialect.into()),
            (format, _) => format,
        };
        Options { format, encoding: Some(self.encoding), ..options }
    }
}

/// Our columns with the headers that they are read from, by the header of a table and the options with which it was read.
#[must_use]
pub fn columns_of(header: &[u8], options: &Options) -> Vec<(&'static str, Vec<String>)> {
    let Format::Csv(table) = options.format else { return Vec::new() };
    let mut fields = Fields::default();
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
    let parsed = parse(header, true, (table.delimiter.unwrap_or(b','), None), &mut fields);
    let names: Option<Vec<String>> =
        (0..fields.len()).map(|place| header::name(&fields, place)).collect();
    let names = names.filter(|_| matches!(parsed, Parsed::Record(_))).unwrap_or_default();
    Columns::find(&names, &options.map).map_or_else(|_| Vec::new(), |columns| columns.named(&names))
}
