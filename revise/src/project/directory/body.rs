//! What a function answers that lists migrations: the elements of the list, and where the next one goes.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Block, Expr, ExprCall, GenericArgument, Item, Local, Macro, MacroDelimiter, Pat,
    PathArguments, Stmt, Token, Type,
    punctuated::{Pair, Punctuated},
    spanned::Spanned as _,
};

use super::{edit::part, module::is_conditional, source::line};

/// What a function does.
pub(super) enum Body {
    /// It has the list.
    List(List),
    /// It calls the function of this path.
    Call(Vec<String>),
}

/// A list; every range is one of bytes.
pub(super) struct List {
    /// Those between the brackets, and then those that are pushed.
    pub(super) elements: Vec<Element>,
    /// What is between the brackets of `vec![…]`, where there are some.
    pub(super) brackets: Option<Range<usize>>,
    pub(super) place: Place,
    /// What is imported inside of the function.
    pub(super) local: Vec<Item>,
    /// Whether nothing says the type of its elements but the first of them.
    pub(super) is_inferred: bool,
}

/// Where the next element goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Between the brackets.
    Brackets,
    /// In the place of `Vec::new()`.
    Nothing(Range<usize>),
    /// After this statement, as `list.push(…);`.
    Push { list: String, after: usize },
}

/// One element of the list.
#[derive(Debug)]
pub(super) struct Element {
    /// The expression with its attributes.
    pub(super) range: Range<usize>,
    /// Where the comma after it ends.
    pub(super) comma: Option<usize>,
    /// `list.push(…);`, where it is not between the brackets.
    pub(super) statement: Option<Range<usize>>,
    /// The paths in it, the likeliest first.
    pub(super) paths: Vec<Vec<String>>,
    /// Such as ` as Box<dyn MigrationTrait>`; empty where there is none.
    pub(super) cast: Range<usize>,
    pub(super) is_conditional: bool,
}

/// What is not understood: where it stands.
pub(super) struct Unclear {
    pub(super) line: usize,
    pub(super) text: String,
    /// What is wrong with it, where that is known.
    pub(super) hint: &'static str,
}

impl Unclear {
    /// What stands in a range.
    pub(super) fn at(text: &str, range: Range<usize>) -> Self {
        let found = part(text, range.clone()).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut shown = found.chars().take(60).collect::<String>();
        if shown.len() < found.len() {
            shown.push('…');
        }
        Self { line: line(text, range.start), text: shown, hint: "" }
    }
}

/// Reads a function.
pub(super) fn read(text: &str, block: &Block) -> Result<Body, Unclear> {
    let unclear = |range| Unclear::at(text, range);
    let Some((last, before)) = block.stmts.split_last() else {
        return Err(unclear(block.span().byte_range()));
    };
    let answer = match last {
        Stmt::Expr(answer, None) => answer,
        Stmt::Expr(Expr::Return(answer), Some(_)) => {
            answer.expr.as_deref().ok_or_else(|| unclear(last.span().byte_range()))?
        }
        Stmt::Macro(statement) if statement.semi_token.is_none() => {
            let list =
                brackets(&statement.mac).ok_or_else(|| unclear(statement.span().byte_range()))?;
            return Ok(Body::List(finish(list, before)));
        }
        other => return Err(unclear(other.span().byte_range())),
    };
    let answer = core(answer);
    match answer {
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) => match variable(text, before, &name.to_string())? {
                Some(list) => Ok(Body::List(finish(list, before))),
                None => Err(unclear(answer.span().byte_range())),
            },
            None => Err(unclear(answer.span().byte_range())),
        },
        Expr::Call(call) if is_empty(call) => {
            Ok(Body::List(finish(nothing(answer.span().byte_range()), before)))
        }
        Expr::Call(call) if call.args.is_empty() => match &*call.func {
            Expr::Path(function) => Ok(Body::Call(segments(&function.path))),
            other => Err(unclear(other.span().byte_range())),
        },
        other => literal(other)
            .map(|list| Body::List(finish(list, before)))
            .ok_or_else(|| unclear(other.span().byte_range())),
    }
}

