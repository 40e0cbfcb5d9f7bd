//! Problems with the directory of migrations: reported by name, and the directory is not changed.

use std::{fs, os::unix::fs::symlink};

use crate::support::{Database, Ended, Program, Project, project::BEGIN};

const MIGRATE: [&str; 5] = ["migrate", "-m", "Change books", "-d", "versions"];
const LATER: &str = "m20260102_000000_later";

fn listing(names: &[&str]) -> String {
    let modules: String = names.iter().map(|name| format!("mod {name};\n")).collect();
    let entries: String =
        names.iter().map(|name| format!("Box::new({name}::Migration),")).collect();
    format!("{modules}\npub fn all() -> Vec<Box<dyn MigrationTrait>> {{ vec![{entries}] }}\n")
}

#[test]
fn a_migration_that_is_not_built_is_named() {
    let project = Project::new(&Database::sqlite(), "title writer");
    let check = ["check", "-d", "versions"];
    project.run(&check).expect_code(5);
    // What does not compile is never built.
    fs::write(project.file(&format!("{LATER}.rs")), "pub struct").unwrap();
    fs::write(project.file("mod.rs"), listing(&["m20260101_000000_begin"])).unwrap();
    let ended = project.run(&check).expect_code(5);
    let remark = format!("remark: `{LATER}` is in `");
    assert!(ended.stdout.contains(&remark), "{}", ended.stdout);
    assert!(ended.stdout.contains("and is not listed in `"), "{}", ended.stdout);
    project.run(&MIGRATE).expect_code(3);
    let list = listing(&["m20260101_000000_begin", LATER]);
    fs::write(project.file("mod.rs"), &list).unwrap();
    for arguments in [&MIGRATE[..], &check, &["revision", "-m", "x", "-d", "versions"]] {
        let error = project.run(arguments).expect_code(8).expect_error();
        assert!(error.contains("this program was built without it; build it again"), "{error}");
    }
    assert_eq!(fs::read_to_string(project.file("mod.rs")).unwrap(), list);
    fs::remove_file(project.file(&format!("{LATER}.rs"))).unwrap();
    fs::remove_file(project.file(BEGIN)).unwrap();
    let ended = project.run(&check).expect_code(8);
    assert!(ended.stderr.contains("its file is not in `"), "{}", ended.stderr);
    // An installed program has no sources, and a directory next to it belongs to another project.
    project.run(&["check"]).expect_code(5);
    fs::create_dir(project.database.home.path().join("migrations")).unwrap();
    fs::rename(project.file(""), project.database.home.path().join("migrations/versions")).unwrap();
    fs::write(project.database.home.path().join(format!("migrations/versions/{LATER}.rs")), "")
        .unwrap();
    project.run(&["check"]).expect_code(5);
}

#[test]
fn a_migration_is_found_by_its_name_whatever_its_file_is_called() {
    let project = Project::new(&Database::sqlite(), "title author");
    project.run(&["downgrade", "base"]).expect_success();
    fs::remove_file(project.file(BEGIN)).unwrap();
    let says = "impl MigrationName for Migration { fn name(&self) -> &str { \"0001-Begin\" } }";
    fs::write(project.file("first.rs"), says).unwrap();
    fs::write(project.file("mod.rs"), listing(&["first"])).unwrap();
    let run = |arguments: &[&str]| {
        let program = project.program().env("BEGAN_AS", "0001-Begin").env("EDITOR", "echo");
        program.run(&[arguments, &["-d", "versions"]].concat())
    };
    run(&["upgrade"]).expect_success();
    run(&["check"]).expect_success();
    for given in ["0001-Begin", "0001", "begin", "first", "head"] {
        let shown = run(&["edit", given]).expect_success().stdout;
        assert!(shown.contains("versions/first.rs"), "{given}: {shown}");
    }
    let shown = run(&["show", "0001"]).expect_success().stdout;
    assert!(
        shown.contains("0001-Begin, after <base>\nin ") && shown.contains("first.rs"),
        "{shown}"
    );
    let error = run(&["edit", "second"]).expect_code(2).expect_error();
    assert!(error.contains("the nearest is `0001-Begin`"), "{error}");
}

#[test]
fn a_folder_that_is_none_is_refused() {
    let project = Project::new(&Database::sqlite(), "title writer");
    let home = project.database.home.path();
    fs::create_dir(home.join("empty")).unwrap();
    fs::write(home.join("a file"), "").unwrap();
    for folder in ["empty", "a file", "nowhere", "", "versions/m20260101_000000_begin.rs"] {
        for verb in
            [&["migrate", "-m", "x", "--rename", "book.writer:author"][..], &["check"], &["edit"]]
        {
            let error =
                project.run(&[verb, &["-d", folder]].concat()).expect_code(2).expect_error();
            assert!(
                error.contains("holds no migrations") || error.contains("a value is required"),
                "{error}"
            );
        }
    }
    project.expect_untouched();
}

