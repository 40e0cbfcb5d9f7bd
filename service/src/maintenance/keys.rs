//! Deletes expired idempotency keys.

use std::time::Duration;

use tokio::time::sleep;

use super::say;
use crate::{
    Db,
    error::Result,
    idempotency::{self, FORGOTTEN},
};

/// How often this runs. An expired key that still exists counts as deleted.
const OFTEN: Duration = Duration::from_mins(10);
/// Between two batches, for other writers.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs as long as it is polled.
pub(super) async fn forget(db: &Db) {
    loop {
        say(forget_all(db).await, "old idempotency keys were not deleted");
        sleep(OFTEN).await;
    }
}

async fn forget_all(db: &Db) -> Result<()> {
    while db.write(async |tx| idempotency::forget(tx).await).await? == FORGOTTEN {
        sleep(PAUSE).await;
    }
    Ok(())
}
