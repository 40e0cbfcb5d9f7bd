//! The substring index: which rows may contain a text, without scanning each of them.
//!
//! It only narrows down the candidates: the conditions of a list are the same with it and without it, and a needle that the
//! index would interpret differently is matched by the conditions alone. On SQLite it is a full-text index of trigrams, queried
//! by name; on PostgreSQL an index that the planner uses itself where a condition allows it, and which also knows the block of
//! the table that a row is in.

pub(crate) mod index;
mod similar;
mod statistics;

use std::sync::Arc;

use sea_orm::{
    DbBackend,
    sea_query::{BinOper, Expr, ExprTrait, Query, SelectStatement, UnionType},
};

use crate::{
    field::Field,
    folding,
    text::{self, Case, Place, cases, clean},
};
pub use index::Substrings;
use index::{GRAM, windows};
use statistics::Sample;
pub use statistics::{FEW_PLACES, PLACES, TrigramStatistics, refresh};

/// Number of characters of a needle that are looked up in an index.
const MOST_CHARACTERS: usize = 64;

/// The needles of one list's conditions, in terms of the index.
#[derive(Clone, Debug)]
pub struct SubstringQuery {
    /// The kind of database.
    pub backend: DbBackend,
    index: Option<Substrings>,
    /// The trigrams that each row has to contain.
    needles: Vec<String>,
    plan: MatchPlan,
    sample: Arc<Sample>,
}

/// How the rows are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MatchPlan {
    /// With the index.
    Index,
    /// With the index, one block of the table after the other, if a trigram is rare.
    Blocks,
    /// With a scan of all rows.
    Scan,
}

impl SubstringQuery {
    /// For rows that an index may cover, with its statistics.
    pub fn among(
        index: Option<Substrings>,
        backend: DbBackend,
        statistics: &TrigramStatistics,
    ) -> Self {
        let sample = index.map(|index| statistics.of(index)).unwrap_or_default();
        Self { backend, index, needles: Vec::new(), plan: MatchPlan::Index, sample }
    }

    /// The same without the index, with a scan.
    pub fn by_scanning(self) -> Self {
        Self { plan: MatchPlan::Scan, ..self }
    }

    /// The same block by block.
    pub fn by_blocks(self) -> Self {
        Self { plan: MatchPlan::Blocks, ..self }
    }

    /// The same for other rows, which no index covers.
    pub fn elsewhere(&self) -> Self {
        Self { index: None, needles: Vec::new(), ..self.clone() }
    }

    /// Adds a text that every row has in one of the columns; does nothing if one of them is not indexed, or if the index cannot
    /// find it.
    pub fn note(&mut self, columns: &[&Field], needle: &str, case: Case) {
        if self.index.is_none() || !columns.iter().all(|field| field.indexed) {
            return;
        }
        let folds = columns.iter().any(|field| field.folded.is_some());
        let runs = self.runs(needle, case, folds);
        self.needles.extend(runs.iter().flat_map(|run| self.sample.most_selective(run)));
    }

    /// Whether the index provides candidates.
    pub fn narrows(&self) -> bool {
        !self.needles.is_empty()
    }

    /// Whether the index on PostgreSQL can be queried block by block.
    pub fn has_blocks(&self) -> bool {
        self.backend == DbBackend::Postgres && self.narrows() && self.sample.has_blocks()
    }

    /// Whether many rows are likely to match.
    pub fn is_common(&self) -> bool {
        self.needles.iter().all(|trigram| self.sample.is_common(trigram))
    }

