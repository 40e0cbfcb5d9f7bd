//! Names of files and records, whatever they look like: the list's order is the order, and `name()` is the record.

use sea_revise::Entities;

use super::project::{Place, Project, derived, lib, listing, named, program};

/// Files, and what the migrations are called, in the order of the list.
type History = (&'static str, Project, Vec<&'static str>);

fn of_one_second() -> Vec<&'static str> {
    vec![
        "m20240101_000001_users",
        "m20240101_000001_roles",
        "m20240101_000001_permissions",
        "m20240101_000001_user_roles",
    ]
}

fn files(names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| (format!("{name}.rs"), derived())).collect()
}

fn project(lib: &str, files: &[(String, String)]) -> Project {
    let files: Vec<(&str, String)> =
        files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    Project::new(lib, &files)
}

/// One history of each kind that was seen in public projects.
fn histories() -> Vec<History> {
    let kinds = [
        ("a date that is none", vec!["m00000000_000000_functions", "m20230101_000001_customer"]),
        ("numbers", vec!["m0001_users", "m0002_posts"]),
        ("numbers of seven digits", vec!["m20240101_0000001_users", "m20240101_0000002_posts"]),
        ("one second", of_one_second()),
        ("words", vec!["create_users", "add_posts"]),
        ("the newest first by name", vec!["m20991231_235959_a", "m20200101_000000_b"]),
        ("a mixture", vec!["m0001_users", "m20230101_000001_x", "v2_y", "m00000000_000000_z"]),
    ];
    let mut all: Vec<History> = kinds
        .into_iter()
        .map(|(kind, names)| (kind, project(&listing(&names), &files(&names)), names))
        .collect();
    all.extend(names_of_their_own());
    all.push(in_folders());
    all
}

/// Records that are called otherwise than their files.
fn names_of_their_own() -> Vec<History> {
    let (customer, wallet) = ("m20230101_000001_customer", "m20240420_000001_wallet");
    let own = "m20240420_1_wallet";
    let constant = named(own)
        .replace(&format!("\"{own}\""), "NAME")
        .replace("pub struct", &format!("const NAME: &str = \"{own}\";\n\npub struct"));
    let returned = named(own).replace(&format!("\"{own}\""), &format!("return \"{own}\";"));
    let computed = derived().replace("#[derive(DeriveMigrationName)]\n", "");
    let kinds = [
        ("a name of its own", named(own)),
        ("a name that is computed", computed),
        ("a name that is a constant", constant),
        ("a name that is returned", returned),
    ];
    let history = |(kind, text): (&'static str, String)| {
        let files = [(format!("{customer}.rs"), derived()), (format!("{wallet}.rs"), text)];
        (kind, project(&listing(&[customer, wallet]), &files), vec![customer, own])
    };
    kinds.into_iter().map(history).collect()
}

fn in_folders() -> History {
    let modules = "mod m0001_users;\n#[path = \"sql/second.rs\"]\nmod m0002_posts;\nmod old;\n";
    let list = "vec![\n            Box::new(m0001_users::Migration),\n            \
                Box::new(m0002_posts::Migration),\n            Box::new(old::m0003_tags::Migration),\n        ]";
    let files = [
        ("m0001_users/mod.rs".to_owned(), named("m0001_users")),
        ("sql/second.rs".to_owned(), derived()),
        ("old/mod.rs".to_owned(), "pub mod m0003_tags;\n".to_owned()),
        ("old/m0003_tags.rs".to_owned(), derived()),
    ];
    let names = vec!["m0001_users", "second", "m0003_tags"];
    ("folders, paths and inner folders", project(&lib(modules, list), &files), names)
}

/// The new file is listed after the last entry, and declared where it lies.
fn expect_last(project: &Project, before: usize, kind: &str) -> String {
    let listed = project.listed();
    assert_eq!(listed.len(), before + 1, "{kind}");
    let last = listed.last().unwrap();
    let file = last.file.as_ref().unwrap();
    let module = last.module.clone().unwrap();
    assert!(module.ends_with("_add_pages"), "{kind}: {module}");
    assert_eq!(file.file_stem().unwrap().to_str().unwrap(), module, "{kind}");
    assert_eq!(last.name.as_ref(), Some(&module), "{kind}");
    module
}

