//! Histories whose raw SQL names what is in the real database.

use sea_orm::{ConnectionTrait, EntityTrait, Set, Statement, TransactionTrait};
use sea_orm_migration::{SchemaManager, prelude::*};
use sea_revise::Entities;

use super::{
    history::{Migration, code, entity, sql},
    project::{Project, ROLES, Role},
    watch::{beside_a_writer, seen},
};

entity!(ticket "ticket" {});
entity!(note "note" { pub updated_at: Option<DateTime>, });
entity!(later "later" { pub updated_at: Option<DateTime>, });

/// What looks, and which exit code it has where the history can be replayed.
const LOOKING: [(&[&str], u8); 18] = [
    (&["check"], 0),
    (&["status"], 0),
    (&["lint"], 0),
    (&["lint", "--all"], 0),
    (&["upgrade", "--plan"], 0),
    (&["upgrade", "--sql"], 0),
    (&["upgrade", "base:head", "--sql"], 0),
    (&["upgrade"], 0),
    (&["show", "head"], 0),
    (&["show", "head", "--sql"], 0),
    (&["migrate", "-m", "x", "--sql"], 0),
    (&["current"], 0),
    (&["history", "-v"], 0),
    (&["heads"], 0),
    (&["branches"], 0),
    (&["diff"], 0),
    (&["diff", "db", "head"], 0),
    (&["diff", "models", "head"], 0),
];

fn tickets() -> Entities {
    Entities::new().add(ticket::Entity)
}

fn creates_ticket(name: &'static str) -> Migration {
    code(name, |manager: &SchemaManager| {
        let mut table = Table::create();
        table.table(Alias::new("ticket")).col(
            ColumnDef::new(Alias::new("id")).integer().not_null().auto_increment().primary_key(),
        );
        Box::pin(manager.create_table(table))
    })
}

/// A sequence that is set, in all ways that name the real one.
fn sequences() -> [Vec<Migration>; 4] {
    [
        vec![
            creates_ticket("m1_ticket"),
            sql("m2_numbers", "SELECT setval('public.ticket_id_seq', 1000, false)"),
        ],
        vec![
            sql("m1_ticket", "CREATE TABLE public.ticket (id serial PRIMARY KEY)"),
            sql("m2_numbers", "SELECT setval('ticket_id_seq', 1000, false)"),
        ],
        vec![
            creates_ticket("m1_ticket"),
            sql(
                "m2_numbers",
                "DO $$ BEGIN PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1000, false) FROM pg_sequences \
                 WHERE sequencename = 'ticket_id_seq'; END $$",
            ),
        ],
        vec![
            creates_ticket("m1_ticket"),
            // What it sets depends on an answer, so nothing of it can be seen without a database.
            code("m2_numbers", |manager: &SchemaManager| {
                Box::pin(async {
                    if manager.has_table("ticket").await? {
                        let db = manager.get_connection();
                        db.execute_unprepared("SELECT setval('public.ticket_id_seq', 1000, false)")
                            .await?;
                    }
                    Ok(())
                })
            }),
        ],
    ]
}

#[tokio::test]
async fn no_looking_command_sets_a_sequence_of_the_database() {
    for (number, history) in sequences().into_iter().enumerate() {
        // Each command once, and then those that are unlike each other.
        let looking = LOOKING.iter().step_by(if number == 0 { 1 } else { 3 });
        // `has_table` finds no temporary table, so nothing is set there.
        let reads = number == 3;
        for role in ROLES {
            let Some(project) = Project::new(role, tickets, &history).await else { return };
            project.expect(&["upgrade"], 0).await;
            for _ in 0..3 {
                project.execute("INSERT INTO ticket DEFAULT VALUES").await;
            }
            let before = seen(&project).await;
            assert!(before.iter().any(|line| line == "sequence public.ticket_id_seq 1002 true"));
            for (arguments, code) in looking.clone() {
                let ended = project.run(arguments).await;
                if role.has_scratch() {
                    assert_eq!(ended, Some(*code), "{role:?} {arguments:?}");
                }
                assert!(ended.is_some(), "{role:?} {arguments:?}");
                assert_eq!(seen(&project).await, before, "{role:?} {arguments:?}");
            }
            if role == Role::Owner || role == Role::Temporary && !reads {
                let refused = project.check().await.unwrap_err();
                assert_eq!(refused.exit_code(), 1);
                let text = refused.to_string();
                for words in ["`m", "--shadow-url", "CREATEDB"] {
                    assert!(text.contains(words), "{role:?}: {text}");
                }
            }
            project.execute("INSERT INTO ticket DEFAULT VALUES").await;
        }
    }
}

