//! Findings for other programs: SARIF 2.1.0, which code hosts read, and GitHub's workflow commands.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    check::lint::{Finding, Level, rules},
    schema::checksum::checksum,
};

/// A finding with its place.
pub struct Placed {
    pub finding: Finding,
    pub revision: String,
    /// The file of the migration, where it is known.
    pub file: Option<PathBuf>,
    pub line: Option<usize>,
}

impl Placed {
    /// The file as a code host knows it: from the root of the repository, where it is below that.
    fn path(&self, root: &Path) -> Option<String> {
        let file = self.file.as_ref()?;
        let whole = file.canonicalize().unwrap_or_else(|_| file.clone());
        let path = whole.strip_prefix(root).unwrap_or(&whole);
        Some(path.to_string_lossy().replace('\\', "/"))
    }

    fn text(&self) -> String {
        format!("{}: {}; safe: {}", self.revision, self.finding.message, self.finding.safe)
    }
}

/// The document of SARIF.
pub fn sarif(findings: &[Placed], root: &Path) -> Value {
    let about = |(id, level, about): &(&str, Level, &str)| {
        json!({
            "id": id,
            "shortDescription": { "text": about },
            "defaultConfiguration": { "level": sarif_level(*level) },
        })
    };
    let known: Vec<Value> = rules().iter().map(about).collect();
    let results: Vec<Value> = findings.iter().map(|one| result(one, root)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": known,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(placed: &Placed, root: &Path) -> Value {
    let Finding { rule, level, subject, .. } = &placed.finding;
    let mut place = json!({
        "logicalLocations": [{ "name": subject, "fullyQualifiedName": format!("{}/{subject}", placed.revision) }],
    });
    if let (Some(path), Some(place)) = (placed.path(root), place.as_object_mut()) {
        let mut file = json!({ "artifactLocation": { "uri": uri(&path) } });
        if let (Some(line), Some(file)) = (placed.line, file.as_object_mut()) {
            file.insert("region".to_owned(), json!({ "startLine": line }));
        }
        place.insert("physicalLocation".to_owned(), file);
    }
    let index = rules().iter().position(|known| known.0 == *rule);
    let known = checksum(&(&placed.revision, rule, subject, &placed.finding.message));
    json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": sarif_level(*level),
        "message": { "text": placed.text() },
        "locations": [place],
        "partialFingerprints": { "finding/v1": known },
    })
}

fn sarif_level(level: Level) -> &'static str {
    match level {
        Level::Danger => "error",
        Level::Warning => "warning",
        Level::Advice => "note",
    }
}

/// A path as a reference: relative, or that of a file.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    let encoded: String = path.bytes().map(encode).collect();
    if encoded.starts_with('/') { format!("file://{encoded}") } else { encoded }
}

/// A workflow command of GitHub for each finding.
pub fn github(findings: &[Placed], root: &Path) -> Vec<String> {
    findings.iter().map(|one| command(one, root)).collect()
}

fn command(placed: &Placed, root: &Path) -> String {
    let word = match placed.finding.level {
        Level::Danger => "error",
        Level::Warning => "warning",
        Level::Advice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(path) = placed.path(root) {
        properties.push(format!("file={}", property(&path)));
        properties.extend(placed.line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", property(placed.finding.rule)));
    format!("::{word} {}::{}", properties.join(","), data(&placed.text()))
}

/// As GitHub's runner reads the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As it reads a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(file: Option<&str>, line: Option<usize>) -> Placed {
        let finding = Finding {
            rule: "drop-column",
            level: Level::Danger,
            subject: "a,b.c:d".to_owned(),
            message: "100 % of it:\r\n`x, y` goes".to_owned(),
            safe: "keep it".to_owned(),
        };
        Placed { finding, revision: "m1".to_owned(), file: file.map(PathBuf::from), line }
    }

    #[test]
    fn commands_are_escaped_as_the_runner_reads_them() {
        let root = Path::new("/root of/it");
        let text = "::m1: 100 %25 of it:%0D%0A`x, y` goes; safe: keep it";
        for (file, line, properties) in [
            (
                Some("/root of/it/a,b:c%/m1.rs"),
                Some(7),
                "file=a%2Cb%3Ac%25/m1.rs,line=7,title=drop-column",
            ),
            (Some("/else/m1.rs"), None, "file=/else/m1.rs,title=drop-column"),
            (None, Some(7), "title=drop-column"),
        ] {
            let found = github(&[placed(file, line)], root);
            assert_eq!(found, [format!("::error {properties}{text}")]);
        }
        assert!(github(&[], root).is_empty());
    }

    #[test]
    fn paths_are_references() {
        let root = Path::new("/root of/it");
        let all = [
            placed(Some("/root of/it/src/ä b#.rs"), Some(3)),
            placed(Some("/else/m1.rs"), None),
            placed(None, None),
        ];
        let document = sarif(&all, root);
        let place = |number: usize| {
            document["runs"][0]["results"][number]["locations"][0]["physicalLocation"].clone()
        };
        let (first, second) = (place(0), place(1));
        assert_eq!(first["artifactLocation"]["uri"], "src/%C3%A4%20b%23.rs");
        assert_eq!(first["region"]["startLine"], 3);
        assert_eq!(second["artifactLocation"]["uri"], "file:///else/m1.rs");
        assert!(second.get("region").is_none() && place(2).is_null());
    }
}
