//! Nodes' networks and replicas on loopback, and an issuer's log to publish there.
#![allow(dead_code)] // each test file uses its own part of this

use accolade_core::did::{Did, key};
use accolade_core::keys::SigningKey;
use accolade_core::record::{
    AchievementRecord, Floor, Image, IssuerLog, IssuerState, ListCreate, Profile, ReplicaConfig,
    SignedRecord, sha256,
};
use accolade_core::status::StatusPurpose;
use accolade_core::time::Timestamp;
use accolade_node::network::{Multiaddr, Network, NetworkConfig};
use accolade_node::replica::{Changed, FloorStore, ReplicaHandle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

pub const NET: &str = "test";
/// A guard against hanging, not a wait.
pub const GUARD: Duration = Duration::from_secs(30);

pub fn now() -> Timestamp {
    Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64)
}

/// The floors of one node, as its ledger would keep them.
#[derive(Clone, Default)]
pub struct Floors {
    pub kept: Arc<Mutex<BTreeMap<Did, Floor>>>,
    /// Whether nothing can be kept now.
    pub broken: Arc<AtomicBool>,
    /// Told of each commit that failed.
    pub failed: Arc<Notify>,
}

impl FloorStore for Floors {
    async fn commit(&self, floors: Vec<Floor>) -> Result<(), String> {
        if self.broken.load(Ordering::SeqCst) {
            self.failed.notify_one();
            return Err("the disk is full".to_owned());
        }
        let mut kept = self.kept.lock().unwrap();
        for floor in floors {
            kept.insert(floor.issuer.clone(), floor);
        }
        Ok(())
    }
}

/// How a node is to be started, for a test that needs other limits or periods than the usual.
pub struct Tuned {
    pub replica: ReplicaConfig,
    pub network: NetworkConfig,
}

impl Tuned {
    /// The usual, over TCP.
    pub fn new(seed: u8, peers: &[&Node]) -> Self {
        let mut network = NetworkConfig::new([seed; 32], NET);
        network.listen = vec![Over::Tcp.any_port()];
        network.peers = peers.iter().flat_map(|node| node.network.listen_addrs()).collect();
        Self { replica: ReplicaConfig::new(NET, u64::from(seed)), network }
    }

    /// Heads are compared when peers meet, and then not for an hour unless one of them says that it has something
    /// new.
    pub fn seldom(mut self) -> Self {
        self.replica.sync_every = Duration::from_secs(3600);
        self.replica.hurry_every = Duration::from_secs(3600);
        self
    }

    pub async fn start(self, parent: &Path) -> Node {
        let dir = parent.join(format!("node-{}/replica", self.network.seed[0]));
        Node::start_tuned(dir, Floors::default(), self).await
    }
}

/// A node's replica and network, and what of it outlives a restart.
pub struct Node {
    pub dir: PathBuf,
    pub seed: u8,
    pub floors: Floors,
    pub replica: ReplicaHandle,
    pub network: Network,
}

#[derive(Clone, Copy)]
pub enum Over {
    Tcp,
    Quic,
}

impl Over {
    pub fn any_port(self) -> Multiaddr {
        match self {
            Over::Tcp => "/ip4/127.0.0.1/tcp/0".parse().unwrap(),
            Over::Quic => "/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap(),
        }
    }
}

impl Node {
    pub async fn start(parent: &Path, seed: u8, over: Over, peers: &[&Node]) -> Self {
        let peers = peers.iter().flat_map(|node| node.network.listen_addrs()).collect();
        let dir = parent.join(format!("node-{seed}/replica"));
        Self::start_with(dir, seed, Floors::default(), over.any_port(), peers).await
    }

    pub async fn start_with(
        dir: PathBuf,
        seed: u8,
        floors: Floors,
        listen: Multiaddr,
        peers: Vec<Multiaddr>,
    ) -> Self {
        let mut tuned = Tuned::new(seed, &[]);
        tuned.network.listen = vec![listen];
        tuned.network.peers = peers;
        Self::start_tuned(dir, floors, tuned).await
    }

    pub async fn start_tuned(dir: PathBuf, floors: Floors, tuned: Tuned) -> Self {
        let known = floors.kept.lock().unwrap().values().cloned().collect();
        let replica = ReplicaHandle::start(&dir, known, tuned.replica, floors.clone()).await.unwrap();
        let seed = tuned.network.seed[0];
        let network = Network::start(tuned.network, replica.clone()).await.unwrap();
        Self { dir, seed, floors, replica, network }
    }

