//! Rows that have all values but their id, so that the statement which inserts them is always the same.
//!
//! SeaORM takes as long to build that statement as SQLite takes to insert the row. SQLite also builds a table for rows that a
//! statement returns; where no value is stored in another form, the row is known except for the id, which the connection reports.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, IdenStatic, Iterable,
    PrimaryKeyToColumn, PrimaryKeyTrait, QueryTrait, Value, sea_query::ColumnType,
};

use crate::{
    error::{Error, Result},
    insertable::{Insertable, ModelOf, insertion},
};

type EntityOf<A> = <A as ActiveModelTrait>::Entity;
type ColumnOf<A> = <EntityOf<A> as EntityTrait>::Column;
type KeyOf<A> = <EntityOf<A> as EntityTrait>::PrimaryKey;

/// How such rows of an entity are inserted.
pub(crate) struct Insertion<A: Insertable> {
    /// The statement as SeaORM builds it. On PostgreSQL it returns every column.
    pub(crate) sql: String,
    /// The columns whose values it binds, in order.
    columns: Vec<ColumnOf<A>>,
    /// The id, which the database generates.
    id: ColumnOf<A>,
    id_is_long: bool,
}

impl<A: Insertable> Insertion<A> {
    /// The statement that inserts this row, and its values; `None` for a row that lacks more or less than its id, and on
    /// SQLite for one that has to be read back.
    pub(crate) fn of(row: &A, backend: DbBackend) -> Option<(Rc<Self>, Vec<Value>)> {
        let insertion = Self::get(backend)?;
        if !row.is_not_set(insertion.id) {
            return None;
        }
        let value = |column: &ColumnOf<A>| row.get(*column).into_value();
        let values = insertion.columns.iter().map(value).collect::<Option<_>>()?;
        Some((insertion, values))
    }

    /// The row as SQLite stored it under an id.
    pub(crate) fn stored(&self, mut row: A, id: i64) -> Result<ModelOf<A>> {
        let id = match i32::try_from(id) {
            _ if self.id_is_long => id.into(),
            Ok(id) => id.into(),
            Err(_) => return Err(Error::internal(format!("the id {id} is too long"))),
        };
        row.try_set(self.id, id)?;
        Ok(row.try_into_model()?)
    }

    /// Built when this thread first needs it; `None` for an entity without such rows.
    fn get(backend: DbBackend) -> Option<Rc<Self>> {
        // By the active model, and whether it is PostgreSQL.
        type Insertions = HashMap<(TypeId, bool), Option<Rc<dyn Any>>>;
        thread_local! {
            static INSERTIONS: RefCell<Insertions> = RefCell::default();
        }
        INSERTIONS.with_borrow_mut(|insertions| {
            let make = || Self::make(backend).map(|insertion| Rc::new(insertion) as Rc<dyn Any>);
            let key = (TypeId::of::<A>(), backend == DbBackend::Postgres);
            insertions.entry(key).or_insert_with(make).clone()?.downcast().ok()
        })
    }

    fn make(backend: DbBackend) -> Option<Self> {
        let is_returned = backend == DbBackend::Postgres;
        let key = KeyOf::<A>::iter().next().filter(|_| KeyOf::<A>::auto_increment());
        let id = key?.into_column();
        let mut row = A::default_values();
        row.not_set(id);
        let mut columns = Vec::new();
        for column in ColumnOf::<A>::iter().filter(|column| column.as_str() != id.as_str()) {
            let is_known = is_returned || is_stored_as_given(column.def().get_column_type());
            if row.is_not_set(column) || !is_known {
                return None;
            }
            columns.push(column);
        }
        let id_is_long = matches!(id.def().get_column_type(), ColumnType::BigInteger);
        let insert = match is_returned {
            true => insertion(row, backend),
            false => A::Entity::insert(row).build(backend),
        };
        let sql = insert.sql;
        Some(Self { sql, columns, id, id_is_long })
    }
}

