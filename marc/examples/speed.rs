//! How fast MARC 21 is read, beside a search for record terminators in the same bytes.
//!
//! ```sh
//! cargo run --release -p bibliographic --example speed [-- FILE]
//! ```
//!
//! Without a file, the records are made up: about a kilobyte each, a third of them with letters that are not ASCII.

use std::{env, error::Error, fs, hint::black_box, time::Instant};

use bibliographic::{Contributor, Isbn, Record, Series, Subject, WriteError, marc21};

/// At least so many bytes are read in each round.
const BYTES: usize = 64 << 20;
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let part = match env::args().nth(1) {
        Some(path) => fs::read(path)?,
        None => made_up()?,
    };
    let bytes = part.repeat(BYTES.div_ceil(part.len().max(1)).max(1));
    let records = memchr::memchr_iter(0x1D, &bytes).count();
    println!("{records} records, {} bytes each", bytes.len() / records.max(1));
    measure("memchr for terminators", &bytes, |bytes| memchr::memchr_iter(0x1D, bytes).count());
    measure("marc21::Reader", &bytes, |bytes| {
        marc21::Reader::new(bytes)
            .map(|item| black_box(item.is_ok()))
            .filter(|is_ok| *is_ok)
            .count()
    });
    measure("marc21::Reader and Record", &bytes, |bytes| {
        let read = marc21::Reader::new(bytes).flatten();
        read.filter(|entry| !black_box(Record::from(&entry.record)).title.is_empty()).count()
    });
    Ok(())
}

/// The best of some rounds, on one core.
fn measure(name: &str, bytes: &[u8], read: impl Fn(&[u8]) -> usize) {
    let mut best = f64::INFINITY;
    let mut records = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        records = black_box(read(black_box(bytes)));
        best = best.min(start.elapsed().as_secs_f64());
    }
    let per_second = records as f64 / best;
    println!(
        "{name:26} {per_second:>12.0} records/s {:>8.0} MB/s",
        bytes.len() as f64 / best / 1e6
    );
}

fn made_up() -> Result<Vec<u8>, WriteError> {
    let mut writer = marc21::Writer::new(Vec::new());
    for number in 0..1000 {
        let accents = number % 3 == 0;
        let text = |text: &str| if accents { text.replace('e', "é") } else { text.to_owned() };
        let contributor =
            |name: &str| Contributor { name: text(name), inverted: true, ..Contributor::default() };
        let subject = |subject: &str| Subject { text: text(subject), ..Subject::default() };
        writer.write(&Record {
            control_number: Some(number.to_string()),
            title: text("The secret of the paper garden"),
            subtitle: Some(text("a novel in three parts, with letters and pictures")),
            contributors: vec![
                contributor("Finch, Adele"),
                contributor("Okafor, Benedict"),
                contributor("Lindt, Helene"),
            ],
            isbns: vec![Isbn { text: format!("978030640{number:04} (pbk.)"), ..Isbn::default() }],
            place: Some("London".to_owned()),
            publisher: Some(text("Green Leaf Press")),
            year: Some("c1987".to_owned()),
            pages: Some("xii, 448 p.".to_owned()),
            languages: vec!["eng".to_owned()],
            subjects: ["Gardens -- England -- History", "Letters", "Secrecy -- Fiction", "Paper"]
                .map(subject)
                .to_vec(),
            series: vec![Series { name: text("Green classics"), number: Some(number.to_string()) }],
            description: Some(text(
                &"A gardener finds letters under the roses, and reads them. ".repeat(6),
            )),
            ..Record::default()
        })?;
    }
    Ok(writer.into_inner())
}