    /// Stops; returns what outlives that: the folder, the floors, and the address it listened on.
    pub async fn stop(self) -> (PathBuf, Floors, Multiaddr) {
        let address = self.network.listen_addrs()[0].clone();
        self.network.shutdown().await;
        self.replica.shutdown().await;
        (self.dir, self.floors, address)
    }

    /// Waits for changes of the replica until `look` finds what it looks for.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&ReplicaHandle) -> Option<T>) -> T {
        let mut changes = self.replica.subscribe();
        let found = async {
            loop {
                if let Some(found) = look(&self.replica) {
                    return found;
                }
                match changes.recv().await {
                    Ok(Changed { .. }) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("the replica ended before: {what}"),
                }
            }
        };
        tokio::time::timeout(GUARD, found).await.unwrap_or_else(|_| panic!("never came: {what}"))
    }

    /// Waits until the node holds this very record as the issuer's newest.
    pub async fn until_level(&self, record: &SignedRecord) -> IssuerState {
        let issuer = record.issuer().as_str();
        self.until(&format!("record {} on node {}", record.seq(), self.seed), |replica| {
            replica.issuer(issuer).filter(|state| state.head() == record.head())
        })
        .await
    }
}

/// An issuer whose records a test publishes.
pub struct Issuer {
    pub key: SigningKey,
    pub did: Did,
    pub log: IssuerLog,
    pub records: Vec<(SignedRecord, Option<Vec<u8>>)>,
}

pub const LIST: &str = "https://issuer.example/status/1";

impl Issuer {
    pub fn new(seed: u8) -> Self {
        let key = SigningKey::from_seed(&[seed; 32]);
        let did = key::did_of(&key.verifying_key());
        let log = IssuerLog::open(NET, did.clone(), []).unwrap();
        Self { key, did, log, records: Vec::new() }
    }

    pub fn profile(&mut self, name: &str) -> SignedRecord {
        let json = format!(r#"{{"id":"{}","name":"{name}"}}"#, self.did);
        let profile = Profile::new(json.into_bytes()).unwrap();
        let record = self.log.profile(profile, &self.key, now()).unwrap();
        self.keep(record, None)
    }

    /// An achievement whose description has `padding` bytes, with an image if there are bytes of one.
    pub fn achievement(&mut self, id: &str, padding: usize, image: Option<Vec<u8>>) -> SignedRecord {
        let json = format!(r#"{{"id":"{id}","name":"Welding","description":"{}"}}"#, "x".repeat(padding));
        let named = image.as_ref().map(|bytes| Image {
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            media_type: "image/png".to_owned(),
        });
        let achievement = AchievementRecord::new(json.into_bytes(), named).unwrap();
        let record = self.log.achievement(achievement, &self.key, now()).unwrap();
        self.keep(record, image)
    }

    pub fn list(&mut self) -> SignedRecord {
        let create = ListCreate {
            list: 0,
            url: LIST.to_owned(),
            purpose: StatusPurpose::Revocation,
            entries: 131_072,
        };
        let record = self.log.list_create(create, &self.key, now()).unwrap();
        self.keep(record, None)
    }

    /// A status record that revokes these indexes.
    pub fn revoke(&mut self, indexes: &[u64]) -> SignedRecord {
        let changes: Vec<_> =
            if indexes.is_empty() { Vec::new() } else { vec![(0, indexes.to_vec(), Vec::new())] };
        let day = Duration::from_secs(24 * 3600);
        let record = self.log.status(&changes, 60, day, &self.key, now()).unwrap();
        self.keep(record, None)
    }

    pub fn snapshot(&mut self) -> SignedRecord {
        let (record, blob) = self.log.snapshot(0, &self.key, now()).unwrap();
        self.keep(record, Some(blob))
    }

    fn keep(&mut self, record: SignedRecord, blob: Option<Vec<u8>>) -> SignedRecord {
        self.records.push((record.clone(), blob));
        record
    }

    /// Publishes the whole log at a node; what it holds already does no harm.
    pub async fn publish_all(&self, node: &Node) {
        node.replica.publish(self.records.clone()).await.unwrap();
    }

    pub async fn publish_last(&self, node: &Node) {
        node.replica.publish(self.records[self.records.len() - 1..].to_vec()).await.unwrap();
    }
}

pub fn is_revoked(replica: &ReplicaHandle, issuer: &Issuer, index: u64) -> bool {
    replica.list(issuer.did.as_str(), LIST).is_some_and(|list| list.bits.get(index) == Some(true))
}
