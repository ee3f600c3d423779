//! What a node holds of every issuer, as a state machine: events and the time go in, effects come out.

mod blobs;
mod intake;
mod quota;
mod sync;

pub use quota::Quotas;

use super::lists::{HeldList, IssuerState, Refusal};
use super::wire::{Answer, Hello, Request};
use super::{Floor, Head, RecordId, SignedRecord, WireError};
use crate::did::Did;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

/// A connected peer. The caller's own number for it; an attacker must not be able to choose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// How a replica behaves.
#[derive(Clone, Debug)]
pub struct ReplicaConfig {
    /// The network's name.
    pub net: String,
    /// Limits per issuer and per peer.
    pub quotas: Quotas,
    /// Time between two exchanges of heads with a random peer, give or take a quarter.
    pub sync_every: Duration,
    /// The same for the first 30 s after a connection, if it is shorter.
    pub hurry_every: Duration,
    /// Seed of the choice of peers.
    pub seed: u64,
    /// The node's own issuer: no quota holds for its records, which nobody else can make.
    pub own: Option<Did>,
}

impl ReplicaConfig {
    /// The quotas and periods of `docs/protocol.md`.
    pub fn new(net: &str, seed: u64) -> Self {
        Self {
            net: net.to_owned(),
            quotas: Quotas::default(),
            sync_every: Duration::from_secs(10),
            hurry_every: Duration::from_secs(2),
            seed,
            own: None,
        }
    }
}

/// What happens to a replica.
#[derive(Clone, Debug)]
pub enum Input {
    /// At the start: a record that was stored before, in the order of its log.
    Stored(SignedRecord),
    /// A record of this node's own issuer, with the blob of a snapshot.
    Local(SignedRecord, Option<Vec<u8>>),
    /// A record came by gossip. Answered by one [`Effect::Judge`], perhaps later.
    Received {
        /// Who sent it.
        from: PeerId,
        /// The record; its signature was checked when it was decoded.
        record: SignedRecord,
    },
    /// A connection was made.
    Connected(PeerId),
    /// A connection was lost. What was asked there has failed.
    Disconnected(PeerId),
    /// A peer asked for a hello (which the caller answers with [`Replica::hello`]).
    Greeted {
        /// Who asked.
        from: PeerId,
        /// What it said of itself.
        hello: Hello,
    },
    /// An answer to an [`Effect::Ask`].
    Answered {
        /// Who answered.
        from: PeerId,
        /// The number of the question.
        ask: u64,
        /// The answer.
        answer: Answer,
    },
    /// An [`Effect::Ask`] has failed.
    Failed {
        /// Who was asked.
        from: PeerId,
        /// The number of the question.
        ask: u64,
        /// Why.
        failure: Failure,
    },
    /// A blob is wanted: `bytes` long, as an achievement or snapshot record says.
    WantBlob {
        /// SHA-256 of its bytes.
        sha256: [u8; 32],
        /// Its size in bytes.
        bytes: u64,
    },
    /// Time passes. Once a second is enough.
    Tick,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer in time, or the stream broke.
    Lost,
    /// An answer that is not to be believed.
    Invalid(WireError),
}

/// What the caller does, in this order. [`Effect::Store`] and [`Effect::CommitFloor`] come before everything
/// that makes their records known; they must be done (the floor: durable) before what follows is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Remove every stored record of an issuer: they turned out not to lead to the head seen before.
    Forget {
        /// Whose.
        issuer: Did,
    },
    /// Keep these records and blobs (by SHA-256).
    Store {
        /// In the order of their logs.
        records: Vec<SignedRecord>,
        /// Blobs by SHA-256.
        blobs: Vec<([u8; 32], Vec<u8>)>,
    },
    /// Keep this floor durably, in the ledger.
    CommitFloor(Floor),
    /// Gossip an own record (where [`SignedRecord::fits_gossip`]; otherwise peers will pull it).
    Announce(SignedRecord),
    /// Records were pulled that gossip didn't bring: say hello to peers, who may lack them too.
    News,
    /// What to do with a record that came by gossip.
    Judge {
        /// The record.
        id: RecordId,
        /// What to do.
        verdict: Verdict,
    },
    /// Ask a peer; answered by [`Input::Answered`] or [`Input::Failed`] with the same number.
    Ask {
        /// Whom.
        peer: PeerId,
        /// The question's number.
        ask: u64,
        /// The question.
        request: Request,
    },
    /// A connected peer's heads were compared with ours, for the first time since it connected. What it holds
    /// beyond ours is known from now on; see [`Replica::showing_more`].
    Compared {
        /// Who.
        peer: PeerId,
    },
    /// A peer did what no honest one does.
    Misbehaved {
        /// Who.
        peer: PeerId,
        /// What, in plain words.
        reason: String,
    },
    /// A record was not taken, and not because it was held already.
    Refused {
        /// Who sent it.
        from: Option<PeerId>,
        /// Whose log.
        issuer: Did,
        /// The record's number.
        seq: u64,
        /// Why.
        why: Refusal,
    },
    /// What is held of an issuer has changed.
    Changed {
        /// Whose.
        issuer: Did,
        /// What.
        what: What,
    },
    /// A blob that was wanted has come and was stored.
    BlobArrived {
        /// Its SHA-256.
        sha256: [u8; 32],
    },
    /// No connected peer gave a blob that was wanted.
    BlobMissing {
        /// Its SHA-256.
        sha256: [u8; 32],
    },
}

