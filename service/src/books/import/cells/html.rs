//! Texts with tags of HTML, as catalogues keep their descriptions.

use std::borrow::Cow;

/// Tags between lines, and those that say how a text looks.
const BLOCKS: [&str; 13] =
    ["p", "br", "div", "li", "ul", "ol", "tr", "hr", "h1", "h2", "h3", "h4", "blockquote"];
const INLINE: [&str; 14] = [
    "b", "i", "u", "em", "strong", "span", "a", "font", "sup", "sub", "small", "strike", "cite",
    "td",
];

/// Bytes of the longest tag.
const LONGEST: usize = 1000;

/// The text without its tags; a text with other things between angle brackets stays as it is there.
pub fn text(html: &str) -> Cow<'_, str> {
    if !html.contains('<') {
        return Cow::Borrowed(html);
    }
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        match length(tag) {
            Some((length, is_block)) => {
                if is_block && !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                rest = tag.get(length..).unwrap_or_default();
            }
            None => {
                text.push('<');
                rest = tag;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The length of a tag without its first bracket, and whether it stands between lines.
fn length(tag: &str) -> Option<(usize, bool)> {
    let bytes = tag.as_bytes();
    let end = memchr::memchr(b'>', bytes.get(..LONGEST).unwrap_or(bytes))?;
    let inner = tag.get(..end)?.trim_start_matches('/');
    let name = inner.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    (is(&BLOCKS) || is(&INLINE)).then(|| (end + 1, is(&BLOCKS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_left_out_and_blocks_are_lines() {
        for (html, expected) in [
            ("plain", "plain"),
            ("<div>\n<p class=\"x\">One <b>two</b>.</p><p>Three</p></div>", "\nOne two.\nThree\n"),
            ("a<br>b<BR/>c", "a\nb\nc"),
            ("1 < 2 and <brand> <3", "1 < 2 and <brand> <3"),
            ("<", "<"),
        ] {
            assert_eq!(text(html), expected);
        }
    }
}
