//! Which column is which member: the entities whose rows are read without the driver.

use sea_orm::EntityTrait;

use super::{Queries, RowSource};

/// An entity whose rows are read without the driver.
pub trait Decode: EntityTrait {
    /// Its columns, in their order.
    const COLUMNS: &'static [&'static str];

    /// A row with these columns as the entity's model; `None` if a value does not fit its column.
    fn read(row: &impl RowSource) -> Option<Self::Model>;

    /// The queries for these rows.
    fn queries() -> &'static Queries<Self>;
}

/// Implements decoding for entities, given by their modules and all of their columns.
macro_rules! decode {
    ($($($module:ident)::+ { $($column:ident),* $(,)? })*) => {
        $(impl $crate::database::Decode for $($module)::+::Entity {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            fn read(row: &impl $crate::database::row::RowSource) -> Option<Self::Model> {
                let mut places = 0..;
                Some($($module)::+::Model { $($column: row.get(places.next()?)?),* })
            }

            fn queries() -> &'static $crate::database::row::Queries<Self> {
                use $crate::database::row::Queries;
                static QUERIES: std::sync::LazyLock<Queries<$($module)::+::Entity>> =
                    std::sync::LazyLock::new(Queries::new);
                &QUERIES
            }
        })*
    };
}

pub(crate) use decode;

decode! {
    entity::import {
        id, state, name, options, dry_run, file, header, bytes_total, bytes_read, lines_read, rows, inserted, updated, skipped,
        rejected, warnings, reverted, kept, problem, created_at, started_at, ended_at, version,
    }
    entity::import_change { import_id, book_id, version, before, kept }
    entity::import_rejection { import_id, number, line, reason, raw }
    entity::idempotency_key { key, fingerprint, answer, created_at }
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, IdenStatic, Iterable, QueryTrait};

    use super::*;

    fn check<E: Decode>() {
        let columns: Vec<&str> = E::Column::iter().map(|column| column.as_str()).collect();
        assert_eq!(E::COLUMNS, columns);
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let (all, found) = (E::queries().all(backend), E::find());
            assert_eq!(all.build(backend).sql, found.build(backend).sql);
        }
    }

    #[test]
    fn columns_are_read_in_their_order() {
        check::<entity::book::Entity>();
        check::<entity::store::Entity>();
        check::<entity::item::Entity>();
        check::<entity::import::Entity>();
        check::<entity::import_change::Entity>();
        check::<entity::import_rejection::Entity>();
        check::<entity::idempotency_key::Entity>();
    }
}
