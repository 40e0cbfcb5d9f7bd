//! What is the same for every noun: its rows are listed, found, added, changed and deleted by one set of functions.
//!
//! A noun's own file has the shapes of its input, and one table of its members and their rules: [`noun!`].

mod table;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, EntityTrait, IntoActiveModel, ModelTrait, PrimaryKeyTrait, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    Tx,
    check::{Check, Checked},
    database::{Changes, Decode, Insertable, Reader, Rows},
    duplicate::{among, with_value},
    error::{Error, Result},
    now,
    precondition::{Precondition, ReadOnlyFields, RowVersion},
    query::{Changed, Listing, Page, Resource, Selection},
};

pub(crate) use table::{Given, changes, check, noun};

/// A row that can be listed.
pub trait Listed: ModelTrait {
    /// What its lists can be asked about, and what they are called.
    fn resource() -> &'static Resource<Self::Entity>;
}

/// A row of a noun. The provided functions take a connection first, so that several compose in one transaction.
#[expect(async_fn_in_trait, reason = "jobs and handlers run on the thread that they began on")]
pub trait Noun: Listed<Entity = Self::Table> + IntoActiveModel<Self::Row> {
    /// The entity.
    type Table: Decode<Model = Self, ActiveModel = Self::Row, PrimaryKey: PrimaryKeyTrait<ValueType = i32>>;
    /// The row as it is written.
    type Row: Insertable + ActiveModelTrait<Entity = Self::Table>;
    /// A row to be added.
    type New: Check;
    /// A change of a row: members that are absent stay as they are.
    type Changes: Check;
    /// The columns that clients may write.
    const MEMBERS: &'static [&'static str];
    /// The same, and the member whose values are rows of other tables.
    const WRITTEN: &'static [&'static str];
    /// The column of the id.
    const ID: <Self::Table as EntityTrait>::Column;
    /// The column that each change raises.
    const VERSION: <Self::Table as EntityTrait>::Column;
    /// The column of the time of the last change.
    const UPDATED_AT: <Self::Table as EntityTrait>::Column;

    /// The row that stores a new one.
    fn row(new: &Self::New, now: DateTime<Utc>) -> Self::Row;

    /// Gives a row the members that a change names.
    fn apply(changes: &Self::Changes, row: &mut Self::Row);

    /// Gives a row those of the [`MEMBERS`](Self::MEMBERS) that are `named`, as a new one has them.
    fn overwrite(new: &Self::New, named: &[bool], row: &mut Self::Row);

    /// The values of read-only members that a change sends back.
    fn read_only(changes: &Self::Changes) -> ReadOnlyFields;

    /// The version of the row, and its other read-only members.
    fn row_version(&self) -> RowVersion;

    /// Serializes the [`MEMBERS`](Self::MEMBERS) in their order.
    ///
    /// # Errors
    /// Those of the serializer.
    fn serialize_members<S: SerializeStruct>(
        &self,
        members: &mut S,
    ) -> std::result::Result<(), S::Error>;

    /// The [`MEMBERS`](Self::MEMBERS) as the cells of a table, in their order.
    fn cells(&self) -> Vec<Cow<'_, str>>;

    /// Stores the related rows that a new row is given.
    ///
    /// # Errors
    /// Any database error.
    async fn add_related(_: &impl Changes, _: i32, _: &Self::New) -> Result<()> {
        Ok(())
    }

    /// Stores the related rows that a change gives a row; whether it had others.
    ///
    /// # Errors
    /// Any database error.
    async fn change_related(_: &impl Changes, _: i32, _: &Self::Changes) -> Result<bool> {
        Ok(false)
    }

    /// Refuses a change of many rows that gives them related rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the member.
    fn expect_columns(_: &Self::Changes) -> Result<()> {
        Ok(())
    }

    /// Passes when the rows exist that the set members of `row` refer to. SQLite does not say which foreign key was broken.
    ///
    /// # Errors
    /// [`Error::Invalid`] with each member that refers to no row, and any database error.
    async fn check_parents(_: &impl Changes, _: &Self::Row) -> Result<()> {
        Ok(())
    }

    /// A page of the rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad parameter, and any database error.
    async fn list(db: &Reader, listing: &Listing) -> Result<Page<Self>> {
        Ok(listing.page(db, Self::resource(), db.all::<Self::Table>()).await?)
    }

    /// One row.
    ///
    /// # Errors
    /// [`Error::NotFound`], and any database error.
    async fn find(db: &impl Rows, id: i32) -> Result<Self> {
        db.by_id::<Self::Table>(id).await?.ok_or(not_found::<Self>(id))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Duplicate`] for a value that another row has and that has to be unique, [`Error::Invalid`] for a reference to no
    /// row, and any database error.
    async fn create(db: &impl Changes, new: &Checked<Self::New>) -> Result<Self> {
        let now = now();
        let row = Self::row(new, now);
        Self::check_parents(db, &row).await?;
        let stored = db.insert(row).await;
        let stored =
            stored.map_err(|error| with_value::<Self>(error.into(), &Self::row(new, now), db))?;
        Self::add_related(db, stored.row_version().id, new).await?;
        Ok(stored)
    }

    /// Adds several rows.
    ///
    /// # Errors
    /// As [`create`](Self::create), with the place of the input.
    async fn create_all(db: &impl Changes, inputs: &[Checked<Self::New>]) -> Result<Vec<Self>> {
        let mut rows = Vec::with_capacity(inputs.len());
        for (place, new) in inputs.iter().enumerate() {
            let stored = Self::create(db, new).await;
            rows.push(stored.map_err(|error| among::<Self>(error, inputs, place))?);
        }
        Ok(rows)
    }

    /// Changes the members that are given; a change that changes nothing leaves the version as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Stale`], [`Error::Duplicate`], [`Error::Invalid`] for a read-only member or a reference to no
    /// row, and any database error.
    async fn update(
        db: &impl Changes,
        id: i32,
        precondition: &Precondition,
        changes: &Checked<Self::Changes>,
    ) -> Result<Self> {
        change(db, locked::<Self>(db, id).await?, precondition, changes).await
    }

    /// Changes the given members of every row that is selected. It has to be the first thing in its transaction.
    ///
    /// # Errors
    /// [`Error::Unconfirmed`], [`Error::Duplicate`], [`Error::Invalid`] for a bad parameter, a read-only member or a reference to
    /// no row, and any database error.
    async fn update_all(
        tx: &Tx,
        selection: &Selection,
        changes: &Checked<Self::Changes>,
    ) -> Result<Changed> {
        Self::read_only(changes).expect_nothing()?;
        Self::expect_columns(changes)?;
        let selected = selection.confirmed(tx, Self::resource()).await?;
        let row = given::<Self>(changes);
        Self::check_parents(tx, &row).await?;
        let next = Expr::col(Self::VERSION).add(1_i32);
        let also = [(Self::VERSION, next), (Self::UPDATED_AT, Expr::val(now()))];
        let changed = selected.update(tx, &row, also).await.map_err(Error::from);
        changed.map_err(|error| with_value::<Self>(error, &row, tx))
    }

    /// Deletes a row, and what the schema deletes with it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Stale`], and any database error.
    async fn delete(db: &impl Changes, id: i32, precondition: &Precondition) -> Result<()> {
        if !precondition.is_any() {
            let stored = locked::<Self>(db, id).await?;
            precondition.check(Self::resource().noun.0, &stored.row_version())?;
        }
        match db.exec(Self::Table::delete_by_id(id).as_query()).await? {
            0 => Err(not_found::<Self>(id)),
            _ => Ok(()),
        }
    }

    /// Deletes every row that is selected, and returns how many. It has to be the first thing in its transaction.
    ///
    /// # Errors
    /// [`Error::Unconfirmed`], [`Error::Invalid`] for a bad parameter, and any database error.
    async fn delete_all(tx: &Tx, selection: &Selection) -> Result<u64> {
        Ok(selection.confirmed(tx, Self::resource()).await?.delete(tx).await?)
    }
}

