//! Deletes the keys of requests that nobody may repeat any more.

use std::time::Duration;

use tokio::time::sleep;

use super::say;
use crate::{
    Db,
    error::Result,
    idempotency::{self, FORGOTTEN},
};

/// How often it is done. A key that is still there then is as good as deleted.
const OFTEN: Duration = Duration::from_mins(10);
/// Between two lots, for those who want to write.
const PAUSE: Duration = Duration::from_millis(20);

/// Goes on as long as it is polled.
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
