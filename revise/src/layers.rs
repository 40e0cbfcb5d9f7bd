//! The layers of the crate hold: no file uses a module of a later layer. Only a test; there is nothing to run.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each uses itself and those before it.
const LAYERS: [&str; 12] = [
    "schema",
    "error",
    "operation",
    "entities",
    "revision",
    "sqlite",
    "postgres",
    "diff",
    "check",
    "runtime",
    "project",
    "cli",
];

#[test]
fn no_file_uses_a_later_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upwards = Vec::new();
    for (place, layer) in LAYERS.iter().enumerate() {
        let mut files = vec![root.join(format!("{layer}.rs"))];
        files.extend(files_below(&root.join(layer)));
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let used = used_modules(code);
            let later = LAYERS.iter().skip(place + 1).filter(|later| used.contains(*later));
            upwards.extend(later.map(|later| format!("{} uses {later}", file.display())));
        }
    }
    assert!(upwards.is_empty(), "{}", upwards.join("\n"));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    // Tests of a file may use what they like.
    let files = files.into_iter().filter(|path| {
        path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs")
    });
    files.chain(folders.iter().flat_map(|folder| files_below(folder))).collect()
}

/// The first names after `crate::`, also in a list.
fn used_modules(code: &str) -> Vec<&str> {
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            used.push(name(rest));
            continue;
        };
        let mut depth = 0_usize;
        let mut start = 0;
        for (at, next) in list.char_indices() {
            match next {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    used.push(name(list[start..at].trim_start()));
                    start = at + 1;
                }
                '}' => depth -= 1,
                _ => {}
            }
            if next == ';' {
                break;
            }
        }
    }
    used
}

fn name(text: &str) -> &str {
    text.split(|next: char| !next.is_alphanumeric() && next != '_').next().unwrap_or_default()
}

#[test]
fn uses_are_found_alone_and_in_lists() {
    let code = "use crate::{\n    a::{b, c},\n    d,\n};\nuse crate::e::f; crate::g::h();";
    let used = used_modules(code);
    for module in ["a", "d", "e", "g"] {
        assert!(used.contains(&module), "{module}: {used:?}");
    }
    assert!(!used.contains(&"c"), "{used:?}");
}
