//! Where a crate lists its migrations and where it declares them, found by parsing.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use syn::{Block, ImplItem, Item, Signature, Stmt, spanned::Spanned as _};

use super::{
    body::{self, Body, Element, List, Unclear},
    edit::{TextEdit, apply, part},
    error::DirectoryError,
    module::{Found, Module, Scope},
    names,
    source::{Source, Sources, split_mark},
};
use crate::revision::Revision;

/// How many functions that call each other are followed.
const DEPTH: usize = 4;

/// The list of migrations.
pub(super) struct Listing {
    /// The file that holds it.
    pub(super) scope: Scope,
    pub(super) list: List,
    /// An entry for each of its elements.
    pub(super) entries: Vec<Entry>,
    /// What its function answers.
    pub(super) returns: Range<usize>,
}

/// `Box::new(m…::Migration)`, or anything else in the list.
pub(super) struct Entry {
    /// Where it leads; `None` for what is not found in this crate.
    pub(super) found: Option<Found>,
    /// The type, where the list says it.
    kind: Option<String>,
    /// The file with the migration, where there is one.
    pub(super) file: Option<PathBuf>,
    /// Whether a `#[cfg(…)]` stands before it or its module.
    pub(super) is_conditional: bool,
}

impl Entry {
    /// The module that it is in.
    pub(super) fn module(&self) -> Option<&Module> {
        self.found.as_ref().map(|found| &found.module)
    }

    /// What `name()` answers, as far as the file says it.
    pub(super) fn name(&self, sources: &Sources, list: &Scope) -> Option<String> {
        let place = match (&self.found, &self.kind) {
            (Some(found), _) => found.scope(sources),
            (None, Some(_)) => Some(list.clone()),
            (None, None) => None,
        };
        names::name(&place?, self.kind.as_deref())
    }

    pub(super) fn is(&self, module: &str) -> bool {
        self.module().is_some_and(|found| found.name == module)
    }
}

impl Listing {
    /// The list that a file has, or that the function which it calls has.
    ///
    /// # Errors
    /// When the file cannot be read, or there is not exactly one list that is understood.
    pub(super) fn find(sources: &Sources, path: &Path) -> Result<Self, DirectoryError> {
        let source = sources.read(path)?;
        if let Some((line, why)) = source.fault() {
            let why = format!("; line {line} is not Rust: {why}");
            return Err(DirectoryError::Unreadable { path: path.to_owned(), why });
        }
        let scope = Scope::of(source);
        let functions = lists(scope.items());
        let mut read =
            functions.iter().map(|function| Self::read(sources, &scope, function, DEPTH));
        if functions.len() == 1
            && let Some(only) = read.next()
        {
            return only;
        }
        let mut understood = read.filter_map(Result::ok);
        match (understood.next(), understood.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(undecided(&scope.source, &functions)),
        }
    }

    fn read(
        sources: &Sources,
        scope: &Scope,
        function: &Function<'_>,
        depth: usize,
    ) -> Result<Self, DirectoryError> {
        let text = &scope.source.text;
        let unclear = |Unclear { line, text, hint }| DirectoryError::Unreadable {
            path: scope.source.path.clone(),
            why: format!("; line {line} has `{text}`{hint}"),
        };
        let list = match body::read(text, function.block).map_err(unclear)? {
            Body::List(list) => list,
            Body::Call(path) => {
                let called = depth.checked_sub(1);
                let called = called.and_then(|depth| call(sources, scope, &path, depth));
                let here = Unclear::at(text, function.block.stmts.last().span().byte_range());
                return called.unwrap_or_else(|| Err(unclear(here)));
            }
        };
        let inner = scope.with_local(list.local.clone());
        let entries = list.elements.iter().map(|element| entry(sources, &inner, element));
        let entries = entries.collect::<Vec<_>>();
        let is_here = |element: &Element| element.paths.iter().any(|path| declares(scope, path));
        // A list of migrations of other crates is changed elsewhere.
        let foreign = list.elements.first().filter(|_| {
            entries.iter().all(|entry| entry.found.is_none()) && !list.elements.iter().any(is_here)
        });
        if let Some(first) = foreign {
            let here = Unclear::at(text, first.range.clone());
            return Err(unclear(Unclear {
                hint: ", and no `mod …;` declares its module", ..here
            }));
        }
        let returns = function.signature.output.span().byte_range();
        Ok(Self { scope: scope.clone(), list, entries, returns })
    }