#[test]
fn an_existing_crate_is_looked_at() {
    let project = Project::new(&Database::sqlite(), "title author");
    let home = project.database.home.path();
    let error = project.run(&["init", "--adopt", "nowhere"]).expect_code(2).expect_error();
    assert!(error.contains("holds no migrations"), "{error}");
    fs::create_dir_all(home.join("old-history/src")).unwrap();
    let manifest = "[package]\nname = \"old-history\"\n[dependencies]\nsea-orm-migration = \"2\"\n";
    fs::write(home.join("old-history/Cargo.toml"), manifest).unwrap();
    let list = listing(&[LATER]).replace("fn all()", "fn migrations()");
    fs::write(home.join("old-history/src/lib.rs"), &list).unwrap();
    let shown = project.run(&["init", "--adopt", "old-history"]).expect_success().stdout;
    assert!(shown.contains("is understood, and registers 1 migration\n"), "{shown}");
    assert!(shown.contains("Revise::new::<old_history::Migrator>()"), "{shown}");
    // The crate that `cargo run` runs takes precedence over one in this directory.
    fs::create_dir_all(home.join("migration/src/versions")).unwrap();
    let adopt = |project: &Project| {
        project.program().env("CARGO_MANIFEST_DIR", home.join("old-history").to_str().unwrap())
    };
    let shown = adopt(&project).run(&["init", "--adopt"]).expect_success().stdout;
    assert!(shown.contains("old-history/src/lib.rs"), "{shown}");
    assert_eq!(fs::read_to_string(home.join("old-history/src/lib.rs")).unwrap(), list);
}

#[test]
fn any_message_makes_a_file() {
    let long = "word ".repeat(2_000);
    for (message, name) in [
        ("add it", "_add_it.rs"),
        ("!!!", "_revision.rs"),
        ("🦀", "_revision.rs"),
        ("type", "_type.rs"),
        ("../../etc/passwd", "_etc_passwd.rs"),
        ("one\nuse two;\r*/ \u{202e} {} \\ \" '", "_one_use_two.rs"),
        (&long, "_word_word_word_word_word_word_word_word_word_word_word_word.rs"),
    ] {
        let project = Project::new(&Database::sqlite(), "title author");
        project.run(&["revision", "-d", "versions", "-m", message]).expect_success();
        let path = project.written().unwrap();
        assert!(path.to_str().unwrap().ends_with(name), "{path:?}");
        let text = project.expect_written();
        let head: Vec<&str> = text.split("use sea_revise").next().unwrap().lines().collect();
        assert!(head.iter().all(|line| line.is_empty() || line.starts_with("//!")), "{head:?}");
        assert!(head.iter().all(|line| line.chars().count() <= 120), "{head:?}");
        assert!(!text.contains('\u{202e}'));
    }
    let project = Project::new(&Database::sqlite(), "title author");
    for message in ["", "  "] {
        let error = project
            .run(&["revision", "-d", "versions", "-m", message])
            .expect_code(2)
            .expect_error();
        assert!(error.contains("needs a message"), "{error}");
    }
    project.expect_untouched();
}

const RENAME: [&str; 7] =
    ["migrate", "-m", "x", "-d", "versions", "--rename", "book.writer:author"];

/// Runs a script that mounts file systems which no other process sees; `None` if that is not allowed.
fn mounted(program: Program, script: &str, arguments: &[&str]) -> Option<Ended> {
    let script = format!(
        "unshare -rm mount -t tmpfs none . || exit 77; exec unshare -rm sh -c '{script}' sh \"$@\""
    );
    let ended = program.through(&script).run(arguments);
    if ended.code == Some(77) {
        eprintln!("SKIPPED: nothing can be mounted here");
        return None;
    }
    Some(ended)
}

