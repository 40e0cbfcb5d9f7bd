//! `squash` in a crate of files: the old ones go, and the new one is in their place.

use super::project::{Place, Project, derived, listing, program};

const NAMES: [&str; 4] =
    ["m20260101_000000_book", "m20260102_000000_a", "m20260103_000000_b", "m20260104_000000_c"];

fn project(list: &str) -> Project {
    let files = NAMES.map(|name| (format!("{name}.rs"), derived()));
    let files = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect::<Vec<_>>();
    Project::new(list, &files)
}

#[tokio::test]
async fn the_new_one_stands_where_the_old_ones_stood() {
    for place in Place::all().await {
        for (range, expected) in [
            ("m20260102:m20260103", vec![NAMES[0], "m20260103_000000_squash", NAMES[3]]),
            ("base:m20260102", vec!["m20260102_000000_squash", NAMES[2], NAMES[3]]),
            ("m20260103:", vec![NAMES[0], NAMES[1], "m20260104_000000_squash"]),
            (":", vec!["m20260104_000000_squash"]),
        ] {
            let project = project(&listing(&NAMES));
            let revise = program(&NAMES, false);
            assert_eq!(project.run(&revise, &place, &["squash", range]).await, 0, "{range}");
            let listed = project.listed();
            let modules: Vec<_> = listed.iter().filter_map(|one| one.module.clone()).collect();
            assert_eq!(modules, expected, "{range}");
            for name in NAMES {
                let is_there = project.path().join(format!("src/{name}.rs")).exists();
                assert_eq!(is_there, expected.contains(&name), "{range} {name}");
            }
            let new = expected.iter().find(|name| name.ends_with("squash")).unwrap();
            let text = project.read(&format!("src/{new}.rs"));
            let gone = NAMES.iter().filter(|name| !expected.contains(name));
            for name in gone {
                assert!(text.contains(&format!("\"{name}\"")), "{text}");
            }
            assert!(text.contains(".replaces([") && text.contains("fn down"), "{text}");
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let place = Place::all().await.swap_remove(0);
    let project = project(&listing(&NAMES));
    let revise = program(&NAMES, false);
    let before = project.contents();
    for (arguments, code) in [
        (&["squash", "m20260102"][..], 2),
        (&["squash", "m20260103:m20260102"], 2),
        (&["squash", "m20260102:m20260102"], 2),
        (&["squash", "m20260102:m2027"], 2),
        // A name that is taken.
        (&["squash", "m20260102:m20260104", "-m", "c"], 1),
    ] {
        assert_eq!(project.run(&revise, &place, arguments).await, code, "{arguments:?}");
        assert_eq!(project.contents(), before, "{arguments:?}");
    }
}
