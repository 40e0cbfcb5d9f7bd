//! The name of a migration, as far as its file says it: `name()` is free, and need not be that of the file.

use syn::{Block, Expr, ExprLit, ImplItem, Item, ItemImpl, ItemStruct, Lit, Stmt, Type};

use super::module::Scope;

/// What `name()` answers for a type of a module; without a type for the only one that has a name. `None` where that is
/// computed, or is not there.
pub(super) fn name(scope: &Scope, kind: Option<&str>) -> Option<String> {
    let names = scope.items().iter().filter_map(|item| named(scope, item)).collect::<Vec<_>>();
    let own = names.iter().find(|(found, _)| Some(found.as_str()) == kind);
    match (own, names.as_slice()) {
        (Some((_, name)), _) | (None, [(_, name)]) => name.clone(),
        _ => None,
    }
}

/// Whether a module has a migration.
pub(super) fn has_migration(scope: &Scope) -> bool {
    scope.items().iter().any(|item| match item {
        Item::Impl(item) => implements(item, "MigrationTrait"),
        _ => false,
    })
}

/// A type that has a name, and the name where it is written there.
fn named(scope: &Scope, item: &Item) -> Option<(String, Option<String>)> {
    match item {
        Item::Struct(item) if derives(item) => {
            let stem = scope.source.path.file_stem()?.to_str()?;
            Some((item.ident.to_string(), Some(stem.to_owned())))
        }
        Item::Impl(item) if implements(item, "MigrationName") => {
            let Type::Path(kind) = &*item.self_ty else { return None };
            let kind = kind.path.segments.last()?.ident.to_string();
            let block = item.items.iter().find_map(|item| match item {
                ImplItem::Fn(function) if function.sig.ident == "name" => Some(&function.block),
                _ => None,
            });
            Some((kind, block.and_then(|block| answer(scope, item, block))))
        }
        _ => None,
    }
}

fn implements(item: &ItemImpl, name: &str) -> bool {
    let of = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
    of.is_some_and(|last| last.ident == name)
}

/// `#[derive(DeriveMigrationName)]`, which takes the name of the file.
fn derives(item: &ItemStruct) -> bool {
    item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let mut found = false;
        let read = attribute.parse_nested_meta(|meta| {
            let last = meta.path.segments.last();
            found |= last.is_some_and(|last| last.ident == "DeriveMigrationName");
            Ok(())
        });
        read.is_ok() && found
    })
}

/// The text that a function answers.
fn answer(scope: &Scope, item: &ItemImpl, block: &Block) -> Option<String> {
    let [statement] = block.stmts.as_slice() else { return None };
    match statement {
        Stmt::Expr(Expr::Return(answer), _) => text(scope, item, answer.expr.as_deref()?),
        Stmt::Expr(answer, None) => text(scope, item, answer),
        _ => None,
    }
}

fn text(scope: &Scope, item: &ItemImpl, expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Paren(inner) => text(scope, item, &inner.expr),
        Expr::Reference(inner) => text(scope, item, &inner.expr),
        Expr::Path(path) => {
            let name = &path.path.segments.last()?.ident;
            let own = item.items.iter().find_map(|item| match item {
                ImplItem::Const(item) if item.ident == *name => Some(&item.expr),
                _ => None,
            });
            let shared = scope.items().iter().find_map(|item| match item {
                Item::Const(item) if item.ident == *name => Some(&*item.expr),
                Item::Static(item) if item.ident == *name => Some(&*item.expr),
                _ => None,
            });
            match own.or(shared)? {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            }
        }
        // `sea_orm_migration::util::get_file_stem(file!())`
        Expr::Call(call) => match &*call.func {
            Expr::Path(function)
                if function
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| last.ident == "get_file_stem") =>
            {
                Some(scope.source.path.file_stem()?.to_str()?.to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}