fn nothing(range: Range<usize>) -> List {
    List { place: Place::Nothing(range), brackets: None, ..bracketed(Vec::new(), 0..0) }
}

fn bracketed(elements: Vec<Element>, inner: Range<usize>) -> List {
    let (brackets, place) = (Some(inner), Place::Brackets);
    List { elements, brackets, place, local: Vec::new(), is_inferred: false }
}

/// Adds what the function imports.
fn finish(mut list: List, statements: &[Stmt]) -> List {
    list.local = statements
        .iter()
        .filter_map(|statement| match statement {
            Stmt::Item(item @ Item::Use(_)) => Some(item.clone()),
            _ => None,
        })
        .collect();
    list
}

/// An expression without what changes nothing about it.
fn core(expression: &Expr) -> &Expr {
    match expression {
        Expr::Paren(inner) => core(&inner.expr),
        Expr::Group(inner) => core(&inner.expr),
        Expr::Return(inner) => inner.expr.as_deref().map_or(expression, core),
        Expr::Block(inner) if inner.label.is_none() => match inner.block.stmts.as_slice() {
            [Stmt::Expr(only, None)] => core(only),
            _ => expression,
        },
        Expr::MethodCall(call) if call.args.is_empty() => match call.method.to_string().as_str() {
            "into" | "into_vec" | "into_iter" | "collect" => core(&call.receiver),
            _ => expression,
        },
        Expr::Call(call) => match (&*call.func, call.args.first(), call.args.len()) {
            (Expr::Path(function), Some(argument), 1)
                if ends_with(&function.path, "Vec", &["from", "from_iter"])
                    || (ends_with(&function.path, "Box", &["new"])
                        && matches!(core(argument), Expr::Array(_))) =>
            {
                core(argument)
            }
            _ => expression,
        },
        _ => expression,
    }
}

/// `Vec::new()` and its like.
fn is_empty(call: &ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else { return false };
    ends_with(&function.path, "Vec", &["new", "default", "with_capacity"])
        || ends_with(&function.path, "Default", &["default"])
}

fn ends_with(path: &syn::Path, kind: &str, functions: &[&str]) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|last| functions.iter().any(|name| last == name))
        && names.next().is_some_and(|name| name == kind)
}

/// `vec![…]` or `[…]`
fn literal(expression: &Expr) -> Option<List> {
    match expression {
        Expr::Macro(expression) => brackets(&expression.mac),
        Expr::Array(array) => {
            let inner = array.bracket_token.span;
            let inner = inner.open().byte_range().end..inner.close().byte_range().start;
            Some(bracketed(array.elems.pairs().map(element).collect(), inner))
        }
        _ => None,
    }
}

fn brackets(found: &Macro) -> Option<List> {
    if found.path.segments.last().is_none_or(|name| name.ident != "vec") {
        return None;
    }
    let delimiters = match &found.delimiter {
        MacroDelimiter::Paren(delimiter) => delimiter.span,
        MacroDelimiter::Brace(delimiter) => delimiter.span,
        MacroDelimiter::Bracket(delimiter) => delimiter.span,
    };
    let inner = delimiters.open().byte_range().end..delimiters.close().byte_range().start;
    let elements = found.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    Some(bracketed(elements.pairs().map(element).collect(), inner))
}

fn element(pair: Pair<&Expr, &Token![,]>) -> Element {
    let expression = *pair.value();
    let mut paths = Vec::new();
    collect(expression, &mut paths);
    let range = expression.span().byte_range();
    let cast = match expression {
        Expr::Cast(cast) => cast.expr.span().byte_range().end..range.end,
        _ => range.end..range.end,
    };
    Element {
        range,
        comma: pair.punct().map(|comma| comma.span.byte_range().end),
        statement: None,
        paths,
        cast,
        is_conditional: is_conditional(attributes(expression)),
    }
}

