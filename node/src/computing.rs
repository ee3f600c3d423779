//! Places for what computes for long: verifying, reading what was fetched.

use crate::error::{ErrorKind, NodeError};
use std::sync::LazyLock;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// Fewest verifications that compute at once: one that takes long doesn't hold up the next.
const MIN_COMPUTING: usize = 2;
/// Most of them.
const MAX_COMPUTING: usize = 16;
/// Verifications that compute at once, one for each core. More wouldn't be faster, and each may need some tens of MB for a
/// document of the largest size.
static COMPUTING: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(MIN_COMPUTING, usize::from);
    Semaphore::new(cores.clamp(MIN_COMPUTING, MAX_COMPUTING))
});

/// Runs what computes for long away from the threads that serve, a few at once; the others wait in line.
///
/// # Errors
/// It failed, which is a fault of the node.
pub(crate) async fn computing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NodeError> {
    // The semaphore is never closed. What runs keeps its place even if the caller has gone.
    let place = COMPUTING.acquire().await.ok();
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a verification failed");
        NodeError::new(
            ErrorKind::Internal,
            "verification_failed",
            "The node failed while it looked at this document.",
            "Tell the operator of this node; its log says more.",
        )
    })
}
