//! The thread that owns the state machine and the store.

use super::open::{self, Opened};
use super::store::Store;
use super::{Changed, FloorStore, OwnShown, ReplicaError, Shared, ToPeers, Waiting};
use accolade_core::did::Did;
use accolade_core::record::wire::{self, Request, Response};
use accolade_core::record::{
    Body, Effect, Floor, Input, PeerId, Refusal, Replica, ReplicaConfig, SignedRecord, What, sha256,
};
use accolade_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};

/// How often the state machine hears the time.
const TICK: Duration = Duration::from_secs(1);
/// Jobs whose effects are carried out together: one flush and one commit of floors for all.
const MAX_BATCH: usize = 256;
/// Wait before floors that couldn't be committed are tried again.
const FLOOR_RETRY: Duration = Duration::from_millis(500);

/// What the thread is asked.
pub(super) enum Job {
    Input(Input),
    Publish(Vec<(SignedRecord, Option<Vec<u8>>)>, oneshot::Sender<Result<(), ReplicaError>>),
    Serve(PeerId, Request, oneshot::Sender<Response>),
    Blob([u8; 32], oneshot::Sender<Option<Vec<u8>>>),
    FetchBlob([u8; 32], u64, oneshot::Sender<Option<Vec<u8>>>),
    Nudge(Vec<PeerId>),
    Attach(mpsc::Sender<ToPeers>),
    Shutdown(oneshot::Sender<()>),
}

/// What the thread begins with.
pub(super) struct Start<F> {
    pub(super) dir: PathBuf,
    pub(super) floors: Vec<Floor>,
    pub(super) config: ReplicaConfig,
    pub(super) floor_store: F,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) ready: oneshot::Sender<Result<(), String>>,
}

/// Runs until it is told to stop, or until nobody holds a handle any more.
pub(super) fn run<F: FloorStore>(start: Start<F>, queue: &Receiver<Job>, shared: Arc<Shared>) {
    let net = start.config.net.clone();
    let Opened { store, records, set_aside } = match open::open(&start.dir, &net) {
        Ok(opened) => opened,
        Err(reason) => {
            // Whoever started it may have gone.
            let _ = start.ready.send(Err(reason));
            return;
        }
    };
    shared.write(|view| {
        view.state.records = records.len() as u64;
        view.state.warning = set_aside.as_ref().map(|(aside, why)| {
            format!(
                "the replica was damaged ({why}); it was set aside as {} and is filled again",
                aside.display()
            )
        });
        view.state.set_aside = set_aside.map(|(aside, _)| aside);
    });
    let mut task = Task {
        own: start.config.own.clone(),
        own_forked_at: None,
        replica: Replica::new(start.config, start.floors),
        store,
        floor_store: start.floor_store,
        runtime: start.runtime,
        shared,
        peers: None,
        waiting: Waiting::new(),
        dirty: BTreeSet::new(),
    };
    let inputs = records.into_iter().map(Input::Stored).collect();
    task.handle(inputs);
    task.show_all();
    // As above.
    let _ = start.ready.send(Ok(()));
    let told = task.serve_until_told(queue);
    if let Err(error) = task.store.flush() {
        tracing::warn!(%error, "the replica can't be flushed");
    }
    drop(task);
    if let Some(told) = told {
        // As above.
        let _ = told.send(());
    }
}

struct Task<F> {
    own: Option<Did>,
    own_forked_at: Option<u64>,
    replica: Replica,
    store: Store,
    floor_store: F,
    runtime: tokio::runtime::Handle,
    shared: Arc<Shared>,
    peers: Option<mpsc::Sender<ToPeers>>,
    waiting: Waiting,
    dirty: BTreeSet<Did>,
}

