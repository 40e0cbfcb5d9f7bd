//! Which parts of a text a search has found, marked for HTML.

use crate::{folding, kind::Code};

/// Words of a search, to be marked in texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Highlighter {
    words: Vec<Vec<char>>,
    /// The words and the whole text, as they are written.
    written: Vec<String>,
}

impl Highlighter {
    /// For the text of a search.
    pub fn new(q: &str) -> Self {
        let words = q.split_whitespace().flat_map(folding::parts);
        let mut words: Vec<Vec<char>> =
            words.map(|word| folded(&crate::text::clean(word)).collect()).collect();
        words.retain(|word| !word.is_empty());
        // Where several begin, the longest is marked.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let written = q.split_whitespace().chain([q]).map(str::to_owned).collect();
        Self { words, written }
    }

    /// A code that the search is for, in any of its spellings, marked as a whole.
    pub fn mark_code(&self, stored: &str, code: &Code) -> Option<String> {
        let is_it = |written: &String| (code.read)(written).is_ok_and(|read| read == stored);
        self.written.iter().any(is_it).then(|| format!("<mark>{stored}</mark>"))
    }

    /// The text as HTML in which every word is in `<mark>`, in any case; `None` if it contains none of them.
    pub fn mark(&self, text: &str) -> Option<String> {
        let letters: Vec<char> = text.chars().collect();
        // A letter may be compared as two, or as none.
        let each = letters.iter().enumerate();
        let compared: Vec<(usize, char)> = each
            .flat_map(|(place, letter)| {
                folded(letter.encode_utf8(&mut [0; 4])).map(move |c| (place, c)).collect::<Vec<_>>()
            })
            .collect();
        let mut is_found = vec![false; letters.len()];
        for start in 0..compared.len() {
            let rest = compared.get(start..).unwrap_or_default();
            let begins = |word: &&Vec<char>| {
                word.len() <= rest.len() && word.iter().zip(rest).all(|(a, (_, b))| a == b)
            };
            let longest = self.words.iter().find(begins).map_or(0, Vec::len);
            if let (Some((first, _)), Some((last, _))) =
                (rest.first(), longest.checked_sub(1).and_then(|last| rest.get(last)))
            {
                is_found.get_mut(*first..=*last).unwrap_or_default().fill(true);
            }
        }
        if !is_found.contains(&true) {
            return None;
        }
        let (mut marked, mut is_open) = (String::with_capacity(text.len() + 13), false);
        for (letter, is_found) in letters.into_iter().zip(is_found) {
            if is_found != is_open {
                marked.push_str(if is_found { "<mark>" } else { "</mark>" });
                is_open = is_found;
            }
            push_escaped(&mut marked, letter);
        }
        if is_open {
            marked.push_str("</mark>");
        }
        Some(marked)
    }
}

/// The letters of a text as a search compares them: without accents and case.
fn folded(text: &str) -> impl Iterator<Item = char> + use<> {
    let folded: Vec<char> = folding::folded(text).chars().flat_map(char::to_lowercase).collect();
    folded.into_iter()
}

fn push_escaped(html: &mut String, letter: char) {
    match letter {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        '\'' => html.push_str("&#39;"),
        other => html.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_marked_in_any_case_and_nothing_else_is_html() {
        for (q, text, expected) in [
            ("code", "Clean Code", Some("Clean <mark>Code</mark>")),
            ("CODE clean", "clean code", Some("<mark>clean</mark> <mark>code</mark>")),
            ("an", "Banana", Some("B<mark>anan</mark>a")),
            ("a ab", "abab a", Some("<mark>abab</mark> <mark>a</mark>")),
            ("élan", "Vital ÉLAN", Some("Vital <mark>ÉLAN</mark>")),
            (
                "b",
                "<b>&\"b'</b>",
                Some("&lt;<mark>b</mark>&gt;&amp;&quot;<mark>b</mark>&#39;&lt;/<mark>b</mark>&gt;"),
            ),
            ("<mark>", "a <mark> b", Some("a <mark>&lt;mark&gt;</mark> b")),
            ("x", "Clean Code", None),
            ("", "Clean Code", None),
            ("x", "", None),
            ("aa", "aaa", Some("<mark>aaa</mark>")),
            ("elan", "Vital Élan", Some("Vital <mark>Élan</mark>")),
            ("strasse", "Straße 7", Some("<mark>Straße</mark> 7")),
            ("dont", "Don't look", Some("<mark>Don&#39;t</mark> look")),
            ("spider-man", "Spider Man", Some("<mark>Spider</mark> <mark>Man</mark>")),
            ("-", "a - b", None),
        ] {
            assert_eq!(Highlighter::new(q).mark(text).as_deref(), expected, "{q} in {text}");
        }
    }
}