/// Whether a value of this type is read as it was written. SQLite has no exact numbers: 0.10 becomes 0.1.
fn is_stored_as_given(column_type: &ColumnType) -> bool {
    use ColumnType::{BigInteger, Blob, Boolean, Char, Integer, String, Text};
    matches!(
        column_type,
        Char(_)
            | String(_)
            | Text
            | Integer
            | BigInteger
            | Boolean
            | Blob
            | ColumnType::TimestampWithTimeZone
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use proptest::prelude::*;
    use sea_orm::{ActiveValue::Set, ConnectionTrait, Schema};

    use super::*;
    use crate::{
        Changes, Db, Location, Rows, Settings, connect_to_migrate,
        fixtures::{film, note, screening, ticket},
    };

    #[test]
    fn the_statement_binds_every_column_but_the_id() {
        let get = Insertion::<film::ActiveModel>::get;
        let insertion = get(DbBackend::Sqlite).unwrap();
        let names = insertion.columns.iter().map(|column| format!("\"{}\"", column.as_str()));
        let names = names.collect::<Vec<_>>().join(", ");
        let places = vec!["?"; insertion.columns.len()].join(", ");
        let expected = format!("INSERT INTO \"films\" ({names}) VALUES ({places})");
        assert_eq!((&insertion.sql, insertion.columns.len()), (&expected, 9));
        let insertion = get(DbBackend::Postgres).unwrap();
        assert!(
            insertion.sql.contains("VALUES ($1, $2, ")
                && insertion.sql.contains("RETURNING \"id\",")
        );
        // A price is a double, a state has no default, and a key is not a number that SQLite generates.
        assert!(Insertion::<ticket::ActiveModel>::get(DbBackend::Sqlite).is_none());
        assert!(Insertion::<ticket::ActiveModel>::get(DbBackend::Postgres).is_some());
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            assert!(Insertion::<screening::ActiveModel>::get(backend).is_none());
            assert!(Insertion::<note::ActiveModel>::get(backend).is_none());
        }
    }

    fn films() -> impl Strategy<Value = film::ActiveModel> {
        let texts = ("\\PC{0,8}", any::<String>(), "[0-9]{0,4}|1e5|0x1F", "NULL|true|-0");
        let numbers = (any::<Option<i32>>(), any::<Option<i32>>(), any::<i32>());
        let times = (-62_167_219_200_000_000..253_402_300_800_000_000_i64, any::<i32>());
        (texts, numbers, times, any::<bool>()).prop_map(|(texts, numbers, times, has_code)| {
            let (title, director, code, status) = texts;
            let (year, minutes, version) = numbers;
            film::ActiveModel {
                title: Set(title),
                director: Set(director),
                year: Set(year),
                code: Set(has_code.then_some(code)),
                minutes: Set(minutes),
                status: Set(status),
                created_at: Set(DateTime::from_timestamp_micros(times.0).unwrap()),
                updated_at: Set(DateTime::from_timestamp(times.1.into(), 0).unwrap()),
                version: Set(version),
                ..Default::default()
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn what_an_insertion_returns_is_what_is_read(rows in prop::collection::vec(films(), 1..20)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let folder = tempfile::tempdir().unwrap();
                let location = Location::File(folder.path().join("films.db"));
                let connection = connect_to_migrate(&location, &Settings::default()).await.unwrap();
                let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(film::Entity);
                connection.execute(&table).await.unwrap();
                connection.close().await.unwrap();
                let db = Db::open(&location, &Settings::default()).await.unwrap();
                for row in rows {
                    let returned = db.write(async move |tx| {
                        let returned = tx.insert(row.clone()).await?;
                        assert_eq!(tx.by_id::<film::Entity>(returned.id).await?.as_ref(), Some(&returned));
                        Ok::<_, Error>(returned)
                    });
                    // Another film may have the code.
                    if let Ok(returned) = returned.await {
                        let read = film::Entity::find_by_id(returned.id).one(db.reader().connection()).await.unwrap();
                        assert_eq!(read.as_ref(), Some(&returned));
                    }
                }
                db.close().await.unwrap();
            });
        }
    }
}
