//! From a DID or https URL to the document that says whose keys they are.
//!
//! A did:key or did:jwk is its own document, this node's own DID is answered from memory. Only a did:web or https
//! issuer of somebody else is asked for over the network, through the one egress guard ([`egress`]): once for all who
//! wait for it, and kept for a while.

mod addresses;
mod cache;
pub mod egress;

pub use cache::{LACK_KEPT, MAX_KEPT, MIN_KEPT, SLOW_KEPT, USUALLY_KEPT};
pub use egress::Egress;

use crate::node::Node;
use accolade_core::did::document::{DidDocument, MAX_DOCUMENT_BYTES};
use accolade_core::did::{self, Did};
use accolade_core::verify::DocumentMissing;
use cache::Cache;
use egress::{FETCH_TIMEOUT, FetchError};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;
use tokio::sync::Semaphore;

/// Most fetches under way at once; further ones wait as long as a fetch may take, then give up.
pub const MAX_FETCHES: usize = 32;
/// Most of them at one host: a slow one holds up itself, and nobody is sent against a host in numbers.
pub const MAX_FETCHES_PER_HOST: usize = 4;
/// Most documents that are fetched for one badge or presentation.
pub const MAX_FETCHES_PER_REQUEST: usize = 8;
/// Which documents are asked for.
const ACCEPT_DID: &str = "application/did+json, application/did+ld+json;q=0.9, application/json;q=0.8";
/// What an https issuer is asked for (Controlled Identifiers 1.0, section 2).
const ACCEPT_PROFILE: &str = "application/json, application/ld+json;q=0.9";

/// The document, or why there is none.
pub type Answer = Result<Arc<DidDocument>, ResolveError>;

/// Documents that were fetched for one question, by DID or URL.
pub type Documents = HashMap<String, Result<Arc<DidDocument>, DocumentMissing>>;

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// Not a DID, or not one of its method.
    #[error("this is not a DID that can be resolved: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },
    /// A method that this node doesn't resolve.
    #[error("the DID method “{method}” is not resolved here")]
    UnsupportedMethod {
        /// The method.
        method: String,
    },
    /// There is no such document where it would have to be.
    #[error("there is no document: {reason}")]
    NotFound {
        /// What its host said.
        reason: String,
    },
    /// Its host says that it is gone for good, or the document itself says that its DID is no longer in use.
    #[error("the DID was deactivated")]
    Deactivated,
    /// Its host can't be asked now.
    #[error("the document can't be had: {reason}")]
    Unreachable {
        /// Why.
        reason: String,
    },
    /// Its host took too long.
    #[error("the document can't be had: {reason}")]
    TimedOut {
        /// What was waited for.
        reason: String,
    },
    /// There is something, and it isn't the document of that DID.
    #[error("what stands there is not the document: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
}

impl From<ResolveError> for DocumentMissing {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Deactivated => Self::Deactivated,
            ResolveError::Refused { reason } => Self::Refused(reason),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// The resolver of a node; cheap to clone.
#[derive(Clone)]
pub struct Resolver {
    inner: Arc<Inner>,
}

struct Inner {
    egress: Egress,
    cache: Cache,
    places: Semaphore,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
    flights: Mutex<HashMap<String, Flight>>,
}

/// A fetch that is under way, and everybody who waits for it.
type Flight = Shared<BoxFuture<'static, Answer>>;

/// The document of a DID or https URL, by whatever way it takes.
///
/// # Errors
/// Why there is none; said in plain words.
pub async fn document(node: &Node, id: &str) -> Result<Arc<DidDocument>, DocumentMissing> {
    resolve(node, id).await.map_err(DocumentMissing::from)
}

/// The same, with the error in the terms of DID resolution.
///
/// # Errors
/// Why there is none.
pub async fn resolve(node: &Node, id: &str) -> Answer {
    match at_hand(node, id) {
        Some(answer) => answer,
        None => node.resolver().fetch(id).await,
    }
}

/// The documents of `ids`, side by side; beyond [`MAX_FETCHES_PER_REQUEST`] they are not asked for.
pub async fn documents(node: &Node, ids: Vec<String>) -> Documents {
    let each = ids.into_iter().enumerate().map(|(at, id)| async move {
        let found = if at < MAX_FETCHES_PER_REQUEST {
            document(node, &id).await
        } else {
            let why = format!("more than {MAX_FETCHES_PER_REQUEST} documents would have to be fetched");
            Err(DocumentMissing::Unavailable(why))
        };
        (id, found)
    });
    futures::future::join_all(each).await.into_iter().collect()
}

/// What is known of `id` without asking anybody: this node's own document, those that follow from their DID, those that
/// were fetched before, and what can't be asked for at all. `None` where it would have to be fetched.
pub fn at_hand(node: &Node, id: &str) -> Option<Answer> {
    if id == node.did().as_str() {
        return Some(Ok(Arc::clone(node.document())));
    }
    if !id.starts_with("https://") {
        let did = match Did::parse(id) {
            Ok(did) => did,
            Err(error) => return Some(Err(ResolveError::Invalid { reason: error.to_string() })),
        };
        if let Some(resolved) = did::resolve_pure(&did) {
            let invalid = |error: did::DidError| ResolveError::Invalid { reason: error.to_string() };
            return Some(resolved.map(Arc::new).map_err(invalid));
        }
    }
    match address_of(id) {
        Ok(_) => node.resolver().inner.cache.get(id, Instant::now()),
        Err(error) => Some(Err(error)),
    }
}

/// Where the document stands, and what to ask for.
fn address_of(id: &str) -> Result<(String, &'static str), ResolveError> {
    let invalid = |reason: String| ResolveError::Invalid { reason };
    if id.starts_with("https://") {
        return Ok((id.to_owned(), ACCEPT_PROFILE));
    }
    let did = Did::parse(id).map_err(|error| invalid(error.to_string()))?;
    if did.method() != "web" {
        return Err(ResolveError::UnsupportedMethod { method: did.method().to_owned() });
    }
    let url = did::web::url_of(&did).map_err(|error| invalid(error.to_string()))?;
    Ok((url, ACCEPT_DID))
}

impl Resolver {
    /// A resolver that fetches through `egress`.
    pub fn new(egress: Egress) -> Self {
        let places = Semaphore::new(MAX_FETCHES);
        let (hosts, flights) = (Mutex::default(), Mutex::default());
        let inner = Inner { egress, cache: Cache::default(), places, hosts, flights };
        Self { inner: Arc::new(inner) }
    }

