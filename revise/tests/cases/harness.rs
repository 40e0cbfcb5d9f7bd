//! Runs the cases, each with every invariant of the list.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use sea_orm::DbBackend;
use sea_revise::{
    Revise, UpgradeOptions,
    diff::{DiffOptions, diff},
    operation::Operation,
    project::{
        generate::{Draft, GenerateOptions},
        render,
    },
    revision::Revision,
    schema::Schema,
};

use crate::{
    case::{Case, Expect, Sql, Step},
    child, golden, history,
    label::label,
    place::Place,
};

/// What a case came to: nothing, or what is wrong.
type Verdict = Result<(), String>;

/// Runs a case on one kind of database; `None` where there is none.
pub async fn run(case: &Case, backend: DbBackend) -> Option<Verdict> {
    let mut place = Place::new(backend).await?;
    // A schema or an extension is there once in a database, so a history that creates one has its shadow elsewhere.
    let once = history::before(case, backend).once;
    let scratch = if once.is_empty() { None } else { Place::new(backend).await };
    for place in [Some(&place), scratch.as_ref()].into_iter().flatten() {
        place.execute(&once).await.expect("what is there once");
    }
    place.scratch = scratch.as_ref().map(|scratch| scratch.url.clone());
    let verdict = run_on(case, &place).await;
    place.remove().await;
    if let Some(scratch) = scratch {
        scratch.remove().await;
    }
    Some(verdict)
}

async fn run_on(case: &Case, place: &Place) -> Verdict {
    let mut steps: Vec<usize> = Vec::new();
    let start = history::revise(case, &[], place.backend, 0);
    upgrade(&start, place, "head")
        .await
        .map_err(|error| format!("the database before: {error}"))?;
    let rows = history::before(case, place.backend).rows;
    place.execute(&rows).await.map_err(|error| format!("the rows before: {error}"))?;
    let before = place.schema().await;
    expect_answers(&case.kept, place, "before").await?;
    for (number, step) in case.steps.iter().enumerate() {
        let done = run_step(case, number, &steps, step, place).await;
        if done.map_err(|error| format!("step {number}: {error}"))? {
            steps.push(number);
        }
    }
    expect_answers(&case.kept, place, "after").await?;
    expect_answers(&case.holds, place, "after").await?;
    let last = case.steps.len() - 1;
    expect_unmanaged(case, &history::revise(case, &steps, place.backend, last), place).await?;
    if steps.is_empty() {
        return Ok(());
    }
    // All the way back, and there again.
    let revise = history::revise(case, &steps, place.backend, last);
    let after = place.schema().await;
    let back = format!("-{}", steps.len());
    downgrade(&revise, place, &back).await.map_err(|error| format!("I2 downgrade: {error}"))?;
    expect_answers(&case.kept, place, "after taking it back").await?;
    if !case.steps.iter().any(|step| matches!(step.expect, Expect::Plan { lossy: true, .. })) {
        same(&place.schema().await, &before, place.backend)
            .map_err(|error| format!("I2 inverse: {error}"))?;
    }
    upgrade(&revise, place, "head").await.map_err(|error| format!("I3 upgrade again: {error}"))?;
    same(&place.schema().await, &after, place.backend)
        .map_err(|error| format!("I3 replay: {error}"))
}

/// Runs a step, and answers whether it added a migration.
async fn run_step(
    case: &Case,
    number: usize,
    steps: &[usize],
    step: &Step,
    place: &Place,
) -> Result<bool, String> {
    let revise = history::revise(case, steps, place.backend, number);
    let drafted = revise.draft(&place.target(), &options(step, place)).await;
    let (up, down, unmet) = match (&step.expect, drafted) {
        (Expect::Nothing, Ok(None)) => {
            expect_clean(&revise, place, step).await?;
            return Ok(false);
        }
        (Expect::Question { says }, Err(error)) => return refused(&error, 3, says).map(|()| false),
        (Expect::Refused { code, says }, Err(error)) => {
            return refused(&error, *code, says).map(|()| false);
        }
        (Expect::Plan { up, down, .. }, Ok(Some(draft))) => {
            expect_labels(&draft, up, down)?;
            (draft, revise, None)
        }
        (Expect::Unmet { up, down, clean, says }, Ok(Some(draft))) => {
            expect_labels(&draft, up, down)?;
            (draft, revise, Some((clean, says)))
        }
        (_, Err(error)) => return Err(format!("exit {}: {error}", error.exit_code())),
        (_, Ok(None)) => return Err("no difference was found".to_owned()),
        (_, Ok(Some(draft))) => return Err(format!("found {:?}", labels(&draft.up))),
    };
    let again = down.draft(&place.target(), &options(step, place)).await;
    let again =
        again.map_err(|error| format!("I7: {error}"))?.ok_or("I7: nothing the second time")?;
    if source(case, number, &up) != source(case, number, &again) {
        return Err("I7: the second file is another one".to_owned());
    }
    golden::expect(case, number, place.backend, &source(case, number, &up))?;
    let steps: Vec<usize> = steps.iter().copied().chain([number]).collect();
    let revise = history::revise(case, &steps, place.backend, number);
    if let Some((clean, says)) = unmet {
        expect_unmet(&revise, place, clean, says).await?;
    }
    let tables = rows(place, &up).await;
    if std::env::var_os("SKIP_KILLS").is_none() {
        let reached = child::race(case, number, &steps, place).await?;
        let expected = (&reached, up.transaction);
        child::kill_after_each_statement(case, number, &steps, place, expected).await?;
    }
    upgrade(&revise, place, "head").await.map_err(|error| format!("upgrade: {error}"))?;
    history::expect_noted(&up, &history::file(case, number, place.backend), place).await?;
    expect_rows(place, &tables).await?;
    let left = revise
        .draft(&place.target(), &options(step, place))
        .await
        .map_err(|error| format!("I1: {error}"))?;
    if let Some(left) = left {
        return Err(format!("I1: the second difference is {:?}", labels(&left.up)));
    }
    expect_clean(&revise, place, step).await?;
    expect_sound(place).await?;
    Ok(true)
}

