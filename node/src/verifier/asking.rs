//! How a question is answered that needs others: judged with what is there, then fetched what it lacks, a few times.

use super::sources::{Fetched, Lacking, Sources};
use crate::computing::computing;
use crate::error::{ErrorKind, NodeError};
use crate::node::Node;
use crate::resolver::{self, Found, ListAnswer, RootAnswer};
use accolade_core::did::document::DidDocument;
use accolade_core::verify::{DocumentMissing, ListMissing, WantedList};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Most documents, lists and trust roots that are fetched for one badge or presentation. Each fetch may follow three redirects on
/// its host.
pub const MAX_FETCHES_PER_BADGE: usize = 8;
/// Most that are fetched for all badges of one request together.
pub const MAX_FETCHES_PER_BATCH: usize = 64;
/// Most times that one question is judged: with nothing, with the issuer's document, with his lists and his endorsers'
/// documents, with the endorsers' lists.
const MAX_ROUNDS: usize = 4;

/// What is asked of others for one request. All badges of the request share it: what one of them needed is not fetched
/// again for another, whatever its server says of caches. Cheap to clone.
#[derive(Clone)]
pub struct Asking(Arc<Inner>);

struct Inner {
    node: Node,
    documents: Once<String, Result<Found, DocumentMissing>>,
    lists: Once<WantedList, ListAnswer>,
    /// How many more fetches there may be.
    left: Mutex<usize>,
}

/// Answers that come once, by what was asked.
type Once<K, A> = Mutex<HashMap<K, Shared<BoxFuture<'static, A>>>>;

impl Asking {
    /// For a request that has one badge or presentation.
    pub fn about_one(node: &Node) -> Self {
        Self::at_most(node, MAX_FETCHES_PER_BADGE)
    }

    /// For a request that has many.
    pub fn about_many(node: &Node) -> Self {
        Self::at_most(node, MAX_FETCHES_PER_BATCH)
    }

    fn at_most(node: &Node, fetches: usize) -> Self {
        let (documents, lists, left) = (Mutex::default(), Mutex::default(), Mutex::new(fetches));
        Self(Arc::new(Inner { node: node.clone(), documents, lists, left }))
    }

    /// The node that asks.
    pub fn node(&self) -> &Node {
        &self.0.node
    }

    /// Whether one more may be fetched for the request; if so, it counts.
    pub(super) fn may_fetch(&self) -> bool {
        take(&mut self.0.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The trust root at an address. One that isn't at hand counts among what is fetched for the request.
    ///
    /// # Errors
    /// It is not to be had, or too much was asked for already: why, in plain words.
    pub async fn trust_root(&self, url: &str) -> RootAnswer {
        match resolver::trust_root_at_hand(&self.0.node, url) {
            Some(answer) => answer,
            None if self.may_fetch() => resolver::trust_root(&self.0.node, url).await,
            None => Err("too much would have to be fetched for this request".to_owned()),
        }
    }

    /// The answer to one question. `work` is the judging, and says what it lacks; it runs among those that compute. What
    /// it lacks is fetched without holding a place there, and it runs again.
    ///
    /// # Errors
    /// The node failed.
    pub async fn answer<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Sources<'_>) -> Result<T, Lacking> + Send + Sync + 'static,
    ) -> Result<T, NodeError> {
        self.go_on(1, Lacking::default(), work).await
    }

    /// The same, where a first look with [`Self::first_look`] has shown what is lacking.
    ///
    /// # Errors
    /// The node failed.
    pub async fn answer_after<T: Send + 'static>(
        &self,
        lacking: Lacking,
        work: impl Fn(&mut Sources<'_>) -> Result<T, Lacking> + Send + Sync + 'static,
    ) -> Result<T, NodeError> {
        self.go_on(2, lacking, work).await
    }

    /// For a first look at a badge: what the node has without asking anybody.
    pub fn first_look(&self) -> Sources<'_> {
        Sources::with(&self.0.node, Fetched::default(), false)
    }

