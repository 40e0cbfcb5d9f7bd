//! Rendered migrations: golden files that are compiled, and laws over random operations.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a test calls may panic as the test itself does"
)]

use std::{fs, path::Path};

use chrono::{DateTime, Utc};
use proc_macro2::{TokenStream, TokenTree};
use proptest::prelude::*;
use sea_revise::{
    operation::{Operation, Plan, describe::describe},
    prelude::{Column, Type},
    project::render::{self, RevisionFile},
    revision::Revision,
};

#[path = "render/by_hand.rs"]
mod by_hand;
#[expect(
    clippy::too_many_lines,
    reason = "written whole by `BLESS`: one plan with every operation"
)]
#[path = "render/every_operation.rs"]
mod every_operation;
#[path = "render/m20261123_101500_add_page_count_to_books.rs"]
mod m20261123_101500_add_page_count_to_books;
#[path = "render/random.rs"]
mod random;
#[path = "render/samples.rs"]
mod samples;
#[path = "render/way_back.rs"]
mod way_back;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/render"))
}

/// Compares with a file that is compiled into this test; `BLESS=1` writes it.
fn assert_golden(name: &str, source: &str) {
    let text = render::format(source, folder());
    let path = folder().join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "{name}");
}

fn revision(message: &str) -> Revision {
    let at: DateTime<Utc> = "2026-11-23T10:15:00Z".parse().unwrap();
    Revision::new(at, message)
}

fn draft<'a>(
    revision: &'a Revision,
    message: &'a str,
    up: &'a [Operation],
    down: &'a [Operation],
) -> RevisionFile<'a> {
    RevisionFile {
        revision,
        message,
        after: Some("m20261006_090000_create_users"),
        up,
        down,
        notes: &[],
        transaction: true,
    }
}

#[test]
fn a_migration_has_the_agreed_shape() {
    let up = Plan::new()
        .add_column("books", Column::new("page_count", Type::Integer).nullable())
        .operations;
    let down = Plan::new().drop_column("books", "page_count").operations;
    let message = "add page_count to books";
    let revision = revision(message);
    let notes = [
        "`down` drops `books.page_count`: the values of its rows are lost, and a later `up` starts with NULL in every row."
            .to_owned(),
        "short".to_owned(),
    ];
    let draft = RevisionFile { notes: &notes, ..draft(&revision, message, &up, &down) };
    assert_golden(&format!("{revision}.rs"), &render::migration(&draft));
    let _ = m20261123_101500_add_page_count_to_books::Migration;
}

#[test]
fn an_empty_migration_says_what_to_write() {
    let revision = revision("fill");
    let draft =
        RevisionFile { after: None, transaction: false, ..draft(&revision, "fill", &[], &[]) };
    assert_golden("by_hand.rs", &render::migration(&draft));
    let _ = by_hand::Migration;
}

#[test]
fn every_operation_is_the_same_after_compiling() {
    let operations = samples::every_operation();
    let plan = render::plan(&operations);
    let source = format!(
        "//! Every operation, rendered; written by `BLESS=1`.\n\nuse sea_revise::prelude::*;\n\npub fn plan() -> Plan {{\n    {plan}\n}}\n"
    );
    let file = syn::parse_file(&source).unwrap();
    // rustfmt leaves a chain alone in which one text is too long, so it has to be laid out before.
    let source = prettyplease::unparse(&file)
        .replacen("use sea", "\nuse sea", 1)
        .replacen("pub fn", "\npub fn", 1);
    assert_golden("every_operation.rs", &source);
    assert_eq!(every_operation::plan().operations, operations);
    // Both matches over all operations are split, and neither part may miss one.
    assert!(operations.iter().all(|operation| !describe(operation).is_empty()));
}

/// Checksums of applied migrations are made of this JSON: another one would make every migration look edited.
#[test]
fn the_json_of_operations_stays_what_it_is() {
    let mut operations = samples::every_operation();
    operations.extend(way_back::operations());
    let text = serde_json::to_string_pretty(&operations).unwrap() + "\n";
    let path = folder().join("every_operation.json");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == text, "compare with `BLESS=1` and `git diff`");
}

/// The values of all string literals, in their order.
fn texts(source: &str) -> Vec<String> {
    syn::parse_file(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
    let mut texts = Vec::new();
    collect(source.parse().unwrap(), &mut texts);
    texts
}

fn collect(tokens: TokenStream, texts: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), texts),
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(text) = syn::Lit::new(literal) {
                    texts.push(text.value());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rendered_file_parses_and_rustfmt_leaves_it_alone(
        up in proptest::collection::vec(random::operation(), 0..6),
        down in proptest::collection::vec(random::operation(), 0..3),
        message in random::text(),
        notes in proptest::collection::vec(random::text(), 0..3),
        transaction: bool,
    ) {
        let revision = revision(&message);
        let draft = RevisionFile { notes: &notes, transaction, ..draft(&revision, &message, &up, &down) };
        let source = render::migration(&draft);
        prop_assert_eq!(&source, &render::migration(&draft));
        let formatted = render::format(&source, folder());
        prop_assert_eq!(texts(&source), texts(&formatted));
        prop_assert_eq!(&render::format(&formatted, folder()), &formatted);
        for line in formatted.lines().take_while(|line| line.starts_with("//!")) {
            prop_assert!(line.chars().count() <= 110 || !line.trim_start_matches("//! ").contains(' '), "{}", line);
            prop_assert!(!line.ends_with(' '));
        }
    }
}
