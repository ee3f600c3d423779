//! Threads for what computes for long: verifying, reading what was fetched.
//!
//! They are threads of their own, one for each core, and not some of the many that wait for disks and networks: a
//! thread keeps the memory that it once needed for a large document, so only a few may read such.

use crate::error::{ErrorKind, NodeError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;
use tokio::sync::oneshot;

/// Fewest threads: one document that takes long doesn't hold up the next.
const MIN_COMPUTING: usize = 2;
/// Most of them. Each may need some tens of MB for a document of the largest size.
const MAX_COMPUTING: usize = 16;

type Work = Box<dyn FnOnce() + Send>;

static COMPUTING: LazyLock<Sender<Work>> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    let cores = available_parallelism().map_or(MIN_COMPUTING, usize::from);
    for number in 0..cores.clamp(MIN_COMPUTING, MAX_COMPUTING) {
        let receiver = Arc::clone(&receiver);
        let thread = std::thread::Builder::new().name(format!("computing-{number}"));
        if let Err(error) = thread.spawn(move || compute(&receiver)) {
            tracing::error!(%error, "a thread for verifications can't be started");
        }
    }
    sender
});

fn compute(receiver: &Mutex<Receiver<Work>>) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}

/// Work that waits for its turn, as long as its caller waits for it. What it holds, a request's body, is free as soon as
/// he has gone: many who come and go at once must not fill the line with bytes.
struct Waiting<W>(Arc<Mutex<Option<W>>>);

impl<W> Waiting<W> {
    fn take(work: &Mutex<Option<W>>) -> Option<W> {
        work.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<W> Drop for Waiting<W> {
    fn drop(&mut self) {
        drop(Self::take(&self.0));
    }
}

/// Runs what computes for long away from the threads that serve, a few at once; the others wait in line. What has begun
/// ends, even if the caller has gone; what hasn't is dropped when he goes.
///
/// # Errors
/// It failed, which is a fault of the node.
pub(crate) async fn computing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NodeError> {
    let (answer, answered) = oneshot::channel();
    let waiting = Waiting(Arc::new(Mutex::new(Some(work))));
    let work = Arc::clone(&waiting.0);
    let work = move || {
        let Some(work) = Waiting::take(&work) else { return };
        // What fails has shared nothing that others go on with.
        if let Ok(done) = catch_unwind(AssertUnwindSafe(work)) {
            let _ = answer.send(done);
        }
    };
    let failed = || {
        tracing::error!("a verification failed");
        NodeError::new(
            ErrorKind::Internal,
            "verification_failed",
            "The node failed while it looked at this document.",
            "Tell the operator of this node; its log says more.",
        )
    };
    COMPUTING.send(Box::new(work)).map_err(|_| failed())?;
    answered.await.map_err(|_| failed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Waker};

    #[tokio::test]
    async fn what_fails_is_an_error_and_the_next_is_done() {
        for round in 0..50 {
            let failed = computing(|| -> usize { panic!("on purpose") }).await;
            assert_eq!(failed.map_err(|error| error.code), Err("verification_failed"));
            assert_eq!(computing(move || round + 1).await.map_err(|error| error.code), Ok(round + 1));
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_dropped_before_its_turn() {
        let mut context = Context::from_waker(Waker::noop());
        let (open, gate) = channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        // Every thread stands at the gate.
        let stand = || {
            let gate = Arc::clone(&gate);
            computing(move || gate.lock().map(|gate| gate.recv().is_err()).is_ok())
        };
        let mut all = std::pin::pin!(futures::future::join_all((0..MAX_COMPUTING).map(|_| stand())));
        assert!(all.as_mut().poll(&mut context).is_pending());
        let held = Arc::new(());
        let mut gone = Box::pin(computing({
            let held = Arc::clone(&held);
            move || drop(held)
        }));
        assert!(gone.as_mut().poll(&mut context).is_pending());
        assert_eq!(Arc::strong_count(&held), 2);
        drop(gone);
        assert_eq!(Arc::strong_count(&held), 1);
        drop(open);
        assert!(all.await.into_iter().all(|stood| stood.is_ok_and(|stood| stood)));
        assert_eq!(computing(|| 1).await.map_err(|error| error.code), Ok(1));
    }

    #[tokio::test]
    async fn many_who_wait_are_all_answered_by_a_few_threads() {
        let name = || std::thread::current().name().map(str::to_owned).unwrap_or_default();
        let all = futures::future::join_all((0..500).map(|_| computing(name))).await;
        let names: std::collections::HashSet<String> =
            all.into_iter().map(|name| name.map_err(|error| error.code).expect("answered")).collect();
        assert!(!names.is_empty() && names.len() <= MAX_COMPUTING, "{names:?}");
        assert!(names.iter().all(|name| name.starts_with("computing-")), "{names:?}");
    }
}