    /// The module that the next migration is declared next to, and how the list calls its neighbours.
    pub(super) fn home(&self) -> (Scope, String) {
        let last = self.entries.iter().rev().find_map(|entry| entry.found.as_ref());
        match last {
            Some(found) => (found.parent.clone(), found.prefix.clone()),
            None => (self.scope.clone(), String::new()),
        }
    }

    /// The modules of migrations that a file declares: those of the list, and those that are named as the engine does it.
    pub(super) fn modules(&self, sources: &Sources, home: &Scope) -> Vec<Module> {
        let mut modules = home.modules(sources);
        modules.retain(|module| {
            let mut listed = self.entries.iter().filter_map(Entry::module);
            let is_listed = listed.any(|listed| listed == module);
            is_listed || (!module.is_inline && Revision::parse(&module.name).is_some())
        });
        modules
    }

    /// Every module that declares migrations of the list, and the one that has the list.
    pub(super) fn homes(&self) -> Vec<Scope> {
        let mut homes = vec![self.scope.clone()];
        for found in self.entries.iter().filter_map(|entry| entry.found.as_ref()) {
            let is_known = |home: &Scope| {
                home.source.path == found.parent.source.path && home.folder == found.parent.folder
            };
            if !homes.iter().any(is_known) {
                homes.push(found.parent.clone());
            }
        }
        homes
    }
}

/// Follows a call to a function of this crate.
fn call(
    sources: &Sources,
    scope: &Scope,
    path: &[String],
    depth: usize,
) -> Option<Result<Listing, DirectoryError>> {
    let (name, modules) = path.split_last()?;
    let target = match modules {
        [] => scope.clone(),
        [own] if own == "Self" => scope.clone(),
        modules => match scope.lookup(sources, modules) {
            Some(found) if found.rest.is_empty() => found.scope(sources)?,
            Some(_) => return None,
            // `Migrator::all()`
            None if modules.len() == 1 => scope.clone(),
            None => return None,
        },
    };
    let functions = target.items().iter().flat_map(functions);
    let mut named = functions.filter(|function| function.signature.ident == name.as_str());
    match (named.next(), named.next()) {
        (Some(function), None) => Some(Listing::read(sources, &target, &function, depth)),
        _ => None,
    }
}

fn entry(sources: &Sources, scope: &Scope, element: &Element) -> Entry {
    let found = element.paths.iter().find_map(|path| scope.lookup(sources, path));
    let own = element.paths.iter().find(|path| declares(scope, path));
    let (kind, file) = match &found {
        Some(found) => (found.rest.first(), found.module.file.clone()),
        None => (own.and_then(|path| path.first()), own.map(|_| scope.source.path.clone())),
    };
    Entry {
        kind: kind.cloned(),
        file,
        is_conditional: element.is_conditional
            || found.as_ref().is_some_and(|found| found.module.conditional),
        found,
    }
}

/// Whether a path is a type of this very module.
fn declares(scope: &Scope, path: &[String]) -> bool {
    let Some(name) = path.first() else { return false };
    scope
        .items()
        .iter()
        .any(|item| matches!(item, Item::Struct(item) if item.ident == name.as_str()))
}

/// A function, and the trait that it is for.
struct Function<'a> {
    signature: &'a Signature,
    block: &'a Block,
    of: Option<String>,
}

/// The functions that may have the list: that of a `MigratorTrait` before others.
fn lists(items: &[Item]) -> Vec<Function<'_>> {
    let is_list = |function: &Function<'_>| {
        function.signature.ident == "migrations" && is_of_migrator(function)
    };
    let found: Vec<_> = items.iter().flat_map(functions).filter(is_list).collect();
    if !found.is_empty() {
        return found;
    }
    let answers = |function: &Function<'_>, word: &str| {
        let output = &function.signature.output;
        matches!(output, syn::ReturnType::Type(_, kind) if has_name(kind, word))
    };
    let named = |function: &Function<'_>| {
        ["migrations", "all"].iter().any(|name| function.signature.ident == *name)
            && answers(function, "Migration")
    };
    let found: Vec<_> = items.iter().flat_map(functions).filter(named).collect();
    if !found.is_empty() {
        return found;
    }
    let any = |function: &Function<'_>| answers(function, "MigrationTrait");
    items.iter().flat_map(functions).filter(any).collect()
}

