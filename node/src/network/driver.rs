//! The swarm's task: it moves bytes and keeps connections; it never waits for a store or a signature.

use super::behaviour::{self, Behaviour, BehaviourEvent, MAX_GOSSIP_BYTES, REQUESTS_AT_ONCE, Topics};
use super::codec::ByteCodec;
use super::quota::Buckets;
use super::redial::{Due, Redial};
use super::tasks::{Done, Judged, Workers};
use super::{Counts, NetworkConfig, NetworkError, PeerView, View, read};
use crate::replica::{ReplicaHandle, ToPeers};
use accolade_core::record::wire::{self, Request};
use accolade_core::record::{
    Failure, GossipVerdict, Input, PeerId as Name, RecordId, RecordType, SignedRecord,
};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{self, OutboundRequestId};
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, identify, identity, mdns};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long a listener may take to be bound, and the end of a connection to be seen at shutdown.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often it is looked whether a dial is due.
const REDIAL_TICK: Duration = Duration::from_millis(250);
/// Requests to one peer that wait for their turn.
const MAX_WAITING: usize = 256;
/// Requests in a row that fail before a peer is disconnected.
const MAX_FAILURES: u32 = 3;
/// What a peer may send of what no honest node sends, before it is left alone.
const MAX_STRIKES: u32 = 5;
/// Announcements within this time make one nudge; after a nudge, the time before the next for what was pulled; and
/// the most peers that are nudged.
const NUDGE_DELAY: Duration = Duration::from_millis(20);
const NEWS_EVERY: Duration = Duration::from_millis(500);
const MAX_NUDGED: usize = 16;
/// Gossiped records that may wait for the replica's word; those forgotten are not forwarded.
const MAX_JUDGED: usize = 8192;
/// Peers whose buckets are remembered.
const MAX_BUCKETS: usize = 4096;

/// Everything that the task owns.
pub(super) struct Driver {
    swarm: Swarm<Behaviour>,
    listen: Vec<Multiaddr>,
    topics: Topics,
    redial: Redial,
    peers: HashMap<PeerId, Peer>,
    /// The short names under which the state machine knows the connected peers.
    names: HashMap<Name, PeerId>,
    next_name: u64,
    /// Questions under way, with their number unless nobody waits for the answer.
    asked: HashMap<OutboundRequestId, (PeerId, Option<u64>)>,
    /// Gossiped records that wait for the replica's word.
    judged: HashMap<RecordId, Judged>,
    banned: HashMap<PeerId, Instant>,
    banned_for: Duration,
    requests: Buckets<PeerId>,
    gossip: Buckets<PeerId>,
    workers: Workers,
    running: FuturesUnordered<BoxFuture<'static, Done>>,
    max_running: usize,
    /// When peers are told that there is something new, which gossip didn't bring to all.
    nudge_at: Option<tokio::time::Instant>,
    nudged_at: Option<tokio::time::Instant>,
    from_replica: mpsc::Receiver<ToPeers>,
    view: Arc<RwLock<View>>,
    stop: mpsc::Receiver<oneshot::Sender<()>>,
}

struct Peer {
    name: Name,
    connections: Vec<(ConnectionId, Multiaddr, bool)>,
    agent: Option<String>,
    in_flight: usize,
    waiting: VecDeque<(Option<u64>, Request)>,
    serving: usize,
    failures: u32,
    strikes: u32,
    /// Its heads were compared with ours.
    is_compared: bool,
}

