//! How a verification runs: away from the threads that serve, a few at once, and with the network only between two runs.

use super::problem::Problem;
use crate::computing::computing;
use crate::verifier::{Asking, Lacking, Sources};

/// Runs what computes for long away from the threads that serve, a few at once; the others wait in line.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    Ok(computing(work).await?)
}

/// Runs `work` with what is at hand. What it lacks and may be fetched is fetched, which takes no place among those that
/// compute, and it runs again.
pub(super) async fn verifying<T: Send + 'static>(
    asking: &Asking,
    work: impl Fn(&mut Sources<'_>) -> Result<T, Lacking> + Send + Sync + 'static,
) -> Result<T, Problem> {
    Ok(asking.answer(work).await?)
}
