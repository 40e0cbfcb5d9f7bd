//! A list that somebody wrote: two insertions, and every other byte stays.

use std::path::Path;

use proptest::prelude::*;
use sea_revise::project::directory::{Directory, DirectoryError};
use tempfile::TempDir;

use super::{A, B, C, SOURCE, contents, folder};

fn adopted(list: &str) -> (TempDir, Directory) {
    let root = folder(&[("src/lib.rs", list), ("Cargo.toml", "[package]\nname = \"migration\"\n")]);
    let directory = Directory::find(root.path(), Some(Path::new("."))).unwrap();
    (root, directory)
}

fn text(root: &TempDir) -> String {
    contents(root.path())["src/lib.rs"].clone()
}

/// Adds `name` to the first text and expects the second; takes it out again and expects the first. With both ends of lines.
fn assert_added(name: &str, before: &str, after: &str) {
    for newline in ["\n", "\r\n"] {
        for mark in ["", "\u{feff}"] {
            let (before, after) = (
                mark.to_owned() + &before.replace('\n', newline),
                mark.to_owned() + &after.replace('\n', newline),
            );
            let (root, directory) = adopted(&before);
            directory.add(name, SOURCE).unwrap();
            assert_eq!(text(&root), after);
            assert!(directory.registered().unwrap().iter().any(|found| found == name));
            assert_eq!(contents(root.path())[&format!("src/{name}.rs")], SOURCE);
            directory.remove(name).unwrap();
            assert_eq!(text(&root), before);
            assert_eq!(contents(root.path()).len(), 2);
        }
    }
}

/// The usual file around modules and a list.
fn file(modules: &str, list: &str) -> String {
    format!(
        "pub use sea_orm_migration::prelude::*;\n\n{modules}\npub struct Migrator;\n\n#[async_trait::async_trait]\n\
         impl MigratorTrait for Migrator {{\n    fn migrations() -> Vec<Box<dyn MigrationTrait>> {{\n        {list}\n    }}\n}}\n"
    )
}

#[test]
fn the_template_of_sea_orm_cli_becomes_a_list_of_lines() {
    assert_added(
        B,
        &file(&format!("mod {A};\n"), &format!("vec![Box::new({A}::Migration)]")),
        &file(
            &format!("mod {A};\nmod {B};\n"),
            &format!(
                "vec![\n            Box::new({A}::Migration),\n            Box::new({B}::Migration),\n        ]"
            ),
        ),
    );
}

#[test]
fn a_list_of_lines_gets_one_more() {
    let before = |extra_module: &str, extra: &str| {
        file(
            &format!("mod {A};\nmod {B};{extra_module}\n"),
            &format!(
                "vec![\n            Box::new({A}::Migration),\n            Box::new({B}::Migration),{extra}\n        ]"
            ),
        )
    };
    assert_added(
        C,
        &before("", ""),
        &before(&format!("\nmod {C};"), &format!("\n            Box::new({C}::Migration),")),
    );
}

#[test]
fn comments_stay_where_they_are() {
    let before = |module: &str, entry: &str| {
        file(
            &format!("// the first\nmod {A}; // books\nmod {B}; /* stores */{module}\n// the end"),
            &format!(
                "vec![ // oldest first\n            Box::new({A}::Migration), // books\n            \
                 Box::new({B}::Migration), /* stores, with `]` */{entry}\n            // add yours here ]\n        ]"
            ),
        )
    };
    assert_added(
        C,
        &before("", ""),
        &before(&format!("\nmod {C};"), &format!("\n            Box::new({C}::Migration),")),
    );
}

#[test]
fn a_list_without_a_last_comma_stays_one() {
    let list = |comma: &str, entry: &str, end: &str| {
        file(
            &format!(
                "mod {A};\nmod {B};\n{}",
                if entry.is_empty() { String::new() } else { format!("mod {C};\n") }
            ),
            &format!(
                "vec![\n            Box::new({A}::Migration),\n            Box::new({B}::Migration){comma}{entry}{end}"
            ),
        )
    };
    for end in ["\n        ]", "]"] {
        assert_added(
            C,
            &list("", "", end),
            &list(",", &format!("\n            Box::new({C}::Migration)"), end),
        );
    }
    let before = list("", " // stores", "\n        ]");
    let before = before.replace(&format!("mod {C};\n"), "");
    let after =
        list(",", &format!(" // stores\n            Box::new({C}::Migration)"), "\n        ]");
    assert_added(C, &before, &after);
}