impl Driver {
    /// Builds the swarm and takes the replica's orders from now on.
    pub(super) fn new(
        mut config: NetworkConfig,
        replica: ReplicaHandle,
        view: Arc<RwLock<View>>,
        stop: mpsc::Receiver<oneshot::Sender<()>>,
    ) -> Result<Self, NetworkError> {
        let keypair = identity::Keypair::ed25519_from_bytes(&mut config.seed[..])
            .map_err(|error| NetworkError::Build { reason: error.to_string() })?;
        let codec = ByteCodec {
            max_request_bytes: wire::MAX_REQUEST_BYTES,
            max_response_bytes: wire::MAX_RESPONSE_BYTES,
        };
        let mut swarm = behaviour::swarm(keypair, &config, codec)?;
        let redial = Redial::new(&config.peers, Instant::now());
        for peer in redial.configured_peers() {
            swarm.behaviour_mut().limits.bypass_peer_id(&peer);
        }
        Ok(Self {
            swarm,
            listen: config.listen,
            topics: Topics::of(&config.net),
            redial,
            peers: HashMap::new(),
            names: HashMap::new(),
            next_name: 0,
            asked: HashMap::new(),
            judged: HashMap::new(),
            banned: HashMap::new(),
            banned_for: config.quotas.banned_for,
            requests: Buckets::new(config.quotas.requests, MAX_BUCKETS),
            gossip: Buckets::new(config.quotas.gossip, MAX_BUCKETS),
            from_replica: replica.attach(),
            workers: Workers::new(replica, config.net, read(&view, |view| view.counts.clone())),
            running: FuturesUnordered::new(),
            max_running: config.quotas.max_queued,
            nudge_at: None,
            nudged_at: None,
            view,
            stop,
        })
    }

    /// The node's id, as text.
    pub(super) fn peer_id(&self) -> String {
        self.swarm.local_peer_id().to_string()
    }

