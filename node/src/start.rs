//! How a node starts and stops.

use crate::clock;
use crate::config::{Config, ConfigError, LogFormat};
use crate::error::{ErrorKind, NodeError};
use crate::http::{self, Tls, TlsError};
use crate::ledger::{self, Identity, Ledger, LedgerError, NewIdentity, NewToken};
use crate::level::{self, LevelState};
use crate::list_history::ListHistory;
use crate::metrics::{self, Metrics};
use crate::network::{Multiaddr, Network, NetworkConfig, NetworkError};
use crate::node::{Inner, Node, vault_error};
use crate::public_url::PublicUrl;
use crate::publisher::Publisher;
use crate::replica::{FloorStore, ReplicaError, ReplicaHandle};
use crate::resolver::{Egress, Resolver};
use crate::token::{ApiToken, Scopes};
use crate::vault::{VAULT_KEY_FILE, Vault, VaultError};
use accolade_core::did::document::{self, DidDocument};
use accolade_core::did::{self, Did};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::record::{self, RecordId, ReplicaConfig};
use std::io::IsTerminal as _;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// Times that a free port is looked for before giving up.
const FREE_PORT_TRIES: usize = 32;
/// How long a node waits for its port to be given up,
const PORT_PATIENCE: Duration = Duration::from_secs(5);
/// and how often it looks.
const PORT_RETRY: Duration = Duration::from_millis(50);
/// Where free ports are looked for.
const FREE_PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A node that was started here and can be stopped.
pub struct Running {
    node: Node,
    http_addr: SocketAddr,
    p2p_addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
    tls: Option<Arc<Tls>>,
    stop_http: oneshot::Sender<()>,
    http: JoinHandle<()>,
    publishing: JoinHandle<()>,
    leveling: JoinHandle<()>,
    metrics: Option<JoinHandle<()>>,
}

/// Why a node didn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A value of the configuration makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The ledger can't be opened.
    #[error("{0}. {hint}", hint = .0.hint())]
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
    /// The certificate of HTTPS can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
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
        Self::start_with(config, Egress::public()).await
    }

    /// [`Self::start`] with another way to the documents of others, for tests. No configuration leads here.
    ///
    /// # Errors
    /// As [`Self::start`].
    #[doc(hidden)]
    pub async fn start_with(config: Config, egress: Egress) -> Result<Running, StartError> {
        let config = config.check()?;
        let peers = peer_addresses(&config.peers)?;
        let tls = match (&config.tls_cert, &config.tls_key) {
            (Some(cert), Some(key)) => Some(Arc::new(Tls::open(cert, key)?)),
            _ => None,
        };
        let http_addr = free_port(config.http, Transport::Tcp).await?;
        let p2p_addr = free_port(config.p2p, Transport::TcpAndUdp).await?;
        let metrics_addr = match config.metrics {
            Some(address) => Some(free_port(address, Transport::TcpOfMetrics).await?),
            None => None,
        };
        // A key file that can't be used is said before a folder is made for it.
        let own_key_file = config.data.join(VAULT_KEY_FILE);
        match &config.key_file {
            Some(path) => drop(Vault::open_key_file(path)?),
            None if own_key_file.exists() => drop(Vault::open_key_file(&own_key_file)?),
            None => {}
        }
        let ledger = Ledger::open(&config.data).await?;
        let plan = Plan { config, peers, egress, tls, http_addr, p2p_addr, metrics_addr };
        let started = plan.start_on(&ledger).await;
        if started.is_err() {
            ledger.close().await;
        }
        started
    }
}

/// What was decided before anything was opened.
struct Plan {
    config: Config,
    peers: Vec<Multiaddr>,
    egress: Egress,
    tls: Option<Arc<Tls>>,
    http_addr: SocketAddr,
    p2p_addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
}

impl Plan {
    async fn start_on(self, ledger: &Ledger) -> Result<Running, StartError> {
        let vault = match &self.config.key_file {
            Some(path) => Vault::open_key_file(path)?,
            None => Vault::open(&self.config.data)?,
        };
        let identity = identity(&self.config, ledger, &vault).await?;
        let replica = start_replica(&self.config, ledger, &identity.log_did).await?;
        let started = self.start_with(ledger.clone(), vault, identity, replica.clone()).await;
        if started.is_err() {
            replica.shutdown().await;
        }
        started
    }

