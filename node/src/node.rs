//! A running node: what it is made of, and what the verbs need of it.

pub use crate::start::{Running, StartError};

use crate::clock;
use crate::config::Config;
use crate::error::{ErrorKind, NodeError};
use crate::ledger::{Ledger, NewList, Purpose, StatusList, Token, kind_of};
use crate::list_history::ListHistory;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::publisher::{self, Effects, Publisher};
use crate::replica::ReplicaHandle;
use crate::resolver::Resolver;
use crate::status::SignedList;
use crate::token::{ApiToken, Scope};
use crate::vault::{Vault, VaultError};
use accolade_core::credential::draft::StatusKind;
use accolade_core::did::Did;
use accolade_core::did::document::DidDocument;
use accolade_core::jose::{self, SigningError, TokenOptions};
use accolade_core::json::Object;
use accolade_core::jsonld::Contexts;
use accolade_core::keys::{SecretKey, SigningKey};
use accolade_core::proof::{self, ProofError, ProofOptions, Purpose as ProofPurpose};
use accolade_core::record::{ListCreate, Profile};
use accolade_core::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

/// Entries of a new status list. The least that the standard allows hides a badge among 131,072.
const LIST_ENTRIES: u64 = accolade_core::status::MIN_ENTRIES as u64;

/// A handle on a running node, for the verbs; cheap to clone.
#[derive(Clone)]
pub struct Node(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) did: Did,
    pub(crate) log_did: Did,
    pub(crate) document: Arc<DidDocument>,
    pub(crate) key: Arc<SigningKey>,
    pub(crate) base_url: String,
    pub(crate) vault: Vault,
    pub(crate) contexts: Contexts,
    pub(crate) ledger: Ledger,
    pub(crate) replica: ReplicaHandle,
    pub(crate) resolver: Resolver,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) metrics: Metrics,
    pub(crate) network: RwLock<Option<Arc<Network>>>,
    pub(crate) lists: RwLock<HashMap<u32, Arc<ListInfo>>>,
    pub(crate) making_list: tokio::sync::Mutex<()>,
    pub(crate) signed_lists: RwLock<HashMap<u32, SignedList>>,
    pub(crate) history: ListHistory,
}

/// One of this node's status lists, with its secret order of indexes.
pub(crate) struct ListInfo {
    pub(crate) number: u32,
    pub(crate) url: String,
    pub(crate) purpose: Purpose,
    pub(crate) kind: StatusKind,
    pub(crate) entries: u64,
    /// None of a closed list, which gives no index any more.
    pub(crate) seed: Option<Zeroizing<[u8; 32]>>,
}

impl Node {
    /// The node's DID, as issuer: the did:web of its `public_url`, else that of [`Self::log_did`].
    pub fn did(&self) -> &Did {
        &self.0.did
    }

    /// The did:key of the node's signing key, under which its log of records stands. Nobody else can write there,
    /// whatever becomes of a domain.
    pub fn log_did(&self) -> &Did {
        &self.0.log_did
    }

    /// The document of [`Self::did`], as this node publishes it.
    pub fn document(&self) -> &Arc<DidDocument> {
        &self.0.document
    }

    /// The DID URL of the key that signs this node's badges and lists, as it stands in their proofs.
    pub fn verification_method(&self) -> String {
        format!("{}#{}", self.did(), self.0.key.verifying_key().to_multikey())
    }

    /// The organization's name.
    pub fn name(&self) -> &str {
        &self.0.config.name
    }

    /// The configuration that the node was started with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Where the node is reached over HTTP, without a slash at the end: its `public_url`, else where it listens.
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// What this node only knows.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// What is held of all issuers.
    pub fn replica(&self) -> &ReplicaHandle {
        &self.0.replica
    }

    /// The way to the documents of other issuers.
    pub fn resolver(&self) -> &Resolver {
        &self.0.resolver
    }

    /// The pinned JSON-LD contexts.
    pub fn contexts(&self) -> &Contexts {
        &self.0.contexts
    }

    /// The maker of this issuer's records.
    pub fn publisher(&self) -> &Arc<Publisher> {
        &self.0.publisher
    }

    /// What was counted since the start.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Signs a credential of this node as its issuer (Data Integrity, `assertionMethod`).
    ///
    /// # Errors
    /// A term or context that isn't known; a credential that has too many proofs.
    pub(crate) fn sign(&self, unsigned: Object, now: Timestamp) -> Result<Object, ProofError> {
        let options = ProofOptions {
            verification_method: self.verification_method(),
            purpose: ProofPurpose::AssertionMethod,
            created: now.whole_seconds(),
            expires: None,
            challenge: None,
            domain: None,
        };
        proof::sign(unsigned, &self.0.key, &options, self.contexts())
    }

