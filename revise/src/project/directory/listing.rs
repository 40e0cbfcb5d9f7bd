//! Where a Rust file declares its migrations and where it lists them, found by parsing.

use std::ops::Range;

use syn::{
    Block, Expr, File, ImplItem, Item, Macro, MacroDelimiter, Signature, Stmt, Token, Visibility,
    punctuated::{Pair, Punctuated},
    spanned::Spanned as _,
};

use super::edit::{TextEdit, apply, part};
use crate::revision::Revision;

/// What was found; every range is one of bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listing {
    /// The modules of migrations, in the order of the file.
    pub(super) modules: Vec<Module>,
    /// After what a first module goes, where there is none yet.
    pub(super) anchor: Anchor,
    /// The list.
    pub(super) vector: Vector,
}

/// `mod m…;`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) name: String,
    /// All of it, with its attributes.
    pub(super) item: Range<usize>,
    pub(super) ident: Range<usize>,
    /// Such as `pub`; empty where there is none.
    pub(super) visibility: Range<usize>,
}

/// Where a first module goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// After an import or another module that ends here.
    After(usize),
    /// Before the first item, which begins here.
    Before(usize),
}

/// What is between the brackets of `vec![…]`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Vector {
    pub(super) inner: Range<usize>,
    pub(super) entries: Vec<ListEntry>,
}

/// `Box::new(m…::Migration)`, or anything else in the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListEntry {
    /// The module and where it is written, where it is one.
    pub(super) name: Option<(String, Range<usize>)>,
    pub(super) range: Range<usize>,
    /// Where the comma after it ends.
    pub(super) comma: Option<usize>,
}

impl Listing {
    /// What is found in a source without a byte order mark; nothing where it is not exactly one list.
    pub(super) fn parse(source: &str) -> Option<Self> {
        let file: File = syn::parse_str(source).ok()?;
        let mut vectors = bodies(&file).filter_map(|(signature, block)| {
            let returns = part(source, signature.output.span().byte_range());
            if returns.contains("Migration") { tail(block).and_then(vector) } else { None }
        });
        let (Some(vector), None) = (vectors.next(), vectors.next()) else {
            return None;
        };
        let listed = |name: &str| vector.entries.iter().any(|entry| entry.is(name));
        let declared = |item: &Item| match item {
            Item::Mod(item) if item.semi.is_some() => {
                let name = item.ident.to_string();
                let counts = listed(&name) || Revision::parse(&name).is_some();
                counts.then(|| module(item, name))
            }
            _ => None,
        };
        let modules = file.items.iter().filter_map(declared).collect::<Vec<_>>();
        // A list of modules that are declared elsewhere is changed elsewhere.
        if !vector.entries.is_empty() && !modules.iter().any(|module| listed(&module.name)) {
            return None;
        }
        let after = |item: &&Item| match item {
            Item::Use(_) | Item::ExternCrate(_) => true,
            Item::Mod(item) => item.semi.is_some(),
            _ => false,
        };
        let anchor = match file.items.iter().rev().find(after) {
            Some(item) => Anchor::After(item.span().byte_range().end),
            None => Anchor::Before(file.items.first()?.span().byte_range().start),
        };
        Some(Self { modules, anchor, vector })
    }
}

impl ListEntry {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|(found, _)| found == name)
    }
}

/// Whether a file holds nothing but what [`super::registry`] writes, so that nothing is lost when it is rewritten.
pub(super) fn is_plain(source: &str) -> bool {
    let Ok(file) = syn::parse_str::<File>(source) else {
        // What git left there when two branches added a revision.
        return source.contains("<<<<<<<") && source.contains(">>>>>>>");
    };
    file.items.iter().all(|item| match item {
        Item::Use(_) => true,
        Item::Mod(item) => {
            item.semi.is_some()
                && item.attrs.is_empty()
                && Revision::parse(&item.ident.to_string()).is_some()
        }
        Item::Fn(item) => {
            let named = |vector: Vector| vector.entries.iter().all(|entry| entry.name.is_some());
            item.sig.ident == "all"
                && item.block.stmts.len() == 1
                && tail(&item.block).and_then(vector).is_some_and(named)
        }
        _ => false,
    })
}