    /// Listens on the configured addresses; returns when each is bound.
    pub(super) async fn listen(&mut self) -> Result<(), NetworkError> {
        let mut waiting = HashMap::new();
        for address in std::mem::take(&mut self.listen) {
            let refused = |reason: String| NetworkError::Listen { address: address.clone(), reason };
            let id = self.swarm.listen_on(address.clone()).map_err(|error| refused(error.to_string()))?;
            waiting.insert(id, address);
        }
        let deadline = tokio::time::sleep(LISTEN_TIMEOUT);
        tokio::pin!(deadline);
        while !waiting.is_empty() {
            let event = tokio::select! {
                event = self.swarm.select_next_some() => event,
                () = &mut deadline => {
                    let address = waiting.into_values().next().unwrap_or_else(Multiaddr::empty);
                    return Err(NetworkError::Listen { address, reason: "it took too long".to_owned() });
                }
            };
            match &event {
                SwarmEvent::NewListenAddr { listener_id, .. } => drop(waiting.remove(listener_id)),
                SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                    if let Some(address) = waiting.remove(listener_id) {
                        let reason = reason.as_ref().err().map_or_else(String::new, ToString::to_string);
                        return Err(NetworkError::Listen { address, reason });
                    }
                }
                _ => {}
            }
            self.on_event(event);
        }
        Ok(())
    }

    /// Runs until it is told to stop.
    pub(super) async fn run(mut self) {
        let mut redial = tokio::time::interval(REDIAL_TICK);
        let told = loop {
            let nudge_at = self.nudge_at;
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(done) = self.running.next() => self.on_done(done),
                Some(order) = self.from_replica.recv() => self.on_order(order),
                _ = redial.tick() => self.dial_due(),
                () = until(nudge_at), if nudge_at.is_some() => self.nudge(),
                told = self.stop.recv() => break told,
            }
        };
        self.close().await;
        if let Some(told) = told {
            // Whoever asked may have gone.
            let _ = told.send(());
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            })) => self.on_gossip(propagation_source, message_id, message.data),
            SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => self.on_sync(event),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) => {
                self.on_identified(peer_id, info);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Mdns(mdns::Event::Discovered(found))) => {
                for (peer, address) in found {
                    let dial = DialOpts::peer_id(peer)
                        .addresses(vec![address])
                        .condition(PeerCondition::DisconnectedAndNotDialing);
                    // A peer that is connected already isn't dialled.
                    let _ = self.swarm.dial(dial.build());
                }
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let address = endpoint.get_remote_address().clone();
                self.on_connected(peer_id, connection_id, address, endpoint.is_dialer());
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                self.on_closed(peer_id, connection_id);
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                tracing::info!(%address, "listening for peers");
                let address = address.with(Protocol::P2p(*self.swarm.local_peer_id()));
                self.write_view(|view| view.listen.push(address));
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                let address = address.with(Protocol::P2p(*self.swarm.local_peer_id()));
                self.write_view(|view| view.listen.retain(|listened| *listened != address));
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(?peer_id, %error, "a peer can't be reached");
            }
            _ => {}
        }
    }

    fn on_connected(&mut self, id: PeerId, connection: ConnectionId, address: Multiaddr, outbound: bool) {
        let now = Instant::now();
        if self.banned.get(&id).is_some_and(|until| now < *until) {
            self.swarm.close_connection(connection);
            return;
        }
        self.redial.connected(id, outbound.then_some(&address), now);
        let next_name = Name(self.next_name);
        let peer = self.peers.entry(id).or_insert_with(|| Peer::new(next_name));
        peer.connections.push((connection, address, outbound));
        if peer.name == next_name {
            self.next_name += 1;
            self.names.insert(next_name, id);
            self.workers.replica.input(Input::Connected(next_name));
            tracing::debug!(peer = %id, outbound, "connected");
        }
        self.show_peers();
    }

    fn on_closed(&mut self, id: PeerId, connection: ConnectionId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.connections.retain(|(known, ..)| *known != connection);
        if peer.connections.is_empty() {
            let name = peer.name;
            self.peers.remove(&id);
            self.names.remove(&name);
            self.workers.replica.input(Input::Disconnected(name));
            self.redial.lost(&id, Instant::now(), random_unit());
            tracing::debug!(peer = %id, "disconnected");
        }
        self.show_peers();
    }

    fn on_identified(&mut self, id: PeerId, info: identify::Info) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.agent = Some(info.agent_version.chars().filter(|c| !c.is_control()).take(64).collect());
        // Addresses of this very machine are of use only to one that is on it too.
        let local = peer.connections.iter().any(|(_, address, _)| is_loopback(address));
        let addresses = info.listen_addrs.into_iter().filter(|address| local || !is_loopback(address));
        self.redial.met(id, addresses.collect(), Instant::now());
        self.show_peers();
    }

    fn on_gossip(&mut self, from: PeerId, message: gossipsub::MessageId, bytes: Vec<u8>) {
        let name = self.peers.get(&from).map(|peer| peer.name);
        let allowed = self.gossip.take(from, 1.0, Instant::now()) && self.running.len() < self.max_running;
        match name {
            Some(_) if bytes.len() > MAX_GOSSIP_BYTES => {
                self.report(&message, &from, MessageAcceptance::Reject);
                self.strike(from, "gossiped a record over the limit");
            }
            Some(name) if allowed => self.running.push(self.workers.gossip(from, name, message, bytes)),
            // Dropped: the next exchange of heads brings it.
            _ => {
                Counts::add(&self.workers.counts.dropped);
                self.report(&message, &from, MessageAcceptance::Ignore);
            }
        }
    }

    fn on_sync(&mut self, event: request_response::Event<Vec<u8>, Vec<u8>>) {
        match event {
            request_response::Event::Message { peer: id, message, .. } => match message {
                request_response::Message::Request { request, channel, .. } => {
                    let allowed = self.requests.take(id, 1.0, Instant::now());
                    let Some(peer) = self.peers.get_mut(&id) else { return };
                    // Without an answer the stream is closed, and the asker tries again later.
                    if allowed && peer.serving < REQUESTS_AT_ONCE && self.running.len() < self.max_running {
                        peer.serving += 1;
                        self.running.push(self.workers.serve(id, peer.name, request, channel));
                    }
                }
                request_response::Message::Response { request_id, response } => {
                    let Some((id, ask)) = self.asked.remove(&request_id) else { return };
                    let Some(peer) = self.peers.get_mut(&id) else { return };
                    peer.in_flight = peer.in_flight.saturating_sub(1);
                    peer.failures = 0;
                    match ask {
                        None => {}
                        Some(ask) if self.running.len() < self.max_running => {
                            self.running.push(self.workers.answer(peer.name, ask, response));
                        }
                        Some(ask) => self.workers.replica.failed(peer.name, ask, Failure::Lost),
                    }
                    self.ask_next(id);
                }
            },
            request_response::Event::OutboundFailure { request_id, error, .. } => {
                let Some((id, ask)) = self.asked.remove(&request_id) else { return };
                let Some(peer) = self.peers.get_mut(&id) else { return };
                tracing::debug!(peer = %id, %error, "a request failed");
                peer.in_flight = peer.in_flight.saturating_sub(1);
                peer.failures += 1;
                if let Some(ask) = ask {
                    self.workers.replica.failed(peer.name, ask, Failure::Lost);
                }
                let useless = matches!(error, request_response::OutboundFailure::UnsupportedProtocols);
                if useless || peer.failures >= MAX_FAILURES {
                    self.redial.forget(&id);
                    // An error says that it is disconnected already.
                    let _ = self.swarm.disconnect_peer_id(id);
                } else {
                    self.ask_next(id);
                }
            }
            _ => {}
        }
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Gossip { from, name, message, record: Ok(record) } => {
                if self.judged.len() >= MAX_JUDGED {
                    self.judged.clear();
                }
                self.judged.insert(record.id(), Judged { message, from });
                self.workers.replica.input(Input::Received { from: name, record });
            }
            Done::Gossip { from, message, record: Err(Some(error)), .. } => {
                self.report(&message, &from, MessageAcceptance::Reject);
                self.strike(from, &error.to_string());
            }
            Done::Gossip { from, message, record: Err(None), .. } => {
                self.report(&message, &from, MessageAcceptance::Ignore);
            }
            Done::Serve { to, channel, answer } => {
                if let Some(peer) = self.peers.get_mut(&to) {
                    peer.serving = peer.serving.saturating_sub(1);
                }
                if let Some(bytes) = answer {
                    // An error means that the asker has gone or given up.
                    let _ = self.swarm.behaviour_mut().sync.send_response(channel, bytes);
                }
            }
            Done::Answered => {}
        }
    }

    fn on_order(&mut self, order: ToPeers) {
        match order {
            ToPeers::Announce(record) => self.announce(&record),
            ToPeers::News => self.nudge_soon(NEWS_EVERY),
            ToPeers::Judge { id, verdict } => {
                let Some(Judged { message, from }) = self.judged.remove(&id) else { return };
                let acceptance = match verdict {
                    GossipVerdict::Accept => MessageAcceptance::Accept,
                    GossipVerdict::Ignore => MessageAcceptance::Ignore,
                    GossipVerdict::Reject => MessageAcceptance::Reject,
                };
                let known = self.report(&message, &from, acceptance);
                if !known && verdict == GossipVerdict::Accept {
                    // It waited for so long that gossipsub has let it go.
                    self.nudge_soon(NEWS_EVERY);
                }
            }
            ToPeers::Ask { peer: name, ask, request } => match (self.names.get(&name), ask) {
                (Some(id), _) => self.ask(*id, ask, request),
                (None, Some(ask)) => self.workers.replica.failed(name, ask, Failure::Lost),
                (None, None) => {}
            },
            ToPeers::Compared { peer: name } => {
                let id = self.names.get(&name).copied();
                if let Some(peer) = id.and_then(|id| self.peers.get_mut(&id)) {
                    peer.is_compared = true;
                    self.show_peers();
                }
            }
            ToPeers::Misbehaved { peer: name, reason } => {
                if let Some(id) = self.names.get(&name).copied() {
                    self.strike(id, &reason);
                }
            }
        }
    }

    /// Gossips a small record. A large one, and peers that don't listen to the topic (yet), are served by pull: they
    /// are told that there is something new.
    fn announce(&mut self, record: &SignedRecord) {
        let is_status = record.record_type() == RecordType::Status;
        let topic = if is_status { self.topics.status.hash() } else { self.topics.log.hash() };
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        let listening = gossip.all_peers().filter(|(_, topics)| topics.contains(&&topic)).count();
        let mut reached = false;
        if record.fits_gossip() && listening > 0 {
            // A duplicate was published before; a full queue is made up for by the exchange of heads.
            reached = match gossip.publish(topic, record.bytes()) {
                Ok(_) | Err(gossipsub::PublishError::Duplicate) => true,
                Err(_) => false,
            };
        }
        if !reached || listening < self.peers.len() {
            self.nudge_soon(NUDGE_DELAY);
        }
    }

    /// Orders a nudge, no sooner than `gap` after the last one.
    fn nudge_soon(&mut self, gap: Duration) {
        let soon = tokio::time::Instant::now() + NUDGE_DELAY;
        let at = self.nudged_at.map_or(soon, |last| soon.max(last + gap));
        self.nudge_at = Some(self.nudge_at.map_or(at, |set| set.min(at)));
    }

    /// Tells some peers our fingerprint; whoever sees that it differs asks for what it lacks.
    fn nudge(&mut self) {
        self.nudge_at = None;
        self.nudged_at = Some(tokio::time::Instant::now());
        let mut names: Vec<Name> = self.names.keys().copied().collect();
        while names.len() > MAX_NUDGED {
            names.swap_remove(random_below(names.len()));
        }
        self.workers.replica.nudge(names);
    }

    fn ask(&mut self, id: PeerId, ask: Option<u64>, request: Request) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        match (peer.waiting.len() < MAX_WAITING, ask) {
            (true, _) => peer.waiting.push_back((ask, request)),
            (false, Some(ask)) => self.workers.replica.failed(peer.name, ask, Failure::Lost),
            (false, None) => {}
        }
        self.ask_next(id);
    }

    fn ask_next(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        while peer.in_flight < REQUESTS_AT_ONCE
            && let Some((ask, request)) = peer.waiting.pop_front()
        {
            let sent = self.swarm.behaviour_mut().sync.send_request(&id, request.encode());
            peer.in_flight += 1;
            self.asked.insert(sent, (id, ask));
        }
    }

    /// False if gossipsub doesn't remember the message any more.
    fn report(
        &mut self,
        message: &gossipsub::MessageId,
        from: &PeerId,
        acceptance: MessageAcceptance,
    ) -> bool {
        self.swarm.behaviour_mut().gossip.report_message_validation_result(message, from, acceptance)
    }

    /// What no honest node sends. After a few the peer is left alone for a while.
    fn strike(&mut self, id: PeerId, reason: &str) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.strikes += 1;
        tracing::debug!(peer = %id, reason, strikes = peer.strikes, "a peer misbehaved");
        if peer.strikes >= MAX_STRIKES {
            tracing::warn!(peer = %id, reason, "a peer misbehaved again and again: it is left alone for a while");
            let now = Instant::now();
            self.banned.retain(|_, until| now < *until);
            if self.banned.len() < MAX_BUCKETS {
                self.banned.insert(id, now + self.banned_for);
            }
            self.redial.forget(&id);
            // An error says that it is disconnected already.
            let _ = self.swarm.disconnect_peer_id(id);
        }
    }

    fn dial_due(&mut self) {
        let now = Instant::now();
        for Due { peer, addresses } in self.redial.due(now, random_unit) {
            let dials: Vec<DialOpts> = match peer {
                Some(peer) if self.banned.get(&peer).is_some_and(|until| now < *until) => continue,
                Some(peer) => vec![
                    DialOpts::peer_id(peer)
                        .addresses(addresses)
                        .condition(PeerCondition::DisconnectedAndNotDialing)
                        .build(),
                ],
                None => {
                    addresses.into_iter().map(|a| DialOpts::unknown_peer_id().address(a).build()).collect()
                }
            };
            for dial in dials {
                if let Err(error) = self.swarm.dial(dial) {
                    tracing::debug!(?peer, %error, "a peer can't be dialled");
                }
            }
        }
    }

    /// Closes everything and waits until it is closed, so that the ports are free afterwards.
    async fn close(mut self) {
        for id in self.peers.keys().copied().collect::<Vec<_>>() {
            // An error says that it is disconnected already.
            let _ = self.swarm.disconnect_peer_id(id);
        }
        let closed = async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.select_next_some().await;
            }
        };
        // Whoever doesn't answer is left to the drop below.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, closed).await;
        for peer in self.peers.values() {
            self.workers.replica.input(Input::Disconnected(peer.name));
        }
        let listened = std::mem::take(&mut self.write_view(std::mem::take).listen);
        drop(self.swarm);
        ports_are_free(&listened).await;
    }

    fn show_peers(&self) {
        let peers = self.peers.iter().filter_map(|(id, peer)| {
            let (_, address, outbound) = peer.connections.first()?;
            Some(PeerView {
                peer_id: id.to_string(),
                address: address.to_string(),
                outbound: *outbound,
                agent: peer.agent.clone(),
            })
        });
        let mut peers: Vec<PeerView> = peers.collect();
        peers.sort_by(|a, b| a.peer_id.cmp(&b.peer_id));
        let configured = self.redial.configured_peers().filter_map(|id| self.peers.get(&id));
        let configured = configured.map(|peer| (peer.name, peer.is_compared)).collect();
        let unreached = self.redial.unreached();
        self.write_view(|view| {
            (view.peers, view.configured, view.unreached) = (peers, configured, unreached);
        });
    }

    fn write_view<T>(&self, change: impl FnOnce(&mut View) -> T) -> T {
        // Plain data: what a panicked writer left is still a view.
        change(&mut self.view.write().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Peer {
    fn new(name: Name) -> Self {
        Self {
            name,
            connections: Vec::new(),
            agent: None,
            in_flight: 0,
            waiting: VecDeque::new(),
            serving: 0,
            failures: 0,
            strikes: 0,
            is_compared: false,
        }
    }
}

async fn until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The sockets of dropped listeners are closed by tasks of their own: this waits until the ports can be bound again.
async fn ports_are_free(listened: &[Multiaddr]) {
    let deadline = Instant::now() + CLOSE_TIMEOUT;
    for (ip, tcp, udp) in listened.iter().map(socket_of) {
        let Some(ip) = ip else { continue };
        let is_free = || {
            tcp.is_none_or(|port| std::net::TcpListener::bind((ip, port)).is_ok())
                && udp.is_none_or(|port| std::net::UdpSocket::bind((ip, port)).is_ok())
        };
        while !is_free() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn socket_of(address: &Multiaddr) -> (Option<std::net::IpAddr>, Option<u16>, Option<u16>) {
    let mut found = (None, None, None);
    for part in address {
        match part {
            Protocol::Ip4(ip) => found.0 = Some(ip.into()),
            Protocol::Ip6(ip) => found.0 = Some(ip.into()),
            Protocol::Tcp(port) => found.1 = Some(port),
            Protocol::Udp(port) => found.2 = Some(port),
            _ => {}
        }
    }
    found
}

fn is_loopback(address: &Multiaddr) -> bool {
    socket_of(address).0.is_some_and(|ip| ip.is_loopback())
}

/// From 0 up to 1. Only spreads load: if the system gives no randomness, the middle does.
fn random_unit() -> f64 {
    getrandom::u32().map_or(0.5, |n| f64::from(n) / 4_294_967_296.0)
}

fn random_below(n: usize) -> usize {
    ((random_unit() * n as f64) as usize).min(n.saturating_sub(1))
}
