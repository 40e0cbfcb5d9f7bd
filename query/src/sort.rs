//! `sort=-year,title`: the order of a list, total because the id comes last, and the rows after a given row in it.

use sea_orm::{
    Condition, DbBackend, Value,
    sea_query::{Expr, ExprTrait, NullOrdering, Order, SelectStatement},
};

use crate::{
    error::{Error, Result},
    field::{Field, Relation},
    filter::nearest,
    kind::Kind,
    schema::{Column, FilterSchema},
    search::RANK,
};

/// Maximum number of columns in an order; each makes the condition of a page longer.
pub const MOST_KEYS: usize = 5;

/// What a list is sorted by.
#[derive(Clone, Debug)]
pub struct Key {
    /// The column, or the rank in a search.
    pub name: String,
    /// What is compared.
    pub expr: Expr,
    /// The kind of its values.
    pub kind: Kind,
    /// Whether the order is descending.
    pub descending: bool,
    /// Whether it may be NULL, and is sorted last then.
    pub nullable: bool,
    /// The relation through which the column is reached.
    pub relation: Option<&'static str>,
}

impl Key {
    /// A column of the rows, or of the rows that they are related to.
    pub fn of((relation, field): Column<'_>, descending: bool) -> Self {
        let name = match relation {
            Some(relation) => format!("{}.{}", relation.name, field.name),
            None => field.name.to_owned(),
        };
        Self {
            name,
            expr: field.expr(),
            kind: field.kind,
            descending,
            nullable: field.nullable || relation.is_some_and(Relation::is_optional),
            relation: relation.map(|relation| relation.name),
        }
    }

    /// Rows with the same value.
    fn same(&self, value: Option<&Value>) -> Expr {
        match value {
            Some(value) => self.expr.clone().eq(value.clone()),
            None => self.expr.clone().is_null(),
        }
    }

    /// Rows with a value that comes later, or earlier.
    fn further(&self, value: &Value, direction: Direction) -> Expr {
        match self.descending == (direction == Direction::Backward) {
            true => self.expr.clone().gt(value.clone()),
            false => self.expr.clone().lt(value.clone()),
        }
    }

    /// Rows whose value comes later, or earlier; `None` if there can be no such row.
    fn beyond(&self, value: Option<&Value>, direction: Direction) -> Option<Expr> {
        let backward = direction == Direction::Backward;
        let expr = || self.expr.clone();
        let further = |value| self.further(value, direction);
        match (value, backward) {
            // Rows without a value are last, in either direction of the others.
            (Some(value), false) if self.nullable => Some(further(value).or(expr().is_null())),
            (Some(value), _) => Some(further(value)),
            (None, true) => Some(expr().is_not_null()),
            (None, false) => None,
        }
    }
}

/// The direction in which a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first row to the last.
    Forward,
    /// From the last row to the first.
    Backward,
}

/// Parses `sort`. The id is appended if it is missing, in the direction of the last column, so that one index serves both.
///
/// # Errors
/// [`Error::Invalid`] for an unknown column, with the nearest known one, one that appears twice, or one of which a row has several
/// values.
pub fn keys(written: Option<&str>, schema: &FilterSchema, id: &Field) -> Result<Vec<Key>> {
    let refused = |why: String| Err(Error::parameter("sort", format!("sort {why}")));
    let mut keys: Vec<Key> = Vec::new();
    for name in written.iter().flat_map(|written| written.split(',')) {
        let (name, descending) = match name.strip_prefix('-') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let column = match schema.column(name) {
            Some((Some(relation), _)) if !relation.is_to_one() => {
                let several = relation.name;
                return refused(format!(
                    "`{name}` has several values, as a row has several {several}"
                ));
            }
            Some(column) => column,
            None => {
                let known = schema.sortable().map(|(name, _)| name);
                return refused(format!("`{name}` is not a column{}", nearest(name, known)));
            }
        };
        if keys.iter().any(|key| key.name == name) {
            return refused(format!("`{name}` appears twice; remove one"));
        }
        keys.push(Key::of(column, descending));
    }
    if keys.len() > MOST_KEYS {
        return refused(format!("has {} columns, at most {MOST_KEYS} are allowed", keys.len()));
    }
    if !keys.iter().any(|key| key.name == id.name) {
        let descending = keys.last().is_some_and(|key| key.descending);
        keys.push(Key::of((None, id), descending));
    }
    Ok(keys)
}

/// Sorts a statement.
pub fn order(statement: &mut SelectStatement, keys: &[Key], direction: Direction) {
    let backward = direction == Direction::Backward;
    for key in keys {
        let order = if key.descending == backward { Order::Asc } else { Order::Desc };
        // A rank is made once for a row, as a column.
        let expr = if key.name == RANK { Expr::col(RANK) } else { key.expr.clone() };
        match (key.nullable, backward) {
            (false, _) => statement.order_by_expr(expr, order),
            (true, false) => statement.order_by_expr_with_nulls(expr, order, NullOrdering::Last),
            (true, true) => statement.order_by_expr_with_nulls(expr, order, NullOrdering::First),
        };
    }
}

