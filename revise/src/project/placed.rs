//! Where in the file of a migration the call is that a finding is about.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::check::lint::Finding;

/// A call of a method in `up`.
struct Call {
    method: String,
    line: usize,
    /// The texts among its arguments, as they are written.
    texts: Vec<String>,
}

/// The lines of findings about one migration, from the text of its file: of the call that each is about, or else of `up`.
pub(crate) fn lines(source: &str, findings: &[Finding]) -> Vec<Option<usize>> {
    let Some((start, body)) = source.parse().ok().and_then(up) else {
        return vec![None; findings.len()];
    };
    let mut calls = Vec::new();
    find_calls(body, &mut calls);
    let mut taken = vec![0_usize; calls.len()];
    let mut found = Vec::with_capacity(findings.len());
    for finding in findings {
        // Of calls that fit alike, each finding has its own.
        let best = calls
            .iter()
            .enumerate()
            .filter_map(|(place, call)| Some((place, fit(call, finding)?)))
            .max_by_key(|(place, fit)| {
                (*fit, std::cmp::Reverse(taken.get(*place)), std::cmp::Reverse(*place))
            });
        let call = best.and_then(|(place, _)| {
            taken.get_mut(place).iter_mut().for_each(|times| **times += 1);
            calls.get(place)
        });
        found.push(Some(call.map_or(start, |call| call.line)));
    }
    found
}

/// The line and the body of `fn up`.
fn up(tokens: TokenStream) -> Option<(usize, TokenStream)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        let word = |at: usize| match tokens.get(at) {
            Some(TokenTree::Ident(word)) => word.to_string(),
            _ => String::new(),
        };
        if word(place) == "fn" && word(place + 1) == "up" {
            let rest = tokens.get(place..).unwrap_or_default().iter();
            let body = rest.filter_map(|token| match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
                _ => None,
            });
            return body.map(|group| (token.span().start().line, group.stream())).next();
        }
        if let TokenTree::Group(group) = token
            && let Some(found) = up(group.stream())
        {
            return Some(found);
        }
    }
    None
}

fn find_calls(tokens: TokenStream, calls: &mut Vec<Call>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = |back: usize| place.checked_sub(back).and_then(|at| tokens.get(at));
        if group.delimiter() == Delimiter::Parenthesis
            && let (Some(TokenTree::Punct(dot)), Some(TokenTree::Ident(method))) =
                (before(2), before(1))
            && dot.as_char() == '.'
        {
            let mut texts = Vec::new();
            find_texts(group.stream(), &mut texts);
            let line = method.span().start().line;
            calls.push(Call { method: method.to_string(), line, texts });
        }
        find_calls(group.stream(), calls);
    }
}

fn find_texts(tokens: TokenStream, texts: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Literal(literal) => texts.push(literal.to_string()),
            TokenTree::Group(group) => find_texts(group.stream(), texts),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// How well a call fits a finding; `None` where it has nothing to do with it.
fn fit(call: &Call, finding: &Finding) -> Option<usize> {
    let is_named = is_method(finding.rule, &call.method);
    let parts = finding.subject.split('.').flat_map(|part| part.split(", "));
    let named = parts.filter(|part| call.texts.contains(&format!("{part:?}"))).count();
    let fits = named > 0 || is_named && finding.rule == "raw-sql";
    fits.then_some(named * 2 + if is_named { 3 } else { 0 })
}

/// Whether a rule is about a method of a plan.
fn is_method(rule: &str, method: &str) -> bool {
    match rule {
        "narrow-type" | "change-type" => method.starts_with("alter_type"),
        "add-not-null-without-default" | "volatile-default" => method == "add_column",
        "change-primary-key" => method.ends_with("_primary_key"),
        "foreign-key-without-index" => method == "add_foreign_key" || method == "create_table",
        "raw-sql" => method.starts_with("raw_"),
        rule => rule.replace('-', "_") == method,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::lint::Level;

    const FILE: &str = "//! About up.\n#[async_trait]\nimpl MigrationTrait for Migration {\n    async fn up(&self, m: &SchemaManager) {\n\
        \x20       // fn up\n        Plan::new()\n            .add_column(\"book\", Column::new(\"pages\", Type::Integer))\n\
        \x20           .raw_sql(\"a\")\n            .drop_column(\"book\", \"pages\")\n            .raw_sql(\"b\")\n            \
        .drop_column(\n                \"store\",\n                \"pages\",\n            )\n            .apply(m)\n    }\n\
        \x20   async fn down(&self) {\n        Plan::new().drop_table(\"it's\\\"\")\n    }\n}\n";

    fn finding(rule: &'static str, subject: &str) -> Finding {
        let (message, safe) = (String::new(), String::new());
        Finding { rule, level: Level::Danger, subject: subject.to_owned(), message, safe }
    }

    #[test]
    fn a_finding_has_the_line_of_its_call() {
        let findings = [
            finding("drop-column", "book.pages"),
            finding("drop-column", "store.pages"),
            finding("add-not-null-without-default", "book.pages"),
            finding("raw-sql", "sql"),
            finding("raw-sql", "sql"),
            finding("rebuild-of-large-table", "store"),
            finding("drop-table", "elsewhere"),
        ];
        let expected = [9, 11, 7, 8, 10, 11, 4].map(Some);
        assert_eq!(lines(FILE, &findings), expected);
        for nothing in ["", "not { Rust", "fn down() {}"] {
            assert_eq!(lines(nothing, &findings[..1]), [None], "{nothing}");
        }
    }
}