#[test]
fn an_empty_list_gets_its_first() {
    let short = "m20260901_090000_a";
    let none = file("", "vec![]").replacen("\n\n\n", "\n\n", 1);
    let one = file(&format!("mod {short};\n"), &format!("vec![Box::new({short}::Migration)]"));
    assert_added(short, &none, &one);
    let list = |entry: &str| format!("fn migrations() -> Vec<Migration> {{ vec![{entry}] }}");
    let entry = list(&format!("Box::new({short}::Migration)"));
    let cases = [
        (list("") + "\n", format!("mod {short};\n\n{entry}\n")),
        (format!("mod a;\n\n{}\n", list("")), format!("mod a;\n\nmod {short};\n\n{entry}\n")),
        (format!("{}\nmod a;", list("")), format!("{entry}\nmod a;\n\nmod {short};")),
        (format!("{}\nmod a;\n", list("")), format!("{entry}\nmod a;\n\nmod {short};\n")),
        (
            format!("{}\nmod a; // last", list("")),
            format!("{entry}\nmod a; // last\n\nmod {short};"),
        ),
    ];
    for (before, after) in cases {
        assert_added(short, &before, &after);
    }
}

#[test]
fn the_first_entry_goes_behind_the_comments() {
    let long = "m20260901_090000_a_name_that_is_too_long_for_one_line";
    let with = |list: &str, entry: &str| file("", &list.replace("ENTRY", entry));
    for (list, entry) in [
        ("vec![ENTRY]", format!("\n            Box::new({long}::Migration),\n        ")),
        ("vec![ENTRY\n        ]", format!("\n            Box::new({long}::Migration),")),
        (
            "vec![\n            // none yet, [not] one\n            /* vec![] */ENTRY\n        ]",
            format!("\n            Box::new({long}::Migration),"),
        ),
        ("vec![/* none */ENTRY]", format!(" Box::new({long}::Migration)")),
    ] {
        let (root, directory) = adopted(&with(list, ""));
        directory.add(long, SOURCE).unwrap();
        let expected = with(list, &entry).replacen("*;\n\n", &format!("*;\n\nmod {long};\n\n"), 1);
        assert_eq!(text(&root), expected);
    }
}

#[test]
fn what_else_stands_in_the_file_stays() {
    let before = |module: &str, entry: &str| {
        format!(
            "#![doc = \"naïve 書\"]\n//! mod m20260901_090000_in_a_comment;\n\n#[macro_use]\nextern crate log;\n\n\
             /// Helps.\nmod helper;\n\n\
             #[cfg(feature = \"books\")]\npub mod {A};\n#[path = \"{B}.rs\"]\npub mod {B};{module}\n\n\
             const TEXT: &str = \"mod m1; vec![Box::new(m1::Migration)]\";\n\npub struct Migrator;\n\n\
             impl MigratorTrait for Migrator {{\n\tfn migration_table_name() -> DynIden {{ todo!() }}\n\n\
             \tfn migrations() -> Vec<Box<dyn MigrationTrait>> {{\n\t\tlet _ = vec![1];\n\t\tvec![\n\t\t\tBox::new({A}::Migration),\n\
             \t\t\tBox::new({B}::Migration),\n\t\t\tBox::new(helper::Seed::default()),{entry}\n\t\t]\n\t}}\n}}\n\
             #[cfg(test)]\nmod tests {{ fn migrations() -> Vec<Migration> {{ vec![] }} }}"
        )
    };
    assert_added(
        C,
        &before("", ""),
        &before(&format!("\npub mod {C};"), &format!("\n\t\t\tBox::new({C}::Migration),")),
    );
}

#[test]
fn one_with_an_older_name_goes_to_the_end_too() {
    let modules = |middle: &str| format!("mod {A};\n{middle}mod {C};\n");
    let list = |end: &str| {
        format!(
            "vec![\n            Box::new({A}::Migration),\n            Box::new({C}::Migration),\n{end}        ]"
        )
    };
    assert_added(
        B,
        &file(&modules(""), &list("")),
        &file(
            &modules(&format!("mod {B};\n")),
            &list(&format!("            Box::new({B}::Migration),\n")),
        ),
    );
    let oldest = "m20250101_000000_first";
    let (root, directory) = adopted(&file(&modules(""), &list("")));
    directory.add(oldest, SOURCE).unwrap();
    assert_eq!(directory.registered().unwrap(), [A, C, oldest]);
    assert!(text(&root).contains(&format!("mod {oldest};\nmod {A};\n")));
    let (root, directory) = adopted(
        "mod a; mod m20260901_090000_a; mod b; fn migrations() -> Vec<Migration> { vec![Box::new(m20260901_090000_a::Migration),] }",
    );
    directory.add(B, SOURCE).unwrap();
    assert_eq!(
        text(&root),
        format!(
            "mod a; mod m20260901_090000_a;\nmod {B}; mod b; fn migrations() -> Vec<Migration> {{ vec![\n\
             \x20   Box::new(m20260901_090000_a::Migration),\n    Box::new({B}::Migration),\n] }}"
        )
    );
}

