//! A place in a list of tokens, and the small steps that every definition is read with.

use super::token::{Token, head};

/// Reads tokens one by one.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t, 'a> {
    rest: &'t [Token<'a>],
}

impl<'t, 'a> Cursor<'t, 'a> {
    /// Begins at the first token.
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { rest: tokens }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'t [Token<'a>] {
        self.rest
    }

    /// The next token, not read yet.
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.rest.first().copied()
    }

    /// Reads a token.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Whether these keywords come next.
    pub(super) fn sees(&self, keywords: &[&str]) -> bool {
        keywords.len() <= self.rest.len()
            && keywords.iter().zip(self.rest).all(|(keyword, token)| token.is(keyword))
    }

    /// Reads these keywords if they come next.
    pub(super) fn eat(&mut self, keywords: &[&str]) -> bool {
        let seen = self.sees(keywords);
        if seen {
            self.rest = self.rest.get(keywords.len()..).unwrap_or_default();
        }
        seen
    }

    /// Whether this mark comes next.
    pub(super) fn sees_mark(&self, mark: &str) -> bool {
        self.peek().is_some_and(|token| token.is_mark(mark))
    }

    /// Reads this mark if it comes next.
    pub(super) fn eat_mark(&mut self, mark: &str) -> bool {
        let seen = self.sees_mark(mark);
        if seen {
            self.next();
        }
        seen
    }

    /// Reads these keywords.
    pub(super) fn expect(&mut self, keywords: &[&str]) -> Result<(), String> {
        if self.eat(keywords) { Ok(()) } else { Err(self.unexpected(&keywords.join(" "))) }
    }

    /// Reads a name.
    pub(super) fn name(&mut self) -> Result<String, String> {
        let name = self.peek().and_then(|token| token.name());
        let name = name.ok_or_else(|| self.unexpected("a name"))?;
        self.next();
        Ok(name)
    }

    /// Reads a name with the schema that may stand before it, and answers the name.
    pub(super) fn qualified_name(&mut self) -> Result<String, String> {
        let name = self.name()?;
        if self.eat_mark(".") { self.name() } else { Ok(name) }
    }

    /// Reads what stands in parentheses, and answers what is inside.
    pub(super) fn group(&mut self) -> Result<&'t [Token<'a>], String> {
        if !self.eat_mark("(") {
            return Err(self.unexpected("`(`"));
        }
        let inside = self.rest;
        let mut depth = 1_usize;
        for (place, token) in inside.iter().enumerate() {
            if token.is_mark("(") {
                depth += 1;
            } else if token.is_mark(")") {
                depth -= 1;
            }
            if depth == 0 {
                self.rest = inside.get(place + 1..).unwrap_or_default();
                return Ok(inside.get(..place).unwrap_or_default());
            }
        }
        Err("a parenthesis is not closed".to_owned())
    }

    /// The message that something else was expected here.
    pub(super) fn unexpected(&self, expected: &str) -> String {
        match self.peek() {
            Some(token) => format!("expected {expected} at `{}`", head(token.text)),
            None => format!("expected {expected} at the end"),
        }
    }
}

/// Cuts a list at its commas, those inside of parentheses excepted.
pub(super) fn split<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_usize;
    let comma = |token: &Token<'_>| {
        if token.is_mark("(") {
            depth += 1;
        } else if token.is_mark(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is_mark(",")
    };
    tokens.split(comma).collect()
}
