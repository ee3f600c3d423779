//! A world of replicas in virtual time, from a seed: links that delay, lose, repeat and reorder.
#![allow(dead_code)] // each test file uses its part

use accolade_core::did::{Did, key::did_of};
use accolade_core::keys::SigningKey;
use accolade_core::record::wire::{Answer, MAX_RECORDS_BYTES, Request, Response};
use accolade_core::record::{
    Effect, Failure, Floor, GossipVerdict, Head, Input, IssuerLog, ListCreate, PeerId, Profile, Replica,
    ReplicaConfig, SignedRecord,
};
use accolade_core::status::StatusPurpose;
use accolade_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub const NET: &str = "test";
pub const START_MS: i64 = 1_780_000_000_000;
pub const DAY: Duration = Duration::from_secs(86_400);

pub fn start() -> Timestamp {
    Timestamp::from_millis(START_MS)
}

/// An issuer with its key and log.
pub struct Issuer {
    pub key: SigningKey,
    pub log: IssuerLog,
}

impl Issuer {
    pub fn new(seed: u8) -> Self {
        let key = SigningKey::from_seed(&[seed; 32]);
        let log = IssuerLog::open(NET, did_of(&key.verifying_key()), []).expect("an empty log");
        Self { key, log }
    }

    pub fn did(&self) -> Did {
        self.log.issuer().clone()
    }

    pub fn profile(&mut self, at: Timestamp) -> SignedRecord {
        let json = format!(r#"{{"id":"{}","type":["Profile"],"name":"Example Guild"}}"#, self.did());
        let profile = Profile::new(json.into_bytes()).expect("a profile");
        self.log.profile(profile, &self.key, at).expect("profile")
    }

    pub fn create(&mut self, list: u32, purpose: StatusPurpose, at: Timestamp) -> SignedRecord {
        let create = ListCreate { list, url: self.url(list), purpose, entries: 131_072 };
        self.log.list_create(create, &self.key, at).expect("list-create")
    }

    pub fn url(&self, list: u32) -> String {
        format!("https://issuer.example/status/{list}")
    }

    pub fn revoke(&mut self, list: u32, indexes: &[u64], at: Timestamp) -> SignedRecord {
        let changes = [(list, indexes.to_vec(), vec![])];
        self.log.status(&changes, 0, DAY, &self.key, at).expect("status")
    }

    /// Profile, list 0 and a first word on it.
    pub fn opening(&mut self, at: Timestamp) -> Vec<SignedRecord> {
        let records = [self.profile(at), self.create(0, StatusPurpose::Revocation, at)];
        let word = self.log.status(&[], 0, DAY, &self.key, at).expect("heartbeat");
        records.into_iter().chain([word]).collect()
    }
}

/// A node: its replica, its store, its ledger.
pub struct Node {
    pub replica: Replica,
    pub store: BTreeMap<(Did, u64), SignedRecord>,
    pub blobs: BTreeMap<[u8; 32], Vec<u8>>,
    pub floors: BTreeMap<Did, Head>,
    pub complaints: Vec<String>,
    pub linked: BTreeSet<usize>,
}

impl Node {
    fn new(seed: u64) -> Self {
        Self {
            replica: Replica::new(ReplicaConfig::new(NET, seed), vec![]),
            store: BTreeMap::new(),
            blobs: BTreeMap::new(),
            floors: BTreeMap::new(),
            complaints: vec![],
            linked: BTreeSet::new(),
        }
    }

