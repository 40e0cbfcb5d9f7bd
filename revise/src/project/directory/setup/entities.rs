//! The entities of a crate, found by following its modules from its root.

use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta};

use super::super::{module::Scope, source::Sources};

/// An entity of SeaORM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The module, from the root of the crate: `entities`, `book`.
    pub path: Vec<String>,
    /// The file of each module of the path that has one.
    pub files: Vec<Option<PathBuf>>,
    /// Whether every module on the way is public.
    pub is_public: bool,
}

impl Found {
    /// What names it in Rust, after the name of its crate.
    pub fn entity(&self) -> String {
        format!("{}::Entity", self.path.join("::"))
    }
}

/// The entities below the root of a crate, in the order of their declaration.
pub(super) fn find(root: &Path) -> Vec<Found> {
    let sources = Sources::default();
    let mut found = Vec::new();
    if let Ok(source) = sources.read(root) {
        let place = Found { path: Vec::new(), files: Vec::new(), is_public: true };
        walk(&sources, &Scope::of(source), &place, &mut found);
    }
    found
}

fn walk(sources: &Sources, scope: &Scope, place: &Found, found: &mut Vec<Found>) {
    if !place.path.is_empty() && scope.items().iter().any(is_entity) {
        found.push(place.clone());
    }
    for item in scope.items() {
        let Item::Mod(item) = item else { continue };
        if is_of_tests(&item.attrs) {
            continue;
        }
        let module = scope.module(sources, item);
        let Some(inner) = scope.inside(sources, &module.name) else { continue };
        let mut below = place.clone();
        below.is_public &= matches!(item.vis, syn::Visibility::Public(_));
        below.path.push(module.name);
        below.files.push(module.file.filter(|_| !module.is_inline));
        walk(sources, &inner, &below, found);
    }
}

/// Whether an item is the row of an entity: `#[sea_orm::model]`, or `#[derive(DeriveEntityModel)]`.
fn is_entity(item: &Item) -> bool {
    let Item::Struct(item) = item else { return false };
    item.attrs.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("derive") => {
            list.tokens.to_string().contains("DeriveEntityModel")
        }
        meta => {
            let names: Vec<_> = meta.path().segments.iter().map(|part| &part.ident).collect();
            match names.as_slice() {
                [model] => *model == "model",
                [first, .., last] => *first == "sea_orm" && *last == "model",
                [] => false,
            }
        }
    })
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}
