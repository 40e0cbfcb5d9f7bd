//! Texts as a reader sees them: without the marks that files, web pages and spreadsheets need.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use super::{Cell, entities, html, mangled};
use crate::query::shortened;

/// The longest name or number between `&` and `;`.
const LONGEST_ENTITY: usize = 10;

/// What a reader sees: entities of HTML are their characters, and white space of any kind and length is one space, as are line breaks
/// of HTML.
pub fn shown(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let text = mangled::mended(text);
    let text = lines(&text).collect::<Vec<_>>().join(" ");
    let decoded = decoded(&text);
    let mut shown = String::with_capacity(decoded.len());
    for c in decoded.chars().filter(|c| !is_invisible(*c)) {
        match c.is_whitespace() {
            true if shown.ends_with(' ') => {}
            true => shown.push(' '),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A title as a reader sees it, without the mark that separates it from what follows in the records of libraries: `Emma /`.
pub fn title(text: &str) -> Cow<'_, str> {
    let text = text.trim_end();
    let whole = text.strip_suffix(['/', ':', ';', '=']).filter(|rest| rest.ends_with(' '));
    shown(whole.map_or(text, str::trim_end))
}

/// Names as a reader sees them: what programs put between several, a bar or a line break, becomes a semicolon, and the comma after
/// a family name without others goes.
pub fn names(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let text = text.strip_prefix("by ").unwrap_or(text);
    if !text.contains(['|', '\n', '<']) && !text.ends_with(',') {
        return shown(text);
    }
    let names = text.split(['|', '\n']).flat_map(lines).map(|name| {
        let name = shown(name);
        name.trim().trim_end_matches(',').to_owned()
    });
    names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("; ").into()
}

/// The beginning of a text that has more characters or bytes than there is room for, up to a word if there is one near.
pub fn beginning(text: &str, longest: usize, most_bytes: usize) -> Option<String> {
    if text.len() <= longest.min(most_bytes) {
        return None;
    }
    let is_within = |(at, c): &(usize, char)| at + c.len_utf8() <= most_bytes;
    let room = text.char_indices().take(longest).take_while(is_within);
    let end = room.last().map_or(0, |(at, c)| at + c.len_utf8());
    let (beginning, rest) = text.split_at_checked(end).filter(|(_, rest)| !rest.is_empty())?;
    // Of the last characters the ellipsis takes the place, which has three bytes.
    let kept = beginning
        .char_indices()
        .rev()
        .nth(2)
        .map_or("", |(at, _)| beginning.get(..at).unwrap_or_default());
    let word = kept.rfind(' ').filter(|at| at * 2 > kept.len() && !rest.starts_with(' '));
    let kept = word.and_then(|at| kept.get(..at)).unwrap_or(kept);
    Some(format!("{}…", kept.trim_end_matches([' ', ',', ';', ':'])))
}

/// The lines between `<br>`, `<br/>` and `<br />`.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut tags = memchr::memchr_iter(b'<', text.as_bytes());
        let end = tags.find_map(|at| Some((at, at + line_break(text.get(at..)?)?)));
        rest = end.and_then(|(_, after)| text.get(after..));
        text.get(..end.map_or(text.len(), |(at, _)| at))
    })
}

/// The length of the line break with which a text begins.
fn line_break(text: &str) -> Option<usize> {
    let tag = text.get(..3).filter(|tag| tag.eq_ignore_ascii_case("<br"))?;
    let rest = text.get(tag.len()..)?.trim_start_matches([' ', '/']);
    rest.starts_with('>').then(|| text.len() - rest.len() + 1)
}

/// The text on one line, as a file of our own has it: only line breaks and tabs become spaces.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\t', '\n', '\r']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", " ").replace(['\t', '\n', '\r'], " "))
}

/// A text of at most so many characters for a member that may be absent.
pub fn short(name: &str, written: &str, longest: usize) -> Cell<String> {
    fitting(name, &shown(written), longest)
}

/// The same, as a file of our own has it.
pub fn exact(name: &str, written: &str, longest: usize) -> Cell<String> {
    fitting(name, &on_one_line(written), longest)
}

