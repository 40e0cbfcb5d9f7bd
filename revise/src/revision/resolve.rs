//! Finds a revision by a part of its name.

use super::slug;

/// Why no revision was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// It fits several.
    #[error("`{given}` fits {} revisions: {}; write more of the name", .candidates.len(), shown(.candidates))]
    Ambiguous {
        /// What was asked for.
        given: String,
        /// The revisions that it fits.
        candidates: Vec<String>,
    },
    /// It fits none.
    #[error("no revision fits `{given}`{}", hint(.nearest.as_deref()))]
    Unknown {
        /// What was asked for.
        given: String,
        /// The revision whose name is nearest, where there is any.
        nearest: Option<String>,
    },
}

const SHOWN: usize = 10;

fn shown(candidates: &[String]) -> String {
    let names = candidates.iter().take(SHOWN).map(|name| format!("`{name}`"));
    let names = names.collect::<Vec<_>>().join(", ");
    match candidates.len().saturating_sub(SHOWN) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; there is no revision yet".to_owned(),
        |nearest| format!("; the nearest is `{nearest}`"),
    )
}

/// The revision that is called so, begins so (with or without the `m`) or has this in its words.
///
/// # Errors
/// When it fits none or several; a better fit, such as the whole of the words, wins over a part of them.
pub fn resolve<'a>(names: &'a [String], given: &str) -> Result<&'a str, ResolveError> {
    let asked = given.trim().to_lowercase();
    let words = slug(&asked);
    let with_m = format!("m{asked}");
    let begins = |name: &str, start: &str| name.to_lowercase().starts_with(start);
    let fits: [&dyn Fn(&str) -> bool; 5] = [
        &|name| name == given,
        &|name| [&asked, &with_m].contains(&&name.to_lowercase()),
        &|name| !asked.is_empty() && (begins(name, &asked) || begins(name, &with_m)),
        &|name| !words.is_empty() && plain(words_of(name)) == words,
        &|name| !words.is_empty() && plain(words_of(name)).contains(&words),
    ];
    for fit in fits {
        let found = names.iter().filter(|name| fit(name)).collect::<Vec<_>>();
        match found.as_slice() {
            [] => {}
            [name] => return Ok(name),
            _ => {
                let candidates = found.into_iter().cloned().collect();
                return Err(ResolveError::Ambiguous { given: given.to_owned(), candidates });
            }
        }
    }
    let distance = |name: &&String| {
        let whole = strsim::damerau_levenshtein(name, &asked);
        whole.min(strsim::damerau_levenshtein(words_of(name), &words))
    };
    let nearest = names.iter().min_by_key(distance).cloned();
    Err(ResolveError::Unknown { given: given.to_owned(), nearest })
}

/// In lower case, with `_` for what is neither a letter nor a digit.
fn plain(words: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
    words.to_lowercase().chars().map(letter).collect()
}

/// The name without its moment or number.
fn words_of(name: &str) -> &str {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let shaped = |head: &str| head.starts_with('m') && head.bytes().skip(1).all(is_digit);
    if let Some((head, words)) = name.split_at_checked(17)
        && shaped(head)
        && head.ends_with('_')
    {
        return words;
    }
    let number = name.strip_prefix(['m', 'M', 'v', 'V']).unwrap_or(name);
    let words = number.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let is_numbered = words.len() < number.len() && words.starts_with(['_', '-']);
    let is_number = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '_');
    let words = words.trim_start_matches(is_number);
    if is_numbered && !words.is_empty() { words } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        [
            "m20260901_090000_create_books",
            "m20260908_090000_create_stores",
            "m20260915_090000_create_books_and_more",
            "m20270915_090000_add_page_count",
            "by_hand",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn a_part_that_fits_one_is_enough() {
        let cases = [
            ("m20260901_090000_create_books", "m20260901_090000_create_books"),
            ("20260908_090000_create_stores", "m20260908_090000_create_stores"),
            ("M20260901", "m20260901_090000_create_books"),
            ("20260915", "m20260915_090000_create_books_and_more"),
            ("2027", "m20270915_090000_add_page_count"),
            ("create_books", "m20260901_090000_create_books"),
            ("create books", "m20260901_090000_create_books"),
            ("Page-count", "m20270915_090000_add_page_count"),
            ("stores", "m20260908_090000_create_stores"),
            ("by", "by_hand"),
            ("hand", "by_hand"),
        ];
        let names = names();
        for (given, expected) in cases {
            assert_eq!(resolve(&names, given), Ok(expected), "{given}");
        }
    }

    #[test]
    fn names_of_any_form_are_found() {
        let names = [
            "m0001_users",
            "m0002_users_and_roles",
            "m0010_posts",
            "m00000000_000000_functions",
            "m20240420_1_wallet",
            "m20240421_1234567_invoice",
            "CreateAudit",
            "2024-05-01-tags",
            "v3",
            "v31",
        ]
        .map(str::to_owned);
        for (given, expected) in [
            ("0001", "m0001_users"),
            ("m0001", "m0001_users"),
            ("M0002", "m0002_users_and_roles"),
            ("users", "m0001_users"),
            ("roles", "m0002_users_and_roles"),
            ("functions", "m00000000_000000_functions"),
            ("wallet", "m20240420_1_wallet"),
            ("20240421", "m20240421_1234567_invoice"),
            ("invoice", "m20240421_1234567_invoice"),
            ("Create", "CreateAudit"),
            ("createaudit", "CreateAudit"),
            ("audit", "CreateAudit"),
            ("tags", "2024-05-01-tags"),
            ("2024-05-01", "2024-05-01-tags"),
            ("v3", "v3"),
            ("v31", "v31"),
        ] {
            assert_eq!(resolve(&names, given), Ok(expected), "{given}");
        }
    }

    #[test]
    fn several_are_listed() {
        let names = names();
        let error = resolve(&names, "202609").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`202609` fits 3 revisions: `m20260901_090000_create_books`, `m20260908_090000_create_stores`, \
             `m20260915_090000_create_books_and_more`; write more of the name"
        );
        let many = (0..12).map(|n| format!("m20260901_0900{n:02}_x")).collect::<Vec<_>>();
        assert!(
            resolve(&many, "m")
                .unwrap_err()
                .to_string()
                .ends_with("and 2 more; write more of the name")
        );
    }

    #[test]
    fn the_nearest_is_named() {
        let names = names();
        let error = resolve(&names, "create_storse").unwrap_err();
        assert_eq!(
            error.to_string(),
            "no revision fits `create_storse`; the nearest is `m20260908_090000_create_stores`"
        );
        for given in ["", "  ", "書"] {
            assert!(matches!(resolve(&names, given), Err(ResolveError::Unknown { .. })), "{given}");
        }
        let error = resolve(&[], "x").unwrap_err();
        assert_eq!(error.to_string(), "no revision fits `x`; there is no revision yet");
    }
}
