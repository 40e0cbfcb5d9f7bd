//! Forms of lists: what is understood is added to, and compiles afterwards; what is not is refused with its line.

use std::{fs, process::Command};

use super::project::{Place, Project, lib, program};

/// What the lists of these tests use in the place of SeaORM, so that the compiler can look at them in a moment.
const PRELUDE: &str = "pub trait MigrationTrait {}\n\
    pub trait MigratorTrait { fn migrations() -> Vec<Box<dyn MigrationTrait>>; }\n";
const MIGRATION: &str = "#[derive(Default)]\npub struct Migration;\nimpl crate::prelude::MigrationTrait for Migration {}\n";

/// A crate around modules and a list, in which `a` and `b` are migrations.
fn crate_of(modules: &str, body: &str) -> Project {
    let text = lib(modules, body)
        .replace("pub use sea_orm_migration::prelude::*;", "use prelude::*;\nmod prelude;")
        .replace("#[async_trait::async_trait]\n", "");
    Project::new(&text, &[("prelude.rs", PRELUDE.to_owned())])
}

/// Whether rustc takes the crate.
fn expect_compiled(project: &Project, kind: &str) {
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let ended = Command::new(compiler)
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "-A", "warnings"])
        .arg("--out-dir")
        .arg(project.path())
        .arg(project.path().join("src/lib.rs"))
        .output()
        .unwrap();
    let text = project.read("src/lib.rs");
    assert!(ended.status.success(), "{kind}\n{text}\n{}", String::from_utf8_lossy(&ended.stderr));
    fs::remove_file(project.path().join("liblib.rmeta")).unwrap();
}

/// Adds a migration, moves the second one to the end and takes the added one out; the crate compiles each time.
fn expect_understood(project: &Project, count: usize, kind: &str) {
    expect_compiled(project, kind);
    let before = project.contents();
    let directory = project.directory();
    let listed = directory.listed().unwrap_or_else(|error| panic!("{kind}: {error}"));
    assert_eq!(listed.len(), count, "{kind}: {listed:?}");
    let new = "m20300101_000000_new";
    let path = directory.add(new, MIGRATION).unwrap_or_else(|error| panic!("{kind}: {error}"));
    expect_compiled(project, kind);
    let after = project.directory().listed().unwrap();
    assert_eq!(after[..count], listed, "{kind}");
    assert_eq!(after[count].file.as_ref(), Some(&path), "{kind}");
    assert_eq!(after[count].module.as_deref(), Some(new), "{kind}");
    let added = project.contents();
    if count > 1
        && let Some(second) = after[1].module.clone()
    {
        project.directory().move_last(&second).unwrap_or_else(|error| panic!("{kind}: {error}"));
        expect_compiled(project, kind);
        let moved = project.directory().listed().unwrap();
        assert_eq!(moved, [&after[..1], &after[2..], &after[1..2]].concat(), "{kind}");
        added.iter().for_each(|(path, text)| fs::write(path, text).unwrap());
    }
    project.directory().remove(new).unwrap_or_else(|error| panic!("{kind}: {error}"));
    expect_compiled(project, kind);
    assert_eq!(project.directory().listed().unwrap(), listed, "{kind}");
    // Where whole lines came, they are gone again.
    let is_part = |path, text: &String| {
        let mut lines = added[path].lines();
        text.lines().all(|line| lines.any(|other| other == line))
    };
    if before.iter().all(|(path, text)| is_part(path, text)) {
        assert_eq!(project.contents(), before, "{kind}");
    }
}

const A: &str = "Box::new(a::Migration)";
const B: &str = "Box::new(b::Migration)";
const DYN: &str = "Vec<Box<dyn MigrationTrait>>";

