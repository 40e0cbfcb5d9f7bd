//! How a file is understood: found in its beginning, or given.

use super::{
    Format, Options,
    dialect::{Dialect, LineEnds},
    encoding::{Encoding, without_marks},
    fields::Fields,
    header,
    profiles::Profile,
    record::{Parsed, parse},
};
use crate::imports::Importable;

/// Our columns with the headers that they are read from, the best first.
pub type Named = Vec<(&'static str, Vec<String>)>;

/// How a file is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// The encoding of its text.
    pub encoding: Encoding,
    /// The format of a file of a library.
    pub library: Option<Format>,
    /// How a table is written; none for JSON lines.
    pub dialect: Option<Dialect>,
    /// The program that wrote a table, if it is known by its header.
    pub profile: Option<&'static Profile>,
    /// Our columns with the headers that they are read from, the best first; none for JSON lines.
    pub columns: Named,
    /// The member of a JSON document whose objects are read, if they are not those of the document itself.
    pub list: Option<String>,
}

impl Understood {
    /// The options with what was found: with them the file is understood in the same way once more.
    #[must_use]
    pub fn settle(&self, options: Options) -> Options {
        if let Some(format) = self.library {
            return Options { format, ..options };
        }
        let format = match (options.format, self.dialect) {
            (Format::Csv(_), Some(dialect)) => Format::Csv(dialect.into()),
            (format, _) => format,
        };
        Options { format, encoding: Some(self.encoding), ..options }
    }

    /// A text of which nothing but the encoding is known.
    pub(crate) fn text(encoding: Encoding) -> Self {
        let (library, dialect, profile, list) = (None, None, None, None);
        Self { encoding, library, dialect, profile, columns: Vec::new(), list }
    }

    /// By the header of a table of a noun and the options with which it was read.
    #[must_use]
    pub fn of<T: Importable>(header: &[u8], options: &Options) -> Self {
        let encoding = options.encoding.unwrap_or(Encoding::UTF_8);
        let is_library = !matches!(options.format, Format::Csv(_) | Format::Jsonl);
        let library = is_library.then_some(options.format);
        let unknown = Self { library, ..Self::text(encoding) };
        if options.format == Format::Json {
            let names: Vec<String> =
                String::from_utf8_lossy(header).lines().map(str::to_owned).collect();
            return Self { profile: Profile::find(&names), ..unknown };
        }
        let Format::Csv(table) = options.format else { return unknown };
        let mut fields = Fields::default();
        let header = without_marks(header);
        let delimiter = table.delimiter.unwrap_or(b',');
        let parsed = parse(header, true, (delimiter, None), &mut fields);
        let names = (0..fields.len()).map(|place| header::name(&fields, place));
        let names: Vec<String> = names.map(Option::unwrap_or_default).collect();
        let dialect = Dialect {
            delimiter,
            line_ends: table.line_ends.unwrap_or(LineEnds::Lf),
            skip_lines: table.skip_lines.unwrap_or_default(),
        };
        let known = Self { dialect: Some(dialect), ..unknown };
        match T::columns(&names, options) {
            Some((profile, columns)) if matches!(parsed, Parsed::Record(_)) => {
                Self { profile, columns, ..known }
            }
            _ => known,
        }
    }
}
