//! Work that blocks on the disk.

use crate::error::{Error, Result};

/// Blocks on the disk where nothing else has to wait.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(Error::internal)?
}
