//! Notifies the callers of jobs.

use tokio::runtime::Handle;

use super::job::Job;

/// Notifies every caller of the result of its job; `is_known` is false when it is unknown whether it was stored.
///
/// Waking a task in another thread costs a message to that thread, and thirty may wait there. So one task is sent to each
/// thread, which notifies all of them.
pub(super) fn notify(jobs: Vec<Box<dyn Job>>, is_known: bool) {
    let mut homes: Vec<(Handle, Notifications)> = Vec::new();
    for job in jobs {
        let home = job.home();
        match homes.iter_mut().find(|(known, _)| known.id() == home.id()) {
            Some((_, answers)) => answers.jobs.push(job),
            None => homes.push((home.clone(), Notifications { jobs: vec![job], is_known })),
        }
    }
    for (home, answers) in homes {
        home.spawn(async move { drop(answers) });
    }
}

/// Jobs that are answered when this is dropped: by the task that owns it, or by a runtime that shuts down and runs no more tasks.
struct Notifications {
    jobs: Vec<Box<dyn Job>>,
    is_known: bool,
}

impl Drop for Notifications {
    fn drop(&mut self) {
        for job in self.jobs.drain(..) {
            job.answer(self.is_known);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc,
        thread::{self, ThreadId},
    };

    use futures_util::future::LocalBoxFuture;
    use tokio::runtime::{Builder, Runtime};

    use super::*;
    use crate::{tx::Tx, write::job::AttemptOutcome};

    /// A job that reports which thread answers it.
    struct Notified {
        home: Handle,
        by: mpsc::Sender<(ThreadId, bool)>,
    }

    impl Job for Notified {
        fn attempt<'a>(&'a mut self, _: &'a Tx) -> LocalBoxFuture<'a, AttemptOutcome> {
            Box::pin(async { AttemptOutcome::None })
        }

        fn run_alone(
            self: Box<Self>,
            _: crate::tx::Source,
        ) -> LocalBoxFuture<'static, Option<Box<dyn Job>>> {
            Box::pin(async { None })
        }

        fn home(&self) -> &Handle {
            &self.home
        }

        fn answer(self: Box<Self>, is_known: bool) {
            self.by.send((thread::current().id(), is_known)).unwrap();
        }
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    #[test]
    fn callers_are_notified_where_they_wait_and_also_when_that_has_ended() {
        let (by, heard) = mpsc::channel();
        let job = |home: &Handle| -> Box<dyn Job> {
            Box::new(Notified { home: home.clone(), by: by.clone() })
        };
        let ended = runtime().handle().clone();
        let (send, homes) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let there = thread::spawn(move || {
            let runtime = runtime();
            send.send(runtime.handle().clone()).unwrap();
            runtime.block_on(stopped).unwrap();
        });
        let (home, here) = (homes.recv().unwrap(), runtime());
        notify(vec![job(&home), job(&ended), job(here.handle()), job(&home)], true);
        here.block_on(tokio::task::yield_now());
        let mut all: Vec<_> = (0..4).map(|_| heard.recv().unwrap()).collect();
        assert!(all.iter().all(|(_, is_known)| *is_known));
        all.retain(|(thread, _)| *thread == there.thread().id());
        assert_eq!(all.len(), 2);
        stop.send(()).unwrap();
        there.join().unwrap();
    }
}
