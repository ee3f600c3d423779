//! The replica: the public, signed records of all issuers, which can be fetched again.
//!
//! One thread owns the state machine of [`accolade_core::record`] and the store (sled, named nowhere else). It takes
//! events in order and carries out their effects in order: records are stored and flushed, then the floors are
//! durable in the ledger, and only then is anything shown, served or announced. Lists and issuers are read from a
//! shared view without waiting for the thread.
//!
//! What is lost here comes back from peers; that it can't come back older than it was is the floors' part.

mod open;
mod store;
mod task;

use accolade_core::did::Did;
use accolade_core::record::GossipVerdict;
use accolade_core::record::wire::{self, Answer, Request, Response};
use accolade_core::record::{
    AchievementRecord, Failure, Floor, HeldList, Input, IssuerState, PeerId, RecordId, ReplicaConfig,
    SignedRecord, What,
};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use task::Job;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Changes that a slow subscriber may lag behind.
const MAX_UNREAD_CHANGES: usize = 1024;
/// Orders to the network that wait; further ones are dropped and made up for by the exchange of heads.
const MAX_WAITING_ORDERS: usize = 4096;

/// Where the heads that were seen of other issuers are kept: the ledger.
pub trait FloorStore: Send + 'static {
    /// Makes the floors durable; never lowers one. The replica shows nothing newer before this has returned, and
    /// repeats a call that failed.
    fn commit(&self, floors: Vec<Floor>) -> impl Future<Output = Result<(), String>> + Send;
}

/// Talks to the replica. Cheap to clone.
#[derive(Clone)]
pub struct ReplicaHandle {
    jobs: std::sync::mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Of which issuer.
    pub issuer: Did,
    /// What of it.
    pub what: What,
}

/// How the replica is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicaState {
    /// Issuers held.
    pub issuers: usize,
    /// Records found in the store at the start, and taken since.
    pub records: u64,
    /// Where a damaged folder was put at this start.
    pub set_aside: Option<PathBuf>,
    /// What an operator should know, as a sentence.
    pub warning: Option<String>,
}

/// Why the replica can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplicaError {
    /// The folder can't be opened, nor set aside and made anew.
    #[error("the replica in {} can't be opened: {reason}", dir.display())]
    Open {
        /// The folder.
        dir: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It is being shut down.
    #[error("the replica has stopped")]
    Stopped,
    /// A record of one's own that doesn't continue the own log.
    #[error("the own record {seq} was not taken: {reason}")]
    Refused {
        /// Its number.
        seq: u64,
        /// Why.
        reason: String,
    },
    /// A blob that isn't the one that its record names.
    #[error("the blob is not the one that the record names")]
    Blob,
}

impl ReplicaHandle {
    /// Opens the store in `dir`, checks everything in it, and starts the thread. Must be called within a tokio
    /// runtime. A damaged folder is set aside (see [`ReplicaState::set_aside`]) and a new one begun.
    ///
    /// # Errors
    /// The folder can't be opened, nor set aside and made anew.
    pub async fn start(
        dir: &Path,
        floors: Vec<Floor>,
        config: ReplicaConfig,
        floor_store: impl FloorStore,
    ) -> Result<Self, ReplicaError> {
        let (jobs, queue) = std::sync::mpsc::channel();
        let shared = Arc::new(Shared {
            view: RwLock::default(),
            changes: broadcast::channel(MAX_UNREAD_CHANGES).0,
            is_stopping: AtomicBool::new(false),
        });
        let (ready, opened) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let start = task::Start { dir: dir.to_owned(), floors, config, floor_store, runtime, ready };
        let failed = |reason: String| ReplicaError::Open { dir: dir.to_owned(), reason };
        let for_thread = shared.clone();
        std::thread::Builder::new()
            .name("replica".to_owned())
            .spawn(move || task::run(start, &queue, for_thread))
            .map_err(|error| failed(error.to_string()))?;
        match opened.await {
            Ok(Ok(())) => Ok(Self { jobs, shared }),
            Ok(Err(reason)) => Err(failed(reason)),
            Err(_) => Err(failed("its thread ended".to_owned())),
        }
    }

    /// Takes own records in the order of the own log, each with its blob (an achievement's image, a snapshot's
    /// bits), and announces them. What is held already is left out, so it does no harm to repeat them all. On return
    /// they are stored.
    ///
    /// # Errors
    /// A record that doesn't continue the log, or a blob that isn't the record's; those before it are taken.
    pub async fn publish(&self, records: Vec<(SignedRecord, Option<Vec<u8>>)>) -> Result<(), ReplicaError> {
        let (done, result) = oneshot::channel();
        self.send(Job::Publish(records, done));
        result.await.unwrap_or(Err(ReplicaError::Stopped))
    }

    /// The status list of that URL of that issuer, as the issuer's own records give it.
    pub fn list(&self, issuer: &str, url: &str) -> Option<HeldList> {
        self.shared.read(|view| view.issuers.get(issuer)?.list(url))
    }

    /// What is held of an issuer. Cheap: everything large is shared.
    pub fn issuer(&self, did: &str) -> Option<IssuerState> {
        self.shared.read(|view| view.issuers.get(did).cloned())
    }

    /// All issuers that are held, in ascending order of their DIDs.
    pub fn issuers(&self) -> Vec<IssuerState> {
        self.shared.read(|view| view.issuers.values().cloned().collect())
    }