/// The source in which a migration that says its own name says another one.
pub(super) fn rename_inside(source: &str, old: &str, new: &str) -> String {
    let (mark, body) = split_mark(source);
    let Ok(file) = syn::parse_str::<File>(body) else {
        return source.to_owned();
    };
    let named = |item: &Item| match item {
        Item::Impl(item) => item.trait_.as_ref().is_some_and(|(_, path, _)| {
            path.segments.last().is_some_and(|segment| segment.ident == "MigrationName")
        }),
        _ => false,
    };
    let functions = file.items.iter().filter(|item| named(item)).flat_map(functions);
    let edits = functions.filter_map(|(_, block)| match block.stmts.last() {
        Some(Stmt::Expr(Expr::Lit(literal), None)) => match &literal.lit {
            syn::Lit::Str(text) if text.value() == old => {
                Some(TextEdit { at: text.span().byte_range(), text: format!("\"{new}\"") })
            }
            _ => None,
        },
        _ => None,
    });
    mark.to_owned() + &apply(body, edits.collect())
}

/// A byte order mark, and the rest.
pub(super) fn split_mark(source: &str) -> (&str, &str) {
    match source.strip_prefix('\u{feff}') {
        Some(body) => (source.get(..'\u{feff}'.len_utf8()).unwrap_or_default(), body),
        None => ("", source),
    }
}

/// The functions that may hold the list.
fn bodies(file: &File) -> impl Iterator<Item = (&Signature, &Block)> {
    let found = file.items.iter().flat_map(functions);
    found.filter(|(signature, _)| signature.ident == "migrations" || signature.ident == "all")
}

fn functions(item: &Item) -> Vec<(&Signature, &Block)> {
    match item {
        Item::Fn(item) => vec![(&item.sig, &*item.block)],
        Item::Impl(item) => {
            let functions = item.items.iter().filter_map(|item| match item {
                ImplItem::Fn(item) => Some((&item.sig, &item.block)),
                _ => None,
            });
            functions.collect()
        }
        _ => Vec::new(),
    }
}

/// The `vec![…]` that a function answers.
fn tail(block: &Block) -> Option<&Macro> {
    let found = match block.stmts.last()? {
        Stmt::Expr(Expr::Macro(expression), None) => &expression.mac,
        Stmt::Macro(statement) if statement.semi_token.is_none() => &statement.mac,
        _ => return None,
    };
    found.path.is_ident("vec").then_some(found)
}

fn vector(found: &Macro) -> Option<Vector> {
    let delimiters = match &found.delimiter {
        MacroDelimiter::Paren(delimiter) => delimiter.span,
        MacroDelimiter::Brace(delimiter) => delimiter.span,
        MacroDelimiter::Bracket(delimiter) => delimiter.span,
    };
    let inner = delimiters.open().byte_range().end..delimiters.close().byte_range().start;
    let elements = found.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    let entry = |pair: Pair<&Expr, &Token![,]>| ListEntry {
        name: boxed(pair.value()),
        range: pair.value().span().byte_range(),
        comma: pair.punct().map(|comma| comma.span.byte_range().end),
    };
    Some(Vector { inner, entries: elements.pairs().map(entry).collect() })
}

/// The module in `Box::new(module::Migration)`.
fn boxed(element: &Expr) -> Option<(String, Range<usize>)> {
    let Expr::Call(call) = element else {
        return None;
    };
    let (Expr::Path(function), Some(Expr::Path(argument)), 1) =
        (&*call.func, call.args.first(), call.args.len())
    else {
        return None;
    };
    let mut names = function.path.segments.iter().rev().map(|segment| &segment.ident);
    if !(names.next().is_some_and(|name| name == "new")
        && names.next().is_some_and(|name| name == "Box"))
    {
        return None;
    }
    let module = &argument.path.segments.iter().rev().nth(1)?.ident;
    Some((module.to_string(), module.span().byte_range()))
}

fn module(item: &syn::ItemMod, name: String) -> Module {
    let ident = item.ident.span().byte_range();
    let visibility = match &item.vis {
        Visibility::Inherited => ident.start..ident.start,
        written => written.span().byte_range(),
    };
    Module { name, item: item.span().byte_range(), ident, visibility }
}
