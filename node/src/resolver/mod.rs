//! What is asked of others: documents of issuers, status lists, trust roots, badges by their URL.
//!
//! All of it goes through the one egress guard ([`egress`]): once for all who wait for it, and what came is kept for a
//! while. What is asked for at all, and when, the verbs decide (`verifier`).

mod addresses;
mod cache;
mod crowd;
mod documents;
pub mod egress;
mod files;
mod flights;
mod list_cache;
mod lists;
mod places;

pub use cache::{LACK_KEPT, MAX_KEPT, MIN_KEPT, SLOW_KEPT, USUALLY_KEPT};
pub use documents::{Answer, Found, ResolveError, at_hand, document, resolve};
pub use egress::Egress;
pub use files::{MAX_FILE_BYTES, RootAnswer, badge, trust_root, trust_root_at_hand};
pub use list_cache::MAX_LIST_KEPT;
pub use lists::{ListAnswer, MAX_LIST_BYTES, list, list_at_hand};

use crate::computing::computing;
use documents::Documents;
use egress::{FetchError, Fetched};
use files::Files;
use lists::Lists;
use places::Places;
use std::sync::Arc;

/// Most fetches under way at once; further ones wait as long as a fetch may take, then give up.
pub const MAX_FETCHES: usize = 32;
/// Most of them at one host: a slow one holds up itself, and nobody is sent against a host in numbers.
pub const MAX_FETCHES_PER_HOST: usize = 4;
/// Most of them connected to one address (of IPv6: one /64), whatever the hosts are called that it goes by.
pub const MAX_FETCHES_PER_ADDRESS: usize = 16;

/// The resolver of a node; cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    inner: Arc<Inner>,
}

struct Inner {
    egress: Egress,
    places: Places,
    documents: Documents,
    lists: Lists,
    files: Files,
}

impl Resolver {
    /// A resolver that fetches through `egress`.
    pub fn new(egress: Egress) -> Self {
        let inner = Inner {
            egress,
            places: Places::default(),
            documents: Documents::default(),
            lists: Lists::default(),
            files: Files::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Fetches `url` when there is a place for it.
    async fn get(
        &self,
        url: &str,
        host: &str,
        accept: &'static str,
        limit_bytes: u64,
    ) -> Result<Fetched, FetchError> {
        let busy = || FetchError::Busy { host: host.to_owned() };
        let place = self.inner.places.take(host).await.ok_or_else(busy)?;
        let (egress, asked) = (self.inner.egress.clone(), url.to_owned());
        let fetched = tokio::task::spawn_blocking(move || {
            // Held until the fetch is over, also if nobody waits for it any more.
            let _place = place;
            egress.get(&asked, accept, limit_bytes)
        });
        let failed =
            |_| Err(FetchError::Failed { url: url.to_owned(), detail: "the fetch failed".to_owned() });
        fetched.await.unwrap_or_else(failed)
    }

    /// Reads what was fetched among what computes. `None` if it failed, which is a fault of the node.
    async fn read<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        computing(work).await.ok()
    }
}

/// The host that answers for a did:web or https URL.
fn host_of(id: &str) -> &str {
    let rest = id.strip_prefix("did:web:").or_else(|| id.strip_prefix("https://")).unwrap_or(id);
    rest.split([':', '/', '?', '#']).next().unwrap_or(rest)
}