    /// Signs a credential of this node as a token (VC-JOSE-COSE); the same credential and time give the same token.
    ///
    /// # Errors
    /// As [`Self::sign`], and a credential that has a member of the name of a claim.
    pub(crate) fn sign_token(&self, unsigned: Object, issued: Timestamp) -> Result<String, SigningError> {
        let key = SecretKey::Ed25519(SigningKey::from_seed(&self.0.key.seed()));
        let options = TokenOptions {
            verification_method: self.verification_method(),
            issued,
            expires: None,
            nonce: None,
            audience: None,
        };
        jose::sign_credential(unsigned, &key, &options, self.contexts())
    }

    /// The network; none while the node stops.
    pub(crate) fn network(&self) -> Option<Arc<Network>> {
        self.0.network.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The token that is known by this text, if it may do what needs `scope`.
    ///
    /// # Errors
    /// No such token, one that has ended, or one without the scope.
    pub async fn authorize(&self, token: &str, scope: Scope, now: Timestamp) -> Result<Token, NodeError> {
        let known = match ApiToken::parse(token) {
            Some(token) => self.0.ledger.token(token.hash()).await?,
            None => None,
        };
        let refused = |kind, code, message: String, hint| Err(NodeError::new(kind, code, message, hint));
        let Some(known) = known else {
            let message = "This token is not known here.".to_owned();
            let hint = "Send `Authorization: Bearer …` with a token of this node.";
            return refused(ErrorKind::Unauthenticated, "unknown_token", message, hint);
        };
        if let Some(until) = known.valid_until.filter(|_| known.has_ended(now)) {
            let message = format!("This token has ended at {until}.");
            return refused(ErrorKind::Unauthenticated, "token_ended", message, "Ask for a new token.");
        }
        if !known.scopes.allow(scope) {
            let message = format!("This token does not allow “{}”.", scope.as_str());
            return refused(
                ErrorKind::Forbidden,
                "scope_missing",
                message,
                "Use a token that has this scope.",
            );
        }
        self.note_used(&known, now);
        Ok(known)
    }

    /// Notes once a day that a token was used; nobody waits for it, and nothing depends on it.
    fn note_used(&self, token: &Token, now: Timestamp) {
        const DAY_MS: i64 = 24 * 3600 * 1000;
        let today = now.as_millis().div_euclid(DAY_MS);
        if token.last_used_day.is_some_and(|day| day.as_millis().div_euclid(DAY_MS) >= today) {
            return;
        }
        let (ledger, number) = (self.0.ledger.clone(), token.number);
        tokio::spawn(async move {
            if let Err(error) = ledger.note_token_used(number, now).await {
                tracing::debug!(%error, "the day of a token's use was not noted");
            }
        });
    }

    /// One of this node's lists.
    pub(crate) async fn list_info(&self, number: u32) -> Result<Arc<ListInfo>, NodeError> {
        if let Some(info) = self.0.lists.read().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(Arc::clone(info));
        }
        self.read_lists().await?;
        let lists = self.0.lists.read().unwrap_or_else(PoisonError::into_inner);
        lists.get(&number).cloned().ok_or_else(|| {
            let message = format!("This node has no status list {number}.");
            NodeError::new(
                ErrorKind::NotFound,
                "no_such_list",
                message,
                "The URL stands in the badge's credentialStatus.",
            )
        })
    }

    /// This node's list of that URL, as the ledger has it now.
    pub(crate) async fn list_at(&self, url: &str) -> Result<Option<Arc<ListInfo>>, NodeError> {
        self.read_lists().await?;
        let lists = self.0.lists.read().unwrap_or_else(PoisonError::into_inner);
        Ok(lists.values().find(|list| list.url == url).cloned())
    }

    /// The list to issue from when every list up to `full` is full (0: none is): made and announced if need be.
    pub(crate) async fn issuing_list(&self, full: u32, now: Timestamp) -> Result<Arc<ListInfo>, NodeError> {
        if let Some(list) = self.newest_list_after(full) {
            return Ok(list);
        }
        // One at a time, and the others find what it made.
        let _making = self.0.making_list.lock().await;
        self.read_lists().await?;
        if let Some(list) = self.newest_list_after(full) {
            return Ok(list);
        }
        let seed = self.0.vault.seal("list-seed", &clock::random::<32>()).map_err(vault_error)?;
        let new = NewList {
            url_prefix: format!("{}/{}/", self.0.base_url, folder_of(self.issuing_kind())),
            purpose: Purpose::Revocation,
            entries: LIST_ENTRIES,
            seed,
        };
        let list = self.0.ledger.create_list(new, full, now).await?;
        if !list.announced {
            self.announce(&list, now).await?;
        }
        self.read_lists().await?;
        self.newest_list_after(full).ok_or_else(|| {
            let message = "A new status list was made and is not there.";
            NodeError::new(
                ErrorKind::Internal,
                "no_such_list",
                message,
                "This is a fault of the node; see its log.",
            )
        })
    }

