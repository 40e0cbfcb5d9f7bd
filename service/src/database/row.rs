//! Rows as the models of entities, without the driver.

mod postgres;
mod sqlite;

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter, QuerySelect, QueryTrait, TryIntoModel, Value,
    sea_query::ColumnType,
};

use crate::kind::Kind;

/// A row as a database gives it.
pub(super) trait Stored {
    /// The value of a column of a kind, or of bytes, as the driver would make it; `None` for one that is something else.
    fn value(&self, place: usize, kind: Option<Kind>) -> Option<Value>;
}

/// How the rows of an entity are read. To make it takes longer than to read a row.
pub(super) struct Plan<E: EntityTrait> {
    columns: Vec<Wanted<E>>,
    /// A row without anything in it, which each row begins as; `None` where nothing is no value of a column, as of a state.
    blank: Option<E::Model>,
    /// The statement that finds the row with an id, on SQLite; what it binds are the id and one as the limit.
    pub(super) by_id: String,
    /// The same on PostgreSQL; what it binds is the id.
    pub(super) by_id_on_postgres: Arc<str>,
}

/// A column of an entity, and how its values are stored.
struct Wanted<E: EntityTrait> {
    column: E::Column,
    /// `None` for bytes.
    kind: Option<Kind>,
    is_nullable: bool,
}

impl<E> Plan<E>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    /// The plan of this thread, made when it is first asked for; `None` for an entity with a type that only the driver reads.
    pub(super) fn get() -> Option<Rc<Self>> {
        thread_local! {
            static PLANS: RefCell<HashMap<TypeId, Option<Rc<dyn Any>>>> = RefCell::default();
        }
        PLANS.with_borrow_mut(|plans| {
            let make = || Self::make().map(|plan| Rc::new(plan) as Rc<dyn Any>);
            plans.entry(TypeId::of::<E>()).or_insert_with(make).clone()?.downcast().ok()
        })
    }

    fn make() -> Option<Self> {
        let columns: Vec<Wanted<E>> = E::Column::iter().map(Wanted::of).collect::<Option<_>>()?;
        let nothing = columns.iter().map(|wanted| nothing(wanted.kind, wanted.is_nullable));
        let blank = from_values::<E>(columns.iter().zip(nothing));
        let id = E::PrimaryKey::iter().next()?.into_column();
        let found = E::find().filter(id.eq(0));
        let by_id_on_postgres = found.build(DbBackend::Postgres).sql.into();
        let by_id = found.limit(1).build(DbBackend::Sqlite).sql;
        Some(Self { columns, blank, by_id, by_id_on_postgres })
    }

    /// How many columns its rows have.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// A row as the entity's model; `None` for one with a value that does not fit its column.
    pub(super) fn model(&self, row: &impl Stored) -> Option<E::Model> {
        let stored = self.columns.iter().enumerate();
        let stored = stored.map(|(place, wanted)| row.value(place, wanted.kind));
        let values = self.columns.iter().zip(stored);
        let Some(blank) = &self.blank else { return from_values::<E>(values) };
        let mut model = blank.clone();
        for (wanted, value) in values {
            model.try_set(wanted.column, value?).ok()?;
        }
        Some(model)
    }
}

/// A model by way of an active one, which takes longer.
fn from_values<'a, E>(
    values: impl Iterator<Item = (&'a Wanted<E>, Option<Value>)>,
) -> Option<E::Model>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    let mut model = E::ActiveModel::default();
    for (wanted, value) in values {
        model.try_set(wanted.column, value?).ok()?;
    }
    model.try_into_model().ok()
}

impl<E: EntityTrait> Wanted<E> {
    /// `None` for a type that only the driver reads.
    fn of(column: E::Column) -> Option<Self> {
        let definition = column.def();
        let kind = match definition.get_column_type() {
            ColumnType::Blob => None,
            other => Some(Kind::of(other)?),
        };
        Some(Self { column, kind, is_nullable: definition.is_null() })
    }
}

/// What a blank row has in a column; `None` where nothing is no value of the kind.
fn nothing(kind: Option<Kind>, is_nullable: bool) -> Option<Value> {
    let value: Value = match kind {
        None => Vec::<u8>::new().into(),
        Some(Kind::Text) => "".into(),
        Some(Kind::Integer) => 0_i32.into(),
        Some(Kind::BigInteger) => 0_i64.into(),
        Some(Kind::Boolean) => false.into(),
        Some(Kind::Double) => 0.0_f64.into(),
        Some(Kind::Decimal) => rust_decimal::Decimal::ZERO.into(),
        Some(Kind::Moment) => DateTime::<Utc>::UNIX_EPOCH.into(),
        Some(Kind::Isbn | Kind::Date) => return None,
    };
    Some(if is_nullable { value.as_null() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entity_can_be_read() {
        assert!(Plan::<entity::book::Entity>::get().is_some_and(|plan| plan.blank.is_some()));
        assert!(Plan::<entity::store::Entity>::get().is_some());
        assert!(Plan::<entity::item::Entity>::get().is_some());
        assert!(Plan::<entity::import_change::Entity>::get().is_some());
        assert!(Plan::<entity::import_rejection::Entity>::get().is_some());
        assert!(Plan::<entity::idempotency_key::Entity>::get().is_some());
        // No state is called nothing.
        assert!(Plan::<entity::import::Entity>::get().is_some_and(|plan| plan.blank.is_none()));
    }
}