    /// Whether the column of a field contains a needle. By default PostgreSQL would look up each trigram of the needle in its
    /// index, and the common ones are most of that work. So only the rarest are looked up, and the needle is matched in the rows
    /// that contain them, with an expression that no index supports. For a needle without three letters in a row PostgreSQL
    /// would even read the whole index.
    pub fn matches(&self, field: &Field, needle: &str, (place, case): (Place, Case)) -> Expr {
        let fits = |column| text::matches(column, needle, (place, case), self.backend);
        if self.index.is_none() || !field.indexed || self.backend != DbBackend::Postgres {
            return fits(field.expr());
        }
        let folds = field.folded.is_some();
        let runs = self.runs(needle, Case::Ignored, folds);
        let asked = self.asked(&runs);
        let all: usize = runs.iter().map(|run| windows(run).count()).sum();
        // A part of another needle might be compared in another way than the whole.
        if self.plan != MatchPlan::Scan
            && !runs.is_empty()
            && !folds
            && (asked.len() == all || !needle.is_ascii())
        {
            return fits(field.expr());
        }
        let has = |trigram: &String| match folds {
            true => folding::contains(self.text(&[field]), trigram, Place::Anywhere, self.backend),
            false => text::matches(field.expr(), trigram, (Place::Anywhere, case), self.backend),
        };
        asked.iter().rev().fold(fits(hidden(field.expr())), |all, trigram| has(trigram).and(all))
    }

    /// Whether one of the columns contains a needle, without regard to case and, if their texts are folded, to what that leaves out.
    /// A needle of which folding leaves nothing is looked for as it is.
    pub fn has(&self, fields: &[&Field], needle: &str, place: Place) -> Expr {
        let any = |fits: &dyn Fn(&Field) -> Expr| {
            let each = fields.iter().map(|field| fits(field));
            each.reduce(ExprTrait::or).unwrap_or(Expr::Constant(false.into()))
        };
        let folded = folding::folded(&clean(needle));
        let folded = folded.trim();
        let Some(view) = fields.first().and_then(|field| field.folded) else {
            return any(&|field| self.matches(field, needle, (place, Case::Ignored)));
        };
        if folded.is_empty() {
            return any(&|field| self.matches(field, needle, (place, Case::Ignored)));
        }
        if self.backend != DbBackend::Postgres {
            // For most rows this is all. The others have a text that is not folded.
            let plain = self.plain(fields, folded, place);
            let text = folding::of_view(view, fields);
            let view = folding::contains(text, folded, place, self.backend);
            let special = folding::is_special(fields);
            // Where the index does not find few rows, all of them are asked.
            return match self.runs(needle, Case::Ignored, true).is_empty() {
                true => plain.or(special.and(folding::may_have(fields, folded)).and(view)),
                false => plain.or(special.and(view)),
            };
        }
        let (shared, own): (Vec<&Field>, Vec<&Field>) =
            fields.iter().partition(|field| field.shared);
        let groups = own.chunks(1).chain(Some(&*shared).filter(|shared| !shared.is_empty()));
        let runs = self.runs(needle, Case::Ignored, true);
        let asked = if self.index.is_some() { self.asked(&runs) } else { Vec::new() };
        let found = groups.map(|group| {
            let contains =
                |text, needle: &str, place| folding::contains(text, needle, place, self.backend);
            let fits = contains(hidden(self.text(group)), folded, place);
            let has = |trigram: &String| contains(self.text(group), trigram, Place::Anywhere);
            asked.iter().rev().fold(fits, |all, trigram| has(trigram).and(all))
        });
        found.reduce(ExprTrait::or).unwrap_or(Expr::Constant(false.into()))
    }

    /// Whether one of the columns has a needle as it is.
    pub fn plain(&self, fields: &[&Field], needle: &str, place: Place) -> Expr {
        let fits = |field: &&Field| {
            text::pattern(field.expr(), needle, (place, Case::Ignored), self.backend)
        };
        fields.iter().map(fits).reduce(ExprTrait::or).unwrap_or(Expr::Constant(false.into()))
    }