#[tokio::test]
async fn a_history_is_quiet_and_goes_on_whatever_its_names_are() {
    for place in 0..Place::all().await.len() {
        for (kind, project, names) in histories() {
            let place = Place::all().await.swap_remove(place);
            let revise = program(&names, false);
            assert_eq!(project.run(&revise, &place, &["init", "--adopt"]).await, 0, "{kind}");
            let before = project.contents();
            assert_eq!(project.run(&revise, &place, &["check"]).await, 4, "{kind}");
            assert_eq!(project.run(&revise, &place, &["upgrade"]).await, 0, "{kind}");
            for verb in [&["check"][..], &["status"], &["migrate", "-m", "x"], &["branches"]] {
                assert_eq!(project.run(&revise, &place, verb).await, 0, "{kind}: {verb:?}");
            }
            assert_eq!(project.contents(), before, "{kind}");
            let mut applied: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            applied.sort();
            assert_eq!(place.applied().await, applied, "{kind}");
            if ["a name of its own", "a mixture", "folders, paths and inner folders"]
                .contains(&kind)
            {
                expect_verbs(&project, &place, &names, kind).await;
            }

            let longer = program(&names, true);
            let migrate = ["migrate", "-m", "Add pages"];
            assert_eq!(project.run(&longer, &place, &["check"]).await, 5, "{kind}");
            assert_eq!(project.run(&longer, &place, &migrate).await, 0, "{kind}");
            let new = expect_last(&project, names.len(), kind);
            let order = project.directory().registered().unwrap();
            assert_eq!(order.last(), Some(&new), "{kind}");
            // Before it is built, the next one would repeat it.
            assert_eq!(project.run(&longer, &place, &migrate).await, 8, "{kind}");
            assert_eq!(project.run(&longer, &place, &["check"]).await, 8, "{kind}");
            let built = [names.as_slice(), &[new.as_str()]].concat();
            let built = program(&built, false);
            assert_eq!(project.run(&built, &place, &["upgrade"]).await, 0, "{kind}");
            assert_eq!(project.run(&built, &place, &["check"]).await, 0, "{kind}");
            let after = project.listed();
            let text = std::fs::read_to_string(after.last().unwrap().file.as_ref().unwrap());
            let follows = format!("Follows `{}`.", names.last().unwrap());
            assert!(text.unwrap().contains(&follows), "{kind}: {follows}");
        }
    }
}

/// Every verb that takes a revision understands such a name, whole.
async fn expect_verbs(project: &Project, place: &Place, names: &[&str], kind: &str) {
    let revise = program(names, false);
    for name in names {
        let range = format!("{name}:{name}");
        for verb in [
            &["show", name][..],
            &["history", "-r", &range, "-i"],
            &["lint", name],
            &["test", name],
            &["diff", name, name],
            &["resolve", name, "--applied"],
            &["upgrade", name, "--plan"],
        ] {
            assert_eq!(project.run(&revise, place, verb).await, 0, "{kind}: {verb:?}");
        }
    }
    let first = names.first().unwrap();
    for verb in [&["stamp", first][..], &["stamp", "head"], &["downgrade", first], &["upgrade"]] {
        assert_eq!(project.run(&revise, place, verb).await, 0, "{kind}: {verb:?}");
    }
    for verb in [&["downgrade", "base"][..], &["upgrade", first], &["upgrade", "+1"], &["upgrade"]]
    {
        assert_eq!(project.run(&revise, place, verb).await, 0, "{kind}: {verb:?}");
    }
}

#[tokio::test]
async fn a_migration_that_is_not_listed_is_a_remark() {
    for place in Place::all().await {
        let names = ["m20230101_000001_a", "m20230101_000009_b"];
        let out = "m20230101_000005_customer";
        let declared = listing(&[names[0], out, names[1]]).replace(
            &format!("            Box::new({out}"),
            &format!("            // Box::new({out}"),
        );
        let mut all = files(&names);
        all.push((format!("{out}.rs"), derived()));
        for (kind, lib) in [("declared", declared), ("a file", listing(&names))] {
            let project = project(&lib, &all);
            let revise = program(&names, false);
            for verb in [
                &["upgrade"][..],
                &["check"],
                &["status"],
                &["migrate", "-m", "x"],
                &["check", "--offline"],
            ] {
                assert_eq!(project.run(&revise, &place, verb).await, 0, "{kind}: {verb:?}");
            }
            let longer = program(&names, true);
            assert_eq!(project.run(&longer, &place, &["migrate", "-m", "Add pages"]).await, 0);
            expect_last(&project, names.len(), kind);
            let text = project.read("src/lib.rs");
            assert_eq!(text.contains(&format!("// Box::new({out}")), kind == "declared", "{text}");
            assert!(project.path().join(format!("src/{out}.rs")).exists());
        }
    }
}

#[tokio::test]
async fn a_late_migration_is_put_last_under_its_own_name() {
    for place in Place::all().await {
        let (first, late, last) = ("m0001_a", "m0002_b", "m0003_c");
        let project = project(&listing(&[first, late, last]), &files(&[first, late, last]));
        let before = program(&[first, last], false);
        assert_eq!(project.run(&before, &place, &["upgrade"]).await, 0);
        let all = program(&[first, late, last], false);
        assert_eq!(project.run(&all, &place, &["check"]).await, 8);
        assert_eq!(project.run(&all, &place, &["upgrade"]).await, 8);
        assert_eq!(project.run(&all, &place, &["merge"]).await, 0);
        assert_eq!(project.directory().registered().unwrap(), [first, last, late]);
        assert!(project.path().join(format!("src/{late}.rs")).exists());
        let merged = program(&[first, last, late], false);
        assert_eq!(project.run(&merged, &place, &["upgrade"]).await, 0);
        assert_eq!(project.run(&merged, &place, &["check"]).await, 0);
    }
}

