//! Files that a caller names by their URL: trust roots, which are kept for a while, and badges, which are not.

use super::cache::{Cache, LACK_KEPT, MAX_KEPT, SLOW_KEPT, USUALLY_KEPT};
use super::egress::{FETCH_TIMEOUT, FetchError, Fetched};
use super::flights::Flights;
use super::{Resolver, host_of};
use crate::node::Node;
use accolade_core::bake::MAX_IMAGE_BYTES;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Largest file of trust roots that is fetched, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// Most badges that are fetched at once: each may be a picture of 10 MiB.
const MAX_BADGES: usize = 4;
/// Which trust roots are asked for.
const ACCEPT_FILE: &str =
    "application/json, application/jwt;q=0.9, application/entity-statement+jwt;q=0.9, */*;q=0.5";
/// Which forms of a badge are asked for, the form in which it was signed first.
const ACCEPT_BADGE: &str = "application/vc, application/vc+jwt, application/ld+json;q=0.9, application/json;q=0.9, \
                            image/png;q=0.8, image/svg+xml;q=0.8, */*;q=0.1";

type File = Result<Arc<[u8]>, FetchError>;

/// The files that were fetched, and those that are being fetched.
pub(super) struct Files {
    cache: Cache<File>,
    flights: Flights<String, File>,
    badges: Semaphore,
}

impl Default for Files {
    fn default() -> Self {
        let badges = Semaphore::new(MAX_BADGES);
        Self { cache: Cache::default(), flights: Flights::default(), badges }
    }
}

/// The bytes of a file of at most [`MAX_FILE_BYTES`] at an https URL that the caller named. They are kept for as long as
/// its server allows, an hour at most; that there were none, for half a minute.
///
/// # Errors
/// Anything but a 200 within all limits.
pub async fn file(node: &Node, url: &str) -> File {
    let files = &node.resolver().inner.files;
    let landed = || files.cache.get(url, Instant::now());
    if let Some(answer) = landed() {
        return answer;
    }
    let (resolver, asked) = (node.resolver().clone(), url.to_owned());
    let begin = move || async move {
        let answer = ask(&resolver, &asked).await;
        resolver.inner.files.flights.land(&asked);
        answer
    };
    let of_stopping = url.to_owned();
    let stopping =
        move || Err(FetchError::Failed { url: of_stopping, detail: "the node is stopping".to_owned() });
    files.flights.join(url.to_owned(), landed, begin, stopping).await
}

async fn ask(resolver: &Resolver, url: &str) -> File {
    let fetched = resolver.get(url, host_of(url), ACCEPT_FILE, MAX_FILE_BYTES as u64).await;
    let (weight, lifetime) = match &fetched {
        // Nobody was asked, so nothing is remembered.
        Err(error @ FetchError::Busy { .. }) => return Err(error.clone()),
        Err(FetchError::Timeout { .. }) => (0, SLOW_KEPT),
        Err(_) => (0, LACK_KEPT),
        Ok(found) => (found.bytes.len(), found.max_age.unwrap_or(USUALLY_KEPT).min(MAX_KEPT)),
    };
    let answer = fetched.map(|found| Arc::from(found.bytes));
    resolver.inner.files.cache.keep_for(url, answer.clone(), weight, lifetime, Instant::now());
    answer
}

/// The badge at an https URL that the caller named: a picture of at most 10 MiB, or less. Nothing is kept of it.
///
/// # Errors
/// Anything but a 200 within all limits.
pub async fn badge(node: &Node, url: &str) -> Result<Fetched, FetchError> {
    let resolver = node.resolver();
    let busy = || FetchError::Busy { host: host_of(url).to_owned() };
    let place = tokio::time::timeout(FETCH_TIMEOUT, resolver.inner.files.badges.acquire());
    let _place = place.await.ok().and_then(Result::ok).ok_or_else(busy)?;
    resolver.get(url, host_of(url), ACCEPT_BADGE, MAX_IMAGE_BYTES as u64).await
}
