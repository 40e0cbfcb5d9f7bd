//! The rows of a list that an index of substrings has found.

use sea_orm::{
    ColumnTrait, DbBackend, FromQueryResult, Iterable, JoinType, PrimaryKeyToColumn, QueryFilter,
    QuerySelect, QueryTrait, Select, Value,
    sea_query::{Expr, ExprTrait, IntoIden, SelectStatement, extension::postgres::PgFunc},
};

use super::{Asked, From, Listing, PARAMETERS, id, ranked::Ranked};
use crate::{
    database::{Reader, Rows},
    error::Result,
    kind::Kind,
    resource::Resource,
    search::RANK,
    sort::{Direction, Key},
};

/// What the candidates are called in a statement.
const FOUND: &str = "found";
/// Rows that are found first and sorted then, on PostgreSQL. Where there are more, twenty of them are not far.
const MOST: u64 = 2000;

/// The id, of the candidates that are joined.
pub(super) fn found_id() -> Expr {
    Expr::col((FOUND, "id"))
}

/// The rows of `select` that are candidates. In the order of their ids SQLite takes them one after the other from the index
/// until there are enough; that holds only where the id that is asked for is the candidate's.
pub(super) fn joined<E: Resource>(mut select: Select<E>, candidates: SelectStatement) -> Select<E> {
    let table = E::default().into_iden();
    let key = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
    let statement = QuerySelect::query(&mut select);
    statement.clear_selects();
    for column in E::Column::iter() {
        match key.filter(|key| key.as_column_ref() == column.as_column_ref()) {
            Some(_) => statement.expr_as(found_id(), column.into_iden()),
            None => statement.column((table.clone(), column)),
        };
    }
    let ids = key.map(|key| Expr::col((table, key)).eq(found_id()));
    statement.join_subquery(JoinType::InnerJoin, candidates, FOUND, ids.unwrap_or(found_id()));
    select
}

/// The ids of the rows that fulfil the conditions of a list; `None` where they are many. Left to itself PostgreSQL walks through the rows
/// in their order until twenty of them fit, although an index knows the few that do. So those are asked for first, by
/// themselves; where they are many the walk is short.
///
/// The rows are asked for afterwards, and the conditions with them: one that changes in between is shown as it is then, or not at all.
pub(super) async fn found<E: Resource>(
    db: &impl Rows,
    all: &Select<E>,
) -> Result<Option<Vec<i64>>> {
    let found = all.clone().select_only().expr_as(id::<E>()?.expr(), "id").limit(MOST + 1);
    let found = db.numbers(&found.into_query()).await?;
    Ok((found.len() as u64 <= MOST).then_some(found))
}

/// The rows of a list that have one of some ids.
pub(super) fn among<E: Resource>(all: &Select<E>, ids: &[i64]) -> Result<Select<E>> {
    let id = id::<E>()?;
    // As one value, so that the statement is the same for any number of them.
    let kind = if id.kind == Kind::BigInteger { "bigint[]" } else { "integer[]" };
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    let ids = Expr::val(format!("{{{}}}", ids.join(","))).cast_as(kind);
    Ok(all.clone().filter(id.expr().eq(PgFunc::any(ids))))
}

impl Listing {
    /// The rows of the page, asked for in the way in which the database finds them soonest.
    pub(super) async fn narrowed<E: Resource>(
        &self,
        db: &Reader,
        select: Select<E>,
        all: Select<E>,
        asked: &Asked,
    ) -> Result<(Vec<Ranked<E::Model>>, Direction)>
    where
        E::Model: FromQueryResult,
    {
        let ranked = asked.keys.iter().any(|key| key.name == RANK);
        let postgres = db.backend() == DbBackend::Postgres;
        if !postgres || ranked || !asked.looking.narrows() {
            return self.rows(db, all, asked).await;
        }
        Box::pin(self.found_first(db, select, all, asked)).await
    }

    /// The same by ids that are found first.
    async fn found_first<E: Resource>(
        &self,
        db: &Reader,
        select: Select<E>,
        all: Select<E>,
        asked: &Asked,
    ) -> Result<(Vec<Ranked<E::Model>>, Direction)>
    where
        E::Model: FromQueryResult,
    {
        let Some(ids) = found(db, &all).await? else {
            let mut looking = asked.looking.clone().by_scanning();
            let (condition, _) = self.condition::<E>(&mut looking, &PARAMETERS)?;
            return self.rows(db, select.filter(condition), asked).await;
        };
        if let Some(near) = self.page_of::<E>(&ids, asked)? {
            if near.is_empty() {
                return Ok((Vec::new(), asked.from.direction()));
            }
            let page = self.rows(db, among(&all, &near)?, asked).await?;
            // Where one of them has gone since, another one may belong here.
            if page.0.len() == near.len() {
                return Ok(page);
            }
        }
        self.rows(db, among(&all, &ids)?, asked).await
    }