    fn answer(&self, request: &Request, now: Timestamp) -> Response {
        match request {
            Request::Hello(_) => Response::Hello(self.replica.hello(now)),
            Request::Heads { after } => self.replica.heads_page(after.as_ref()),
            Request::Get { ids } => Response::Records(
                self.store.values().filter(|r| ids.contains(&r.id())).map(|r| r.bytes().to_vec()).collect(),
            ),
            Request::Range { issuer, epoch: _, from_seq, max } => {
                let mut bytes = 0;
                let held = self.store.range((issuer.clone(), *from_seq)..=(issuer.clone(), u64::MAX));
                let records = held.map(|(_, record)| record.bytes().to_vec()).take(*max as usize);
                Response::Records(
                    records
                        .take_while(|record| {
                            bytes += record.len();
                            bytes <= MAX_RECORDS_BYTES
                        })
                        .collect(),
                )
            }
            Request::Blob { sha256, offset } => match self.blobs.get(sha256) {
                Some(blob) => Response::Blob {
                    total: blob.len() as u64,
                    bytes: blob[*offset as usize..].iter().take(1000).copied().collect(),
                },
                None => Response::Unavailable,
            },
        }
    }
}

enum Event {
    Tick(usize),
    Gossip { from: usize, to: usize, bytes: Vec<u8> },
    Request { from: usize, to: usize, ask: u64, bytes: Vec<u8> },
    Response { from: usize, to: usize, ask: u64, bytes: Vec<u8> },
    Lost { at: usize, from: usize, ask: u64 },
}

/// Nodes and links. Node numbers serve as peer numbers.
pub struct World {
    pub nodes: Vec<Node>,
    pub now_ms: i64,
    events: BTreeMap<(i64, u64), Event>,
    random: u64,
    count: u64,
    /// Of 100 messages so many are lost.
    pub loss: u64,
    /// Of 100 gossiped messages so many come twice.
    pub repeat: u64,
    /// Links that are cut.
    pub cut: BTreeSet<(usize, usize)>,
}

impl World {
    /// `n` nodes, each linked with every other.
    pub fn new(n: usize, seed: u64) -> Self {
        let nodes = (0..n).map(|i| Node::new(seed * 1000 + i as u64)).collect();
        let events = BTreeMap::new();
        let mut world = Self {
            nodes,
            now_ms: START_MS,
            events,
            random: seed,
            count: 0,
            loss: 0,
            repeat: 0,
            cut: BTreeSet::new(),
        };
        for a in 0..n {
            world.plan(a as i64, Event::Tick(a));
            for b in 0..n {
                if a != b {
                    world.link(a, b);
                }
            }
        }
        world
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now_ms)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % n
    }

    fn link(&mut self, a: usize, b: usize) {
        self.nodes[a].linked.insert(b);
        self.input(a, Input::Connected(PeerId(b as u64)));
    }

    pub fn publish(&mut self, at: usize, record: SignedRecord) {
        self.input(at, Input::Local(record, None));
    }

    pub fn input(&mut self, at: usize, input: Input) -> Vec<Effect> {
        let now = self.now();
        let effects = self.nodes[at].replica.handle(input, now);
        self.carry_out(at, &effects);
        effects
    }

    /// Cuts or heals every link between the first `n` nodes and the rest.
    pub fn partition(&mut self, n: usize, cut: bool) {
        for a in 0..n {
            for b in n..self.nodes.len() {
                for (a, b) in [(a, b), (b, a)] {
                    if cut {
                        self.cut.insert((a, b));
                        self.nodes[a].linked.remove(&b);
                        self.input(a, Input::Disconnected(PeerId(b as u64)));
                    } else {
                        self.cut.remove(&(a, b));
                        self.link(a, b);
                    }
                }
            }
        }
    }

    /// Restarts a node. Its floors stay; its store only if `keep`.
    pub fn restart(&mut self, at: usize, keep: bool, seed: u64) {
        let node = &mut self.nodes[at];
        let floors =
            node.floors.iter().map(|(issuer, head)| Floor { issuer: issuer.clone(), head: *head }).collect();
        node.replica = Replica::new(ReplicaConfig::new(NET, seed), floors);
        if !keep {
            node.store.clear();
            node.blobs.clear();
        }
        let peers: Vec<usize> = node.linked.iter().copied().collect();
        for record in node.store.values().cloned().collect::<Vec<_>>() {
            self.input(at, Input::Stored(record));
        }
        for peer in peers {
            self.input(peer, Input::Disconnected(PeerId(at as u64)));
            self.input(peer, Input::Connected(PeerId(at as u64)));
            self.input(at, Input::Connected(PeerId(peer as u64)));
        }
    }