fn fitting(name: &str, text: &str, longest: usize) -> Cell<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length > longest {
        let text = shortened(text, 30);
        return Err(format!(
            "{name} `{text}` has {length} characters, at most {longest} are stored"
        ));
    }
    if text.contains(char::is_control) {
        return Err(format!("{name} `{}` has a control character", shortened(text, 30)));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A text of several lines, of at most so many characters, without tags and entities of HTML.
pub fn paragraphs(name: &str, written: &str, longest: usize) -> Cell<String> {
    let mended = mangled::mended(written);
    let plain = html::text(&mended);
    let text: String = decoded(&plain).chars().filter(|c| !is_invisible(*c)).collect();
    as_written(name, &text, longest)
}

/// A text of several lines, of at most so many characters, as a file of our own has it.
pub fn as_written(name: &str, written: &str, longest: usize) -> Cell<String> {
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let text: String = written.trim().chars().filter(is_kept).collect();
    let length = text.chars().count();
    if length > longest {
        let text = shortened(&text, 30);
        return Err(format!(
            "{name} `{text}` has {length} characters, at most {longest} are stored"
        ));
    }
    Ok((!text.is_empty()).then_some(text))
}

/// A number with its signs in ASCII: digits and letters of full width, every dash and every space, without what is not seen.
pub fn folded(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let folded = text.chars().filter(|c| !is_invisible(*c)).map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => from_full_width(c),
        '\u{660}'..='\u{669}' => digit(c, '\u{660}'),
        '\u{6f0}'..='\u{6f9}' => digit(c, '\u{6f0}'),
        // The Cyrillic letter that looks like an X.
        '\u{425}' | '\u{445}' => 'X',
        c if is_dash(c) => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    Cow::Owned(folded.collect::<String>().trim().to_owned())
}

/// Whether every byte is shown as it is, which is so for nearly all texts. Without early exits the loops are vectorised.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_odd =
        bytes.iter().fold(false, |odd, byte| odd | (*byte < b' ') | matches!(*byte, b'&' | b'<'));
    let next = bytes.get(1..).unwrap_or_default();
    let has_run =
        bytes.iter().zip(next).fold(false, |run, (a, b)| run | ((*a == b' ') & (*b == b' ')));
    !is_odd
        && !has_run
        && (text.is_ascii()
            || !(mangled::may_be(text)
                || text.chars().any(|c| is_invisible(c) || is_other_space(c))))
}

fn is_other_space(c: char) -> bool {
    c != ' ' && c.is_whitespace()
}

/// Characters without a width that say nothing between letters: control characters, the soft hyphen, a byte order mark, the
/// zero-width space and the word joiner. Joiners of scripts and of emoji stay.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{feff}' | '\u{200b}' | '\u{2060}')
        || (c.is_control() && !c.is_whitespace())
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}')
}

fn from_full_width(c: char) -> char {
    u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c)
}

fn digit(c: char, zero: char) -> char {
    char::from_digit(u32::from(c) - u32::from(zero), 10).unwrap_or(c)
}

