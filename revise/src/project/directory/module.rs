//! Modules: where a name leads, as far as files say it. What macros and conditions do is not followed.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    rc::Rc,
};

use syn::{Attribute, Item, ItemMod, Lit, Meta, UseTree, Visibility, spanned::Spanned as _};

use super::source::{Source, Sources};

/// How many imports are followed one after the other.
const DEPTH: usize = 6;

/// A module: a file, or a part of one.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) source: Rc<Source>,
    /// The modules `mod x { … }` on the way to it inside of the file.
    inline: Vec<String>,
    /// Where Rust looks for the modules that it declares.
    pub(super) folder: PathBuf,
    /// Imports inside of a function, which count there only.
    pub(super) local: Rc<Vec<Item>>,
}

/// `mod m…;`, or `mod m… { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) name: String,
    /// The file that declares it.
    pub(super) declared_in: PathBuf,
    /// Where Rust looks for it and for those that are declared next to it.
    pub(super) folder: PathBuf,
    /// All of it, with its attributes.
    pub(super) item: Range<usize>,
    /// Such as `pub`; empty where there is none.
    pub(super) visibility: Range<usize>,
    /// Whether a `#[cfg(…)]` stands before it.
    pub(super) conditional: bool,
    /// Its file, where there is one.
    pub(super) file: Option<PathBuf>,
    /// Whether it has no file of its own.
    pub(super) is_inline: bool,
}

/// Where a path leads.
#[derive(Clone)]
pub(super) struct Found {
    /// The last module on the way.
    pub(super) module: Module,
    /// The module that declares it.
    pub(super) parent: Scope,
    /// What stands before the name of a module next to it.
    pub(super) prefix: String,
    /// What comes after the module: a type, and perhaps a function.
    pub(super) rest: Vec<String>,
}

impl Scope {
    /// A whole file.
    pub(super) fn of(source: Rc<Source>) -> Self {
        let folder = folder_of(&source.path);
        Self { source, inline: Vec::new(), folder, local: Rc::default() }
    }

    /// The same with what is imported inside of a function.
    pub(super) fn with_local(&self, local: Vec<Item>) -> Self {
        Self { local: Rc::new(local), ..self.clone() }
    }

    /// What it declares.
    pub(super) fn items(&self) -> &[Item] {
        self.inline.iter().fold(self.source.items(), |items, name| {
            let inner = items.iter().find_map(|item| match item {
                Item::Mod(item) if item.ident == name.as_str() => item.content.as_ref(),
                _ => None,
            });
            inner.map(|(_, items)| items.as_slice()).unwrap_or_default()
        })
    }

    /// The modules that it declares.
    pub(super) fn modules(&self, sources: &Sources) -> Vec<Module> {
        let declared = self.items().iter().filter_map(|item| match item {
            Item::Mod(item) => Some(self.module(sources, item)),
            _ => None,
        });
        declared.collect()
    }

    /// What a declaration of it says.
    pub(super) fn module(&self, sources: &Sources, item: &ItemMod) -> Module {
        let name = item.ident.to_string();
        let start = item.ident.span().byte_range().start;
        let visibility = match &item.vis {
            Visibility::Inherited => start..start,
            written => written.span().byte_range(),
        };
        let is_inline = item.content.is_some();
        let mut places = match path_attribute(&item.attrs) {
            Some(path) if self.inline.is_empty() => {
                vec![self.source.path.parent().unwrap_or(Path::new("")).join(path)]
            }
            Some(path) => vec![self.folder.join(path)],
            None => {
                let own = name.strip_prefix("r#").unwrap_or(&name);
                vec![self.folder.join(format!("{own}.rs")), self.folder.join(own).join("mod.rs")]
            }
        };
        places.retain(|place| sources.has(place));
        let file =
            if is_inline { Some(self.source.path.clone()) } else { places.into_iter().next() };
        Module {
            name,
            declared_in: self.source.path.clone(),
            folder: self.folder.clone(),
            item: item.span().byte_range(),
            visibility,
            conditional: is_conditional(&item.attrs),
            file,
            is_inline,
        }
    }

    fn declaration(&self, name: &str) -> Option<&ItemMod> {
        self.items().iter().find_map(|item| match item {
            Item::Mod(item) if item.ident == name => Some(item),
            _ => None,
        })
    }

    /// What a module contains that it declares; `None` where that has no file, or the file is not Rust.
    pub(super) fn inside(&self, sources: &Sources, name: &str) -> Option<Self> {
        let item = self.declaration(name)?;
        let module = self.module(sources, item);
        if module.is_inline {
            let mut inner = self.clone();
            inner.inline.push(name.to_owned());
            inner.folder.push(name);
            inner.local = Rc::default();
            return Some(inner);
        }
        let source = sources.read(module.file.as_ref()?).ok()?;
        if source.fault().is_some() {
            return None;
        }
        let mut scope = Self::of(source);
        // A file that is named by its path is where its own modules are looked for.
        if let (Some(_), Some(folder)) = (path_attribute(&item.attrs), scope.source.path.parent()) {
            scope.folder = folder.to_owned();
        }
        Some(scope)
    }

    /// Where a path leads: the last module that can be found on its way.
    pub(super) fn lookup(&self, sources: &Sources, path: &[String]) -> Option<Found> {
        self.find(sources, path, Search { depth: DEPTH, globs: true })
    }

