//! Asking peers: comparing heads, and pulling what is missing.

use super::super::lists::Refusal;
use super::super::wire::{Answer, Hello, MAX_ASKS_PER_PEER, MAX_RECORDS, Request};
use super::super::{Floor, Head, SignedRecord};
use super::intake::{Source, blame, refuse};
use super::quota::Bucket;
use super::{Effect, Failure, Outcome, PeerId, Replica};
use crate::did::Did;
use crate::time::Timestamp;
use std::time::Duration;

/// Pulls of records under way to one peer: one place stays free for comparing heads.
const MAX_RANGES_PER_PEER: usize = MAX_ASKS_PER_PEER - 1;
/// Issuers behind that are looked at for one event.
const MAX_LOOKS: usize = 128;
/// A question without answer or failure is given up after this.
const ASK_TIMEOUT: Duration = Duration::from_secs(30);
/// A peer that failed on an issuer is not asked for that issuer again before this.
const AVOID_FAILED: Duration = Duration::from_secs(10);
/// A peer that holds a log that can't be taken is not asked for it again before this.
const AVOID_REFUSED: Duration = Duration::from_secs(60);
/// After a new connection heads are compared faster for so long.
const HURRY: Duration = Duration::from_secs(30);

/// A connected peer.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) introduced: Bucket,
    pub(super) asks: usize,
    ranges: usize,
    comparing: bool,
    pages: usize,
    /// Its heads were compared with ours since it connected.
    shown: bool,
    /// The fingerprint for which heads are or were asked, and whether it said another one meanwhile.
    compared: [u8; 32],
    again: bool,
}

/// A question under way.
#[derive(Debug)]
pub(super) struct Asked {
    peer: PeerId,
    at: Timestamp,
    about: About,
}

#[derive(Clone, Debug)]
pub(super) enum About {
    Hello,
    Heads { after: Option<Did> },
    Range { issuer: Did, epoch: u32, from_seq: u64 },
    Blob { sha256: [u8; 32] },
}

impl Replica {
    pub(super) fn connected(&mut self, peer: PeerId, now: Timestamp, out: &mut Outcome) {
        self.peers.entry(peer).or_default();
        self.hurry_until = Some(now.plus(HURRY));
        self.next_sync = Some(now.plus(self.config.hurry_every));
        self.say_hello(peer, now, out);
        for sha256 in self.blobs.keys().copied().collect::<Vec<_>>() {
            self.ask_blob(sha256, now, out);
        }
    }

    pub(super) fn disconnected(&mut self, peer: PeerId, now: Timestamp, out: &mut Outcome) {
        let open: Vec<u64> =
            self.asks.iter().filter(|(_, asked)| asked.peer == peer).map(|(ask, _)| *ask).collect();
        for ask in open {
            self.failed(peer, ask, &Failure::Lost, now, out);
        }
        self.peers.remove(&peer);
        for (issuer, entry) in &mut self.issuers {
            entry.avoid.remove(&peer);
            let parked = entry.parked.len();
            entry.parked.retain(|_, (_, from)| *from != peer);
            self.parked -= parked - entry.parked.len();
            if entry.claims.remove(&peer).is_some() && entry.claims.is_empty() {
                self.behind.remove(issuer);
            }
        }
        self.issuers.retain(|_, entry| {
            entry.state.is_some()
                || entry.floor.is_some()
                || !entry.claims.is_empty()
                || !entry.parked.is_empty()
                || entry.asking.is_some()
        });
    }

    pub(super) fn tick(&mut self, now: Timestamp, out: &mut Outcome) {
        let lost: Vec<(u64, PeerId)> = self
            .asks
            .iter()
            .filter(|(_, asked)| now.since(asked.at) > ASK_TIMEOUT)
            .map(|(ask, asked)| (*ask, asked.peer))
            .collect();
        for (ask, peer) in lost {
            self.failed(peer, ask, &Failure::Lost, now, out);
        }
        if self.parked > 0 {
            let parked: Vec<Did> = self
                .issuers
                .iter()
                .filter(|(_, entry)| !entry.parked.is_empty())
                .map(|(issuer, _)| issuer.clone())
                .collect();
            for issuer in parked {
                self.drain(&issuer, now, out);
            }
        }
        if self.next_sync.is_none_or(|at| at <= now) {
            self.next_sync = Some(now.plus(self.next_period(now)));
            if !self.peers.is_empty() {
                let at = self.random_below(self.peers.len() as u64) as usize;
                if let Some(peer) = self.peers.keys().nth(at).copied() {
                    self.say_hello(peer, now, out);
                }
            }
        }
    }

