//! When to dial whom: peers that were configured or met, and are not connected now.

use libp2p::{Multiaddr, PeerId};
use std::time::{Duration, Instant};

/// Most peers that are remembered besides the configured ones.
const MAX_MET: usize = 256;
/// Most addresses of one peer.
const MAX_ADDRESSES: usize = 8;
/// How long a lost peer that wasn't configured is tried again.
const MET_FOR: Duration = Duration::from_secs(3600);
/// How long the quick retries last.
const QUICK_FOR: Duration = Duration::from_secs(60);
const SLOWEST: Duration = Duration::from_secs(60);

/// The peers that the node wants to be connected with.
pub(super) struct Redial {
    targets: Vec<Target>,
}

struct Target {
    peer: Option<PeerId>,
    addresses: Vec<Multiaddr>,
    configured: bool,
    connected: bool,
    lost_at: Instant,
    next: Instant,
    wait: Duration,
}

/// A dial that is due.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Due {
    /// Whom, where known.
    pub(super) peer: Option<PeerId>,
    /// Where.
    pub(super) addresses: Vec<Multiaddr>,
}

impl Redial {
    /// Configured addresses; all are due at once. Those of one peer (`/p2p/…`) are one target.
    pub(super) fn new(configured: &[Multiaddr], now: Instant) -> Self {
        let mut redial = Self { targets: Vec::new() };
        for address in configured {
            let peer = peer_of(address);
            match redial.targets.iter_mut().find(|t| peer.is_some() && t.peer == peer) {
                Some(target) => target.addresses.push(address.clone()),
                None => redial.targets.push(Target::new(peer, vec![address.clone()], true, now)),
            }
        }
        redial
    }

    /// The configured peers whose ids are known.
    pub(super) fn configured_peers(&self) -> impl Iterator<Item = PeerId> {
        self.targets.iter().filter(|t| t.configured).filter_map(|t| t.peer)
    }

    /// How many configured targets are not connected. Addresses without an id count one each until they were reached.
    pub(super) fn unreached(&self) -> usize {
        self.targets.iter().filter(|t| t.configured && !t.connected).count()
    }

    /// Adds where a peer can be reached; configured peers keep their own addresses too.
    pub(super) fn met(&mut self, peer: PeerId, addresses: Vec<Multiaddr>, now: Instant) {
        let at = match self.targets.iter().position(|t| t.peer == Some(peer)) {
            Some(at) => at,
            None if self.targets.iter().filter(|t| !t.configured).count() >= MAX_MET => return,
            None => {
                let mut target = Target::new(Some(peer), Vec::new(), false, now);
                target.connected = true;
                self.targets.push(target);
                self.targets.len() - 1
            }
        };
        let target = &mut self.targets[at];
        for address in addresses {
            if target.addresses.len() < MAX_ADDRESSES && !target.addresses.contains(&address) {
                target.addresses.push(address);
            }
        }
    }

    /// A connection stands; `dialled` is the address, where it was we who dialled. An address that was configured
    /// without an id belongs to this peer from now on.
    pub(super) fn connected(&mut self, peer: PeerId, dialled: Option<&Multiaddr>, now: Instant) {
        let known = self.targets.iter().position(|t| t.peer == Some(peer));
        let nameless = dialled.and_then(|address| {
            let address = without_peer(address);
            self.targets.iter().position(|t| t.peer.is_none() && t.addresses.contains(&address))
        });
        match (known, nameless) {
            (Some(known), Some(nameless)) => {
                let merged = self.targets[nameless].addresses.clone();
                let target = &mut self.targets[known];
                target.configured = true;
                target.addresses.splice(0..0, merged);
                target.connected = true;
                self.targets.remove(nameless);
            }
            (Some(at), None) => self.targets[at].connected = true,
            (None, Some(at)) => {
                self.targets[at].peer = Some(peer);
                self.targets[at].connected = true;
            }
            (None, None) => self.met(peer, dialled.map(without_peer).into_iter().collect(), now),
        }
    }

    /// The last connection with `peer` is gone: it is tried again from 1 to 2 s on. `jitter` lies in 0..1.
    pub(super) fn lost(&mut self, peer: &PeerId, now: Instant, jitter: f64) {
        for target in self.targets.iter_mut().filter(|t| t.peer.as_ref() == Some(peer)) {
            target.connected = false;
            target.lost_at = now;
            target.wait = Duration::ZERO;
            target.schedule(now, jitter);
        }
    }

    /// Forgets a peer that isn't configured, so that it isn't dialled again.
    pub(super) fn forget(&mut self, peer: &PeerId) {
        self.targets.retain(|t| t.configured || t.peer.as_ref() != Some(peer));
    }

