//! Fetches that are under way: whoever asks for the same waits for the same answer.

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

type UnderWay<K, A> = Mutex<HashMap<K, Shared<BoxFuture<'static, A>>>>;

/// By what is asked for, the answer to come.
pub(super) struct Flights<K: Eq + Hash, A> {
    under_way: Arc<UnderWay<K, A>>,
}

/// A fetch that is over once this goes, also where it failed.
struct Landing<K: Eq + Hash, A> {
    under_way: Arc<UnderWay<K, A>>,
    key: K,
}

impl<K: Eq + Hash, A> Drop for Landing<K, A> {
    fn drop(&mut self) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl<K: Eq + Hash, A> Default for Flights<K, A> {
    fn default() -> Self {
        Self { under_way: Arc::default() }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static, A: Clone + Send + Sync + 'static> Flights<K, A> {
    /// Waits for the fetch of `key` that is under way, or begins it. `landed` looks once more whether the answer has
    /// come since the caller looked; what the fetch brings must be where `landed` finds it, or be asked for anew. A
    /// caller that goes away doesn't stop it; `stopped` is the answer where the runtime does, or where it fails.
    pub(super) async fn join<F: Future<Output = A> + Send + 'static>(
        &self,
        key: K,
        landed: impl FnOnce() -> Option<A>,
        begin: impl FnOnce() -> F,
        stopped: impl FnOnce() -> A + Send + 'static,
    ) -> A {
        let flight = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(answer) = landed() {
                return answer;
            }
            let (all, own) = (Arc::clone(&self.under_way), key.clone());
            let fly = || {
                let fetch = begin();
                let task = tokio::spawn(async move {
                    // Made here and not before: what is never run must not wait for the lock that is held now.
                    let _landing = Landing { under_way: all, key: own };
                    fetch.await
                });
                task.map(|ended| ended.unwrap_or_else(|_| stopped())).boxed().shared()
            };
            under_way.entry(key).or_insert_with(fly).clone()
        };
        flight.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_for_the_same_waits_for_the_same_answer_and_a_failure_is_not_for_ever() {
        let flights: Flights<&str, u32> = Flights::default();
        let none = || None;
        let failed = || flights.join("a", none, || async { panic!("on purpose") }, || 0);
        let both = futures::future::join(failed(), flights.join("a", none, || async { 1 }, || 9)).await;
        assert_eq!(both, (0, 0), "both waited for the fetch that failed");
        assert!(flights.under_way.lock().expect("lock").is_empty(), "it is over");
        assert_eq!(flights.join("a", none, || async { 2 }, || 9).await, 2, "the next fetch is another");
        assert_eq!(flights.join("a", || Some(3), || async { 4 }, || 9).await, 3, "it had landed");
        assert!(flights.under_way.lock().expect("lock").is_empty());
    }
}
