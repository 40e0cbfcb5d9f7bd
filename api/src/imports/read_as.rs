//! How the file of an import is read.

use std::collections::BTreeMap;

use serde::Serialize;
use service::{
    books::import::{LineEnds, Options, Understood},
    imports::{self, Import},
};
use utoipa::ToSchema;

/// How a file is read, as it was found or given. JSON lines have an encoding only.
#[derive(Serialize, ToSchema)]
pub struct ReadAs {
    /// None for records, which say it.
    #[schema(example = "UTF-8")]
    encoding: Option<&'static str>,
    delimiter: Option<String>,
    /// `lf` or `cr`.
    #[schema(value_type = Option<String>)]
    line_ends: Option<&'static str>,
    /// Lines above the header.
    skip_lines: Option<u64>,
    /// The program that wrote it.
    #[schema(example = "Goodreads")]
    profile: Option<&'static str>,
    /// The headers of each member, the best first.
    #[schema(example = json!({"isbn": ["ISBN13"]}))]
    columns: BTreeMap<&'static str, Vec<String>>,
}

impl ReadAs {
    /// Of an import with its options.
    pub fn of(import: &Import, options: &Options) -> Self {
        let Understood { encoding, library, dialect, profile, columns, list: _ } =
            imports::understood(import, options);
        Self {
            encoding: library.is_none().then(|| encoding.name()),
            delimiter: dialect.map(|dialect| char::from(dialect.delimiter).to_string()),
            line_ends: dialect.map(|dialect| match dialect.line_ends {
                LineEnds::Lf => "lf",
                LineEnds::Cr => "cr",
            }),
            skip_lines: dialect.map(|dialect| dialect.skip_lines),
            profile: profile.map(|profile| profile.name),
            columns: columns.into_iter().collect(),
        }
    }
}
