//! Places for fetches: some for all, fewer at one host.

use super::egress::FETCH_TIMEOUT;
use super::{MAX_FETCHES, MAX_FETCHES_PER_HOST};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(super) struct Places {
    all: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A place for one fetch, until it is dropped.
pub(super) struct Place {
    _at_host: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for Places {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MAX_FETCHES)), hosts: Mutex::default() }
    }
}

impl Places {
    /// A place for a fetch from `host`, if there is one within the time that a fetch may take.
    pub(super) async fn take(&self, host: &str) -> Option<Place> {
        let at_host = self.at(host);
        // First one at its host, so that those who wait for a slow host keep nobody else waiting.
        let waiting = tokio::time::timeout(FETCH_TIMEOUT, async {
            let _at_host = at_host.acquire_owned().await.ok()?;
            let _of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Place { _at_host, _of_all })
        });
        waiting.await.ok().flatten()
    }

    /// The places at one host; forgotten when nobody holds or awaits one.
    fn at(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = hosts.get(host).and_then(Weak::upgrade) {
            return places;
        }
        hosts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(MAX_FETCHES_PER_HOST));
        hosts.insert(host.to_owned(), Arc::downgrade(&places));
        places
    }
}