    async fn start_with(
        self,
        ledger: Ledger,
        vault: Vault,
        identity: OwnIdentity,
        replica: ReplicaHandle,
    ) -> Result<Running, StartError> {
        let Self { config, peers, egress, tls, http_addr, p2p_addr, metrics_addr } = self;
        let publisher = Publisher::open(
            Arc::clone(&identity.key),
            identity.log_did.clone(),
            config.net.clone(),
            config.tick(),
            ledger.clone(),
            replica.clone(),
        )
        .await?;
        let http_refused = |error| listen_error("HTTP", http_addr, "http", error);
        let listener = TcpListener::bind(http_addr).await.map_err(http_refused)?;
        let metrics_listener = match metrics_addr {
            Some(address) => {
                let refused = |error| listen_error("The metrics", address, "metrics", error);
                Some(TcpListener::bind(address).await.map_err(refused)?)
            }
            None => None,
        };
        let network =
            Network::start(network_config(&config, &identity, p2p_addr, peers), replica.clone()).await?;
        let node = Node(Arc::new(Inner {
            base_url: base_url(&config, http_addr),
            did: identity.did,
            log_did: identity.log_did,
            document: Arc::new(identity.document),
            key: identity.key,
            vault,
            contexts: Contexts::pinned(),
            ledger,
            replica,
            resolver: Resolver::new(egress),
            publisher: Arc::new(publisher),
            metrics: Metrics::default(),
            network: RwLock::new(Some(Arc::new(network))),
            lists: RwLock::default(),
            making_list: tokio::sync::Mutex::default(),
            history: ListHistory::default(),
            signed_lists: RwLock::default(),
            config,
        }));
        if node.publisher().level() == LevelState::Level {
            node.publish_profile(clock::now()).await?;
        }
        let leveling = tokio::spawn(level::run(node.clone()));
        let publishing = tokio::spawn(Arc::clone(&node.0.publisher).run());
        let (stop_http, stopped) = oneshot::channel();
        let serving = http::serve(listener, http::router(node.clone()), tls.clone(), async {
            // Told to stop, or forgotten: both end it.
            let _ = stopped.await;
        });
        let http = tokio::spawn(serving);
        let metrics = metrics_listener.map(|listener| {
            let never = std::future::pending();
            tokio::spawn(http::serve(listener, metrics::router(node.clone()), None, never))
        });
        Ok(Running {
            node,
            http_addr,
            p2p_addr,
            metrics_addr,
            tls,
            stop_http,
            http,
            publishing,
            leveling,
            metrics,
        })
    }
}

impl Running {
    /// Where HTTP listens.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// The URL of that address, without a slash at the end: where the node is reached on this machine, whatever its
    /// `public_url` is.
    pub fn local_url(&self) -> String {
        local_url(self.config(), self.http_addr)
    }

    /// Where libp2p listens, on TCP and on QUIC (UDP).
    pub fn p2p_addr(&self) -> SocketAddr {
        self.p2p_addr
    }

    /// Where metrics are served, if they are.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// The multiaddresses by which peers reach this node.
    pub fn p2p_multiaddrs(&self) -> Vec<String> {
        multiaddrs(self.p2p_addr).iter().map(Multiaddr::to_string).collect()
    }

    /// Reads the certificate of HTTPS and its key again, for the connections to come. False without TLS: there is
    /// nothing to read.
    ///
    /// # Errors
    /// A file that can't be used; then the certificate in use stays.
    pub fn reload_tls(&self) -> Result<bool, TlsError> {
        self.tls.as_ref().map_or(Ok(false), |tls| tls.reload().map(|()| true))
    }

