//! The database of a dry run: a scratch copy of the books that rows of the file may duplicate, and of the resulting books.
//!
//! So the same code determines the result, whatever the file repeats and however long it is, and the catalogue is only read.

use std::{collections::HashSet, path::Path};

use entity::{
    book::{Column, Entity},
    book_subject, subject,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel,
    QueryTrait, Schema, sea_query::OnConflict,
};

use super::outcome::Outcome;
use crate::{
    Book,
    books::{
        WholeBook,
        import::{Met, OnDuplicate, Policy, Row, find_stored, store_batch},
    },
    database::{self, Rows},
    error::Result,
    subjects,
};

/// Ids in the scratch database start here, far from those of the catalogue.
const FIRST_ID: i32 = 1 << 30;

/// A scratch database, whose file is already unlinked and is deleted with it.
pub struct DryRun(DatabaseConnection);

impl DryRun {
    /// Creates one at a path where there is no file.
    pub async fn new(path: &Path) -> Result<Self> {
        let db = database::scratch(path).await?;
        if let Err(error) = std::fs::remove_file(path) {
            log::warn!("`{}` cannot be removed: {error}", path.display());
        }
        let schema = Schema::new(DbBackend::Sqlite);
        db.execute(&schema.create_table_from_entity(Entity)).await?;
        db.execute(&schema.create_table_from_entity(subject::Entity)).await?;
        db.execute(&schema.create_table_from_entity(book_subject::Entity)).await?;
        for index in schema.create_index_from_entity(Entity) {
            db.execute(&index).await?;
        }
        let ids = format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('books', {FIRST_ID})");
        db.execute_unprepared(&ids).await?;
        Ok(Self(db))
    }

    /// Adds the result that storing rows would have.
    ///
    /// # Errors
    /// As for storing them.
    pub async fn store(
        &self,
        catalogue: &impl Rows,
        (rows, policy): (&[Row], Policy),
        outcome: &mut Outcome<Book>,
    ) -> Result<()> {
        let met = find_stored(catalogue, rows.iter(), OnDuplicate::Skip).await?.into_books();
        let met = match policy.on_duplicate {
            OnDuplicate::Update => {
                WholeBook::all(catalogue, met.map(|whole| whole.book).collect()).await?
            }
            OnDuplicate::Skip | OnDuplicate::Fail => met.collect(),
        };
        self.copy(met).await?;
        store_batch(&self.0, rows, policy, outcome).await?;
        // These books would be new.
        for row in &mut outcome.skipped {
            if row.met.stored().is_some_and(|id| id >= FIRST_ID) {
                row.met = Met::New;
            }
        }
        Ok(())
    }

    /// Copies books of the catalogue. A copy that already exists may have newer values, those of an earlier row.
    async fn copy(&self, met: Vec<WholeBook>) -> Result<()> {
        if met.is_empty() {
            return Ok(());
        }
        let copies = met.iter().map(|whole| whole.book.clone().into_active_model().reset_all());
        let known = OnConflict::new().do_nothing().to_owned();
        let mut copies = Entity::insert_many(copies).on_conflict(known);
        let new = self.0.ids(copies.query().returning_col(Column::Id)).await?;
        let new: HashSet<i32> = new.into_iter().collect();
        let met = met.iter().filter(|whole| new.contains(&whole.book.id));
        let given: Vec<(i32, &[String])> =
            met.map(|whole| (whole.book.id, whole.subjects.as_slice())).collect();
        subjects::add(&self.0, &given).await
    }
}
