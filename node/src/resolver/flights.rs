//! Fetches that are under way: whoever asks for the same waits for the same answer.

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// By what is asked for, the answer to come.
pub(super) struct Flights<K, A> {
    under_way: Mutex<HashMap<K, Shared<BoxFuture<'static, A>>>>,
}

impl<K, A> Default for Flights<K, A> {
    fn default() -> Self {
        Self { under_way: Mutex::default() }
    }
}

impl<K: Eq + Hash, A: Clone + Send + Sync + 'static> Flights<K, A> {
    /// Waits for the fetch of `key` that is under way, or begins it. `landed` looks once more whether the answer has
    /// come since the caller looked; `begin` must end in [`Self::land`]. A caller that goes away doesn't stop it;
    /// `stopped` is the answer where the runtime does.
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
            let fly = || {
                let task = tokio::spawn(begin());
                task.map(|ended| ended.unwrap_or_else(|_| stopped())).boxed().shared()
            };
            under_way.entry(key).or_insert_with(fly).clone()
        };
        flight.await
    }

    /// Says that the fetch of `key` is over; what it brought must be where `landed` finds it, or be asked for anew.
    pub(super) fn land(&self, key: &K) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}