    /// Lets time pass.
    pub fn run(&mut self, for_s: i64) {
        let until = self.now_ms + for_s * 1000;
        while let Some((&(at, n), _)) = self.events.first_key_value() {
            if at > until {
                break;
            }
            self.now_ms = at;
            if let Some(event) = self.events.remove(&(at, n)) {
                self.happen(event);
            }
        }
        self.now_ms = until;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Tick(at) => {
                self.input(at, Input::Tick);
                self.plan(1000, Event::Tick(at));
            }
            Event::Gossip { from, to, bytes } => {
                let record = SignedRecord::decode(&bytes, NET).expect("an honest node gossips good records");
                self.input(to, Input::Received { from: PeerId(from as u64), record });
            }
            Event::Request { from, to, ask, bytes } => {
                let request = Request::decode(&bytes).expect("an honest node asks well");
                if let Request::Hello(hello) = &request {
                    let hello = hello.clone();
                    self.input(to, Input::Greeted { from: PeerId(from as u64), hello });
                }
                let bytes = self.nodes[to].answer(&request, self.now()).encode();
                self.send(to, from, Event::Response { from: to, to: from, ask, bytes });
            }
            Event::Response { from, to, ask, bytes } => {
                let from = PeerId(from as u64);
                let answer = Answer::decode(&bytes, NET).expect("an honest node answers well");
                self.input(to, Input::Answered { from, ask, answer });
            }
            Event::Lost { at, from, ask } => {
                let from = PeerId(from as u64);
                self.input(at, Input::Failed { from, ask, failure: Failure::Lost });
            }
        }
    }

    fn plan(&mut self, in_ms: i64, event: Event) {
        self.count += 1;
        self.events.insert((self.now_ms + in_ms, self.count), event);
    }

    /// Sends over a link; what a question loses on the way comes back as a failure.
    fn send(&mut self, from: usize, to: usize, event: Event) {
        let delay = 5 + self.below(200) as i64;
        let lost = self.cut.contains(&(from, to)) || self.below(100) < self.loss;
        match (lost, event) {
            (false, event) => self.plan(delay, event),
            (true, Event::Request { ask, .. }) => self.plan(10_000, Event::Lost { at: from, from: to, ask }),
            (true, Event::Response { ask, .. }) => self.plan(10_000, Event::Lost { at: to, from, ask }),
            (true, _) => {}
        }
    }

    fn carry_out(&mut self, at: usize, effects: &[Effect]) {
        let mut gossiped = BTreeMap::new();
        for effect in effects {
            match effect {
                Effect::Forget { issuer } => self.nodes[at].store.retain(|(of, _), _| of != issuer),
                Effect::Store { records, blobs } => {
                    for record in records {
                        gossiped.insert(record.id(), record.clone());
                        self.nodes[at].store.insert((record.issuer().clone(), record.seq()), record.clone());
                    }
                    self.nodes[at].blobs.extend(blobs.iter().cloned());
                }
                Effect::CommitFloor(floor) => {
                    let before = self.nodes[at].floors.insert(floor.issuer.clone(), floor.head);
                    assert!(before.is_none_or(|before| before.seq < floor.head.seq), "a floor went down");
                }
                Effect::Announce(record) if record.fits_gossip() => self.gossip(at, record),
                Effect::Judge { id, verdict: GossipVerdict::Accept } => {
                    let record = gossiped.get(id).expect("only what was stored is forwarded").clone();
                    self.gossip(at, &record);
                }
                Effect::Ask { peer, ask, request } => {
                    let (ask, bytes, to) = (*ask, request.encode(), peer.0 as usize);
                    self.send(at, to, Event::Request { from: at, to, ask, bytes });
                }
                Effect::Misbehaved { reason, .. } => self.nodes[at].complaints.push(reason.clone()),
                Effect::Refused { why, .. } => self.nodes[at].complaints.push(why.to_string()),
                _ => {}
            }
        }
    }

    fn gossip(&mut self, from: usize, record: &SignedRecord) {
        for to in self.nodes[from].linked.clone() {
            let times = if self.below(100) < self.repeat { 2 } else { 1 };
            for _ in 0..times {
                let bytes = record.bytes().to_vec();
                self.send(from, to, Event::Gossip { from, to, bytes });
            }
        }
    }

    /// Panics unless every node holds exactly what the issuers' own logs say.
    pub fn assert_level(&self, issuers: &[Issuer]) {
        for (n, node) in self.nodes.iter().enumerate() {
            for issuer in issuers {
                let did = issuer.did();
                let held = node.replica.issuer(did.as_str());
                let held = held.unwrap_or_else(|| panic!("node {n} holds nothing of {did}"));
                assert_eq!(Some(held.head()), issuer.log.head(), "node {n}");
                for ours in issuer.log.state().expect("a log").lists() {
                    let list = held.list(&ours.list.url).expect("the list");
                    assert_eq!(
                        (list.version, &list.bits, list.as_of),
                        (ours.version, &ours.bits, ours.as_of)
                    );
                }
                assert_eq!(node.floors.get(&did), issuer.log.head().as_ref(), "node {n}");
            }
            assert_eq!(node.replica.fingerprint(), self.nodes[0].replica.fingerprint());
            assert!(node.complaints.is_empty(), "node {n}: {:?}", node.complaints);
        }
    }
}
