//! Writes a new crate of migrations.

use std::path::{Path, PathBuf};

use super::{
    Directory, DirectoryError, cargo_manifest, locate, templates,
    write::{FileChange, carry_out},
};
use crate::project::render;

/// What a new crate of migrations is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitOptions {
    /// The crate's name.
    pub name: String,
    /// Where this library comes from, as `Cargo.toml` writes it: `"0.1"`, or `{ path = "../revise" }`.
    pub revise: String,
    /// Further lines of `[dependencies]`, such as that of the entities' crate: `entity = { path = "../entity" }`.
    pub dependencies: Vec<String>,
    /// The entities, such as `entity::book::Entity`.
    pub entities: Vec<String>,
    /// Further files that are written with it, such as those of the entities.
    pub files: Vec<(PathBuf, String)>,
}

impl Default for InitOptions {
    fn default() -> Self {
        Self {
            name: "migration".to_owned(),
            revise: format!("\"{}\"", env!("CARGO_PKG_VERSION")),
            dependencies: Vec::new(),
            entities: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initialised {
    /// Its folder of migrations.
    pub directory: Directory,
    /// The files.
    pub files: Vec<PathBuf>,
    /// The `Cargo.toml` of the workspace it lies in, whose `members` have to name it.
    pub workspace: Option<PathBuf>,
}

/// Writes a new crate of migrations into `path`.
///
/// # Errors
/// When one of its files is there already, or something cannot be written. No file is changed then.
pub fn init(path: &Path, options: &InitOptions) -> Result<Initialised, DirectoryError> {
    let name = &options.name;
    if syn::parse_str::<syn::Ident>(&name.replace('-', "_")).is_err() {
        return Err(DirectoryError::Crate(name.clone()));
    }
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut dependencies = options.dependencies.clone();
    dependencies.push(format!("sea-revise = {}", options.revise));
    dependencies.sort();
    let files = [
        ("Cargo.toml", templates::manifest(name, &dependencies)),
        ("src/lib.rs", templates::library(&options.entities)),
        ("src/main.rs", templates::program(name)),
        ("src/versions/mod.rs", templates::versions(&[])),
    ];
    let files = files.map(|(file, text)| (path.join(file), text));
    let files: Vec<(PathBuf, String)> = files.into_iter().chain(options.files.clone()).collect();
    if let Some((taken, _)) = files.iter().find(|(file, _)| file.symlink_metadata().is_ok()) {
        return Err(DirectoryError::Exists(taken.clone()));
    }
    let changes = files.iter().map(|(path, text)| {
        let rust = path.extension().is_some_and(|extension| extension == "rs");
        let folder = path.ancestors().find(|folder| folder.is_dir()).unwrap_or(path);
        let text = if rust { render::format(text, folder) } else { text.clone() };
        FileChange::Create { text, path: path.clone() }
    });
    carry_out(&changes.collect::<Vec<_>>())?;
    Ok(Initialised {
        directory: locate::explicit(&path)?,
        files: files.into_iter().map(|(path, _)| path).collect(),
        workspace: path
            .ancestors()
            .skip(1)
            .find(|folder| cargo_manifest::is_workspace(folder))
            .map(|root| root.join("Cargo.toml")),
    })
}
