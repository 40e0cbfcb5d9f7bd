//! The texts of a new crate of migrations, and of its `versions/mod.rs`. They are in this file only.

/// What a generated `versions/mod.rs` says of itself.
pub(super) const GENERATED: &str = "Generated whole from the files beside it";

const MANIFEST: &str = r#"[package]
name = "{name}"
description = "How the schema became what it is: the migrations, in order"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
{dependencies}
"#;

const ENTITIES_MANIFEST: &str = r#"[package]
name = "{name}"
description = "What is stored"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
sea-orm = {sea-orm}
"#;

const LIBRARY: &str = r"//! How the schema became what it is: the migrations, in order.

use sea_revise::prelude::*;

mod versions;

/// All migrations.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        versions::all()
    }
}

/// The entities that the schema is compared with; each one is named, such as `.add(entity::book::Entity)`.
pub fn entities() -> sea_revise::Entities {
    sea_revise::Entities::new(){entities}
}
";

const PROGRAM: &str = r"//! The command line of the migrations: `cargo run -p {name} -- --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sea_revise::Revise::new::<{crate}::Migrator>().entities({crate}::entities()).main()
}
";

/// `Cargo.toml`; `dependencies` are whole lines.
pub(super) fn manifest(name: &str, dependencies: &[String]) -> String {
    MANIFEST.replace("{name}", name).replace("{dependencies}", &dependencies.join("\n"))
}

/// `Cargo.toml` of a crate of entities. What they need of SeaORM is on by default, except for arrays.
pub(super) fn entities_manifest(name: &str, has_arrays: bool) -> String {
    let sea_orm = match has_arrays {
        true => "{ version = \"2.0.4\", features = [\"postgres-array\"] }",
        false => "\"2.0.4\"",
    };
    ENTITIES_MANIFEST.replace("{name}", name).replace("{sea-orm}", sea_orm)
}

/// `src/lib.rs`; `entities` are paths such as `entity::book::Entity`.
pub(super) fn library(entities: &[String]) -> String {
    let entities = entities.iter().map(|entity| format!(".add({entity})")).collect::<String>();
    LIBRARY.replace("{entities}", &entities)
}

/// `src/main.rs`.
pub(super) fn program(name: &str) -> String {
    PROGRAM.replace("{name}", name).replace("{crate}", &name.replace('-', "_"))
}

/// `src/versions/mod.rs`.
pub(super) fn versions(revisions: &[String]) -> String {
    let modules = revisions.iter().map(|name| format!("mod {name};\n")).collect::<String>();
    let entries = revisions.iter().map(|name| format!("        Box::new({name}::Migration),\n"));
    let entries = entries.collect::<String>();
    let list =
        if entries.is_empty() { "vec![]".to_owned() } else { format!("vec![\n{entries}    ]") };
    let gap = if modules.is_empty() { "" } else { "\n" };
    format!(
        "//! The revisions, oldest first. {GENERATED}: what you write here is lost.\n\n\
         use sea_revise::prelude::MigrationTrait;\n\n{modules}{gap}\
         /// Every revision in the order in which it is applied.\n\
         pub fn all() -> Vec<Box<dyn MigrationTrait>> {{\n    {list}\n}}\n"
    )
}
