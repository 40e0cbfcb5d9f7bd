//! The rows of a list that a substring index has found.

use sea_executor::{Decode, FOUND, Reader, Rows};
use sea_orm::{
    Condition, DbBackend, EntityTrait, Iterable, JoinType, Order, PrimaryKeyToColumn, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select, Value,
    sea_query::{
        Expr, ExprTrait, Func, IntoIden, Query, SelectStatement, extension::postgres::PgFunc,
    },
};

use super::{Asked, Listing, PARAMETERS, PageStart, ranked::Ranked};
use crate::{
    error::Result,
    field::Field,
    kind::Kind,
    search::RANK,
    sort::{Direction, Key},
    substrings::index::BLOCK_SHIFT,
};

/// Rows that are found first and then sorted, on PostgreSQL. If there are more, the first twenty of them are reached soon.
const MOST: u64 = 2000;
/// The same if they can be found block by block, in their order.
const FEW: u64 = 400;
/// Blocks that are scanned at most: text that is common enough for that fills a page of twenty from five of them.
const MOST_BLOCKS: u64 = 8;
/// A block of the table, and the rows of one block.
const BLOCKS: &str = "blocks";
const NEAR: &str = "near";

/// The id of the candidates that are joined.
pub(super) fn found_id() -> Expr {
    Expr::col((FOUND, "id"))
}

/// The rows of `select` that are candidates. In the order of their ids SQLite reads them one by one from the index until there
/// are enough; that holds only if the selected id is the candidate's.
pub(super) fn joined<E: Decode>(mut select: Select<E>, candidates: SelectStatement) -> Select<E> {
    let key = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
    let ids = key.map(|key| Expr::col((E::default().into_iden(), key)).eq(found_id()));
    let statement = QuerySelect::query(&mut select);
    statement.clear_selects().expr(Expr::cust(E::queries().found));
    statement.join_subquery(JoinType::InnerJoin, candidates, FOUND, ids.unwrap_or(found_id()));
    select
}

/// The ids of the rows that match the conditions of a list; `None` if there are more than `most`. By default PostgreSQL scans
/// the rows in their order until twenty match, although an index knows the few that do. So these are queried first, separately;
/// if there are many, the scan is short.
///
/// The rows are read afterwards with the conditions: one that changes in between is shown as it is then, or not at all.
async fn found<E: EntityTrait>(
    db: &impl Rows,
    all: &Select<E>,
    (id, most): (&Field, u64),
) -> Result<Option<Vec<i32>>> {
    let found = all.clone().select_only().expr_as(id.expr(), "id").limit(most + 1);
    let found = db.ids(&found.into_query()).await?;
    Ok((found.len() as u64 <= most).then_some(found))
}

/// The rows of a list that have one of the given ids.
fn among<E: EntityTrait>(all: &Select<E>, id: &Field, ids: &[i32]) -> Select<E> {
    // As one value, so that the statement is the same for any number of them.
    let kind = if id.kind == Kind::BigInteger { "bigint[]" } else { "integer[]" };
    let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
    let ids = Expr::val(format!("{{{}}}", ids.join(","))).cast_as(kind);
    all.clone().filter(id.expr().eq(PgFunc::any(ids)))
}

/// A walk through the ids.
#[derive(Clone, Copy, Debug)]
struct Walk {
    /// After this one.
    from: Option<i32>,
    upwards: bool,
}

impl Walk {
    /// Whether an id is after the start of the walk.
    fn is_behind(self, id: i32) -> bool {
        let Self { from, upwards } = self;
        from.is_none_or(|from| if upwards { id > from } else { id < from })
    }

    /// The same as a condition.
    fn after(self, id: Expr) -> Option<Expr> {
        let from = self.from?;
        Some(if self.upwards { id.gt(from) } else { id.lt(from) })
    }

    /// The first of the given ids, at most the given number.
    fn nearest(self, ids: &[i32], most: usize) -> Vec<i32> {
        let mut near: Vec<i32> = ids.iter().copied().filter(|id| self.is_behind(*id)).collect();
        near.sort_unstable();
        if !self.upwards {
            near.reverse();
        }
        near.truncate(most);
        near
    }

