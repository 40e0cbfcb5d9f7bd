//! The entities of a crate, found by following its modules from its root.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Item, ItemMod, Lit, Meta, Visibility};

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

/// Where a module is.
struct Place {
    /// Where Rust looks for the modules that it declares.
    folder: PathBuf,
    path: Vec<String>,
    files: Vec<Option<PathBuf>>,
    is_public: bool,
}

/// The entities below the root of a crate, in the order of their declaration.
pub(super) fn find(root: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    if let (Some(items), Some(folder)) = (parse(root), root.parent()) {
        let place = Place {
            folder: folder.to_owned(),
            path: Vec::new(),
            files: Vec::new(),
            is_public: true,
        };
        walk(&items, &place, &mut found);
    }
    found
}

fn parse(file: &Path) -> Option<Vec<Item>> {
    let text = fs::read_to_string(file).ok()?;
    syn::parse_file(&text).ok().map(|file| file.items)
}

fn walk(items: &[Item], place: &Place, found: &mut Vec<Found>) {
    if !place.path.is_empty() && items.iter().any(is_entity) {
        let (path, files) = (place.path.clone(), place.files.clone());
        found.push(Found { path, files, is_public: place.is_public });
    }
    for item in items {
        let Item::Mod(module) = item else { continue };
        if is_of_tests(&module.attrs) {
            continue;
        }
        let name = module.ident.to_string();
        let file = if module.content.is_some() { None } else { file_of(module, &place.folder) };
        let inner = match (&module.content, &file) {
            (Some((_, items)), _) => Some(items.clone()),
            (None, Some(file)) => parse(file),
            (None, None) => None,
        };
        let Some(inner) = inner else { continue };
        let folder = match &file {
            Some(file) if file.file_name().is_some_and(|name| name == "mod.rs") => {
                file.parent().unwrap_or(Path::new("")).to_owned()
            }
            Some(file) => file.with_extension(""),
            None => place.folder.join(&name),
        };
        let mut path = place.path.clone();
        path.push(name);
        let mut files = place.files.clone();
        files.push(file);
        let below = Place {
            folder,
            path,
            files,
            is_public: place.is_public && matches!(module.vis, Visibility::Public(_)),
        };
        walk(&inner, &below, found);
    }
}

/// Whether an item is the row of an entity: `#[sea_orm::model]`, or `#[derive(DeriveEntityModel)]`.
fn is_entity(item: &Item) -> bool {
    let Item::Struct(item) = item else { return false };
    item.attrs.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) | Meta::List(syn::MetaList { path, .. }) if ends_with(path, "model") => {
            path.segments.len() == 1 || starts_with(path, "sea_orm")
        }
        Meta::List(list) if list.path.is_ident("derive") => {
            list.tokens.to_string().contains("DeriveEntityModel")
        }
        _ => false,
    })
}

fn ends_with(path: &syn::Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

fn starts_with(path: &syn::Path, name: &str) -> bool {
    path.segments.first().is_some_and(|segment| segment.ident == name)
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The file of `mod x;`.
fn file_of(module: &ItemMod, folder: &Path) -> Option<PathBuf> {
    let given = module.attrs.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    });
    let name = module.ident.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    let usual = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    let places = given.map(|path| vec![folder.join(path)]).unwrap_or(usual.to_vec());
    places.into_iter().find(|file| file.is_file())
}
