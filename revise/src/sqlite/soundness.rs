//! Triggers, views and full-text tables that cannot be used. SQLite looks into triggers and views only in part when a column is
//! dropped or renamed, not at all when a table is built anew, and never into what a full-text table takes its rows from.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::{
    cursor::Cursor,
    token::{Token, tokens},
};
use crate::{error::clear, schema::quote};

/// What may be broken. A view whose triggers need a table is there twice: as itself, and by its triggers.
const OBJECTS: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND \
    (type IN ('view', 'trigger') OR type = 'table' AND sql LIKE 'create virtual%') ORDER BY rowid";

const SAVEPOINT: &str = "\"sea_revise_faults\"";

/// The kinds of objects that may be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultKind {
    Trigger,
    View,
    FullText,
    Table,
}

/// An object that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Such as ``trigger `tr` ``: the same after its table was renamed.
    pub subject: String,
    kind: FaultKind,
    name: String,
    table: String,
    reason: String,
}

impl Fault {
    /// Such as ``trigger `tr` on `t` would fail: no such column: b``.
    pub fn sentence(&self) -> String {
        let Self { subject, table, reason, .. } = self;
        match self.kind {
            FaultKind::Trigger => format!("{subject} on `{table}` would fail: {reason}"),
            FaultKind::View | FaultKind::FullText => format!("{subject} would fail: {reason}"),
            FaultKind::Table => format!("writing to {subject} would fail: {reason}"),
        }
    }

    /// What can be done.
    pub fn resolution(&self) -> String {
        let Self { name, table, .. } = self;
        match self.kind {
            FaultKind::Trigger => format!(
                "drop it before the change and create it again after it, in one migration: .drop_trigger({table:?}, {name:?}) … \
                 .create_trigger({table:?}, {name:?}, …)"
            ),
            FaultKind::View => format!(
                "drop it before the change and create it again after it, in one migration: .drop_view({name:?}) … \
                 .create_view({name:?}, …)"
            ),
            FaultKind::FullText => format!(
                "drop it before the change and create it again after it, in one migration, with the triggers that fill it: \
                 .raw_sqlite({:?}) … .raw_sqlite(\"CREATE VIRTUAL TABLE …\")",
                format!("DROP TABLE {}", quote(name))
            ),
            FaultKind::Table => "undo what it needs, or change it in the same migration".to_owned(),
        }
    }
}

/// What cannot be used, by its subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<String, Fault>);

impl Faults {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that were not there before.
    pub fn since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Fault> {
        self.0.values().filter(|fault| !before.0.contains_key(&fault.subject))
    }

    fn add(&mut self, kind: FaultKind, (name, table): (&str, &str), reason: String) {
        let word = match kind {
            FaultKind::Trigger => "trigger",
            FaultKind::View => "view",
            FaultKind::FullText => "full-text table",
            FaultKind::Table => "table",
        };
        let subject = format!("{word} `{name}`");
        let (name, table) = (name.to_owned(), table.to_owned());
        self.0.insert(subject.clone(), Fault { subject, kind, name, table, reason });
    }
}

/// The statements that a trigger follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Insert,
    Update,
    Delete,
}

/// A trigger, as far as it has to be known to be tried.
struct Trigger {
    name: String,
    event: Event,
    /// Those of its `UPDATE OF`.
    columns: Vec<String>,
}

