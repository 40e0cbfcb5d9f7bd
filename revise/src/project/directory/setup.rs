//! Setting a project up: the crates of a workspace, their entities, and the program that compares them with migrations.
//!
//! What is there decides where the program goes. A crate of migrations that nothing with entities depends on gets it as its main.rs;
//! where Cargo's rule against circles forbids that, or the entities are in a program without a library, it is `src/bin/migrate.rs` next to
//! the entities.

mod entities;
mod list;
mod manifest;
mod program;

use std::path::{Path, PathBuf};

pub(super) use self::program::dependency_on;
use self::{
    entities::Found,
    manifest::Manifest,
    program::{in_migrations, next_to_entities, usable},
};
use super::{
    Directory, DirectoryError, InitOptions, cargo_manifest, init,
    write::{FileChange, carry_out},
};

/// What was written, and what is left to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetUp {
    /// The files that are new or changed.
    pub files: Vec<PathBuf>,
    /// The entities that were found, such as `entity::book::Entity`.
    pub entities: Vec<String>,
    /// What could not be done, in sentences.
    pub notes: Vec<String>,
}

/// A crate of the workspace.
struct Member {
    manifest: Manifest,
    /// The name by which code names it.
    code_name: String,
    /// Whether it has a `src/lib.rs`.
    is_library: bool,
    entities: Vec<Found>,
}

impl Member {
    fn read(folder: &Path) -> Option<Self> {
        let manifest = Manifest::of_package(folder)?;
        let code_name = cargo_manifest::library(folder)?;
        let library = folder.join("src/lib.rs");
        let is_library = library.is_file();
        let root = if is_library { library } else { folder.join("src/main.rs") };
        Some(Self { manifest, code_name, is_library, entities: entities::find(&root) })
    }

    fn folder(&self) -> &Path {
        &self.manifest.folder
    }

    /// The value of a dependency on it, in the `Cargo.toml` of a folder.
    fn dependency_from(&self, folder: &Path) -> String {
        dependency_on(folder, self.folder())
    }
}

/// The root of the workspace, or of the crate, that a folder is in.
fn root_of(start: &Path) -> PathBuf {
    let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let manifests = || start.ancestors().filter(|folder| folder.join("Cargo.toml").is_file());
    let workspace = manifests().find(|folder| cargo_manifest::is_workspace(folder));
    workspace.or_else(|| manifests().next()).unwrap_or(&start).to_owned()
}

/// The crates below a folder, which is one itself or not.
fn members(root: &Path) -> Vec<Member> {
    manifest::folders(root).iter().filter_map(|folder| Member::read(folder)).collect()
}

/// Writes what a project lacks. `revise` says where this library comes from, as Cargo.toml writes it.
///
/// # Errors
/// When no entity is found, when the program would take the place of another one, or something cannot be written. A new crate of migrations
/// stays, and a second run goes on from there; of the rest nothing is written then.
pub fn set_up(start: &Path, revise: &str) -> Result<SetUp, DirectoryError> {
    let root = root_of(start);
    let members = members(&root);
    let with_entities: Vec<&Member> =
        members.iter().filter(|member| !member.entities.is_empty()).collect();
    if with_entities.is_empty() {
        return Err(DirectoryError::NoEntities(root));
    }
    let mut done = SetUp::default();
    let folder = match migrations_of(&root, &members) {
        Some(folder) => folder,
        None => {
            let folder = begin(&root, &with_entities, revise, &mut done)?;
            // The program of a new crate is written already, where its list can name all entities.
            if with_entities.iter().all(|member| member.is_library) {
                return Ok(done);
            }
            folder
        }
    };
    let Some(own) = Member::read(&folder) else {
        return Err(DirectoryError::NoMigrations(folder));
    };
    // A program without a library cannot be used by another crate, and a circle cannot be built.
    let is_apart = |member: &&Member| {
        !member.is_library
            || member.manifest.depends_on(own.manifest.name())
            || member.folder() == folder
    };
    let (apart, others): (Vec<&Member>, Vec<&Member>) =
        with_entities.into_iter().partition(is_apart);
    let changes = match apart.as_slice() {
        [] => in_migrations(&own, &others, revise, &mut done)?,
        apart => next_to_entities((apart, &others), &own, revise, &mut done)?,
    };
    write(&changes, &mut done)?;
    Ok(done)
}

