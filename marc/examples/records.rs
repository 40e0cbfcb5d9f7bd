//! Prints the records of files, one a line, and what is wrong with the others.
//!
//! ```sh
//! cargo run -p bibliographic --example records -- catalogue.mrc
//! ```

use std::{env, error::Error, fs::File};

use bibliographic::{Record, marc21};

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args().skip(1) {
        let (mut read, mut rejected) = (0, 0);
        for item in marc21::Reader::new(File::open(&path)?) {
            match item {
                Ok(entry) => {
                    read += 1;
                    print(&Record::from(&entry.record));
                    for warning in &entry.warnings {
                        println!("  warning: {warning}");
                    }
                }
                Err(error) => {
                    rejected += 1;
                    println!("  {error}");
                }
            }
        }
        println!("{path}: {read} records, {rejected} rejected");
    }
    Ok(())
}

fn print(record: &Record) {
    let names: Vec<_> = record.authors().map(bibliographic::Contributor::direct_name).collect();
    let isbns: Vec<_> = record.isbns.iter().map(|isbn| isbn.text.as_str()).collect();
    let year = record.year.as_deref().unwrap_or("no year");
    println!("{} / {} ({year}) {}", record.title_with_parts(), names.join(", "), isbns.join(" | "));
}
