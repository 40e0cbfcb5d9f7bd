//! Renames: applied where they are named, asked about where something looks like one.

use sea_orm::DbBackend;

use super::{DiffError, Question, Work, order::Phase};
use crate::{
    operation::Operation,
    schema::{Column, Table, TableName},
};

/// From here on a pair of tables is similar enough to ask.
const MIN_TABLE_SIMILARITY: f64 = 0.8;
/// From here on a pair of columns is similar enough to ask; the same type alone is.
const MIN_COLUMN_SIMILARITY: f64 = 0.5;

/// Applies and asks for renames of tables.
pub fn tables(work: &mut Work<'_>) -> Result<(), DiffError> {
    let after = work.after;
    for (from, to) in &work.options.table_renames {
        let done = !work.before.tables.contains_key(from) && work.before.tables.contains_key(to);
        if done && after.tables.contains_key(to) {
            continue;
        }
        if !work.before.tables.contains_key(from) {
            return Err(no_such(from, to, format!("there is no table `{from}`")));
        }
        if !after.tables.contains_key(to) {
            return Err(no_such(from, to, format!("there is no table `{to}` afterwards")));
        }
        if work.before.tables.contains_key(to) {
            return Err(no_such(from, to, format!("`{to}` exists already")));
        }
        rename(work, Operation::RenameTable { from: from.clone(), to: to.clone() })?;
    }
    if work.options.backend == DbBackend::Sqlite {
        spell_tables(work)?;
    }
    if work.options.no_rename {
        return Ok(());
    }
    let gone: Vec<&Table> = work
        .before
        .tables
        .values()
        .filter(|table| !after.tables.contains_key(&table.name))
        .collect();
    let added = after.tables.values().filter(|table| {
        let known_as_new = work.options.new.contains(&(table.name.clone(), String::new()));
        !known_as_new && !work.before.tables.contains_key(&table.name)
    });
    for added in added {
        let mut candidates: Vec<(TableName, f64)> = gone
            .iter()
            .map(|gone| (gone.name.clone(), table_similarity(gone, added, work.options.backend)))
            .filter(|(_, similarity)| *similarity >= MIN_TABLE_SIMILARITY)
            .collect();
        candidates.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        if !candidates.is_empty() {
            let added = added.name.clone();
            work.found.questions.push(Question::RenamedTable { added, candidates });
        }
    }
    Ok(())
}

/// Applies and asks for renames of columns.
pub fn columns(work: &mut Work<'_>) -> Result<(), DiffError> {
    let after = work.after;
    for (table, from, to) in &work.options.column_renames {
        let known = work.before.tables.get(table).filter(|_| after.tables.contains_key(table));
        let known =
            known.ok_or_else(|| no_such(from, to, format!("there is no table `{table}`")))?;
        // The same command a second time has nothing left to do.
        if known.find(from).is_none() && known.find(to).is_some() {
            continue;
        }
        if known.find(from).is_none() {
            return Err(no_such(from, to, format!("table `{table}` has no column `{from}`")));
        }
        let wanted = after.tables.get(table).and_then(|table| table.find(to));
        if wanted.is_none() {
            return Err(no_such(from, to, format!("`{table}` has no column `{to}` afterwards")));
        }
        rename_column(work, table, from, to)?;
    }
    for (table, from, to) in &work.options.rename_hints {
        let (Some(old), Some(new)) = (work.before.tables.get(table), after.tables.get(table))
        else {
            continue;
        };
        let stale = old.find(from).is_none() || new.find(from).is_some() || new.find(to).is_none();
        if stale {
            continue;
        }
        if old.find(to).is_some() {
            return Err(DiffError::Ambiguous(format!(
                "`{table}.{to}` says that it was renamed from `{from}`, and the table has both; \
                 take the attribute away, or drop one of the columns by hand first"
            )));
        }
        rename_column(work, table, from, to)?;
    }
    if work.options.backend == DbBackend::Sqlite {
        ignore_case(work)?;
    }
    if !work.options.no_rename {
        for table in after.tables.values() {
            ask(work, table);
        }
    }
    Ok(())
}

fn rename_column(
    work: &mut Work<'_>,
    table: &TableName,
    from: &str,
    to: &str,
) -> Result<(), DiffError> {
    let (table, from, to) = (table.clone(), from.to_owned(), to.to_owned());
    rename(work, Operation::RenameColumn { table, from, to })
}

fn rename(work: &mut Work<'_>, operation: Operation) -> Result<(), DiffError> {
    work.before.apply(&operation, work.options.backend)?;
    work.stated.rename(&operation);
    work.phases.push(Phase::Rename, operation);
    Ok(())
}

