//! Rows that have many of the trigrams of some words, for words that are written wrongly.

use sea_orm::{
    DbBackend, Order,
    sea_query::{BinOper, Expr, ExprTrait, Query, SelectStatement, UnionType},
};

use super::{SubstringQuery, folding, index::windows, quoted};
use crate::{
    field::Field,
    text::{Case, Place},
};

/// Trigrams that are looked up at most: each costs a lookup and a bounded number of rows.
const MOST_TRIGRAMS: usize = 24;
/// Rows of one trigram that are looked at.
const MOST_OF_ONE: u64 = 1000;
/// Rows with most of the trigrams that are returned.
const MOST: u64 = 300;

impl SubstringQuery {
    /// The ids of rows whose texts have most of the trigrams of these words, as the column `id`; `None` without an index.
    pub fn similar(&self, texts: &[&Field], words: &[&str]) -> Option<SelectStatement> {
        let index = self.index?;
        let sqlite = self.backend == DbBackend::Sqlite;
        let first = texts.first()?;
        if !(sqlite || self.sample.has_blocks()) {
            return None;
        }
        let runs = words.iter().flat_map(|word| self.runs(word, Case::Ignored, true));
        let mut trigrams: Vec<String> = Vec::new();
        for run in runs {
            trigrams.extend(windows(&run).map(|trigram| trigram.iter().collect::<String>()));
        }
        trigrams.sort();
        trigrams.dedup();
        let of_one = trigrams.iter().take(MOST_TRIGRAMS).map(|trigram| {
            let mut rows = Query::select();
            if sqlite {
                let is_in =
                    Expr::col(index.table).binary(BinOper::Custom("MATCH"), quoted(trigram));
                rows.expr_as(Expr::col("rowid"), "id").from(index.table).and_where(is_in);
            } else {
                let has = |field: &&Field| {
                    let text = folding::function(&[field.expr()]);
                    folding::contains(text, trigram, Place::Anywhere, self.backend)
                };
                let any = texts.iter().map(has).reduce(ExprTrait::or);
                rows.expr_as(Expr::col((first.table.clone(), "id")), "id")
                    .from(first.table.clone());
                rows.and_where_option(any);
            }
            rows.limit(MOST_OF_ONE);
            Query::select().column("id").from_subquery(rows.take(), "some").take()
        });
        let waiting = sqlite.then(|| Query::select().column("id").from(index.waiting).take());
        let all =
            of_one.chain(waiting).reduce(|mut all, next| all.union(UnionType::All, next).take())?;
        let mut most = Query::select();
        most.column("id").from_subquery(all, "found").group_by_col("id");
        most.order_by_expr(Expr::cust("count(*)"), Order::Desc).order_by("id", Order::Asc);
        Some(most.limit(MOST).take())
    }
}
