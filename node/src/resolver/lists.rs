//! Status lists of issuers whose records the node doesn't hold: fetched by their URL, and only an answer if the issuer
//! himself vouches for them.

use super::egress::FetchError;
use super::flights::Flights;
use super::list_cache::{Failure, ListCache};
use super::{Resolver, host_of};
use crate::clock;
use crate::node::Node;
use accolade_core::did::document::DidDocument;
use accolade_core::status::{self, ListNeed, VerifiedList};
use accolade_core::time::Timestamp;
use accolade_core::verify::{ListMissing, WantedList};
use std::sync::Arc;

/// Largest list that is fetched, in bytes.
pub const MAX_LIST_BYTES: usize = 1024 * 1024;
/// Which lists are asked for.
const ACCEPT: &str =
    "application/vc, application/vc+jwt, application/ld+json;q=0.9, application/json;q=0.8, */*;q=0.1";

/// The list, or why there is none.
pub type ListAnswer = Result<Arc<VerifiedList>, ListMissing>;

/// The lists that were fetched, and those that are being fetched.
#[derive(Default)]
pub(super) struct Lists {
    cache: ListCache,
    flights: Flights<WantedList, ListAnswer>,
}

/// What is known of a list at `now` without asking anybody: one that was fetched and may still be used unasked, or that
/// there was none a moment ago. `None` where it would have to be fetched.
pub fn list_at_hand(node: &Node, wanted: &WantedList, now: Timestamp) -> Option<ListAnswer> {
    node.resolver().inner.lists.cache.get(wanted, now)
}

/// The list that an issuer whose proof passed names; `document` is the issuer's, where its keys aren't in its name.
///
/// # Errors
/// It is not to be had, not the issuer's, or past its time.
pub async fn list(node: &Node, wanted: &WantedList, document: Option<Arc<DidDocument>>) -> ListAnswer {
    let lists = &node.resolver().inner.lists;
    let landed = || lists.cache.get(wanted, clock::now());
    let (node, asked) = (node.clone(), wanted.clone());
    let begin = move || async move { ask(&node, &asked, document).await };
    let stopping = || Err(ListMissing::Unreachable("the fetch was given up".to_owned()));
    lists.flights.join(wanted.clone(), landed, begin, stopping).await
}

/// Asks, checks and remembers.
async fn ask(node: &Node, wanted: &WantedList, document: Option<Arc<DidDocument>>) -> ListAnswer {
    let resolver: &Resolver = node.resolver();
    let cache = &resolver.inner.lists.cache;
    let fetched = resolver.get(&address(wanted), host_of(&wanted.url), ACCEPT, MAX_LIST_BYTES as u64).await;
    let fetched = match fetched {
        Ok(fetched) => fetched,
        // Nobody was asked, so nothing is remembered.
        Err(error @ FetchError::Busy { .. }) => return Err(cache.without_asking(wanted, error.to_string())),
        Err(error) => return Err(cache.keep_failure(wanted, error.into(), clock::now())),
    };
    let (max_age, now) = (fetched.max_age, clock::now());
    let (contexts, question) = (node.contexts().clone(), wanted.clone());
    let read = resolver.read(move || {
        let need = ListNeed { url: question.url, kind: question.kind };
        let found = document.map(|document| (document.id().to_owned(), Ok(document)));
        let documents = found.into_iter().collect();
        let at = question.at.unwrap_or(now);
        status::read(&fetched.bytes, &need, &question.issuer, &documents, now, &contexts, at)
            .map_err(|error| error.to_string())
    });
    match read.await {
        Some(Ok(list)) => Ok(cache.keep(wanted, Arc::new(list), max_age, now)),
        Some(Err(why)) => Err(cache.keep_failure(wanted, Failure::Refused(why), now)),
        None => Err(cache.without_asking(wanted, "it could not be read".to_owned())),
    }
}

/// Where the list is asked for; a server that keeps past lists gives that of the time asked about (Bitstring Status List
/// v1.0, section 3.5), another the one of today, which says so itself.
fn address(wanted: &WantedList) -> String {
    match wanted.at {
        None => wanted.url.clone(),
        Some(at) => {
            let before = if wanted.url.contains('?') { '&' } else { '?' };
            format!("{}{before}timestamp={at}", wanted.url)
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let reason = error.to_string();
        match error {
            // One answer for both: who asks is not told which names there are inside.
            FetchError::NoHost { host } | FetchError::NotPublic { host } => {
                Self::Unreachable(format!("the host {host} is not known on the public Internet"))
            }
            FetchError::Timeout { .. } => Self::Slow(reason),
            FetchError::TooLarge { .. } | FetchError::Redirect { .. } => Self::Refused(reason),
            _ => Self::Unreachable(reason),
        }
    }
}
