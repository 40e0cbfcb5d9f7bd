//! Work that blocks, as on a disk.

use crate::error::Error;

/// Runs work on a thread where nothing else waits for it.
///
/// # Errors
/// What `work` returns, and [`Error::Internal`] when it panics.
pub async fn on_a_thread<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::internal(error).into()))
}