/// Tries every view, every trigger by the statements that it follows, and every full-text table.
///
/// # Errors
/// When the database does not answer.
pub async fn faults(db: &impl ConnectionTrait) -> Result<Faults, DbErr> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, OBJECTS)).await?;
    let mut found = Faults::default();
    let mut views = BTreeSet::new();
    let mut triggers: BTreeMap<String, Vec<Trigger>> = BTreeMap::new();
    for row in &rows {
        let [kind, name, table, sql] = texts(row)?;
        match kind.as_str() {
            "view" => {
                views.insert(name.clone());
                let select = format!("EXPLAIN SELECT * FROM {}", quote(&name));
                if let Some(reason) = failure(db, &select).await? {
                    found.add(FaultKind::View, (&name, &name), reason);
                }
            }
            "trigger" => triggers.entry(table).or_default().extend(trigger(&name, &sql)),
            _ if is_full_text(&sql) => {
                // Asked for a row by its number, it asks for it where its rows are.
                let select = format!("SELECT * FROM {} WHERE rowid = -1", quote(&name));
                if let Some(reason) = failure(db, &select).await? {
                    found.add(FaultKind::FullText, (&name, &name), reason);
                }
            }
            _ => {}
        }
    }
    for (table, triggers) in &triggers {
        try_triggers(db, (table, views.contains(table)), triggers, &mut found).await?;
    }
    Ok(found)
}

fn texts(row: &QueryResult) -> Result<[String; 4], DbErr> {
    let text = |place: usize| row.try_get_by_index::<String>(place);
    Ok([text(0)?, text(1)?, text(2)?, text(3)?])
}

/// Why a statement fails; `None` when it does not. It is compiled, and does nothing.
async fn failure(db: &impl ConnectionTrait, sql: &str) -> Result<Option<String>, DbErr> {
    match db.execute_unprepared(sql).await {
        Ok(_) => Ok(None),
        Err(error @ (DbErr::Conn(_) | DbErr::ConnectionAcquire(_))) => Err(error),
        Err(error) => Ok(Some(clear(&error))),
    }
}

/// What the statement says that creates a trigger; nothing where it cannot be read.
fn trigger(name: &str, sql: &str) -> Option<Trigger> {
    let tokens = tokens(sql).ok()?;
    let mut cursor = Cursor::new(&tokens);
    cursor.expect(&["CREATE"]).ok()?;
    let _ = cursor.eat(&["TEMP"]) || cursor.eat(&["TEMPORARY"]);
    cursor.expect(&["TRIGGER"]).ok()?;
    cursor.eat(&["IF", "NOT", "EXISTS"]);
    cursor.qualified_name().ok()?;
    let _ = cursor.eat(&["BEFORE"]) || cursor.eat(&["AFTER"]) || cursor.eat(&["INSTEAD", "OF"]);
    let mut columns = Vec::new();
    let event = if cursor.eat(&["INSERT"]) {
        Event::Insert
    } else if cursor.eat(&["DELETE"]) {
        Event::Delete
    } else {
        cursor.expect(&["UPDATE"]).ok()?;
        let mut more = cursor.eat(&["OF"]);
        while more {
            columns.push(cursor.name().ok()?);
            more = cursor.eat_mark(",");
        }
        Event::Update
    };
    Some(Trigger { name: name.to_owned(), event, columns })
}

fn is_full_text(sql: &str) -> bool {
    let tokens = tokens(sql).unwrap_or_default();
    let module = |pair: &[Token<'_>]| match pair {
        [using, module] if using.is("USING") => module.name(),
        _ => None,
    };
    let module = tokens.windows(2).find_map(module).unwrap_or_default();
    ["fts3", "fts4", "fts5"].iter().any(|known| known.eq_ignore_ascii_case(&module))
}

