//! Where the entities go that are written for a new crate of migrations: into a crate of their own, or into a folder of a library.

use std::path::{Path, PathBuf};

use super::{DirectoryError, cargo_manifest, setup::dependency_on, templates};

/// A folder of entities in a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where the files go.
    pub folder: PathBuf,
    /// The new crate that the folder is the `src` of; `None` for a folder of a crate that is there.
    pub new_crate: Option<PathBuf>,
    /// The line of the dependency on the crate.
    pub dependency: String,
    /// What names the folder's module in Rust: `entity`, `app::entities`.
    pub path: String,
    /// What is left to a person.
    pub todo: Option<String>,
}

impl Place {
    /// The place that a folder is, for a crate of migrations.
    ///
    /// # Errors
    /// When the migrations could not use entities there.
    pub fn of(folder: &Path, migration: &Path) -> Result<Self, DirectoryError> {
        let (folder, migration) = (plain(folder), plain(migration));
        let refused = |why| DirectoryError::Entities { folder: folder.clone(), why };
        if folder.starts_with(&migration) {
            return Err(refused(
                "it is in the crate of the migrations, on which no program depends",
            ));
        }
        let parents = folder.ancestors().skip(1);
        let package = parents.filter(|parent| cargo_manifest::package(parent).is_some());
        let package = package.take(1).find(|package| folder.starts_with(package.join("src")));
        let Some(package) = package else { return Self::new_crate(folder.clone(), &migration) };
        if !package.join("src/lib.rs").is_file() {
            return Err(refused("its crate has no `src/lib.rs`, so no other crate can use it"));
        }
        if cargo_manifest::dependencies(package).contains(&migration) {
            return Err(refused("its crate depends on the migrations, and Cargo allows no circle"));
        }
        let library = cargo_manifest::library(package).unwrap_or_default();
        let below = folder.strip_prefix(package.join("src")).unwrap_or(&folder);
        let modules: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        if modules.iter().any(|module| syn::parse_str::<syn::Ident>(module).is_err()) {
            return Err(refused("the names of its folders are no modules in Rust"));
        }
        let name = cargo_manifest::package(package).unwrap_or_default();
        let todo = format!(
            "declare the modules `{library}::{}` in `{name}`, with `pub mod`",
            modules.join("::")
        );
        Ok(Self {
            dependency: dependency(&name, &migration, package),
            path: [&[library.into()], modules.as_slice()].concat().join("::"),
            new_crate: None,
            todo: Some(todo),
            folder,
        })
    }

    fn new_crate(root: PathBuf, migration: &Path) -> Result<Self, DirectoryError> {
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = name.replace('-', "_");
        if syn::parse_str::<syn::Ident>(&path).is_err() {
            return Err(DirectoryError::Crate(name));
        }
        let dependency = dependency(&name, migration, &root);
        Ok(Self { folder: root.join("src"), new_crate: Some(root), dependency, path, todo: None })
    }

    /// The files of entities with their places, and the `Cargo.toml` of a new crate.
    pub fn files(
        &self,
        entities: Vec<(String, String)>,
        has_arrays: bool,
    ) -> Vec<(PathBuf, String)> {
        let manifest = self.new_crate.as_ref().map(|root| {
            let name = root.file_name().unwrap_or_default().to_string_lossy();
            (root.join("Cargo.toml"), templates::entities_manifest(&name, has_arrays))
        });
        let entities = entities.into_iter().map(|(name, text)| (self.folder.join(name), text));
        manifest.into_iter().chain(entities).collect()
    }
}

fn dependency(name: &str, from: &Path, to: &Path) -> String {
    format!("{name} = {}", dependency_on(from, to))
}

/// An absolute path without `..`, as far as that is possible.
fn plain(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    cargo_manifest::joined(Path::new(""), &path)
}
