//! Which tables can be entities: those with a key, whose names can be names in Rust. sea-orm-codegen takes that for granted.

use std::collections::BTreeSet;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

use super::statement::{element, is_ignored};
use crate::schema::{Schema, Table, Type};

/// Keywords that cannot be names even as `r#…`, or that sea-orm-codegen does not know.
const NO_NAMES: [&str; 4] = ["crate", "gen", "self", "super"];

/// The modules of entities that are none of a table, and the files that hold them together.
const OTHER_FILES: [&str; 5] = ["lib", "mod", "prelude", "sea_orm", "sea_orm_active_enums"];

/// What the files of entities import, so that no enum can have the name.
const IMPORTED: [&str; 12] = [
    "Date",
    "DateTime",
    "DateTimeWithTimeZone",
    "Decimal",
    "Iterable",
    "Json",
    "Option",
    "Related",
    "String",
    "Time",
    "Uuid",
    "Vec",
];

/// The names that were given in Rust, to each once.
#[derive(Default)]
pub(super) struct Taken {
    modules: BTreeSet<String>,
    variants: BTreeSet<String>,
}

impl Taken {
    /// Why a table cannot be an entity; one that can takes its name.
    pub fn obstacle(&mut self, table: &Table, schema: &Schema) -> Option<String> {
        if table.name.schema.is_some() {
            return Some("it is in another schema than the connection works in".to_owned());
        }
        let Some(key) = &table.primary_key else {
            return Some("it has no primary key, which SeaORM needs".to_owned());
        };
        let of_key = |name: &String| table.find(name).filter(|column| is_ignored(&column.kind));
        if let Some(column) = key.columns.iter().find_map(of_key) {
            let name = &column.name;
            return Some(format!("SeaORM has no word for the type of `{name}` in its key"));
        }
        let columns = || table.columns.iter();
        let mut taken = Self::default();
        if let Some(column) = columns().find(|column| !taken.take(&column.name)) {
            let name = &column.name;
            return Some(format!("its column `{name}` has no name of its own in Rust"));
        }
        if let Some(wrong) = columns().find_map(|column| enum_obstacle(&column.kind, schema)) {
            return Some(wrong);
        }
        let name = &table.name.name;
        let is_other = OTHER_FILES.contains(&module(name).as_str());
        (is_other || !self.take(name)).then(|| "it has no name of its own in Rust".to_owned())
    }

    /// Takes the name of a module or field, and that of a variant of an enum; answers whether both were free.
    fn take(&mut self, name: &str) -> bool {
        let (snake, camel) = (module(name), name.to_upper_camel_case());
        let is_name = !NO_NAMES.contains(&snake.as_str())
            && syn::parse_str::<syn::Ident>(&format!("r#{snake}")).is_ok()
            && syn::parse_str::<syn::Ident>(&camel).is_ok()
            && snake.to_upper_camel_case() == camel;
        is_name && self.modules.insert(snake) && self.variants.insert(camel)
    }
}

/// The name of the module of a table, without `r#`.
pub(super) fn module(table: &str) -> String {
    table.to_snake_case()
}

/// The name of a module as a path names it.
pub(super) fn path(module: &str) -> String {
    match syn::parse_str::<syn::Ident>(module) {
        Ok(_) => module.to_owned(),
        Err(_) => format!("r#{module}"),
    }
}

fn enum_obstacle(kind: &Type, schema: &Schema) -> Option<String> {
    let Type::Enum(name) = element(kind) else { return None };
    let of_rust = name.to_upper_camel_case();
    let is_name = syn::parse_str::<syn::Ident>(&of_rust).is_ok();
    let twins = schema.enums.keys().filter(|other| other.to_upper_camel_case() == of_rust).count();
    if !is_name || IMPORTED.contains(&of_rust.as_str()) || twins > 1 {
        return Some(format!("its enum `{name}` has no name of its own in Rust"));
    }
    let mut taken = BTreeSet::new();
    let values = schema.enums.get(name).map(Vec::as_slice).unwrap_or_default();
    let wrong = values.iter().find(|value| {
        let variant = variant(value);
        syn::parse_str::<syn::Ident>(&variant).is_err() || !taken.insert(variant)
    });
    wrong.map(|value| {
        format!("the value `{value}` of its enum `{name}` has no name of its own in Rust")
    })
}

/// The variant of an enum's value, as sea-orm-codegen names it; nothing for one that it spells in its own way.
fn variant(value: &str) -> String {
    let is_plain = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | ' ');
    if value.trim() != value || !value.chars().all(is_plain) {
        return String::new();
    }
    if value.starts_with(|first: char| first.is_ascii_digit()) {
        let letters = value.chars().filter(|next| !matches!(next, '-' | ' '));
        return format!("_{}", letters.collect::<String>());
    }
    value.to_upper_camel_case()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_not_taken() {
        for name in ["type", "Order Line", "createdAt", "größe", "a"] {
            assert!(Taken::default().take(name), "{name}");
        }
        for name in ["", "_", "1st", "self", "Self", "super", "crate", "gen", "💥", "--"] {
            assert!(!Taken::default().take(name), "{name}");
        }
        let mut taken = Taken::default();
        assert!(taken.take("a_1") && !taken.take("A_1") && !taken.take("a1"));
    }

    #[test]
    fn values_of_enums_are_variants() {
        for (value, expected) in [
            ("new", "New"),
            ("2-a", "_2a"),
            ("on hold", "OnHold"),
            ("a+b", ""),
            (" a", ""),
            ("-", ""),
        ] {
            assert_eq!(variant(value), expected, "{value}");
        }
    }
}