#[test]
fn a_list_of_a_plain_form_is_added_to() {
    let cast = "as Box<dyn MigrationTrait>";
    let forms = [
        format!("vec![{A}, {B}]"),
        format!("vec![\n            {A},\n            {B},\n        ]"),
        format!("return vec![{A}, {B}];"),
        format!("return vec![\n            {A},\n            {B}\n        ];"),
        format!("let list = vec![{A} {cast}, {B}]; list"),
        format!("let list = vec![{A} {cast}, {B} {cast}];\n        list"),
        format!("let list: {DYN} = vec![{A}, {B}];\n        return list;"),
        format!(
            "let list: {DYN} = vec![\n            {A},\n            {B},\n        ];\n        list"
        ),
        format!("vec![{A} {cast}, {B} {cast}]"),
        "vec![Box::new(a::Migration {}), Box::new(b::Migration {})]".to_owned(),
        "vec![Box::new(a::Migration::default()), Box::new(b::Migration::default())]".to_owned(),
        "vec![Box::<a::Migration>::default(), Box::<b::Migration>::default()]".to_owned(),
        "vec![Box::new(crate::a::Migration), Box::new(self::b::Migration)]".to_owned(),
        "vec![::std::boxed::Box::new(a::Migration), std::boxed::Box::new(b::Migration)]".to_owned(),
        format!("std::vec![{A}, {B}]"),
        format!("vec!({A}, {B})"),
        format!("vec! {{ {A}, {B} }}"),
        format!("{{ vec![{A}, {B}] }}"),
        format!("(vec![{A}, {B}])"),
        format!("Vec::from([{A} {cast}, {B}])"),
        format!("[{A} {cast}, {B}].into()"),
        format!("vec![{A} {cast}, {B}].into_iter().collect()"),
        format!(
            "let mut list: {DYN} = Vec::new();\n        list.push({A});\n        list.push({B});\n        list"
        ),
        format!(
            "let mut list: {DYN} = vec![{A}];\n        list.push({B}); // the second\n        list"
        ),
        format!(
            "let mut list: {DYN} = Vec::with_capacity(2);\n        list.push({A});\n        list.push({B});\n        return list;"
        ),
        format!(
            "let mut list = Vec::new();\n        list.push({A} {cast});\n        list.push({B});\n        list"
        ),
        format!("println!(\"the list\");\n        vec![{A}, {B}]"),
        format!(
            "// vec![] as a comment\n        vec![\n            // the first\n            {A}, // a\n            {B}, // b\n        ]"
        ),
    ];
    for form in forms {
        let project = crate_of("mod a;\nmod b;\n", &form);
        project.write("src/a.rs", MIGRATION);
        project.write("src/b.rs", MIGRATION);
        expect_understood(&project, 2, &form);
    }
}

#[test]
fn modules_may_be_anywhere() {
    let in_folder = "pub mod a;\npub mod b;\n";
    let nested = "pub(crate) mod a;\npub(crate) mod b;\n";
    let plain = format!("vec![{A}, {B}]");
    let through = |prefix: &str| plain.replace("new(", &format!("new({prefix}"));
    for (kind, modules, body, inner) in [
        ("a glob", "mod migrations;\nuse migrations::*;\n", plain.clone(), in_folder),
        ("a path", "mod migrations;\n", through("migrations::"), in_folder),
        ("from the root", "mod migrations;\n", through("crate::migrations::"), nested),
        ("names", "mod migrations;\nuse migrations::{a, b};\n", plain.clone(), in_folder),
        ("a glob of self", "mod migrations;\nuse self::migrations::*;\n", plain.clone(), nested),
        ("another name", "mod migrations;\nuse migrations as m;\n", through("m::"), in_folder),
        (
            "a glob inside",
            "mod migrations;\n",
            format!("use migrations::*;\n        {plain}"),
            in_folder,
        ),
        (
            "types",
            "mod migrations;\nuse migrations::{a::Migration as A, b::Migration as B};\n",
            "vec![Box::new(A), Box::new(B)]".to_owned(),
            in_folder,
        ),
    ] {
        for place in ["src/migrations/mod.rs", "src/migrations.rs"] {
            let project = crate_of(modules, &body);
            project.write(place, inner);
            project.write("src/migrations/a.rs", MIGRATION);
            project.write("src/migrations/b.rs", MIGRATION);
            expect_understood(&project, 2, &format!("{kind}, {place}"));
            let folder = project.directory().folder().to_owned();
            assert!(folder.ends_with("src/migrations"), "{kind}: {folder:?}");
        }
    }
}