    /// An issuer's achievement by its id, as it published it last.
    pub fn achievement(&self, issuer: &str, id: &str) -> Option<Arc<AchievementRecord>> {
        self.shared.read(|view| view.issuers.get(issuer)?.achievements().get(id).cloned())
    }

    /// A blob that is held, by its SHA-256.
    pub async fn blob(&self, sha256: [u8; 32]) -> Option<Vec<u8>> {
        let (reply, blob) = oneshot::channel();
        self.send(Job::Blob(sha256, reply));
        blob.await.ok().flatten()
    }

    /// A blob, fetched from a peer if it isn't held: `bytes` long, as the record that names it says. `None` if no
    /// peer gives it within `patience`.
    pub async fn fetch_blob(&self, sha256: [u8; 32], bytes: u64, patience: Duration) -> Option<Vec<u8>> {
        let (reply, blob) = oneshot::channel();
        self.send(Job::FetchBlob(sha256, bytes, reply));
        tokio::time::timeout(patience, blob).await.ok()?.ok().flatten()
    }

    /// Tells of each change from now on, after it can be read here.
    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.shared.changes.subscribe()
    }

    /// How the replica is.
    pub fn state(&self) -> ReplicaState {
        self.shared.read(|view| ReplicaState { issuers: view.issuers.len(), ..view.state.clone() })
    }

    /// Flushes the store and ends the thread; on return the folder is closed.
    pub async fn shutdown(&self) {
        let (done, ended) = oneshot::channel();
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        self.send(Job::Shutdown(done));
        // An error means that it has ended before.
        let _ = ended.await;
    }

    /// The orders for the network from now on; an earlier network gets none any more.
    pub(crate) fn attach(&self) -> mpsc::Receiver<ToPeers> {
        let (orders, receiver) = mpsc::channel(MAX_WAITING_ORDERS);
        self.send(Job::Attach(orders));
        receiver
    }

    pub(crate) fn input(&self, input: Input) {
        self.send(Job::Input(input));
    }

    /// Whether a record at that place can't say anything new.
    pub(crate) fn is_past(&self, place: &Floor) -> bool {
        let issuer = place.issuer.as_str();
        self.shared.read(|view| view.issuers.get(issuer).is_some_and(|state| state.is_past(place.head)))
    }

    /// What peers hold of the own issuer; see [`OwnShown`].
    pub(crate) fn own_shown(&self) -> OwnShown {
        self.shared.read(|view| view.own.clone())
    }

    /// Stored records of an issuer in one epoch from `from_seq` on, as signed; as many as one answer to a peer holds.
    pub(crate) async fn range(&self, issuer: Did, epoch: u32, from_seq: u64) -> Option<Vec<Vec<u8>>> {
        let max = wire::MAX_RECORDS as u32;
        // Nobody is connected under that name: what is asked of the store isn't counted.
        match self.serve(PeerId(u64::MAX), Request::Range { issuer, epoch, from_seq, max }).await? {
            Response::Records(records) => Some(records),
            _ => None,
        }
    }

    /// The answer to a peer's request; `None` while shutting down.
    pub(crate) async fn serve(&self, from: PeerId, request: Request) -> Option<Response> {
        let (reply, response) = oneshot::channel();
        self.send(Job::Serve(from, request, reply));
        response.await.ok()
    }

    /// Orders a hello to each of these peers.
    pub(crate) fn nudge(&self, peers: Vec<PeerId>) {
        self.send(Job::Nudge(peers));
    }

    pub(crate) fn answered(&self, from: PeerId, ask: u64, answer: Answer) {
        self.input(Input::Answered { from, ask, answer });
    }

    pub(crate) fn failed(&self, from: PeerId, ask: u64, failure: Failure) {
        self.input(Input::Failed { from, ask, failure });
    }

    fn send(&self, job: Job) {
        // Fails only once the thread has ended: whoever waits for a reply sees its channel closed.
        let _ = self.jobs.send(job);
    }
}

/// What the network is to do.
#[derive(Debug)]
pub(crate) enum ToPeers {
    Announce(SignedRecord),
    News,
    Judge { id: RecordId, verdict: GossipVerdict },
    Ask { peer: PeerId, ask: Option<u64>, request: Request },
    Misbehaved { peer: PeerId, reason: String },
    Compared { peer: PeerId },
}

/// What is known of the own issuer's log elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnShown {
    /// Connected peers that showed own records beyond those that are held.
    pub(crate) showing_more: Vec<PeerId>,
    /// Whether less is held than was once seen.
    pub(crate) is_below_floor: bool,
    /// The number of a record of the own issuer, signed by it, which stands where the own log holds another, or doesn't
    /// follow it.
    pub(crate) forked_at: Option<u64>,
}

/// What is read without the thread.
struct Shared {
    view: RwLock<View>,
    changes: broadcast::Sender<Changed>,
    /// What can't be stored now is not tried again: peers have it.
    is_stopping: AtomicBool,
}

#[derive(Default)]
struct View {
    issuers: BTreeMap<String, IssuerState>,
    own: OwnShown,
    state: ReplicaState,
}

impl Shared {
    fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        // A writer only replaces whole values: what a panic leaves is consistent.
        look(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.view.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Who waits for a blob.
type Waiting = HashMap<[u8; 32], Vec<oneshot::Sender<Option<Vec<u8>>>>>;
