//! From a DID or https URL to the document that says whose keys they are.
//!
//! A did:key or did:jwk is its own document, this node's own DID is answered from memory. Only a did:web or https
//! issuer of somebody else is asked for over the network.

use super::cache::Cache;
use super::egress::FetchError;
use super::flights::Flights;
use super::{Resolver, host_of};
use crate::clock;
use crate::node::Node;
use accolade_core::did::document::{DidDocument, MAX_DOCUMENT_BYTES};
use accolade_core::did::{self, Did};
use accolade_core::time::Timestamp;
use accolade_core::verify::DocumentMissing;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

/// Which documents are asked for.
const ACCEPT_DID: &str = "application/did+json, application/did+ld+json;q=0.9, application/json;q=0.8";
/// What an https issuer is asked for (Controlled Identifiers 1.0, section 2).
const ACCEPT_PROFILE: &str = "application/json, application/ld+json;q=0.9";

/// A document, and how old that word is.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The document.
    pub document: Arc<DidDocument>,
    /// When it was fetched; `None` of one that follows from its DID, and of the node's own.
    pub fetched_at: Option<Timestamp>,
}

impl Deref for Found {
    type Target = DidDocument;

    fn deref(&self) -> &DidDocument {
        &self.document
    }
}

/// The document, or why there is none.
pub type Answer = Result<Found, ResolveError>;

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

/// The documents that were fetched, and those that are being fetched.
#[derive(Default)]
pub(super) struct Documents {
    cache: Cache<Answer>,
    flights: Flights<String, Answer>,
}

/// The document of a DID or https URL, by whatever way it takes.
///
/// # Errors
/// Why there is none; said in plain words.
pub async fn document(node: &Node, id: &str) -> Result<Found, DocumentMissing> {
    resolve(node, id).await.map_err(DocumentMissing::from)
}

/// The same, with the error in the terms of DID resolution.
///
/// # Errors
/// Why there is none.
pub async fn resolve(node: &Node, id: &str) -> Answer {
    match at_hand(node, id) {
        Some(answer) => answer,
        None => node.resolver().fetch_document(id).await,
    }
}

/// What is known of `id` without asking anybody: this node's own document, those that follow from their DID, those that
/// were fetched before, and what can't be asked for at all. `None` where it would have to be fetched.
pub fn at_hand(node: &Node, id: &str) -> Option<Answer> {
    let for_ever = |document| Found { document, fetched_at: None };
    if id == node.did().as_str() {
        return Some(Ok(for_ever(Arc::clone(node.document()))));
    }
    if !id.starts_with("https://") {
        let did = match Did::parse(id) {
            Ok(did) => did,
            Err(error) => return Some(Err(ResolveError::Invalid { reason: error.to_string() })),
        };
        if let Some(resolved) = did::resolve_pure(&did) {
            let invalid = |error: did::DidError| ResolveError::Invalid { reason: error.to_string() };
            return Some(resolved.map(|document| for_ever(Arc::new(document))).map_err(invalid));
        }
    }
    match address_of(id) {
        Ok(_) => node.resolver().inner.documents.cache.get(id, Instant::now()),
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
    /// Fetches a document, or waits for the fetch that is under way.
    async fn fetch_document(&self, id: &str) -> Answer {
        let documents = &self.inner.documents;
        let landed = || documents.cache.get(id, Instant::now());
        let (resolver, asked) = (self.clone(), id.to_owned());
        let begin = move || async move { resolver.ask_for_document(&asked).await };
        let stopping = || Err(unreachable("the fetch was given up"));
        documents.flights.join(id.to_owned(), landed, begin, stopping).await
    }

    /// Asks and remembers.
    async fn ask_for_document(&self, id: &str) -> Answer {
        let (url, accept) = address_of(id)?;
        let fetched = self.get(&url, host_of(id), accept, MAX_DOCUMENT_BYTES as u64).await;
        let fetched = match fetched {
            // Nobody was asked, so nothing is remembered.
            Err(error @ FetchError::Busy { .. }) => return Err(error.into()),
            fetched => fetched,
        };
        let max_age = fetched.as_ref().ok().and_then(|found| found.max_age);
        let answer = match fetched {
            // A did:web stands where nothing but such a document stands. Under any other address may be what visitors
            // of the host have put there; it must at least be served as data.
            Ok(found) if accept == ACCEPT_PROFILE && !found.is_json() => {
                Err(ResolveError::Refused { reason: "it is not served as JSON (Content-Type)".to_owned() })
            }
            Ok(found) => {
                let expected = id.to_owned();
                let read = self.read(move || DidDocument::parse(&found.bytes, &expected)).await;
                read.ok_or_else(|| unreachable("it could not be read"))?
                    .map_err(|error| ResolveError::Refused { reason: error.to_string() })
                    .and_then(in_use)
            }
            Err(error) => Err(error.into()),
        };
        self.inner.documents.cache.keep(id, answer.clone(), max_age, Instant::now());
        answer
    }
}

fn in_use(document: DidDocument) -> Answer {
    if document.deactivated() {
        return Err(ResolveError::Deactivated);
    }
    Ok(Found { document: Arc::new(document), fetched_at: Some(clock::now()) })
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

fn unreachable(reason: &str) -> ResolveError {
    ResolveError::Unreachable { reason: reason.to_owned() }
}