/// What to do with a gossiped record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Forward it.
    Accept,
    /// Don't forward it; its sender did nothing wrong.
    Ignore,
    /// Don't forward it; its sender should have known.
    Reject,
}

/// What has changed of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Its profile.
    Profile,
    /// Its achievements.
    Achievements,
    /// It has a new list.
    Lists,
    /// It spoke on the status of its badges.
    Status,
    /// It has a new snapshot.
    Snapshot,
}

/// Everything held of all issuers. Pure: no clock, no I/O.
#[derive(Debug)]
pub struct Replica {
    config: ReplicaConfig,
    issuers: BTreeMap<Did, Entry>,
    peers: BTreeMap<PeerId, sync::Peer>,
    asks: BTreeMap<u64, sync::Asked>,
    next_ask: u64,
    /// Issuers of whom some peer showed more than is held.
    behind: BTreeSet<Did>,
    cursor: Option<Did>,
    blobs: BTreeMap<[u8; 32], blobs::Fetch>,
    parked: usize,
    entries: u64,
    random: u64,
    next_sync: Option<Timestamp>,
    hurry_until: Option<Timestamp>,
    /// Computed when it is asked for, until a head moves.
    fingerprint: OnceLock<[u8; 32]>,
}

/// One issuer.
#[derive(Debug, Default)]
struct Entry {
    state: Option<IssuerState>,
    floor: Option<Head>,
    usage: quota::Usage,
    /// Records that came before their time, or before their predecessors; by seq.
    parked: BTreeMap<u64, (SignedRecord, PeerId)>,
    /// Heads that peers showed beyond what is held; of the own issuer also other records at places that are taken.
    claims: BTreeMap<PeerId, Head>,
    /// Peers that are not asked for this issuer until then.
    avoid: BTreeMap<PeerId, Timestamp>,
    asking: Option<u64>,
    wait_until: Option<Timestamp>,
}

impl Entry {
    /// What is held, if it is not older than what was once seen.
    fn level(&self) -> Option<&IssuerState> {
        let at = |head: Head| (head.epoch, head.seq);
        self.state.as_ref().filter(|state| self.floor.is_none_or(|floor| at(state.head()) >= at(floor)))
    }

    /// (epoch, seq) of the next record.
    fn next(&self) -> (u32, u64) {
        self.state.as_ref().map_or((0, 0), |state| (state.head().epoch, state.head().seq + 1))
    }

    /// Whether another record is held at that place.
    fn conflicts(&self, head: Head) -> bool {
        self.state.as_ref().is_some_and(|state| state.conflicts(head))
    }
}

impl Replica {
    /// A replica without records, that knows the heads seen in earlier lives.
    pub fn new(config: ReplicaConfig, floors: Vec<Floor>) -> Self {
        let mut issuers: BTreeMap<Did, Entry> = BTreeMap::new();
        for Floor { issuer, head } in floors {
            let entry = issuers.entry(issuer).or_default();
            entry.floor = entry.floor.max(Some(head));
        }
        let random = config.seed;
        Self {
            config,
            issuers,
            peers: BTreeMap::new(),
            asks: BTreeMap::new(),
            next_ask: 0,
            behind: BTreeSet::new(),
            cursor: None,
            blobs: BTreeMap::new(),
            parked: 0,
            entries: 0,
            random,
            next_sync: None,
            hurry_until: None,
            fingerprint: OnceLock::new(),
        }
    }

