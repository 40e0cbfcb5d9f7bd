//! Books as imports read and store them.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{
    Batch, Named, Options, Place, Policy, Profile, Row, Rows, columns::Columns, store_batch,
};
use crate::{
    Book,
    database::{self, Changes},
    error::Result,
    imports::{DryRun, Importable, Memory, Outcome},
};

impl Importable for Book {
    type Reader<R: Read + Send + 'static> = Rows<R>;
    type Read = Row;
    type Ready = Row;
    /// The database of a dry run.
    type Memory = Option<DryRun>;
    // A row is met by what is stored, earlier rows included.
    const LOOKS_BACK: bool = false;

    fn open<R: Read + Send + 'static>(
        input: R,
        options: &Options,
    ) -> std::result::Result<Rows<R>, String> {
        Rows::new(input, options)
    }

    fn columns(names: &[String], options: &Options) -> Option<(Option<&'static Profile>, Named)> {
        let columns = Columns::find(names, options).ok()?;
        Some((columns.profile, columns.named(names)))
    }

    fn go_to(rows: &mut Rows<File>, place: Place) -> io::Result<()> {
        rows.go_to(place)
    }

    async fn remember(dry_run: Option<&Path>) -> Result<Option<DryRun>> {
        match dry_run {
            Some(path) => DryRun::new(path).await.map(Some),
            None => Ok(None),
        }
    }

    async fn prepare(_: &impl database::Rows, batch: Batch) -> Result<Batch> {
        Ok(batch)
    }

    async fn store(
        db: &impl Changes,
        batch: &Batch,
        (policy, _): (Policy, &Option<DryRun>),
        outcome: &mut Outcome<Self>,
    ) -> Result<()> {
        store_batch(db, &batch.rows, policy, outcome).await
    }

    async fn attempt(
        catalogue: &impl database::Rows,
        batch: &Batch,
        (policy, dry_run): (Policy, &Option<DryRun>),
        outcome: &mut Outcome<Self>,
    ) -> Result<()> {
        match dry_run {
            Some(dry_run) => dry_run.store(catalogue, (&batch.rows, policy), outcome).await,
            None => Ok(()),
        }
    }
}

impl Memory for Option<DryRun> {}
