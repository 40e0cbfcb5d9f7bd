//! How the file of an import is read.

use std::collections::BTreeMap;

use serde::Serialize;
use service::{
    books::import::{self, Encoding, Format, LineEnds, Options, Table},
    imports::Import,
};
use utoipa::ToSchema;

/// How a file is read, as it was found or given. JSON lines have an encoding only.
#[derive(Serialize, ToSchema)]
pub struct ReadAs {
    #[schema(value_type = String, example = "UTF-8")]
    encoding: Option<&'static str>,
    #[schema(example = ",")]
    delimiter: Option<String>,
    /// `lf` or `cr`.
    #[schema(value_type = Option<String>)]
    line_ends: Option<&'static str>,
    /// Lines above the header.
    skip_lines: Option<u64>,
    /// The headers of each member, the best first.
    #[schema(example = json!({"isbn": ["ISBN", "ISBN13"]}))]
    columns: BTreeMap<&'static str, Vec<String>>,
}

impl ReadAs {
    /// Of an import with its options.
    pub fn of(import: &Import, options: &Options) -> Self {
        let table = match options.format {
            Format::Csv(table) => table,
            Format::Jsonl => Table::default(),
        };
        Self {
            encoding: options.encoding.map(Encoding::name),
            delimiter: table.delimiter.map(|delimiter| char::from(delimiter).to_string()),
            line_ends: table.line_ends.map(|ends| match ends {
                LineEnds::Lf => "lf",
                LineEnds::Cr => "cr",
            }),
            skip_lines: table.skip_lines,
            columns: import::columns_of(&import.header, options).into_iter().collect(),
        }
    }
}