impl<F: FloorStore> Task<F> {
    fn serve_until_told(&mut self, queue: &Receiver<Job>) -> Option<oneshot::Sender<()>> {
        let mut next_tick = Instant::now();
        loop {
            let mut batch = Vec::new();
            match queue.recv_timeout(next_tick.saturating_duration_since(Instant::now())) {
                Ok(job) => batch.push(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            batch.extend(queue.try_iter().take(MAX_BATCH - 1));
            if next_tick <= Instant::now() {
                next_tick = Instant::now() + TICK;
                batch.push(Job::Input(Input::Tick));
            }
            if let Some(told) = self.work(batch) {
                return Some(told);
            }
        }
    }

    /// Does a batch of jobs: first the inputs, all effects together, then what is asked.
    fn work(&mut self, batch: Vec<Job>) -> Option<oneshot::Sender<()>> {
        let (mut inputs, mut later, mut told) = (Vec::new(), Vec::new(), None);
        for job in batch {
            match job {
                Job::Input(input) => inputs.push(input),
                Job::Serve(from, Request::Hello(hello), reply) => {
                    inputs.push(Input::Greeted { from, hello });
                    let now = now();
                    later.push(Later::Hello(now, reply));
                }
                Job::Serve(_, request, reply) => later.push(Later::Serve(request, reply)),
                Job::Blob(hash, reply) => later.push(Later::Blob(hash, reply)),
                Job::FetchBlob(hash, bytes, reply) => match self.read_blob(&hash) {
                    Some(blob) => drop(reply.send(Some(blob))),
                    None => {
                        self.waiting.entry(hash).or_default().push(reply);
                        inputs.push(Input::WantBlob { sha256: hash, bytes });
                    }
                },
                Job::Publish(records, done) => {
                    // In order: what was before it, then it.
                    self.handle(std::mem::take(&mut inputs));
                    let result = self.publish(records);
                    // Whoever published may have gone.
                    let _ = done.send(result);
                }
                Job::Attach(peers) => self.peers = Some(peers),
                Job::Nudge(peers) => later.push(Later::Nudge(peers)),
                Job::Shutdown(done) => told = Some(done),
            }
        }
        self.handle(inputs);
        for job in later {
            self.answer(job);
        }
        told
    }

    fn publish(&mut self, records: Vec<(SignedRecord, Option<Vec<u8>>)>) -> Result<(), ReplicaError> {
        let mut inputs = Vec::new();
        let mut images = Vec::new();
        for (record, blob) in &records {
            if let Some(blob) = blob {
                let named = match record.body() {
                    Body::Achievement(achievement) => achievement.image().map(|image| image.sha256),
                    Body::Snapshot(snapshot) => Some(snapshot.blob),
                    _ => None,
                };
                let hash = sha256(blob);
                if named != Some(hash) {
                    return Err(ReplicaError::Blob);
                }
                images.push((hash, &blob[..]));
            }
        }
        if let Err(error) = self.store.put(&[], &images) {
            self.warn(format!("a blob can't be stored: {error}"));
        }
        for (record, blob) in &records {
            inputs.push(Input::Local(record.clone(), blob.clone()));
        }
        match self.handle(inputs) {
            Some((seq, reason)) => Err(ReplicaError::Refused { seq, reason }),
            None => Ok(()),
        }
    }

    /// Feeds the state machine and carries out what it says: store, flush, commit floors, show, and only then tell
    /// peers. Returns the first own record that was refused.
    fn handle(&mut self, inputs: Vec<Input>) -> Option<(u64, String)> {
        let mut refused = None;
        let (mut floors, mut orders, mut changes) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (mut stored, mut arrived, mut news) = (0, Vec::new(), false);
        for input in inputs {
            for effect in self.replica.handle(input, now()) {
                match effect {
                    Effect::Forget { issuer } => {
                        tracing::warn!(%issuer, "the records held do not lead to the head seen before: dropped");
                        self.check(|store| store.forget(issuer.as_str()));
                        self.dirty.insert(issuer);
                    }
                    Effect::Store { records, blobs } => {
                        stored += records.len() as u64;
                        let blobs: Vec<_> = blobs.iter().map(|(hash, blob)| (*hash, &blob[..])).collect();
                        self.check(|store| store.put(&records, &blobs));
                    }
                    Effect::CommitFloor(Floor { issuer, head }) => {
                        floors.insert(issuer, head);
                    }
                    Effect::Changed { issuer, what } => {
                        self.dirty.insert(issuer.clone());
                        changes.push(Changed { issuer, what });
                    }
                    Effect::Announce(record) => orders.push(ToPeers::Announce(record)),
                    Effect::News => news = true,
                    Effect::Judge { id, verdict } => orders.push(ToPeers::Judge { id, verdict }),
                    Effect::Ask { peer, ask, request } => {
                        orders.push(ToPeers::Ask { peer, ask: Some(ask), request });
                    }
                    Effect::Compared { peer } => orders.push(ToPeers::Compared { peer }),
                    Effect::Misbehaved { peer, reason } => orders.push(ToPeers::Misbehaved { peer, reason }),
                    Effect::Refused { from, issuer, seq, why } => {
                        tracing::debug!(%issuer, seq, ?from, %why, "a record was refused");
                        let is_own = self.own.as_ref() == Some(&issuer);
                        if is_own && from.is_some() {
                            tracing::warn!(seq, %why, "a peer holds an own record that does not fit the own log");
                        }
                        if is_own && matches!(why, Refusal::Conflict | Refusal::Fork | Refusal::BelowFloor) {
                            self.own_forked_at.get_or_insert(seq);
                            // Whoever looks after the own log looks now.
                            changes.push(Changed { issuer, what: What::Status });
                        }
                        if from.is_none() && refused.is_none() {
                            refused = Some((seq, why.to_string()));
                        }
                    }
                    Effect::BlobArrived { sha256 } => arrived.push(sha256),
                    Effect::BlobMissing { sha256 } => {
                        for reply in self.waiting.remove(&sha256).unwrap_or_default() {
                            // Whoever asked may have gone.
                            let _ = reply.send(None);
                        }
                    }
                }
            }
        }
        if !floors.is_empty() {
            self.check(Store::flush);
            let floors = floors.into_iter().map(|(issuer, head)| Floor { issuer, head }).collect();
            if !self.commit(floors) {
                return refused;
            }
        }
        self.show(stored);
        for change in changes {
            // Nobody may be listening.
            let _ = self.shared.changes.send(change);
        }
        for hash in arrived {
            let blob = self.read_blob(&hash);
            for reply in self.waiting.remove(&hash).unwrap_or_default() {
                // Whoever asked may have gone.
                let _ = reply.send(blob.clone());
            }
        }
        for order in orders.into_iter().chain(news.then_some(ToPeers::News)) {
            self.order(order);
        }
        refused
    }

    /// Returns once the floors are durable: nothing newer is shown or served before. False if they aren't, and the
    /// node stops: nothing newer is shown any more.
    fn commit(&mut self, floors: Vec<Floor>) -> bool {
        while let Err(error) = self.runtime.block_on(self.floor_store.commit(floors.clone())) {
            self.warn(format!("the heads seen of issuers can't be kept, so nothing newer is shown: {error}"));
            if self.shared.is_stopping.load(Ordering::Relaxed) {
                return false;
            }
            std::thread::sleep(FLOOR_RETRY);
        }
        true
    }

    fn show(&mut self, stored: u64) {
        let dirty = std::mem::take(&mut self.dirty);
        let own = self.own_shown();
        self.shared.write(|view| {
            view.own = own;
            view.state.records += stored;
            for issuer in dirty {
                match self.replica.issuer(issuer.as_str()) {
                    Some(state) => view.issuers.insert(issuer.as_str().to_owned(), state.clone()),
                    None => view.issuers.remove(issuer.as_str()),
                };
            }
        });
    }

    fn show_all(&mut self) {
        let all =
            self.replica.issuers().map(|state| (state.issuer().as_str().to_owned(), state.clone())).collect();
        let own = self.own_shown();
        self.shared.write(|view| (view.issuers, view.own) = (all, own));
    }

    fn own_shown(&self) -> OwnShown {
        self.own.as_ref().map_or_else(OwnShown::default, |own| OwnShown {
            showing_more: self.replica.showing_more(own),
            is_below_floor: self.replica.is_below_floor(own),
            forked_at: self.own_forked_at,
        })
    }

    fn answer(&mut self, job: Later) {
        // In each case whoever asked may have gone.
        match job {
            Later::Hello(now, reply) => drop(reply.send(Response::Hello(self.replica.hello(now)))),
            Later::Serve(request, reply) => drop(reply.send(self.response(request))),
            Later::Blob(hash, reply) => drop(reply.send(self.read_blob(&hash))),
            Later::Nudge(peers) => {
                for peer in peers {
                    let request = Request::Hello(self.replica.hello(now()));
                    self.order(ToPeers::Ask { peer, ask: None, request });
                }
            }
        }
    }

    /// Answers from the store what is level with the floors.
    fn response(&self, request: Request) -> Response {
        let found = match request {
            Request::Hello(_) => return Response::Hello(self.replica.hello(now())),
            Request::Heads { after } => return self.replica.heads_page(after.as_ref()),
            Request::Get { ids } => ids
                .iter()
                .try_fold((Vec::new(), 0), |(mut found, mut bytes), id| {
                    if let Some(record) = self.store.record(&id.0)? {
                        bytes += record.len();
                        if bytes <= wire::MAX_RECORDS_BYTES || found.is_empty() {
                            found.push(record);
                        }
                    }
                    Ok((found, bytes))
                })
                .map(|(found, _)| Response::Records(found)),
            Request::Range { issuer, .. } if self.replica.issuer(issuer.as_str()).is_none() => {
                Ok(Response::Records(Vec::new()))
            }
            Request::Range { issuer, epoch, from_seq, max } => {
                let max = (max as usize).min(wire::MAX_RECORDS);
                let found = self.store.range(issuer.as_str(), epoch, from_seq, max, wire::MAX_RECORDS_BYTES);
                found.map(Response::Records)
            }
            Request::Blob { sha256, offset } => self.store.blob(&sha256).map(|blob| {
                let blob = blob.unwrap_or_default();
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                match blob.get(from..) {
                    Some(rest) if !rest.is_empty() => Response::Blob {
                        total: blob.len() as u64,
                        bytes: rest[..rest.len().min(wire::MAX_CHUNK_BYTES)].to_vec(),
                    },
                    _ => Response::Unavailable,
                }
            }),
        };
        found.unwrap_or_else(|error: super::store::StoreError| {
            tracing::warn!(%error, "the replica can't be read");
            Response::Unavailable
        })
    }

    fn read_blob(&self, hash: &[u8; 32]) -> Option<Vec<u8>> {
        self.store.blob(hash).unwrap_or_else(|error| {
            tracing::warn!(%error, "the replica can't be read");
            None
        })
    }

    /// A full queue drops: a question is then given up and asked again, the rest comes by the exchange of heads.
    fn order(&mut self, order: ToPeers) {
        let Some(peers) = &self.peers else { return };
        if let Err(mpsc::error::TrySendError::Closed(_)) = peers.try_send(order) {
            self.peers = None;
        }
    }

    /// The records stay in memory when the disk doesn't take them; after a restart they are fetched again.
    fn check(&self, work: impl FnOnce(&Store) -> Result<(), super::store::StoreError>) {
        if let Err(error) = work(&self.store) {
            self.warn(format!("records can't be stored: {error}"));
        }
    }

    fn warn(&self, warning: String) {
        tracing::warn!("{warning}");
        self.shared.write(|view| view.state.warning = Some(warning));
    }
}

/// What is done after the inputs of a batch.
enum Later {
    Hello(Timestamp, oneshot::Sender<Response>),
    Serve(Request, oneshot::Sender<Response>),
    Blob([u8; 32], oneshot::Sender<Option<Vec<u8>>>),
    Nudge(Vec<PeerId>),
}

fn now() -> Timestamp {
    // A clock before 1970 counts as 1970.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