    /// The first rows of a list, at most the given number, from one block of the table after the other: PostgreSQL stops at the
    /// block in which there are enough. `all` has the conditions, `select` none.
    fn near<E: EntityTrait>(
        self,
        (mut select, all): (Select<E>, Select<E>),
        id: &Field,
        most: u64,
    ) -> Select<E> {
        let block = || id.expr().right_shift(Expr::Constant(BLOCK_SHIFT.into()));
        let (ahead, back, step) = match self.upwards {
            true => (Order::Asc, Order::Desc, 1),
            false => (Order::Desc, Order::Asc, -1),
        };
        let block_at = |from: Option<Expr>, order: &Order| {
            let mut end = Query::select();
            end.expr(block()).from(E::default()).cond_where(Condition::all().add_option(from));
            Expr::from(end.order_by_expr(id.expr(), order.clone()).limit(1).take())
        };
        let ends = [block_at(self.after(id.expr()), &ahead), block_at(None, &back)];
        let series = Func::cust("generate_series").args(ends).arg(step);
        let blocks = Query::select().expr_as(series, BLOCKS).limit(MOST_BLOCKS).take();
        let in_block = all
            .select_only()
            .expr_as(id.expr(), "id")
            .filter(block().eq(Expr::col((BLOCKS, BLOCKS))))
            .filter(Condition::all().add_option(self.after(id.expr())))
            .order_by(id.expr(), ahead)
            .limit(most);
        let near = Query::select()
            .column((NEAR, "id"))
            .from_subquery(blocks, BLOCKS)
            .join_lateral(
                JoinType::InnerJoin,
                in_block.into_query(),
                NEAR,
                Expr::Constant(true.into()),
            )
            .limit(most)
            .take();
        let is_found = id.expr().eq(found_id());
        QuerySelect::query(&mut select).join_subquery(JoinType::InnerJoin, near, FOUND, is_found);
        select
    }
}

impl Listing {
    /// The rows of the page, by the plan with which the database finds them fastest: of the rows of `select` those of `all`, which
    /// has the conditions.
    pub(super) async fn indexed<E: Decode>(
        &self,
        db: &Reader,
        (select, all): (Select<E>, Select<E>),
        asked: &Asked<'_, E>,
    ) -> Result<(Vec<Ranked<E::Model>>, Direction)> {
        let ranked = asked.keys.iter().any(|key| key.name == RANK);
        let postgres = db.backend() == DbBackend::Postgres;
        if !postgres || ranked || !asked.query.narrows() {
            return self.rows(db, all, asked).await;
        }
        Box::pin(self.candidates_first(db, (select, all), asked)).await
    }

    /// The same by ids that are found first.
    async fn candidates_first<E: Decode>(
        &self,
        db: &Reader,
        (select, all): (Select<E>, Select<E>),
        asked: &Asked<'_, E>,
    ) -> Result<(Vec<Ranked<E::Model>>, Direction)> {
        let searches = &db.for_searches();
        let walk = self.walk(asked);
        let by_blocks = walk.filter(|_| asked.query.has_blocks());
        let (first, last) = match asked.query.is_common() {
            true => (by_blocks, None),
            false => (None, by_blocks),
        };
        if let Some(walk) = first
            && let Some(page) = self.near(searches, (&select, walk), asked).await?
        {
            return Ok(page);
        }
        let most = if by_blocks.is_some() { FEW } else { MOST };
        let Some(ids) = found(searches, &all, (&asked.id, most)).await? else {
            if let Some(walk) = last
                && let Some(page) = self.near(searches, (&select, walk), asked).await?
            {
                return Ok(page);
            }
            let mut query = asked.query.clone().by_scanning();
            let (condition, _) = self.condition(asked.resource, &mut query, &PARAMETERS)?;
            // It is not a search any more: the best plan depends on the values.
            return self.rows(db, select.filter(condition), asked).await;
        };
        if let Some(walk) = walk {
            let near = walk.nearest(&ids, usize::try_from(asked.limit + 1).unwrap_or(usize::MAX));
            if near.is_empty() {
                return Ok((Vec::new(), asked.from.direction()));
            }
            let page = self.rows(searches, among(&all, &asked.id, &near), asked).await?;
            // If one of them was deleted since, another row may belong here.
            if page.0.len() == near.len() {
                return Ok(page);
            }
        }
        self.rows(searches, among(&all, &asked.id, &ids), asked).await
    }

    /// A full page of the nearest rows; `None` if there are fewer.
    async fn near<E: Decode>(
        &self,
        db: &Reader,
        (select, walk): (&Select<E>, Walk),
        asked: &Asked<'_, E>,
    ) -> Result<Option<(Vec<Ranked<E::Model>>, Direction)>> {
        let mut query = asked.query.clone().by_blocks();
        let (condition, _) = self.condition(asked.resource, &mut query, &PARAMETERS)?;
        let all = select.clone().filter(condition);
        let near = walk.near((select.clone(), all), &asked.id, asked.limit + 1);
        let page = self.rows(db, near, asked).await?;
        Ok((page.0.len() as u64 > asked.limit).then_some(page))
    }

