//! A running node: what it is made of, how it starts, and how it stops.

use crate::clock;
use crate::config::{Config, ConfigError};
use crate::error::{ErrorKind, NodeError};
use crate::http;
use crate::ledger::{self, Identity, Ledger, LedgerError, NewIdentity, NewList, NewToken, Purpose};
use crate::network::{Multiaddr, Network, NetworkConfig, NetworkError};
use crate::publisher::{Effects, Publisher};
use crate::replica::{FloorStore, ReplicaError, ReplicaHandle};
use crate::status::SignedList;
use crate::token::{ApiToken, Scope, Scopes};
use crate::vault::{Vault, VaultError};
use accolade_core::did::{self, Did};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::record::{self, ListCreate, Profile, RecordId, ReplicaConfig};
use accolade_core::time::Timestamp;
use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// Entries of a new status list. The least that the standard allows hides a badge among 131,072.
const LIST_ENTRIES: u64 = accolade_core::status::MIN_ENTRIES as u64;
/// Times that a free port is looked for before giving up.
const FREE_PORT_TRIES: usize = 32;

/// A handle on a running node, for the verbs; cheap to clone.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

struct Inner {
    config: Config,
    did: Did,
    key: Arc<SigningKey>,
    base_url: String,
    vault: Vault,
    contexts: Contexts,
    ledger: Ledger,
    replica: ReplicaHandle,
    publisher: Arc<Publisher>,
    network: RwLock<Option<Arc<Network>>>,
    lists: RwLock<HashMap<u32, Arc<ListInfo>>>,
    making_list: tokio::sync::Mutex<()>,
    signed_lists: RwLock<HashMap<u32, SignedList>>,
}

/// A node that was started here and can be stopped.
pub struct Running {
    node: Node,
    http_addr: SocketAddr,
    p2p_addr: SocketAddr,
    stop_http: oneshot::Sender<()>,
    http: JoinHandle<()>,
    publishing: JoinHandle<()>,
}

/// One of this node's status lists, with its secret order of indexes.
pub(crate) struct ListInfo {
    pub(crate) number: u32,
    pub(crate) url: String,
    pub(crate) purpose: Purpose,
    pub(crate) entries: u64,
    pub(crate) seed: Zeroizing<[u8; 32]>,
}

