//! The queue of imports: which one is next, at a cost that does not depend on how many wait.

use entity::import::{Column, Entity, State};
use sea_orm::{
    ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::ExprTrait,
};

use crate::{Db, database::Rows, error::Result};

/// Imports that are read at a time.
const PART: u64 = 16;
/// The states of unfinished imports. Those to be undone are first: they should not wait for an import that may take an hour.
/// Those already begun are next.
const OPEN: [State; 3] = [State::Undoing, State::Running, State::Queued];

/// The last import of each state that was tried. The next one is the one after it, so that an import that another process holds
/// blocks no other.
#[derive(Debug, Default)]
pub struct Queue {
    tried: [i32; OPEN.len()],
}

impl Queue {
    /// A pass over all open imports: in each state those after the last one that was tried, then those before it.
    pub fn tour(&mut self) -> Tour<'_> {
        let spans = self.tried.iter().zip(OPEN).enumerate().flat_map(|(place, (tried, state))| {
            let span = |after, last| Span { place, state, after, last };
            [span(*tried, i32::MAX), span(0, *tried)]
        });
        let mut spans: Vec<Span> = spans.filter(|span| span.after < span.last).collect();
        spans.reverse();
        Tour { queue: self, spans, at: 0 }
    }
}

/// Ids of one state, excluding `after`.
#[derive(Debug)]
struct Span {
    place: usize,
    state: State,
    after: i32,
    last: i32,
}

/// One pass over the open imports.
#[derive(Debug)]
pub struct Tour<'a> {
    queue: &'a mut Queue,
    /// The next one is the last.
    spans: Vec<Span>,
    at: usize,
}

impl Tour<'_> {
    /// The next imports, a few at a time; `None` at the end.
    pub async fn next(&mut self, db: &Db) -> Result<Option<Vec<i32>>> {
        while let Some(span) = self.spans.last_mut() {
            let ids = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Column::State.eq(span.state))
                .filter(Column::Id.gt(span.after).and(Column::Id.lte(span.last)))
                .order_by(Column::Id, Order::Asc)
                .limit(PART);
            let ids = db.reader().for_maintenance().ids(ids.as_query()).await?;
            self.at = span.place;
            match ids.last() {
                Some(last) => {
                    span.after = *last;
                    return Ok(Some(ids));
                }
                None => drop(self.spans.pop()),
            }
        }
        Ok(None)
    }

    /// Records that an import was tried.
    pub fn tried(&mut self, id: i32) {
        if let Some(tried) = self.queue.tried.get_mut(self.at) {
            *tried = id;
        }
    }
}
