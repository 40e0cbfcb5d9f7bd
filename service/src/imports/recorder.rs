//! Stores the batches of an import, and notes what is needed to undo them and what there is to say of their rows.

use super::{Import, Importable, journal, notes::Notes, outcome::Outcome, rejections};
use crate::{
    Tx,
    books::import::{Batch, Policy, Skipped},
    error::Result,
};

/// What a transaction stores of an import.
#[derive(Debug)]
pub struct Recorder<T> {
    import: i32,
    policy: Policy,
    notes: Notes,
    /// How much may still be noted of rejected rows.
    rejections: rejections::Room,
    /// The outcome of the rows so far.
    pub outcome: Outcome<T>,
}

impl<T: Importable> Recorder<T> {
    /// For an import as it was when the transaction began.
    pub fn new(import: &Import, policy: Policy) -> Self {
        Self {
            import: import.id,
            policy,
            notes: Notes::of(import),
            rejections: rejections::Room::of(import),
            outcome: Outcome::noted(),
        }
    }

    /// Stores a batch; the rows that were skipped.
    pub async fn store(
        &mut self,
        tx: &Tx,
        batch: &Batch<T::Ready>,
        memory: &T::Memory,
    ) -> Result<Vec<Skipped>> {
        self.outcome.read(batch);
        T::store(tx, batch, (self.policy, memory), &mut self.outcome).await?;
        let changes = self.outcome.changes.replace(Vec::new()).unwrap_or_default();
        journal::note(tx, self.import, changes).await?;
        rejections::note(tx, self.import, self.rejections.take(&batch.rejected)).await?;
        let skipped = std::mem::take(&mut self.outcome.skipped);
        self.notes.warn(&batch.rows);
        self.notes.skip(&skipped);
        self.notes.store(tx).await?;
        Ok(skipped)
    }
}
