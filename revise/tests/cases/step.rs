//! Runs one step of a case: what it generates, and what an upgrade with it does.

use sea_orm::DbBackend;
use sea_revise::{
    Revise,
    operation::Operation,
    project::{
        generate::{Draft, GenerateOptions},
        render,
    },
    revision::Revision,
};

use crate::{
    case::{Case, Expect, Sql, Step},
    child::{self, Told},
    golden,
    harness::{Verdict, same, upgrade},
    history,
    label::label,
    place::Place,
};

/// Runs a step, and answers whether it added a migration.
pub async fn run(
    case: &Case,
    number: usize,
    steps: &[usize],
    place: &Place,
) -> Result<bool, String> {
    let step = &case.steps[number];
    let Some(Expected { draft: up, revise, unmet }) = draft(case, number, steps, place).await?
    else {
        return Ok(false);
    };
    let again = revise.draft(&place.target(), &options(step, place)).await;
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
        let told = Told { case, step: number, steps: &steps };
        let reached = child::race(&told, place).await?;
        child::kill_after_each_statement(&told, place, (&reached, up.transaction)).await?;
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

/// A migration as the case expects it.
struct Expected<'a> {
    draft: Draft,
    revise: Revise,
    /// What takes the rows out of the way that stop it, and how it says so.
    unmet: Option<(&'a Sql, &'static [&'static str])>,
}

/// Generates the migration of a step; `None` where none is expected.
async fn draft<'a>(
    case: &'a Case,
    number: usize,
    steps: &[usize],
    place: &Place,
) -> Result<Option<Expected<'a>>, String> {
    let step = &case.steps[number];
    let revise = history::revise(case, steps, place.backend, number);
    let drafted = revise.draft(&place.target(), &options(step, place)).await;
    match (&step.expect, drafted) {
        (Expect::Nothing, Ok(None)) => {
            expect_clean(&revise, place, step).await?;
            Ok(None)
        }
        (Expect::Question { says }, Err(error)) => refused(&error, 3, says).map(|()| None),
        (Expect::Refused { code, says }, Err(error)) => refused(&error, *code, says).map(|()| None),
        (Expect::Plan { up, down, .. }, Ok(Some(draft))) => {
            expect_labels(&draft, up, down)?;
            Ok(Some(Expected { draft, revise, unmet: None }))
        }
        (Expect::Unmet { up, down, clean, says }, Ok(Some(draft))) => {
            expect_labels(&draft, up, down)?;
            Ok(Some(Expected { draft, revise, unmet: Some((clean, says)) }))
        }
        (_, Err(error)) => Err(format!("exit {}: {error}", error.exit_code())),
        (_, Ok(None)) => Err("no difference was found".to_owned()),
        (_, Ok(Some(draft))) => Err(format!("found {:?}", labels(&draft.up))),
    }
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

pub fn labels(operations: &[Operation]) -> Vec<String> {
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
            "--strict" => options.strict = true,
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