fn source(case: &Case, number: usize, draft: &Draft) -> String {
    let moment = "2026-01-01T00:00:00Z".parse().expect("a moment");
    let name = case.name.replace('_', " ");
    let source = render::migration(&render::RevisionFile {
        revision: &Revision::new(moment, &name),
        message: &format!("Case {name}, step {number}"),
        after: Some("before"),
        up: &draft.up,
        down: &draft.down,
        notes: &draft.notes,
        transaction: draft.transaction,
    });
    render::format(&source, std::path::Path::new(env!("CARGO_MANIFEST_DIR")))
}

fn labels(operations: &[sea_revise::operation::Operation]) -> Vec<String> {
    operations.iter().map(label).collect()
}

fn expect_labels(draft: &Draft, up: &[&str], down: &[&str]) -> Verdict {
    let (found, back) = (labels(&draft.up), labels(&draft.down));
    if found != up {
        return Err(format!("up is {found:?}, expected {up:?}"));
    }
    if back != down { Err(format!("down is {back:?}, expected {down:?}")) } else { Ok(()) }
}

fn refused(error: &sea_revise::Error, code: u8, says: &[&str]) -> Verdict {
    let text = error.to_string();
    if error.exit_code() != code {
        return Err(format!("exit {} instead of {code}: {text}", error.exit_code()));
    }
    match says.iter().find(|says| !text.contains(**says)) {
        None => Ok(()),
        Some(missing) => Err(format!("`{missing}` is missing in: {text}")),
    }
}

/// The flags as the command line would read them.
pub fn options(step: &Step, place: &Place) -> GenerateOptions {
    let mut options = GenerateOptions { shadow: place.shadow(), ..GenerateOptions::default() };
    for flag in &step.flags {
        let (name, value) = flag.split_once(' ').unwrap_or((flag, ""));
        let value = value.to_owned();
        match name {
            "--rename" => options.renames.push(value),
            "--no-rename" => options.no_rename = true,
            "--default" => options.defaults.push(value),
            "--using" => options.using.push(value),
            "--map" => options.enum_map.push(value),
            "--only" => options.only.push(value),
            "--exclude" => options.exclude.push(value),
            "--allow-destructive" => options.allow_destructive = true,
            "--force-rewrite" => options.force_rewrite = true,
            "--names" => options.strict_names = value == "strict",
            other => panic!("`{other}` is no flag"),
        }
    }
    options
}

async fn expect_unmet(revise: &Revise, place: &Place, clean: &Sql, says: &[&str]) -> Verdict {
    let before = place.schema().await;
    match upgrade(revise, place, "head").await {
        Ok(()) => return Err("upgrade did not stop at the rows in its way".to_owned()),
        Err(error) => refused(&error, 9, says)?,
    }
    same(&place.schema().await, &before, place.backend)
        .map_err(|error| format!("half done: {error}"))?;
    place.execute(&clean.text(place.backend)).await.map_err(|error| format!("clean: {error}"))
}

/// Applies what is left.
pub async fn upgrade(revise: &Revise, place: &Place, to: &str) -> sea_revise::Result<()> {
    let db = place.connect().await;
    let options = UpgradeOptions {
        target: to.to_owned(),
        allow_data_loss: true,
        shadow: place.shadow(),
        ..UpgradeOptions::default()
    };
    let done = revise.upgrade(&db, &place.target(), &options).await;
    db.close().await.expect("the connection can be closed");
    done.map(drop)
}

/// Takes back.
pub async fn downgrade(revise: &Revise, place: &Place, to: &str) -> sea_revise::Result<()> {
    let db = place.connect().await;
    let options = UpgradeOptions {
        target: to.to_owned(),
        allow_data_loss: true,
        shadow: place.shadow(),
        ..UpgradeOptions::default()
    };
    let done = revise.downgrade(&db, &place.target(), &options).await;
    db.close().await.expect("the connection can be closed");
    done.map(drop)
}

