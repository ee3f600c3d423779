//! The peer network over libp2p: TCP and QUIC, gossip for small records, requests for everything else.
//!
//! Additive by design: without any peer the node issues and verifies all the same. What a peer sends is bytes until
//! a worker has decoded it and checked its signature; what it means decides the replica's state machine. The swarm's
//! task never waits for either: queues are bounded, and a full one drops. Anti-entropy brings later what was dropped.

mod behaviour;
mod codec;
mod driver;
mod quota;
mod redial;
mod tasks;

pub use libp2p::Multiaddr;
pub use quota::Rate;

use crate::replica::ReplicaHandle;
use accolade_core::record;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// How the node takes part in the network.
pub struct NetworkConfig {
    /// Seed of the node's Ed25519 identity in the network; not the issuer's key.
    pub seed: Zeroizing<[u8; 32]>,
    /// Addresses to listen on, such as `/ip4/0.0.0.0/tcp/4700` and `/ip4/0.0.0.0/udp/4700/quic-v1`; port 0 takes a
    /// free one; none makes an outbound-only node.
    pub listen: Vec<Multiaddr>,
    /// Peers to be connected with, such as `/dns4/badges.example/tcp/4700`, with or without `/p2p/…` at the end.
    pub peers: Vec<Multiaddr>,
    /// Name of the network, `[a-z0-9-]`, 1 to 32 characters; nodes of different networks don't understand each other.
    pub net: String,
    /// Whether to look for peers in the local network by multicast DNS.
    pub mdns: bool,
    /// Limits on what peers can make the node do.
    pub quotas: Quotas,
}

impl NetworkConfig {
    /// A node of network `net` that neither listens nor knows a peer yet.
    pub fn new(seed: [u8; 32], net: impl Into<String>) -> Self {
        Self {
            seed: Zeroizing::new(seed),
            listen: Vec::new(),
            peers: Vec::new(),
            net: net.into(),
            mdns: false,
            quotas: Quotas::default(),
        }
    }
}

/// Limits on what peers can make the node do.
#[derive(Clone, Debug)]
pub struct Quotas {
    /// Established connections from outside; those to configured peers don't count.
    pub max_connections: u32,
    /// Connections whose handshake isn't over.
    pub max_pending_connections: u32,
    /// Resident memory of the process above which no further connection is accepted, in bytes.
    pub max_memory_bytes: usize,
    /// Requests of one peer.
    pub requests: Rate,
    /// Gossiped records forwarded by one peer.
    pub gossip: Rate,
    /// Messages that wait for a worker or for the replica, of all peers together.
    pub max_queued: usize,
    /// How long a peer that misbehaved again and again is left alone.
    pub banned_for: Duration,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            max_connections: 256,
            max_pending_connections: 64,
            max_memory_bytes: 2 * 1024 * 1024 * 1024,
            requests: Rate { per_second: 50.0, burst: 400.0 },
            gossip: Rate { per_second: 200.0, burst: 2000.0 },
            max_queued: 1024,
            banned_for: Duration::from_secs(60),
        }
    }
}

/// The running network. Dropping it without [`Self::shutdown`] stops it too, a little later.
pub struct Network {
    peer_id: String,
    view: Arc<RwLock<View>>,
    counts: Arc<Counts>,
    stop: mpsc::Sender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// A connected peer, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerView {
    /// Its id in the network, `12D3Koo…`.
    pub peer_id: String,
    /// The address of the connection's other end.
    pub address: String,
    /// Whether the node dialled it.
    pub outbound: bool,
    /// What it says it runs, 64 characters at most.
    pub agent: Option<String>,
}

/// What became of gossiped records since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GossipView {
    /// Those whose signature was checked.
    pub checked: u64,
    /// Those that were held already: left out unchecked.
    pub known: u64,
    /// Those left out because their sender, or all peers together, sent too many.
    pub dropped: u64,
}

/// Counters behind a [`GossipView`].
#[derive(Debug, Default)]
struct Counts {
    checked: AtomicU64,
    known: AtomicU64,
    dropped: AtomicU64,
}

impl Counts {
    fn add(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the driver shows.
#[derive(Default)]
struct View {
    counts: Arc<Counts>,
    listen: Vec<Multiaddr>,
    peers: Vec<PeerView>,
    /// The configured peers that are connected: the replica's name of each, and whether heads were compared with it.
    configured: Vec<(record::PeerId, bool)>,
    /// Configured peers that are not connected.
    unreached: usize,
}

/// Why the network can't be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Not a usable name.
    #[error("“{net}” can't name a network: 1 to 32 of a-z, 0-9 and “-”")]
    Net {
        /// The name.
        net: String,
    },
    /// An address can't be listened on: taken, not this machine's, or of an unknown kind.
    #[error("can't listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: Multiaddr,
        /// What the system says.
        reason: String,
    },
    /// A transport or protocol can't be set up.
    #[error("the network can't be set up: {reason}")]
    Build {
        /// What libp2p says.
        reason: String,
    },
}

impl Network {
    /// Starts the network; on return it listens on all addresses and has begun to dial the peers.
    ///
    /// # Errors
    /// A bad name, an address that can't be listened on (all of them are given up then), or a transport that
    /// can't be set up.
    pub async fn start(config: NetworkConfig, replica: ReplicaHandle) -> Result<Self, NetworkError> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if config.net.is_empty() || config.net.len() > 32 || !config.net.bytes().all(fits) {
            return Err(NetworkError::Net { net: config.net });
        }
        let view = Arc::new(RwLock::new(View::default()));
        let (stop, stopped) = mpsc::channel(1);
        let mut driver = driver::Driver::new(config, replica, view.clone(), stopped)?;
        driver.listen().await?;
        let peer_id = driver.peer_id();
        let counts = read(&view, |view| view.counts.clone());
        Ok(Self { peer_id, view, counts, stop, task: tokio::spawn(driver.run()) })
    }

    /// The addresses that are listened on, with the ports really bound and the node's id at the end.
    pub fn listen_addrs(&self) -> Vec<Multiaddr> {
        read(&self.view, |view| view.listen.clone())
    }

    /// The node's id in the network, `12D3Koo…`.
    pub fn peer_id(&self) -> &str {
        &self.peer_id
    }

    /// The connected peers.
    pub fn peers(&self) -> Vec<PeerView> {
        read(&self.view, |view| view.peers.clone())
    }

    /// The configured peers that are connected: the replica's name of each, and whether heads were compared with it.
    pub(crate) fn configured_peers(&self) -> Vec<(record::PeerId, bool)> {
        read(&self.view, |view| view.configured.clone())
    }

    /// How many configured peers are not connected. An address without a peer's id counts as one until it was reached.
    pub(crate) fn unreached_peers(&self) -> usize {
        read(&self.view, |view| view.unreached)
    }

    /// What became of gossiped records since the start.
    pub fn gossip(&self) -> GossipView {
        let Counts { checked, known, dropped } = &*self.counts;
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        GossipView { checked: count(checked), known: count(known), dropped: count(dropped) }
    }

    /// Closes all connections and listeners; on return the ports are free.
    pub async fn shutdown(self) {
        let (done, finished) = oneshot::channel();
        if self.stop.send(done).await.is_ok() {
            // An error means that the task is over already.
            let _ = finished.await;
        }
        let _ = self.task.await;
    }
}

fn read<T>(view: &RwLock<View>, look: impl FnOnce(&View) -> T) -> T {
    // The view is plain data: a panic while it was written leaves nothing half-done that matters.
    look(&view.read().unwrap_or_else(std::sync::PoisonError::into_inner))
}