#[test]
fn a_function_may_have_the_list() {
    let list = format!("vec![{A}, {B}]");
    let all = |body: &str| {
        format!(
            "use crate::prelude::*;\n\nmod a;\nmod b;\n\npub fn all() -> {DYN} {{\n    {body}\n}}\n"
        )
    };
    for (kind, modules, body, inner) in [
        ("all", "mod versions;\n", "versions::all()", all(&list)),
        (
            "another name",
            "mod migrations;\n",
            "migrations::list()",
            all(&list).replace("all()", "list()"),
        ),
        ("imported", "mod migrations;\nuse migrations::all;\n", "all()", all(&list)),
        (
            "returned",
            "mod migrations;\n",
            "return crate::migrations::all();",
            all(&format!("return {list};")),
        ),
    ] {
        let folder = if modules.contains("versions") { "versions" } else { "migrations" };
        let project = crate_of(modules, body);
        project.write(&format!("src/{folder}/mod.rs"), &inner);
        project.write(&format!("src/{folder}/a.rs"), MIGRATION);
        project.write(&format!("src/{folder}/b.rs"), MIGRATION);
        expect_understood(&project, 2, kind);
    }
    let own = format!("mod a;\nmod b;\n\nfn every() -> {DYN} {{\n    {list}\n}}\n");
    let project = crate_of(&own, "every()");
    project.write("src/a.rs", MIGRATION);
    project.write("src/b.rs", MIGRATION);
    expect_understood(&project, 2, "a function of the same file");
}

#[test]
fn what_is_conditional_or_odd_stays() {
    let cfg = "#[cfg(feature = \"x\")]";
    for (kind, modules, body, count) in [
        (
            "conditions in brackets",
            format!("mod a;\n{cfg}\nmod b;\n"),
            format!("vec![\n            {A},\n            {cfg}\n            {B},\n        ]"),
            2,
        ),
        (
            "a condition before what is pushed",
            format!("mod a;\n{cfg}\nmod b;\n"),
            format!(
                "let mut list: {DYN} = vec![{A}];\n        {cfg}\n        list.push({B});\n        list"
            ),
            2,
        ),
        (
            "modules with paths and folders",
            "#[path = \"sql/first.rs\"]\nmod a;\nmod b;\n".to_owned(),
            format!("vec![{A}, {B}]"),
            2,
        ),
        (
            "a module inside of the file",
            "mod a {\n    #[derive(Default)]\n    pub struct Migration;\n    \
             impl crate::prelude::MigrationTrait for Migration {}\n}\nmod b;\n"
                .to_owned(),
            format!("vec![{A}, {B}]"),
            2,
        ),
        (
            "a type of the file",
            "mod b;\n\nstruct Own;\nimpl MigrationTrait for Own {}\n".to_owned(),
            format!("vec![{B}, Box::new(Own)]"),
            2,
        ),
    ] {
        let project = crate_of(&modules, &body);
        for file in ["a.rs", "sql/first.rs", "b/mod.rs"] {
            project.write(&format!("src/{file}"), MIGRATION);
        }
        if modules.contains("sql/first") || !modules.contains("mod a;") {
            fs::remove_file(project.path().join("src/a.rs")).unwrap();
        }
        expect_understood(&project, count, kind);
    }
}

#[test]
fn an_empty_list_gets_its_first_in_every_form() {
    for body in [
        "vec![]".to_owned(),
        "Vec::new()".to_owned(),
        "return vec![];".to_owned(),
        "return Vec::new();".to_owned(),
        "let list = vec![];\n        list".to_owned(),
        "let list = Vec::new();\n        list".to_owned(),
        format!("let list: {DYN} = Vec::new();\n        list"),
        "std::vec![]".to_owned(),
    ] {
        expect_understood(&crate_of("", &body), 0, &body);
    }
}