/// Tries the triggers of one table, or of one view.
async fn try_triggers(
    db: &impl ConnectionTrait,
    (table, is_view): (&str, bool),
    triggers: &[Trigger],
    found: &mut Faults,
) -> Result<(), DbErr> {
    let Some(columns) = columns(db, table).await? else { return Ok(()) };
    for Trigger { name, columns: named, .. } in triggers {
        let has = |wanted: &str| columns.iter().any(|(own, _)| own.eq_ignore_ascii_case(wanted));
        if let Some(missing) = named.iter().find(|wanted| !has(wanted)) {
            let reason = format!("it follows updates of `{missing}`, which is not there");
            found.add(FaultKind::Trigger, (name, table), reason);
        }
        let is_computed = |wanted: &&String| {
            let own = columns.iter().find(|(own, _)| own.eq_ignore_ascii_case(wanted));
            own.is_some_and(|(_, computed)| *computed)
        };
        if let Some(computed) = named.iter().find(is_computed) {
            let reason = format!("it follows updates of `{computed}`, which is computed");
            found.add(FaultKind::Trigger, (name, table), reason);
        }
    }
    for event in [Event::Insert, Event::Update, Event::Delete] {
        let followed = triggers.iter().filter(|trigger| trigger.event == event);
        let followed: Vec<&Trigger> = followed.collect();
        let Some(sql) = statement(table, &columns, event).filter(|_| !followed.is_empty()) else {
            continue;
        };
        if failure(db, &sql).await?.is_some() {
            // A view takes no row without its triggers.
            let own = match is_view {
                true => None,
                false => failure_without(db, &sql, &followed).await?,
            };
            match own {
                Some(reason) => found.add(FaultKind::Table, (table, table), reason),
                None => blame(db, table, (&sql, &followed), found).await?,
            }
        }
    }
    Ok(())
}

/// The columns with whether they are computed; `None` of a view that cannot be used.
async fn columns(
    db: &impl ConnectionTrait,
    table: &str,
) -> Result<Option<Vec<(String, bool)>>, DbErr> {
    let sql = "SELECT name, hidden FROM pragma_table_xinfo($1)";
    let values: [Value; 1] = [table.into()];
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
    let rows = match db.query_all_raw(statement).await {
        Err(error @ (DbErr::Conn(_) | DbErr::ConnectionAcquire(_))) => return Err(error),
        // It is listed itself.
        Err(_) => return Ok(None),
        Ok(rows) => rows,
    };
    let column = |row: &QueryResult| {
        let hidden: i64 = row.try_get_by_index(1)?;
        Ok::<_, DbErr>((row.try_get_by_index(0)?, hidden != 0))
    };
    rows.iter().map(column).collect::<Result<Vec<_>, _>>().map(Some)
}

/// A statement that a trigger of this event follows, to be compiled with all its triggers.
fn statement(table: &str, columns: &[(String, bool)], event: Event) -> Option<String> {
    let table = quote(table);
    let written = columns.iter().filter(|(_, computed)| !computed);
    let sets: Vec<String> = written.map(|(name, _)| format!("{0} = {0}", quote(name))).collect();
    Some(match event {
        Event::Insert => format!("EXPLAIN INSERT INTO {table} DEFAULT VALUES"),
        Event::Delete => format!("EXPLAIN DELETE FROM {table}"),
        Event::Update if sets.is_empty() => return None,
        Event::Update => format!("EXPLAIN UPDATE {table} SET {}", sets.join(", ")),
    })
}

/// Finds the triggers for which a statement fails: those with which alone it does. SQLite does not name them.
async fn blame(
    db: &impl ConnectionTrait,
    table: &str,
    (sql, triggers): (&str, &[&Trigger]),
    found: &mut Faults,
) -> Result<(), DbErr> {
    for trigger in triggers {
        let others = triggers.iter().filter(|other| other.name != trigger.name);
        let others: Vec<&Trigger> = others.copied().collect();
        if let Some(reason) = failure_without(db, sql, &others).await? {
            found.add(FaultKind::Trigger, (&trigger.name, table), reason);
        }
    }
    Ok(())
}

/// Why a statement fails where these triggers are not there.
async fn failure_without(
    db: &impl ConnectionTrait,
    sql: &str,
    triggers: &[&Trigger],
) -> Result<Option<String>, DbErr> {
    db.execute_unprepared(&format!("SAVEPOINT {SAVEPOINT}")).await?;
    for trigger in triggers {
        db.execute_unprepared(&format!("DROP TRIGGER {}", quote(&trigger.name))).await?;
    }
    let failure = failure(db, sql).await?;
    db.execute_unprepared(&format!("ROLLBACK TO {SAVEPOINT}")).await?;
    db.execute_unprepared(&format!("RELEASE {SAVEPOINT}")).await?;
    Ok(failure)
}