    fn find(&self, sources: &Sources, path: &[String], search: Search) -> Option<Found> {
        let search = Search { depth: search.depth.checked_sub(1)?, ..search };
        let mut scope = self.clone();
        let mut prefix = String::new();
        let mut found = None;
        for (place, name) in path.iter().enumerate() {
            let rest = path.get(place + 1..).unwrap_or_default();
            let next = match is_keyword(name) {
                true => scope.keyword(sources, name),
                false => {
                    let Some(item) = scope.declaration(name) else {
                        let path = path.get(place..).unwrap_or_default();
                        let imported = scope.imported(sources, path, search);
                        return imported.map(|found| found.after(&prefix)).or(found);
                    };
                    found = Some(Found {
                        module: scope.module(sources, item),
                        parent: scope.clone(),
                        prefix: prefix.clone(),
                        rest: rest.to_vec(),
                    });
                    // A type is no module, so its file need not be read.
                    let may_go_on =
                        rest.first().is_some_and(|next| !next.starts_with(char::is_uppercase));
                    if may_go_on { scope.inside(sources, name) } else { None }
                }
            };
            let Some(next) = next else { return found };
            scope = next;
            prefix.push_str(name);
            prefix.push_str("::");
        }
        found
    }

    /// Where a path leads whose first name is imported.
    fn imported(&self, sources: &Sources, path: &[String], search: Search) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        let imports = self.imports();
        let named = imports.iter().find(|import| import.name.as_ref() == Some(first));
        if let Some(import) = named {
            // `use m1;` of a module that is called so itself would lead back here.
            let whole = [import.path.as_slice(), rest].concat();
            return if whole == path { None } else { self.find(sources, &whole, search) };
        }
        let all = imports.iter().filter(|import| search.globs && import.name.is_none());
        all.filter_map(|import| self.target(sources, &import.path, search))
            .find_map(|scope| scope.find(sources, path, search))
    }

    /// The module that all of a path names, without what comes by `use …::*`.
    fn target(&self, sources: &Sources, path: &[String], search: Search) -> Option<Self> {
        if path.iter().all(|name| is_keyword(name)) {
            return path.iter().try_fold(self.clone(), |scope, name| scope.keyword(sources, name));
        }
        let found = self.find(sources, path, Search { globs: false, ..search })?;
        if found.rest.is_empty() { found.scope(sources) } else { None }
    }

    /// What `crate`, `self` and `super` mean here.
    fn keyword(&self, sources: &Sources, name: &str) -> Option<Self> {
        match name {
            "crate" => self.root(sources),
            "super" => self.parent(sources),
            _ => Some(self.clone()),
        }
    }

    fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for item in self.local.iter().chain(self.items()) {
            if let Item::Use(item) = item {
                flatten(&item.tree, &mut Vec::new(), &mut imports);
            }
        }
        imports
    }

    /// The file that the crate begins with.
    fn root(&self, sources: &Sources) -> Option<Self> {
        let folders = self.source.path.ancestors().skip(1);
        let mut files =
            folders.flat_map(|folder| ["lib.rs", "main.rs"].map(|name| folder.join(name)));
        let file = files.find(|file| sources.has(file))?;
        Some(Self::of(sources.read(&file).ok()?))
    }

    /// The module that declares this one.
    fn parent(&self, sources: &Sources) -> Option<Self> {
        if !self.inline.is_empty() {
            let mut outer = self.clone();
            outer.inline.pop();
            outer.folder.pop();
            return Some(outer);
        }
        let path = &self.source.path;
        let own = match path.file_stem()?.to_str()? {
            "mod" => path.parent()?.to_owned(),
            _ => path.with_extension(""),
        };
        let (name, folder) = (own.file_name()?.to_str()?, own.parent()?);
        let mut files = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name)).to_vec();
        files.push(folder.with_extension("rs"));
        files.into_iter().filter(|file| file != path && sources.has(file)).find_map(|file| {
            let scope = Self::of(sources.read(&file).ok()?);
            scope.declaration(name).is_some().then_some(scope)
        })
    }
}

impl Found {
    /// What the module contains; `None` where it has no file, or the file is not Rust.
    pub(super) fn scope(&self, sources: &Sources) -> Option<Scope> {
        self.parent.inside(sources, &self.module.name)
    }

    /// The same for somebody who comes to it by way of this.
    fn after(mut self, prefix: &str) -> Self {
        if !self.prefix.starts_with("crate::") {
            let own = self.prefix.strip_prefix("self::").unwrap_or(&self.prefix);
            self.prefix = format!("{prefix}{own}");
        }
        self
    }
}

/// How far a name is looked for.
#[derive(Clone, Copy)]
struct Search {
    /// How many more imports may follow each other.
    depth: usize,
    /// Whether `use …::*` counts.
    globs: bool,
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "crate" | "self" | "super")
}

/// What a `use` brings; without a name everything.
struct Import {
    name: Option<String>,
    path: Vec<String>,
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, imports: &mut Vec<Import>) {
    let mut add = |name: Option<String>, last: Option<String>| {
        let path = before.iter().cloned().chain(last).collect();
        imports.push(Import { name, path });
    };
    match tree {
        UseTree::Path(tree) => {
            before.push(tree.ident.to_string());
            flatten(&tree.tree, before, imports);
            before.pop();
        }
        UseTree::Name(tree) if tree.ident == "self" => add(before.last().cloned(), None),
        UseTree::Name(tree) => add(Some(tree.ident.to_string()), Some(tree.ident.to_string())),
        UseTree::Rename(tree) if tree.ident == "self" => add(Some(tree.rename.to_string()), None),
        UseTree::Rename(tree) => {
            add(Some(tree.rename.to_string()), Some(tree.ident.to_string()));
        }
        UseTree::Glob(_) => add(None, None),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, imports);
            }
        }
    }
}

/// Whether a `#[cfg(…)]` is among the attributes.
pub(super) fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

/// `#[path = "…"]`
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// Where Rust looks for the modules that a file declares.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    match file.file_stem() {
        Some(stem) if !["lib", "mod", "main"].iter().any(|root| stem == *root) => folder.join(stem),
        _ => folder.to_owned(),
    }
}