/// What is written, the line that is named, and what that line has.
const REFUSED: [(&str, usize, &str); 10] = [
    (
        "let mut list = others();\n        list.push(Box::new(a::Migration));\n        list",
        11,
        "let mut list",
    ),
    (
        "let mut list = vec![];\n        list.extend(others());\n        list",
        12,
        "list.extend(others());",
    ),
    (
        "let mut list: Vec<Box<dyn MigrationTrait>> = vec![Box::new(a::Migration)];\n        list.sort();\n        list",
        12,
        "list.sort();",
    ),
    (
        "let mut list: Vec<Box<dyn MigrationTrait>> = Vec::new();\n        \
         if cfg!(test) {\n            list.push(Box::new(a::Migration));\n        }\n        list",
        12,
        "if cfg!(test)",
    ),
    ("others().into_iter().chain(vec![]).collect()", 11, "others()"),
    ("[others(), vec![Box::new(a::Migration)]].concat()", 11, "concat()"),
    ("migrations![a, b]", 11, "migrations![a, b]"),
    ("vec![Box::new(elsewhere::x::Migration)]", 11, "elsewhere"),
    ("elsewhere::all()", 11, "elsewhere::all()"),
    ("match 1 {\n            _ => vec![Box::new(a::Migration)],\n        }", 11, "match 1"),
];

#[tokio::test]
async fn a_list_of_another_form_is_refused_with_its_line() {
    for place in Place::all().await {
        for (body, line, words) in REFUSED {
            let project = crate_of("mod a;\nmod b;\n", body);
            project.write("src/a.rs", MIGRATION);
            let before = project.contents();
            let directory = project.directory();
            let error = directory.listed().unwrap_err().to_string();
            let place_of = format!("; line {line} has `");
            for part in [
                place_of.as_str(),
                words,
                "src/lib.rs`",
                "expected `vec![Box::new(m…::Migration), …]`",
            ] {
                assert!(error.contains(part), "{body}: {error}");
            }
            let error = directory.add("m20300101_000000_new", MIGRATION).unwrap_err().to_string();
            for part in [place_of.as_str(), "nothing was written", "mod m20300101_000000_new;"] {
                assert!(error.contains(part), "{body}: {error}");
            }
            // Looking goes on; what would write is refused.
            let (quiet, longer) = (program(&["a"], false), program(&["a"], true));
            for (revise, verb, code) in [
                (&quiet, &["init", "--adopt"][..], 1),
                (&quiet, &["upgrade"], 0),
                (&quiet, &["check"], 0),
                (&quiet, &["migrate", "-m", "x"], 0),
                (&longer, &["migrate", "-m", "x"], 1),
                (&quiet, &["revision", "-m", "x"], 1),
            ] {
                let ended = project.run(revise, &place, verb).await;
                assert_eq!(ended, code, "{body}: {verb:?}");
            }
            assert_eq!(project.contents(), before, "{body}");
        }
    }
}

#[test]
fn what_is_not_rust_or_has_several_lists_is_refused() {
    let two = "mod a;\nstruct One;\nimpl MigratorTrait for One { fn migrations() -> Vec<Box<dyn MigrationTrait>> { vec![] } }\n\
               struct Two;\nimpl MigratorTrait for Two { fn migrations() -> Vec<Box<dyn MigrationTrait>> { vec![] } }\n";
    for (text, words) in [
        (two, "several in lines 3 and 5"),
        ("fn migrations() -> Vec<Box<dyn MigrationTrait>> {\n    vec![\n", "is not Rust"),
        ("mod a;\n", "there is no such function"),
    ] {
        let project = Project::new(text, &[]);
        let before = project.contents();
        let error = project.directory().listed().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        project.directory().add("m20300101_000000_new", MIGRATION).unwrap_err();
        assert_eq!(project.contents(), before);
    }
}
