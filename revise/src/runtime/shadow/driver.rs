//! A thread that drives connections, for calls that cannot be awaited: what SeaORM's mock asks has to be answered at once.

use std::{sync::mpsc, thread};

use sea_orm::DbErr;
use tokio::{runtime, sync::oneshot};

/// The thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Driver {
    handle: runtime::Handle,
    _stop: oneshot::Sender<()>,
}

impl Driver {
    /// Starts it.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start() -> Result<Self, DbErr> {
        let failed = |error: std::io::Error| DbErr::Custom(error.to_string());
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || drop(runtime.block_on(stopped));
        thread::Builder::new().name("shadow".to_owned()).spawn(run).map_err(failed)?;
        Ok(Self { handle, _stop: stop })
    }

    /// Does some work there.
    ///
    /// # Errors
    /// Those of the work, and one when it panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, DbErr> {
        let done = self.handle.spawn(work).await;
        done.map_err(|error| DbErr::Custom(error.to_string()))
    }

    /// As [`Driver::run`], where nothing can be awaited: this thread stands still meanwhile.
    ///
    /// # Errors
    /// Those of the work, and one when it panics.
    pub fn wait_for<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, DbErr>> + Send + 'static,
    ) -> Result<T, DbErr> {
        let (sender, answer) = mpsc::channel();
        self.handle.spawn(async move {
            // The other end waits.
            drop(sender.send(work.await));
        });
        answer.recv().map_err(|error| DbErr::Custom(error.to_string()))?
    }
}
