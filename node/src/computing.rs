//! Places for what computes for long: verifying, reading what was fetched.

use crate::error::{ErrorKind, NodeError};
use tokio::sync::Semaphore;

/// Most verifications that compute at once.
const MAX_COMPUTING: usize = 16;
/// Verifications that compute at once. More wouldn't be faster, and each may need some tens of MB for a document
/// of the largest size.
static COMPUTING: Semaphore = Semaphore::const_new(MAX_COMPUTING);

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
