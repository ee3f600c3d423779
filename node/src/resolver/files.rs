//! Files that a caller names by their URL: trust roots, which are kept for a while, and badges, which are not.

use super::cache::{Cache, LACK_KEPT, MAX_KEPT, SLOW_KEPT, USUALLY_KEPT};
use super::egress::{FETCH_TIMEOUT, FetchError, Fetched};
use super::flights::Flights;
use super::{Resolver, host_of};
use crate::node::Node;
use accolade_core::bake::MAX_IMAGE_BYTES;
use accolade_core::trust::Root;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Largest file of trust roots that is fetched, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// Most badges that are fetched, or were and wait to be read, at once: each may be a picture of 10 MiB.
const MAX_BADGES: usize = 4;
/// Which trust roots are asked for.
const ACCEPT_FILE: &str =
    "application/json, application/jwt;q=0.9, application/entity-statement+jwt;q=0.9, */*;q=0.5";
/// Which forms of a badge are asked for, the form in which it was signed first.
const ACCEPT_BADGE: &str = "application/vc, application/vc+jwt, application/ld+json;q=0.9, application/json;q=0.9, \
                            image/png;q=0.8, image/svg+xml;q=0.8, */*;q=0.1";

/// What a file of trust roots says, read once for all who name it; or in plain words why it says nothing.
pub type RootAnswer = Result<Arc<Root>, String>;

/// The trust roots that were fetched, and those that are being fetched.
pub(super) struct Files {
    cache: Cache<RootAnswer>,
    flights: Flights<String, RootAnswer>,
    badges: Arc<Semaphore>,
}

impl Default for Files {
    fn default() -> Self {
        let badges = Arc::new(Semaphore::new(MAX_BADGES));
        Self { cache: Cache::default(), flights: Flights::default(), badges }
    }
}

/// What is known of the trust root at `url` without asking anybody.
pub fn trust_root_at_hand(node: &Node, url: &str) -> Option<RootAnswer> {
    node.resolver().inner.files.cache.get(url, Instant::now())
}

/// The trust root at an https URL that the caller named, a file of at most [`MAX_FILE_BYTES`]. It is kept for as long as
/// its server allows, an hour at most; that there was none, for half a minute.
///
/// # Errors
/// Anything but a 200 within all limits, and what is no trust root.
pub async fn trust_root(node: &Node, url: &str) -> RootAnswer {
    if let Some(answer) = trust_root_at_hand(node, url) {
        return answer;
    }
    let files = &node.resolver().inner.files;
    let landed = || files.cache.get(url, Instant::now());
    let (resolver, asked) = (node.resolver().clone(), url.to_owned());
    let begin = move || async move { ask(&resolver, &asked).await };
    let stopped = || Err("the fetch was given up".to_owned());
    files.flights.join(url.to_owned(), landed, begin, stopped).await
}

async fn ask(resolver: &Resolver, url: &str) -> RootAnswer {
    let fetched = resolver.get(url, host_of(url), ACCEPT_FILE, MAX_FILE_BYTES as u64).await;
    let (answer, lifetime) = match fetched {
        // Nobody was asked, so nothing is remembered.
        Err(error @ FetchError::Busy { .. }) => return Err(error.to_string()),
        Err(error @ FetchError::Timeout { .. }) => (Err(error.to_string()), SLOW_KEPT),
        // One answer for both: who asks is not told which names there are inside.
        Err(FetchError::NoHost { host } | FetchError::NotPublic { host }) => {
            (Err(format!("the host {host} is not known on the public Internet")), LACK_KEPT)
        }
        Err(error) => (Err(error.to_string()), LACK_KEPT),
        Ok(found) => {
            let lifetime = found.max_age.unwrap_or(USUALLY_KEPT).min(MAX_KEPT);
            match resolver.read(move || Root::parse(&found.bytes).map_err(|error| error.to_string())).await {
                None => return Err("it could not be read".to_owned()),
                Some(Ok(root)) => (Ok(Arc::new(root)), lifetime),
                Some(Err(why)) => (Err(why), LACK_KEPT.min(lifetime)),
            }
        }
    };
    let weight = answer.as_ref().map_or_else(String::len, |root| root.memory_bytes());
    resolver.inner.files.cache.keep_for(url, answer.clone(), weight, lifetime, Instant::now());
    answer
}

/// The badge at an https URL that the caller named: a picture of at most 10 MiB, or less. Nothing is kept of it. The place
/// that comes with it is to be held as long as the bytes are.
///
/// # Errors
/// Anything but a 200 within all limits.
pub async fn badge(node: &Node, url: &str) -> Result<(Fetched, OwnedSemaphorePermit), FetchError> {
    let resolver = node.resolver().clone();
    let busy = || FetchError::Busy { host: host_of(url).to_owned() };
    let place = tokio::time::timeout(FETCH_TIMEOUT, Arc::clone(&resolver.inner.files.badges).acquire_owned());
    let place = place.await.ok().and_then(Result::ok).ok_or_else(busy)?;
    let asked = url.to_owned();
    // A task of its own: the fetch goes on if its caller leaves, and so the place stays taken until it is over.
    let fetched = tokio::spawn(async move {
        let fetched = resolver.get(&asked, host_of(&asked), ACCEPT_BADGE, MAX_IMAGE_BYTES as u64).await;
        fetched.map(|fetched| (fetched, place))
    });
    let stopping =
        |_| Err(FetchError::Failed { url: url.to_owned(), detail: "the node is stopping".to_owned() });
    fetched.await.unwrap_or_else(stopping)
}