    /// What is due now; each is scheduled again, every 1-2 s for 60 s and then ever slower, up to a minute.
    pub(super) fn due(&mut self, now: Instant, mut jitter: impl FnMut() -> f64) -> Vec<Due> {
        self.targets.retain(|t| t.configured || t.connected || now.duration_since(t.lost_at) < MET_FOR);
        let mut due = Vec::new();
        for target in self.targets.iter_mut().filter(|t| !t.connected && t.next <= now) {
            target.schedule(now, jitter());
            if !target.addresses.is_empty() {
                due.push(Due { peer: target.peer, addresses: target.addresses.clone() });
            }
        }
        due
    }
}

impl Target {
    fn new(peer: Option<PeerId>, addresses: Vec<Multiaddr>, configured: bool, now: Instant) -> Self {
        Self { peer, addresses, configured, connected: false, lost_at: now, next: now, wait: Duration::ZERO }
    }

    fn schedule(&mut self, now: Instant, jitter: f64) {
        self.wait = if now.duration_since(self.lost_at) < QUICK_FOR {
            Duration::from_secs(1)
        } else {
            (self.wait * 2).clamp(Duration::from_secs(2), SLOWEST / 2)
        };
        self.next = now + self.wait.mul_f64(1.0 + jitter.clamp(0.0, 1.0));
    }
}

/// The id at the end of an address, `/p2p/12D3…`.
pub(super) fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(libp2p::multiaddr::Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

fn without_peer(address: &Multiaddr) -> Multiaddr {
    let mut address = address.clone();
    if peer_of(&address).is_some() {
        address.pop();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()
    }

    #[test]
    fn a_lost_peer_is_dialled_quickly_for_a_minute_then_slower() {
        let start = Instant::now();
        let mut redial = Redial::new(&[address(1)], start);
        let mut dials = Vec::new();
        for ms in (0..600_000).step_by(100) {
            let now = start + Duration::from_millis(ms);
            if !redial.due(now, || 0.5).is_empty() {
                dials.push(ms);
            }
        }
        let within = |from: u64, to: u64| dials.iter().filter(|ms| (from..to).contains(ms)).count();
        assert_eq!(dials[0], 0);
        assert_eq!(within(0, 60_000), 40);
        assert!(within(60_000, 300_000) < 12, "{dials:?}");
        assert!(within(300_000, 600_000) >= 5, "never slower than once a minute: {dials:?}");
    }

    #[test]
    fn a_configured_address_learns_its_peer_and_is_left_alone_while_connected() {
        let start = Instant::now();
        let peer = PeerId::random();
        let mut redial = Redial::new(&[address(1)], start);
        assert_eq!(redial.due(start, || 0.0), [Due { peer: None, addresses: vec![address(1)] }]);
        redial.connected(peer, Some(&address(1).with_p2p(peer).unwrap()), start);
        let later = start + Duration::from_secs(100);
        assert_eq!(redial.due(later, || 0.0), []);
        redial.lost(&peer, later, 0.0);
        assert_eq!(redial.due(later, || 0.0), [], "not before a second is over");
        let due = redial.due(later + Duration::from_secs(1), || 0.0);
        assert_eq!(due, [Due { peer: Some(peer), addresses: vec![address(1)] }]);
        redial.forget(&peer);
        assert_eq!(redial.due(later + Duration::from_secs(9), || 0.0).len(), 1, "configured ones stay");
    }

    #[test]
    fn a_peer_known_by_id_and_by_address_is_one_target() {
        let start = Instant::now();
        let peer = PeerId::random();
        let named = address(2).with_p2p(peer).unwrap();
        let mut redial = Redial::new(&[address(1), named.clone()], start);
        assert_eq!(redial.configured_peers().collect::<Vec<_>>(), [peer]);
        redial.connected(peer, Some(&address(1)), start);
        redial.lost(&peer, start, 0.0);
        let due = redial.due(start + Duration::from_secs(2), || 0.0);
        assert_eq!(due, [Due { peer: Some(peer), addresses: vec![address(1), named] }]);
    }

    #[test]
    fn peers_that_were_met_are_forgotten_after_an_hour_and_limited_in_number() {
        let start = Instant::now();
        let mut redial = Redial::new(&[], start);
        let peer = PeerId::random();
        redial.met(peer, (0..20).map(address).collect(), start);
        redial.lost(&peer, start, 0.0);
        assert_eq!(redial.due(start + Duration::from_secs(3), || 0.0)[0].addresses.len(), MAX_ADDRESSES);
        assert_eq!(redial.due(start + MET_FOR, || 0.0), []);
        assert!(redial.targets.is_empty());
        for _ in 0..2 * MAX_MET {
            redial.met(PeerId::random(), vec![address(1)], start);
        }
        assert_eq!(redial.targets.len(), MAX_MET);
    }
}