    async fn go_on<T: Send + 'static>(
        &self,
        first: usize,
        mut lacking: Lacking,
        work: impl Fn(&mut Sources<'_>) -> Result<T, Lacking> + Send + Sync + 'static,
    ) -> Result<T, NodeError> {
        let work = Arc::new(work);
        let (mut fetched, mut left) = (Fetched::default(), MAX_FETCHES_PER_BADGE);
        for round in first..=MAX_ROUNDS {
            self.fetch(lacking, &mut fetched, &mut left).await;
            let (node, work, had) = (self.0.node.clone(), Arc::clone(&work), fetched.clone());
            let judge = move || work(&mut Sources::with(&node, had, round == MAX_ROUNDS));
            match computing(judge).await? {
                Ok(answer) => return Ok(answer),
                Err(more) => lacking = more,
            }
        }
        let message = "A verification asked for more and more.";
        let hint = "This is a fault of the node; tell its operator.";
        Err(NodeError::new(ErrorKind::Internal, "verification_failed", message, hint))
    }

    /// Fetches side by side, and puts what came, or why it didn't, to the rest.
    async fn fetch(&self, lacking: Lacking, fetched: &mut Fetched, left: &mut usize) {
        let mut documents = Vec::new();
        for id in lacking.documents {
            match take(left) {
                true => documents.push(self.document(id)),
                false => {
                    let why = over("badge", MAX_FETCHES_PER_BADGE);
                    fetched.documents.insert(id, Err(DocumentMissing::Unavailable(why)));
                }
            }
        }
        let mut lists = Vec::new();
        for (wanted, document) in lacking.lists {
            match take(left) {
                true => lists.push(self.list(wanted, document)),
                false => {
                    let why = over("badge", MAX_FETCHES_PER_BADGE);
                    fetched.lists.insert(wanted, Err(ListMissing::Unreachable(why)));
                }
            }
        }
        let all =
            futures::future::join(futures::future::join_all(documents), futures::future::join_all(lists));
        let (documents, lists) = all.await;
        fetched.documents.extend(documents);
        fetched.lists.extend(lists);
    }

    async fn document(&self, id: String) -> (String, Result<Found, DocumentMissing>) {
        let (node, asked) = (self.0.node.clone(), id.clone());
        let ask = async move { resolver::document(&node, &asked).await };
        let none = || Err(DocumentMissing::Unavailable(over("request", MAX_FETCHES_PER_BATCH)));
        let answer = self.once(&self.0.documents, &id, ask.boxed(), none);
        (id, answer.await)
    }

    async fn list(&self, wanted: WantedList, document: Option<Arc<DidDocument>>) -> (WantedList, ListAnswer) {
        let (node, asked) = (self.0.node.clone(), wanted.clone());
        let ask = async move { resolver::list(&node, &asked, document).await };
        let none = || Err(ListMissing::Unreachable(over("request", MAX_FETCHES_PER_BATCH)));
        let answer = self.once(&self.0.lists, &wanted, ask.boxed(), none);
        (wanted, answer.await)
    }

    /// Asks once for all badges of the request; `none` is the answer where too much was asked for already.
    fn once<K: Clone + Eq + Hash, A: Clone + Send + Sync + 'static>(
        &self,
        known: &Once<K, A>,
        key: &K,
        ask: BoxFuture<'static, A>,
        none: impl FnOnce() -> A,
    ) -> Shared<BoxFuture<'static, A>> {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(key) {
            return answer.clone();
        }
        let answer = if self.may_fetch() { ask } else { futures::future::ready(none()).boxed() };
        let answer = answer.shared();
        known.insert(key.clone(), answer.clone());
        answer
    }
}

fn take(left: &mut usize) -> bool {
    let is_free = *left > 0;
    *left = left.saturating_sub(1);
    is_free
}

fn over(what: &str, limit: usize) -> String {
    format!("more than {limit} documents and lists would have to be fetched for one {what}")
}
