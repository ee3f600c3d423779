//! Taking records in.

use super::super::lists::{IssuerState, Refusal};
use super::super::{Body, Head, MAX_CLOCK_SKEW, SignedRecord};
use super::{Effect, Entry, Outcome, PeerId, Replica, Verdict, What};
use crate::did::Did;
use crate::time::Timestamp;

/// Most records that wait for their time or their predecessors, of all issuers.
const MAX_PARKED: usize = 4096;
/// How far ahead of the next one a record may be parked.
const MAX_PARKED_AHEAD: u64 = 64;

/// Where a record comes from: decides whether quotas count and what is made known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Store,
    Own,
    Peer(PeerId),
}

impl Replica {
    pub(super) fn stored(&mut self, record: &SignedRecord, now: Timestamp, out: &mut Outcome) {
        if let Err(why) = self.take(record, Source::Store, now, out) {
            refuse(record, None, why, out);
        }
    }

    pub(super) fn local(
        &mut self,
        record: SignedRecord,
        blob: Option<Vec<u8>>,
        now: Timestamp,
        out: &mut Outcome,
    ) {
        match self.take(&record, Source::Own, now, out) {
            Ok(()) => {
                if let (Body::Snapshot(snapshot), Some(blob)) = (record.body(), blob) {
                    out.blobs.push((snapshot.blob, blob));
                }
                out.then.push(Effect::Announce(record));
            }
            // A repetition after a restart.
            Err(Refusal::Duplicate | Refusal::Old) => {}
            Err(why) => refuse(&record, None, why, out),
        }
    }

    pub(super) fn received(&mut self, from: PeerId, record: SignedRecord, now: Timestamp, out: &mut Outcome) {
        if !self.admit(record.issuer(), from, now) {
            out.then.push(Effect::Judge { id: record.id(), verdict: Verdict::Ignore });
            return;
        }
        let issuer = record.issuer().clone();
        self.offer(from, record, now, out);
        self.drain(&issuer, now, out);
        self.drop_if_empty(&issuer);
    }

    /// Takes a gossiped record, parks it, or refuses it; judges it unless it is parked.
    fn offer(&mut self, from: PeerId, record: SignedRecord, now: Timestamp, out: &mut Outcome) {
        let (id, issuer) = (record.id(), record.issuer().clone());
        let why = match self.take(&record, Source::Peer(from), now, out) {
            Ok(()) => {
                out.then.push(Effect::Judge { id, verdict: Verdict::Accept });
                return;
            }
            Err(why) => why,
        };
        match why {
            Refusal::Gap | Refusal::Future | Refusal::Quota => {
                if why == Refusal::Gap {
                    self.claim(from, &issuer, record.head());
                }
                if self.park(from, record) {
                    return;
                }
            }
            Refusal::Duplicate | Refusal::Old => {}
            why => refuse(&record, Some(from), why, out),
        }
        let verdict = blame(why, from, out);
        out.then.push(Effect::Judge { id, verdict });
    }

    /// Applies what is parked and has become the next.
    pub(super) fn drain(&mut self, issuer: &Did, now: Timestamp, out: &mut Outcome) {
        loop {
            let Some(entry) = self.issuers.get_mut(issuer) else { return };
            let next = entry.next().1;
            let Some((seq, (record, _))) = entry.parked.first_key_value() else { return };
            if *seq > next || entry.wait_until.is_some_and(|until| until > now) {
                return;
            }
            if *seq == next && record.iat() > now.plus(MAX_CLOCK_SKEW) {
                return;
            }
            if let Some((_, (record, from))) = entry.parked.pop_first() {
                self.parked -= 1;
                self.offer(from, record, now, out);
            }
        }
    }

    fn park(&mut self, from: PeerId, record: SignedRecord) -> bool {
        let full = self.parked >= MAX_PARKED;
        let Some(entry) = self.issuers.get_mut(record.issuer()) else { return false };
        let (epoch, next) = entry.next();
        let near = record.epoch() == epoch && record.seq().saturating_sub(next) < MAX_PARKED_AHEAD;
        if full || !near || !record.fits_gossip() || entry.parked.contains_key(&record.seq()) {
            return false;
        }
        entry.parked.insert(record.seq(), (record, from));
        self.parked += 1;
        true
    }

    /// Takes the next record of a log, with all checks. On refusal nothing has changed, but below the floor,
    /// where the log is dropped.
    pub(super) fn take(
        &mut self,
        record: &SignedRecord,
        source: Source,
        now: Timestamp,
        out: &mut Outcome,
    ) -> Result<(), Refusal> {
        let issuer = record.issuer();
        let is_limited = matches!(source, Source::Peer(_)) && self.config.own.as_ref() != Some(issuer);
        let entry = self.issuers.entry(issuer.clone()).or_default();
        match &entry.state {
            Some(state) => state.place(record)?,
            None if record.seq() > 0 => return Err(Refusal::Gap),
            None => {}
        }
        if record.iat() > now.plus(MAX_CLOCK_SKEW) && matches!(source, Source::Peer(_)) {
            entry.wait_until = Some(record.iat().minus(MAX_CLOCK_SKEW));
            return Err(Refusal::Future);
        }
        if entry.floor.is_some_and(|floor| is_other_at(floor, record.head())) {
            self.forget(issuer, out);
            return Err(Refusal::BelowFloor);
        }
        if let (Body::ListCreate(create), true) = (record.body(), is_limited)
            && self.entries.saturating_add(create.entries) > self.config.quotas.max_entries
        {
            entry.wait_until = Some(now.plus(FULL_WAIT));
            return Err(Refusal::Quota);
        }
        if is_limited && let Err(until) = entry.usage.take(record, &self.config.quotas, now) {
            entry.wait_until = Some(until);
            return Err(Refusal::Quota);
        }
        // What was stored or made here was checked against the clock then; a clock set back must not undo it.
        let clock = if matches!(source, Source::Peer(_)) { now } else { now.max(record.iat()) };
        match &mut entry.state {
            Some(state) => state.apply(record, clock)?,
            state @ None => *state = Some(IssuerState::begin(record, clock)?),
        }
        entry.wait_until = None;
        self.taken(record, source, out);
        Ok(())
    }

