//! The files as they were written and are compiled into this test: `BLESS=1 cargo test -p sea-revise --test models` writes them anew, and
//! the next build compiles them.

use std::{collections::BTreeSet, fs, path::PathBuf};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
}

/// Compares what was written with the files of a folder, and answers whether they were written anew. How they are laid out does not count.
#[must_use]
pub fn expect(name: &str, written: &[(String, String)]) -> bool {
    let folder = folder(name);
    if std::env::var_os("BLESS").is_some() {
        fs::remove_dir_all(&folder).ok();
        for (file, text) in written {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        return true;
    }
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let names: BTreeSet<String> = written.iter().map(|(file, _)| file.clone()).collect();
    assert_eq!(there, names);
    for (file, text) in written {
        let golden = fs::read_to_string(folder.join(file)).unwrap();
        assert_eq!(tokens(&golden), tokens(text), "{name}/{file}:\n{text}");
    }
    false
}

fn tokens(text: &str) -> String {
    let file = syn::parse_file(text).unwrap();
    prettyplease::unparse(&file)
}
