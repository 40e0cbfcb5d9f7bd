//! The laws hold for files that are changed a little. The fuzzer of `service/fuzz` begins with the same files.

use proptest::{prelude::*, sample::Index};

use super::{super::cost, *};

/// What means something in one of the formats.
const TOKENS: [&str; 40] = [
    "\"",
    "\"\"",
    ",",
    ";",
    "\t",
    "|",
    "\n",
    "\r",
    "\r\n",
    "\\",
    "'",
    "=",
    "[",
    "]",
    "{",
    "}",
    ":",
    "\u{feff}",
    "\0",
    "&amp;",
    "<br>",
    "Ã©",
    "€",
    "title",
    "author",
    "isbn",
    "9780306406157",
    "1,234",
    "-1",
    "null",
    "1e3",
    "#1",
    "n/a",
    "sep=;",
    "\u{1e}",
    "\u{1f}",
    "\u{1d}",
    "<record>",
    "</record>",
    "\u{200b}",
];

/// A folder of files, and their law.
type Law = (&'static str, fn(&[u8]));

/// The laws.
const LAWS: [Law; 4] =
    [("tables", tables), ("documents", documents), ("records", records), ("cells", cells)];

/// A change of a file: where, how much goes, and what comes.
fn changed(file: &[u8], changes: &[(Index, usize, usize, Index)]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for (at, length, kind, other) in changes {
        let at = at.index(bytes.len() + 1);
        let end = (at + length).min(bytes.len());
        let token = TOKENS[other.index(TOKENS.len())].as_bytes().to_vec();
        let put = match kind {
            0 | 1 => token,
            2 => vec![0xff, 0xe9],
            3 => bytes[at..].iter().copied().take(40).collect(),
            4 => {
                bytes.truncate(at);
                continue;
            }
            _ => Vec::new(),
        };
        bytes.splice(at..end, put);
    }
    bytes
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_laws_hold_for_files_that_are_changed_a_little(
        seed in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), 0usize..6, 0usize..6, any::<Index>()), 0..6),
    ) {
        for (target, law) in LAWS {
            let seeds = seeds(target);
            law(&changed(&seeds[seed.index(seeds.len())], &changes));
        }
    }
}

#[test]
fn the_laws_hold_for_every_beginning_of_a_file() {
    for (target, law) in LAWS {
        for seed in seeds(target) {
            for length in (0..seed.len()).step_by(1 + seed.len() / 200) {
                law(&seed[..length]);
            }
        }
    }
}

#[test]
fn long_cells_cost_a_bounded_time_for_each_byte() {
    for part in [
        "<", "</", "<br", "<br ", "& ", "&amp;", "(", " ", " / ", "1 ", "1,", "\"", "\\", "Ã©",
        "é", "|", "x;", "978", "\n",
    ] {
        let text = part.repeat((128 << 10) / part.len());
        let Some(a_byte) = cost::of_a_byte(text.as_bytes(), cells) else { return };
        assert!(a_byte < 7000, "{part:?}: {a_byte} ns a byte");
    }
}