    /// Notes what follows from a record that was applied.
    fn taken(&mut self, record: &SignedRecord, source: Source, out: &mut Outcome) {
        let issuer = record.issuer();
        let Some(entry) = self.issuers.get_mut(issuer) else { return };
        let head = record.head();
        if let Body::ListCreate(create) = record.body() {
            self.entries += create.entries;
        }
        if source != Source::Store {
            out.store.push(record.clone());
        }
        if entry.floor.is_none_or(|floor| (floor.epoch, floor.seq) < (head.epoch, head.seq)) {
            entry.floor = Some(head);
            out.floors.insert(issuer.clone(), head);
        }
        if entry.level().is_some() {
            out.moved = true;
            let what = match record.body() {
                Body::Profile(_) => What::Profile,
                Body::Achievement(_) => What::Achievements,
                Body::ListCreate(_) => What::Lists,
                Body::Status(_) => What::Status,
                Body::Snapshot(_) => What::Snapshot,
            };
            out.changed.insert((issuer.clone(), what));
        }
        if let (Body::Snapshot(snapshot), Source::Peer(_)) = (record.body(), source) {
            out.snapshots.push((issuer.clone(), snapshot.list));
        }
        self.note_progress(issuer);
    }

    /// Drops what is held of an issuer, but not its floor.
    fn forget(&mut self, issuer: &Did, out: &mut Outcome) {
        let Some(entry) = self.issuers.get_mut(issuer) else { return };
        if let Some(state) = entry.state.take() {
            self.entries -= state.created_lists().map(|list| list.entries).sum::<u64>();
        }
        self.parked -= entry.parked.len();
        for (_, (record, _)) in std::mem::take(&mut entry.parked) {
            out.then.push(Effect::Judge { id: record.id(), verdict: Verdict::Ignore });
        }
        out.store.retain(|record| record.issuer() != issuer);
        out.snapshots.retain(|(of, _)| of != issuer);
        out.forget.insert(issuer.clone());
        out.moved = true;
    }

    /// Whether records of an issuer are taken from a peer: known ones always, others within the quota.
    pub(super) fn admit(&mut self, issuer: &Did, from: PeerId, now: Timestamp) -> bool {
        if self.issuers.contains_key(issuer) {
            return true;
        }
        let quotas = &self.config.quotas;
        let Some(peer) = self.peers.get_mut(&from) else { return false };
        let rate = (u64::from(quotas.new_issuers_per_h), std::time::Duration::from_secs(3600));
        let burst = u64::from(quotas.new_issuers_burst);
        if self.issuers.len() >= quotas.max_issuers || peer.introduced.take(1, rate, burst, now).is_err() {
            return false;
        }
        self.issuers.insert(issuer.clone(), Entry::default());
        true
    }

    /// Takes an issuer out of whom nothing is held, known or expected.
    pub(super) fn drop_if_empty(&mut self, issuer: &Did) {
        let empty = self.issuers.get(issuer).is_some_and(|entry| {
            entry.state.is_none()
                && entry.floor.is_none()
                && entry.parked.is_empty()
                && entry.claims.is_empty()
                && entry.asking.is_none()
        });
        if empty {
            self.issuers.remove(issuer);
            self.behind.remove(issuer);
        }
    }
}

/// How long an issuer waits when the node has no room for its list.
const FULL_WAIT: std::time::Duration = std::time::Duration::from_secs(600);

/// Whether a record stands at the floor's place but is another.
fn is_other_at(floor: Head, head: Head) -> bool {
    (floor.epoch, floor.seq) == (head.epoch, head.seq) && floor.id != head.id
}

pub(super) fn refuse(record: &SignedRecord, from: Option<PeerId>, why: Refusal, out: &mut Outcome) {
    out.then.push(Effect::Refused { from, issuer: record.issuer().clone(), seq: record.seq(), why });
}

/// An honest peer forwards only what it has taken itself. A state that doesn't match is wrong for everyone who
/// holds the record before it, so its sender is to blame as well as the issuer; a fork or a gap may not be.
pub(super) fn blame(why: Refusal, from: PeerId, out: &mut Outcome) -> Verdict {
    match why {
        Refusal::BadState | Refusal::BadChange(_) | Refusal::TimeBackwards => {
            out.then.push(Effect::Misbehaved { peer: from, reason: why.to_string() });
            Verdict::Reject
        }
        _ => Verdict::Ignore,
    }
}