    /// A peer's fingerprint differs: ask it for its heads. Equal: nothing more is said.
    pub(super) fn compare(&mut self, from: PeerId, hello: &Hello, out: &mut Outcome, now: Timestamp) {
        if hello.net != self.config.net {
            let reason = format!("belongs to the network “{}”", hello.net);
            out.then.push(Effect::Misbehaved { peer: from, reason });
            return;
        }
        let equal = hello.fingerprint == self.fingerprint();
        let Some(peer) = self.peers.get_mut(&from) else { return };
        if equal || peer.comparing {
            // What it has taken since it was asked may not be among the heads that are on their way.
            peer.again |= !equal && peer.compared != hello.fingerprint;
            if equal {
                self.note_compared(from, out);
            }
            return;
        }
        peer.compared = hello.fingerprint;
        peer.again = false;
        peer.pages = 0;
        self.ask_heads(from, None, now, out);
    }

    pub(super) fn answered(
        &mut self,
        from: PeerId,
        ask: u64,
        answer: Answer,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        // An answer that nobody waits for any more is dropped: what it holds will be asked again.
        let Some(about) = self.close(from, ask) else { return };
        match (about, answer) {
            (About::Hello, Answer::Hello(hello)) => self.compare(from, &hello, out, now),
            (About::Heads { after }, Answer::Heads { heads, more }) => {
                self.take_heads(from, after.as_ref(), &heads, more, now, out);
            }
            (About::Range { issuer, epoch, from_seq }, Answer::Records(records)) => {
                self.take_range(from, &issuer, (epoch, from_seq), &records, now, out);
            }
            (About::Blob { sha256 }, Answer::Blob { total, bytes }) => {
                self.take_chunk(from, sha256, total, &bytes, now, out);
            }
            (about, Answer::Unavailable) => self.unanswered(from, &about, now, out),
            (about, _) => {
                let reason = "gave another kind of answer than the one asked for".to_owned();
                out.then.push(Effect::Misbehaved { peer: from, reason });
                self.unanswered(from, &about, now, out);
            }
        }
    }

    pub(super) fn failed(
        &mut self,
        from: PeerId,
        ask: u64,
        failure: &Failure,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let Some(about) = self.close(from, ask) else { return };
        if let Failure::Invalid(error) = failure {
            out.then.push(Effect::Misbehaved { peer: from, reason: error.to_string() });
        }
        self.unanswered(from, &about, now, out);
    }

    /// Notes that a peer showed a record of an issuer beyond what is held, or another own one at a place that is taken.
    /// That is only its word: the record itself is asked for.
    pub(super) fn claim(&mut self, peer: PeerId, issuer: &Did, head: Head) {
        if !self.peers.contains_key(&peer) {
            return;
        }
        let is_own = self.config.own.as_ref() == Some(issuer);
        let Some(entry) = self.issuers.get_mut(issuer) else { return };
        if place(head) >= entry.next() || (is_own && entry.conflicts(head)) {
            let claim = entry.claims.entry(peer).or_insert(head);
            if place(head) >= place(*claim) {
                *claim = head;
            }
            self.behind.insert(issuer.clone());
        }
    }

    /// Takes back the claims that were met.
    pub(super) fn note_progress(&mut self, issuer: &Did) {
        let is_own = self.config.own.as_ref() == Some(issuer);
        let Some(entry) = self.issuers.get_mut(issuer) else { return };
        let mut claims = std::mem::take(&mut entry.claims);
        claims.retain(|_, head| place(*head) >= entry.next() || (is_own && entry.conflicts(*head)));
        entry.claims = claims;
        if entry.claims.is_empty() {
            self.behind.remove(issuer);
        }
    }

    /// Asks for what is missing, as far as peers have places free; goes round all issuers in turn.
    pub(super) fn schedule(&mut self, now: Timestamp, out: &mut Outcome) {
        let mut free: usize = self.peers.values().map(Peer::free_ranges).sum();
        if free == 0 || self.behind.is_empty() {
            return;
        }
        // The cursor goes round, so a crowd of issuers that nobody answers for costs no more than this each time.
        for _ in 0..self.behind.len().min(MAX_LOOKS) {
            let Some(issuer) = self.next_in_turn() else { return };
            self.cursor = Some(issuer.clone());
            if let Some(peer) = self.holder(&issuer, now) {
                self.ask_range(peer, &issuer, now, out);
                free -= 1;
                if free == 0 {
                    return;
                }
            }
        }
    }