fn write(changes: &[FileChange], done: &mut SetUp) -> Result<(), DirectoryError> {
    carry_out(changes)?;
    done.files.extend(changes.iter().map(|change| change.path().to_owned()));
    Ok(())
}

/// The crate that has migrations already.
fn migrations_of(root: &Path, members: &[Member]) -> Option<PathBuf> {
    let found = Directory::find(root, None).ok()?;
    let folder = found.folder().ancestors().find(|folder| folder.join("Cargo.toml").is_file())?;
    members.iter().any(|member| member.folder() == folder).then(|| folder.to_owned())
}

/// Writes a crate of migrations with the entities that it can use, and makes it a member of the workspace.
fn begin(
    root: &Path,
    members: &[&Member],
    revise: &str,
    done: &mut SetUp,
) -> Result<PathBuf, DirectoryError> {
    let folder = root.join("migration");
    let mut options = InitOptions { revise: revise.to_owned(), ..InitOptions::default() };
    if members.iter().all(|member| member.is_library) {
        for member in members {
            let value = member.dependency_from(&folder);
            options.dependencies.push(format!("{} = {value}", member.manifest.name()));
            options.entities.extend(usable(member, done));
        }
        done.entities.clone_from(&options.entities);
    }
    done.files.extend(init(&folder, &options)?.files);
    let joined = join(&[&folder])?;
    done.files.extend(joined.changed);
    done.notes.extend(joined.note);
    Ok(folder)
}

/// What became of the members of a workspace.
#[derive(Default)]
pub(crate) struct Joined {
    /// Its `Cargo.toml`, where it is new or changed.
    pub changed: Option<PathBuf>,
    /// What is left to a person.
    pub note: Option<String>,
}

/// Makes new crates members of the workspace around them. A package around them becomes one; where there is nothing around several
/// crates, a workspace is written.
///
/// # Errors
/// When the `Cargo.toml` cannot be written.
pub(crate) fn join(crates: &[&Path]) -> Result<Joined, DirectoryError> {
    let mut joined = Joined::default();
    let whole = |folder: &&Path| std::path::absolute(folder).unwrap_or_else(|_| folder.into());
    let crates: Vec<PathBuf> = crates.iter().map(whole).collect();
    let Some(parent) = crates.first().and_then(|first| first.parent()) else { return Ok(joined) };
    let root = root_of(parent);
    let names: Vec<_> = crates.iter().map(|folder| program::relative(&root, folder)).collect();
    let change = match Manifest::read(&root) {
        Some(mut manifest) => {
            let left = names.iter().filter(|name| !manifest.add_member(name));
            let left: Vec<String> = left.map(|name| format!("`{name}`")).collect();
            let path = root.join("Cargo.toml");
            joined.note = (!left.is_empty()).then(|| {
                format!("add {} to the members of `{}`", left.join(" and "), path.display())
            });
            manifest.change()
        }
        None if crates.len() > 1 => {
            let members = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>();
            let text =
                format!("[workspace]\nmembers = [{}]\nresolver = \"3\"\n", members.join(", "));
            Some(FileChange::Create { path: root.join("Cargo.toml"), text })
        }
        None => None,
    };
    carry_out(change.as_slice())?;
    joined.changed = change.map(|change| change.path().to_owned());
    Ok(joined)
}

/// How the program of a project is run: the arguments of cargo.
///
/// # Errors
/// When there is none yet.
pub fn program_of(start: &Path) -> Result<Vec<String>, DirectoryError> {
    let root = root_of(start);
    let run = |member: &Member, rest: &[&str]| {
        let name = member.manifest.name();
        let arguments =
            ["run", "--quiet", "--package", name].into_iter().chain(rest.iter().copied());
        arguments.map(str::to_owned).collect::<Vec<_>>()
    };
    let members = members(&root);
    let has = |member: &Member, file: &str| {
        let text = std::fs::read_to_string(member.folder().join(file)).unwrap_or_default();
        text.contains("sea_revise") || text.contains("revise().main()")
    };
    let next = members.iter().find(|member| has(member, "src/bin/migrate.rs"));
    let own = || members.iter().find(|member| has(member, "src/main.rs"));
    let found = next.map(|member| run(member, &["--bin", "migrate"]));
    found.or_else(|| own().map(|member| run(member, &[]))).ok_or(DirectoryError::NoProgram(root))
}
