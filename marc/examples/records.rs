//! Prints the records of files, one a line, and what is wrong with the others.
//!
//! ```sh
//! cargo run -p bibliographic --example records -- catalogue.mrc products.xml
//! ```

use std::{
    env,
    error::Error,
    fs::File,
    io::{self, Read, Write},
};

use bibliographic::{Format, Record, Records};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for path in env::args().skip(1) {
        let mut start = Vec::new();
        let mut file = File::open(&path)?;
        Read::by_ref(&mut file).take(4096).read_to_end(&mut start)?;
        let Some(format) = Format::detect(&start) else {
            writeln!(out, "{path}: neither MARC 21 nor MARCXML nor ONIX 3")?;
            continue;
        };
        let (mut read, mut rejected) = (0, 0);
        for item in Records::new(format, start.as_slice().chain(file)) {
            match item {
                Ok(entry) => {
                    read += 1;
                    writeln!(out, "{}", line(&entry.record))?;
                    for warning in &entry.warnings {
                        writeln!(out, "  warning: {warning}")?;
                    }
                }
                Err(error) => {
                    rejected += 1;
                    writeln!(out, "  rejected: {error}")?;
                }
            }
        }
        writeln!(out, "{path}: {format:?}, {read} records, {rejected} rejected")?;
    }
    Ok(())
}

fn line(record: &Record) -> String {
    let names: Vec<_> = record.authors().map(bibliographic::Contributor::direct_name).collect();
    let isbns: Vec<_> = record.isbns.iter().map(|isbn| isbn.text.as_str()).collect();
    let year = record.year.as_deref().unwrap_or("no year");
    format!("{} / {} ({year}) {}", record.title_with_parts(), names.join(", "), isbns.join(" | "))
}