/// Changes a row that is locked until the transaction ends.
pub(crate) async fn change<T: Noun>(
    db: &impl Changes,
    stored: T,
    precondition: &Precondition,
    changes: &Checked<T::Changes>,
) -> Result<T> {
    let version = stored.row_version();
    precondition.check(T::resource().noun.0, &version)?;
    T::read_only(changes).check(T::resource().noun.0, &version)?;
    let mut row = stored.clone().into_active_model();
    T::apply(changes, &mut row);
    let has_others = T::change_related(db, version.id, changes).await?;
    if !row.is_changed() && !has_others {
        return Ok(stored);
    }
    T::check_parents(db, &row).await?;
    row.set(T::VERSION, (version.version + 1).into());
    row.set(T::UPDATED_AT, now().into());
    let stored = db.update(row).await;
    stored.map_err(|error| with_value::<T>(error.into(), &given::<T>(changes), db))
}

/// A row that has the members which a change names, and no others.
fn given<T: Noun>(changes: &T::Changes) -> T::Row {
    let mut row = T::Row::default();
    T::apply(changes, &mut row);
    row
}

/// The row that is to be changed, locked until the transaction ends.
async fn locked<T: Noun>(db: &impl Changes, id: i32) -> Result<T> {
    db.row(T::Table::find_by_id(id).lock_exclusive()).await?.ok_or(not_found::<T>(id))
}

/// The error for an id that no row has.
pub(crate) fn not_found<T: Listed>(id: i32) -> Error {
    Error::NotFound { what: T::resource().noun.0, key: "id", value: id.to_string() }
}

/// The members of a row that clients may write, serialized as an object.
pub(crate) struct Members<'a, T>(pub(crate) &'a T);

impl<T: Noun> Serialize for Members<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let mut members = to.serialize_struct("Members", T::MEMBERS.len())?;
        self.0.serialize_members(&mut members)?;
        members.end()
    }
}