    fn next_in_turn(&self) -> Option<Did> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = self.cursor.as_ref().map_or(Unbounded, Excluded);
        let next = self.behind.range::<Did, _>((from, Unbounded)).next();
        next.or_else(|| self.behind.first()).cloned()
    }

    /// The least busy peer that claims to hold what is missing of an issuer, if it may be asked now.
    fn holder(&mut self, issuer: &Did, now: Timestamp) -> Option<PeerId> {
        let entry = self.issuers.get_mut(issuer)?;
        if entry.asking.is_some() || entry.wait_until.is_some_and(|until| until > now) {
            return None;
        }
        entry.avoid.retain(|_, until| *until > now);
        let peers = &self.peers;
        let free = |peer: &PeerId| peers.get(peer).map_or(0, Peer::free_ranges);
        let holders = entry.claims.keys().filter(|peer| !entry.avoid.contains_key(peer));
        holders.filter(|peer| free(peer) > 0).max_by_key(|peer| free(peer)).copied()
    }

    fn ask_range(&mut self, peer: PeerId, issuer: &Did, now: Timestamp, out: &mut Outcome) {
        let Some(entry) = self.issuers.get(issuer) else { return };
        let other = entry.claims.get(&peer).filter(|head| place(**head) < entry.next());
        let ((epoch, from_seq), max) = match other {
            // The record that it says stands where another is held.
            Some(head) => (place(*head), 1),
            None => (entry.next(), MAX_RECORDS as u32),
        };
        let request = Request::Range { issuer: issuer.clone(), epoch, from_seq, max };
        let about = About::Range { issuer: issuer.clone(), epoch, from_seq };
        let asked = self.ask(peer, about, request, now, out);
        if let Some(entry) = self.issuers.get_mut(issuer) {
            entry.asking = asked;
        }
    }

    fn ask_heads(&mut self, peer: PeerId, after: Option<Did>, now: Timestamp, out: &mut Outcome) {
        let about = About::Heads { after: after.clone() };
        let asked = self.ask(peer, about, Request::Heads { after }, now, out);
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.comparing = asked.is_some();
            peer.pages += 1;
        }
    }

    fn say_hello(&mut self, peer: PeerId, now: Timestamp, out: &mut Outcome) {
        let request = Request::Hello(self.hello(now));
        self.ask(peer, About::Hello, request, now, out);
    }

    /// Asks, unless the peer has no place free.
    pub(super) fn ask(
        &mut self,
        peer: PeerId,
        about: About,
        request: Request,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Option<u64> {
        let state = self.peers.get_mut(&peer).filter(|state| state.asks < MAX_ASKS_PER_PEER)?;
        state.asks += 1;
        state.ranges += usize::from(matches!(about, About::Range { .. }));
        let ask = self.next_ask;
        self.next_ask += 1;
        self.asks.insert(ask, Asked { peer, at: now, about });
        out.then.push(Effect::Ask { peer, ask, request });
        Some(ask)
    }

    /// Frees the place of a question; `None` if that peer was not asked it.
    fn close(&mut self, from: PeerId, ask: u64) -> Option<About> {
        if self.asks.get(&ask)?.peer != from {
            return None;
        }
        let asked = self.asks.remove(&ask)?;
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.asks -= 1;
            peer.ranges -= usize::from(matches!(asked.about, About::Range { .. }));
            peer.comparing &= !matches!(asked.about, About::Heads { .. });
        }
        if let About::Range { issuer, .. } = &asked.about
            && let Some(entry) = self.issuers.get_mut(issuer)
        {
            entry.asking = None;
        }
        Some(asked.about)
    }

    /// The question failed there: try elsewhere.
    fn unanswered(&mut self, from: PeerId, about: &About, now: Timestamp, out: &mut Outcome) {
        match about {
            About::Hello | About::Heads { .. } => {}
            About::Range { issuer, .. } => self.avoid(issuer, from, now.plus(AVOID_FAILED)),
            About::Blob { sha256 } => self.blob_failed(*sha256, from, now, out),
        }
    }

    fn avoid(&mut self, issuer: &Did, peer: PeerId, until: Timestamp) {
        if let Some(entry) = self.issuers.get_mut(issuer) {
            entry.avoid.insert(peer, until);
        }
    }

    fn take_heads(
        &mut self,
        from: PeerId,
        after: Option<&Did>,
        heads: &[Floor],
        more: bool,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let begins_after = heads.first().is_none_or(|first| after.is_none_or(|after| first.issuer > *after));
        if !begins_after || (more && heads.is_empty()) {
            let reason = "gave another page of heads than the one asked for".to_owned();
            out.then.push(Effect::Misbehaved { peer: from, reason });
            return;
        }
        for Floor { issuer, head } in heads {
            if self.admit(issuer, from, now) {
                self.claim(from, issuer, *head);
                self.drop_if_empty(issuer);
            }
        }
        let pages = self.peers.get(&from).map_or(0, |peer| peer.pages);
        let most_pages = self.config.quotas.max_issuers / super::super::wire::MAX_HEADS + 1;
        if !more {
            self.note_compared(from, out);
        }
        if let Some(last) = heads.last().filter(|_| more && pages < most_pages) {
            self.ask_heads(from, Some(last.issuer.clone()), now, out);
        } else if self.peers.get_mut(&from).is_some_and(|peer| std::mem::take(&mut peer.again)) {
            self.say_hello(from, now, out);
        }
    }

    fn note_compared(&mut self, peer: PeerId, out: &mut Outcome) {
        if self.peers.get_mut(&peer).is_some_and(|state| !std::mem::replace(&mut state.shown, true)) {
            out.then.push(Effect::Compared { peer });
        }
    }

    fn take_range(
        &mut self,
        from: PeerId,
        issuer: &Did,
        (epoch, from_seq): (u32, u64),
        records: &[SignedRecord],
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let asked_for = records
            .iter()
            .zip(from_seq..)
            .all(|(record, seq)| record.issuer() == issuer && record.epoch() == epoch && record.seq() == seq);
        if !asked_for || records.len() > MAX_RECORDS {
            let reason = "gave other records than those asked for".to_owned();
            out.then.push(Effect::Misbehaved { peer: from, reason });
            self.avoid(issuer, from, now.plus(AVOID_REFUSED));
            return;
        }
        if records.is_empty() {
            // It doesn't have what it showed.
            if let Some(entry) = self.issuers.get_mut(issuer) {
                entry.claims.remove(&from);
            }
            self.note_progress(issuer);
            self.drop_if_empty(issuer);
            return;
        }
        let (mut taken, mut refused) = (false, false);
        for record in records {
            match self.take(record, Source::Peer(from), now, out) {
                Ok(()) => taken = true,
                Err(Refusal::Duplicate | Refusal::Old) => {}
                Err(Refusal::Future | Refusal::Quota) => break,
                Err(why) => {
                    refused = true;
                    refuse(record, Some(from), why, out);
                    blame(why, from, out);
                    self.avoid(issuer, from, now.plus(AVOID_REFUSED));
                    break;
                }
            }
        }
        if !refused
            && let Some(entry) = self.issuers.get_mut(issuer)
            && entry.claims.get(&from).is_some_and(|head| place(*head) < entry.next())
        {
            // It holds what is held here, whatever it showed.
            entry.claims.remove(&from);
            self.note_progress(issuer);
        }
        self.drain(issuer, now, out);
        // In the middle of a long log nothing is said yet.
        let held = self.issuers.get(issuer).filter(|entry| entry.level().is_some());
        if taken && held.is_some_and(|entry| !entry.claims.contains_key(&from)) {
            out.then.push(Effect::News);
        }
    }

    fn next_period(&mut self, now: Timestamp) -> Duration {
        let every = match self.hurry_until {
            Some(until) if until > now => self.config.hurry_every.min(self.config.sync_every),
            _ => self.config.sync_every,
        };
        // Three to five quarters of it.
        let quarter_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX / 8) / 4;
        Duration::from_millis(quarter_ms * 3 + self.random_below(quarter_ms * 2 + 1))
    }

    /// SplitMix64.
    pub(super) fn random_below(&mut self, n: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }
}

fn place(head: Head) -> (u32, u64) {
    (head.epoch, head.seq)
}

impl Peer {
    fn free_ranges(&self) -> usize {
        MAX_RANGES_PER_PEER.saturating_sub(self.ranges).min(MAX_ASKS_PER_PEER.saturating_sub(self.asks))
    }
}
