//! Monitors an unused SQLite file: whether it is at its path, and whether a damaged one was repaired.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::say;
use crate::{Db, error::Result};

/// How often its path is checked.
const OFTEN: Duration = Duration::from_secs(1);
/// The pause between two checks of a damaged file, as a multiple of the duration of a check, and at least.
const PAUSES: u32 = 20;
const PAUSE: Duration = Duration::from_secs(2);

/// Runs as long as it is polled.
pub(super) async fn watch(db: &Db) {
    let mut next_check = None::<Instant>;
    loop {
        // It logs its findings itself.
        let is_there = db.look_after_file().await.is_ok();
        if !db.is_damaged() {
            next_check = None;
        } else if is_there && next_check.is_none_or(|next| next <= Instant::now()) {
            if next_check.is_none() {
                log::error!("the database file is damaged: stop the server and restore a backup");
            }
            let begun = Instant::now();
            say(check(db).await, "the damaged file was not checked");
            next_check = Some(Instant::now() + PAUSE.max(PAUSES * begun.elapsed()));
        }
        sleep(OFTEN).await;
    }
}

async fn check(db: &Db) -> Result<()> {
    if db.is_sound().await? {
        log::info!("a check of the database file finds nothing wrong any more");
    }
    Ok(())
}
