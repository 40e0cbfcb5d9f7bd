//! The texts of the entities.

use sea_orm::DbBackend;
use sea_orm_codegen::{
    BannerVersion, BigIntegerType, DateTimeCrate, EntityFormat, EntityTransformer,
    EntityWriterContext, OutputFile, WithPrelude, WithSerde,
};

use super::{
    Form, Models,
    names::{Taken, module, path},
    statement::{ENUM_OF_SQLITE, element, is_ignored, statement},
};
use crate::{
    error::{Error, Result},
    schema::{Schema, Table, Type},
};

/// The line by which an entity finds SeaORM, and the one by which it finds it next to it.
const IMPORT: &str = "use sea_orm :: entity :: prelude :: * ;";
const IMPORT_NEXT_TO_IT: &str = "use super :: sea_orm :: { self , entity :: prelude :: * } ;";

/// How a file begins that is for one migration. Its crate need not depend on SeaORM, but by way of this library.
const FROZEN: &str = "\
//! The tables as they are at this revision, for its migration alone: the entities of the project go on changing. Written once, by
//! sea-orm-codegen; it counts for no checksum.

#![allow(dead_code, unused_imports)]

pub use sea_revise::prelude::sea_orm_migration::sea_orm;
";

/// Writes the entities of all tables of a schema that can be entities.
///
/// # Errors
/// When what was written is no Rust.
pub(crate) fn write(schema: &Schema, backend: DbBackend, form: Form) -> Result<Models> {
    let mut models = Models::default();
    let mut taken = Taken::default();
    let mut chosen = Vec::new();
    for table in schema.tables.values() {
        match taken.obstacle(table, schema) {
            Some(why) => models.remarks.push(format!("table `{}` is no entity: {why}", table.name)),
            None => chosen.push(table),
        }
    }
    for table in &chosen {
        models.tables.push((table.name.clone(), path(&module(&table.name.name))));
        models.remarks.extend(ignored(table, backend));
        models.has_arrays |= has_array(table);
    }
    let statements = chosen.into_iter().map(|table| statement(table, schema)).collect();
    let failed = |error: &dyn std::fmt::Display| {
        Error::Stopped(format!("the entities cannot be written: {error}"))
    };
    let entities = EntityTransformer::transform(statements).map_err(|error| failed(&error))?;
    let files = entities.generate(&context(form == Form::Crate)).files;
    let texts = match form {
        Form::Crate | Form::Folder => files
            .iter()
            .map(|file| Ok((file.name.clone(), laid_out(&repaired(file))?)))
            .collect::<Result<_, syn::Error>>(),
        Form::Frozen => in_one_file(&files).map(|text| vec![("models.rs".to_owned(), text)]),
    };
    models.files = texts.map_err(|error| failed(&error))?;
    Ok(models)
}

fn context(is_crate: bool) -> EntityWriterContext {
    EntityWriterContext::new(
        EntityFormat::Compact,
        WithPrelude::AllAllowUnusedImports,
        WithSerde::None,
        true,
        DateTimeCrate::Chrono,
        BigIntegerType::I64,
        None,
        is_crate,
        false,
        false,
        Vec::new(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
        false,
        true,
        BannerVersion::Minor,
    )
}

/// The columns that no field stands for.
fn ignored(table: &Table, backend: DbBackend) -> Vec<String> {
    let columns = table.columns.iter().filter(|column| is_ignored(&column.kind));
    let words = columns.map(|column| {
        let (name, kind) = (&column.name, column.kind.sql(backend));
        format!(
            "column `{}.{name}` is ignored by its entity: SeaORM has no word for `{kind}`",
            table.name
        )
    });
    words.collect()
}

fn has_array(table: &Table) -> bool {
    let mut kinds = table.columns.iter().map(|column| &column.kind);
    kinds.any(|kind| matches!(kind, Type::Array(_)) && !is_ignored(element(kind)))
}

/// The text of a file, with what sea-orm-codegen cannot say: an enum of SQLite, which is a text of a name of its own, and money without
/// digits.
fn repaired(file: &OutputFile) -> String {
    let kind = format!("column_type = \"custom(\\\"{ENUM_OF_SQLITE}\\\")\"");
    let text = file.content.replace(&format!("ignore , {kind} , select_as = \"text\""), &kind);
    text.replace("Money(Some((0, 0)))", "Money(None)")
}

/// The files of the tables and of their enums as modules of one file.
fn in_one_file(files: &[OutputFile]) -> Result<String, syn::Error> {
    let modules = files.iter().map(|file| (file.name.trim_end_matches(".rs"), file));
    let modules = modules.filter(|(name, _)| !matches!(*name, "mod" | "prelude"));
    let mut text = FROZEN.to_owned();
    for (name, file) in modules {
        let source = laid_out(&repaired(file).replace(IMPORT, IMPORT_NEXT_TO_IT))?;
        text.push_str(&format!("\npub mod {} {{\n", path(name)));
        for line in source.lines().skip_while(|line| line.is_empty() || line.starts_with("//!")) {
            let blanks = if line.is_empty() { "" } else { "    " };
            text.push_str(&format!("{blanks}{line}\n"));
        }
        text.push_str("}\n");
    }
    Ok(text)
}

/// As prettyplease has it, with a blank line before each item that is more than a name.
fn laid_out(source: &str) -> Result<String, syn::Error> {
    let syn::File { shebang, attrs, items } = syn::parse_file(source)?;
    let part = |attrs: Vec<syn::Attribute>, items: Vec<syn::Item>| {
        prettyplease::unparse(&syn::File { shebang: shebang.clone(), attrs, items })
    };
    let mut text = part(attrs, Vec::new());
    let is_name = |item: &syn::Item| matches!(item, syn::Item::Use(_) | syn::Item::Mod(_));
    let mut was_name = false;
    for item in items {
        let is_name = is_name(&item);
        if !(is_name && was_name) {
            text.push('\n');
        }
        was_name = is_name;
        text.push_str(&part(Vec::new(), vec![item]));
    }
    Ok(text)
}
