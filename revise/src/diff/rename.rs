//! Renames: applied where they are named, asked about where something looks like one.

mod sequence;

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use self::sequence::{Names, is_in_circle, sequence};
use super::{DiffError, Question, Work, order::Phase};
use crate::{
    operation::Operation,
    schema::{Column, Table, TableName, names},
};

/// From here on a pair of tables is similar enough to ask.
const MIN_TABLE_SIMILARITY: f64 = 0.8;
/// From here on a pair of columns is similar enough to ask; the same type alone is.
const MIN_COLUMN_SIMILARITY: f64 = 0.5;

/// Applies and asks for renames of tables.
pub fn tables(work: &mut Work<'_>) -> Result<(), DiffError> {
    let after = work.after;
    let wanted = &work.options.table_renames;
    let renamed = &work.options.renamed;
    let names = Names {
        is_there: &|name: &TableName| work.before.tables.contains_key(name),
        was_done: &|from: &TableName, to: &TableName| {
            renamed.contains(&(to.clone(), from.name.clone(), String::new()))
        },
        between: &|name: &TableName| {
            let taken = work.before.tables.keys().chain(after.tables.keys());
            let taken: Vec<&str> = taken.map(|table| table.name.as_str()).collect();
            name.renamed(unused(&name.name, &taken))
        },
    };
    let ordered = sequence(wanted, &names);
    expect_tables(work, wanted, &ordered)?;
    for (from, to) in ordered {
        rename(work, Operation::RenameTable { from, to })?;
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

/// Sees to it that both names of tables are there that are to be renamed, or were, and that no other table has a new one.
fn expect_tables(
    work: &Work<'_>,
    wanted: &[(TableName, TableName)],
    ordered: &[(TableName, TableName)],
) -> Result<(), DiffError> {
    let free = |name: &TableName| {
        let freed = wanted.iter().any(|(from, _)| from == name);
        freed || !work.before.tables.contains_key(name)
    };
    wanted.iter().try_for_each(|rename| expect_table(work, rename))?;
    match wanted.iter().find(|rename| ordered.contains(rename) && !free(&rename.1)) {
        None => Ok(()),
        Some((from, to)) => Err(no_such(from, to, format!("`{to}` exists already"))),
    }
}

/// Sees to it that both names of a table are there.
fn expect_table(work: &Work<'_>, (from, to): &(TableName, TableName)) -> Result<(), DiffError> {
    let (before, after) = (&work.before.tables, &work.after.tables);
    let done = !before.contains_key(from) && before.contains_key(to) && after.contains_key(to);
    if !before.contains_key(from) && !done {
        return Err(no_such(from, to, format!("there is no table `{from}`")));
    }
    if !after.contains_key(to) {
        return Err(no_such(from, to, format!("there is no table `{to}` afterwards")));
    }
    Ok(())
}

/// Applies and asks for renames of columns.
pub fn columns(work: &mut Work<'_>) -> Result<(), DiffError> {
    let after = work.after;
    let named = by_table(&work.options.column_renames);
    for (table, wanted) in &named {
        expect_columns(work, table, wanted)?;
        rename_columns(work, table, wanted, &[])?;
    }
    for (table, hints) in by_table(&work.options.rename_hints) {
        let done = named.get(&table).cloned().unwrap_or_default();
        let live = live_hints(work, &table, &hints)?;
        rename_columns(work, &table, &live, &done)?;
        let turned = live.iter().filter(|hint| is_in_circle(&live, hint));
        let turned: Vec<String> = turned.map(|(_, to)| format!("`{to}`")).collect();
        if let [first, ..] = turned.as_slice()
            && work
                .phases
                .operations()
                .any(|one| matches!(one, Operation::RenameColumn { table: of, .. } if *of == table))
        {
            work.found.notes.push(format!(
                "columns of `{table}` change names with each other ({}); take their `renamed_from` away once this is applied \
                 everywhere, beginning with {first}",
                turned.join(", ")
            ));
        }
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

/// Old and new names of columns, by their table.
type Renames = BTreeMap<TableName, Vec<(String, String)>>;

fn by_table(renames: &[(TableName, String, String)]) -> Renames {
    let mut found = Renames::new();
    for (table, from, to) in renames {
        found.entry(table.clone()).or_default().push((from.clone(), to.clone()));
    }
    found
}

/// Carries renames of columns out, as far as they are left to do. Those of `done` were named otherwise too, and are.
fn rename_columns(
    work: &mut Work<'_>,
    table: &TableName,
    wanted: &[(String, String)],
    done: &[(String, String)],
) -> Result<(), DiffError> {
    let known = work.before.tables.get(table).cloned().unwrap_or_default();
    let after = work.after.tables.get(table);
    let renamed = &work.options.renamed;
    let names = Names {
        is_there: &|name: &String| known.find(name).is_some(),
        was_done: &|from: &String, to: &String| {
            let pair = (from.clone(), to.clone());
            done.contains(&pair) || renamed.contains(&(table.clone(), pair.0, pair.1))
        },
        between: &|name: &String| {
            let taken =
                known.columns.iter().chain(after.into_iter().flat_map(|after| &after.columns));
            let taken: Vec<&str> = taken.map(|column| column.name.as_str()).collect();
            unused(name, &taken)
        },
    };
    for (from, to) in sequence(wanted, &names) {
        rename_column(work, table, &from, &to)?;
    }
    Ok(())
}

/// Sees to it that named renames of columns can be.
fn expect_columns(
    work: &Work<'_>,
    table: &TableName,
    wanted: &[(String, String)],
) -> Result<(), DiffError> {
    let known = work.before.tables.get(table);
    let pair = known.and_then(|known| Some((known, work.after.tables.get(table)?)));
    for (from, to) in wanted {
        let (known, after) =
            pair.ok_or_else(|| no_such(from, to, format!("there is no table `{table}`")))?;
        // The same command a second time has nothing left to do.
        if known.find(from).is_none() && known.find(to).is_some() {
            continue;
        }
        if known.find(from).is_none() {
            return Err(no_such(from, to, format!("table `{table}` has no column `{from}`")));
        }
        if after.find(to).is_none() {
            return Err(no_such(from, to, format!("`{table}` has no column `{to}` afterwards")));
        }
    }
    Ok(())
}

/// The attributes that say what is still to be done. One whose old name is there afterwards is stale, unless another one gives it away.
fn live_hints(
    work: &Work<'_>,
    table: &TableName,
    hints: &[(String, String)],
) -> Result<Vec<(String, String)>, DiffError> {
    let pair =
        work.before.tables.get(table).and_then(|old| Some((old, work.after.tables.get(table)?)));
    let Some((old, new)) = pair else { return Ok(Vec::new()) };
    let fits = |(from, to): &&(String, String)| old.find(from).is_some() && new.find(to).is_some();
    let mut live: Vec<(String, String)> = hints.iter().filter(fits).cloned().collect();
    loop {
        let stale = live.iter().position(|(from, _)| {
            new.find(from).is_some() && !live.iter().any(|(_, to)| to == from)
        });
        match stale {
            Some(place) => drop(live.remove(place)),
            None => break,
        }
    }
    for (from, to) in &live {
        if old.find(to).is_some() && !live.iter().any(|(other, _)| other == to) {
            return Err(DiffError::Ambiguous(format!(
                "`{table}.{to}` says that it was renamed from `{from}`, and the table has both; \
                 take the attribute away, or drop one of the columns by hand first"
            )));
        }
    }
    Ok(live)
}

/// A name that nothing has: for the moment in which two names are changed with each other.
fn unused(name: &str, taken: &[&str]) -> String {
    // PostgreSQL would cut a longer one to the name that it is made of.
    let mut unused = format!("{}__revise", names::cut(name, names::MAX_BYTES / 2));
    while taken.iter().any(|taken| taken.eq_ignore_ascii_case(&unused)) {
        unused.push('_');
    }
    unused
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
        before.find(&column.name).is_some_and(|old| is_same_type(old, column, backend))
    });
    let all = before.columns.len().max(after.columns.len()).max(1);
    hundredths(ratio(same.count(), all))
}

/// How similar two columns are: the type is half of it, the rest is nullability, default, place and name.
fn column_similarity(before: &Column, after: &Column, near: bool, backend: DbBackend) -> f64 {
    let mut similarity = 0.0;
    for (holds, weight) in [
        (is_same_type(before, after, backend), 0.5),
        (before.nullable == after.nullable, 0.1),
        (before.default == after.default, 0.1),
        (near, 0.1),
    ] {
        similarity += if holds { weight } else { 0.0 };
    }
    hundredths(similarity + 0.2 * name_similarity(&before.name, &after.name))
}

/// Whether a column can keep its type under another name: an entity's `String` fits a text as well.
fn is_same_type(before: &Column, after: &Column, backend: DbBackend) -> bool {
    before.kind.looks_like(&after.kind, backend) || after.kind.fits(&before.kind, backend)
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