#[tokio::test]
async fn a_late_migration_of_the_engine_gets_a_new_date() {
    for place in Place::all().await {
        let (first, late, last) =
            ("m20230101_000001_a", "m20230101_000002_b", "m20230101_000003_c");
        let project = project(&listing(&[first, late, last]), &files(&[first, late, last]));
        let before = program(&[first, last], false);
        assert_eq!(project.run(&before, &place, &["upgrade"]).await, 0);
        let all = program(&[first, late, last], false);
        assert_eq!(project.run(&all, &place, &["merge"]).await, 0);
        let names = project.directory().registered().unwrap();
        assert_eq!(names[..2], [first, last]);
        assert!(names[2].ends_with("_b") && names[2] != late, "{names:?}");
        assert!(project.path().join(format!("src/{}.rs", names[2])).exists());
        assert!(!project.path().join(format!("src/{late}.rs")).exists());
    }
}

#[tokio::test]
async fn a_condition_before_an_entry_is_kept() {
    for place in Place::all().await {
        for (names, kind) in
            [(vec!["m1_a", "m2_b", "m3_c"], "with the feature"), (vec!["m1_a", "m3_c"], "without")]
        {
            let place = Place::all()
                .await
                .into_iter()
                .find(|other| other.url.split(':').next() == place.url.split(':').next());
            let place = place.unwrap();
            let body = "vec![\n            Box::new(m1_a::Migration),\n            #[cfg(feature = \"b\")]\n            \
                        Box::new(m2_b::Migration),\n            Box::new(m3_c::Migration),\n        ]";
            let modules = "mod m1_a;\n#[cfg(feature = \"b\")]\nmod m2_b;\nmod m3_c;\n";
            let project = project(&lib(modules, body), &files(&["m1_a", "m2_b", "m3_c"]));
            let revise = program(&names, false);
            for verb in [&["upgrade"][..], &["check"], &["migrate", "-m", "x"]] {
                assert_eq!(project.run(&revise, &place, verb).await, 0, "{kind}: {verb:?}");
            }
            let longer = program(&names, true);
            assert_eq!(project.run(&longer, &place, &["migrate", "-m", "Add pages"]).await, 0);
            expect_last(&project, 3, kind);
            let text = project.read("src/lib.rs");
            assert!(text.contains(body.trim_end_matches(']').trim_end()), "{text}");
        }
    }
}

#[tokio::test]
async fn two_migrations_of_one_name_are_refused() {
    for place in Place::all().await {
        let project = project(&listing(&["m1", "m2"]), &files(&["m1", "m2"]));
        let revise = program(&["mod", "mod"], false);
        for verb in [&["upgrade"][..], &["check"], &["migrate", "-m", "x"]] {
            assert_eq!(project.run(&revise, &place, verb).await, 8, "{verb:?}");
        }
    }
}

#[tokio::test]
async fn what_a_migration_of_seaorm_drops_on_its_way_back_is_counted() {
    for place in Place::all().await {
        let names = ["m0001_book", "m0002_view"];
        let project = project(&listing(&names), &files(&names));
        let revise = program(&names, false);
        assert_eq!(project.run(&revise, &place, &["upgrade"]).await, 0);
        place.execute("INSERT INTO book (title) VALUES ('x')").await;
        // A view has no rows, and a preview changes nothing.
        assert_eq!(project.run(&revise, &place, &["downgrade"]).await, 0);
        assert_eq!(project.run(&revise, &place, &["downgrade", "--plan"]).await, 0);
        assert_eq!(project.run(&revise, &place, &["downgrade"]).await, 3);
        assert_eq!(place.texts("SELECT title FROM book").await, ["x"]);
        let consent = ["downgrade", "--allow-data-loss", "--backup", "never"];
        assert_eq!(project.run(&revise, &place, &consent).await, 0);
        assert!(place.applied().await.is_empty());
    }
}

#[tokio::test]
async fn a_table_that_is_left_alone_is_not_counted() {
    for place in Place::all().await {
        let names = ["m0001_book", "m0002_view"];
        let project = project(&listing(&names), &files(&names));
        let revise = program(&names, false).entities(Entities::new().exclude("b?ok*"));
        assert_eq!(project.run(&revise, &place, &["upgrade"]).await, 0);
        place.execute("INSERT INTO book (title) VALUES ('x')").await;
        assert_eq!(project.run(&revise, &place, &["downgrade", "base"]).await, 0);
        assert!(place.applied().await.is_empty());
    }
}
