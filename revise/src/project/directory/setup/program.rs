//! The program that compares entities with migrations: its text, and what its crate depends on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{super::DirectoryError, Found, Member, SetUp, manifest::Manifest};
use crate::project::render;

/// Writes the main.rs of the crate of migrations.
pub(super) fn in_migrations(
    own: &Member,
    members: &[&Member],
    revise: &str,
    done: &mut SetUp,
) -> Result<(), DirectoryError> {
    let mut manifest = changed(own.folder())?;
    let mut names = Vec::new();
    for member in members {
        let path = format!("{{ path = \"{}\" }}", relative(own.folder(), member.folder()));
        manifest.add_dependency(&member.manifest.name(), &path);
        names.extend(usable(member, done));
    }
    manifest.add_dependency("sea-revise", revise);
    let text = format!(
        "//! The command line of the migrations: `cargo revise --help`.\n\nuse std::process::ExitCode;\n\n{}",
        main_of(&own.ident(), &names)
    );
    done.entities = names;
    // A list that `init` wrote is in the library.
    let library = fs::read_to_string(own.folder().join("src/lib.rs")).unwrap_or_default();
    let program = own.folder().join("src/main.rs");
    if write(&program, (&text, &library), done)? {
        done.files.extend(manifest.write()?);
    }
    Ok(())
}

/// Writes `src/bin/migrate.rs` into the crate of the entities.
pub(super) fn next_to_entities(
    member: &Member,
    own: &Member,
    revise: &str,
    done: &mut SetUp,
) -> Result<(), DirectoryError> {
    let mut manifest = changed(member.folder())?;
    let program = member.folder().join("src/bin/migrate.rs");
    let folder = program.parent().unwrap_or(member.folder()).to_owned();
    let (mut declared, mut names) = (Vec::new(), Vec::new());
    if member.is_library {
        names.extend(usable(member, done));
    } else {
        for found in &member.entities {
            let place = declared_at(found, &member.entities);
            let (Some(module), Some(Some(file))) = (found.path.get(place), found.files.get(place))
            else {
                continue;
            };
            let line = format!("#[path = \"{}\"]\nmod {module};\n", relative(&folder, file));
            if !declared.contains(&line) {
                declared.push(line);
            }
            let rest = found.path.get(place..).unwrap_or_default();
            names.push(format!("{}::Entity", rest.join("::")));
        }
        manifest.keep_default_run();
    }
    if member.folder() != own.folder() {
        let path = format!("{{ path = \"{}\" }}", relative(member.folder(), own.folder()));
        manifest.add_dependency(&own.manifest.name(), &path);
    }
    manifest.add_dependency("sea-revise", revise);
    let text = format!(
        "//! The command line of the migrations: `cargo revise --help`.\n\n{}use std::process::ExitCode;\n\n{}",
        declared.concat(),
        main_of(&own.ident(), &names)
    );
    fs::create_dir_all(&folder).map_err(|error| DirectoryError::io("make", &folder, error))?;
    done.entities = names;
    if write(&program, (&text, ""), done)? {
        done.files.extend(manifest.write()?);
    }
    Ok(())
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
    let name = |found: &Found| format!("{}::{}", member.ident(), found.entity());
    let (public, private): (Vec<_>, Vec<_>) =
        member.entities.iter().partition(|found| found.is_public);
    done.notes.extend(private.into_iter().map(|found| {
        format!("`{}` is in a private module; make it public and add it to the list", name(found))
    }));
    public.into_iter().map(name).collect()
}

fn main_of(migrations: &str, entities: &[String]) -> String {
    let list: String = entities.iter().map(|entity| format!(".add({entity})")).collect();
    format!(
        "fn main() -> ExitCode {{\n    sea_revise::Revise::new::<{migrations}::Migrator>()\n        \
         .entities(sea_revise::Entities::new(){list})\n        .main()\n}}\n"
    )
}

/// Writes a program, or says what is missing in one that a person wrote over this library; answers whether it was written. One of another
/// kind is an error, but that of `sea-orm-cli` and that of `cargo new`.
fn write(
    path: &Path,
    (text, elsewhere): (&str, &str),
    done: &mut SetUp,
) -> Result<bool, DirectoryError> {
    let text = render::format(text, path.parent().unwrap_or(path));
    let there = fs::read_to_string(path).unwrap_or_default();
    let is_replaced = there.trim().is_empty()
        || there.contains("run_cli(")
        || there.contains("println!(\"Hello, world!\");")
        || bare(&there) == bare(&text);
    if !is_replaced && !there.contains("sea_revise") && !there.contains("revise()") {
        return Err(DirectoryError::Exists(path.to_owned()));
    }
    if !is_replaced {
        let is_missing =
            |entity: &&String| !there.contains(*entity) && !elsewhere.contains(*entity);
        let missing = done.entities.iter().filter(is_missing);
        let note = |entity: &String| {
            format!("add `.add({entity})` to the list of the entities of `{}`", path.display())
        };
        let notes: Vec<String> = missing.map(note).collect();
        done.notes.extend(notes);
        return Ok(false);
    }
    if there != text {
        fs::write(path, &text).map_err(|error| DirectoryError::io("write", path, error))?;
        done.files.push(path.to_owned());
    }
    Ok(true)
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

fn changed(folder: &Path) -> Result<Manifest, DirectoryError> {
    Manifest::read(folder).ok_or_else(|| DirectoryError::NoMigrations(folder.to_owned()))
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