fn attributes(expression: &Expr) -> &[Attribute] {
    match expression {
        Expr::Call(expression) => &expression.attrs,
        Expr::Cast(expression) => match expression.attrs.as_slice() {
            // `#[cfg(…)] a as b` may belong to either.
            [] => attributes(&expression.expr),
            own => own,
        },
        Expr::MethodCall(expression) => &expression.attrs,
        Expr::Path(expression) => &expression.attrs,
        Expr::Struct(expression) => &expression.attrs,
        Expr::Macro(expression) => &expression.attrs,
        Expr::Block(expression) => &expression.attrs,
        _ => &[],
    }
}

/// The paths in an expression: of arguments before those of functions.
fn collect(expression: &Expr, paths: &mut Vec<Vec<String>>) {
    match expression {
        Expr::Path(expression) => path(&expression.path, paths),
        Expr::Struct(expression) => path(&expression.path, paths),
        Expr::Cast(expression) => collect(&expression.expr, paths),
        Expr::Paren(expression) => collect(&expression.expr, paths),
        Expr::Group(expression) => collect(&expression.expr, paths),
        Expr::Reference(expression) => collect(&expression.expr, paths),
        Expr::MethodCall(call) => {
            collect(&call.receiver, paths);
            call.args.iter().for_each(|argument| collect(argument, paths));
        }
        Expr::Call(call) => {
            call.args.iter().for_each(|argument| collect(argument, paths));
            collect(&call.func, paths);
        }
        _ => {}
    }
}

fn path(found: &syn::Path, paths: &mut Vec<Vec<String>>) {
    // `Box::<m1::Migration>::default()`
    for segment in &found.segments {
        if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
            for argument in &arguments.args {
                if let GenericArgument::Type(Type::Path(kind)) = argument {
                    paths.push(segments(&kind.path));
                }
            }
        }
    }
    paths.push(segments(found));
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// `let list = vec![…];`, and each `list.push(…);` after it.
fn variable(text: &str, statements: &[Stmt], name: &str) -> Result<Option<List>, Unclear> {
    let unclear = |statement: &Stmt| Unclear::at(text, statement.span().byte_range());
    let mut found: Option<List> = None;
    for statement in statements {
        if let Stmt::Local(local) = statement
            && binds(local, name)
        {
            let value = local.init.as_ref().filter(|init| init.diverge.is_none());
            let value = value.map(|init| core(&init.expr)).ok_or_else(|| unclear(statement))?;
            let mut list = match value {
                Expr::Call(call) if is_empty(call) => nothing(value.span().byte_range()),
                other => literal(other).ok_or_else(|| unclear(statement))?,
            };
            list.is_inferred = !matches!(local.pat, Pat::Type(_));
            found = Some(list);
        } else if let Some(list) = &mut found
            && mentions(text, statement, name)
        {
            let pushed = push(statement, name).ok_or_else(|| unclear(statement))?;
            let after = statement.span().byte_range().end;
            list.place = Place::Push { list: name.to_owned(), after };
            list.elements.push(pushed);
        }
    }
    Ok(found)
}

fn binds(local: &Local, name: &str) -> bool {
    let pattern = match &local.pat {
        Pat::Type(typed) => &*typed.pat,
        other => other,
    };
    matches!(pattern, Pat::Ident(found) if found.ident == name)
}

/// Whether a name occurs in a statement.
fn mentions(text: &str, statement: &Stmt, name: &str) -> bool {
    fn has(tokens: TokenStream, name: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(found) => found == name,
            TokenTree::Group(group) => has(group.stream(), name),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    let code = part(text, statement.span().byte_range());
    code.parse().is_ok_and(|tokens| has(tokens, name))
}

/// `list.push(…);`
fn push(statement: &Stmt, name: &str) -> Option<Element> {
    let Stmt::Expr(Expr::MethodCall(call), Some(_)) = statement else { return None };
    let Expr::Path(receiver) = &*call.receiver else { return None };
    let pushes = receiver.path.is_ident(name) && call.method == "push" && call.args.len() == 1;
    let argument = call.args.pairs().next().filter(|_| pushes)?;
    let mut pushed = element(argument);
    pushed.statement = Some(statement.span().byte_range());
    pushed.comma = None;
    pushed.is_conditional |= is_conditional(&call.attrs);
    Some(pushed)
}