fn decoded(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let (plain, mut rest) = text.split_at(first);
    let mut decoded = plain.to_owned();
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        match entity(after) {
            Some((character, length)) => {
                decoded.push(character);
                rest = after.get(length..).unwrap_or_default();
            }
            None => {
                decoded.push('&');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character that follows `&`, and the length of its name with the semicolon.
fn entity(after: &str) -> Option<(char, usize)> {
    let end = after.bytes().take(LONGEST_ENTITY + 1).position(|byte| byte == b';')?;
    let name = after.get(..end)?;
    let character = match name.strip_prefix('#') {
        None => entities::named(name)?,
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => numbered(u32::from_str_radix(hex, 16).ok()?)?,
            None => numbered(number.parse().ok()?)?,
        },
    };
    Some((character, end + 1))
}

/// As browsers read it: the numbers of control characters mean those of Windows-1252.
fn numbered(number: u32) -> Option<char> {
    let character = match u8::try_from(number) {
        Ok(byte @ 0x80..=0x9f) => WINDOWS_1252.decode(&[byte]).0.chars().next()?,
        _ => char::from_u32(number)?,
    };
    (character.is_whitespace() || !character.is_control()).then_some(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_become_what_a_reader_sees() {
        for (written, seen) in [
            ("Clean Code", "Clean Code"),
            ("The Paper Garden\nA Novel", "The Paper Garden A Novel"),
            ("Two \r\n  lines\tand\u{a0}\u{2003}spaces", "Two lines and spaces"),
            ("War &amp; Peace", "War & Peace"),
            ("Caf&eacute; &#8211; &#x2019;n&#39; &quot;x&quot;", "Café – ’n' \"x\""),
            ("it&#146;s&nbsp;mine", "it’s mine"),
            ("AT&T; R&D, &unknown; &#0; &#xd800; &;", "AT&T; R&D, &unknown; &#0; &#xd800; &;"),
            ("&amp;amp; & more&", "&amp; & more&"),
            ("soft\u{ad}hyphen\u{feff} \u{200b}zero", "softhyphen zero"),
            ("bell\u{7} and\u{83} null\0", "bell and null"),
            ("CafÃ© &amp; â€™", "Café & ’"),
            ("one<br>two<BR />three", "one two three"),
            ("a < b <i>c</i> <brand> <br", "a < b <i>c</i> <brand> <br"),
            ("می\u{200c}خواهم 👩\u{200d}🚀", "می\u{200c}خواهم 👩\u{200d}🚀"),
        ] {
            assert_eq!(shown(written), seen, "{written:?}");
        }
        for (written, seen) in
            [("Emma /", "Emma"), ("Emma : ", "Emma"), ("Who/", "Who/"), ("/", "/")]
        {
            assert_eq!(title(written), seen, "{written:?}");
        }
        for (written, seen) in [
            ("Finch, Ada", "Finch, Ada"),
            ("Aldrin, Buzz|Barnes, John", "Aldrin, Buzz; Barnes, John"),
            ("Ada Finch | Ben Okoro", "Ada Finch; Ben Okoro"),
            ("Homer, ", "Homer"),
            ("by Ada Finch", "Ada Finch"),
            ("Homer, |Ovid,", "Homer; Ovid"),
            ("Ada Finch<br>Ben Okoro\n", "Ada Finch; Ben Okoro"),
            ("Ada Finch\r\nBen &amp; Co", "Ada Finch; Ben & Co"),
            (" | ", ""),
        ] {
            assert_eq!(names(written), seen, "{written:?}");
        }
        assert_eq!(beginning("Two words", 9, 9), None);
        assert_eq!(beginning("Two words", 8, 99).as_deref(), Some("Two…"));
        assert_eq!(beginning("Onelongword", 6, 99).as_deref(), Some("One…"));
        assert_eq!(beginning("ééééé", 5, 99), None);
        assert_eq!(beginning("ééééé", 5, 8).as_deref(), Some("é…"));
        assert_eq!(on_one_line("a  b\r\nc &amp; d"), "a  b c &amp; d");
        assert_eq!(folded(" ９７８‐0−3\u{200b}\u{a0}٤۵Ｘ "), "978-0-3 45X");
    }

    proptest! {
        #[test]
        fn any_text_has_a_title_names_and_paragraphs(text in "[aÃ©â€|<br/>,; \\n&]{0,30}|\\PC{0,30}", longest in 0usize..20) {
            prop_assert!(!names(&text).contains(['|', '\n']) && !title(&text).contains('\n'));
            prop_assert!(beginning(&text, longest, 30).is_none_or(|cut| cut.chars().count() <= longest.max(1)));
            drop(paragraphs("description", &text, 40));
        }

        #[test]
        fn no_text_has_runs_of_spaces_and_plain_text_stays(text in "[a &;#\\n\\t\u{a0}é]{0,20}|\\PC{0,20}") {
            let seen = shown(&text);
            prop_assert!(!seen.contains("  ") && !seen.contains(is_other_space), "{:?}", seen);
            if !seen.contains('&') {
                prop_assert_eq!(shown(&seen), &*seen);
            }
        }
    }
}
