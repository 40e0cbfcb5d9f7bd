//! The program that compares entities with migrations: its text, and what its crate depends on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    super::{DirectoryError, write::FileChange},
    Found, Member, SetUp,
    list::{List, is_named},
    manifest::Manifest,
};
use crate::project::render;

/// The main.rs of the crate of migrations.
pub(super) fn in_migrations(
    own: &Member,
    members: &[&Member],
    revise: &str,
    done: &mut SetUp,
) -> Result<Vec<FileChange>, DirectoryError> {
    let mut manifest = changed(own)?;
    done.entities = used(members, &mut manifest, done);
    manifest.add_dependency("sea-revise", revise);
    let text = format!("{HEAD}{}", main_of(&own.code_name, &done.entities));
    changes(&own.folder().join("src/main.rs"), &text, vec![manifest], done)
}

/// `src/bin/migrate.rs` in the first crate of those that cannot be used by the crate of migrations.
pub(super) fn next_to_entities(
    (apart, others): (&[&Member], &[&Member]),
    own: &Member,
    revise: &str,
    done: &mut SetUp,
) -> Result<Vec<FileChange>, DirectoryError> {
    let Some((member, left)) = apart.split_first() else { return Ok(Vec::new()) };
    let mut manifest = changed(member)?;
    let program = member.folder().join("src/bin/migrate.rs");
    let (mut declared, mut names) = (String::new(), Vec::new());
    if member.is_library {
        names.extend(usable(member, done));
    } else {
        (declared, names) = declarations(&member.entities, program.parent().unwrap_or(&program));
        manifest.keep_default_run();
    }
    names.extend(used(others, &mut manifest, done));
    for other in left {
        done.notes.push(format!(
            "the entities of `{}` cannot be listed by the program of `{}`; move them into a crate that both can use",
            other.manifest.name(),
            member.manifest.name()
        ));
    }
    done.entities = names;
    let mut manifests = Vec::new();
    if member.folder() != own.folder() {
        manifest.add_dependency(own.manifest.name(), &own.dependency_from(member.folder()));
        // The migrations that are written use it, too.
        let mut migrations = changed(own)?;
        migrations.add_dependency("sea-revise", revise);
        manifests.push(migrations);
    }
    manifest.add_dependency("sea-revise", revise);
    manifests.insert(0, manifest);
    // The declarations are no text for rustfmt, which would format what they lead to.
    let text = format!("{HEAD}{declared}{}", main_of(&own.code_name, &done.entities));
    changes(&program, &text, manifests, done)
}

const HEAD: &str = "//! The command line of the migrations: `cargo revise --help`.\n\n";

/// The modules that a program declares to have entities, and the names of these.
fn declarations(entities: &[Found], folder: &Path) -> (String, Vec<String>) {
    let (mut declared, mut names) = (String::new(), Vec::new());
    for found in entities {
        let place = declared_at(found, entities);
        let (Some(module), Some(Some(file))) = (found.path.get(place), found.files.get(place))
        else {
            continue;
        };
        let line = format!("#[path = \"{}\"]\nmod {module};\n\n", relative(folder, file));
        if !declared.contains(&line) {
            declared.push_str(&line);
        }
        let rest = found.path.get(place..).unwrap_or_default();
        names.push(format!("{}::Entity", rest.join("::")));
    }
    (declared, names)
}

/// The names of the entities of crates that become dependencies.
fn used(members: &[&Member], manifest: &mut Manifest, done: &mut SetUp) -> Vec<String> {
    let mut names = Vec::new();
    for member in members {
        let value = member.dependency_from(&manifest.folder);
        manifest.add_dependency(member.manifest.name(), &value);
        names.extend(usable(member, done));
    }
    names
}

/// Which module on the way to an entity another program declares: the innermost that holds all entities, because those around it may
/// need the rest of the program.
fn declared_at(found: &Found, all: &[Found]) -> usize {
    let inner = found.path.len().saturating_sub(1);
    let is_common = |place: &usize| {
        all.iter().all(|other| other.path.get(..=*place) == found.path.get(..=*place))
    };
    let common = (0..inner).take_while(is_common).count();
    let has_file = |place: &usize| found.files.get(*place).is_some_and(Option::is_some);
    (0..common).rev().find(has_file).or_else(|| (0..=inner).find(has_file)).unwrap_or_default()
}