#[test]
fn one_that_is_registered_already_is_refused() {
    let list = file(&format!("mod {A};\n"), &format!("vec![Box::new({A}::Migration)]"));
    let (root, directory) = adopted(&list);
    let error = directory.add(A, SOURCE).unwrap_err();
    assert!(matches!(error, DirectoryError::Registered { .. }), "{error}");
    directory.add(B, SOURCE).unwrap();
    let before = contents(root.path());
    assert!(matches!(directory.add(B, SOURCE).unwrap_err(), DirectoryError::Exists(_)));
    assert_eq!(contents(root.path()), before);
}

#[test]
fn a_redated_revision_keeps_its_attributes_and_its_comment() {
    let (root, directory) = adopted(&file(
        &format!("/// Books.\n#[cfg(all())]\npub mod {A};\nmod {B};\n"),
        &format!(
            "vec![\n            Box::new(crate::{A}::Migration), // books\n            Box::new({B}::Migration),\n        ]"
        ),
    ));
    std::fs::write(directory.path(A), SOURCE).unwrap();
    let new = "m20260910_090000_create_books";
    directory.redate(A, new).unwrap();
    assert_eq!(
        text(&root),
        file(
            &format!("mod {B};\n/// Books.\n#[cfg(all())]\npub mod {new};\n"),
            &format!(
                "vec![\n            Box::new({B}::Migration),\n            Box::new(crate::{new}::Migration), // books\n        ]"
            ),
        )
    );
    assert_eq!(directory.revisions().unwrap(), [new]);
    assert_eq!(directory.registered().unwrap(), [B, new]);
}

/// A list with two to five entries in lines, each with or without a comment behind it and above it.
fn random_file() -> impl Strategy<Value = (String, Vec<String>)> {
    let entry = (0..4_usize, 0..3_usize, any::<bool>());
    (proptest::collection::btree_set(10..60_u32, 2..6), proptest::collection::vec(entry, 6), any::<[bool; 3]>()).prop_map(
        |(days, parts, [comma, windows, end])| {
            let names = days.iter().map(|day| format!("m20260901_0900{day:02}_x")).collect::<Vec<_>>();
            let (mut modules, mut entries) = (String::new(), String::new());
            for (place, (name, (behind, above, public))) in names.iter().zip(parts).enumerate() {
                let above = ["", "// a, b ]\n", "\n/* mod x; */\n"][above];
                let behind = ["", " // c, d ]", " /* Box::new( */", "  "][behind];
                let comma = if comma || place + 1 < names.len() { "," } else { "" };
                let visibility = if public { "pub " } else { "" };
                modules.push_str(&format!("{above}{visibility}mod {name};{behind}\n"));
                entries.push_str(&format!("{above}        Box::new({name}::Migration){comma}{behind}\n"));
            }
            let end = if end { "// the end" } else { "\n" };
            let text = format!("{modules}fn migrations() -> Vec<Migration> {{\n    vec![\n{entries}    ]\n}}\n{end}");
            (if windows { text.replace('\n', "\r\n") } else { text }, names)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_of_a_list_stays((before, mut names) in random_file(), day in 10..60_u32) {
        let name = format!("m20260901_0900{day:02}_y");
        let (root, directory) = adopted(&before);
        directory.add(&name, SOURCE).unwrap();
        let after = text(&root);
        names.push(name.clone());
        prop_assert_eq!(directory.registered().unwrap(), names);
        let mut rest = after.chars();
        prop_assert!(before.chars().all(|wanted| rest.any(|found| found == wanted)), "{}\n{}", before, after);
        prop_assert_eq!(after.matches('\n').count(), before.matches('\n').count() + 2);
        prop_assert_eq!(after.contains("\r\n"), before.contains("\r\n"));
        directory.remove(&name).unwrap();
        prop_assert_eq!(text(&root), before);
    }
}
