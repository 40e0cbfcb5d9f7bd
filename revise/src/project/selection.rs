//! Which tables are looked at: the names and patterns of `--only`, `--exclude` and `Entities::exclude`.

use std::collections::BTreeSet;

use crate::{
    diff::strangers::KINDS,
    error::{Error, Result},
    runtime::{
        revise::Revise,
        session::{Session, Use},
        target::Target,
    },
    schema::{Schema, TableName},
};

use super::generate::{GenerateOptions, table_name};

impl Revise {
    /// Leaves out the tables that are not to be looked at, with what belongs to them.
    pub(crate) fn scoped(&self, mut schema: Schema, options: &GenerateOptions) -> Schema {
        let read = |written: &[String]| -> Vec<TableName> {
            written.iter().map(|name| table_name(name)).collect()
        };
        let (only, excluded) = (read(&options.only), read(&options.exclude));
        let chosen = |name: &TableName| {
            !self.entities.leave_alone(name)
                && !excluded.iter().any(|pattern| name.fits(pattern))
                && (only.is_empty() || only.iter().any(|pattern| name.fits(pattern)))
        };
        let meant = |name: &TableName| chosen(name) && !self.history.is_own(name);
        schema.tables.retain(|name, _| meant(name));
        schema.views.retain(|name, _| meant(name));
        schema.objects.retain(|found| {
            found.table.as_deref().is_none_or(|table| meant(&TableName::from(table)))
        });
        schema
    }

    /// Sees to it that each name and each pattern of the flags is that of a table or a view: of one of these schemas, or of the
    /// database at hand.
    ///
    /// # Errors
    /// [`Error::Usage`] with the nearest name.
    pub(crate) async fn expect_tables(
        &self,
        target: &Target,
        options: &GenerateOptions,
        schemas: [&Schema; 2],
    ) -> Result<()> {
        let mut known: BTreeSet<TableName> = schemas.into_iter().flat_map(names).collect();
        known.extend(self.history.names());
        if unknown(options, &known).is_none() {
            return Ok(());
        }
        // A table of another program is in none of them. Without a database, or before there is one, there is none.
        if let Ok(session) = Session::open(target, Use::Read).await {
            let others: Vec<String> = self.schemas(target).into_iter().collect();
            let read = session.read(&others).await;
            session.close().await;
            known.extend(read.iter().flat_map(names));
        }
        expect_known(options, &known)
    }
}

/// As [`Revise::expect_tables`].
fn expect_known(options: &GenerateOptions, known: &BTreeSet<TableName>) -> Result<()> {
    let Some((flag, written)) = unknown(options, known) else { return Ok(()) };
    let near = known.iter().min_by_key(|name| distance(written, &name.to_string()));
    let near =
        near.map_or_else(|| "there is none".to_owned(), |near| format!("the nearest is `{near}`"));
    Err(Error::Usage(format!("`{flag} {written}` names no table and no view: {near}")))
}

/// The first name or pattern of the flags that is that of no table.
fn unknown<'a>(
    options: &'a GenerateOptions,
    known: &BTreeSet<TableName>,
) -> Option<(&'static str, &'a str)> {
    let only = options.only.iter().map(|written| ("--only", written.as_str()));
    let excluded = options.exclude.iter().map(|written| ("--exclude", written.as_str()));
    only.chain(excluded).find(|(_, written)| {
        let pattern = table_name(written);
        !known.iter().any(|name| name.fits(&pattern))
    })
}

/// The tables and views of a schema, also those that the model does not have.
fn names(schema: &Schema) -> impl Iterator<Item = TableName> {
    let strangers = schema.unmanaged.iter().filter_map(|line| {
        // A table of a kind that is unknown is called `table`.
        let mut words = KINDS.iter().chain(&["table"]);
        let name = words.find_map(|word| line.strip_prefix(word)?.strip_prefix(' '))?;
        Some(table_name(name.split(" (").next().unwrap_or(name)))
    });
    schema.tables.keys().chain(schema.views.keys()).cloned().chain(strangers)
}

/// How many letters have to be put in, taken out or replaced to make a name of a pattern.
fn distance(pattern: &str, name: &str) -> usize {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let free = |wanted: char| usize::from(wanted != '*');
    let mut row = vec![0];
    for wanted in &pattern {
        row.push(row.last().copied().unwrap_or_default() + free(*wanted));
    }
    for (place, letter) in name.to_lowercase().chars().enumerate() {
        let (mut corner, mut left) = (place, place + 1);
        let mut next = vec![left];
        for (above, wanted) in row.iter().skip(1).zip(&pattern) {
            let same = *wanted == letter || matches!(wanted, '?' | '*');
            let replaced = corner + usize::from(!same);
            left = replaced.min(above + free(*wanted)).min(left + free(*wanted));
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_that_takes_the_fewest_letters() {
        for (one, other, letters) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("book", "books", 1),
            ("bok", "book", 1),
            ("a*", "a", 0),
            ("legcy_p*", "legacy_parts", 1),
            ("*_log", "a_lag", 1),
            ("a?c", "abd", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), letters, "{one} {other}");
        }
    }
}