const STAMPS: &str = "DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'updated_at' LOOP
        EXECUTE format('CREATE TRIGGER stamp BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION stamp()', t);
    END LOOP; END $$";

fn stamps() -> Vec<Migration> {
    vec![
        sql(
            "m1_note",
            "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
             CREATE TABLE note (id serial PRIMARY KEY, updated_at timestamp)",
        ),
        sql("m2_stamps", STAMPS),
        sql("m3_later", "CREATE TABLE later (id serial PRIMARY KEY, updated_at timestamp)"),
    ]
}

#[tokio::test]
async fn no_looking_command_waits_for_a_writer() {
    let entities = || Entities::new().add(note::Entity).add(later::Entity);
    for role in ROLES {
        let Some(project) = Project::new(role, entities, &stamps()).await else { return };
        // It goes to `public`.
        project.execute("CREATE EXTENSION pgcrypto").await;
        project.expect(&["upgrade"], 0).await;
        let before = seen(&project).await;
        for (arguments, code) in LOOKING {
            let (ended, locks) = beside_a_writer(&project, "later", arguments).await;
            assert!(ended.is_some(), "{role:?} {arguments:?} waits");
            assert_eq!(locks, Vec::<String>::new(), "{role:?} {arguments:?}");
            if role.has_scratch() {
                assert_eq!(ended, Some(code), "{role:?} {arguments:?}");
            }
            assert_eq!(seen(&project).await, before, "{role:?} {arguments:?}");
        }
        if role.has_scratch() {
            project.expect_quiet().await;
        }
    }
}

#[tokio::test]
async fn a_table_that_is_created_in_public_by_name_is_replayed_or_refused() {
    let history = [sql("m1_ticket", "CREATE TABLE public.ticket (id serial PRIMARY KEY)")];
    for role in ROLES {
        let Some(project) = Project::new(role, tickets, &history).await else { return };
        project.expect(&["upgrade"], 0).await;
        if role.has_scratch() {
            project.expect_quiet().await;
        } else if role != Role::Least {
            let text = project.check().await.unwrap_err().to_string();
            assert!(text.contains("`m1_ticket` names the schema `public`"), "{text}");
            assert!(text.contains("--shadow-url"), "{text}");
        }
        // Everybody can name a scratch database.
        let scratch = cluster::Cluster::get().expect("a server").create_database().await;
        let url = cluster::Cluster::get().expect("a server").url(&scratch);
        for _ in 0..2 {
            project.expect(&["check", "--shadow-url", &url], 0).await;
            project.expect(&["migrate", "-m", "x", "--sql", "--shadow-url", &url], 0).await;
        }
    }
}