    /// Takes one event at the time `now`, and says what is to be done.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Vec<Effect> {
        let mut out = Outcome::default();
        match input {
            Input::Stored(record) => self.stored(&record, now, &mut out),
            Input::Local(record, blob) => self.local(record, blob, now, &mut out),
            Input::Received { from, record } => self.received(from, record, now, &mut out),
            Input::Connected(peer) => self.connected(peer, now, &mut out),
            Input::Disconnected(peer) => self.disconnected(peer, now, &mut out),
            Input::Greeted { from, hello } => self.compare(from, &hello, &mut out, now),
            Input::Answered { from, ask, answer } => self.answered(from, ask, answer, now, &mut out),
            Input::Failed { from, ask, failure } => self.failed(from, ask, &failure, now, &mut out),
            Input::WantBlob { sha256, bytes } => self.want_blob(sha256, bytes, now, &mut out),
            Input::Tick => self.tick(now, &mut out),
        }
        self.schedule(now, &mut out);
        if out.moved {
            self.fingerprint.take();
        }
        out.into_effects(self)
    }

    /// The list of that URL of that issuer, if the issuer's latest word covers it and nothing newer was ever seen.
    pub fn list(&self, issuer: &str, url: &str) -> Option<HeldList> {
        self.issuer(issuer)?.list(url)
    }

    /// What is held of an issuer; `None` also while it is being filled again up to the head once seen.
    pub fn issuer(&self, issuer: &str) -> Option<&IssuerState> {
        self.issuers.get(&Did::parse(issuer).ok()?)?.level()
    }

    /// All issuers that are held, in ascending order of their DIDs.
    pub fn issuers(&self) -> impl Iterator<Item = &IssuerState> {
        self.issuers.values().filter_map(Entry::level)
    }

    /// The heads of all issuers that are held, in ascending order of their DIDs.
    pub fn heads(&self) -> impl Iterator<Item = Floor> + '_ {
        self.issuers().map(|state| Floor { issuer: state.issuer().clone(), head: state.head() })
    }

    /// A page of heads for a peer that asks.
    pub fn heads_page(&self, after: Option<&Did>) -> super::wire::Response {
        use std::ops::Bound::{Excluded, Unbounded};
        let most = super::wire::MAX_HEADS;
        let from = after.map_or(Unbounded, Excluded);
        let mut heads: Vec<Floor> = self
            .issuers
            .range::<Did, _>((from, Unbounded))
            .filter_map(|(_, entry)| entry.level())
            .map(|state| Floor { issuer: state.issuer().clone(), head: state.head() })
            .take(most + 1)
            .collect();
        let more = heads.len() > most;
        heads.truncate(most);
        super::wire::Response::Heads { heads, more }
    }

    /// The connected peers that showed records of an issuer beyond those that are held, and of the own issuer also those
    /// that showed another record at a place that is taken.
    pub fn showing_more(&self, issuer: &Did) -> Vec<PeerId> {
        self.issuers.get(issuer).map(|entry| entry.claims.keys().copied().collect()).unwrap_or_default()
    }

    /// Whether less is held of an issuer than was once seen of it.
    pub fn is_below_floor(&self, issuer: &Did) -> bool {
        self.issuers.get(issuer).is_some_and(|entry| entry.floor.is_some() && entry.level().is_none())
    }

    /// SHA-256 over all heads: for each, in ascending order of DIDs: the DID, a zero byte, epoch (4 bytes), seq
    /// (8 bytes), both big-endian, id.
    pub fn fingerprint(&self) -> [u8; 32] {
        *self.fingerprint.get_or_init(|| self.compute_fingerprint())
    }

    /// What this node says of itself, as request or answer.
    pub fn hello(&self, now: Timestamp) -> Hello {
        Hello {
            net: self.config.net.clone(),
            clock_ms: u64::try_from(now.as_millis()).unwrap_or_default(),
            fingerprint: self.fingerprint(),
        }
    }

    fn compute_fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for state in self.issuers() {
            let head = state.head();
            hash.update(state.issuer().as_str());
            hash.update([0]);
            hash.update(head.epoch.to_be_bytes());
            hash.update(head.seq.to_be_bytes());
            hash.update(head.id.0);
        }
        hash.finalize().into()
    }
}

/// Collects what one event leads to, so that it comes out in the right order.
#[derive(Default)]
struct Outcome {
    forget: BTreeSet<Did>,
    store: Vec<SignedRecord>,
    blobs: Vec<([u8; 32], Vec<u8>)>,
    /// Snapshots that were taken: the blob is written once, at the end, if the list is still as it was.
    snapshots: Vec<(Did, u32)>,
    floors: BTreeMap<Did, Head>,
    changed: BTreeSet<(Did, What)>,
    then: Vec<Effect>,
    /// A head has moved.
    moved: bool,
}

impl Outcome {
    fn into_effects(mut self, replica: &Replica) -> Vec<Effect> {
        for (issuer, list) in std::mem::take(&mut self.snapshots) {
            let state = replica.issuers.get(&issuer).and_then(|entry| entry.state.as_ref());
            if let Some((snapshot, blob)) = state.and_then(|state| state.snapshot(list))
                && !self.blobs.iter().any(|(sha256, _)| *sha256 == snapshot.blob)
            {
                self.blobs.push((snapshot.blob, blob));
            }
        }
        let mut effects: Vec<Effect> =
            self.forget.into_iter().map(|issuer| Effect::Forget { issuer }).collect();
        if !self.store.is_empty() || !self.blobs.is_empty() {
            effects.push(Effect::Store { records: self.store, blobs: self.blobs });
        }
        let floors = self.floors.into_iter();
        effects.extend(floors.map(|(issuer, head)| Effect::CommitFloor(Floor { issuer, head })));
        effects.extend(self.changed.into_iter().map(|(issuer, what)| Effect::Changed { issuer, what }));
        effects.extend(self.then);
        effects
    }
}
