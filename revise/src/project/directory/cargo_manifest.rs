//! What a `Cargo.toml` says, as far as it matters here. Read line by line, so that a broken one is no obstacle.

use std::{fs, path::Path};

/// Whether a folder's crate depends on what migrations need.
pub(super) fn is_migrating(folder: &Path) -> bool {
    read(folder)
        .is_some_and(|text| depends(&text, "sea-orm-migration") || depends(&text, "sea-revise"))
}

/// Whether a folder is the root of a workspace.
pub(super) fn is_workspace(folder: &Path) -> bool {
    read(folder)
        .is_some_and(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
}

/// The name of a folder's crate.
pub(super) fn package(folder: &Path) -> Option<String> {
    let text = read(folder)?;
    let lines = text.lines().map(str::trim).skip_while(|line| *line != "[package]").skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with('['));
    lines.find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn read(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("Cargo.toml")).ok()
}

fn depends(text: &str, name: &str) -> bool {
    let mut counts = false;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default().replace(['"', ' '], "");
            let (table, key) = match section.rsplit_once("dependencies.") {
                Some((table, key)) => (format!("{table}dependencies"), Some(key.to_owned())),
                None => (section, None),
            };
            counts = table == "dependencies"
                || (table.starts_with("target.") && table.ends_with(".dependencies"));
            if counts && key.is_some_and(|key| key == name) {
                return true;
            }
        } else if counts {
            let key = line.split(['=', '.', ' ', '\t']).next().unwrap_or_default();
            if key.trim_matches('"') == name {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_found_however_they_are_written() {
        for (text, expected) in [
            ("[dependencies]\nsea-revise = \"0.1\"", true),
            ("[dependencies]\r\nserde = \"1\"\r\nsea-revise.workspace = true\r\n", true),
            ("[dependencies]\n\"sea-revise\" = { path = \"x\" }", true),
            ("[dependencies.sea-revise]\nversion = \"0.1\"", true),
            ("[ dependencies . sea-revise ]", true),
            ("[target.'cfg(unix)'.dependencies]\nsea-revise=\"1\"", true),
            ("[dependencies]\nsea-revise-more = \"0.1\"", false),
            ("[dependencies]\n# sea-revise = \"0.1\"", false),
            ("[workspace.dependencies]\nsea-revise = \"0.1\"", false),
            ("[dev-dependencies]\nsea-revise = \"0.1\"", false),
            ("[package]\nname = \"sea-revise\"", false),
            ("", false),
        ] {
            assert_eq!(depends(text, "sea-revise"), expected, "{text}");
        }
    }
}