    /// The row that is folded once for several questions about it; `None` where that is not to be, or where there is nothing to ask.
    pub fn row<'a>(&self, texts: &[&'a Field], needle: &str) -> Option<folding::Row<'a>> {
        let needle = folding::folded(&clean(needle)).trim().to_owned();
        folding::Row::of(texts, needle, self.backend)
    }

    /// The trigrams of a needle that PostgreSQL looks up.
    fn asked(&self, runs: &[String]) -> Vec<String> {
        match self.plan {
            MatchPlan::Blocks => runs.iter().filter_map(|run| self.sample.rarest(run)).collect(),
            MatchPlan::Index => {
                runs.iter().flat_map(|run| self.sample.most_selective(run)).collect()
            }
            MatchPlan::Scan => Vec::new(),
        }
    }

    /// The text of which PostgreSQL has an index: of a column, or of all that share one.
    fn text(&self, fields: &[&Field]) -> Expr {
        let columns: Vec<Expr> = match (fields, self.index) {
            ([field, ..], Some(index)) if field.shared => index
                .shared
                .iter()
                .map(|column| Expr::col((field.table.clone(), *column)))
                .collect(),
            _ => fields.iter().map(|field| field.expr()).collect(),
        };
        folding::function(&columns)
    }

    /// On SQLite the ids of all candidates, each once, as the column `id`.
    pub fn candidates(&self) -> Option<SelectStatement> {
        let index = self.index.filter(|_| self.backend == DbBackend::Sqlite && self.narrows())?;
        let waiting = Query::select().column("id").from(index.waiting).take();
        let needles: Vec<String> = self.needles.iter().map(|needle| quoted(needle)).collect();
        let mut candidates = Query::select();
        candidates
            .expr_as(Expr::col("rowid"), "id")
            .from(index.table)
            .and_where(
                Expr::col(index.table).binary(BinOper::Custom("MATCH"), needles.join(" AND ")),
            )
            // A row that waits may be indexed with its old values.
            .and_where(Expr::col("rowid").not_in_subquery(waiting.clone()))
            .union(UnionType::All, waiting);
        Some(candidates)
    }

    /// The pieces of a needle that are in the index wherever the needle is in a text.
    fn runs(&self, needle: &str, case: Case, folds: bool) -> Vec<String> {
        let sqlite = self.backend == DbBackend::Sqlite;
        let safe = |c: char| match sqlite {
            true => case == Case::Exact || follows(c) || cases(c).len() == 1,
            // It makes trigrams of letters and digits only.
            false => c.is_alphanumeric(),
        };
        // The mark is an accent, and its other case is a letter.
        let is_end = |c| c == '\0' || c == '\u{345}' || !safe(c);
        let needle: String = clean(needle).chars().take(MOST_CHARACTERS).collect();
        let pieces = needle.split(is_end);
        let runs = pieces.flat_map(|piece| match folds {
            true => folding::folded(piece).split(is_end).map(str::to_owned).collect(),
            false => vec![piece.to_owned()],
        });
        runs.filter(|run| run.chars().count() >= GRAM).collect()
    }
}

/// The same in an expression that is not an index's.
fn hidden(text: Expr) -> Expr {
    text.binary(BinOper::Custom("||"), Expr::val(""))
}

/// As a string of the full-text query syntax, without special characters.
fn quoted(run: &str) -> String {
    format!("\"{}\"", run.replace('"', "\"\""))
}

