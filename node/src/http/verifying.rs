//! How a verification runs: away from the threads that serve, a few at once, and with the network only between two runs.

use super::problem::Problem;
use crate::error::{ErrorKind, NodeError};
use crate::node::Node;
use crate::resolver;
use crate::verifier::Sources;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Most verifications that compute at once.
const MAX_COMPUTING: usize = 16;
/// Verifications that compute at once. More wouldn't be faster, and each may need some tens of MB for a document
/// of the largest size.
static COMPUTING: Semaphore = Semaphore::const_new(MAX_COMPUTING);

/// Runs what computes for long away from the threads that serve, a few at once; the others wait in line.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    // The semaphore is never closed. What runs keeps its place even if the caller has gone.
    let place = COMPUTING.acquire().await.ok();
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a verification failed");
        Problem::from(NodeError::new(
            ErrorKind::Internal,
            "verification_failed",
            "The node failed while it looked at this document.",
            "Tell the operator of this node; its log says more.",
        ))
    })
}

/// Runs `work` with the documents of issuers that are at hand. If it lacks some that can be fetched, they are fetched,
/// which takes no place among those that compute, and it runs once more.
pub(super) async fn verifying<T: Send + 'static>(
    node: &Node,
    work: impl Fn(&mut Sources<'_>) -> T + Send + Sync + 'static,
) -> Result<T, Problem> {
    let work = Arc::new(work);
    let (at_hand, first) = (node.clone(), Arc::clone(&work));
    let (answer, lacking) = blocking(move || {
        let mut sources = Sources::at_hand(&at_hand);
        (first(&mut sources), sources.into_lacking())
    })
    .await?;
    if lacking.is_empty() {
        return Ok(answer);
    }
    let fetched = resolver::documents(node, lacking).await;
    let node = node.clone();
    blocking(move || work(&mut Sources::with(&node, fetched))).await
}
