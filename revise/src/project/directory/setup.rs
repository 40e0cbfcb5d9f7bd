//! Setting a project up: the crates of a workspace, their entities, and the program that compares them with migrations.
//!
//! What is there decides where the program goes. A crate of migrations that nothing with entities depends on gets it as its main.rs;
//! where Cargo's rule against circles forbids that, or the entities are in a program without a library, it is `src/bin/migrate.rs` next to
//! the entities.

mod entities;
mod manifest;
mod program;

use std::path::{Path, PathBuf};

use self::{
    entities::Found,
    manifest::Manifest,
    program::{in_migrations, next_to_entities, relative, usable},
};
use super::{Directory, DirectoryError, InitOptions, init};

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
    /// Whether it has a `src/lib.rs`.
    is_library: bool,
    entities: Vec<Found>,
}

impl Member {
    fn read(folder: &Path) -> Option<Self> {
        let manifest = Manifest::read(folder).filter(Manifest::is_package)?;
        let library = folder.join("src/lib.rs");
        let is_library = library.is_file();
        let root = if is_library { library } else { folder.join("src/main.rs") };
        Some(Self { manifest, is_library, entities: entities::find(&root) })
    }

    fn folder(&self) -> &Path {
        &self.manifest.folder
    }

    /// The name of the crate in Rust.
    fn ident(&self) -> String {
        self.manifest.name().replace('-', "_")
    }
}

/// The root of the workspace, or of the crate, that a folder is in.
fn root_of(start: &Path) -> PathBuf {
    let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let manifests = || start.ancestors().filter(|folder| folder.join("Cargo.toml").is_file());
    let workspace =
        manifests().find(|folder| Manifest::read(folder).is_some_and(|it| it.is_workspace()));
    workspace.or_else(|| manifests().next()).unwrap_or(&start).to_owned()
}

/// The crates below a folder, which is one itself or not.
fn members(root: &Path) -> Vec<Member> {
    manifest::folders(root).iter().filter_map(|folder| Member::read(folder)).collect()
}

/// Writes what a project lacks. `revise` says where this library comes from, as Cargo.toml writes it.
///
/// # Errors
/// When no entity is found, when the program would take the place of another one, or something cannot be written. The files that were
/// written before are named in no answer then, and a second run goes on.
pub fn set_up(start: &Path, revise: &str) -> Result<SetUp, DirectoryError> {
    let root = root_of(start);
    let members = members(&root);
    let with_entities: Vec<&Member> =
        members.iter().filter(|member| !member.entities.is_empty()).collect();
    if with_entities.is_empty() {
        return Err(DirectoryError::NoEntities(root));
    }
    let mut done = SetUp::default();
    let migrations = match migrations_of(&root, &members) {
        Some(folder) => folder,
        None => {
            let folder = begin(&root, &with_entities, revise, &mut done)?;
            if with_entities.iter().all(|member| member.is_library) {
                return Ok(done);
            }
            folder
        }
    };
    let Some(own) = Member::read(&migrations) else {
        return Err(DirectoryError::NoMigrations(migrations));
    };
    // A program without a library cannot be used by another crate, and a circle cannot be built.
    let apart = with_entities.iter().find(|member| {
        !member.is_library
            || member.manifest.depends_on(&own.manifest.name())
            || member.folder() == migrations
    });
    match apart {
        Some(member) => next_to_entities(member, &own, revise, &mut done)?,
        None => in_migrations(&own, &with_entities, revise, &mut done)?,
    }
    done.notes.sort();
    done.notes.dedup();
    Ok(done)
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
            let path = relative(&folder, member.folder());
            let line = format!("{} = {{ path = \"{path}\" }}", member.manifest.name());
            options.dependencies.push(line);
            options.entities.extend(usable(member, done));
        }
        done.entities.clone_from(&options.entities);
    }
    let made = init(&folder, &options)?;
    done.files.extend(made.files);
    let Some(mut manifest) = Manifest::read(root) else { return Ok(folder) };
    match manifest.add_member("migration") {
        true => done.files.extend(manifest.write()?),
        false => done.notes.push(format!(
            "add `migration` to the members of `{}`",
            root.join("Cargo.toml").display()
        )),
    }
    Ok(folder)
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
            ["run", "--quiet", "--package", &name].into_iter().chain(rest.iter().copied());
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