#[test]
fn a_folder_without_room_or_rights_is_left_as_it_is() {
    let list = listing(&["m20260101_000000_begin"]);
    let read_only = "mount --bind versions versions && mount -o remount,bind,ro versions";
    let full = "mount -t tmpfs -o size=8k none versions && cp copy/* versions";
    // Room for the migration and not for the list, and for neither.
    let fuller = format!("{full} && head -c 4096 /dev/zero > versions/filler");
    for (mounts, reason) in [
        (read_only, "_x.rs`: Read-only file system"),
        (full, "versions/mod.rs`: No space left on device"),
        (&fuller, "_x.rs`: No space left on device"),
    ] {
        let project = Project::new(&Database::sqlite(), "title writer");
        fs::write(project.file("mod.rs"), &list).unwrap();
        let copy = project.database.home.path().join("copy");
        fs::create_dir(&copy).unwrap();
        for name in ["mod.rs", BEGIN] {
            fs::copy(project.file(name), copy.join(name)).unwrap();
        }
        let script = format!(
            "{mounts} && \"$@\"; code=$?; rm -f versions/filler; ls -A versions; cat versions/mod.rs; exit $code"
        );
        let Some(ended) = mounted(project.program(), &script, &RENAME) else { return };
        let ended = ended.expect_code(1);
        assert_eq!(ended.stdout, format!("{BEGIN}\nmod.rs\n{list}"));
        let error = ended.expect_error();
        assert!(error.starts_with("cannot write `") && error.contains(reason), "{error}");
    }
}

#[test]
fn an_upgrade_without_room_goes_on_when_there_is_some() {
    let database = Database::sqlite();
    fs::create_dir(database.home.path().join("disk")).unwrap();
    let program =
        Program::library(&database, "title author").env("DATABASE_URL", "sqlite://disk/x.db");
    let script = "mount -t tmpfs -o size=16k none disk; \"$@\"; code=$?; mount -o remount,size=1m disk; \
                  [ $code = 9 ] && \"$@\"";
    let Some(ended) = mounted(program, script, &["upgrade"]) else { return };
    let ended = ended.expect_success();
    assert!(ended.stderr.contains("the database is as it was before it"), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("1 migration applied"), "{}", ended.stdout);
}

/// A directory that is a link, with a list that is a link to a file that may not be written.
fn linked(project: &Project, list: &str) {
    let home = project.database.home.path();
    let file = home.join("list.rs");
    fs::write(&file, list).unwrap();
    let mut rights = fs::metadata(&file).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&file, rights).unwrap();
    symlink("../list.rs", project.file("mod.rs")).unwrap();
    fs::rename(project.file(""), home.join("elsewhere")).unwrap();
    symlink("elsewhere", home.join("versions")).unwrap();
}

#[test]
fn every_byte_of_a_list_stays() {
    let list = "mod m20260101_000000_begin;\n\npub fn all() -> Vec<Box<dyn MigrationTrait>> {\n    \
                vec![ // Größe: vec![x]\n        Box::new(m20260101_000000_begin::Migration),\n    ]\n}\n";
    for (before, end) in [
        (list.to_owned(), "\n"),
        (list.trim_end().to_owned(), "\n"),
        (format!("\u{feff}{list}"), "\n"),
        (format!("\u{feff}/* mod m1; */ {list}").replace('\n', "\r\n"), "\r\n"),
    ] {
        let project = Project::new(&Database::sqlite(), "title writer");
        linked(&project, &before);
        project.run(&RENAME).expect_success();
        let name = project.written().unwrap().file_stem().unwrap().to_str().unwrap().to_owned();
        let added =
            [format!("mod {name};{end}"), format!("        Box::new({name}::Migration),{end}")];
        let after = fs::read_to_string(project.database.home.path().join("list.rs")).unwrap();
        let (new, kept): (Vec<&str>, String) = {
            let (new, kept): (Vec<_>, Vec<_>) = after
                .split_inclusive('\n')
                .partition(|line| added.iter().any(|added| added == line));
            (new, kept.concat())
        };
        assert_eq!((kept, new.len()), (before, 2), "{after}");
        assert!(fs::symlink_metadata(project.file("mod.rs")).unwrap().is_symlink());
        let rights = fs::metadata(project.file("mod.rs")).unwrap().permissions();
        assert!(rights.readonly());
    }
}

#[test]
fn a_link_to_nothing_is_no_list() {
    let project = Project::new(&Database::sqlite(), "title writer");
    symlink("nowhere.rs", project.file("mod.rs")).unwrap();
    let error = project.run(&RENAME).expect_code(1).expect_error();
    assert!(
        error.starts_with("cannot read `") && error.contains("mod.rs`: No such file"),
        "{error}"
    );
    assert!(fs::symlink_metadata(project.file("mod.rs")).unwrap().is_symlink());
    assert_eq!(project.written(), None);
}

#[test]
fn a_migration_comes_behind_the_newest_whatever_the_clock_says() {
    for (newest, next) in [
        ("m29990101_000000_begin", "m29990101_000001_x.rs"),
        ("m29991231_235959_begin", "m30000101_000000_x.rs"),
    ] {
        let project = Project::new(&Database::sqlite(), "title writer");
        fs::rename(project.file(BEGIN), project.file(&format!("{newest}.rs"))).unwrap();
        project.program().env("BEGAN_AS", newest).run(&RENAME).expect_success();
        assert!(project.file(next).exists(), "{next}");
    }
}