/// One that reads, and adds rows through an entity of its own.
#[tokio::test]
async fn a_history_that_reads_and_seeds_is_replayed_without_a_scratch_database_too() {
    let seeds = code("m2_seeds", |manager: &SchemaManager| {
        Box::pin(async {
            let db = manager.get_connection();
            if !manager.has_column("ticket", "id").await? {
                return Err(DbErr::Custom("it has the column".to_owned()));
            }
            ticket::Entity::insert(ticket::ActiveModel { id: Set(7) }).exec(db).await?;
            let found = ticket::Entity::find_by_id(7).one(db).await?;
            if found.is_none_or(|found| found.id != 7) {
                return Err(DbErr::Custom("it has the row".to_owned()));
            }
            // A savepoint that is kept, and one that is not.
            let kept = db.begin().await?;
            ticket::Entity::insert(ticket::ActiveModel { id: Set(8) }).exec(&kept).await?;
            kept.commit().await?;
            let lost = db.begin().await?;
            lost.execute_unprepared("CREATE TABLE lost (id int)").await?;
            lost.rollback().await?;
            let sql = "SELECT count(*), max(id), min(id) FROM ticket";
            let row =
                db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
            let row = row.ok_or_else(|| DbErr::Custom("it has a row".to_owned()))?;
            let numbers: (i64, i32, i32) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            if numbers != (2, 8, 7) {
                return Err(DbErr::Custom(format!("{numbers:?}")));
            }
            Ok(())
        })
    });
    for role in ROLES.into_iter().filter(|role| *role != Role::Least) {
        let history = [creates_ticket("m1_ticket"), seeds.clone()];
        let Some(project) = Project::new(role, tickets, &history).await else { return };
        project.expect(&["upgrade"], 0).await;
        project.expect_quiet().await;
        project.expect(&["lint", "--all"], 0).await;
    }
}

/// A script that ends the transaction would leave the shadow behind.
#[tokio::test]
async fn a_history_that_ends_its_transaction_leaves_nothing() {
    let history = [
        creates_ticket("m1_ticket"),
        sql("m2_script", "BEGIN; CREATE TABLE extra (id int); COMMIT; DROP TABLE extra"),
    ];
    for role in [Role::Creator, Role::Owner, Role::Temporary] {
        let Some(project) = Project::new(role, tickets, &history).await else { return };
        let before = seen(&project).await;
        let ended = project.run(&["check"]).await;
        assert!(ended.is_some(), "{role:?}");
        assert_eq!(seen(&project).await, before, "{role:?}");
    }
}

/// Generated migrations need none of it: every role that may make anything at all generates, checks and tries them.
#[tokio::test]
async fn plans_are_replayed_by_every_role() {
    use sea_revise::{
        Plan,
        schema::{Column, Table, Type},
    };
    let begin = code("m1_ticket", |manager: &SchemaManager| {
        let table = Table::new("ticket").column(Column::new("id", Type::Integer).identity());
        let seed = "INSERT INTO ticket (id) VALUES (1)";
        Box::pin(Plan::new().create_table(table.primary_key(["id"])).raw_sql(seed).apply(manager))
    })
    .down("DROP TABLE ticket");
    entity!(grown "ticket" { pub note: Option<String>, });
    let entities = || Entities::new().add(grown::Entity);
    for role in ROLES {
        let Some(project) = Project::new(role, entities, std::slice::from_ref(&begin)).await else {
            return;
        };
        project.expect(&["upgrade"], 0).await;
        project.execute("CREATE EXTENSION pgcrypto").await;
        let before = seen(&project).await;
        if role == Role::Least {
            let text = project.check().await.unwrap_err().to_string();
            assert!(
                text.contains("GRANT TEMP ON DATABASE") && text.contains("--shadow-url"),
                "{text}"
            );
            for arguments in [&["lint", "--all"][..], &["migrate", "--sql"], &["test"]] {
                project.expect(arguments, 1).await;
            }
            project.expect(&["current"], 0).await;
        } else {
            let found: [(&[&str], u8); 7] = [
                (&["check"], 5),
                (&["status"], 0),
                (&["lint", "--all"], 0),
                (&["test"], 0),
                (&["downgrade", "base", "--plan"], 0),
                (&["diff"], 5),
                (&["migrate", "--sql"], 0),
            ];
            for (arguments, code) in found {
                assert_eq!(project.run(arguments).await, Some(code), "{role:?} {arguments:?}");
            }
        }
        assert_eq!(seen(&project).await, before, "{role:?}");
    }
}
