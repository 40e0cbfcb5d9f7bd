//! Patterns of table names: `*` stands for any letters and `?` for one.

use super::TableName;

impl TableName {
    /// Whether this is a name that a pattern means.
    pub(crate) fn fits(&self, pattern: &Self) -> bool {
        let schema = match (&pattern.schema, &self.schema) {
            (None, None) => true,
            (Some(pattern), Some(schema)) => fits(pattern, schema),
            (Some(_), None) | (None, Some(_)) => false,
        };
        schema && (pattern.name == self.name || fits(&pattern.name, &self.name))
    }
}

/// Whether a text is as a pattern says. A star takes as little as it can, and more where that leads to nothing.
fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(next) = text.get(read) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if wanted == next || *wanted == '?' => {
                at += 1;
                read += 1;
            }
            Some(_) | None => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                read = taken + 1;
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|left| *left == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(written: &str) -> TableName {
        match written.split_once('.') {
            Some(parts) => parts.into(),
            None => written.into(),
        }
    }

    #[test]
    fn a_pattern_is_read_as_in_a_shell() {
        for (pattern, name, holds) in [
            ("legacy_*", "legacy_report", true),
            ("legacy_*", "legacy_", true),
            ("legacy_*", "old_legacy_report", false),
            ("*_log", "a_log_log", true),
            ("*_log", "a_log_logs", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "anything", true),
            ("other.*", "t", false),
            ("other.*", "other.t", true),
            ("*.t", "other.t", true),
            ("t", "other.t", false),
            ("Book", "book", false),
        ] {
            assert_eq!(named(name).fits(&named(pattern)), holds, "{pattern} {name}");
        }
    }
}