/// Why a node didn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A value of the configuration makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The ledger can't be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The replica can't be opened.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The keys can't be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The peer network can't be joined.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Something that the node does at its start failed.
    #[error("{0} {hint}", hint = .0.hint)]
    Node(#[from] NodeError),
    /// A peer's address can't be read.
    #[error("`peers`: “{address}” is not a multiaddress such as /ip4/192.0.2.1/tcp/4001")]
    PeerAddress {
        /// The address.
        address: String,
    },
    /// The address is taken, or isn't this machine's.
    #[error(
        "{what} can't listen on {address}: {error}. Another program may use the port; choose another with `{key}`."
    )]
    Listen {
        /// Who listens.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The key of the configuration.
        key: &'static str,
        /// What the system said.
        error: std::io::Error,
    },
    /// The owner's token can't be written.
    #[error("the owner's token can't be written into {}: {error}", folder.display())]
    OwnerToken {
        /// The data folder.
        folder: std::path::PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

impl Node {
    /// Starts a node and serves until [`Running::stop`]. Must be called within a tokio runtime.
    ///
    /// At the very first start it makes the keys, fixes the DID, and gives out the owner's token: to a terminal if
    /// standard error is one, else into the file `owner-token` (mode 0600) of the data folder.
    ///
    /// # Errors
    /// Whatever keeps it from serving; nothing of it goes on running then.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let config = config.check()?;
        let peers = peer_addresses(&config.peers)?;
        let ledger = Ledger::open(&config.data).await?;
        let vault = match &config.key_file {
            Some(path) => Vault::open_key_file(path)?,
            None => Vault::open(&config.data)?,
        };
        let identity = identity(&config, &ledger, &vault).await?;
        let http_refused = |error| listen_error("HTTP", config.http, "http", error);
        let listener = TcpListener::bind(config.http).await.map_err(http_refused)?;
        let http_addr = listener.local_addr().map_err(http_refused)?;
        let p2p_addr = free_port(config.p2p)?;

        let replica = start_replica(&config, &ledger).await?;
        let publisher = Publisher::open(
            Arc::clone(&identity.key),
            identity.did.clone(),
            config.net.clone(),
            config.tick(),
            ledger.clone(),
            replica.clone(),
        )
        .await?;
        let network =
            Network::start(network_config(&config, &identity, p2p_addr, peers), replica.clone()).await?;
        let node = Self(Arc::new(Inner {
            base_url: format!("http://{http_addr}"),
            did: identity.did,
            key: identity.key,
            vault,
            contexts: Contexts::pinned(),
            ledger,
            replica,
            publisher: Arc::new(publisher),
            network: RwLock::new(Some(Arc::new(network))),
            lists: RwLock::default(),
            making_list: tokio::sync::Mutex::default(),
            signed_lists: RwLock::default(),
            config,
        }));
        node.publish_profile(clock::now()).await?;
        let publishing = tokio::spawn(Arc::clone(&node.0.publisher).run());
        let (stop_http, stopped) = oneshot::channel();
        let serving = http::serve(listener, http::router(node.clone()), async {
            // Told to stop, or forgotten: both end it.
            let _ = stopped.await;
        });
        let http = tokio::spawn(serving);
        Ok(Running { node, http_addr, p2p_addr, stop_http, http, publishing })
    }

    /// The node's DID, as issuer.
    pub fn did(&self) -> &Did {
        &self.0.did
    }

    /// The organization's name.
    pub fn name(&self) -> &str {
        &self.0.config.name
    }

    /// The configuration that the node was started with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Where the node is reached over HTTP, without a slash at the end.
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

    /// The pinned JSON-LD contexts.
    pub fn contexts(&self) -> &Contexts {
        &self.0.contexts
    }

    /// The maker of this issuer's records.
    pub fn publisher(&self) -> &Publisher {
        &self.0.publisher
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.0.key
    }

    /// The network; none while the node stops.
    pub(crate) fn network(&self) -> Option<Arc<Network>> {
        self.0.network.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the bearer of `token` may do what needs `scope`.
    ///
    /// # Errors
    /// No such token, or one without the scope.
    pub async fn authorize(&self, token: &str, scope: Scope) -> Result<(), NodeError> {
        let known = match ApiToken::parse(token) {
            Some(token) => self.0.ledger.token(token.hash()).await?,
            None => None,
        };
        let Some(known) = known else {
            let hint = "Send `Authorization: Bearer …` with a token of this node.";
            return Err(NodeError::new(
                ErrorKind::Unauthenticated,
                "unknown_token",
                "This token is not known here.",
                hint,
            ));
        };
        if !known.scopes.allow(scope) {
            let message = format!("This token does not allow “{}”.", scope.as_str());
            return Err(NodeError::new(
                ErrorKind::Forbidden,
                "scope_missing",
                message,
                "Use a token that has this scope.",
            ));
        }
        Ok(())
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
            url_prefix: format!("{}/status/", self.0.base_url),
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

    pub(crate) fn signed_list(&self, list: u32) -> Option<SignedList> {
        self.0.signed_lists.read().unwrap_or_else(PoisonError::into_inner).get(&list).cloned()
    }

    pub(crate) fn keep_signed_list(&self, list: u32, signed: SignedList) {
        self.0.signed_lists.write().unwrap_or_else(PoisonError::into_inner).insert(list, signed);
    }

    fn newest_list_after(&self, full: u32) -> Option<Arc<ListInfo>> {
        let lists = self.0.lists.read().unwrap_or_else(PoisonError::into_inner);
        lists.values().filter(|list| list.number > full).max_by_key(|list| list.number).cloned()
    }

    /// Takes over the announced lists of the ledger.
    async fn read_lists(&self) -> Result<(), NodeError> {
        let mut lists = HashMap::new();
        for list in self.0.ledger.lists().await?.into_iter().filter(|list| list.announced) {
            let seed = self.0.vault.unseal("list-seed", &list.seed).map_err(vault_error)?;
            let seed = <[u8; 32]>::try_from(seed.as_slice()).map(Zeroizing::new).map_err(|_| {
                let message = format!("The seed of status list {} has the wrong length.", list.number);
                NodeError::new(
                    ErrorKind::Internal,
                    "list_damaged",
                    message,
                    "Restore the ledger from a backup.",
                )
            })?;
            let (number, url, purpose, entries) = (list.number, list.url, list.purpose, list.entries);
            lists.insert(number, Arc::new(ListInfo { number, url, purpose, entries, seed }));
        }
        *self.0.lists.write().unwrap_or_else(PoisonError::into_inner) = lists;
        Ok(())
    }

    /// Publishes a new list and the first word on it, so that peers can answer for it.
    async fn announce(&self, list: &crate::ledger::StatusList, now: Timestamp) -> Result<(), NodeError> {
        let create = ListCreate {
            list: crate::publisher::in_log(list.number),
            url: list.url.clone(),
            purpose: crate::status::status_purpose(list.purpose),
            entries: list.entries,
        };
        let effects = Effects { lists_announced: vec![list.number], ..Effects::default() };
        let publisher = self.publisher();
        publisher
            .publish(effects, now, |log, key| {
                let created = log.list_create(create, key, now)?;
                let word = publisher.word(log, key, now)?;
                Ok(vec![(created, None), (word, None)])
            })
            .await
    }

    /// Publishes the profile if it isn't what the own log says already.
    async fn publish_profile(&self, now: Timestamp) -> Result<(), NodeError> {
        let mut profile = serde_json::json!({
            "id": self.0.did.as_str(),
            "type": ["Profile"],
            "name": self.0.config.name,
        });
        if let Some(website) = &self.0.config.website {
            profile["url"] = website.as_str().into();
        }
        let json = profile.to_string().into_bytes();
        self.publisher()
            .publish(Effects::default(), now, |log, key| {
                let said = log.state().and_then(|state| state.profile());
                if said.is_some_and(|said| said.json() == json) {
                    return Ok(Vec::new());
                }
                Ok(vec![(log.profile(Profile::new(json)?, key, now)?, None)])
            })
            .await
    }
}

impl Running {
    /// Where HTTP listens.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Where libp2p listens, on TCP and on QUIC (UDP).
    pub fn p2p_addr(&self) -> SocketAddr {
        self.p2p_addr
    }

    /// The multiaddresses by which peers reach this node.
    pub fn p2p_multiaddrs(&self) -> Vec<String> {
        multiaddrs(self.p2p_addr).iter().map(Multiaddr::to_string).collect()
    }

    /// Answers what has begun, stops everything, closes the stores. The ports are free again on return.
    pub async fn stop(self) {
        // It is gone already if the server failed.
        let _ = self.stop_http.send(());
        let _ = self.http.await;
        self.publishing.abort();
        // It was aborted: how it ended says nothing.
        let _ = self.publishing.await;
        let network = self.node.0.network.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(network) = network.and_then(Arc::into_inner) {
            network.shutdown().await;
        }
        self.node.0.replica.shutdown().await;
        self.node.0.ledger.close().await;
    }
}

impl Deref for Running {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

struct OwnIdentity {
    did: Did,
    key: Arc<SigningKey>,
    network_seed: Zeroizing<[u8; 32]>,
}

/// The identity in the ledger, made at the very first start.
async fn identity(config: &Config, ledger: &Ledger, vault: &Vault) -> Result<OwnIdentity, StartError> {
    if let Some(stored) = ledger.identity().await? {
        return Ok(open_identity(&stored, vault)?);
    }
    let key = SigningKey::from_seed(&clock::random());
    let network_seed = Zeroizing::new(clock::random::<32>());
    let new = NewIdentity {
        did: did::key::did_of(&key.verifying_key()).to_string(),
        signing_key: vault.seal("signing-key", key.seed().as_slice())?,
        network_key: vault.seal("network-key", network_seed.as_slice())?,
    };
    let token = ApiToken::generate().map_err(|error| owner_token_error(config, error))?;
    if std::io::stderr().is_terminal() && !config.owner_token_to_file {
        eprintln!("The owner's token, shown only this once: {}", token.expose());
    } else {
        let path = token.write_file(&config.data).map_err(|error| owner_token_error(config, error))?;
        if !config.owner_token_to_file {
            eprintln!("The owner's token is in {}", path.display());
        }
    }
    let owner = NewToken { hash: token.hash(), label: "owner".to_owned(), scopes: Scopes::owner() };
    ledger.create_identity(new, Some(owner), clock::now()).await?;
    let did = did::key::did_of(&key.verifying_key());
    Ok(OwnIdentity { did, key: Arc::new(key), network_seed })
}

fn open_identity(stored: &Identity, vault: &Vault) -> Result<OwnIdentity, NodeError> {
    let secret = |name: &str, sealed: &[u8]| {
        let opened = vault.unseal(name, sealed).map_err(vault_error)?;
        <[u8; 32]>::try_from(opened.as_slice()).map(Zeroizing::new).map_err(|_| {
            let message = format!("The {name} in the ledger has the wrong length.");
            NodeError::new(ErrorKind::Internal, "key_damaged", message, "Restore the ledger from a backup.")
        })
    };
    let key = SigningKey::from_seed(&*secret("signing-key", &stored.signing_key)?);
    let did = did::key::did_of(&key.verifying_key());
    if did.as_str() != stored.did {
        let message = format!("The key in the ledger is not that of {}.", stored.did);
        return Err(NodeError::new(
            ErrorKind::Internal,
            "key_damaged",
            message,
            "Restore the ledger from a backup.",
        ));
    }
    Ok(OwnIdentity { did, key: Arc::new(key), network_seed: secret("network-key", &stored.network_key)? })
}

async fn start_replica(config: &Config, ledger: &Ledger) -> Result<ReplicaHandle, StartError> {
    let mut floors = Vec::new();
    for floor in ledger.floors().await? {
        let issuer =
            Did::parse(&floor.issuer).map_err(|error| LedgerError::Corrupt { detail: error.to_string() })?;
        let ledger::Head { epoch, seq, id } = floor.head;
        floors.push(record::Floor { issuer, head: record::Head { epoch, seq, id: RecordId(id) } });
    }
    let mut replica = ReplicaConfig::new(&config.net, u64::from_le_bytes(clock::random()));
    replica.sync_every = Duration::from_secs(u64::from(config.sync_s));
    let store = LedgerFloors(ledger.clone());
    Ok(ReplicaHandle::start(&config.data.join("replica"), floors, replica, store).await?)
}

/// The replica's floors are kept in the ledger.
struct LedgerFloors(Ledger);

impl FloorStore for LedgerFloors {
    async fn commit(&self, floors: Vec<record::Floor>) -> Result<(), String> {
        let stored = |floor: record::Floor| {
            let record::Head { epoch, seq, id } = floor.head;
            ledger::Floor { issuer: floor.issuer.to_string(), head: ledger::Head { epoch, seq, id: id.0 } }
        };
        let committed = self.0.commit_floors(floors.into_iter().map(stored).collect()).await;
        let committed = committed.map_err(|error| error.to_string())?;
        match committed.contradicted.first() {
            Some(issuer) => Err(format!("another head of {issuer} at the same place is kept")),
            None => Ok(()),
        }
    }
}

fn network_config(
    config: &Config,
    identity: &OwnIdentity,
    p2p_addr: SocketAddr,
    peers: Vec<Multiaddr>,
) -> NetworkConfig {
    let mut network = NetworkConfig::new(*identity.network_seed, config.net.clone());
    network.listen = multiaddrs(p2p_addr);
    network.peers = peers;
    network.mdns = config.mdns;
    network
}

/// TCP and QUIC on one address.
fn multiaddrs(address: SocketAddr) -> Vec<Multiaddr> {
    let (ip, port) = (address.ip(), address.port());
    let family = if ip.is_ipv4() { "ip4" } else { "ip6" };
    [format!("/{family}/{ip}/tcp/{port}"), format!("/{family}/{ip}/udp/{port}/quic-v1")]
        .iter()
        // An IP address and a port always make a multiaddress.
        .filter_map(|text| text.parse().ok())
        .collect()
}

fn peer_addresses(peers: &[String]) -> Result<Vec<Multiaddr>, StartError> {
    let read = |text: &String| text.parse().map_err(|_| StartError::PeerAddress { address: text.clone() });
    peers.iter().map(read).collect()
}

/// The address with a port that is free for both TCP and UDP, if it has port 0.
fn free_port(address: SocketAddr) -> Result<SocketAddr, StartError> {
    let refused = |error| listen_error("libp2p", address, "p2p", error);
    if address.port() != 0 {
        // Tell now, and by the key's name, what would fail later.
        std::net::TcpListener::bind(address).map_err(refused)?;
        UdpSocket::bind(address).map_err(refused)?;
        return Ok(address);
    }
    let mut last = None;
    for _ in 0..FREE_PORT_TRIES {
        let tcp = std::net::TcpListener::bind(address).map_err(refused)?;
        let found = tcp.local_addr().map_err(refused)?;
        match UdpSocket::bind(found) {
            Ok(_) => return Ok(found),
            Err(error) => last = Some(error),
        }
    }
    Err(refused(last.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into())))
}

fn listen_error(
    what: &'static str,
    address: SocketAddr,
    key: &'static str,
    error: std::io::Error,
) -> StartError {
    StartError::Listen { what, address, key, error }
}

fn owner_token_error(config: &Config, error: std::io::Error) -> StartError {
    StartError::OwnerToken { folder: config.data.clone(), error }
}

fn vault_error(error: VaultError) -> NodeError {
    let hint = "The file vault.key (or `key_file`) must be the one that the ledger was made with.";
    NodeError::new(ErrorKind::Internal, "vault", error.to_string(), hint)
}
