//! Languages: a tag of BCP 47 whose first part is the shortest code of ISO 639 that there is.

mod names;

use std::{collections::HashMap, sync::LazyLock};

use isolang::Language;

use crate::query::{Code, Kind, shortened};

/// How a tag is written, as a regular expression.
pub const PATTERN: &str = "^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$";
/// Parts after the code: a script, a region and a variant.
const MOST_PARTS: usize = 3;

/// What lists are asked about languages: any code of one.
pub const KIND: Kind = Kind::Code(&Code {
    name: "language",
    pattern: PATTERN,
    read: |written| canonical(written).map_err(|bad| bad.to_string().replacen("language ", "", 1)),
});

/// The codes that libraries use besides those of the standard (ISO 639-2/B), and the standard's.
const OF_LIBRARIES: [(&str, &str); 20] = [
    ("alb", "sqi"),
    ("arm", "hye"),
    ("baq", "eus"),
    ("bur", "mya"),
    ("chi", "zho"),
    ("cze", "ces"),
    ("dut", "nld"),
    ("fre", "fra"),
    ("geo", "kat"),
    ("ger", "deu"),
    ("gre", "ell"),
    ("ice", "isl"),
    ("mac", "mkd"),
    ("mao", "mri"),
    ("may", "msa"),
    ("per", "fas"),
    ("rum", "ron"),
    ("slo", "slk"),
    ("tib", "bod"),
    ("wel", "cym"),
];

/// Why a text is not a language tag: a sentence with the value and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadLanguage(String);

/// The canonical form of a language tag: `eng` and `EN` are `en`, `pt_br` is `pt-BR`.
///
/// # Errors
/// When it is no tag. For the name of a language the message has its tag.
pub fn canonical(written: &str) -> Result<String, BadLanguage> {
    let tag = written.trim();
    if let Some(canonical) = tagged(tag) {
        return Ok(canonical);
    }
    let resolution = match named(tag) {
        Some(code) => format!("write `{code}`"),
        None => "write its code, such as `en` or `pt-BR`".to_owned(),
    };
    let shown = shortened(tag, 30);
    Err(BadLanguage(format!("language `{shown}` is no language tag; {resolution}")))
}

/// The tag that a catalogue means: by a code, or by a name in English or in the language itself, the first of several.
///
/// # Errors
/// When it is neither.
pub fn read(written: &str) -> Result<Option<String>, BadLanguage> {
    let whole = written.trim();
    let first =
        || whole.split([',', ';', '/', '|', '(']).map(str::trim).find(|one| !one.is_empty());
    let known = |text: &str| named(text).map(str::to_owned).or_else(|| tagged(text));
    match known(whole).or_else(|| known(first()?)) {
        Some(tag) => Ok(Some(tag)),
        None if whole.is_empty() => Ok(None),
        None => canonical(whole).map(Some),
    }
}

/// The code by which libraries know the language of a tag: `ger` for `de-AT`.
pub fn of_libraries(tag: &str) -> String {
    let code = tag.split('-').next().unwrap_or(tag);
    let standard = Language::from_639_1(code).map_or(code, |language| language.to_639_3());
    let library = OF_LIBRARIES.iter().find(|(_, of_standard)| *of_standard == standard);
    library.map_or(standard, |(library, _)| library).to_owned()
}

fn tagged(tag: &str) -> Option<String> {
    let mut parts = tag.split(['-', '_']);
    let code = parts.next().filter(|code| {
        (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic())
    })?;
    let mut canonical = shortest(&code.to_ascii_lowercase());
    for (place, part) in parts.enumerate() {
        if place == MOST_PARTS
            || !(2..=8).contains(&part.len())
            || !part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        canonical.push('-');
        let part = part.to_ascii_lowercase();
        match part.len() {
            2 => canonical.push_str(&part.to_ascii_uppercase()),
            // A script.
            4 if !part.starts_with(|first: char| first.is_ascii_digit()) => {
                canonical.push_str(&part[..1].to_ascii_uppercase());
                canonical.push_str(&part[1..]);
            }
            _ => canonical.push_str(&part),
        }
    }
    Some(canonical)
}

/// A code as the standard prefers it; one that it does not have stays as it is.
fn shortest(code: &str) -> String {
    let of_standard = OF_LIBRARIES.iter().find(|(library, _)| *library == code);
    let code = of_standard.map_or(code, |(_, standard)| standard);
    let short = Language::from_639_3(code).and_then(|language| language.to_639_1());
    short.unwrap_or(code).to_owned()
}

/// The code of a language by its name, in any case.
fn named(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
        let code = |language: &Language| language.to_639_1().unwrap_or(language.to_639_3());
        let mut names = HashMap::new();
        // Where two have a name, the one that is spoken more has the shorter code.
        let (mut rare, mut common) = (Vec::new(), Vec::new());
        for language in isolang::languages() {
            let list = if language.to_639_1().is_some() { &mut common } else { &mut rare };
            list.push(language);
        }
        for language in rare.iter().chain(&common) {
            let (english, own) = (language.to_name(), language.to_autonym());
            for name in [Some(english), english.split(" (").next(), own].into_iter().flatten() {
                names.insert(name.to_lowercase(), code(language));
            }
        }
        for (code, elsewhere) in names::ELSEWHERE {
            for name in elsewhere {
                names.entry((*name).to_owned()).or_insert(code);
            }
        }
        names
    });
    // Names of two and three letters are also codes.
    (name.len() > 3).then(|| NAMES.get(&name.to_lowercase()).copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_one_tag() {
        for (written, tag) in [
            ("en", "en"),
            ("EN", "en"),
            ("eng", "en"),
            ("ger", "de"),
            ("deu", "de"),
            ("fre", "fr"),
            ("pt_br", "pt-BR"),
            ("zh-hans-cn", "zh-Hans-CN"),
            ("de-1996", "de-1996"),
            ("es-419", "es-419"),
            ("grc", "grc"),
            ("mul", "mul"),
            ("xx", "xx"),
        ] {
            assert_eq!(canonical(written).as_deref(), Ok(tag), "{written}");
            assert_eq!(canonical(tag).as_deref(), Ok(tag), "{tag}");
            assert_eq!(read(written), Ok(Some(tag.to_owned())), "{written}");
        }
        for (written, reason) in [
            ("English", "language `English` is no language tag; write `en`"),
            (
                "Klingonese!",
                "language `Klingonese!` is no language tag; write its code, such as `en` or `pt-BR`",
            ),
            ("", "language `` is no language tag; write its code, such as `en` or `pt-BR`"),
            ("en-", "language `en-` is no language tag; write its code, such as `en` or `pt-BR`"),
        ] {
            assert_eq!(canonical(written).unwrap_err().to_string(), reason);
        }
        assert!(canonical(&format!("en{}", "-abcdefgh".repeat(4))).is_err());
    }

    #[test]
    fn catalogues_name_languages_in_many_ways() {
        for (written, tag) in [
            ("English", "en"),
            ("deutsch", "de"),
            ("Français", "fr"),
            ("español", "es"),
            ("日本語", "ja"),
            ("English, German", "en"),
            ("eng;fre", "en"),
            ("Greek", "el"),
            ("Modern Greek (1453-)", "el"),
            ("English (US)", "en"),
            ("Norwegian", "no"),
            ("Englisch", "en"),
            ("anglais", "en"),
            ("inglês", "en"),
            ("Francés", "fr"),
        ] {
            assert_eq!(read(written), Ok(Some(tag.to_owned())), "{written}");
        }
        assert_eq!(read("  "), Ok(None));
        assert!(read("unknown tongue").is_err());
    }
}
