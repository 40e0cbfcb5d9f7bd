//! SeaORM's verbs: what `sea-orm-cli migrate` and the scripts of a deployment call.

use super::project::{Place, Project, derived, listing, program};

const NAMES: [&str; 3] = ["m0001_book", "m0002_a", "m0003_b"];

fn project() -> Project {
    let files = NAMES.map(|name| (format!("{name}.rs"), derived()));
    let files = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect::<Vec<_>>();
    Project::new(&listing(&NAMES), &files)
}

async fn expect(
    project: &Project,
    place: &Place,
    arguments: &[&str],
    (code, applied): (u8, usize),
) {
    let revise = program(&NAMES, false);
    assert_eq!(project.run(&revise, place, arguments).await, code, "{arguments:?}");
    assert_eq!(place.applied().await, NAMES[..applied], "{arguments:?}");
}

#[tokio::test]
async fn up_and_down_go_so_far() {
    for place in Place::all().await {
        let project = project();
        for (arguments, outcome) in [
            (&["up", "-n", "1"][..], (0, 1)),
            (&["up", "--num", "1"], (0, 2)),
            (&["up", "-n", "99", "-v"], (0, 3)),
            (&["up"], (0, 3)),
            (&["status", "-v"], (0, 3)),
            (&["down"], (0, 2)),
            (&["down", "-n", "1"], (0, 1)),
            (&["up", "--json"], (0, 3)),
            // As many as there are, as SeaORM does it.
            (&["down", "-n", "99", "--json"], (0, 0)),
            (&["down"], (0, 0)),
            (&["reset"], (0, 0)),
            (&["refresh"], (0, 3)),
            (&["refresh", "--json"], (0, 3)),
            (&["reset"], (0, 0)),
            (&["fresh"], (0, 3)),
        ] {
            expect(&project, &place, arguments, outcome).await;
        }
        assert_eq!(project.run(&program(&NAMES, false), &place, &["check"]).await, 0);
    }
}

#[tokio::test]
async fn rows_are_lost_with_consent_only() {
    for place in Place::all().await {
        let project = project();
        expect(&project, &place, &["up"], (0, 3)).await;
        let count = "SELECT CAST(count(*) AS text) FROM book";
        for (verb, applied) in
            [(&["refresh"][..], 3), (&["reset"], 0), (&["fresh"], 3), (&["down", "-n", "3"], 0)]
        {
            expect(&project, &place, &["up"], (0, 3)).await;
            place.execute("DELETE FROM book").await;
            place.execute("INSERT INTO book (title) VALUES ('x')").await;
            expect(&project, &place, verb, (3, 3)).await;
            assert_eq!(place.texts(count).await, ["1"], "{verb:?}");
            let consent = [verb, &["--allow-data-loss", "--backup", "never"]].concat();
            expect(&project, &place, &consent, (0, applied)).await;
            if applied > 0 {
                assert_eq!(place.texts(count).await, ["0"], "{verb:?}");
            }
        }
    }
}

#[tokio::test]
async fn fresh_drops_what_is_there_and_what_the_history_does_not_know() {
    for place in Place::all().await {
        let project = project();
        expect(&project, &place, &["up", "-n", "2"], (0, 2)).await;
        place
            .execute(
                "CREATE TABLE owner (id integer PRIMARY KEY); \
                 CREATE TABLE pet (id integer PRIMARY KEY, owner_id integer REFERENCES owner (id) ON DELETE CASCADE); \
                 INSERT INTO owner (id) VALUES (1); INSERT INTO pet (id, owner_id) VALUES (1, 1); \
                 CREATE VIEW pets AS SELECT * FROM pet; CREATE INDEX pet_owner ON pet (owner_id)",
            )
            .await;
        expect(&project, &place, &["fresh"], (3, 2)).await;
        expect(&project, &place, &["fresh", "--allow-data-loss"], (0, 3)).await;
        let revise = program(&NAMES, false);
        assert_eq!(project.run(&revise, &place, &["diff", "db", "head"]).await, 0);
        assert_eq!(project.run(&revise, &place, &["check"]).await, 0);
    }
}

#[tokio::test]
async fn fresh_leaves_everything_where_something_is_in_its_way() {
    for place in Place::all().await.into_iter().skip(1) {
        let project = project();
        expect(&project, &place, &["up"], (0, 3)).await;
        place
            .execute(
                "CREATE SCHEMA other; CREATE VIEW other.titles AS SELECT title FROM public.book; \
                 INSERT INTO book (title) VALUES ('x')",
            )
            .await;
        expect(&project, &place, &["fresh", "--allow-data-loss"], (9, 3)).await;
        assert_eq!(place.texts("SELECT title FROM other.titles").await, ["x"]);
    }
}

#[tokio::test]
async fn a_url_may_lead_into_a_schema() {
    for mut place in Place::all().await.into_iter().skip(1) {
        place.execute("CREATE SCHEMA \"Its own\"").await;
        // What `-s 'Its own'` makes of it.
        place.url.push_str("&options[search_path]=%22%49%74%73%20%6F%77%6E%22");
        let project = project();
        expect(&project, &place, &["up"], (0, 3)).await;
        assert_eq!(project.run(&program(&NAMES, false), &place, &["check"]).await, 0);
        let found = "SELECT schemaname::text FROM pg_tables WHERE tablename = 'book'";
        assert_eq!(place.texts(found).await, ["Its own"]);
        expect(&project, &place, &["fresh", "--allow-data-loss"], (0, 3)).await;
    }
}
