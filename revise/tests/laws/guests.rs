//! Triggers and views that no plan knows of. A change carries them through, or is refused with their names where it
//! would take away what they need.

use sea_orm::DbBackend;
use sea_revise::schema::{Schema, TableName};

use super::{
    objects::{Kind, Object, Spot},
    pair::Pair,
    place::Place,
};

/// Those that are there, by the names that tables and columns have now.
#[derive(Debug, Default)]
pub struct Guests {
    now: Vec<Object>,
}

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
}

impl Guests {
    /// Lets them in.
    pub async fn enter(place: &Place, pair: &Pair) -> Self {
        let now = if pair.guests { pair.objects.0.clone() } else { Vec::new() };
        for guest in &now {
            place.run(&guest.sql(pair.backend)).await.unwrap();
        }
        Self { now }
    }

    pub fn all(&self) -> &[Object] {
        &self.now
    }

    /// Those that cannot be after a change of this way: something that they need goes, and they do not go with it.
    pub fn lost(&self, pair: &Pair, way: Way) -> Vec<&Object> {
        let stays = |object: &&Object| followed(pair, way, object).is_some();
        let goes = |object: &&Object| is_with_table(pair, way, object);
        self.now.iter().filter(|object| !goes(object) && !stays(object)).collect()
    }

    /// Whether an error names one of those that cannot be.
    pub fn are_named(&self, pair: &Pair, way: Way, error: &str) -> bool {
        self.lost(pair, way).iter().any(|lost| error.contains(&lost.name))
    }

    /// Sends them all away.
    pub async fn leave(&mut self, place: &Place) {
        for guest in std::mem::take(&mut self.now) {
            place.drop_object(&guest).await;
        }
    }

    /// After a change: those whose table went are gone, and the others have to be there.
    pub async fn follow(&mut self, place: &Place, pair: &Pair, way: Way) -> Result<(), String> {
        if let Some(lost) = self.lost(pair, way).first() {
            return Err(format!("{lost:?} lost what it needs, and nothing was said"));
        }
        let left = self.now.iter().filter(|guest| !is_with_table(pair, way, guest));
        self.now = left.filter_map(|guest| followed(pair, way, guest)).collect();
        self.are_there(place).await
    }

    /// Whether each of them is there.
    pub async fn are_there(&self, place: &Place) -> Result<(), String> {
        if self.now.is_empty() {
            return Ok(());
        }
        let schema = place.read().await;
        match self.now.iter().find(|guest| !is_there(&schema, guest)) {
            Some(missing) => Err(format!("{missing:?} is not there any more")),
            None => Ok(()),
        }
    }
}

fn is_there(schema: &Schema, guest: &Object) -> bool {
    if guest.kind == Kind::View {
        return schema.views.contains_key(&TableName::from(guest.name.as_str()));
    }
    let table = schema.table(&guest.at.0);
    table.is_some_and(|table| table.triggers.iter().any(|found| found.name == guest.name))
}

/// Whether it is a trigger whose own table goes, and it with it.
fn is_with_table(pair: &Pair, way: Way, guest: &Object) -> bool {
    guest.kind != Kind::View && next_table(pair, way, &guest.at.0).is_none()
}

/// A guest by the names that come; nothing where it cannot be any more. A trigger of SQLite that follows or writes a column cannot
/// be where that is computed.
fn followed(pair: &Pair, way: Way, guest: &Object) -> Option<Object> {
    let moved = guest.moved(|spot| next(pair, way, spot))?;
    let schema = if way == Way::Up { &pair.b } else { &pair.a };
    (pair.backend == DbBackend::Postgres || moved.fits(schema)).then_some(moved)
}

fn next_table(pair: &Pair, way: Way, table: &TableName) -> Option<TableName> {
    match way {
        Way::Down => pair.old_table(table),
        Way::Up => {
            pair.b.tables.keys().find(|new| pair.old_table(new).as_ref() == Some(table)).cloned()
        }
    }
}

fn next(pair: &Pair, way: Way, (table, column): &Spot) -> Option<Spot> {
    let new = next_table(pair, way, table)?;
    let column = match way {
        Way::Down => pair.old_column(table, column)?,
        Way::Up => {
            let mut columns = pair.b.table(&new)?.columns.iter().map(|column| &column.name);
            columns.find(|name| pair.old_column(&new, name).as_ref() == Some(column))?.clone()
        }
    };
    Some((new, column))
}