/// The names of the entities that another crate can use; the others are noted.
pub(super) fn usable(member: &Member, done: &mut SetUp) -> Vec<String> {
    let name = |found: &Found| format!("{}::{}", member.code_name, found.entity());
    let (public, private): (Vec<_>, Vec<_>) =
        member.entities.iter().partition(|found| found.is_public);
    done.notes.extend(private.into_iter().map(|found| {
        format!("`{}` is in a private module; make it public and add it to the list", name(found))
    }));
    public.into_iter().map(name).collect()
}

fn main_of(migrations: &str, entities: &[String]) -> String {
    let list: String = entities.iter().map(|entity| format!(".add({entity})")).collect();
    let text = format!(
        "use std::process::ExitCode;\n\nfn main() -> ExitCode {{\n    sea_revise::Revise::new::<{migrations}::Migrator>()\n        \
         .entities(sea_revise::Entities::new(){list})\n        .main()\n}}\n"
    );
    render::format(&text, Path::new("."))
}

/// A program and the manifests that it needs. Where a person wrote a program over this library, its list of entities is added to, or
/// it is said what it lacks. A program of another kind is an error, but that of `sea-orm-cli` and that of `cargo new`.
fn changes(
    path: &Path,
    text: &str,
    manifests: Vec<Manifest>,
    done: &mut SetUp,
) -> Result<Vec<FileChange>, DirectoryError> {
    let there = fs::read_to_string(path).unwrap_or_default();
    let is_replaced = there.trim().is_empty()
        || there.contains("run_cli(")
        || there.contains("println!(\"Hello, world!\");")
        || bare(&there) == bare(text);
    let program = if is_replaced {
        let (path, text) = (path.to_owned(), text.to_owned());
        (there != text).then_some(FileChange::Replace { path, text })
    } else if there.contains("sea_revise") || there.contains("revise()") {
        let Some(list) = added_to(path, there, done) else { return Ok(Vec::new()) };
        Some(list)
    } else {
        return Err(DirectoryError::Exists(path.to_owned()));
    };
    let manifests = manifests.into_iter().filter_map(Manifest::change);
    Ok(program.into_iter().chain(manifests).collect())
}

/// The file with the list of a program, the program itself or its library, with the entities that it lacks; `None` where it lacks none, or
/// where there is no list that can be added to, which is noted.
fn added_to(program: &Path, there: String, done: &mut SetUp) -> Option<FileChange> {
    // A list that `init` wrote is in the library.
    let library = program.with_file_name("lib.rs");
    let elsewhere = fs::read_to_string(&library).unwrap_or_default();
    let files = [(program.to_owned(), there), (library, elsewhere)];
    let lists = files.iter().filter_map(|(path, text)| Some((path, text, List::of(text)?)));
    let lists: Vec<_> = lists.collect();
    let [(path, text, list)] = lists.as_slice() else {
        let is_missing = |entity: &&String| files.iter().all(|(_, text)| !text.contains(*entity));
        let note = |entity: &String| {
            format!("add `.add({entity})` to the list of the entities of `{}`", program.display())
        };
        done.notes.extend(done.entities.iter().filter(is_missing).map(note));
        return None;
    };
    let missing: Vec<_> = done.entities.iter().filter(|entity| !is_named(text, entity)).collect();
    let text = list.extended(text, &missing);
    (!missing.is_empty()).then(|| FileChange::Replace { path: (*path).clone(), text })
}

/// A program without its list of entities and its layout.
fn bare(program: &str) -> String {
    let mut rest = String::new();
    let mut parts = program.split(".add(");
    rest.push_str(parts.next().unwrap_or_default());
    for part in parts {
        rest.push_str(part.split_once(')').map_or("", |(_, after)| after));
    }
    // A list that takes several lines ends with a comma.
    rest.retain(|letter| !letter.is_whitespace() && letter != ',');
    rest
}

/// The manifest of a crate, to be added to.
fn changed(member: &Member) -> Result<Manifest, DirectoryError> {
    let folder = member.folder();
    Manifest::of_package(folder).ok_or_else(|| DirectoryError::NoMigrations(folder.to_owned()))
}

/// The value of a dependency on the crate of one folder, in the `Cargo.toml` of another.
pub(in super::super) fn dependency_on(from: &Path, crate_folder: &Path) -> String {
    format!("{{ path = \"{}\" }}", relative(from, crate_folder))
}

/// The path from a folder to another place, with `/`.
pub(super) fn relative(from: &Path, to: &Path) -> String {
    let common =
        from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| PathBuf::from(".."));
    let down = to.components().skip(common).map(|part| PathBuf::from(part.as_os_str()));
    let path: PathBuf = up.chain(down).collect();
    path.display().to_string().replace('\\', "/")
}