    /// Fetches a document, or waits for the fetch that is under way. A caller that goes away doesn't stop it.
    async fn fetch(&self, id: &str) -> Answer {
        let flight = {
            let mut flights = self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner);
            // It may have landed since the caller looked.
            if let Some(answer) = self.inner.cache.get(id, Instant::now()) {
                return answer;
            }
            let begin = || {
                let (inner, id) = (Arc::clone(&self.inner), id.to_owned());
                let task = tokio::spawn(async move { inner.fly(id).await });
                task.map(|ended| ended.unwrap_or_else(|_| Err(unreachable("the node is stopping"))))
                    .boxed()
                    .shared()
            };
            flights.entry(id.to_owned()).or_insert_with(begin).clone()
        };
        flight.await
    }
}

impl Inner {
    async fn fly(self: Arc<Self>, id: String) -> Answer {
        let at_host = self.places_at(host_of(&id));
        // First one at its host, so that those who wait for a slow host keep nobody else waiting.
        let waiting = tokio::time::timeout(FETCH_TIMEOUT, async {
            let at_host = at_host.acquire().await;
            (at_host, self.places.acquire().await)
        });
        let answer = match waiting.await {
            Ok((Ok(_at_host), Ok(_place))) => {
                let (inner, id) = (Arc::clone(&self), id.clone());
                let fetched = tokio::task::spawn_blocking(move || inner.fetch(&id)).await;
                fetched.unwrap_or_else(|_| Err(unreachable("the fetch failed")))
            }
            // Nobody was asked, so nothing is remembered.
            _ => Err(unreachable("too many documents are being fetched")),
        };
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        answer
    }

    /// The places at one host; forgotten when nobody holds or awaits one.
    fn places_at(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = hosts.get(host).and_then(Weak::upgrade) {
            return places;
        }
        hosts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(MAX_FETCHES_PER_HOST));
        hosts.insert(host.to_owned(), Arc::downgrade(&places));
        places
    }

    /// Asks and remembers; blocks.
    fn fetch(&self, id: &str) -> Answer {
        let (url, accept) = address_of(id)?;
        let fetched = self.egress.get(&url, accept, MAX_DOCUMENT_BYTES as u64);
        let max_age = fetched.as_ref().ok().and_then(|found| found.max_age);
        let answer = fetched.map_err(ResolveError::from).and_then(|found| {
            // A did:web stands where nothing but such a document stands. Under any other address may be what visitors
            // of the host have put there; it must at least be served as data.
            if accept == ACCEPT_PROFILE && !found.is_json {
                let reason = "it is not served as JSON (Content-Type)".to_owned();
                return Err(ResolveError::Refused { reason });
            }
            let read = DidDocument::parse(&found.bytes, id);
            let document = read.map_err(|error| ResolveError::Refused { reason: error.to_string() })?;
            if document.deactivated() { Err(ResolveError::Deactivated) } else { Ok(Arc::new(document)) }
        });
        self.cache.keep(id, answer.clone(), max_age, Instant::now());
        answer
    }
}

impl From<FetchError> for ResolveError {
    fn from(error: FetchError) -> Self {
        let reason = error.to_string();
        match error {
            FetchError::Status { status: 410, .. } => Self::Deactivated,
            FetchError::Status { status: 404, .. } => Self::NotFound { reason },
            // One answer for both: who asks is not told which names there are inside.
            FetchError::NoHost { host } | FetchError::NotPublic { host } => {
                Self::NotFound { reason: format!("the host {host} is not known on the public Internet") }
            }
            FetchError::Timeout { .. } => Self::TimedOut { reason },
            FetchError::TooLarge { .. } | FetchError::Redirect { .. } => Self::Refused { reason },
            _ => Self::Unreachable { reason },
        }
    }
}

/// The host that answers for a did:web or https URL.
fn host_of(id: &str) -> &str {
    let rest = id.strip_prefix("did:web:").or_else(|| id.strip_prefix("https://")).unwrap_or(id);
    rest.split([':', '/']).next().unwrap_or(rest)
}

fn unreachable(reason: &str) -> ResolveError {
    ResolveError::Unreachable { reason: reason.to_owned() }
}