/// Whether two schemas are the same in everything that is read.
pub fn same(found: &Schema, expected: &Schema, backend: DbBackend) -> Verdict {
    let left =
        diff(found, expected, &DiffOptions::whole(backend)).map_err(|error| error.to_string())?;
    if !left.operations.is_empty() {
        return Err(format!("to be done: {:?}", labels(&left.operations)));
    }
    if left.notes.is_empty() { Ok(()) } else { Err(left.notes.join("; ")) }
}

async fn expect_answers(queries: &[(Sql, &str)], place: &Place, when: &str) -> Verdict {
    for (query, expected) in queries {
        let sql = query.text(place.backend);
        let found = place.text(&sql).await;
        if !sql.is_empty() && found != *expected {
            return Err(format!("{when}: `{sql}` answers `{found}`, expected `{expected}`"));
        }
    }
    Ok(())
}

async fn expect_clean(revise: &Revise, place: &Place, step: &Step) -> Verdict {
    let checked = revise.check(&place.target(), &options(step, place)).await;
    let checked = checked.map_err(|error| format!("check: {error}"))?;
    checked.verdict().map_err(|error| {
        format!(
            "check: {error}; models {:?}, drift {:?}",
            labels(&checked.models),
            labels(&checked.drift)
        )
    })
}

async fn expect_unmanaged(case: &Case, revise: &Revise, place: &Place) -> Verdict {
    if case.unmanaged.is_empty() {
        return Ok(());
    }
    let step = case.steps.last().expect("a step");
    let checked = revise.check(&place.target(), &options(step, place)).await;
    let listed =
        checked.map(|checked| checked.unmanaged).map_err(|error| format!("check: {error}"))?;
    for (backends, words) in &case.unmanaged {
        let wanted = backends.list().contains(&place.backend);
        if wanted && !listed.iter().any(|line| line.contains(words)) {
            return Err(format!("`{words}` is not listed as left alone: {listed:?}"));
        }
    }
    Ok(())
}

/// Rows of columns that the plan does not touch, by table.
type Rows = Vec<(sea_revise::schema::TableName, Vec<String>, Vec<Vec<Option<String>>>)>;

async fn rows(place: &Place, draft: &Draft) -> Rows {
    let touched: Vec<_> =
        draft.up.iter().filter_map(|operation| operation.table().cloned()).collect();
    let mut schema = place.schema().await;
    // A value of an enum may become another one.
    let renamed = |operation: &Operation| {
        matches!(operation, Operation::RebuildEnum { .. } | Operation::RenameEnumValue { .. })
    };
    if draft.up.iter().any(renamed) {
        schema.tables.clear();
    }
    let db = place.connect().await;
    let mut rows = Vec::new();
    for table in schema.tables.values().filter(|table| !touched.contains(&table.name)) {
        let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let found =
            sea_revise::runtime::seed::fingerprint(&db, &table.name, &columns).await.expect("rows");
        rows.push((table.name.clone(), columns, found));
    }
    db.close().await.expect("the connection can be closed");
    rows
}

async fn expect_rows(place: &Place, rows: &Rows) -> Verdict {
    let db = place.connect().await;
    let mut verdict = Ok(());
    for (table, columns, expected) in rows {
        let found = sea_revise::runtime::seed::fingerprint(&db, table, columns)
            .await
            .map_err(|error| error.to_string())?;
        if found != *expected {
            verdict = Err(format!("I4: rows of `{table}` are {found:?}, and were {expected:?}"));
        }
    }
    db.close().await.expect("the connection can be closed");
    verdict
}

/// I5: nothing broken, nothing half done.
async fn expect_sound(place: &Place) -> Verdict {
    let queries = match place.backend {
        DbBackend::Sqlite => [
            ("SELECT CAST(count(*) AS text) FROM pragma_foreign_key_check", "0"),
            ("SELECT integrity_check FROM pragma_integrity_check", "ok"),
        ],
        _ => [
            ("SELECT count(*)::text FROM pg_index WHERE NOT indisvalid", "0"),
            ("SELECT count(*)::text FROM pg_constraint WHERE NOT convalidated", "0"),
        ],
    };
    for (sql, expected) in queries {
        let found = place.text(sql).await;
        if found != expected {
            return Err(format!("I5: `{sql}` answers `{found}`"));
        }
    }
    Ok(())
}

#[test]
fn every_case_on_sqlite() {
    run_all(DbBackend::Sqlite);
}

#[test]
fn every_case_on_postgres() {
    run_all(DbBackend::Postgres);
}

fn run_all(backend: DbBackend) {
    let only = std::env::var("CASE").unwrap_or_default();
    let cases = crate::all();
    let applies =
        |case: &&Case| case.backends.list().contains(&backend) && case.name.contains(&only);
    let cases: Vec<&Case> = cases.iter().filter(applies).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // Most of a case is waiting for processes and for the server.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime");
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(Err(error)) = runtime.block_on(run(case, backend)) {
                        wrong
                            .lock()
                            .expect("no case panics")
                            .push(format!("{}: {error}", case.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no case panics");
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
