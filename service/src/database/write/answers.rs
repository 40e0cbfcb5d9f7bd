//! How those who wait for units of work hear of them.

use tokio::runtime::Handle;

use super::unit::Unit;

/// Tells every caller what its unit came to; `is_known` is false when nobody knows whether it was stored.
///
/// To wake somebody in another thread is a message to that thread, and thirty may wait there. So one task is sent to each thread,
/// which tells all of them.
pub(in crate::database) fn tell(units: Vec<Box<dyn Unit>>, is_known: bool) {
    let mut homes: Vec<(Handle, Answers)> = Vec::new();
    for unit in units {
        let home = unit.home();
        match homes.iter_mut().find(|(known, _)| known.id() == home.id()) {
            Some((_, answers)) => answers.units.push(unit),
            None => homes.push((home.clone(), Answers { units: vec![unit], is_known })),
        }
    }
    for (home, answers) in homes {
        home.spawn(async move { drop(answers) });
    }
}

/// Units that are answered when this is dropped: by the task that has it, or by a runtime that ends and carries no more out.
struct Answers {
    units: Vec<Box<dyn Unit>>,
    is_known: bool,
}

impl Drop for Answers {
    fn drop(&mut self) {
        for unit in self.units.drain(..) {
            unit.answer(self.is_known);
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
    use crate::database::{tx::Tx, write::unit::Effect};

    /// A unit that tells who answers it.
    struct Told {
        home: Handle,
        by: mpsc::Sender<(ThreadId, bool)>,
    }

    impl Unit for Told {
        fn attempt<'a>(&'a mut self, _: &'a Tx) -> LocalBoxFuture<'a, Effect> {
            Box::pin(async { Effect::None })
        }

        fn alone(
            self: Box<Self>,
            _: crate::database::tx::Source,
        ) -> LocalBoxFuture<'static, Option<Box<dyn Unit>>> {
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
    fn callers_are_told_where_they_wait_and_also_when_that_has_ended() {
        let (by, told) = mpsc::channel();
        let unit = |home: &Handle| -> Box<dyn Unit> {
            Box::new(Told { home: home.clone(), by: by.clone() })
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
        tell(vec![unit(&home), unit(&ended), unit(here.handle()), unit(&home)], true);
        here.block_on(tokio::task::yield_now());
        let mut all: Vec<_> = (0..4).map(|_| told.recv().unwrap()).collect();
        assert!(all.iter().all(|(_, is_known)| *is_known));
        all.retain(|(thread, _)| *thread == there.thread().id());
        assert_eq!(all.len(), 2);
        stop.send(()).unwrap();
        there.join().unwrap();
    }
}