/// A part of a list, queried separately so that an index serves it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its rows.
    pub condition: Condition,
    /// Its sort keys.
    pub keys: Vec<Key>,
}

/// The parts of a list from a row on, or from its beginning, in the direction of the walk: first the rows that equal that row in
/// all columns but the last, then those that equal it in all but the last two, and so on; and rows without a value in a column
/// separately. In one statement neither the order nor the start could use an index. PostgreSQL compares whole rows by an index
/// of the first column, which saves it a query if all columns have the same direction.
pub fn parts(
    keys: &[Key],
    from: Option<&[Option<Value>]>,
    direction: Direction,
    backend: DbBackend,
) -> Vec<Part> {
    let Some(values) = from else { return whole(keys, direction) };
    if backend == DbBackend::Postgres
        && let Some(condition) = row_beyond(keys, values, direction)
    {
        return vec![Part { condition: Condition::all().add(condition), keys: keys.to_vec() }];
    }
    let mut parts = Vec::new();
    for (place, (key, value)) in keys.iter().zip(values).enumerate().rev() {
        let same = keys.iter().zip(values).take(place);
        let same =
            same.fold(Condition::all(), |all, (key, value)| all.add(key.same(value.as_ref())));
        let rest = keys.get(place..).unwrap_or_default();
        parts.extend(
            beyond(rest, key, value.as_ref(), direction).into_iter().map(
                |Part { condition, keys }| Part { condition: same.clone().add(condition), keys },
            ),
        );
    }
    parts
}

/// The rows that come later, or earlier, by the first of the columns alone.
fn beyond(keys: &[Key], first: &Key, value: Option<&Value>, direction: Direction) -> Vec<Part> {
    match (value, direction) {
        (Some(value), Direction::Forward) if first.nullable => {
            vec![with_value(first.further(value, direction), keys), without_value(keys)]
        }
        (Some(value), _) => vec![with_value(first.further(value, direction), keys)],
        (None, Direction::Backward) => vec![with_value(first.expr.clone().is_not_null(), keys)],
        (None, Direction::Forward) => Vec::new(),
    }
}

/// Rows that come later, or earlier, compared as rows; `None` if one of the columns is nullable or has another direction.
fn row_beyond(keys: &[Key], values: &[Option<Value>], direction: Direction) -> Option<Expr> {
    let descending = keys.first()?.descending;
    if keys.iter().any(|key| key.nullable || key.descending != descending) {
        return None;
    }
    let columns = Expr::tuple(keys.iter().map(|key| key.expr.clone()));
    let values: Vec<Value> = values.iter().cloned().collect::<Option<_>>()?;
    let values = Expr::tuple(values.into_iter().map(Expr::val));
    Some(match descending == (direction == Direction::Backward) {
        true => columns.gt(values),
        false => columns.lt(values),
    })
}

fn whole(keys: &[Key], direction: Direction) -> Vec<Part> {
    match keys {
        [first, ..] if first.nullable => {
            let with = with_value(first.expr.clone().is_not_null(), keys);
            let without = without_value(keys);
            match direction {
                Direction::Forward => vec![with, without],
                Direction::Backward => vec![without, with],
            }
        }
        _ => vec![Part { condition: Condition::all(), keys: keys.to_vec() }],
    }
}

/// Rows that match a condition on the first column, and have a value in it.
fn with_value(condition: Expr, keys: &[Key]) -> Part {
    let mut keys = keys.to_vec();
    if let Some(first) = keys.first_mut() {
        first.nullable = false;
    }
    Part { condition: Condition::all().add(condition), keys }
}

/// Rows that have no value in the first column.
fn without_value(keys: &[Key]) -> Part {
    let condition = keys.first().map(|first| first.expr.clone().is_null());
    let keys = keys.iter().skip(1).cloned().collect();
    Part { condition: Condition::all().add_option(condition), keys }
}

