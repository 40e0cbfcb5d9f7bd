//! Panics of migrations, as errors: sea-query panics where a database cannot do what is asked, such as SQLite `MODIFY COLUMN`.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use sea_orm::DbErr;

/// Runs a migration's code, and makes an error of its panic. What it was doing is left to the transaction around it.
///
/// # Errors
/// Those of the code, and what it said when it panicked.
pub(crate) async fn caught<T>(work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let mut work = pin!(work);
    std::future::poll_fn(move |context| {
        // After a panic the work is not polled again, so nothing half done is seen.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(said(panic.as_ref()))))
    })
    .await
}

fn said(panic: &(dyn Any + Send)) -> DbErr {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    DbErr::Custom(format!("it panicked: {}", text.unwrap_or("without a message")))
}
