//! Descriptions: plain text, HTML in a text, or XHTML elements, as paragraphs.

use quick_xml::escape::resolve_html5_entity;

use crate::{
    text::some,
    xml::{Element, Node},
};

/// Elements that begin a paragraph.
const BLOCKS: [&str; 14] =
    ["p", "br", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "blockquote"];
/// The formats of a text that is not HTML: ASCII and plain text.
const PLAIN: [&str; 2] = ["06", "07"];

/// The paragraphs of a text, separated by empty lines.
pub(super) fn paragraphs(element: &Element) -> Option<String> {
    let mut text = String::new();
    if element.elements().next().is_some() {
        collect(element, &mut text);
    } else {
        let whole = element.text();
        let is_plain =
            element.attribute("textformat").is_some_and(|format| PLAIN.contains(&format));
        if is_plain || !whole.contains(['<', '&']) {
            text = whole.replace("\r\n", "\n").replace("\n\n", "\u{1E}");
        } else {
            strip_tags(&whole, &mut text);
        }
    }
    let paragraphs: Vec<_> = text.split('\u{1E}').filter_map(some).collect();
    Some(paragraphs.join("\n\n")).filter(|text| !text.is_empty())
}

fn is_block(name: &str) -> bool {
    BLOCKS.iter().any(|block| name.eq_ignore_ascii_case(block))
}

fn collect(element: &Element, text: &mut String) {
    for node in &element.children {
        match node {
            Node::Text(part) => text.push_str(part),
            Node::Element(child) => {
                let mark = if is_block(&child.name) { "\u{1E}" } else { "" };
                text.push_str(mark);
                collect(child, text);
                text.push_str(mark);
            }
        }
    }
}

/// What is between the tags. `a < b` has none.
fn strip_tags(html: &str, text: &mut String) {
    let mut parts = html.split('<');
    push_entities(parts.next().unwrap_or_default(), text);
    for part in parts {
        let is_tag = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match part.split_once('>').filter(|_| is_tag) {
            Some((tag, after)) => {
                let name =
                    tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next();
                if name.is_some_and(is_block) {
                    text.push('\u{1E}');
                }
                push_entities(after, text);
            }
            None => {
                text.push('<');
                push_entities(part, text);
            }
        }
    }
}

fn push_entities(html: &str, text: &mut String) {
    let mut parts = html.split('&');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let entity = part.split_once(';').filter(|(name, _)| name.len() <= 32);
        match entity.and_then(|(name, after)| Some((resolve(name)?, after))) {
            Some((character, after)) => {
                text.push_str(&character);
                text.push_str(after);
            }
            None => {
                text.push('&');
                text.push_str(part);
            }
        }
    }
}

fn resolve(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        return resolve_html5_entity(name).map(str::to_owned);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32).map(String::from)
}