    /// The walk that a page starts, if it uses the ids alone.
    fn walk<E: EntityTrait>(&self, asked: &Asked<'_, E>) -> Option<Walk> {
        let [Key { name, descending, .. }] = asked.keys.as_slice() else { return None };
        let from = match &asked.from {
            PageStart::Beginning => None,
            PageStart::Row(values, _) => match values.as_slice() {
                [Some(Value::Int(Some(id)))] => Some(*id),
                _ => return None,
            },
            PageStart::Offset(_) => return None,
        };
        if *name != asked.id.name || self.skipped > 0 || asked.until.is_some() {
            return None;
        }
        let upwards = *descending == (asked.from.direction() == Direction::Backward);
        Some(Walk { from, upwards })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use sea_orm::{DbBackend, EntityTrait, QueryOrder, Schema};

    use super::*;
    use crate::{
        fixtures::{
            FILMS,
            film::{Column, Entity},
        },
        substrings::{SubstringQuery, TrigramStatistics},
        text::{self, Case, Place},
    };

    /// The page of a search for `winter`, as queried on SQLite.
    fn page() -> Select<Entity> {
        let statistics = TrigramStatistics::default();
        let mut query = SubstringQuery::among(FILMS.substrings, DbBackend::Sqlite, &statistics);
        let title = FILMS.field(Column::Title).unwrap();
        query.note(&[&title], "winter", Case::Ignored);
        let anywhere = (Place::Anywhere, Case::Ignored);
        let fits = text::matches(title.expr(), "winter", anywhere, DbBackend::Sqlite);
        let found = joined(Entity::find().filter(fits), query.candidates().unwrap());
        found.order_by_asc(found_id()).limit(21)
    }

    fn database(rows: u32) -> Connection {
        let sqlite = Connection::open_in_memory().unwrap();
        let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(Entity);
        sqlite.execute_batch(&DbBackend::Sqlite.build(&table).to_string()).unwrap();
        let index = format!(
            "CREATE VIRTUAL TABLE films_search USING fts5 (title, director, content='films', content_rowid='id', \
             tokenize='trigram', columnsize=0, detail=none);
             CREATE TABLE films_unsearched (id INTEGER NOT NULL PRIMARY KEY);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             INSERT INTO films (title, director) SELECT 'winter ' || i, 'x' FROM n;
             INSERT INTO films_search (rowid, title, director) SELECT id, title, director FROM films WHERE id > 9;
             INSERT INTO films_unsearched SELECT id FROM films WHERE id <= 9"
        );
        sqlite.execute_batch(&index).unwrap();
        sqlite
    }

    #[test]
    fn the_ids_of_a_page_are_those_behind_its_cursor() {
        let ids = [3, 9, 1, 7, 5];
        for (from, upwards, expected) in [
            (None, true, &[1, 3][..]),
            (Some(3), true, &[5, 7]),
            (Some(9), true, &[]),
            (Some(7), false, &[5, 3]),
            (Some(1), false, &[]),
            (None, false, &[9, 7]),
        ] {
            let walk = Walk { from, upwards };
            assert_eq!(walk.nearest(&ids, 2), expected, "{walk:?}");
        }
    }

    #[test]
    fn sqlite_takes_a_page_from_the_index_and_sorts_nothing() {
        let sqlite = database(100);
        let sql = page().build(DbBackend::Sqlite).to_string();
        let mut plan = sqlite.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = plan.query_map([], |row| row.get(3)).unwrap();
        let steps = steps.collect::<rusqlite::Result<Vec<String>>>().unwrap().join("\n");
        assert!(steps.starts_with("MERGE (UNION ALL)"), "{steps}");
        assert!(steps.contains("SCAN films_search VIRTUAL TABLE INDEX"), "{steps}");
        assert_eq!(steps.matches("SEARCH films USING INTEGER PRIMARY KEY").count(), 2, "{steps}");
        assert!(!steps.contains("TEMP B-TREE") && !steps.contains("MATERIALIZE"), "{steps}");
    }

    #[test]
    fn a_page_takes_as_many_steps_of_many_rows_as_of_few() {
        let steps = [100, 10_000].map(|rows| {
            let sqlite = database(rows);
            let mut page = sqlite.prepare(&page().build(DbBackend::Sqlite).to_string()).unwrap();
            let ids = page.query_map([], |row| row.get(0)).unwrap();
            assert_eq!(
                ids.collect::<rusqlite::Result<Vec<i64>>>().unwrap(),
                Vec::from_iter(1..=21)
            );
            page.get_status(rusqlite::StatementStatus::VmStep)
        });
        assert_eq!(steps[0], steps[1]);
    }
}