/// Whether a name with this word occurs in a type.
fn has_name(kind: &syn::Type, word: &str) -> bool {
    let in_path = |path: &syn::Path| {
        path.segments.iter().any(|segment| {
            let inner = match &segment.arguments {
                syn::PathArguments::AngleBracketed(arguments) => {
                    arguments.args.iter().any(|argument| match argument {
                        syn::GenericArgument::Type(kind) => has_name(kind, word),
                        _ => false,
                    })
                }
                _ => false,
            };
            inner || segment.ident.to_string().contains(word)
        })
    };
    match kind {
        syn::Type::Path(kind) => in_path(&kind.path),
        syn::Type::TraitObject(kind) => kind.bounds.iter().any(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => in_path(&bound.path),
            _ => false,
        }),
        syn::Type::Paren(kind) => has_name(&kind.elem, word),
        syn::Type::Group(kind) => has_name(&kind.elem, word),
        _ => false,
    }
}

fn functions(item: &Item) -> Vec<Function<'_>> {
    match item {
        Item::Fn(item) => vec![Function { signature: &item.sig, block: &item.block, of: None }],
        Item::Impl(item) => {
            let of = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
            let of = of.map(|name| name.ident.to_string());
            let functions = item.items.iter().filter_map(|item| match item {
                ImplItem::Fn(item) => {
                    Some(Function { signature: &item.sig, block: &item.block, of: of.clone() })
                }
                _ => None,
            });
            functions.collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a file implements `MigratorTrait`, so that its list counts even where it is not understood.
pub(super) fn is_migrator(source: &Source) -> bool {
    source.items().iter().flat_map(functions).any(|function| is_of_migrator(&function))
}

fn is_of_migrator(function: &Function<'_>) -> bool {
    function.of.as_deref().is_some_and(|of| of.starts_with("MigratorTrait"))
}

fn undecided(source: &Source, functions: &[Function<'_>]) -> DirectoryError {
    let lines = functions.iter().map(|function| {
        let start = function.signature.span().byte_range().start;
        super::source::line(&source.text, start).to_string()
    });
    let lines = lines.collect::<Vec<_>>().join(" and ");
    let why = match functions.len() {
        0 => "; there is no such function".to_owned(),
        _ => format!(
            "; there are several in lines {lines}, and `-d` has to name the file's folder of one"
        ),
    };
    DirectoryError::Unreadable { path: source.path.clone(), why }
}

/// Whether a file holds nothing but what [`super::registry`] writes, so that nothing is lost when it is rewritten.
pub(super) fn is_plain(source: &Source) -> bool {
    if source.fault().is_some() {
        // What git left there when two branches added a revision.
        return source.text.contains("<<<<<<<") && source.text.contains(">>>>>>>");
    }
    let mut modules = Vec::new();
    let mut entries = Vec::new();
    for item in source.items() {
        match item {
            Item::Use(_) => {}
            Item::Mod(item) if item.semi.is_some() && item.attrs.is_empty() => {
                modules.push(item.ident.to_string());
            }
            Item::Fn(item) if item.sig.ident == "all" && item.block.stmts.len() == 1 => {
                let Ok(Body::List(list)) = body::read(&source.text, &item.block) else {
                    return false;
                };
                for element in &list.elements {
                    let written = part(&source.text, element.range.clone());
                    match element.paths.first().map(Vec::as_slice) {
                        Some([module, kind])
                            if written == format!("Box::new({module}::{kind})") =>
                        {
                            entries.push(module.clone());
                        }
                        _ => return false,
                    }
                }
            }
            _ => return false,
        }
    }
    modules.sort();
    // An order that somebody gave it is kept, and so is what is declared and not listed.
    modules == entries && entries.iter().all(|name| Revision::parse(name).is_some())
}

/// The source in which a migration that says its own name says another one.
pub(super) fn rename_inside(source: &str, old: &str, new: &str) -> String {
    let (mark, body) = split_mark(source);
    let Ok(file) = syn::parse_str::<syn::File>(body) else {
        return source.to_owned();
    };
    let named = |function: &Function<'_>| function.of.as_deref() == Some("MigrationName");
    let functions = file.items.iter().flat_map(functions).filter(named);
    let edits = functions.filter_map(|function| match function.block.stmts.last() {
        Some(Stmt::Expr(syn::Expr::Lit(literal), None)) => match &literal.lit {
            syn::Lit::Str(text) if text.value() == old => {
                Some(TextEdit { at: text.span().byte_range(), text: format!("\"{new}\"") })
            }
            _ => None,
        },
        _ => None,
    });
    mark.to_owned() + &apply(body, edits.collect())
}

/// What a function answers in its `Vec<…>`, as it is written.
pub(super) fn element_type(text: &str, returns: Range<usize>) -> Option<&str> {
    let written = part(text, returns);
    let (_, inner) = written.split_once('<')?;
    inner.rsplit_once('>').map(|(inner, _)| inner.trim())
}