    /// Answers what has begun, stops everything, closes the stores. The ports are free again on return.
    pub async fn stop(self) {
        // It is gone already if the server failed.
        let _ = self.stop_http.send(());
        let _ = self.http.await;
        for task in [Some(self.publishing), Some(self.leveling), self.metrics].into_iter().flatten() {
            task.abort();
            // It was aborted: how it ended says nothing.
            let _ = task.await;
        }
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
    /// The did:key under which the log of records stands, whatever the DID is.
    log_did: Did,
    document: DidDocument,
    key: Arc<SigningKey>,
    network_seed: Zeroizing<[u8; 32]>,
}

/// The identity in the ledger, made at the very first start.
async fn identity(config: &Config, ledger: &Ledger, vault: &Vault) -> Result<OwnIdentity, StartError> {
    let public_url = config.public_url.as_ref();
    if let Some(stored) = ledger.identity().await? {
        return Ok(open_identity(&stored, public_url, vault)?);
    }
    let key = SigningKey::from_seed(&clock::random());
    let log_did = did::key::did_of(&key.verifying_key());
    let did = public_url.map_or_else(|| log_did.clone(), |url| url.did().clone());
    let network_seed = Zeroizing::new(clock::random::<32>());
    let new = NewIdentity {
        did: did.to_string(),
        signing_key: vault.seal("signing-key", key.seed().as_slice())?,
        network_key: vault.seal("network-key", network_seed.as_slice())?,
    };
    let token = ApiToken::generate().map_err(|error| owner_token_error(config, error))?;
    give_out(&token, config).map_err(|error| owner_token_error(config, error))?;
    ledger.create_identity(new, Some(owner_token(&token)), clock::now()).await?;
    Ok(OwnIdentity::new(did, key, network_seed)?)
}

/// Gives out an owner's token, which is shown only this once: to the terminal if standard error is one, else into the
/// file `owner-token` of the data folder.
pub(crate) fn give_out(token: &ApiToken, config: &Config) -> std::io::Result<()> {
    if std::io::stderr().is_terminal() && !config.owner_token_to_file {
        eprintln!("The owner's token, shown only this once: {}", token.expose());
        return Ok(());
    }
    let path = token.write_file(&config.data)?;
    match config.log_format {
        _ if config.owner_token_to_file => {}
        LogFormat::Text => eprintln!("The owner's token is in {}", path.display()),
        LogFormat::Json => tracing::info!(file = %path.display(), "the owner's token is in this file"),
    }
    Ok(())
}

/// A token as the ledger keeps the owner's.
pub(crate) fn owner_token(token: &ApiToken) -> NewToken {
    NewToken { hash: token.hash(), label: "owner".to_owned(), scopes: Scopes::owner(), valid_until: None }
}

fn open_identity(
    stored: &Identity,
    public_url: Option<&PublicUrl>,
    vault: &Vault,
) -> Result<OwnIdentity, NodeError> {
    let secret = |name: &str, sealed: &[u8]| {
        let opened = vault.unseal(name, sealed).map_err(vault_error)?;
        <[u8; 32]>::try_from(opened.as_slice()).map(Zeroizing::new).map_err(|_| {
            let message = format!("The {name} in the ledger has the wrong length.");
            NodeError::damaged("key_damaged", message)
        })
    };
    let key = SigningKey::from_seed(&*secret("signing-key", &stored.signing_key)?);
    let log_did = did::key::did_of(&key.verifying_key());
    if stored.did.starts_with("did:key:") && log_did.as_str() != stored.did {
        let message = format!("The key in the ledger is not that of {}.", stored.did);
        return Err(NodeError::damaged("key_damaged", message));
    }
    let did = public_url.map_or_else(|| log_did.clone(), |url| url.did().clone());
    if did.as_str() != stored.did {
        return Err(other_did(&stored.did, public_url));
    }
    let network_seed = secret("network-key", &stored.network_key)?;
    OwnIdentity::new(did, key, network_seed)
}

impl OwnIdentity {
    fn new(did: Did, key: SigningKey, network_seed: Zeroizing<[u8; 32]>) -> Result<Self, NodeError> {
        let key_of = key.verifying_key();
        let document = DidDocument::from_object(document::of_web(&did, &[key_of]), did.as_str());
        let document = document.map_err(|error| {
            let message = format!("The node's own DID document is wrong: {error}");
            NodeError::damaged("own_document", message)
        })?;
        Ok(Self { did, log_did: did::key::did_of(&key_of), document, key: Arc::new(key), network_seed })
    }
}

/// The DID was fixed at the first start, and `public_url` would make it another.
fn other_did(fixed: &str, public_url: Option<&PublicUrl>) -> NodeError {
    let message = match public_url {
        Some(url) => format!(
            "This node's DID was fixed as {fixed} at its first start, and `public_url` {url} would make it {}.",
            url.did()
        ),
        None => {
            format!("This node's DID was fixed as {fixed} at its first start, and `public_url` is not set.")
        }
    };
    let before = match fixed.strip_prefix("did:web:") {
        Some(_) => "Set `public_url` as it was then",
        None => "Leave `public_url` out",
    };
    let hint = format!(
        "{before}. Moving a node to another DID will be the work of the command `accolade-node migrate`, which is coming \
         and not in this version."
    );
    NodeError::new(ErrorKind::Conflict, "other_did", message, hint)
}

/// Where the world reaches the node; without `public_url` where it listens.
fn base_url(config: &Config, http_addr: SocketAddr) -> String {
    config.public_url.as_ref().map_or_else(|| local_url(config, http_addr), ToString::to_string)
}

fn local_url(config: &Config, http_addr: SocketAddr) -> String {
    let scheme = if config.tls_cert.is_some() { "https" } else { "http" };
    format!("{scheme}://{http_addr}")
}

async fn start_replica(config: &Config, ledger: &Ledger, own: &Did) -> Result<ReplicaHandle, StartError> {
    let mut floors = Vec::new();
    for floor in ledger.floors().await? {
        let issuer =
            Did::parse(&floor.issuer).map_err(|error| LedgerError::Corrupt { detail: error.to_string() })?;
        let ledger::Head { epoch, seq, id } = floor.head;
        floors.push(record::Floor { issuer, head: record::Head { epoch, seq, id: RecordId(id) } });
    }
    let mut replica = ReplicaConfig::new(&config.net, u64::from_le_bytes(clock::random()));
    replica.sync_every = Duration::from_secs(u64::from(config.sync_s));
    replica.own = Some(own.clone());
    let store = LedgerFloors(ledger.clone());
    Ok(ReplicaHandle::start(&config.data.join("replica"), floors, replica, store).await?)
}

/// Floors in one commit.
const FLOORS_AT_ONCE: usize = 1000;

/// The replica's floors are kept in the ledger.
struct LedgerFloors(Ledger);

impl FloorStore for LedgerFloors {
    async fn commit(&self, floors: Vec<record::Floor>) -> Result<(), String> {
        let stored = |floor: record::Floor| {
            let record::Head { epoch, seq, id } = floor.head;
            ledger::Floor { issuer: floor.issuer.to_string(), head: ledger::Head { epoch, seq, id: id.0 } }
        };
        let floors: Vec<ledger::Floor> = floors.into_iter().map(stored).collect();
        for some in floors.chunks(FLOORS_AT_ONCE) {
            let committed = self.0.commit_floors(some.to_vec()).await.map_err(|error| error.to_string())?;
            for issuer in committed.contradicted {
                // Asking again wouldn't help: the head that is kept stays.
                tracing::error!(issuer, "another head of this issuer at the same place is kept");
            }
        }
        Ok(())
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

#[derive(Clone, Copy, PartialEq)]
enum Transport {
    /// HTTP.
    Tcp,
    /// Metrics, over HTTP.
    TcpOfMetrics,
    /// libp2p, which has QUIC too.
    TcpAndUdp,
}

/// The address with a free port, if it has port 0; below the range from which systems take
/// the ports of outgoing connections, so that a node that stops finds its port free when it comes back.
async fn free_port(address: SocketAddr, transport: Transport) -> Result<SocketAddr, StartError> {
    let (what, key) = match transport {
        Transport::Tcp => ("HTTP", "http"),
        Transport::TcpOfMetrics => ("The metrics", "metrics"),
        Transport::TcpAndUdp => ("libp2p", "p2p"),
    };
    let try_port = |port: u16| -> std::io::Result<SocketAddr> {
        let address = SocketAddr::new(address.ip(), port);
        std::net::TcpListener::bind(address)?;
        if transport == Transport::TcpAndUdp {
            UdpSocket::bind(address)?;
        }
        Ok(address)
    };
    if address.port() != 0 {
        // Tell now, and by the key's name, what would fail later. QUIC connections that were closed by a node that just
        // stopped hold its port for a moment longer.
        let give_up = Instant::now() + PORT_PATIENCE;
        loop {
            match try_port(address.port()) {
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && Instant::now() < give_up => {
                    tokio::time::sleep(PORT_RETRY).await;
                }
                tried => return tried.map_err(|error| listen_error(what, address, key, error)),
            }
        }
    }
    let mut found = Err(std::io::ErrorKind::AddrInUse.into());
    for _ in 0..FREE_PORT_TRIES {
        found = try_port(FREE_PORTS.start + u16::from_le_bytes(clock::random()) % FREE_PORTS.len() as u16);
        if found.is_ok() {
            break;
        }
    }
    found.map_err(|error| listen_error(what, address, key, error))
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