    /// How new badges name their places in lists.
    pub(crate) fn issuing_kind(&self) -> StatusKind {
        if self.0.config.certification { StatusKind::OneEdTech } else { StatusKind::Bitstring }
    }

    /// What the own lists were at past times.
    pub(crate) fn history(&self) -> &ListHistory {
        &self.0.history
    }

    pub(crate) fn signed_list(&self, list: u32) -> Option<SignedList> {
        self.0.signed_lists.read().unwrap_or_else(PoisonError::into_inner).get(&list).cloned()
    }

    pub(crate) fn keep_signed_list(&self, list: u32, signed: SignedList) {
        self.0.signed_lists.write().unwrap_or_else(PoisonError::into_inner).insert(list, signed);
    }

    fn newest_list_after(&self, full: u32) -> Option<Arc<ListInfo>> {
        let lists = self.0.lists.read().unwrap_or_else(PoisonError::into_inner);
        let open = lists.values().filter(|list| list.seed.is_some() && list.kind == self.issuing_kind());
        open.filter(|list| list.number > full).max_by_key(|list| list.number).cloned()
    }

    /// Takes over the announced lists of the ledger.
    pub(crate) async fn read_lists(&self) -> Result<(), NodeError> {
        let mut lists = HashMap::new();
        for list in self.0.ledger.lists().await?.into_iter().filter(|list| list.announced) {
            let seed = if list.closed { None } else { Some(self.open_seed(&list)?) };
            let (number, url, purpose, entries) = (list.number, list.url, list.purpose, list.entries);
            let is_one_ed_tech = kind_of(&url) == folder_of(StatusKind::OneEdTech);
            let kind = if is_one_ed_tech { StatusKind::OneEdTech } else { StatusKind::Bitstring };
            lists.insert(number, Arc::new(ListInfo { number, url, purpose, kind, entries, seed }));
        }
        *self.0.lists.write().unwrap_or_else(PoisonError::into_inner) = lists;
        Ok(())
    }

    fn open_seed(&self, list: &StatusList) -> Result<Zeroizing<[u8; 32]>, NodeError> {
        let seed = self.0.vault.unseal("list-seed", &list.seed).map_err(vault_error)?;
        <[u8; 32]>::try_from(seed.as_slice()).map(Zeroizing::new).map_err(|_| {
            let message = format!("The seed of status list {} has the wrong length.", list.number);
            NodeError::damaged("list_damaged", message)
        })
    }

    /// Publishes a new list and the first word on it, so that peers can answer for it.
    async fn announce(&self, list: &StatusList, now: Timestamp) -> Result<(), NodeError> {
        let create = ListCreate {
            list: publisher::in_log(list.number),
            url: list.url.clone(),
            purpose: list.purpose,
            entries: list.entries,
        };
        let effects = Effects { lists_announced: vec![list.number], ..Effects::default() };
        let publisher = Arc::clone(self.publisher());
        self.publisher()
            .publish(effects, now, move |log, key| {
                let created = log.list_create(create, key, now)?;
                let word = publisher.word(log, key, now)?;
                Ok(vec![(created, None), (word, None)])
            })
            .await
    }

    /// Publishes the profile if it isn't what the own log says already.
    pub(crate) async fn publish_profile(&self, now: Timestamp) -> Result<(), NodeError> {
        let mut profile = serde_json::json!({
            "id": self.log_did().as_str(),
            "type": ["Profile"],
            "name": self.0.config.name,
        });
        if self.did() != self.log_did() {
            // Peers know the log by its did:key. What stands here is only said: the DID's own document proves it.
            profile["otherIdentifier"] = serde_json::json!([{
                "type": "IdentifierEntry",
                "identifier": self.did().as_str(),
                "identifierType": "ext:did",
            }]);
        }
        if let Some(website) = &self.0.config.website {
            profile["url"] = website.as_str().into();
        }
        let json = profile.to_string().into_bytes();
        self.publisher()
            .publish(Effects::default(), now, move |log, key| {
                let said = log.state().and_then(|state| state.profile());
                if said.is_some_and(|said| said.json() == json) {
                    return Ok(Vec::new());
                }
                Ok(vec![(log.profile(Profile::new(json)?, key, now)?, None)])
            })
            .await
    }
}

/// Under which part of its address the node serves lists of a kind.
pub(crate) fn folder_of(kind: StatusKind) -> &'static str {
    match kind {
        StatusKind::Bitstring => "status",
        StatusKind::OneEdTech => "revocations",
    }
}

pub(crate) fn vault_error(error: VaultError) -> NodeError {
    let hint = "The file vault.key (or `key_file`) must be the one that the ledger was made with.";
    NodeError::new(ErrorKind::Internal, "vault", error.to_string(), hint)
}