    /// Those of the ids that the page is of, and the one behind; `None` where they do not tell.
    fn page_of<E: Resource>(&self, found: &[i64], asked: &Asked) -> Result<Option<Vec<i64>>> {
        let [Key { name, descending, .. }] = asked.keys.as_slice() else { return Ok(None) };
        let from = match &asked.from {
            From::Beginning => None,
            From::Row(values, _) => match values.as_slice() {
                [Some(Value::Int(Some(id)))] => Some(i64::from(*id)),
                _ => return Ok(None),
            },
            From::Offset(_) => return Ok(None),
        };
        if *name != id::<E>()?.name || self.passed_over > 0 || asked.until.is_some() {
            return Ok(None);
        }
        let most = usize::try_from(asked.limit + 1).unwrap_or(usize::MAX);
        Ok(Some(nearest(found, from, (*descending, asked.from.direction()), most)))
    }
}

/// The first ids behind one in an order that may be descending, in the direction of the walk.
fn nearest(
    ids: &[i64],
    from: Option<i64>,
    (descending, direction): (bool, Direction),
    most: usize,
) -> Vec<i64> {
    let upwards = descending == (direction == Direction::Backward);
    let is_behind =
        |id: &i64| from.is_none_or(|from| if upwards { *id > from } else { *id < from });
    let mut near: Vec<i64> = ids.iter().copied().filter(is_behind).collect();
    near.sort_unstable();
    if !upwards {
        near.reverse();
    }
    near.truncate(most);
    near
}

#[cfg(test)]
mod tests {
    use entity::book::{Column, Entity};
    use rusqlite::Connection;
    use sea_orm::{DbBackend, EntityTrait, QueryOrder, Schema};

    use super::*;
    use crate::{
        substrings::Looking,
        text::{self, Case, Place},
    };

    /// The page of a search for `winter`, as SQLite is asked for it.
    fn page() -> Select<Entity> {
        let mut looking = Looking::among::<Entity>(DbBackend::Sqlite);
        let title = crate::resource::field::<Entity>(Column::Title).unwrap();
        looking.note(&[&title], "winter", Case::Ignored);
        let anywhere = (Place::Anywhere, Case::Ignored);
        let fits = text::matches(title.expr(), "winter", anywhere, DbBackend::Sqlite);
        let found = joined(Entity::find().filter(fits), looking.candidates().unwrap());
        found.order_by_asc(found_id()).limit(21)
    }

    fn database(rows: u32) -> Connection {
        let sqlite = Connection::open_in_memory().unwrap();
        let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(Entity);
        sqlite.execute_batch(&DbBackend::Sqlite.build(&table).to_string()).unwrap();
        let index = format!(
            "CREATE VIRTUAL TABLE books_search USING fts5 (title, author, content='books', content_rowid='id', \
             tokenize='trigram', columnsize=0, detail=none);
             CREATE TABLE books_unsearched (id INTEGER NOT NULL PRIMARY KEY);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             INSERT INTO books (title, author) SELECT 'winter ' || i, 'x' FROM n;
             INSERT INTO books_search (rowid, title, author) SELECT id, title, author FROM books WHERE id > 9;
             INSERT INTO books_unsearched SELECT id FROM books WHERE id <= 9"
        );
        sqlite.execute_batch(&index).unwrap();
        sqlite
    }

    #[test]
    fn the_ids_of_a_page_are_those_behind_its_cursor() {
        let ids = [3, 9, 1, 7, 5];
        let (forward, backward) = (Direction::Forward, Direction::Backward);
        for (from, way, expected) in [
            (None, (false, forward), &[1, 3][..]),
            (Some(3), (false, forward), &[5, 7]),
            (Some(9), (false, forward), &[]),
            (Some(7), (false, backward), &[5, 3]),
            (Some(1), (false, backward), &[]),
            (None, (true, forward), &[9, 7]),
            (Some(4), (true, forward), &[3, 1]),
            (Some(4), (true, backward), &[5, 7]),
        ] {
            assert_eq!(nearest(&ids, from, way, 2), expected, "{from:?} {way:?}");
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
        assert!(steps.contains("SCAN books_search VIRTUAL TABLE INDEX"), "{steps}");
        assert_eq!(steps.matches("SEARCH books USING INTEGER PRIMARY KEY").count(), 2, "{steps}");
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