/// Whether SQLite's tokenizer folds the cases of a letter as our conditions do. Its table is from an older Unicode version:
/// these are the scripts that have been complete for long, without letters whose other case was added later.
fn follows(c: char) -> bool {
    let script = matches!(c, '\0'..='\u{24f}' | '\u{370}'..='\u{527}' | '\u{1e00}'..='\u{1fff}');
    script && !matches!(c, 'ı' | 'ƛ' | 'Ϳ' | 'ϳ')
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// The letters as the tokenizer of this SQLite stores them.
    fn folded(letters: &[char]) -> Vec<String> {
        let sqlite = Connection::open_in_memory().unwrap();
        sqlite
            .execute_batch(
                "CREATE VIRTUAL TABLE t USING fts5 (x, tokenize='trigram');
                 CREATE VIRTUAL TABLE v USING fts5vocab (t, instance); BEGIN",
            )
            .unwrap();
        for (row, letter) in letters.iter().enumerate() {
            let values = (i64::try_from(row).unwrap(), format!("{letter}.."));
            sqlite.execute("INSERT INTO t (rowid, x) VALUES (?1, ?2)", values).unwrap();
        }
        let mut rows = sqlite.prepare("SELECT term FROM v ORDER BY doc, offset").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn letters_that_are_one_to_us_are_one_to_the_index() {
        let letters: Vec<char> =
            ('\u{1}'..=char::MAX).filter(|c| cases(*c).len() > 1 && follows(*c)).collect();
        assert!(letters.len() > 1000 && letters.contains(&'é') && letters.contains(&'Ж'));
        let classes: Vec<Vec<char>> = letters.iter().map(|c| cases(*c)).collect();
        let kept = folded(&classes.concat());
        let mut kept = kept.iter();
        for class in classes {
            let first = kept.next().unwrap();
            for other in class.iter().skip(1) {
                assert_eq!(kept.next(), Some(first), "{other} of {class:?}");
            }
        }
        assert_eq!(kept.next(), None);
    }

    #[test]
    fn the_cases_of_a_letter_are_folded_to_one_that_the_index_takes_for_one() {
        let letters = ('\u{1}'..=char::MAX).filter(|c| cases(*c).len() > 1 && *c != '\u{345}');
        let letters: Vec<char> = letters.filter(|c| follows(*c)).collect();
        let lines: Vec<Vec<String>> = letters
            .iter()
            .map(|c| cases(*c).iter().map(|c| folding::folded(&c.to_string())).collect())
            .collect();
        // What is folded to one letter; `ß` and the like are the same in both cases.
        for (letter, folded) in letters.iter().zip(&lines) {
            let same: Vec<char> = folded.iter().filter_map(|text| text.chars().next()).collect();
            assert_eq!(same.len(), folded.len(), "{letter}");
            let first = same[0];
            assert!(same.iter().all(|c| cases(first).contains(c)), "{letter}: {folded:?}");
        }
    }

    #[test]
    fn a_needle_is_cut_where_the_index_may_read_it_otherwise() {
        let statistics = TrigramStatistics::default();
        let query = |backend| SubstringQuery::among(None, backend, &statistics);
        let (sqlite, postgres) = (query(DbBackend::Sqlite), query(DbBackend::Postgres));
        for (needle, expected) in [
            ("ab", vec![]),
            ("abc", vec!["abc"]),
            (" abc ", vec!["abc"]),
            ("Dıyarbakır", vec!["yarbak"]),
            ("K\u{212a}elvin", vec!["KKelvin"]),
            ("50% _\"*", vec!["50% _\"*"]),
            ("東京都", vec!["東京都"]),
            ("ꭰꭱꭲꭳ", vec![]),
        ] {
            assert_eq!(sqlite.runs(needle, Case::Ignored, false), expected, "{needle}");
        }
        assert_eq!(sqlite.runs("Dıyar", Case::Exact, false), ["Dıyar"]);
        assert_eq!(
            sqlite.runs(&"x".repeat(1000), Case::Ignored, false),
            ["x".repeat(MOST_CHARACTERS)]
        );
        for (needle, expected) in
            [("a-b", vec![]), ("%_'", vec![]), ("ab cde", vec!["cde"]), ("Émil", vec!["Émil"])]
        {
            assert_eq!(postgres.runs(needle, Case::Ignored, false), expected, "{needle}");
        }
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        let trigrams: Vec<String> =
            windows("東京都の本").map(|part| part.iter().collect()).collect();
        assert_eq!(trigrams, ["東京都", "京都の", "都の本"]);
    }
}