/// The rows after one with these values, in the direction of the walk.
pub fn after(keys: &[Key], values: &[Option<Value>], direction: Direction) -> Condition {
    let mut any = Condition::any();
    for (place, (key, value)) in keys.iter().zip(values).enumerate() {
        let Some(beyond) = key.beyond(value.as_ref(), direction) else { continue };
        let mut all = Condition::all();
        for (earlier, same) in keys.iter().zip(values).take(place) {
            all = all.add(earlier.same(same.as_ref()));
        }
        any = any.add(all.add(beyond));
    }
    any
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, Query, SqliteQueryBuilder};

    use super::*;

    fn key(name: &str, descending: bool, nullable: bool) -> Key {
        let expr = Expr::col(Alias::new(name));
        Key {
            name: name.to_owned(),
            expr,
            kind: Kind::Integer,
            descending,
            nullable,
            relation: None,
        }
    }

    fn sql(values: [Option<Value>; 2], direction: Direction) -> String {
        let keys = [key("y", true, true), key("i", true, false)];
        let mut statement = Query::select();
        statement.cond_where(after(&keys, &values, direction));
        order(&mut statement, &keys, direction);
        statement.to_string(SqliteQueryBuilder).replace('"', "")
    }

    #[test]
    fn what_is_behind_a_row_has_the_rows_without_a_value_at_the_end() {
        let (year, id) = (|| Some(Value::Int(Some(1999))), || Some(Value::Int(Some(7))));
        for (found, expected) in [
            (
                sql([year(), id()], Direction::Forward),
                "SELECT WHERE y < 1999 OR y IS NULL OR (y = 1999 AND i < 7) ORDER BY y DESC NULLS LAST, i DESC",
            ),
            (
                sql([None, id()], Direction::Forward),
                "SELECT WHERE y IS NULL AND i < 7 ORDER BY y DESC NULLS LAST, i DESC",
            ),
            (
                sql([year(), id()], Direction::Backward),
                "SELECT WHERE y > 1999 OR (y = 1999 AND i > 7) ORDER BY y ASC NULLS FIRST, i ASC",
            ),
            (
                sql([None, id()], Direction::Backward),
                "SELECT WHERE y IS NOT NULL OR (y IS NULL AND i > 7) ORDER BY y ASC NULLS FIRST, i ASC",
            ),
        ] {
            assert_eq!(found.split_whitespace().collect::<Vec<_>>().join(" "), expected);
        }
    }

    /// The conditions and orders of the parts of a list by a nullable year.
    fn asked(from: Option<Option<i32>>, direction: Direction) -> Vec<String> {
        let keys = [key("y", true, true), key("i", true, false)];
        let values = from.map(|year| [year.map(|year| Value::Int(Some(year))), Some(7.into())]);
        let values = values.as_ref().map(<[_; 2]>::as_slice);
        let sql = |Part { condition, keys }: Part| {
            let mut statement = Query::select();
            statement.cond_where(condition);
            order(&mut statement, &keys, direction);
            let sql = statement.to_string(SqliteQueryBuilder).replace('"', "");
            sql.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
        };
        parts(&keys, values, direction, DbBackend::Sqlite).into_iter().map(sql).collect()
    }

    #[test]
    fn rows_without_a_value_are_a_part_of_their_own() {
        let forward = Direction::Forward;
        let without = "WHERE y IS NULL ORDER BY i DESC";
        let all = "WHERE y IS NOT NULL ORDER BY y DESC, i DESC";
        assert_eq!(asked(None, forward), [all, without]);
        let same = "WHERE y = 1999 AND i < 7 ORDER BY i DESC";
        let further = "WHERE y < 1999 ORDER BY y DESC, i DESC";
        assert_eq!(asked(Some(Some(1999)), forward), [same, further, without]);
        let same = "WHERE y IS NULL AND i < 7 ORDER BY i DESC";
        assert_eq!(asked(Some(None), forward), [same]);

        let backward = Direction::Backward;
        let (same, before) =
            ("WHERE y = 1999 AND i > 7 ORDER BY i ASC", "WHERE y > 1999 ORDER BY y ASC, i ASC");
        assert_eq!(asked(Some(Some(1999)), backward), [same, before]);
        let same = "WHERE y IS NULL AND i > 7 ORDER BY i ASC";
        assert_eq!(
            asked(Some(None), backward),
            [same, "WHERE y IS NOT NULL ORDER BY y ASC, i ASC"]
        );
    }

    #[test]
    fn postgres_compares_rows_that_all_have_values_at_once() {
        let keys = [key("t", true, false), key("i", true, false)];
        let values = [Some("x".into()), Some(7.into())];
        let parts =
            |keys: &[Key], direction| parts(keys, Some(&values), direction, DbBackend::Postgres);
        let sql = |parts: Vec<Part>| {
            let conditions = parts.into_iter().map(|Part { condition, .. }| {
                Query::select().cond_where(condition).to_string(SqliteQueryBuilder).replace('"', "")
            });
            conditions.collect::<Vec<_>>()
        };
        assert_eq!(sql(parts(&keys, Direction::Forward)), ["SELECT  WHERE (t, i) < ('x', 7)"]);
        assert_eq!(sql(parts(&keys, Direction::Backward)), ["SELECT  WHERE (t, i) > ('x', 7)"]);
        let two_ways = [key("t", true, false), key("i", false, false)];
        assert_eq!(parts(&two_ways, Direction::Forward).len(), 2);
        let without = [key("t", true, true), key("i", true, false)];
        assert_eq!(parts(&without, Direction::Forward).len(), 3);
    }
}