/// SQLite takes `Item` and `item` for the same table.
fn spell_tables(work: &mut Work<'_>) -> Result<(), DiffError> {
    let after = work.after;
    for to in after
        .tables
        .keys()
        .filter(|name| !work.before.tables.contains_key(name))
        .cloned()
        .collect::<Vec<_>>()
    {
        let same = |name: &&TableName| {
            name.name.eq_ignore_ascii_case(&to.name) && !after.tables.contains_key(name)
        };
        if let Some(from) = work.before.tables.keys().find(same).cloned() {
            rename(work, Operation::RenameTable { from, to })?;
        }
    }
    Ok(())
}

/// SQLite takes `Name` and `name` for the same column, so to an entity the new spelling is no change.
fn ignore_case(work: &mut Work<'_>) -> Result<(), DiffError> {
    let mut same = Vec::new();
    for (table, column) in pairs(work) {
        let found = work.before.tables.get(&table).into_iter().flat_map(|table| &table.columns);
        let mut found = found.filter(|found| found.name.eq_ignore_ascii_case(&column));
        if let Some(found) = found.next()
            && found.name != column
        {
            same.push(Operation::RenameColumn { table, from: found.name.clone(), to: column });
        }
    }
    for operation in same {
        if work.whole() {
            rename(work, operation)?;
            continue;
        }
        // SQLite would not see a second column of the name either, so a refusal cannot come.
        work.before.apply(&operation, DbBackend::Sqlite)?;
        work.stated.rename(&operation);
    }
    Ok(())
}

fn pairs(work: &Work<'_>) -> Vec<(TableName, String)> {
    let tables = work.after.tables.values();
    tables
        .flat_map(|table| {
            table.columns.iter().map(|column| (table.name.clone(), column.name.clone()))
        })
        .collect()
}

fn ask(work: &mut Work<'_>, after: &Table) {
    let Some(before) = work.before.tables.get(&after.name) else { return };
    let gone = before.columns.iter().enumerate();
    let gone: Vec<(usize, &Column)> =
        gone.filter(|(_, column)| after.find(&column.name).is_none()).collect();
    let known_as_new =
        |name: &str| work.options.new.contains(&(after.name.clone(), name.to_owned()));
    let added =
        after.columns.iter().enumerate().filter(|(_, column)| {
            before.find(&column.name).is_none() && !known_as_new(&column.name)
        });
    for (place, added) in added.collect::<Vec<_>>() {
        let mut candidates: Vec<(String, f64)> = gone
            .iter()
            .map(|(old_place, old)| {
                let near = old_place.abs_diff(place) <= 1;
                (old.name.clone(), column_similarity(old, added, near, work.options.backend))
            })
            .filter(|(_, similarity)| *similarity >= MIN_COLUMN_SIMILARITY)
            .collect();
        candidates.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        if !candidates.is_empty() {
            work.found.questions.push(Question::RenamedColumn {
                table: after.name.clone(),
                added: added.name.clone(),
                candidates,
            });
        }
    }
}

/// How similar two tables are: the part of their columns that have the same name and type.
fn table_similarity(before: &Table, after: &Table, backend: DbBackend) -> f64 {
    let same = after.columns.iter().filter(|column| {
        before.find(&column.name).is_some_and(|old| old.kind.looks_like(&column.kind, backend))
    });
    let all = before.columns.len().max(after.columns.len()).max(1);
    hundredths(ratio(same.count(), all))
}

/// How similar two columns are: the type is half of it, the rest is nullability, default, place and name.
fn column_similarity(before: &Column, after: &Column, near: bool, backend: DbBackend) -> f64 {
    let mut similarity = 0.0;
    for (holds, weight) in [
        (before.kind.looks_like(&after.kind, backend), 0.5),
        (before.nullable == after.nullable, 0.1),
        (before.default == after.default, 0.1),
        (near, 0.1),
    ] {
        similarity += if holds { weight } else { 0.0 };
    }
    hundredths(similarity + 0.2 * name_similarity(&before.name, &after.name))
}

/// The part of the longer name's neighbouring letter pairs that the other name has too.
fn name_similarity(one: &str, other: &str) -> f64 {
    let letters = |name: &str| name.to_lowercase().chars().collect::<Vec<_>>();
    let pairs = |name: &[char]| name.windows(2).map(<[char]>::to_vec).collect::<Vec<_>>();
    let (one, other) = (pairs(&letters(one)), pairs(&letters(other)));
    let common = one.iter().filter(|pair| other.contains(pair)).count();
    ratio(common, one.len().max(other.len()).max(1))
}

fn ratio(part: usize, all: usize) -> f64 {
    let whole = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    whole(part) / whole(all)
}

fn hundredths(ratio: f64) -> f64 {
    (ratio * 100.0).round() / 100.0
}

fn no_such(from: impl ToString, to: impl ToString, why: String) -> DiffError {
    DiffError::Rename(format!(
        "cannot rename `{}` to `{}`: {why}",
        from.to_string(),
        to.to_string()
    ))
}
