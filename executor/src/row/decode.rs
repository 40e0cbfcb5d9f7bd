//! The entities whose rows are read without the driver.

use sea_orm::EntityTrait;

use super::{queries::Queries, source::RowSource};

/// An entity whose rows are read without the driver. `#[derive(Decode)]` on its `Model` implements it.
pub trait Decode: EntityTrait {
    /// The number of its columns.
    const COLUMNS: usize;

    /// A row with its columns, in their order, as the entity's model; `None` if a value does not fit its column.
    fn read(row: &impl RowSource) -> Option<Self::Model>;

    /// The queries for these rows.
    fn queries() -> &'static Queries<Self>;
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, Iterable, QueryTrait};

    use super::*;
    use crate::fixtures::{film, note, screening, ticket};

    fn check<E: Decode>() {
        assert_eq!(E::COLUMNS, E::Column::iter().count());
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let (all, found) = (E::queries().all(backend), E::find());
            assert_eq!(all.build(backend).sql, found.build(backend).sql);
        }
    }

    #[test]
    fn columns_are_read_in_their_order() {
        check::<film::Entity>();
        check::<note::Entity>();
        check::<screening::Entity>();
        check::<ticket::Entity>();
    }
}
