//! Names of revisions: `m20261123_101500_add_page_count_to_books`, as sea-orm-cli writes them.

mod message;
mod resolve;

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDateTime, TimeDelta, Utc};
use unicode_normalization::UnicodeNormalization as _;

pub use self::{
    message::suggest_message,
    resolve::{ResolveError, resolve},
};

const MOMENT: &str = "%Y%m%d_%H%M%S";
const LONGEST_SLUG: usize = 60;

/// The name of a revision: the moment that puts it in order, and what it does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    moment: NaiveDateTime,
    slug: String,
}

impl Revision {
    /// The revision that is made at a moment and does what the message says.
    #[must_use]
    pub fn new(at: DateTime<Utc>, message: &str) -> Self {
        let mut slug = slug(message);
        if slug.is_empty() {
            slug.push_str("revision");
        }
        Self { moment: second(at.naive_utc()), slug }
    }

    /// The revision of a name, where it is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (moment, slug) = name.strip_prefix('m')?.split_at_checked(15)?;
        let slug = slug.strip_prefix('_')?;
        let shaped = moment.bytes().enumerate().all(|(position, byte)| match position {
            8 => byte == b'_',
            _ => byte.is_ascii_digit(),
        });
        let word = |character: char| character == '_' || character.is_alphanumeric();
        if !shaped || slug.is_empty() || !slug.chars().all(word) {
            return None;
        }
        let moment = NaiveDateTime::parse_from_str(moment, MOMENT).ok()?;
        // A leap second would be a second that the name does not say.
        (second(moment) == moment).then(|| Self { moment, slug: slug.to_owned() })
    }

    /// The same at a second in which it comes after `newest`; unchanged where it does already.
    #[must_use]
    pub fn after(&self, newest: &Self) -> Self {
        let next = newest.moment.checked_add_signed(TimeDelta::seconds(1));
        // Names have room for four digits of a year.
        let next = next.filter(|next| next.year() <= 9999).unwrap_or(newest.moment);
        Self { moment: self.moment.max(next), slug: self.slug.clone() }
    }

    /// The name: of the file without `.rs`, of the module and of the row in the table of revisions.
    #[must_use]
    pub fn name(&self) -> String {
        format!("m{}_{}", self.moment.format(MOMENT), self.slug)
    }

    /// When it was made.
    #[must_use]
    pub fn moment(&self) -> DateTime<Utc> {
        self.moment.and_utc()
    }

    /// What it does, in words with `_` between.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

fn second(moment: NaiveDateTime) -> NaiveDateTime {
    let seconds = DateTime::from_timestamp(moment.and_utc().timestamp(), 0);
    seconds.map_or(moment, |seconds| seconds.naive_utc())
}

/// The words of a message in lower case, with `_` between; at most 60 characters, cut at a word.
fn slug(message: &str) -> String {
    let mut words = vec![String::new()];
    for character in message.nfkd() {
        let letters = match character {
            'ß' => "ss",
            'æ' | 'Æ' => "ae",
            'œ' | 'Œ' => "oe",
            'ø' | 'Ø' => "o",
            'ł' | 'Ł' => "l",
            'đ' | 'Đ' | 'ð' | 'Ð' => "d",
            'þ' | 'Þ' => "th",
            'ı' => "i",
            _ => "",
        };
        match words.last_mut() {
            Some(word) if character.is_ascii_alphanumeric() => {
                word.push(character.to_ascii_lowercase())
            }
            Some(word) if !letters.is_empty() => word.push_str(letters),
            // What marks a letter and what shortens a word does not end it; nor does a letter that is dropped.
            _ if character.is_alphanumeric()
                || matches!(character, '\'' | '’' | '\u{300}'..='\u{36f}') => {}
            _ => words.push(String::new()),
        }
    }
    let mut slug = String::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        if slug.is_empty() {
            slug.extend(word.chars().take(LONGEST_SLUG));
        } else if slug.len() + 1 + word.len() <= LONGEST_SLUG {
            slug.push('_');
            slug.push_str(word);
        } else {
            break;
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn messages_become_slugs() {
        let cases = [
            ("Add page_count to books", "add_page_count_to_books"),
            ("  add   it!! ", "add_it"),
            ("don’t drop user's e-mail", "dont_drop_users_e_mail"),
            ("größe für naïve Łódź", "grosse_fur_naive_lodz"),
            ("ﬁrst ①", "first_1"),
            ("добавить books 書", "books"),
            ("書", "revision"),
            ("", "revision"),
            ("type", "type"),
            ("../../etc/passwd", "etc_passwd"),
        ];
        for (message, expected) in cases {
            assert_eq!(
                Revision::new(at("2026-11-23T10:15:00Z"), message).slug(),
                expected,
                "{message}"
            );
        }
        let long = Revision::new(at("2026-11-23T10:15:00Z"), &"books ".repeat(30));
        assert_eq!(long.slug(), ["books"; 10].join("_"));
        let long = Revision::new(at("2026-11-23T10:15:00Z"), &"b".repeat(100));
        assert_eq!(long.slug(), "b".repeat(60));
    }

    #[test]
    fn names_are_read_back() {
        let revision = Revision::new(at("2026-11-23T10:15:07.9Z"), "x");
        assert_eq!(revision.name(), "m20261123_101507_x");
        assert_eq!(revision.to_string(), revision.name());
        assert_eq!(Revision::parse("m20261123_101507_x"), Some(revision));
        assert!(Revision::parse("m20220101_000001_create_table").is_some());
        for name in [
            "",
            "m",
            "mod",
            "x",
            "20261123_101500_x",
            "m20261123_101500",
            "m20261123_101500_",
            "m20261323_101500_x",
            "m20261123_251500_x",
            "m20261123_101560_x",
            "m2026112_3101500_x",
            "m20261123_101500_x-y",
            "m20261123_101500_x.y",
            "m20261123_101500_../x",
            "m+0261123_101500_x",
            "m2026112é_101500_x",
            "self",
        ] {
            assert_eq!(Revision::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_revision_never_comes_before_the_newest() {
        let newest = Revision::parse("m20261123_101559_a").unwrap();
        let moved = |name: &str| Revision::parse(name).unwrap().after(&newest).name();
        assert_eq!(moved("m20261123_101559_b"), "m20261123_101600_b");
        assert_eq!(moved("m20200101_000000_b"), "m20261123_101600_b");
        assert_eq!(moved("m20261123_101600_b"), "m20261123_101600_b");
        assert_eq!(moved("m20270101_000000_b"), "m20270101_000000_b");
        let last = Revision::parse("m99991231_235959_a").unwrap();
        assert_eq!(last.after(&last), last);
    }
}
